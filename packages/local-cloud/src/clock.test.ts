import { readFile } from 'node:fs/promises';
import { setImmediate as turnOfTheEventLoop } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Clock, pacedClock, realClock, scaledClock, virtualClock } from './clock.js';

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

describe('pacedClock', () => {
  afterEach(() => vi.useRealTimers());

  const minute = 60_000;
  const onFakeMachine = (scale: number) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const clock = pacedClock({ scale, startAt });
    const machinePasses = async (ms: number): Promise<void> => {
      await turns();
      for (let passed = 0; passed < ms; passed += 10) {
        await vi.advanceTimersByTimeAsync(10);
        await turns();
      }
    };
    return { clock, machinePasses, minutes: () => (clock.now() - startAt) / minute };
  };

  it('passes no faster than it was told, and faster or slower once it is told so', async () => {
    const { clock, machinePasses, minutes } = onFakeMachine(60);
    const everyMinute = sleepAgainAndAgain(clock, minute);

    await machinePasses(3_000);
    expect(minutes()).toBe(3);
    clock.setScale(600);
    await machinePasses(500);
    expect(minutes()).toBe(8);
    clock.setScale(6);
    await machinePasses(10_000);
    expect(minutes()).toBe(9);

    await everyMinute.end();
  });

  it('stands still at 0, and goes on from there', async () => {
    const { clock, machinePasses, minutes } = onFakeMachine(60);
    const everyMinute = sleepAgainAndAgain(clock, minute);

    clock.setScale(0);
    await machinePasses(5_000);
    expect(minutes()).toBe(0);
    clock.setScale(60);
    await machinePasses(1_000);
    expect(minutes()).toBe(1);

    await everyMinute.end();
  });

  it('ends a sleep that has begun later and is over earlier in its turn', async () => {
    const { clock, machinePasses, minutes } = onFakeMachine(60);
    const ended: string[] = [];
    void clock.sleep(10 * minute).then(() => ended.push('long'));
    await machinePasses(1_000);

    void clock.sleep(minute).then(() => ended.push(`short ${minutes()}`));
    await machinePasses(1_500);

    expect(ended).toEqual(['short 1']);
    await machinePasses(8_000);
    expect(ended).toEqual(['short 1', 'long']);
  });

  it('does not leap after a machine that slept', async () => {
    const { clock, machinePasses, minutes } = onFakeMachine(60);
    const everyMinute = sleepAgainAndAgain(clock, minute);
    await machinePasses(1_000);

    await vi.advanceTimersByTimeAsync(3_600_000);
    await turns();

    expect(minutes()).toBe(2);
    await everyMinute.end();
  });

  it('passes as fast as what happens in it with an infinite scale', async () => {
    const clock = pacedClock({ scale: Infinity, startAt });
    await clock.sleep(7 * 24 * 3_600_000);
    expect(clock.now()).toBe(startAt + 7 * 24 * 3_600_000);
  });
});

async function turns(): Promise<void> {
  for (let turn = 0; turn < 8; turn += 1) await turnOfTheEventLoop();
}

function sleepAgainAndAgain(clock: Clock, ms: number): { end(): Promise<void> } {
  const stop = new AbortController();
  const loop = (async () => {
    for (;;) await clock.sleep(ms, stop.signal);
  })().catch(() => undefined);
  return { end: async () => (stop.abort(), await loop) };
}

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
