import { CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { DescribeServicesCommand, ECSClient } from '@aws-sdk/client-ecs';
import { DescribeRulesCommand, ElasticLoadBalancingV2Client, type Rule } from '@aws-sdk/client-elastic-load-balancing-v2';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { adminTargetGroup, graaspTargetGroup, headerName, headerValue, testEnvironment } from '../environment/environment.fixture.js';
import { awaitDrained } from './await-drained.js';

const cloudwatch = mockClient(CloudWatchClient);
const elbv2 = mockClient(ElasticLoadBalancingV2Client);
const ecs = mockClient(ECSClient);

const header = { Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: headerName, Values: [headerValue] } };
const collab = graaspTargetGroup.replace('graasp', 'collab');
const forward = (arn: string) => [{ Type: 'forward' as const, TargetGroupArn: arn, ForwardConfig: { TargetGroups: [{ TargetGroupArn: arn }] } }];
const host = (value: string) => ({ Field: 'host-header', HostHeaderConfig: { Values: [value] } });
const rules: Rule[] = [
  { RuleArn: 'r1', Priority: '1', Conditions: [host('api.dev.graasp.org'), header], Actions: forward(graaspTargetGroup) },
  { RuleArn: 'r9', Priority: '9', Conditions: [host('collab.dev.graasp.org'), header], Actions: forward(collab) },
  { RuleArn: 'r8', Priority: '8', Conditions: [host('dev.graasp.org')], Actions: forward(adminTargetGroup) },
  { RuleArn: 'd', Priority: 'default', IsDefault: true, Actions: [{ Type: 'redirect', RedirectConfig: { Host: 'maintenance.dev.graasp.org', StatusCode: 'HTTP_302' } }] },
];

beforeEach(() => {
  for (const client of [cloudwatch, elbv2, ecs]) client.reset();
  elbv2.on(DescribeRulesCommand).resolves({ Rules: rules });
  ecs.on(DescribeServicesCommand).resolves({ services: [{ serviceName: 'admin', desiredCount: 1 }] });
});

/** Requests by minute, for the first query; connections for the last. */
function metrics(requests: Record<string, number>, connections: Record<string, number> = {}) {
  const result = (Id: string, values: Record<string, number>) => ({ Id, Timestamps: Object.keys(values).map((time) => new Date(`2026-11-23T${time}Z`)), Values: Object.values(values) });
  cloudwatch.on(GetMetricDataCommand).resolves({ MetricDataResults: [result('requests0', requests), result('connections', connections)] });
}

describe('awaitDrained', () => {
  it('asks for the requests of every gated target group, the one without a service included, and for the balancer’s connections', async () => {
    metrics({});
    expect((await awaitDrained(testEnvironment())).isOk()).toBe(true);
    const { MetricDataQueries = [], StartTime } = cloudwatch.commandCalls(GetMetricDataCommand)[0]!.args[0].input;
    const asked = MetricDataQueries.map(({ MetricStat }) => [MetricStat?.Metric?.MetricName, MetricStat?.Period, MetricStat?.Stat, ...(MetricStat?.Metric?.Dimensions ?? []).map(({ Value }) => Value)]);
    expect(asked).toEqual([
      ['RequestCount', 60, 'Sum', 'app/graasp-dev/50dc', 'targetgroup/graasp/1111'],
      ['RequestCount', 60, 'Sum', 'app/graasp-dev/50dc', 'targetgroup/collab/1111'],
      ['ActiveConnectionCount', 60, 'Sum', 'app/graasp-dev/50dc'],
    ]);
    expect(StartTime).toEqual(new Date('2026-11-23T10:00:00Z'));
  });

  it('is drained once a whole minute was without requests, four minutes after the proof at the earliest', async () => {
    metrics({}, { '10:00:00': 12, '10:01:00': 3 });
    const env = testEnvironment();
    expect((await awaitDrained(env))._unsafeUnwrap()).toMatchObject({ drained: true, lastMinute: { at: '2026-11-23T10:00:00.000Z', requests: 0 }, connections: 3 });
    expect(env.clock.time - Date.parse('2026-11-23T10:00:00Z')).toBeGreaterThanOrEqual(240_000);
    expect(env.clock.time - Date.parse('2026-11-23T10:00:00Z')).toBeLessThan(260_000);
  });

  it('does not count minutes from before the proof', async () => {
    metrics({ '09:58:00': 500 });
    expect((await awaitDrained(testEnvironment(), { provenAt: '2026-11-23T09:59:30Z' }))._unsafeUnwrap()).toMatchObject({ drained: true });
  });

  it('goes on with a warning when visitors do not leave in time', async () => {
    const busy = Object.fromEntries(Array.from({ length: 20 }, (_, minute) => [`10:${String(minute).padStart(2, '0')}:00`, 4]));
    metrics(busy);
    const env = testEnvironment();
    expect((await awaitDrained(env, { timeoutSeconds: 600 }))._unsafeUnwrap()).toEqual({ drained: false, seconds: 600, lastMinute: { at: '2026-11-23T10:06:00.000Z', requests: 4 }, connections: null });
    expect(env.events.at(-1)).toEqual({ type: 'warning', message: 'going on although visitors may not all have left: 4 requests in the minute from 10:09' });
  });

  it('fails when told to', async () => {
    metrics({ '10:00:00': 4 });
    expect((await awaitDrained(testEnvironment(), { timeoutSeconds: 200, onTimeout: 'fail' }))._unsafeUnwrapErr()).toMatchObject({ kind: 'TimedOut', lastSeen: '4 requests in the minute from 10:00' });
  });

  it('allows for operators’ requests', async () => {
    metrics({ '10:00:00': 4, '10:01:00': 4 });
    expect((await awaitDrained(testEnvironment(), { ignoreBelow: 4 }))._unsafeUnwrap()).toMatchObject({ drained: true, lastMinute: { requests: 4 } });
  });

  it('refuses while the gate is open', async () => {
    elbv2.on(DescribeRulesCommand).resolves({ Rules: rules.map((rule) => ({ ...rule, Conditions: (rule.Conditions ?? []).filter((condition) => condition !== header) })) });
    expect((await awaitDrained(testEnvironment()))._unsafeUnwrapErr()).toMatchObject({ kind: 'Refused', rule: 'gate-open' });
  });

  it('waits for nothing in a plan', async () => {
    expect((await awaitDrained(testEnvironment({ internals: { mode: 'plan' } })))._unsafeUnwrap()).toEqual({ drained: false, seconds: 0, lastMinute: null, connections: null });
    expect(cloudwatch.calls()).toEqual([]);
  });

  it('tells every problem of its options', async () => {
    const error = (await awaitDrained(testEnvironment(), { ignoreBelow: -1, onTimeout: 'stop' as never, provenAt: 'now', timeoutSeconds: -1 }))._unsafeUnwrapErr();
    expect(error).toMatchObject({
      kind: 'InvalidInput',
      problems: [
        'timeoutSeconds: expected a positive number, got -1 (number)',
        'ignoreBelow: expected a number of requests, 0 or more, got -1 (number)',
        "onTimeout: expected 'continue' or 'fail', got 'stop' (string)",
        "provenAt: expected an ISO time, got 'now' (string)",
      ],
    });
  });
});
