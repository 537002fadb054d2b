import type { Minute } from './drain-minutes.js';
import type { SeenVisitors, VisitorsTrouble } from './watch-visitors.js';

export interface DrainedReport {
  /** false: the time was over, or in a plan nothing was waited for. */
  readonly drained: boolean;
  readonly summary: string;
  /** `metrics` also where Umami did not answer; `time-over` when visitors may still have been there; `nothing` in a plan. */
  readonly decidedBy: 'metrics' | 'metrics-and-umami' | 'time-over' | 'nothing';
  readonly seconds: number;
  /** Every whole minute since visitors were kept out, oldest first. */
  readonly minutes: readonly DrainedMinute[];
  /** The newest minute of which all is reported, and its requests. */
  readonly lastMinute: (DrainedMinute & { readonly requests: number }) | null;
  /** Connections the balancer still has; WebSockets among them survive a rule change, and end with `stopServices`. */
  readonly connections: number | null;
  /** What Umami said last; null where the definition has none. */
  readonly umami: DrainedUmami | null;
}

export interface DrainedMinute {
  /** ISO time of its beginning. */
  readonly at: string;
  /** All target groups together; null while nothing was reported of it and something might still have been. */
  readonly requests: number | null;
  /** Of each target group that got any, by its name. */
  readonly byTargetGroup: Readonly<Record<string, number>>;
}

export interface DrainedUmami {
  /** Visitors of the five minutes before `at`; null: it never answered. */
  readonly activeVisitors: number | null;
  /** ISO time of its last answer. */
  readonly at: string | null;
  /** Why it did not answer when it was asked last; null when it did. */
  readonly problem: string | null;
}

/** What is looked at, as it was seen last. */
export interface SeenTraffic {
  readonly minutes: readonly Minute[];
  readonly connections: number | null;
  readonly visitors: SeenVisitors | null;
}

export function drainedReport(seen: SeenTraffic, decidedBy: DrainedReport['decidedBy'], seconds: number): DrainedReport {
  const newest = seen.minutes.filter(({ settled }) => settled).at(-1);
  const { visitors } = seen;
  return {
    drained: decidedBy === 'metrics' || decidedBy === 'metrics-and-umami',
    summary: summaryOf(seen, decidedBy),
    decidedBy,
    seconds,
    minutes: seen.minutes.map(reportedMinute),
    lastMinute: newest === undefined ? null : { ...reportedMinute(newest), requests: newest.requests ?? 0 },
    connections: seen.connections,
    umami: visitors === null ? null : { activeVisitors: visitors.last?.active ?? null, at: visitors.last === null ? null : new Date(visitors.last.at).toISOString(), problem: visitors.trouble?.problem ?? null },
  };
}

function reportedMinute({ at, requests, byTargetGroup }: Minute): DrainedMinute {
  return { at: new Date(at).toISOString(), requests, byTargetGroup };
}

/** `4 requests in the minute from 10:09 (graasp 3, collab 1); 12 connections; 2 visitors active` */
export function describeTraffic({ minutes, connections, visitors }: SeenTraffic): string {
  const known = minutes.filter(({ requests }) => requests !== null).at(-1);
  return [
    known === undefined ? 'nothing reported yet since the gate was closed' : minuteText(known),
    ...(connections === null ? [] : [`${connections} connections`]),
    ...(visitors === null ? [] : [visitorsText(visitors)]),
  ].join('; ');
}

function minuteText({ at, requests, byTargetGroup }: Minute): string {
  const groups = Object.entries(byTargetGroup).map(([name, count]) => `${name} ${count}`);
  return `${requests} ${requests === 1 ? 'request' : 'requests'} in the minute from ${new Date(at).toISOString().slice(11, 16)}${groups.length === 0 ? '' : ` (${groups.join(', ')})`}`;
}

function visitorsText({ last, trouble }: SeenVisitors): string {
  if (trouble !== null) return troubleText(trouble);
  return last === null ? 'active visitors not asked for yet' : `${last.active} ${last.active === 1 ? 'visitor' : 'visitors'} active`;
}

function troubleText({ problem, doneWithout }: VisitorsTrouble): string {
  return `active visitors unknown (${problem})${doneWithout ? ', metrics alone decide' : ''}`;
}

function summaryOf(seen: SeenTraffic, decidedBy: DrainedReport['decidedBy']): string {
  const { minutes, visitors } = seen;
  switch (decidedBy) {
    case 'nothing':
      return 'nothing is waited for in a plan';
    case 'time-over':
      return `the time was over: ${describeTraffic(seen)}`;
    case 'metrics':
    case 'metrics-and-umami': {
      const newest = minutes.filter(({ settled }) => settled).at(-1)!;
      return `${[minuteText(newest), ...(visitors === null ? [] : [visitorsText(visitors)])].join('; ')}; ${minutes.length} ${minutes.length === 1 ? 'minute' : 'minutes'} looked at`;
    }
  }
}
