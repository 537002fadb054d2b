import { firstMinuteFrom, type MetricName, minuteMs, type Series } from './metrics.js';
import { type Bound, isWithin } from './thresholds.js';

/** How a metric did in the window. */
export interface MetricWindow {
  readonly metric: MetricName;
  readonly bound: Bound;
  /** Nearest to the bound, or beyond it; null while nothing is known. */
  readonly worst: number | null;
  readonly known: boolean;
  readonly within: boolean;
}

export interface LoadQuestion {
  /** Only minutes that begin at or after this count, in milliseconds since the epoch: the migration's end. */
  readonly since: number;
  readonly settledSeconds: number;
  readonly bounds: ReadonlyMap<MetricName, Bound>;
}

export interface LoadJudgement {
  readonly settled: boolean;
  readonly metrics: readonly MetricWindow[];
  /** How many of the minutes in a row, up to the newest, were within every bound. */
  readonly settledMinutes: number;
}

/** Credits are reported every five minutes only ("CPU credit metrics"): their last datum is what counts. */
const isGauge = (metric: MetricName) => metric === 'CPUCreditBalance';

/**
 * Whether every metric stayed within its bound for long enough, in whole minutes up to the newest that all of them are known for. A minute
 * without a datum is unknown and ends the row.
 */
export function judgeLoad(series: ReadonlyMap<MetricName, Series>, { since, settledSeconds, bounds }: LoadQuestion): LoadJudgement {
  const first = firstMinuteFrom(since);
  const needed = Math.ceil(settledSeconds / 60);
  const rates = [...bounds.keys()].filter((metric) => !isGauge(metric));
  const newest = Math.min(...rates.map((metric) => newestOf(series.get(metric))));
  const counted = Number.isFinite(newest) ? Math.max(0, Math.floor((newest - first) / minuteMs) + 1) : 0;
  const minutes = Array.from({ length: Math.min(needed, counted) }, (_, back) => newest - back * minuteMs);
  const windows = [...bounds].map(([metric, bound]) => windowOf(metric, bound, isGauge(metric) ? lastOf(series.get(metric), first) : minutes.map((minute) => series.get(metric)?.get(minute)), newestOf(series.get(metric)) >= first));
  const settledMinutes = minutes.findIndex((minute) => rates.some((metric) => !minuteWithin(series.get(metric), minute, bounds.get(metric)!)));
  const inARow = settledMinutes === -1 ? minutes.length : settledMinutes;
  return { settled: minutes.length === needed && windows.every(({ within }) => within), metrics: windows, settledMinutes: inARow };
}

function newestOf(series: Series | undefined): number {
  return [...(series?.keys() ?? [])].reduce((newest, minute) => Math.max(newest, minute), Number.NEGATIVE_INFINITY);
}

function lastOf(series: Series | undefined, first: number): readonly (number | undefined)[] {
  const minute = newestOf(series);
  return [minute >= first ? series?.get(minute) : undefined];
}

function minuteWithin(series: Series | undefined, minute: number, bound: Bound): boolean {
  const value = series?.get(minute);
  return value !== undefined && isWithin(value, bound);
}

function windowOf(metric: MetricName, bound: Bound, values: readonly (number | undefined)[], reported: boolean): MetricWindow {
  const known = values.filter((value) => value !== undefined);
  const complete = values.length > 0 && known.length === values.length;
  const worst = known.length === 0 ? null : bound.atLeast === undefined ? Math.max(...known) : Math.min(...known);
  // before there is a minute that all are known for, those of which there is nothing are what is waited for
  const isKnown = complete || (values.length === 0 && reported);
  return { metric, bound, worst, known: isKnown, within: isKnown && known.every((value) => isWithin(value, bound)) };
}
