import { expect, it } from 'vitest';
import { runScriptFile } from './script-process.fixture.js';

it('copies a published version, and keeps what runs', async () => {
  const { code, out } = await runScriptFile('promote-image.ts').ended;

  expect(out).toMatch(/promoteImage succeeded in .*: core-v1\.57\.0, workers-v1\.57\.0, migrate-v1\.57\.0: [\d.]+ kB copied/);
  expect(out).toMatch(/^migrate-v1\.57\.0 is sha256:[0-9a-f]{12}…, for linux\/amd64 and linux\/arm64$/m);
  expect(out.match(/^(core|workers)-previous is sha256:[0-9a-f]{12}…, which runs now$/gm)).toHaveLength(2);
  expect(code).toBe(0);
}, 60_000);
