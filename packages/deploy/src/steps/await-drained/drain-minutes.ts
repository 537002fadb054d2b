/** CloudWatch's period, and the shortest that load balancers report. */
export const minuteMs = 60_000;
/** How long after its end a minute's data may still come in; only then is no datum a zero. */
export const settledAfterMs = 3 * minuteMs;

/** Requests of one minute, all target groups together. */
export interface Minute {
  /** Its beginning, milliseconds since the epoch. */
  readonly at: number;
  /** What was counted so far; null while nothing was reported and something may still be. */
  readonly requests: number | null;
  /** Nothing more will be counted. */
  readonly settled: boolean;
}

export interface DrainQuestion {
  /** Since when visitors were seen to be kept out; minutes that began earlier do not count. */
  readonly provenAt: number;
  readonly now: number;
  /** Beginning of a minute -> requests reported, all target groups together. */
  readonly reported: ReadonlyMap<number, number>;
}

/** The whole minutes since the gate was proven closed. A load balancer reports no zeros ("CloudWatch metrics for your ALB"). */
export function minutesSince({ provenAt, now, reported }: DrainQuestion): readonly Minute[] {
  const first = Math.ceil(provenAt / minuteMs) * minuteMs;
  const count = Math.max(0, Math.floor((now - first) / minuteMs));
  return Array.from({ length: count }, (_, index) => {
    const at = first + index * minuteMs;
    const settled = now - (at + minuteMs) >= settledAfterMs;
    return { at, settled, requests: reported.get(at) ?? (settled ? 0 : null) };
  });
}

/** The newest settled minute when it was quiet and no younger one is known to be busy; else null. */
export function quietMinute(minutes: readonly Minute[], ignoreBelow: number): Minute | null {
  const newest = minutes.filter(({ settled }) => settled).at(-1);
  if (newest === undefined) return null;
  const since = minutes.filter(({ at }) => at >= newest.at);
  return since.every(({ requests }) => requests === null || requests <= ignoreBelow) ? newest : null;
}
