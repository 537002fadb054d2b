import { CloudWatchClient, GetMetricDataCommand, type GetMetricDataCommandInput } from '@aws-sdk/client-cloudwatch';
import { type DBInstance, DescribeDBInstancesCommand, RDSClient } from '@aws-sdk/client-rds';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { awaitDbSettled } from './await-db-settled.js';
import { environmentInRun, recordingRun } from './recording-run.fixture.js';

const rds = mockClient(RDSClient);
const cloudwatch = mockClient(CloudWatchClient);
const minute = 60_000;

function instance(changes: Partial<DBInstance> = {}) {
  return { DBInstances: [{ DBInstanceIdentifier: 'graasp-dev', DBInstanceStatus: 'available', DBInstanceClass: 'db.m6g.large', ...changes }] };
}

/** A metric of every minute asked for; undefined: no datum. */
function metrics(value: (metric: string, at: number) => number | undefined) {
  cloudwatch.on(GetMetricDataCommand).callsFake(({ MetricDataQueries = [], StartTime, EndTime }: GetMetricDataCommandInput) => ({
    ...refuseEmptyRange(StartTime!, EndTime!),
    MetricDataResults: MetricDataQueries.map(({ Id, MetricStat }) => {
      const all: { at: number; value: number }[] = [];
      for (let at = Math.ceil(StartTime!.getTime() / minute) * minute; at + minute <= EndTime!.getTime(); at += minute) {
        const datum = value(MetricStat!.Metric!.MetricName!, at);
        if (datum !== undefined) all.push({ at, value: datum });
      }
      return { Id, Timestamps: all.map(({ at }) => new Date(at)), Values: all.map(({ value }) => value) };
    }),
  }));
}

/** "The parameter StartTime must be less than the parameter EndTime." */
function refuseEmptyRange(start: Date, end: Date): object {
  if (start >= end) throw Object.assign(new Error('StartTime must be less than EndTime'), { name: 'ValidationError' });
  return {};
}

const inRun = (records: Record<string, string> = { migrationEndedAt: '2026-11-23T09:59:30.000Z' }) => environmentInRun(recordingRun({ facts: records }));
const asked = () => cloudwatch.commandCalls(GetMetricDataCommand).map(({ args }) => args[0].input);

beforeEach(() => {
  rds.reset();
  cloudwatch.reset();
  rds.on(DescribeDBInstancesCommand).resolves(instance());
  metrics(() => 1);
});

describe('awaitDbSettled', () => {
  it('counts minutes that begin after the migration’s end alone', async () => {
    const env = inRun();
    const report = (await awaitDbSettled(env))._unsafeUnwrap();
    expect(report).toMatchObject({ since: '2026-11-23T09:59:30.000Z', instanceStatus: 'available', vacuum: 'not observed' });
    expect(env.clock.time).toBeGreaterThanOrEqual(Date.parse('2026-11-23T10:05:00Z'));
    expect(env.clock.time).toBeLessThan(Date.parse('2026-11-23T10:05:30Z'));
    expect(env.events.at(-1)).toEqual({ type: 'note', message: 'graasp-dev has settled by its metrics; vacuum was not observed, because there is no SQL connection to it.' });
  });

  it('waits as long as a metric is above its threshold, and says which', async () => {
    const busyUntil = Date.parse('2026-11-23T10:20:00Z');
    metrics((metric, at) => (metric === 'WriteIOPS' && at > Date.parse('2026-11-23T09:59:00Z') && at < busyUntil ? 480 : 1));
    const env = inRun();
    const report = (await awaitDbSettled(env))._unsafeUnwrap();
    expect(report.metrics.find(({ metric }) => metric === 'WriteIOPS')).toEqual({ metric: 'WriteIOPS', worst: 1, atMost: 100, atLeast: null });
    expect(env.clock.time).toBeGreaterThanOrEqual(busyUntil + 5 * minute);
    expect(env.events.flatMap((event) => (event.type === 'waiting' ? [event.seen] : []))).toContain('WriteIOPS 480 (at most 100)');
  });

  it('holds a busy instance to the hour before the run, not to a small one’s numbers', async () => {
    const run = recordingRun({ facts: { migrationEndedAt: '2026-11-23T09:59:30.000Z' }, baseline: { takenAt: '2026-11-23T09:30:10.000Z', byRun: 'run-1', gate: {}, services: {}, targetGroups: {}, putAside: [] } });
    metrics((metric) => (metric === 'ReadIOPS' ? 900 : 1));
    expect((await awaitDbSettled(environmentInRun(run)))._unsafeUnwrap().metrics.find(({ metric }) => metric === 'ReadIOPS')).toMatchObject({ atMost: 900, worst: 900 });
    expect(asked()[0]).toMatchObject({ StartTime: new Date('2026-11-23T08:30:00Z'), EndTime: new Date('2026-11-23T09:30:00Z') });
  });

  it('asks for load where Performance Insights is on, and for credits on a burstable class', async () => {
    const namesAsked = () => asked()[0]!.MetricDataQueries!.map(({ MetricStat }) => MetricStat!.Metric!.MetricName);
    expect((await awaitDbSettled(inRun())).isOk()).toBe(true);
    expect(namesAsked()).toEqual(['CPUUtilization', 'DiskQueueDepth', 'ReadIOPS', 'WriteIOPS']);
    cloudwatch.resetHistory();
    rds.on(DescribeDBInstancesCommand).resolves(instance({ DBInstanceClass: 'db.t4g.micro', PerformanceInsightsEnabled: true }));
    metrics((metric) => (metric === 'CPUCreditBalance' ? 50 : 1));
    expect((await awaitDbSettled(inRun())).isOk()).toBe(true);
    expect(namesAsked()).toEqual(['CPUUtilization', 'DiskQueueDepth', 'ReadIOPS', 'WriteIOPS', 'DBLoad', 'CPUCreditBalance']);
  });

  it('does not go on with exhausted credits', async () => {
    rds.on(DescribeDBInstancesCommand).resolves(instance({ DBInstanceClass: 'db.t4g.micro' }));
    metrics((metric) => (metric === 'CPUCreditBalance' ? 0.2 : 1));
    expect((await awaitDbSettled(inRun(), { timeoutSeconds: 1_200 }))._unsafeUnwrapErr()).toMatchObject({ kind: 'TimedOut', lastSeen: 'CPUCreditBalance 0.2 (at least 5)' });
  });

  it('takes missing data for unknown', async () => {
    metrics((metric, at) => (metric === 'DiskQueueDepth' && at >= Date.parse('2026-11-23T10:00:00Z') ? undefined : 1));
    expect((await awaitDbSettled(inRun(), { timeoutSeconds: 1_200 }))._unsafeUnwrapErr()).toMatchObject({ kind: 'TimedOut', lastSeen: 'no data yet of DiskQueueDepth' });
  });

  it('settles with Performance Insights on an idle database, whose load is not published at all', async () => {
    rds.on(DescribeDBInstancesCommand).resolves(instance({ PerformanceInsightsEnabled: true }));
    metrics((metric) => (metric === 'DBLoad' ? undefined : 1));
    const env = inRun();
    const { metrics: settled } = (await awaitDbSettled(env))._unsafeUnwrap();
    expect(settled.find(({ metric }) => metric === 'DBLoad')).toEqual({ metric: 'DBLoad', worst: 0, atMost: 1, atLeast: null });
    // five minutes, of which the last has been over for three: so late may a datum be
    expect(env.clock.time).toBeGreaterThanOrEqual(Date.parse('2026-11-23T10:08:00Z'));
    expect(env.clock.time).toBeLessThan(Date.parse('2026-11-23T10:08:30Z'));
  });

  it('does not take load for over that is published and too high', async () => {
    rds.on(DescribeDBInstancesCommand).resolves(instance({ PerformanceInsightsEnabled: true }));
    metrics((metric, at) => (metric !== 'DBLoad' ? 1 : at > Date.parse('2026-11-23T09:59:00Z') && at < Date.parse('2026-11-23T10:10:00Z') ? 3 : undefined));
    const env = inRun();
    (await awaitDbSettled(env))._unsafeUnwrap();
    expect(env.clock.time).toBeGreaterThanOrEqual(Date.parse('2026-11-23T10:18:00Z'));
  });

  it('waits for what is pending on the instance, and for a status that passes', async () => {
    rds.on(DescribeDBInstancesCommand)
      .resolvesOnce(instance())
      .resolvesOnce(instance({ DBInstanceStatus: 'modifying' }))
      .resolvesOnce(instance({ PendingModifiedValues: { AllocatedStorage: 40, PendingCloudwatchLogsExports: {} } }))
      .resolves(instance({ PendingModifiedValues: { PendingCloudwatchLogsExports: {} } }));
    const env = inRun();
    expect((await awaitDbSettled(env)).isOk()).toBe(true);
    const seen = env.events.flatMap((event) => (event.type === 'waiting' ? [event.seen] : []));
    expect(seen.slice(0, 2)).toEqual(['graasp-dev is modifying', 'modification pending: AllocatedStorage']);
  });

  it.each(['storage-optimization', 'backing-up'])('takes an instance in %s for usable', async (DBInstanceStatus) => {
    rds.on(DescribeDBInstancesCommand).resolves(instance({ DBInstanceStatus }));
    expect((await awaitDbSettled(inRun()))._unsafeUnwrap()).toMatchObject({ instanceStatus: DBInstanceStatus });
  });

  it('ends at once when the instance is in a status that does not pass', async () => {
    rds.on(DescribeDBInstancesCommand).resolves(instance({ DBInstanceStatus: 'storage-full' }));
    expect((await awaitDbSettled(inRun()))._unsafeUnwrapErr()).toMatchObject({ kind: 'Conflict', reason: 'resource-busy', message: 'database instance graasp-dev is storage-full: it will not settle by itself' });
  });

  it('reports every problem of its input before it calls anything', async () => {
    const error = (await awaitDbSettled(inRun(), { settledSeconds: 0, since: 'yesterday', thresholds: { cpuPercent: {} } }))._unsafeUnwrapErr();
    expect(error).toMatchObject({
      kind: 'InvalidInput',
      problems: ['settledSeconds: expected a positive number, got 0 (number)', "since: expected an ISO time, got 'yesterday' (string)", 'thresholds.cpuPercent: expected atMost, timesHourBefore or both, got neither'],
    });
    expect(rds.calls()).toEqual([]);
  });

  it('counts from now outside a release, and settles sooner when told', async () => {
    const env = inRun({});
    expect((await awaitDbSettled(env, { settledSeconds: 60 }))._unsafeUnwrap()).toMatchObject({ since: '2026-11-23T10:00:00.000Z' });
    expect(env.clock.time).toBeLessThan(Date.parse('2026-11-23T10:01:30Z'));
  });

  it('asks for no metric before a whole minute has passed since the time that counts', async () => {
    const env = inRun({});
    expect((await awaitDbSettled(env, { settledSeconds: 60, since: '2026-11-23T09:59:59.000Z' })).isOk()).toBe(true);
    const [, ...since] = asked();
    expect(since[0]!.EndTime!.getTime()).toBeGreaterThanOrEqual(Date.parse('2026-11-23T10:01:00Z'));
    expect(env.events.flatMap((event) => (event.type === 'waiting' ? [event.seen] : []))[0]).toBe('no whole minute yet');
  });

  it('refuses a time that is still to come', async () => {
    const error = (await awaitDbSettled(inRun(), { since: '2026-11-23T11:00:00+00:00' }))._unsafeUnwrapErr();
    expect(error).toMatchObject({ kind: 'InvalidInput', problems: ["since: expected an ISO time that is past (it is 2026-11-23T10:00:00.000Z), got '2026-11-23T11:00:00+00:00' (string)"] });
  });
});
