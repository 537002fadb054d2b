import { expect, it } from 'vitest';
import { runScriptFile } from './script-process.fixture.js';

it('stops on the seventh day what AWS has started, and leaves what was started on purpose', async () => {
  const { code, out } = await runScriptFile('keep-db-stopped.ts').ended;

  expect(out.match(/^day .*/gm)).toEqual([
    ...[1, 2, 3, 4, 5, 6].map((day) => `day ${day}: left as it is: graasp-dev is stopped already`),
    'day 7: stopped again: graasp-dev ran while everything else in dev was stopped',
    ...[8, 9].map((day) => `day ${day}: left as it is: graasp-dev is stopped already`),
  ]);
  expect(out).toMatch(/^started at graasp-dev\.\S+, and left as it is: graasp-dev was started with startDb at /m);
  expect(code).toBe(0);
}, 60_000);
