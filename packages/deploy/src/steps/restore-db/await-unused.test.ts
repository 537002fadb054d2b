import { CloudWatchClient, GetMetricDataCommand, type GetMetricDataCommandInput } from '@aws-sdk/client-cloudwatch';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { environmentInRun, recordingRun } from '../recording-run.fixture.js';
import { awaitUnused } from './await-unused.js';

const cloudwatch = mockClient(CloudWatchClient);
const sts = mockClient(STSClient);
const begun = Date.parse('2026-11-23T10:00:00Z');
const minute = 60_000;

/** Connections of each minute since services have stopped, told two minutes late; also of the minutes before, in which somebody was connected. */
function connections(of: (minutes: number, now: number) => number | undefined, now: () => number) {
  cloudwatch.on(GetMetricDataCommand).callsFake(({ StartTime, EndTime }: GetMetricDataCommandInput) => {
    const known: [Date, number][] = [];
    for (let at = begun - 5 * minute; at + 3 * minute <= now(); at += minute) {
      const value = of((at - begun) / minute, now());
      if (at >= StartTime!.getTime() && at < EndTime!.getTime() && value !== undefined) known.push([new Date(at), value]);
    }
    return { MetricDataResults: [{ Id: 'connections', Timestamps: known.map(([at]) => at), Values: known.map(([, value]) => value) }] };
  });
}

async function wait(of: (minutes: number, now: number) => number | undefined, timeoutSeconds = 900) {
  const env = environmentInRun(recordingRun({ step: 'await-unused' }));
  env.clock.time = begun + 20_000;
  connections(of, () => env.clock.time);
  return { env, result: await awaitUnused(env, timeoutSeconds) };
}

beforeEach(() => {
  cloudwatch.reset();
  sts.reset();
  sts.on(GetCallerIdentityCommand).resolves({});
});

describe('awaitUnused', () => {
  it('counts no minute that began before now, however quiet it was', async () => {
    const { result } = await wait(() => 0);
    expect(result._unsafeUnwrap()).toEqual({ minute: '2026-11-23T10:01:00.000Z' });
  });

  it('waits for a minute without a client', async () => {
    const { result, env } = await wait((minutes) => (minutes < 4 ? 2 : 0));
    expect(env.events.flatMap((event) => (event.type === 'waiting' ? [event.seen] : []))).toEqual(['no minute of DatabaseConnections since services have stopped', '2 connections']);
    expect(env.events).toContainEqual(expect.objectContaining({ type: 'waiting', waitingFor: 'the last client to leave the database', timeoutSeconds: 900 }));
    expect(result._unsafeUnwrap()).toEqual({ minute: '2026-11-23T10:04:00.000Z' });
  });

  it('goes by the last minute that is known: who has come since is there', async () => {
    const { result } = await wait((minutes, now) => (minutes === 1 ? (now < begun + 5 * minute ? undefined : 0) : minutes === 2 ? 1 : 0));
    expect(result._unsafeUnwrap()).toEqual({ minute: '2026-11-23T10:03:00.000Z' });
  });

  it('is refused while a client stays, and where no minute is known at all', async () => {
    expect((await wait(() => 1)).result._unsafeUnwrapErr()).toEqual({
      kind: 'Refused',
      rule: 'client-connections',
      message: 'graasp-dev is still in use, or may be (1 connections), although every service that is declared to use it has stopped: it was not replaced, because what such a client writes would be lost',
      remedy: 'End what is connected (SELECT pid, usename, client_addr FROM pg_stat_activity tells who), then resume the run.',
    });
    expect((await wait(() => undefined)).result._unsafeUnwrapErr()).toMatchObject({ kind: 'Refused', message: expect.stringContaining('(no minute of DatabaseConnections since services have stopped)') as string });
  });
});
