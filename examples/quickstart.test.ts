import { expect, it } from 'vitest';
import { runScriptFile } from './script-process.fixture.js';

it('releases against a cloud in its own process', async () => {
  const { code, out } = await runScriptFile('quickstart.ts').ended;

  expect(out).toMatch(/deployWithMigration succeeded in .*: v1\.55\.0 is deployed and the database migrated; visitors are let in/);
  expect(code).toBe(0);
}, 60_000);
