import {
  AddTagsCommand,
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateRuleCommand,
  CreateTargetGroupCommand,
  DeleteRuleCommand,
  DeregisterTargetsCommand,
  DescribeAccountLimitsCommand,
  DescribeListenersCommand,
  DescribeLoadBalancersCommand,
  DescribeRulesCommand,
  DescribeTagsCommand,
  DescribeTargetGroupAttributesCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
  ModifyListenerCommand,
  ModifyRuleCommand,
  ModifyTargetGroupAttributesCommand,
  ModifyTargetGroupCommand,
  RegisterTargetsCommand,
  RemoveTagsCommand,
  SetRulePrioritiesCommand,
  type Action,
  type RuleCondition,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { describe, expect, it } from 'vitest';
import type { Endpoint, FrontRequest } from '../../hosts/host.js';
import type { Timing } from '../../timing.js';
import { testService } from '../test-service.js';
import { createElbv2 } from './elbv2.js';
import { createFrontFetch } from './front-fetch.js';

const maintenance: Action = { Type: 'redirect', RedirectConfig: { Protocol: 'HTTPS', Host: 'maintenance.graasp.org', StatusCode: 'HTTP_302' } };
const host = (...Values: string[]): RuleCondition => ({ Field: 'host-header', HostHeaderConfig: { Values } });
const secret: RuleCondition = { Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'x-maintenance', Values: ['secret'] } };

interface Recorded {
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly value: number;
}

async function setUp({ timing, random }: { timing?: Partial<Timing>; random?: number } = {}) {
  const metrics: Recorded[] = [];
  const service = testService({ timing, random, siblings: { cloudwatch: { record: ({ name, dimensions, value }) => metrics.push({ name, dimensions, value }) } } });
  const elbv2 = createElbv2(service.context);
  const client = new ElasticLoadBalancingV2Client(service.configurationFor('elbv2', elbv2.operations));
  const { LoadBalancers } = await client.send(new CreateLoadBalancerCommand({ Name: 'graasp', Subnets: ['a', 'b'] }));
  const balancer = LoadBalancers?.[0];
  const LoadBalancerArn = balancer?.LoadBalancerArn;
  const { Listeners } = await client.send(new CreateListenerCommand({ LoadBalancerArn, Protocol: 'HTTPS', Port: 443, DefaultActions: [maintenance] }));
  const ListenerArn = Listeners?.[0]?.ListenerArn;
  const createGroup = async (Name: string) => {
    const settings = { Port: 3000, HealthCheckPath: '/health', HealthCheckIntervalSeconds: 10, HealthCheckTimeoutSeconds: 5, HealthyThresholdCount: 3, UnhealthyThresholdCount: 2, Matcher: { HttpCode: '200' } };
    return (await client.send(new CreateTargetGroupCommand({ Name, ...settings }))).TargetGroups?.[0]?.TargetGroupArn ?? '';
  };
  const groupArn = await createGroup('core');
  const forward = (arn = groupArn): Action => ({ Type: 'forward', TargetGroupArn: arn });
  const createRule = async (Priority: number, Conditions: RuleCondition[], more: Partial<CreateRuleCommand['input']> = {}) =>
    (await client.send(new CreateRuleCommand({ ListenerArn, Priority, Conditions, Actions: [forward()], ...more }))).Rules?.[0]?.RuleArn ?? '';
  const rules = async () => (await client.send(new DescribeRulesCommand({ ListenerArn }))).Rules ?? [];
  const fetchFront = createFrontFetch(() => [elbv2], service.front, service.clock);
  const visit = (url: string, init: RequestInit = {}) => fetchFront(url, { redirect: 'manual', ...init });
  const health = async () => (await client.send(new DescribeTargetHealthCommand({ TargetGroupArn: groupArn }))).TargetHealthDescriptions?.map(({ TargetHealth }) => [TargetHealth?.State, TargetHealth?.Reason]);
  return { ...service, elbv2, client, metrics, balancer, LoadBalancerArn, ListenerArn, groupArn, createGroup, forward, createRule, rules, visit, fetchFront, health };
}

/** A target that answers its health check with a status that the test sets, and everything else with what it saw. */
function server(name = 'server') {
  const state = { status: 200, seen: [] as FrontRequest[], hangs: false };
  const endpoint: Endpoint = {
    kind: 'handler',
    handle: async (request) => {
      if (state.hangs) return new Promise(() => undefined);
      if (request.path !== '/health') state.seen.push(request);
      return { status: request.path === '/health' ? state.status : 200, headers: { 'x-server': name }, body: new TextEncoder().encode(request.path) };
    },
  };
  return { ...state, endpoint, state };
}

describe('rules', () => {
  it('are described in order, the default rule last, with text priorities and host and path in both forms', async () => {
    const { createRule, rules, forward, groupArn } = await setUp();
    await createRule(20, [{ Field: 'path-pattern', Values: ['/b'] }]);
    await createRule(3, [host('a.org'), secret]);

    const described = await rules();

    expect(described.map(({ Priority, IsDefault }) => [Priority, IsDefault])).toEqual([
      ['3', false],
      ['20', false],
      ['default', true],
    ]);
    expect(described[0]?.Conditions).toEqual([{ Field: 'host-header', Values: ['a.org'], HostHeaderConfig: { Values: ['a.org'] } }, secret]);
    expect(described[1]?.Conditions).toEqual([{ Field: 'path-pattern', Values: ['/b'], PathPatternConfig: { Values: ['/b'] } }]);
    expect(described[0]?.Actions).toEqual([{ ...forward(), Order: 1, ForwardConfig: { TargetGroups: [{ TargetGroupArn: groupArn, Weight: 1 }], TargetGroupStickinessConfig: { Enabled: false } } }]);
    expect(described[2]).toMatchObject({ Conditions: [], Actions: [maintenance] });
  });

  it('are read page by page, or by their ARNs, not by both', async () => {
    const { createRule, client, ListenerArn } = await setUp();
    const arn = await createRule(1, [host('a.org')]);
    await createRule(2, [host('b.org')]);

    const first = await client.send(new DescribeRulesCommand({ ListenerArn, PageSize: 2 }));
    const second = await client.send(new DescribeRulesCommand({ ListenerArn, PageSize: 2, Marker: first.NextMarker }));
    expect([first, second].map(({ Rules = [] }) => Rules.map(({ Priority }) => Priority))).toEqual([['1', '2'], ['default']]);
    expect((await client.send(new DescribeRulesCommand({ RuleArns: [arn] }))).Rules).toHaveLength(1);
    await expect(client.send(new DescribeRulesCommand({ RuleArns: [arn], ListenerArn }))).rejects.toMatchObject({ Code: 'ValidationError' });
    await expect(client.send(new DescribeRulesCommand({ RuleArns: [`${arn}x`] }))).rejects.toMatchObject({ name: 'RuleNotFoundException', message: 'One or more rules not found' });
    await expect(client.send(new DescribeRulesCommand({ ListenerArn: 'arn:none' }))).rejects.toMatchObject({ name: 'ListenerNotFoundException' });
  });

  it('lose the conditions that a ModifyRule does not repeat, and keep every list that it does not name', async () => {
    const { createRule, rules, client } = await setUp();
    const transforms = [{ Type: 'url-rewrite' as const, UrlRewriteConfig: { Rewrites: [{ Regex: '^/(.*)$', Replace: '/api/$1' }] } }];
    const RuleArn = await createRule(1, [host('a.org'), { Field: 'path-pattern', Values: ['/x'] }], { Transforms: transforms });

    await client.send(new ModifyRuleCommand({ RuleArn, Conditions: [host('a.org'), secret] }));
    const [changed] = await rules();
    expect(changed?.Conditions?.map(({ Field }) => Field)).toEqual(['host-header', 'http-header']);
    expect(changed?.Actions?.[0]?.Type).toBe('forward');
    expect(changed?.Transforms).toEqual(transforms);

    await client.send(new ModifyRuleCommand({ RuleArn, ResetTransforms: true }));
    expect((await rules())[0]?.Transforms).toBeUndefined();
    await expect(client.send(new ModifyRuleCommand({ RuleArn, ResetTransforms: true, Transforms: transforms }))).rejects.toMatchObject({ Code: 'ValidationError' });
    await expect(client.send(new ModifyRuleCommand({ RuleArn }))).rejects.toMatchObject({ Code: 'ValidationError' });
    await expect(client.send(new ModifyRuleCommand({ RuleArn, Conditions: [] }))).rejects.toMatchObject({ message: 'A condition must be specified' });
  });

  it('take back what DescribeRules echoed, in both forms', async () => {
    const { createRule, rules, client } = await setUp();
    const RuleArn = await createRule(1, [host('a.org')]);
    const before = await rules();

    await client.send(new ModifyRuleCommand({ RuleArn, Conditions: before[0]?.Conditions, Actions: before[0]?.Actions }));

    expect(await rules()).toEqual(before);
    const contradiction = { Field: 'host-header', Values: ['a.org'], HostHeaderConfig: { Values: ['b.org'] } };
    await expect(client.send(new ModifyRuleCommand({ RuleArn, Conditions: [contradiction] }))).rejects.toMatchObject({ Code: 'ValidationError' });
  });

  const long = 'x'.repeat(129);
  it.each([
    ['six values', [host('a.org', 'b.org', 'c.org'), { Field: 'path-pattern', Values: ['/a', '/b', '/c'] }], "A rule can only have '5' condition values"],
    ['six wildcards', [host('*.*.*.*.*.*.org')], "A rule can only have '5' condition wildcards"],
    ['two host conditions', [host('a.org'), host('b.org')], "A rule can only have one 'host-header' condition"],
    ['a host without a dot', [host('localhost')], "The host name 'localhost' is not valid"],
    ['a header value of 129 characters', [{ Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'x', Values: [long] } }], `The condition value '${long}' for 'http-header' must have 1 to 128 characters`],
    ['a header name of 41 characters', [{ Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'x'.repeat(41), Values: ['a'] } }], `The http-header name '${'x'.repeat(41)}' is not valid: 1 to 40 characters of RFC 7230`],
    ['the header Host', [{ Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'Host', Values: ['a'] } }], "The http-header name 'Host' is not allowed: use a host-header condition"],
    ['an unknown field', [{ Field: 'colour', Values: ['red'] }], "Condition field 'colour' must be one of '[path-pattern, host-header, http-header, http-request-method, query-string, source-ip]'"],
  ])('refuse %s', async (_what, conditions, message) => {
    const { createRule } = await setUp();
    await expect(createRule(1, conditions)).rejects.toMatchObject({ Code: 'ValidationError', message });
  });

  it('hold a header as many times as their values allow', async () => {
    const { createRule } = await setUp();
    await expect(createRule(1, [host('a.org', 'b.org'), secret, secret, secret])).resolves.toMatch(/listener-rule/);
  });

  it.each<[string, (forward: Action) => Action[], string]>([
    ['no action', () => [], 'InvalidLoadBalancerAction'],
    ['two routing actions', (forward) => [forward, { ...maintenance, Order: 2 }], 'InvalidLoadBalancerAction'],
    ['a redirect to itself', () => [{ Type: 'redirect', RedirectConfig: { StatusCode: 'HTTP_301' } }], 'InvalidLoadBalancerAction'],
    ['a redirect from HTTPS to HTTP', () => [{ Type: 'redirect', RedirectConfig: { Protocol: 'HTTP', StatusCode: 'HTTP_301' } }], 'InvalidLoadBalancerAction'],
    ['a body of 1025 characters', () => [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '503', MessageBody: 'x'.repeat(1025) } }], 'ValidationError'],
    ['a fixed redirect', () => [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '302' } }], 'ValidationError'],
    ['a group that does not exist', (forward) => [{ ...forward, TargetGroupArn: 'arn:none' }], 'TargetGroupNotFound'],
    ['a group beside another', (forward) => [{ ...forward, ForwardConfig: { TargetGroups: [{ TargetGroupArn: 'arn:other' }] } }], 'InvalidLoadBalancerAction'],
    ['a weight of 1000', (forward) => [{ Type: 'forward', ForwardConfig: { TargetGroups: [{ TargetGroupArn: forward.TargetGroupArn, Weight: 1000 }] } }], 'ValidationError'],
  ])('refuse %s as actions', async (_what, actions, code) => {
    const { createRule, forward } = await setUp();
    await expect(createRule(1, [host('a.org')], { Actions: actions(forward()) })).rejects.toMatchObject({ Code: code });
  });

  it('swap priorities in one call, and conflict in two', async () => {
    const { createRule, client, rules } = await setUp();
    const [a, b] = [await createRule(1, [host('a.org')]), await createRule(2, [host('b.org')])];

    await expect(createRule(2, [host('c.org')])).rejects.toMatchObject({ name: 'PriorityInUseException', message: "Priority '2' is currently in use" });
    await expect(client.send(new SetRulePrioritiesCommand({ RulePriorities: [{ RuleArn: a, Priority: 2 }] }))).rejects.toMatchObject({ name: 'PriorityInUseException' });
    await client.send(
      new SetRulePrioritiesCommand({
        RulePriorities: [
          { RuleArn: a, Priority: 2 },
          { RuleArn: b, Priority: 1 },
        ],
      }),
    );
    expect((await rules()).map(({ RuleArn }) => RuleArn).slice(0, 2)).toEqual([b, a]);
  });

  it('leave the default rule to ModifyListener', async () => {
    const { rules, client, ListenerArn } = await setUp();
    const RuleArn = (await rules())[0]?.RuleArn;

    await expect(client.send(new ModifyRuleCommand({ RuleArn, Conditions: [host('a.org')] }))).rejects.toMatchObject({ name: 'OperationNotPermittedException' });
    await expect(client.send(new DeleteRuleCommand({ RuleArn }))).rejects.toMatchObject({ name: 'OperationNotPermittedException', message: `Default rule '${RuleArn}' cannot be deleted` });
    await expect(client.send(new SetRulePrioritiesCommand({ RulePriorities: [{ RuleArn, Priority: 1 }] }))).rejects.toMatchObject({ name: 'OperationNotPermittedException' });
    const closed: Action = { Type: 'fixed-response', FixedResponseConfig: { StatusCode: '503' } };
    await client.send(new ModifyListenerCommand({ ListenerArn, DefaultActions: [closed] }));
    expect((await rules())[0]?.Actions).toMatchObject([closed]);
  });

  it('number at most a hundred a balancer', async () => {
    const { createRule } = await setUp();
    for (let priority = 1; priority <= 100; priority += 1) await createRule(priority, [host('a.org')]);
    await expect(createRule(101, [host('a.org')])).rejects.toMatchObject({ name: 'TooManyRulesException' });
  });

  it('serve new requests only once they have propagated, in the order in which they were changed', async () => {
    const { createRule, client, visit, clock, elbv2, groupArn } = await setUp({ timing: { balancer: { propagation: [2000, 2000] } } });
    elbv2.registerTarget(groupArn, { id: '10.0.0.1', port: 3000 }, server().endpoint);
    const RuleArn = await createRule(1, [host('a.org')]);
    await clock.sleep(2000);

    await client.send(new ModifyRuleCommand({ RuleArn, Conditions: [host('a.org'), secret] }));
    expect((await visit('https://a.org/')).status).toBe(200);
    await clock.sleep(1999);
    expect((await visit('https://a.org/')).status).toBe(200);
    await clock.sleep(1);
    expect((await visit('https://a.org/')).status).toBe(302);
    expect((await visit('https://a.org/', { headers: { 'X-Maintenance': 'secret' } })).status).toBe(200);
    await client.send(new DeleteRuleCommand({ RuleArn }));
    await clock.sleep(2000);
    await expect(visit('https://a.org/')).rejects.toThrow('fetch failed');
  });
});

describe('targets', () => {
  const id = { id: '10.0.0.1', port: 3000 };

  it('are initial, then healthy after one good check, unhealthy after the threshold, and healthy again after the other', async () => {
    const { createRule, elbv2, groupArn, health, clock } = await setUp({ random: 0.5 });
    await createRule(1, [host('a.org')]);
    const { endpoint, state } = server();
    elbv2.registerTarget(groupArn, id, endpoint);

    expect(await health()).toEqual([['initial', 'Elb.RegistrationInProgress']]);
    await clock.sleep(5000);
    expect(await health()).toEqual([['healthy', undefined]]);
    state.status = 500;
    await clock.sleep(10_000);
    expect(await health()).toEqual([['healthy', undefined]]);
    await clock.sleep(10_000);
    expect(await health()).toEqual([['unhealthy', 'Target.ResponseCodeMismatch']]);
    state.status = 200;
    await clock.sleep(20_001);
    expect(await health()).toEqual([['unhealthy', 'Target.ResponseCodeMismatch']]);
    await clock.sleep(10_000);
    expect(await health()).toEqual([['healthy', undefined]]);
  });

  it('are unhealthy when they do not answer in time', async () => {
    const { createRule, elbv2, groupArn, health, clock } = await setUp({ random: 0.5 });
    await createRule(1, [host('a.org')]);
    const { endpoint, state } = server();
    state.hangs = true;
    elbv2.registerTarget(groupArn, id, endpoint);

    await clock.sleep(10_001);
    expect(await health()).toEqual([['initial', 'Elb.InitialHealthChecking']]);
    await clock.sleep(10_000);
    expect(await health()).toEqual([['unhealthy', 'Target.Timeout']]);
  });

  it('are checked by the interval that the group has now', async () => {
    const { createRule, elbv2, groupArn, health, clock, client } = await setUp({ random: 0 });
    await createRule(1, [host('a.org')]);
    await client.send(new ModifyTargetGroupCommand({ TargetGroupArn: groupArn, HealthCheckIntervalSeconds: 300 }));
    const { endpoint } = server();
    elbv2.registerTarget(groupArn, id, endpoint);

    await clock.sleep(20_000);
    expect(await health()).toEqual([['initial', 'Elb.RegistrationInProgress']]);
    await client.send(new ModifyTargetGroupCommand({ TargetGroupArn: groupArn, HealthCheckIntervalSeconds: 20 }));
    await clock.sleep(1);
    expect(await health()).toEqual([['healthy', undefined]]);
  });

  it('are unused, and not checked, while no rule forwards to their group', async () => {
    const { elbv2, groupArn, health, clock, createRule } = await setUp({ random: 0.5 });
    elbv2.registerTarget(groupArn, id, server().endpoint);

    await clock.sleep(60_000);
    expect(await health()).toEqual([['unused', 'Target.NotInUse']]);
    await createRule(1, [host('a.org')]);
    await clock.sleep(1);
    expect(await health()).toEqual([['healthy', undefined]]);
  });

  it('drain for the delay of the group, without new requests, and are then unknown', async () => {
    const { createRule, elbv2, groupArn, health, clock, client, visit } = await setUp({ random: 0.5 });
    await createRule(1, [host('a.org')]);
    await client.send(new ModifyTargetGroupAttributesCommand({ TargetGroupArn: groupArn, Attributes: [{ Key: 'deregistration_delay.timeout_seconds', Value: '60' }] }));
    elbv2.registerTarget(groupArn, id, server('old').endpoint);
    elbv2.registerTarget(groupArn, { id: '10.0.0.2', port: 3000 }, server('new').endpoint);
    await clock.sleep(10_000);

    elbv2.deregisterTarget(groupArn, id);
    expect(elbv2.targetHealth(groupArn, id)).toMatchObject({ state: 'draining', reason: 'Target.DeregistrationInProgress' });
    const servers = await Promise.all([1, 2, 3, 4].map(async () => (await visit('https://a.org/')).headers.get('x-server')));
    expect(new Set(servers)).toEqual(new Set(['new']));
    await clock.sleep(60_000 - 1);
    expect(await health()).toEqual([
      ['draining', 'Target.DeregistrationInProgress'],
      ['healthy', undefined],
    ]);
    await clock.sleep(1);
    expect(await health()).toEqual([['healthy', undefined]]);
    expect(elbv2.targetHealth(groupArn, id)).toMatchObject({ state: 'unused', reason: 'Target.NotRegistered' });
    expect(elbv2.deregistrationDelayMs(groupArn)).toBe(60_000);
  });

  it('come back where they were when an operator deregisters and registers them', async () => {
    const { createRule, elbv2, groupArn, clock, client, visit } = await setUp();
    await createRule(1, [host('a.org')]);
    elbv2.registerTarget(groupArn, id, server('collab').endpoint);
    const Targets = [{ Id: id.id }];

    await client.send(new DeregisterTargetsCommand({ TargetGroupArn: groupArn, Targets }));
    expect((await visit('https://a.org/')).status).toBe(503);
    await client.send(new RegisterTargetsCommand({ TargetGroupArn: groupArn, Targets }));
    await clock.sleep(10_000);
    expect((await visit('https://a.org/')).headers.get('x-server')).toBe('collab');
  });

  it('take turns; only healthy ones, or all when none is', async () => {
    const { createRule, elbv2, groupArn, clock, visit } = await setUp({ random: 0.5 });
    await createRule(1, [host('a.org')]);
    const [a, b] = [server('a'), server('b')];
    elbv2.registerTarget(groupArn, id, a.endpoint);
    elbv2.registerTarget(groupArn, { id: '10.0.0.2', port: 3000 }, b.endpoint);
    const visitors = async () => {
      const servers: (string | null)[] = [];
      for (let count = 0; count < 4; count += 1) servers.push((await visit('https://a.org/')).headers.get('x-server'));
      return servers.sort().join('');
    };

    await clock.sleep(10_000);
    expect(await visitors()).toBe('aabb');
    b.state.status = 500;
    await clock.sleep(30_000);
    expect(await visitors()).toBe('aaaa');
    a.state.status = 500;
    await clock.sleep(30_000);
    expect(await visitors()).toBe('aabb');
  });
});

describe('the front', () => {
  it('forwards what the rule rewrote, and tells the target how it was asked', async () => {
    const { createRule, elbv2, groupArn, visit } = await setUp();
    await createRule(1, [host('a.org')], { Transforms: [{ Type: 'url-rewrite', UrlRewriteConfig: { Rewrites: [{ Regex: '^/(.*)$', Replace: '/api/$1' }] } }] });
    const { endpoint, state } = server();
    elbv2.registerTarget(groupArn, { id: '10.0.0.1', port: 3000 }, endpoint);

    const response = await visit('https://a.org/items?x=1', { method: 'POST', body: 'hello', headers: { 'content-type': 'text/plain' } });

    expect(await response.text()).toBe('/api/items?x=1');
    expect(state.seen[0]).toMatchObject({ method: 'POST', protocol: 'https', host: 'a.org', headers: { host: 'a.org', 'content-type': 'text/plain', 'x-forwarded-proto': 'https', 'x-forwarded-port': '443' } });
    expect(new TextDecoder().decode(state.seen[0]?.body)).toBe('hello');
  });

  it('redirects visitors that no rule wants, and follows only when asked', async () => {
    const { createRule, visit, fetchFront, balancer } = await setUp();
    await createRule(1, [host('a.org'), secret]);

    const response = await visit('https://a.org/x?y=z');
    expect([response.status, response.headers.get('location'), response.headers.get('server')]).toEqual([302, 'https://maintenance.graasp.org:443/x?y=z', 'awselb/2.0']);
    expect((await visit(`https://${balancer?.DNSName}/`)).status).toBe(302);
    await expect(fetchFront('https://a.org/x')).rejects.toMatchObject({ message: 'fetch failed', cause: { message: 'getaddrinfo ENOTFOUND maintenance.graasp.org' } });
  });

  it('answers 503 without a target, 502 when the target fails', async () => {
    const { createRule, elbv2, groupArn, visit, clock } = await setUp();
    await createRule(1, [host('a.org')]);
    expect((await visit('https://a.org/')).status).toBe(503);
    const { endpoint, state } = server();
    elbv2.registerTarget(groupArn, { id: '10.0.0.1', port: 3000 }, endpoint);
    state.hangs = true;
    const asked = clock.now();
    expect((await visit('https://a.org/')).status).toBe(502);
    expect(clock.now()).toBe(asked + 60_000);
  });

  it('leads nowhere for other hosts, ports and protocols', async () => {
    const { createRule, visit } = await setUp();
    await createRule(1, [host('a.org')]);
    for (const url of ['https://b.org/', 'http://a.org/', 'https://a.org:8443/']) await expect(visit(url)).rejects.toThrow('fetch failed');
    const abort = AbortSignal.abort(new Error('enough'));
    await expect(visit('https://a.org/', { signal: abort })).rejects.toThrow('enough');
  });

  it('counts requests by balancer and group, only those for which a target was chosen', async () => {
    const { createRule, elbv2, groupArn, visit, metrics, LoadBalancerArn } = await setUp();
    await createRule(1, [host('a.org')]);
    elbv2.registerTarget(groupArn, { id: '10.0.0.1', port: 3000 }, server().endpoint);
    await visit('https://a.org/');
    await createRule(2, [host('b.org')], { Actions: [maintenance] });
    await visit('https://b.org/');

    const LoadBalancer = LoadBalancerArn?.split(':loadbalancer/')[1];
    const TargetGroup = groupArn.split(':').at(-1);
    const counted = metrics.filter(({ name }) => name !== 'ActiveConnectionCount').map(({ name, dimensions }) => [name, dimensions]);
    expect(LoadBalancer).toMatch(/^app\/graasp\/[0-9a-f]{16}$/);
    expect(TargetGroup).toMatch(/^targetgroup\/core\/[0-9a-f]{16}$/);
    expect(counted).toEqual([
      ['RequestCount', { LoadBalancer }],
      ['HTTPCode_Target_2XX_Count', { LoadBalancer }],
      ['RequestCount', { LoadBalancer, TargetGroup }],
      ['HTTPCode_Target_2XX_Count', { LoadBalancer, TargetGroup }],
      ['HTTPCode_ELB_3XX_Count', { LoadBalancer }],
      ['HTTP_Redirect_Count', { LoadBalancer }],
    ]);
    expect(metrics.filter(({ name }) => name === 'ActiveConnectionCount')).toHaveLength(2);
  });

  it('counts a connection that stays open in every minute', async () => {
    const { elbv2, metrics, clock } = await setUp();
    const handler = elbv2.listeners[0]?.handler;
    handler?.connectionOpened();
    await clock.sleep(150_000);
    handler?.connectionClosed();
    await clock.sleep(150_000);
    expect(metrics.map(({ name, value }) => [name, value])).toEqual([
      ['ActiveConnectionCount', 1],
      ['ActiveConnectionCount', 1],
      ['ActiveConnectionCount', 1],
    ]);
  });
});

describe('balancers, listeners and groups', () => {
  it('are described with what uses what, and not found by names that do not exist', async () => {
    const { client, LoadBalancerArn, ListenerArn, groupArn, createRule } = await setUp();
    expect((await client.send(new DescribeTargetGroupsCommand({ LoadBalancerArn }))).TargetGroups).toEqual([]);
    await createRule(1, [host('a.org')]);

    expect((await client.send(new DescribeLoadBalancersCommand({ Names: ['graasp'] }))).LoadBalancers?.[0]?.LoadBalancerArn).toBe(LoadBalancerArn);
    expect((await client.send(new DescribeListenersCommand({ LoadBalancerArn }))).Listeners).toMatchObject([{ ListenerArn, Port: 443, Protocol: 'HTTPS', DefaultActions: [maintenance] }]);
    expect((await client.send(new DescribeTargetGroupsCommand({ Names: ['core'] }))).TargetGroups).toMatchObject([{ TargetGroupArn: groupArn, HealthCheckPath: '/health', LoadBalancerArns: [LoadBalancerArn] }]);
    await expect(client.send(new DescribeLoadBalancersCommand({ Names: ['none'] }))).rejects.toMatchObject({ name: 'LoadBalancerNotFoundException' });
    await expect(client.send(new DescribeTargetGroupsCommand({ Names: ['none'] }))).rejects.toMatchObject({ name: 'TargetGroupNotFoundException', message: 'One or more target groups not found' });
    await expect(client.send(new CreateLoadBalancerCommand({ Name: 'graasp' }))).rejects.toMatchObject({ name: 'DuplicateLoadBalancerNameException' });
    await expect(client.send(new CreateListenerCommand({ LoadBalancerArn, Protocol: 'HTTPS', Port: 443, DefaultActions: [maintenance] }))).rejects.toMatchObject({ name: 'DuplicateListenerException' });
    const limits = (await client.send(new DescribeAccountLimitsCommand({}))).Limits;
    expect(limits).toContainEqual({ Name: 'condition-values-per-alb-rule', Max: '5' });
  });

  it('keeps a target group to one balancer', async () => {
    const { client, createRule, forward } = await setUp();
    await createRule(1, [host('a.org')]);
    const other = (await client.send(new CreateLoadBalancerCommand({ Name: 'other' }))).LoadBalancers?.[0]?.LoadBalancerArn;

    await expect(client.send(new CreateListenerCommand({ LoadBalancerArn: other, Protocol: 'HTTP', Port: 80, DefaultActions: [forward()] }))).rejects.toMatchObject({ name: 'TargetGroupAssociationLimitException' });
  });

  it('take attributes that they know, within their range', async () => {
    const { client, groupArn } = await setUp();
    const modify = (Key: string, Value: string) => client.send(new ModifyTargetGroupAttributesCommand({ TargetGroupArn: groupArn, Attributes: [{ Key, Value }] }));
    const delay = async () => (await client.send(new DescribeTargetGroupAttributesCommand({ TargetGroupArn: groupArn }))).Attributes?.find(({ Key }) => Key === 'deregistration_delay.timeout_seconds')?.Value;

    expect(await delay()).toBe('300');
    await modify('deregistration_delay.timeout_seconds', '5');
    expect(await delay()).toBe('5');
    await expect(modify('deregistration_delay.timeout_seconds', '3601')).rejects.toMatchObject({ Code: 'ValidationError' });
    await expect(modify('colour', 'red')).rejects.toMatchObject({ message: "Target group attribute key 'colour' is not recognized" });
    await expect(client.send(new ModifyTargetGroupCommand({ TargetGroupArn: groupArn, HealthCheckIntervalSeconds: 5 }))).rejects.toMatchObject({ message: 'Health check interval must be greater than the timeout' });
  });

  it('carry tags', async () => {
    const { client, createRule, elbv2 } = await setUp();
    const arn = await createRule(1, [host('a.org')], { Tags: [{ Key: 'Name', Value: 'core-rule' }] });
    const tags = async () => (await client.send(new DescribeTagsCommand({ ResourceArns: [arn] }))).TagDescriptions?.[0]?.Tags;

    await client.send(new AddTagsCommand({ ResourceArns: [arn], Tags: [{ Key: 'run', Value: '1' }] }));
    expect(await tags()).toEqual([
      { Key: 'Name', Value: 'core-rule' },
      { Key: 'run', Value: '1' },
    ]);
    expect(elbv2.inspectRules().map(({ name, priority }) => [name, priority])).toEqual([
      ['core-rule', '1'],
      [undefined, 'default'],
    ]);
    await client.send(new RemoveTagsCommand({ ResourceArns: [arn], TagKeys: ['run'] }));
    expect(await tags()).toHaveLength(1);
    await expect(client.send(new DescribeTagsCommand({ ResourceArns: [`${arn}x`] }))).rejects.toMatchObject({ name: 'RuleNotFoundException' });
  });
});
