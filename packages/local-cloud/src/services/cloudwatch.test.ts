import { CloudWatchClient, DescribeAlarmsCommand, GetMetricDataCommand, GetMetricStatisticsCommand, ListMetricsCommand, PutMetricDataCommand, type MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import { describe, expect, it } from 'vitest';
import { createCloudWatch } from './cloudwatch.js';
import { startAt, testService } from './test-service.js';

const minute = 60_000;
const requests = { namespace: 'AWS/ApplicationELB', name: 'RequestCount', dimensions: { LoadBalancer: 'app/a/1', TargetGroup: 'targetgroup/b/2' } };
const dimensions = [
  { Name: 'TargetGroup', Value: 'targetgroup/b/2' },
  { Name: 'LoadBalancer', Value: 'app/a/1' },
];

function query(stat: string, period = 60, changes: Partial<MetricDataQuery> = {}): MetricDataQuery {
  return { Id: stat.toLowerCase(), MetricStat: { Metric: { Namespace: 'AWS/ApplicationELB', MetricName: 'RequestCount', Dimensions: dimensions }, Period: period, Stat: stat }, ...changes };
}

function setUp(metricDelay: readonly [number, number] = [0, 0]) {
  const service = testService({ timing: { metricDelay } });
  const cloudwatch = createCloudWatch(service.context);
  const client = new CloudWatchClient(service.configurationFor('cloudwatch', cloudwatch.operations));
  const record = (value: number) => cloudwatch.record({ ...requests, value });
  const get = (queries: MetricDataQuery[], more: Partial<GetMetricDataCommand['input']> = {}) =>
    client.send(new GetMetricDataCommand({ StartTime: new Date(startAt), EndTime: new Date(service.clock.now()), MetricDataQueries: queries, ScanBy: 'TimestampAscending', ...more }));
  return { ...service, client, record, get };
}

describe('GetMetricData', () => {
  it('answers Sum, Average, Maximum, Minimum and SampleCount of a minute; a minute without datum is absent', async () => {
    const { clock, record, get } = setUp();
    record(1);
    record(4);
    await clock.sleep(2 * minute);
    record(7);
    await clock.sleep(minute);

    const { MetricDataResults = [] } = await get(['Sum', 'Average', 'Maximum', 'Minimum', 'SampleCount'].map((stat) => query(stat)));

    const times = [new Date(startAt), new Date(startAt + 2 * minute)];
    expect(MetricDataResults.map(({ Id, Timestamps, Values, StatusCode }) => ({ Id, Timestamps, Values, StatusCode }))).toEqual([
      { Id: 'sum', Timestamps: times, Values: [5, 7], StatusCode: 'Complete' },
      { Id: 'average', Timestamps: times, Values: [2.5, 7], StatusCode: 'Complete' },
      { Id: 'maximum', Timestamps: times, Values: [4, 7], StatusCode: 'Complete' },
      { Id: 'minimum', Timestamps: times, Values: [1, 7], StatusCode: 'Complete' },
      { Id: 'samplecount', Timestamps: times, Values: [2, 1], StatusCode: 'Complete' },
    ]);
  });

  it('adds minutes up in longer periods, which begin at multiples of themselves, and answers the newest first by default', async () => {
    const { clock, record, get } = setUp();
    record(1);
    await clock.sleep(4 * minute);
    record(2);
    await clock.sleep(minute);
    record(3);
    await clock.sleep(minute);

    const { MetricDataResults } = await get([query('Sum', 300)], { StartTime: new Date(startAt + 2 * minute), ScanBy: undefined });

    expect(MetricDataResults?.[0]).toMatchObject({ Timestamps: [new Date(startAt + 5 * minute), new Date(startAt)], Values: [3, 3] });
  });

  it('does not answer a datum before the delay after the end of its minute', async () => {
    const { clock, record, get } = setUp([90_000, 90_000]);
    record(1);
    const values = async () => (await get([query('Sum')])).MetricDataResults?.[0]?.Values;

    await clock.sleep(150_000 - 1);
    expect(await values()).toEqual([]);
    await clock.sleep(1);
    expect(await values()).toEqual([1]);
  });

  it('answers page by page, and says which metric is not complete', async () => {
    const { clock, record, get } = setUp();
    for (let count = 0; count < 3; count += 1) {
      record(count);
      await clock.sleep(minute);
    }

    const first = await get([query('Sum'), query('Maximum')], { MaxDatapoints: 2 });
    const second = await get([query('Sum'), query('Maximum')], { MaxDatapoints: 2, NextToken: first.NextToken });
    const third = await get([query('Sum'), query('Maximum')], { MaxDatapoints: 2, NextToken: second.NextToken });

    const shown = [first, second, third].map(({ MetricDataResults = [] }) => MetricDataResults.map(({ Id, Values, StatusCode }) => `${Id} ${Values?.join()} ${StatusCode}`));
    expect(shown).toEqual([['sum 0,1 PartialData'], ['sum 2 Complete', 'maximum 0 PartialData'], ['maximum 1,2 Complete']]);
    expect(third.NextToken).toBeUndefined();
  });

  it('refuses a period that is not of minutes, metric math, percentiles, an end before the start and equal ids', async () => {
    const { get, clock } = setUp();
    await clock.sleep(minute);

    await expect(get([query('Sum', 90)])).rejects.toMatchObject({ Code: 'InvalidParameterValue', message: 'Period must be a multiple of 60 seconds, got 90.' });
    await expect(get([{ Id: 'm', Expression: 'a+b' }])).rejects.toThrow('local cloud does not implement metric math (m: a+b)');
    await expect(get([query('Sum')], { EndTime: new Date(startAt) })).rejects.toThrow('The parameter StartTime must be less than the parameter EndTime.');
    await expect(get([query('Sum'), query('Sum')])).rejects.toThrow('The values for parameter Id in MetricDataQueries are not unique.');
    await expect(get([query('p99')])).rejects.toThrow('local cloud does not implement the statistic p99');
  });
});

describe('GetMetricStatistics', () => {
  it('answers the wanted statistics, and refuses more datapoints than a call may have', async () => {
    const { clock, record, client } = setUp();
    record(3);
    await clock.sleep(minute);
    const input = { Namespace: 'AWS/ApplicationELB', MetricName: 'RequestCount', Dimensions: dimensions, Period: 60, Statistics: ['Sum' as const] };

    const { Datapoints } = await client.send(new GetMetricStatisticsCommand({ ...input, StartTime: new Date(startAt), EndTime: new Date(clock.now()) }));
    expect(Datapoints).toEqual([{ Timestamp: new Date(startAt), Sum: 3, Unit: 'None' }]);
    await expect(client.send(new GetMetricStatisticsCommand({ ...input, StartTime: new Date(0), EndTime: new Date(1441 * minute) }))).rejects.toMatchObject({ Code: 'InvalidParameterCombination' });
  });
});

describe('PutMetricData and ListMetrics', () => {
  it('keeps what was put, in its minute, but nothing in a namespace of AWS', async () => {
    const { clock, client } = setUp();
    await client.send(
      new PutMetricDataCommand({ Namespace: 'graasp', MetricData: [{ MetricName: 'heartbeat', Dimensions: [{ Name: 'run', Value: 'r1' }], Timestamp: new Date(startAt - minute), Values: [1, 2], Counts: [3, 1], Unit: 'Count' }] }),
    );
    await clock.sleep(minute);

    const metric = { Namespace: 'graasp', MetricName: 'heartbeat', Dimensions: [{ Name: 'run', Value: 'r1' }] };
    const { Datapoints } = await client.send(new GetMetricStatisticsCommand({ ...metric, Period: 60, Statistics: ['Sum', 'SampleCount'], StartTime: new Date(startAt - minute), EndTime: new Date(startAt) }));
    expect(Datapoints).toEqual([{ Timestamp: new Date(startAt - minute), Sum: 5, SampleCount: 4, Unit: 'Count' }]);
    expect((await client.send(new ListMetricsCommand({ Namespace: 'graasp', Dimensions: [{ Name: 'run' }] }))).Metrics).toEqual([metric]);
    expect((await client.send(new ListMetricsCommand({ Namespace: 'other' }))).Metrics).toEqual([]);
    await expect(client.send(new PutMetricDataCommand({ Namespace: 'AWS/RDS', MetricData: [] }))).rejects.toMatchObject({ Code: 'InvalidParameterValue' });
    expect((await client.send(new DescribeAlarmsCommand({}))).MetricAlarms).toEqual([]);
  });
});
