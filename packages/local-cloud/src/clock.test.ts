import { readFile } from 'node:fs/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { realClock, scaledClock, virtualClock } from './clock.js';

const startAt = Date.UTC(2026, 10, 23, 8);

describe('virtualClock', () => {
  it('lets time pass at once for whoever sleeps', async () => {
    const clock = virtualClock({ startAt });

    await clock.sleep(7 * 24 * 3_600_000);

    expect(clock.now()).toBe(startAt + 7 * 24 * 3_600_000);
  });

  it('ends sleeps by their time, those of one moment in the order in which they began', async () => {
    const clock = virtualClock({ startAt });
    const ended: string[] = [];
    const sleeper = async (name: string, ms: number): Promise<void> => {
      await clock.sleep(ms);
      ended.push(`${name} ${clock.now() - startAt}`);
    };

    await Promise.all([sleeper('a', 30), sleeper('b', 10), sleeper('c', 30), sleeper('d', 0), sleeper('e', 20), sleeper('f', 10)]);

    expect(ended).toEqual(['d 0', 'b 10', 'f 10', 'e 20', 'a 30', 'c 30']);
  });

  it('does not pass while something can still run', async () => {
    const clock = virtualClock({ startAt });
    const seen: number[] = [];
    const busy = async (): Promise<void> => {
      for (let step = 0; step < 1000; step += 1) await Promise.resolve();
      seen.push(clock.now() - startAt);
    };

    await Promise.all([clock.sleep(10).then(busy), clock.sleep(11)]);

    expect(seen).toEqual([10]);
  });

  it('rejects an aborted sleep with the reason, and forgets it', async () => {
    const clock = virtualClock({ startAt });
    const abort = new AbortController();
    const sleep = clock.sleep(1000, abort.signal);
    const reason = new Error('enough');

    abort.abort(reason);

    await expect(sleep).rejects.toBe(reason);
    expect(clock.pending).toBe(0);
    await expect(clock.sleep(1000, abort.signal)).rejects.toBe(reason);
    await clock.sleep(5);
    expect(clock.now()).toBe(startAt + 5);
  });

  it('stands still while only work of the background sleeps', async () => {
    const clock = virtualClock({ startAt });
    let ticks = 0;
    const stop = new AbortController();
    const loop = (async () => {
      for (;;) {
        await clock.background.sleep(1000, stop.signal);
        ticks += 1;
      }
    })().catch(() => undefined);

    await readFile(import.meta.filename);
    expect([ticks, clock.now(), clock.pending]).toEqual([0, startAt, 1]);
    await clock.sleep(3500);
    expect([ticks, clock.now()]).toEqual([3, startAt + 3500]);
    stop.abort();
    await loop;
    expect(clock.pending).toBe(0);
  });

  it('lets the background go on while somebody waits without an end', async () => {
    const clock = virtualClock({ startAt });
    const waiting = new AbortController();
    const waits = clock.sleep(Number.POSITIVE_INFINITY, waiting.signal).catch(() => undefined);

    await clock.background.sleep(60_000);
    waiting.abort();
    await waits;

    expect([clock.now(), clock.pending]).toEqual([startAt + 60_000, 0]);
  });

  it('draws the same numbers from the same seed', () => {
    const draw = (seed: number): number[] => {
      const clock = virtualClock({ startAt, seed });
      return [clock.random(), clock.background.random(), clock.random()];
    };

    expect(draw(5)).toEqual(draw(5));
    expect(draw(5)).not.toEqual(draw(6));
    expect(draw(5).every((number) => number >= 0 && number < 1)).toBe(true);
  });
});

describe('scaledClock and realClock', () => {
  afterEach(() => vi.useRealTimers());

  it('runs as many times as fast as it was told', async () => {
    vi.useFakeTimers({ now: 1000, toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
    const clock = scaledClock({ scale: 60, startAt });
    const slept = clock.sleep(120_000);

    await vi.advanceTimersByTimeAsync(2000);

    await slept;
    expect(clock.now()).toBe(startAt + 120_000);
  });

  it('starts now when it is not told when', () => {
    vi.useFakeTimers({ now: 1234 });
    expect([scaledClock({ scale: 2 }).now(), realClock().now()]).toEqual([1234, 1234]);
  });

  it('sleeps longer than a timer of JavaScript can, and is aborted with the reason', async () => {
    vi.useFakeTimers();
    const clock = realClock();
    const abort = new AbortController();
    let ended = '';
    const month = clock.sleep(30 * 24 * 3_600_000).then(() => (ended += 'month'));
    const forever = clock.sleep(Number.POSITIVE_INFINITY, abort.signal).catch((reason: unknown) => (ended += String(reason)));

    await vi.advanceTimersByTimeAsync(29 * 24 * 3_600_000);
    expect(ended).toBe('');
    await vi.advanceTimersByTimeAsync(24 * 3_600_000);
    await month;
    abort.abort('stopped');
    await forever;

    expect(ended).toBe('monthstopped');
    expect(vi.getTimerCount()).toBe(0);
  });
});
