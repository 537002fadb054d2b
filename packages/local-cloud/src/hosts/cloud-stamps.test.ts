import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { scaledClock } from '../clock.js';
import { createCloudStamps } from './cloud-stamps.js';

it("turns the machine's time of a log line into the cloud's, in whole seconds, and leaves the rest as it is", async () => {
  const clock = scaledClock({ scale: 60, startAt: Date.UTC(2026, 10, 23, 8) });
  const inCloudTime = createCloudStamps(clock);
  await sleep(50);
  const [machine, cloud] = [new Date().toISOString().replace('T', ' ').replace('Z', ' UTC'), clock.now()];
  await sleep(50);

  const [stamped, statement] = inCloudTime(`${machine}:127.0.0.1(5):graasp@graasp:[7]:ERROR:  no\n\tat ${machine}`).split('\n');

  const [, stamp, rest] = /^(.{19}) UTC(.*)$/.exec(stamped ?? '') ?? [];
  expect(rest).toBe(':127.0.0.1(5):graasp@graasp:[7]:ERROR:  no');
  // a few milliseconds of the machine's time are less than a second here
  expect(Math.abs(Date.parse(`${stamp ?? ''}Z`) - cloud)).toBeLessThan(2_000);
  expect(statement).toBe(`\tat ${machine}`);
});
