import type { DescribeAlarmsCommandInput, ListMetricsCommandInput, MetricDatum, PutMetricDataCommandInput } from '@aws-sdk/client-cloudwatch';
import { ServiceFault, type CloudContext, type Operations, type Siblings } from '../context.js';
import { createMetricReads } from './cloudwatch-reads.js';
import { createMetricStore, type MetricStore } from './metric-store.js';
import { page } from './paging.js';

type MetricsSibling = Siblings['cloudwatch'];
export interface CloudWatch extends MetricsSibling {
  readonly operations: Operations;
}

/** CloudWatch metrics in periods of a minute: what is recorded can be read `Timing.metricDelay` after its minute ended; a minute without datum is absent. */
export function createCloudWatch(context: CloudContext): CloudWatch {
  const store = createMetricStore(context);
  return {
    record: ({ namespace, name, dimensions, value, unit }) => store.add({ namespace, name, dimensions }, context.clock.now(), { sum: value, count: 1, min: value, max: value }, unit),
    operations: {
      ...createMetricReads(store),
      ListMetrics: (input: ListMetricsCommandInput) => listMetrics(store, input),
      PutMetricData: (input: PutMetricDataCommandInput) => putMetricData(store, context, input),
      DescribeAlarms: (_input: DescribeAlarmsCommandInput) => ({ MetricAlarms: [], CompositeAlarms: [] }),
    },
  };
}

const metricsPerPage = 500;

function listMetrics(store: MetricStore, input: ListMetricsCommandInput): object {
  const wanted = store
    .readableMetrics()
    .filter(({ namespace, name }) => (input.Namespace ?? namespace) === namespace && (input.MetricName ?? name) === name)
    .filter(({ dimensions }) => (input.Dimensions ?? []).every(({ Name = '', Value }) => Name in dimensions && (Value ?? dimensions[Name]) === dimensions[Name]))
    .map(({ namespace, name, dimensions }) => ({ Namespace: namespace, MetricName: name, Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })) }));
  const { items, next } = page(wanted, { token: input.NextToken, size: metricsPerPage, invalid: () => new ServiceFault('InvalidParameterValue', 'Invalid nextToken') });
  return { Metrics: items, NextToken: next };
}

function putMetricData(store: MetricStore, { clock }: CloudContext, { Namespace = '', MetricData = [] }: PutMetricDataCommandInput): object {
  if (Namespace.startsWith('AWS/')) throw new ServiceFault('InvalidParameterValue', 'The value AWS/ for parameter Namespace is invalid.');
  for (const datum of MetricData) {
    const dimensions = Object.fromEntries((datum.Dimensions ?? []).map(({ Name = '', Value = '' }) => [Name, Value]));
    store.add({ namespace: Namespace, name: datum.MetricName ?? '', dimensions }, datum.Timestamp?.getTime() ?? clock.now(), statisticsOf(datum), datum.Unit);
  }
  return {};
}

function statisticsOf({ Value, Values, Counts, StatisticValues }: MetricDatum): { sum: number; count: number; min: number; max: number } {
  if (StatisticValues !== undefined) {
    const { Sum = 0, SampleCount = 0, Minimum = 0, Maximum = 0 } = StatisticValues;
    return { sum: Sum, count: SampleCount, min: Minimum, max: Maximum };
  }
  const values = Values ?? (Value === undefined ? [] : [Value]);
  if (values.length === 0) throw new ServiceFault('MissingParameter', 'At least one of the parameters must be specified.');
  const weights = values.map((_value, index) => Counts?.[index] ?? 1);
  return {
    sum: values.reduce((sum, value, index) => sum + value * (weights[index] ?? 1), 0),
    count: weights.reduce((sum, weight) => sum + weight, 0),
    min: Math.min(...values),
    max: Math.max(...values),
  };
}
