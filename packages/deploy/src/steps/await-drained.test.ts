import { CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { DescribeServicesCommand, ECSClient } from '@aws-sdk/client-ecs';
import { DescribeRulesCommand, ElasticLoadBalancingV2Client, type Rule } from '@aws-sdk/client-elastic-load-balancing-v2';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { internals } from '../environment/environment.js';
import { adminTargetGroup, definition, graaspTargetGroup, headerName, headerValue, type TestEnvironment, testEnvironment } from '../environment/environment.fixture.js';
import { Redacted } from '../redacted.js';
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
    expect(new Set(MetricDataQueries.map(({ MetricStat, ReturnData }) => `${MetricStat?.Metric?.Namespace} ${ReturnData}`))).toEqual(new Set(['AWS/ApplicationELB true']));
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
    expect(env.events).toContainEqual({ type: 'note', message: 'waiting for visitors to leave; they are kept out since 2026-11-23T10:00:00.000Z' });
    expect(env.clock.time - Date.parse('2026-11-23T10:00:00Z')).toBeGreaterThanOrEqual(240_000);
    expect(env.clock.time - Date.parse('2026-11-23T10:00:00Z')).toBeLessThan(260_000);
  });

  it('counts down to the earliest end, which each busy minute puts off', async () => {
    metrics({ '10:00:00': 3, '10:01:00': 1 }, { '10:01:00': 12 });
    const env = testEnvironment();
    expect((await awaitDrained(env))._unsafeUnwrap()).toMatchObject({ summary: '0 requests in the minute from 10:02; 6 minutes looked at', decidedBy: 'metrics' });
    const waits = env.events.filter((event) => event.type === 'waiting').map(({ seen, earliestEndAt, secondsLeft }) => [seen, earliestEndAt, secondsLeft]);
    expect(waits).toEqual([
      ['nothing reported yet since the gate was closed; 12 connections', '2026-11-23T10:04:00.000Z', 240],
      ['3 requests in the minute from 10:00 (graasp 3); 12 connections', '2026-11-23T10:05:00.000Z', 240],
      ['1 request in the minute from 10:01 (graasp 1); 12 connections', '2026-11-23T10:06:00.000Z', 240],
    ]);
  });

  it('does not count minutes from before the proof', async () => {
    metrics({ '09:58:00': 500 });
    expect((await awaitDrained(testEnvironment(), { provenAt: '2026-11-23T09:59:30Z' }))._unsafeUnwrap()).toMatchObject({ drained: true });
  });

  it('goes on with a warning when visitors do not leave in time', async () => {
    const busy = Object.fromEntries(Array.from({ length: 20 }, (_, minute) => [`10:${String(minute).padStart(2, '0')}:00`, 4]));
    metrics(busy);
    const env = testEnvironment();
    expect((await awaitDrained(env, { timeoutSeconds: 600 }))._unsafeUnwrap()).toEqual({
      drained: false,
      summary: 'the time was over: 4 requests in the minute from 10:09 (graasp 4)',
      decidedBy: 'time-over',
      seconds: 600,
      minutes: Array.from({ length: 10 }, (_, minute) => ({ at: `2026-11-23T10:0${minute}:00.000Z`, requests: 4, byTargetGroup: { graasp: 4 } })),
      lastMinute: { at: '2026-11-23T10:06:00.000Z', requests: 4, byTargetGroup: { graasp: 4 } },
      connections: null,
      umami: null,
    });
    expect(env.events.at(-1)).toEqual({ type: 'warning', message: 'going on although visitors may not all have left: 4 requests in the minute from 10:09 (graasp 4)' });
  });

  it('fails when told to', async () => {
    metrics({ '10:00:00': 4 });
    expect((await awaitDrained(testEnvironment(), { timeoutSeconds: 200, onTimeout: 'fail' }))._unsafeUnwrapErr()).toMatchObject({ kind: 'TimedOut', lastSeen: '4 requests in the minute from 10:00 (graasp 4)' });
  });

  it('allows for operators’ requests', async () => {
    metrics({ '10:00:00': 4, '10:01:00': 4 });
    expect((await awaitDrained(testEnvironment(), { ignoreBelow: 4 }))._unsafeUnwrap()).toMatchObject({ drained: true, lastMinute: { requests: 4 } });
  });

  it('refuses while the gate is open', async () => {
    elbv2.on(DescribeRulesCommand).resolves({ Rules: rules.map((rule) => ({ ...rule, Conditions: (rule.Conditions ?? []).filter((condition) => condition !== header) })) });
    expect((await awaitDrained(testEnvironment()))._unsafeUnwrapErr()).toEqual({ kind: 'Refused', rule: 'gate-open', message: 'dev is open to visitors at 2026-11-23T10:00:00.000Z: they will keep coming.', remedy: "Call setMaintenance(env, 'on') first." });
  });

  it('tells each target group’s share', async () => {
    cloudwatch.on(GetMetricDataCommand).resolves({
      MetricDataResults: ['requests0', 'requests1', 'connections'].map((Id, index) => ({ Id, Timestamps: [new Date('2026-11-23T10:00:00Z')], Values: [index + 2] })),
    });
    const error = (await awaitDrained(testEnvironment(), { timeoutSeconds: 90, onTimeout: 'fail' }))._unsafeUnwrapErr();
    expect(error).toMatchObject({ lastSeen: '5 requests in the minute from 10:00 (graasp 2, collab 3); 4 connections' });
  });

  it('waits for nothing in a plan', async () => {
    expect((await awaitDrained(testEnvironment({ planning: true })))._unsafeUnwrap()).toEqual({
      drained: false,
      summary: 'nothing is waited for in a plan',
      decidedBy: 'nothing',
      seconds: 0,
      minutes: [],
      lastMinute: null,
      connections: null,
      umami: null,
    });
    expect(cloudwatch.calls()).toEqual([]);
  });

  it('takes in a plan what setMaintenance says there: no time, and refuses that elsewhere', async () => {
    expect((await awaitDrained(testEnvironment({ planning: true }), { provenAt: '' })).isOk()).toBe(true);
    expect((await awaitDrained(testEnvironment(), { provenAt: '' }))._unsafeUnwrapErr()).toMatchObject({ kind: 'InvalidInput', problems: ["provenAt: expected an ISO time, got '' (string)"] });
  });

  it('tells every problem of its options', async () => {
    const error = (await awaitDrained(testEnvironment(), { ignoreBelow: -1, ignoreVisitorsBelow: '2' as never, onTimeout: 'stop' as never, provenAt: 'now', timeoutSeconds: -1 }))._unsafeUnwrapErr();
    expect(error).toMatchObject({
      kind: 'InvalidInput',
      problems: [
        'timeoutSeconds: expected a positive number, got -1 (number)',
        'ignoreBelow: expected a number of requests, 0 or more, got -1 (number)',
        "ignoreVisitorsBelow: expected a number of visitors, 0 or more, got '2' (string)",
        "onTimeout: expected 'continue' or 'fail', got 'stop' (string)",
        "provenAt: expected an ISO time, got 'now' (string)",
      ],
    });
  });
});

describe('awaitDrained with Umami', () => {
  /** Answers the login, and then as told by the seconds since ten o'clock. */
  function withUmami(answer: (seconds: number) => Response | Error) {
    const env = testEnvironment({
      definition: { ...definition, umami: { url: 'https://umami.dev.graasp.org', websiteId: 'w-1', username: 'viewer', password: { fromEnv: 'UMAMI_PASSWORD' } } },
      internals: {
        umami: { username: new Redacted('viewer'), password: new Redacted('pass-of-umami') },
        fetch: async (url) => {
          if ((url as string).endsWith('/api/auth/login')) return Response.json({ token: 'token-of-umami' });
          const answered = answer((env.clock.time - Date.parse('2026-11-23T10:00:00Z')) / 1000);
          return answered instanceof Error ? Promise.reject(answered) : answered;
        },
      },
    });
    return env;
  }
  const active = (visitors: number) => Response.json({ visitors });
  const seconds = ({ clock }: TestEnvironment) => (clock.time - Date.parse('2026-11-23T10:00:00Z')) / 1000;

  it('is over once the metrics are quiet and nobody is active', async () => {
    metrics({});
    const env = withUmami((second) => active(second < 310 ? 2 : 0));
    const report = (await awaitDrained(env))._unsafeUnwrap();
    expect(report).toMatchObject({
      drained: true,
      decidedBy: 'metrics-and-umami',
      summary: '0 requests in the minute from 10:01; 0 visitors active; 5 minutes looked at',
      umami: { activeVisitors: 0, at: '2026-11-23T10:05:15.000Z', problem: null },
    });
    const waits = env.events.filter((event) => event.type === 'waiting').map(({ seen, earliestEndAt }) => [seen, earliestEndAt]);
    expect(waits).toEqual([
      ['nothing reported yet since the gate was closed; 2 visitors active', '2026-11-23T10:04:00.000Z'],
      ['0 requests in the minute from 10:00; 2 visitors active', undefined],
      ['0 requests in the minute from 10:01; 2 visitors active', undefined],
    ]);
  });

  it('waits for the metrics too when nobody is active', async () => {
    metrics({});
    const env = withUmami(() => active(0));
    expect((await awaitDrained(env))._unsafeUnwrap()).toMatchObject({ decidedBy: 'metrics-and-umami', seconds: 240 });
  });

  it('allows for operators who look at pages', async () => {
    metrics({});
    expect((await awaitDrained(withUmami(() => active(2)), { ignoreVisitorsBelow: 2 }))._unsafeUnwrap()).toMatchObject({ decidedBy: 'metrics-and-umami', umami: { activeVisitors: 2 } });
  });

  it('goes on with a warning when somebody stays', async () => {
    metrics({});
    const env = withUmami(() => active(1));
    expect((await awaitDrained(env, { timeoutSeconds: 600 }))._unsafeUnwrap()).toMatchObject({ drained: false, decidedBy: 'time-over', umami: { activeVisitors: 1 } });
    expect(env.events.at(-1)).toEqual({ type: 'warning', message: 'going on although visitors may not all have left: 0 requests in the minute from 10:06; 1 visitor active' });
  });

  it('lets the metrics decide while Umami is down, and says so', async () => {
    metrics({});
    const env = withUmami(() => new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') }));
    const problem = 'umami.dev.graasp.org does not answer: fetch failed (connect ECONNREFUSED)';
    expect((await awaitDrained(env))._unsafeUnwrap()).toMatchObject({
      drained: true,
      decidedBy: 'metrics',
      seconds: 240,
      summary: `0 requests in the minute from 10:00; active visitors unknown (${problem}), metrics alone decide; 4 minutes looked at`,
      umami: { activeVisitors: null, at: null, problem },
    });
    expect(env.events.filter(({ type }) => type === 'warning')).toEqual([{ type: 'warning', message: `${problem}; whether visitors have left is decided by the balancer's metrics alone` }]);
  });

  it('waits a minute for an Umami that goes down when all else is over, and no longer', async () => {
    metrics({});
    const env = withUmami((second) => (second < 235 ? active(3) : new Response('', { status: 503 })));
    expect((await awaitDrained(env))._unsafeUnwrap()).toMatchObject({ decidedBy: 'metrics', umami: { activeVisitors: 3, at: '2026-11-23T10:03:45.000Z', problem: 'umami.dev.graasp.org answers 503' } });
    expect(seconds(env)).toBe(300);
    expect(env.events.filter((event) => event.type === 'waiting').at(-1)).toMatchObject({ earliestEndAt: '2026-11-23T10:05:00.000Z' });
  });

  it('counts on Umami again once it answers again', async () => {
    metrics({});
    const env = withUmami((second) => (second < 200 ? new Response('', { status: 502 }) : active(second < 400 ? 1 : 0)));
    expect((await awaitDrained(env))._unsafeUnwrap()).toMatchObject({ decidedBy: 'metrics-and-umami', seconds: 405 });
    expect(env.events).toContainEqual({ type: 'note', message: 'Umami answers again: it decides with the metrics whether visitors have left' });
  });

  it('does not ask again once the login was refused', async () => {
    metrics({});
    let asked = 0;
    const env = withUmami(() => active(0));
    const refusing = { ...env, [internals]: { ...env[internals], fetch: async () => ((asked += 1), Response.json({ message: 'incorrect-username-password' }, { status: 401 })) } };
    expect((await awaitDrained(refusing))._unsafeUnwrap()).toMatchObject({ decidedBy: 'metrics', umami: { problem: 'umami.dev.graasp.org refuses the login with umami.username and umami.password (401)' } });
    expect(asked).toBe(1);
  });

  it('asks nothing of Umami in a plan', async () => {
    const env = withUmami(() => new Error('asked in a plan'));
    expect((await awaitDrained({ ...env, planning: true }))._unsafeUnwrap()).toMatchObject({ decidedBy: 'nothing', umami: null });
  });

  it('never shows password or token, whatever Umami answers', async () => {
    metrics({});
    const env = withUmami(() => new Error('no route for Bearer token-of-umami, pass-of-umami'));
    const report = (await awaitDrained(env))._unsafeUnwrap();
    const error = (await awaitDrained(env, { onTimeout: 'fail', timeoutSeconds: 30 }))._unsafeUnwrapErr();
    expect(report.umami?.problem).toBe('umami.dev.graasp.org does not answer: no route for Bearer [redacted], [redacted]');
    expect(JSON.stringify([report, error, env.events])).not.toMatch(/token-of-umami|pass-of-umami/);
  });
});
