import type { RunReport, RunReportStep } from '../runs/run-report.js';

/** One line of the picture: a step, or a wait in it. */
export interface TimelineRow {
  readonly kind: 'step' | 'wait';
  readonly name: string;
  readonly status: RunReportStep['status'];
  readonly seconds: number | null;
  /** Milliseconds since the epoch; null where nobody knows. */
  readonly from: number | null;
  readonly to: number | null;
  readonly summary: string;
}

/** When a run was at what, from its first moment to its last that is known. */
export interface Timeline {
  readonly from: number;
  readonly to: number;
  readonly rows: readonly TimelineRow[];
  /** While visitors were kept out; to the end where they still are. */
  readonly window: { readonly from: number; readonly to: number } | null;
}

/** A run's steps, each followed by its waits, and where they lie in its time. */
export function timelineOf(report: RunReport): Timeline {
  const { startedAt, endedAt, attempts, steps, window } = report;
  const known = [startedAt, endedAt, window?.closedAt, window?.openedAt, ...attempts.map(({ at }) => at), ...steps.flatMap(({ startedAt: begun, endedAt: over, waits }) => [begun, over, ...waits.flatMap((wait) => [wait.startedAt, wait.endedAt])])];
  const times = known.flatMap((iso) => (iso === null || iso === undefined ? [] : [Date.parse(iso)]));
  const [from, to] = [Math.min(...times), Math.max(...times)];
  return {
    from,
    to,
    rows: steps.flatMap((step, index) => rowsOf(step, nextAttemptAt(steps, index) ?? to)),
    window: window === null ? null : { from: Date.parse(window.closedAt), to: window.openedAt === null ? to : Date.parse(window.openedAt) },
  };
}

/** Nobody knows when an attempt was cut off; but it was by then. */
function nextAttemptAt(steps: readonly RunReportStep[], index: number): number | null {
  const [step, next] = [steps[index]!, steps[index + 1]];
  return next?.name === step.name && next.puttingBack === step.puttingBack ? Date.parse(next.startedAt) : null;
}

/** A step that has not ended reaches to the last that is known of its run. */
function rowsOf({ name, puttingBack, status, startedAt, endedAt, seconds, summary, waits }: RunReportStep, end: number): readonly TimelineRow[] {
  const step: TimelineRow = { kind: 'step', name: puttingBack ? `↩ ${name}` : name, status, seconds, from: Date.parse(startedAt), to: endedAt === null ? end : Date.parse(endedAt), summary };
  return [step, ...waits.map((wait): TimelineRow => ({ kind: 'wait', name: wait.waitingFor, status: 'done', seconds: wait.seconds, from: timeOf(wait.startedAt), to: timeOf(wait.endedAt), summary: '' }))];
}

function timeOf(iso: string | null): number | null {
  return iso === null ? null : Date.parse(iso);
}

/** `08:00:05`, of a run that has seen midnight `11-24 08:00:05`; UTC. Empty where nobody knows. */
export function momentText({ from, to }: Pick<Timeline, 'from' | 'to'>, ms: number | null): string {
  if (ms === null) return '';
  const [first, last, told] = [from, to, ms].map((each) => new Date(each).toISOString()) as [string, string, string];
  return first.slice(0, 10) === last.slice(0, 10) ? told.slice(11, 19) : told.slice(5, 19).replace('T', ' ');
}

const minute = 60;
const hour = 60 * minute;
const distances = [1, 2, 5, 10, 15, 30, minute, 2 * minute, 5 * minute, 10 * minute, 15 * minute, 30 * minute, hour, 2 * hour, 3 * hour, 6 * hour, 12 * hour, 24 * hour];
const mostTicks = 8;

/** Round times of the clock, UTC, in milliseconds since the epoch: some eight, or fewer. */
export function ticksOf({ from, to }: Pick<Timeline, 'from' | 'to'>): readonly number[] {
  const span = (to - from) / 1000;
  const days = Math.max(1, Math.ceil(span / (24 * hour * mostTicks)));
  const ms = (distances.find((seconds) => span / seconds <= mostTicks) ?? days * 24 * hour) * 1000;
  const first = Math.ceil(from / ms) * ms;
  return Array.from({ length: Math.max(0, Math.floor((to - first) / ms) + 1) }, (_, index) => first + index * ms);
}
