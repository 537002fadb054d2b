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
};

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
