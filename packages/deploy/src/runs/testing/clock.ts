import type { Clock } from '../../clock.js';

interface Sleep {
  readonly due: number;
  readonly drives: boolean;
  readonly end: () => void;
}

export interface TestClock extends Clock {
  readonly background: Clock;
  /** Lets time pass at once, ending sleeps on the way. */
  advance(seconds: number): Promise<void>;
}

/** Time that passes only while somebody sleeps in the foreground, and then at once. */
export function testClock(startAt = Date.parse('2026-11-23T23:00:00Z')): TestClock {
  const sleeps = new Set<Sleep>();
  let now = startAt;
  let chance = 0;
  let pumping = false;
  const idle = () => new Promise<void>((resolve) => void setImmediate(resolve));
  const endNext = (until: number): boolean => {
    const [next] = [...sleeps].filter(({ due }) => due <= until).sort((a, b) => a.due - b.due);
    if (next === undefined) return false;
    now = Math.max(now, next.due);
    next.end();
    return true;
  };
  const pump = async () => {
    pumping = true;
    for (;;) {
      await idle();
      await idle();
      if (![...sleeps].some(({ drives }) => drives) || !endNext(Infinity)) break;
    }
    pumping = false;
  };
  const sleep = (drives: boolean) => (ms: number, signal?: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason as Error);
      const forget = () => (sleeps.delete(entry), signal?.removeEventListener('abort', onAbort));
      const onAbort = () => (forget(), reject(signal?.reason as Error));
      const entry: Sleep = { due: now + ms, drives, end: () => (forget(), resolve()) };
      sleeps.add(entry);
      signal?.addEventListener('abort', onAbort, { once: true });
      if (drives && !pumping) void pump();
    });
  const random = () => (chance = (chance * 16_807 + 0.123456789) % 1);
  return {
    now: () => now,
    sleep: sleep(true),
    random,
    background: { now: () => now, sleep: sleep(false), random },
    async advance(seconds) {
      const until = now + seconds * 1000;
      await idle();
      while (endNext(until)) await idle();
      now = until;
    },
  };
}
