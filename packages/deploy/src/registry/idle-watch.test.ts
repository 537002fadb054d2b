import { expect, it } from 'vitest';
import { testEnvironment } from '../environment/environment.fixture.js';
import { watchIdleness } from './idle-watch.js';

/** Sleeps end when the test says. */
function clock() {
  const ends: (() => void)[] = [];
  const own = {
    time: 0,
    now: () => own.time,
    random: () => 0.5,
    sleep: (ms: number, signal?: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        ends.push(() => ((own.time += ms), resolve()));
        signal?.addEventListener('abort', () => reject(signal.reason as Error));
      }),
    async passed() {
      ends.shift()?.();
      for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
    },
  };
  return own;
}

it('gives up only when nothing has come since for long enough', async () => {
  const time = clock();
  const watch = watchIdleness({ ...testEnvironment(), clock: time });
  time.time = 60_000;
  watch.alive();
  time.time = 0;
  await time.passed();
  expect(watch.signal.aborted).toBe(false);
  await time.passed();
  expect(watch.signal.reason).toMatchObject({ name: 'TimeoutError', message: 'nothing came for 120 s' });
});

it('ends with its environment', () => {
  const abort = new AbortController();
  const watch = watchIdleness(testEnvironment({ signal: abort.signal }));
  abort.abort();
  expect(watch.signal.aborted).toBe(true);
  watch.end();
});
