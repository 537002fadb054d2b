import { CloudWatchClient, GetMetricDataCommand, type GetMetricDataCommandInput } from '@aws-sdk/client-cloudwatch';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { Redacted } from '../../redacted.js';
import { quietLook } from '../database-sql/look.fixture.js';
import type { DatabaseLook } from '../database-sql/parse-answer.js';
import { testEnvironment } from '../../environment/environment.fixture.js';
import { awaitSessionsEnded } from './await-sessions-ended.js';

const cloudwatch = mockClient(CloudWatchClient);
beforeEach(() => void cloudwatch.reset());

const endedAt = Date.parse('2026-11-23T09:58:10Z');

/** What DatabaseConnections shows in the minute that begins at a time; the last goes on. */
function connections(byMinute: Readonly<Record<string, number>>): void {
  const data = Object.entries(byMinute).map(([time, value]) => ({ at: Date.parse(`2026-11-23T${time}:00Z`), value }));
  cloudwatch.on(GetMetricDataCommand).callsFake(({ StartTime, EndTime }: GetMetricDataCommandInput) => {
    const shown = data.filter(({ at }) => at >= StartTime!.getTime() && at < EndTime!.getTime());
    return { MetricDataResults: [{ Id: 'connections', Timestamps: shown.map(({ at }) => new Date(at)), Values: shown.map(({ value }) => value) }] };
  });
}

async function ended(mayRun: readonly string[] = []) {
  const env = testEnvironment();
  return { env, ended: (await awaitSessionsEnded(env, { endedAt, mayRun }))._unsafeUnwrap() };
}

describe('awaitSessionsEnded', () => {
  it('is sure once a whole minute after the end shows no session', async () => {
    connections({ '09:57': 2, '09:58': 1, '09:59': 0 });
    expect(await ended()).toMatchObject({ ended: 'ended' });
  });

  it('does not take the session of a status command for what is there anyway', async () => {
    // 09:56: the status command; from 09:59 on: the statement of the migration that was killed
    connections({ '09:55': 0, '09:56': 1, '09:57': 1, '09:58': 1, '09:59': 1, '10:00': 1 });
    const { env, ended: sure } = await ended();
    expect(sure).toBe('left');
    expect(env.events).toContainEqual({
      type: 'warning',
      message: "Whether a session of the migration is left in graasp-dev is not known: the migration's sessions to end: not within 1200 s; last seen: 1 connections",
    });
  });

  it('does not count the minute in which it ended', async () => {
    connections({ '09:58': 0, '09:59': 1 });
    expect((await ended()).ended).toBe('left');
  });

  it('has seen nothing where no minute is told', async () => {
    connections({});
    expect((await ended()).ended).toBe('unseen');
  });

  it('is never sure beside services that go on: their sessions come and go', async () => {
    connections({ '09:59': 0 });
    const { env, ended: sure } = await ended(['admin']);
    expect(sure).toBe('unseen');
    expect(env.events).toEqual([{ type: 'warning', message: 'Whether a session of the migration is left in graasp-dev is not known: admin may have sessions of its own.' }]);
  });
});

/** A database that tells one thing after the other, the last again and again. */
async function endedBySql(...answers: readonly (Partial<DatabaseLook> | Error)[]) {
  let asked = 0;
  const ask = async () => {
    const answer = answers[Math.min(asked++, answers.length - 1)]!;
    if (answer instanceof Error) throw answer;
    return JSON.stringify({ ...quietLook, ...answer });
  };
  const env = testEnvironment({ internals: { sql: { connection: { ask }, url: new Redacted('postgresql://watcher:l0ng-secret@db/shop') } } });
  return { env, asked: () => asked, ended: (await awaitSessionsEnded(env, { endedAt, mayRun: [] }))._unsafeUnwrap() };
}

describe('awaitSessionsEnded, where the database can be asked', () => {
  it('is sure as soon as the database tells that no session is left, without any metric', async () => {
    const { env, ended: sure, asked } = await endedBySql({ clients: 2 }, { clients: 1 }, { clients: 0 });
    expect(sure).toBe('ended');
    expect(asked()).toBe(3);
    expect(env.events.flatMap((event) => (event.type === 'waiting' ? [event.seen] : []))).toEqual(['2 sessions', '1 session']);
    expect(cloudwatch.calls()).toEqual([]);
  });

  it('is not sure while a session is left', async () => {
    const { env, ended: sure } = await endedBySql({ clients: 1 });
    expect(sure).toBe('left');
    expect(env.events.at(-1)).toEqual({ type: 'warning', message: "Whether a session of the migration is left in graasp-dev is not known: the migration's sessions to end: not within 1200 s; last seen: 1 session" });
  });

  it.each<readonly [string, Partial<DatabaseLook> | Error, string]>([
    ['a user that is not told of others', { seesOthers: false, clients: 0 }, "its user is not told of others' sessions; grant it pg_monitor or pg_read_all_stats"],
    ['a database that cannot be asked', Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }), 'database instance graasp-dev cannot be asked: connect ECONNREFUSED'],
  ])('goes by the metric with %s', async (_, answer, why) => {
    connections({ '09:59': 1 });
    const { env, ended: sure } = await endedBySql(answer);
    expect(sure).toBe('left');
    expect(env.events[0]).toEqual({ type: 'warning', message: `graasp-dev does not tell whether a session of the migration is left, and its metrics are waited for: ${why}` });
    expect(env.events.at(-1)).toMatchObject({ message: expect.stringContaining('last seen: 1 connections') as string });
  });
});
