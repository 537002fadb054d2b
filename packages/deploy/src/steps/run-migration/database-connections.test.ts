import { CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { testEnvironment } from '../../environment/environment.fixture.js';
import { wasUnused } from './database-connections.js';

const cloudwatch = mockClient(CloudWatchClient);
const at = (time: string) => Date.parse(`2026-11-23T${time}Z`);

/** Connections by minute, of each of which there is a datum. */
function connections(byMinute: Readonly<Record<string, number>>): void {
  cloudwatch.on(GetMetricDataCommand).resolves({ MetricDataResults: [{ Id: 'connections', Timestamps: Object.keys(byMinute).map((time) => new Date(at(`${time}:00`))), Values: Object.values(byMinute) }] });
}

const unused = async (from: number, to: number) => (await wasUnused(testEnvironment(), { from, to }))._unsafeUnwrap();

beforeEach(() => void cloudwatch.reset());

describe('wasUnused', () => {
  it('is so where every whole minute is known to have been without a connection', async () => {
    connections({ '09:01': 0, '09:02': 0, '09:03': 0 });
    expect(await unused(at('09:00:30'), at('09:04:00'))).toBe(true);
    expect(await unused(at('09:00:30'), at('09:04:01'))).toBe(false);
    expect(await unused(at('09:00:00'), at('09:04:00'))).toBe(false);
    expect(cloudwatch.commandCalls(GetMetricDataCommand)[0]!.args[0].input).toMatchObject({ StartTime: new Date(at('09:01:00')), EndTime: new Date(at('09:04:00')) });
  });

  it('is not so with a connection in one of them', async () => {
    connections({ '09:01': 0, '09:02': 1, '09:03': 0 });
    expect(await unused(at('09:00:30'), at('09:04:00'))).toBe(false);
  });

  it('is so of a span without a whole minute', async () => {
    connections({});
    expect(await unused(at('09:01:00'), at('09:01:00'))).toBe(true);
  });

  it('is not known of what CloudWatch keeps by minute no longer, fifteen days ago', async () => {
    connections({});
    const days = 15 * 24 * 60 * 60_000;
    expect(await unused(at('10:00:00') - days, at('10:00:00') - days)).toBe(false);
    expect(cloudwatch.calls()).toEqual([]);
    expect(await unused(at('10:00:00') - days + 1, at('10:00:00') - days + 1)).toBe(true);
  });
});
