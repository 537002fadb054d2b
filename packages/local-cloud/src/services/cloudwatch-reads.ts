import type { Dimension, GetMetricDataCommandInput, GetMetricStatisticsCommandInput, MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import { ServiceFault, type Operations } from '../context.js';
import { merge, type MetricIdentity, type MetricStore, type Statistics } from './metric-store.js';

/** GetMetricData and GetMetricStatistics. */
export function createMetricReads(store: MetricStore): Operations {
  return {
    GetMetricData: (input: GetMetricDataCommandInput) => getMetricData(store, input),
    GetMetricStatistics: (input: GetMetricStatisticsCommandInput) => getMetricStatistics(store, input),
  };
}

interface Datapoint {
  readonly at: number;
  readonly statistics: Statistics;
  readonly unit: string | undefined;
}

const mostDatapoints = 100_800;

/** Datapoints of all queries in one row, of which a page is a stretch. */
function getMetricData(store: MetricStore, input: GetMetricDataCommandInput): object {
  const [start, end] = timesOf(input);
  const queries = (input.MetricDataQueries ?? []).filter(({ ReturnData }) => ReturnData !== false);
  if (new Set(queries.map(({ Id }) => Id)).size < queries.length) throw new ServiceFault('ValidationError', 'The values for parameter Id in MetricDataQueries are not unique.');
  const series = queries.map((query) => ({ query, points: pointsOf(store, query, start, end, input.ScanBy ?? 'TimestampDescending') }));

  const from = offsetOf(input.NextToken);
  const to = from + (input.MaxDatapoints ?? mostDatapoints);
  let passed = 0;
  const results = series.flatMap(({ query, points }) => {
    const [first, last] = [Math.max(0, from - passed), Math.max(0, to - passed)];
    const begins = passed >= from && passed < to;
    passed += points.length;
    const shown = points.slice(first, last);
    if (shown.length === 0 && !(begins && points.length === 0)) return [];
    const label = query.Label ?? query.MetricStat?.Metric?.MetricName;
    return [{ Id: query.Id, Label: label, Timestamps: shown.map(({ at }) => new Date(at)), Values: shown.map(({ value }) => value), StatusCode: points.length > last ? 'PartialData' : 'Complete' }];
  });
  return { MetricDataResults: results, NextToken: passed > to ? `data-${to}` : undefined };
}

function offsetOf(token: string | undefined): number {
  if (token === undefined) return 0;
  const offset = /^data-(\d+)$/.exec(token)?.[1];
  if (offset === undefined) throw new ServiceFault('InvalidNextToken', 'The next token specified is invalid.');
  return Number(offset);
}

function pointsOf(store: MetricStore, { Id = '', MetricStat, Expression }: MetricDataQuery, start: number, end: number, scanBy: string): { at: number; value: number }[] {
  if (MetricStat?.Metric === undefined) throw new ServiceFault('ValidationError', `local cloud does not implement metric math (${Id}: ${Expression ?? 'no MetricStat'})`);
  const { Metric, Period, Stat = '' } = MetricStat;
  const valueOf = statistic(Stat);
  const points = datapoints(store, identityOf(Metric.Namespace, Metric.MetricName, Metric.Dimensions), Period ?? 60, start, end).map(({ at, statistics }) => ({ at, value: valueOf(statistics) }));
  return scanBy === 'TimestampAscending' ? points : points.reverse();
}

const mostStatistics = 1440;

function getMetricStatistics(store: MetricStore, input: GetMetricStatisticsCommandInput): object {
  const [start, end] = timesOf(input);
  const { Period = 60, Statistics: wanted = [] } = input;
  if ((end - start) / 1000 / Period > mostStatistics) {
    throw new ServiceFault('InvalidParameterCombination', `You have requested up to ${Math.ceil((end - start) / 1000 / Period)} datapoints, which exceeds the limit of ${mostStatistics}.`);
  }
  const shown = wanted.map((name) => ({ name, valueOf: statistic(name) }));
  const points = datapoints(store, identityOf(input.Namespace, input.MetricName, input.Dimensions), Period, start, end);
  return {
    Label: input.MetricName,
    Datapoints: points.map(({ at, statistics, unit }) => ({ Timestamp: new Date(at), Unit: unit ?? 'None', ...Object.fromEntries(shown.map(({ name, valueOf }) => [name, valueOf(statistics)])) })),
  };
}

function timesOf({ StartTime, EndTime }: { readonly StartTime?: Date | undefined; readonly EndTime?: Date | undefined }): [number, number] {
  const [start, end] = [StartTime?.getTime() ?? 0, EndTime?.getTime() ?? 0];
  if (start >= end) throw new ServiceFault('ValidationError', 'The parameter StartTime must be less than the parameter EndTime.');
  return [start, end];
}

function identityOf(namespace = '', name = '', dimensions: readonly Dimension[] = []): MetricIdentity {
  return { namespace, name, dimensions: Object.fromEntries(dimensions.map(({ Name = '', Value = '' }) => [Name, Value])) };
}

/** Periods begin at multiples of themselves; one that the start falls into counts whole. */
function datapoints(store: MetricStore, metric: MetricIdentity, periodSeconds: number, start: number, end: number): Datapoint[] {
  if (periodSeconds <= 0 || periodSeconds % 60 !== 0) throw new ServiceFault('InvalidParameterValue', `Period must be a multiple of 60 seconds, got ${periodSeconds}.`);
  const period = periodSeconds * 1000;
  const first = Math.floor(start / period) * period;
  const byPeriod = new Map<number, Datapoint>();
  for (const datum of store.readable(metric)) {
    if (datum.minute < first || datum.minute >= end) continue;
    const at = Math.floor(datum.minute / period) * period;
    byPeriod.set(at, { at, statistics: merge(byPeriod.get(at)?.statistics, datum), unit: datum.unit });
  }
  return [...byPeriod.values()];
}

function statistic(name: string): (statistics: Statistics) => number {
  switch (name) {
    case 'Average':
      return ({ sum, count }) => sum / count;
    case 'Sum':
      return ({ sum }) => sum;
    case 'SampleCount':
      return ({ count }) => count;
    case 'Minimum':
      return ({ min }) => min;
    case 'Maximum':
      return ({ max }) => max;
    default:
      throw new ServiceFault('ValidationError', `local cloud does not implement the statistic ${name}`);
  }
}
