/**
 * Time and chance of a local cloud. Everything that lasts asks this clock, so that a release can be rehearsed
 * in real time, sixty times faster, or in virtual time where nothing ever sleeps.
 */
export interface Clock {
  /** Milliseconds since the epoch, as the cloud sees it. */
  now(): number;
  /** Resolves after `ms` milliseconds of this clock; rejects with the signal's reason when it is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** A number in [0, 1), from the seed. */
  random(): number;
}
