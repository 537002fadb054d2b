import type { Visit, VisitKind } from './visitors.js';

/** What visitors met in one span of time. */
export interface TimelineEntry {
  /** Begin of the span, milliseconds since the epoch. */
  readonly from: number;
  readonly counts: Readonly<Record<VisitKind, number>>;
}

/** What visitors saw, second by second (or by another span). Spans in which nobody was answered are in it too, with zeroes. */
export function timelineOf(visits: readonly Visit[], spanMs = 1_000): readonly TimelineEntry[] {
  const spans = visits.map(({ at }) => Math.floor(at / spanMs));
  const first = spans.reduce((least, span) => Math.min(least, span), Infinity);
  const last = spans.reduce((most, span) => Math.max(most, span), -Infinity);
  const entries = Array.from({ length: visits.length === 0 ? 0 : last - first + 1 }, (_, index) => ({ from: (first + index) * spanMs, counts: noCounts() }));
  for (const [index, { kind }] of visits.entries()) {
    const entry = entries[(spans[index] ?? first) - first];
    if (entry !== undefined) entry.counts[kind] += 1;
  }
  return entries;
}

function noCounts(): Record<VisitKind, number> {
  return { old: 0, maintenance: 0, new: 0, unversioned: 0, leak: 0, error: 0 };
}

export interface VisitsVerdict {
  readonly counts: Readonly<Record<VisitKind, number>>;
  /** Requests that failed: there must be none. */
  readonly errors: readonly Visit[];
  /** Requests for the application that another service answered (an application's rule falls to administration's while it is gated). */
  readonly leaks: readonly Visit[];
  /** Answers of the old version to requests made after the new version had already answered somebody: there must be none. */
  readonly oldAfterNew: readonly Visit[];
  /** Answers of the application in the middle of maintenance: between two maintenance pages of the same rule. There must be none. */
  readonly letIn: readonly Visit[];
  /** From the first maintenance page to the last; undefined when there was none. */
  readonly maintenance: { readonly from: number; readonly to: number; readonly seconds: number } | undefined;
  /** Rules whose visitors never met the maintenance page. */
  readonly neverInMaintenance: readonly string[];
}

/** What the visits prove. */
export function judgeVisits(visits: readonly Visit[]): VisitsVerdict {
  const of = (kind: VisitKind): readonly Visit[] => visits.filter((visit) => visit.kind === kind);
  const firstNew = of('new').reduce((first, { at }) => Math.min(first, at), Infinity);
  const counts = noCounts();
  for (const { kind } of visits) counts[kind] += 1;
  return {
    counts,
    errors: of('error'),
    leaks: of('leak'),
    oldAfterNew: of('old').filter(({ askedAt }) => askedAt > firstNew),
    letIn: letInDuringMaintenance(visits),
    maintenance: windowOf(of('maintenance')),
    neverInMaintenance: neverIn(visits, of('maintenance')),
  };
}

/** Rules close and open one after the other: each has a maintenance of its own. */
function letInDuringMaintenance(visits: readonly Visit[]): readonly Visit[] {
  const closed = new Map<string, { readonly from: number; to: number }>();
  for (const { route, askedAt, at } of visits.filter(({ kind }) => kind === 'maintenance')) {
    const known = closed.get(route.rule);
    if (known === undefined) closed.set(route.rule, { from: at, to: askedAt });
    else known.to = Math.max(known.to, askedAt);
  }
  return visits.filter(({ route, kind, askedAt, at }) => {
    const span = closed.get(route.rule);
    return (kind === 'old' || kind === 'new') && span !== undefined && askedAt > span.from && at < span.to;
  });
}

function windowOf(visits: readonly Visit[]): VisitsVerdict['maintenance'] {
  const [first] = visits;
  const last = visits.at(-1);
  if (first === undefined || last === undefined) return undefined;
  return { from: first.at, to: last.at, seconds: (last.at - first.at) / 1000 };
}

function neverIn(visits: readonly Visit[], maintenance: readonly Visit[]): readonly string[] {
  const met = new Set(maintenance.map(({ route }) => route.rule));
  return [...new Set(visits.map(({ route }) => route.rule))].filter((rule) => !met.has(rule));
}
