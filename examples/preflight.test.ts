import { expect, it } from 'vitest';
import { runScriptFile } from './script-process.fixture.js';

it('tells everything that could stop a release, and ends well when nothing does', async () => {
  const { code, out } = await runScriptFile('preflight.ts').ended;
  expect(out).toMatch(/^credentials\n {2}OK {6}account: /);
  expect(out).toMatch(/\n {2}WARN {4}leaks: visitors of dev\.graasp\.org\/api\/ \(rule 7\) land on rule 8/);
  expect(out).toMatch(/\d+ checks: \d+ OK, \d+ skipped, 3 to be warned of, 0 failed\n$/);
  expect(code).toBe(0);
}, 60_000);

it('tells them, and fails, for a version that has no images', async () => {
  const { code, out } = await runScriptFile('preflight.ts', ['v9.9.9']).ended;
  expect(out).toMatch(/\n {2}FAILED {2}core of graasp: image graasp:core-v9\.9\.9 does not exist/);
  expect(out).toMatch(/3 to be warned of, 3 failed\n/);
  expect(code).toBe(1);
}, 60_000);
