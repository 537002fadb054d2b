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
  /** Of the target groups that got any, by name. */
  readonly byTargetGroup: Readonly<Record<string, number>>;
  /** Nothing more will be counted. */
  readonly settled: boolean;
}

export interface DrainQuestion {
  /** Since when visitors were seen to be kept out; minutes that began earlier do not count. */
  readonly provenAt: number;
  readonly now: number;
  /** Beginning of a minute -> requests reported, by target group. */
  readonly reported: ReadonlyMap<number, Readonly<Record<string, number>>>;
}

/** The whole minutes since the gate was proven closed. A load balancer reports no zeros ("CloudWatch metrics for your ALB"). */
export function minutesSince({ provenAt, now, reported }: DrainQuestion): readonly Minute[] {
  const first = firstMinute(provenAt);
  const count = Math.max(0, Math.floor((now - first) / minuteMs));
  return Array.from({ length: count }, (_, index) => {
    const at = first + index * minuteMs;
    const settled = now - (at + minuteMs) >= settledAfterMs;
    const counted = reported.get(at);
    return { at, settled, requests: counted === undefined ? (settled ? 0 : null) : sum(counted), byTargetGroup: Object.fromEntries(Object.entries(counted ?? {}).filter(([, requests]) => requests > 0)) };
  });
}

/** The first that begins once visitors were seen to be kept out. */
function firstMinute(provenAt: number): number {
  return Math.ceil(provenAt / minuteMs) * minuteMs;
}

function sum(counted: Readonly<Record<string, number>>): number {
  return Object.values(counted).reduce((total, requests) => total + requests, 0);
}

/** The newest settled minute when it was quiet and no younger one is known to be busy; else null. */
export function quietMinute(minutes: readonly Minute[], ignoreBelow: number): Minute | null {
  const newest = minutes.filter(({ settled }) => settled).at(-1);
  if (newest === undefined) return null;
  const since = minutes.filter(({ at }) => at >= newest.at);
  return since.every(({ requests }) => requests === null || requests <= ignoreBelow) ? newest : null;
}

/** When there can be a quiet minute at the earliest, milliseconds since the epoch: the one after the last that is known to be busy, once it is settled. */
export function earliestQuiet(provenAt: number, minutes: readonly Minute[], ignoreBelow: number): number {
  const busy = minutes.filter(({ requests }) => requests !== null && requests > ignoreBelow).at(-1);
  return (busy === undefined ? firstMinute(provenAt) : busy.at + minuteMs) + minuteMs + settledAfterMs;
}
