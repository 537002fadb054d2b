import { CloudWatchClient, GetMetricDataCommand, type GetMetricDataCommandInput } from '@aws-sdk/client-cloudwatch';
import { type DBInstance, DescribeDBInstancesCommand, RDSClient } from '@aws-sdk/client-rds';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { definition } from '../environment/environment.fixture.js';
import { awaitDbSettled } from './await-db-settled.js';
import { Redacted } from '../redacted.js';
import type { SqlStatements } from '../sql-connection.js';
import { quietLook, vacuumOf } from './database-sql/look.fixture.js';
import type { DatabaseLook } from './database-sql/parse-answer.js';
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
    expect(env.events.flatMap((event) => (event.type === 'waiting' ? [event.seen] : []))).toEqual(['no whole minute yet', 'calm for 1 min', 'calm for 2 min', 'calm for 3 min', 'calm for 4 min']);
    expect(env.events.at(-1)).toEqual({ type: 'note', message: 'graasp-dev has settled by its metrics; vacuum was not observed: the definition has neither sqlConnection nor sqlTask.' });
  });

  it.each(['settledSeconds', 'analyzeTimeoutSeconds'])('refuses %s that would never be over, or over at once, before it asks anything', async (option) => {
    for (const [seconds, got] of [[Number.POSITIVE_INFINITY, 'Infinity (number)'], [Number.NaN, 'NaN (number)'], [0, '0 (number)'], ['300', "'300' (string)"]] as const) {
      expect((await awaitDbSettled(inRun(), { [option]: seconds as never }))._unsafeUnwrapErr()).toMatchObject({ kind: 'InvalidInput', problems: [`${option}: expected a positive number, got ${got}`] });
    }
    expect([...rds.calls(), ...cloudwatch.calls()]).toEqual([]);
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
    const statistic = { Metric: { Namespace: 'AWS/RDS', MetricName: 'CPUUtilization', Dimensions: [{ Name: 'DBInstanceIdentifier', Value: 'graasp-dev' }] }, Period: 60, Stat: 'Average' };
    const namesAsked = () => asked()[0]!.MetricDataQueries!.map(({ MetricStat }) => MetricStat!.Metric!.MetricName);
    expect((await awaitDbSettled(inRun())).isOk()).toBe(true);
    expect(namesAsked()).toEqual(['CPUUtilization', 'DiskQueueDepth', 'ReadIOPS', 'WriteIOPS']);
    expect(asked()[0]!.MetricDataQueries![0]).toEqual({ Id: 'cpuutilization', MetricStat: statistic });
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

  it('asks of a time long ago for the end alone, and settles at once when that is calm', async () => {
    rds.on(DescribeDBInstancesCommand).resolves(instance({ PerformanceInsightsEnabled: true }));
    const env = inRun({});
    expect((await awaitDbSettled(env, { since: '2020-01-01T00:00:00.000Z' }))._unsafeUnwrap()).toMatchObject({ since: '2020-01-01T00:00:00.000Z' });
    expect(env.clock.time).toBe(Date.parse('2026-11-23T10:00:00Z'));
    expect(asked().at(-1)).toMatchObject({ StartTime: new Date('2026-11-23T08:55:00Z'), EndTime: new Date('2026-11-23T10:00:00Z') });
  });

  it('refuses a time that is still to come', async () => {
    const error = (await awaitDbSettled(inRun(), { since: '2026-11-23T11:00:00+00:00' }))._unsafeUnwrapErr();
    expect(error).toMatchObject({ kind: 'InvalidInput', problems: ["since: expected an ISO time that is past (it is 2026-11-23T10:00:00.000Z), got '2026-11-23T11:00:00+00:00' (string)"] });
  });
});

const at = (time: string) => Date.parse(`2026-11-23T${time}Z`);
const seenBy = (env: ReturnType<typeof inRun>) => env.events.flatMap((event) => (event.type === 'waiting' ? [event.seen] : []));

/** A database that tells what it is told to, by the time of the test's clock and its name. */
function asking(answer: (statements: SqlStatements, now: number) => DatabaseLook | object, declared: readonly string[] = ['shop']) {
  const services = { ...definition.services, graasp: { ...definition.services['graasp']!, databases: declared } };
  const asked: SqlStatements[] = [];
  const connection = {
    ask: async (statements: SqlStatements) => {
      asked.push(statements);
      return JSON.stringify(answer(statements, env.clock.now()));
    },
  };
  const env = environmentInRun(recordingRun({ facts: { migrationEndedAt: '2026-11-23T09:59:30.000Z' } }), { definition: { ...definition, services }, internals: { sql: { connection, url: new Redacted('postgresql://watcher:l0ng-secret@db/shop') } } });
  return { env, asked };
}

describe('awaitDbSettled with a connection to the database', () => {
  it('waits until nothing has been at work for long enough, though the load has long been over', async () => {
    const { env } = asking((_, now) => (now < at('10:30:00') ? { ...quietLook, running: [vacuumOf('items')] } : quietLook));
    const report = (await awaitDbSettled(env))._unsafeUnwrap();
    expect(report).toMatchObject({ vacuum: 'finished', sql: 'connection', ran: [{ operation: 'vacuum', table: 'items', database: 'shop', automatic: true, seconds: 12 }], notSeen: [], analyzed: null });
    expect(env.clock.time).toBeGreaterThanOrEqual(at('10:35:00'));
    expect(env.clock.time).toBeLessThan(at('10:35:40'));
    expect(seenBy(env)).toContain('vacuum of items in shop: scanning heap, 12 % (automatic, for 12 s); its load is over');
    expect(seenBy(env).at(-1)).toBe('its load is over; nothing at work in it for 4 min');
    expect(env.events.at(-1)).toEqual({ type: 'note', message: 'graasp-dev has settled by its metrics and by what it told over sqlConnection: vacuum of items in shop (12 s) is over.' });
  });

  it('warns of a user who is not told of others’ sessions, and says what is not seen', async () => {
    const { env } = asking(() => ({ ...quietLook, seesOthers: false }));
    expect((await awaitDbSettled(env))._unsafeUnwrap().notSeen).toEqual(['long transactions', 'which tables are vacuumed', 'how far that is']);
    expect(env.events.filter(({ type }) => type === 'warning')).toEqual([
      { type: 'warning', message: "The user that asks graasp-dev is not told of others' sessions: long transactions, which tables are vacuumed, how far that is are not seen. Grant it pg_monitor or pg_read_all_stats." },
    ]);
  });

  it('says that it has seen nothing at work', async () => {
    const { env } = asking(() => quietLook);
    expect((await awaitDbSettled(env))._unsafeUnwrap()).toMatchObject({ vacuum: 'none seen', ran: [] });
    expect(env.events.at(-1)).toMatchObject({ message: 'graasp-dev has settled by its metrics and by what it told over sqlConnection: nothing was seen at work in it.' });
  });

  it.each<readonly [string, Partial<DatabaseLook>]>([
    ['vacuum of items in shop is due (501 rows, over 150)', { due: [{ table: 'items', operation: 'vacuum', rows: 501, bound: 150 }] }],
    ['anna has a transaction open in shop for 75 s (pid 9, idle in transaction)', { transactions: [{ pid: 9, user: 'anna', database: 'shop', state: 'idle in transaction', seconds: 75 }] }],
    ['1 session waits for a lock on items', { waiting: [{ pid: 9, table: 'items' }] }],
  ])('does not settle while %s', async (seen, changes) => {
    const { env } = asking(() => ({ ...quietLook, ...changes }));
    expect((await awaitDbSettled(env, { timeoutSeconds: 1_200 }))._unsafeUnwrapErr()).toMatchObject({ kind: 'TimedOut', lastSeen: `${seen}; its load is over` });
  });

  it('counts anew from an autovacuum that came and went between two looks', async () => {
    const done = [{ table: 'items', operation: 'analyze', automatic: true, at: '2026-11-23T10:03:00.000000Z' }];
    const { env } = asking((_, now) => ({ ...quietLook, done: now < at('10:03:00') ? [] : done }));
    expect((await awaitDbSettled(env))._unsafeUnwrap()).toMatchObject({ vacuum: 'finished', ran: [{ operation: 'analyze', table: 'items', seconds: null }] });
    expect(env.clock.time).toBeGreaterThanOrEqual(at('10:08:00'));
  });

  it('takes a clock that jumps for no quiet', async () => {
    let jumpedMs = 0;
    const { env } = asking((_, now) => {
      if (jumpedMs === 0 && now >= at('10:01:00')) env.clock.time += jumpedMs = 3_600_000;
      return quietLook;
    });
    const steady = () => env.clock.time - jumpedMs;
    Object.assign(env.clock, { steady });
    expect((await awaitDbSettled(env)).isOk()).toBe(true);
    expect(jumpedMs).toBe(3_600_000);
    expect(steady()).toBeGreaterThanOrEqual(at('10:05:00'));
  });

  it('takes what was over before its first look for no news', async () => {
    const { env } = asking(() => ({ ...quietLook, done: [{ table: 'items', operation: 'vacuum', automatic: false, at: '2026-11-23T09:00:00.000000Z' }] }));
    expect((await awaitDbSettled(env))._unsafeUnwrap()).toMatchObject({ vacuum: 'none seen' });
    expect(env.clock.time).toBeLessThan(at('10:05:40'));
  });

  it('asks every database that services declare, and the one of the connection where they declare none', async () => {
    const several = asking(({ database }) => ({ ...quietLook, database }), ['umami', 'shop']);
    expect((await awaitDbSettled(several.env, { settledSeconds: 60 })).isOk()).toBe(true);
    expect([...new Set(several.asked.map(({ database }) => database))]).toEqual(['shop', 'umami']);
    const own = asking(() => quietLook, []);
    expect((await awaitDbSettled(own.env, { settledSeconds: 60 })).isOk()).toBe(true);
    expect(own.asked[0]).toMatchObject({ database: null, timeoutSeconds: 30 });
  });

  it('analyzes first, and tells which tables that has missed', async () => {
    const { env, asked } = asking(({ text, database }) => (text.includes('ANALYZE;') ? { database, at: `2026-11-23T10:00:0${database === 'shop' ? 2 : 1}.000000Z` } : { ...quietLook, database, tables: 4, missed: 1 }), ['shop', 'umami']);
    // as on a machine: its steady time has nothing to do with the date
    Object.assign(env.clock, { steady: () => env.clock.time - at('09:00:00') });
    const report = (await awaitDbSettled(env, { analyze: true, analyzeTimeoutSeconds: 60 }))._unsafeUnwrap();
    expect(report.analyzed).toEqual({ databases: ['shop', 'umami'], tables: 8, missed: 2, seconds: 0 });
    expect(asked.slice(0, 2).map(({ database, timeoutSeconds }) => ({ database, timeoutSeconds }))).toEqual([{ database: 'shop', timeoutSeconds: 60 }, { database: 'umami', timeoutSeconds: 60 }]);
    expect(asked[0]!.text).toContain('SET statement_timeout = 60000; ANALYZE;');
    expect(asked[2]!.text).toContain("last_analyze < '2026-11-23T10:00:01.000000Z'");
    expect(env.events.filter(({ type }) => type === 'change')).toEqual([{ type: 'change', planned: false, resource: 'statistics of shop, umami', from: 'as they are', to: 'analyzed', operation: 'sql:ANALYZE', why: 'queries are planned by them; over sqlConnection' }]);
    expect(env.events.at(-1)).toMatchObject({ message: expect.stringContaining('; 6 of 8 tables were analyzed first, because the user does not own the others.') as string });
  });

  it('passes over looks that fail now and then, and says so', async () => {
    let failing = 2;
    const { env } = asking(() => {
      if (failing-- > 0) throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
      return quietLook;
    });
    expect((await awaitDbSettled(env)).isOk()).toBe(true);
    expect(seenBy(env)[0]).toBe('the database does not tell what goes on: database shop of graasp-dev cannot be asked: connect ECONNREFUSED; no whole minute yet');
  });

  it('ends when the third in a row fails, in whatever way', async () => {
    const { env, asked } = asking(({ text }) => (text.includes('progress') ? { nonsense: true } : quietLook));
    expect((await awaitDbSettled(env))._unsafeUnwrapErr()).toMatchObject({ kind: 'Unexpected', message: 'what was asked over sqlConnection was not answered as asked: {"nonsense":true}' });
    expect(asked).toHaveLength(3);
    const slow = asking(() => {
      throw Object.assign(new Error('canceling statement due to statement timeout'), { code: '57014' });
    });
    // no timeout of the wait: a recipe that goes on without rest is not to go on blind
    expect((await awaitDbSettled(slow.env))._unsafeUnwrapErr()).toMatchObject({ kind: 'Unreachable', message: 'sql:SELECT in database shop of graasp-dev: not within 30 s, and cancelled there' });
  });

  it('refuses to ask a replica', async () => {
    const { env } = asking(() => ({ ...quietLook, standby: true }));
    expect((await awaitDbSettled(env))._unsafeUnwrapErr()).toMatchObject({ kind: 'InvalidInput', problems: ['sqlConnection: expected a way to the instance itself, got one to a replica, whose sessions and statistics are its own'] });
  });

  it('warns where autovacuum is off, and does not wait for it', async () => {
    const { env } = asking(() => ({ ...quietLook, autovacuum: false }));
    expect((await awaitDbSettled(env)).isOk()).toBe(true);
    expect(env.events).toContainEqual({ type: 'warning', message: 'Autovacuum is off in shop: nothing vacuums or analyzes by itself there, and nothing is waited for.' });
  });

  it('does not ask while the instance does not serve', async () => {
    rds.on(DescribeDBInstancesCommand).resolvesOnce(instance()).resolvesOnce(instance({ DBInstanceStatus: 'rebooting' })).resolves(instance());
    const { env, asked } = asking(() => quietLook);
    expect((await awaitDbSettled(env, { settledSeconds: 60 })).isOk()).toBe(true);
    expect(seenBy(env)[0]).toBe('graasp-dev is rebooting');
    expect(asked.length).toBeGreaterThan(0);
  });

  it('refuses to analyze without a way to the SQL, before it calls anything', async () => {
    expect((await awaitDbSettled(inRun(), { analyze: true, analyzeTimeoutSeconds: 0 }))._unsafeUnwrapErr()).toMatchObject({
      kind: 'InvalidInput',
      problems: ['analyzeTimeoutSeconds: expected a positive number, got 0 (number)', 'analyze: expected a definition with sqlConnection or sqlTask, by which ANALYZE could be run, got one with neither'],
    });
    expect(rds.calls()).toEqual([]);
  });
});
