import { CloudWatchClient, GetMetricDataCommand, type GetMetricDataCommandInput } from '@aws-sdk/client-cloudwatch';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { environmentInRun, recordingRun } from '../recording-run.fixture.js';
import { refuseSessionsLeft } from './refuse-sessions-left.js';

const cloudwatch = mockClient(CloudWatchClient);
const asked = () => cloudwatch.commandCalls(GetMetricDataCommand)[0]!.args[0].input;

/** In every whole minute that is asked for. */
function connections(count: number): void {
  cloudwatch.on(GetMetricDataCommand).callsFake(({ StartTime, EndTime }: GetMetricDataCommandInput) => {
    const first = Math.ceil(StartTime!.getTime() / 60_000);
    const minutes = Array.from({ length: Math.floor(EndTime!.getTime() / 60_000) - first }, (_, index) => new Date((first + index) * 60_000));
    return { MetricDataResults: [{ Id: 'connections', Timestamps: minutes, Values: minutes.map(() => count) }] };
  });
}

const refuse = (facts: Record<string, string> = { migrationEndedAt: '2026-11-23T09:50:00.000Z' }, mayRun: readonly string[] = []) => refuseSessionsLeft(environmentInRun(recordingRun({ facts })), mayRun);

beforeEach(() => void cloudwatch.reset());

describe('refuseSessionsLeft', () => {
  it('goes on once no session is left since the attempt before has ended', async () => {
    connections(0);
    expect((await refuse()).isOk()).toBe(true);
    const query = { Id: 'connections', MetricStat: { Metric: { Namespace: 'AWS/RDS', MetricName: 'DatabaseConnections', Dimensions: [{ Name: 'DBInstanceIdentifier', Value: 'graasp-dev' }] }, Period: 60, Stat: 'Maximum' } };
    expect(asked()).toMatchObject({ MetricDataQueries: [query], StartTime: new Date('2026-11-23T09:49:00Z'), EndTime: new Date('2026-11-23T10:00:00Z') });
  });

  it('refuses while one is left, which may be at work for that attempt', async () => {
    connections(1);
    expect((await refuse())._unsafeUnwrapErr()).toEqual({
      kind: 'Conflict',
      reason: 'migration-in-flight',
      message: "database graasp-dev still has sessions, of which one may be an earlier attempt's that is at work: no migration was started",
      remedy: "Look into pg_stat_activity. Close your own sessions; wait for the migration's, or end it with pg_terminate_backend, which rolls it back. Then retry.",
    });
  });

  it('counts from now where nobody saw the end, and goes on where others have sessions all the while', async () => {
    connections(0);
    expect((await refuse({})).isOk()).toBe(true);
    expect(asked().StartTime).toEqual(new Date('2026-11-23T09:59:00Z'));
    connections(1);
    expect((await refuse(undefined, ['admin'])).isOk()).toBe(true);
  });
});
