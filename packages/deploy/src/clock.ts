/**
 * Time and chance, injected: the only file that reads the machine's. A wait, a back-off and an identifier are thereby
 * the same in a test that runs in virtual time and in a release that lasts an hour.
 */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms` milliseconds; rejects with the signal's reason when it is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** A number in [0, 1): jitter and identifiers. */
  random(): number;
  /** Milliseconds since some moment, by which durations are measured: it never jumps, as `now` does when a laptop wakes up or its clock is set. Absent: `now`. */
  steady?(): number;
  /** The same time for work that goes on by itself (renewing a lock): in virtual time its sleeps do not make time pass. Absent: this clock. */
  readonly background?: Clock | undefined;
}

/** The machine's own clock: what `connect` uses when it is given none. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      const onAbort = () => {
        clearTimeout(timer);
        reject(signal?.reason as Error);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      }, ms);
      signal?.addEventListener('abort', onAbort, { once: true });
    }),
  random: () => Math.random(),
  steady: () => performance.now(),
};

/** By which sleeps were longer than was asked for: a machine that slept counts that on some systems, in steady time too. */
const overslept = new WeakMap<object, number>();
/** What a busy machine may be late by, where time runs sixty times as fast. */
const latestMs = 5 * 60_000;

/** For durations: milliseconds in which this machine was awake, and which do not jump, as far as the clock can tell. */
export function steadyNow(clock: Pick<Clock, 'now' | 'steady'>): number {
  return (clock.steady?.() ?? clock.now()) - (overslept.get(clock) ?? 0);
}

/** Sleeps; what it lasts longer because the machine slept, or its clock was set, does not count for `steadyNow`. Resolves early when aborted. */
export async function sleepSteadily(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  const begun = steadyNow(clock);
  await clock.sleep(ms, signal).catch(() => undefined);
  const late = steadyNow(clock) - begun - ms;
  if (late > latestMs || late < -ms - latestMs) overslept.set(clock, (overslept.get(clock) ?? 0) + late);
}

/** `2026-11-23T23:17:44.000Z`: how every time in a report, an event and a journal is written. */
export function isoTime(clock: Clock): string {
  return new Date(clock.now()).toISOString();
}

/** Calls `act` again and again on the machine's time, for what people watch; does not keep the process alive. Ends when called. */
export function every(ms: number, act: () => void): () => void {
  const timer = setInterval(act, ms);
  // in a page a timer is a number, and nothing waits for it
  if (typeof timer === 'object') timer.unref();
  return () => clearInterval(timer);
}
