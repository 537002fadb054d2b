import { CloudWatchClient, GetMetricDataCommand, type GetMetricDataCommandInput } from '@aws-sdk/client-cloudwatch';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
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
    expect(await ended()).toMatchObject({ ended: true });
  });

  it('does not take the session of a status command for what is there anyway', async () => {
    // 09:56: the status command; from 09:59 on: the statement of the migration that was killed
    connections({ '09:55': 0, '09:56': 1, '09:57': 1, '09:58': 1, '09:59': 1, '10:00': 1 });
    const { env, ended: sure } = await ended();
    expect(sure).toBe(false);
    expect(env.events).toContainEqual({
      type: 'warning',
      message: "Whether a session of the migration is left in graasp-dev is not known: the migration's sessions to end: not within 1200 s; last seen: 1 connections",
    });
  });

  it('does not count the minute in which it ended', async () => {
    connections({ '09:58': 0, '09:59': 1 });
    expect((await ended()).ended).toBe(false);
  });

  it('is never sure beside services that go on: their sessions come and go', async () => {
    connections({ '09:59': 0 });
    const { env, ended: sure } = await ended(['admin']);
    expect(sure).toBe(false);
    expect(env.events).toEqual([{ type: 'warning', message: 'Whether a session of the migration is left in graasp-dev is not known: admin may have sessions of its own.' }]);
  });
});
