import { DescribeServicesCommand, ECSClient } from '@aws-sdk/client-ecs';
import { DescribeRulesCommand, ElasticLoadBalancingV2Client, ModifyRuleCommand, type Rule, type RuleCondition } from '@aws-sdk/client-elastic-load-balancing-v2';
import { mockClient } from 'aws-sdk-client-mock';
import { okAsync } from 'neverthrow';
import { beforeEach, describe, expect, it } from 'vitest';
import { adminTargetGroup, graaspTargetGroup, headerName, headerValue } from '../environment/environment.fixture.js';
import type { Expectations } from '../environment/environment.js';
import type { FrontDoor } from '../front-door.js';
import type { Baseline } from '../runs/baseline.js';
import { environmentInRun, recordingRun, type RecordingRunOptions } from './recording-run.fixture.js';
import { anyClosed, gateLeak, leakText, openEveryRule, setMaintenance } from './set-maintenance.js';

const ecs = mockClient(ECSClient);
const elbv2 = mockClient(ElasticLoadBalancingV2Client);
const header: RuleCondition = { Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: headerName, Values: [headerValue] } };
const byDefault: Rule = { RuleArn: 'd', Priority: 'default', IsDefault: true, Actions: [{ Type: 'redirect', RedirectConfig: { Host: 'maintenance.dev.graasp.org', StatusCode: 'HTTP_302' } }] };
const rule = (arn: string, host: string, closed = false, changes: Partial<Rule> = {}): Rule => ({
  RuleArn: arn,
  Priority: arn.slice(1),
  Conditions: [{ Field: 'host-header', HostHeaderConfig: { Values: [host] } }, ...(closed ? [header] : [])],
  Actions: [{ Type: 'forward', TargetGroupArn: graaspTargetGroup }],
  ...changes,
});
const isClosed = ({ Conditions = [] }: Rule) => Conditions.some(({ Field }) => Field === 'http-header');

let rules: Rule[] = [];
const closedNow = () => rules.filter(isClosed).map(({ RuleArn }) => RuleArn);

/** Whoever has no header lands on the maintenance page where the rule of the host is closed. */
const frontDoor: FrontDoor = {
  addresses: () => Promise.resolve(['10.0.0.1']),
  request: ({ url, headers }) => {
    const host = new URL(url).hostname;
    const served = rules.find(({ Conditions = [] }) => Conditions.some(({ HostHeaderConfig }) => HostHeaderConfig?.Values?.includes(host)));
    const turnedAway = served === undefined || (isClosed(served) && headers[headerName] !== headerValue);
    return Promise.resolve(turnedAway ? { status: 302, location: 'https://maintenance.dev.graasp.org/', headers: {}, body: '' } : { status: 200, location: null, headers: {}, body: '' });
  },
};

/** A run that found the gate like this, and keeps what it is told. */
function inRun(found: Baseline['gate'] = {}, options: RecordingRunOptions = {}) {
  let baseline: Baseline = { takenAt: '', byRun: 'run-1', gate: found, services: {}, targetGroups: {}, putAside: [] };
  const expected: Partial<Expectations>[] = [];
  const run = { ...recordingRun({ step: 'gate', ...options }), baseline: () => baseline, saveBaseline: (next: Baseline) => okAsync(void (baseline = next)), expect: (change: Partial<Expectations>) => okAsync(void expected.push(change)) };
  return { run, env: environmentInRun(run, { internals: { frontDoor } }), expected, putAside: () => baseline.putAside };
}

beforeEach(() => {
  ecs.reset();
  elbv2.reset();
  ecs.on(DescribeServicesCommand).callsFake(({ services }: { services: string[] }) => ({ services: services.map((serviceName) => ({ serviceName, desiredCount: 1 })) }));
  elbv2.on(DescribeRulesCommand).callsFake(({ RuleArns }: { RuleArns?: string[] }) => ({ Rules: [...rules, byDefault].filter(({ RuleArn }) => RuleArns?.includes(RuleArn!) ?? true) }));
  elbv2.on(ModifyRuleCommand).callsFake(({ RuleArn, Conditions }: { RuleArn: string; Conditions: RuleCondition[] }) => {
    rules = rules.map((one) => (one.RuleArn === RuleArn ? { ...one, Conditions } : one));
    return { Rules: rules.filter((one) => one.RuleArn === RuleArn) };
  });
});

describe('setMaintenance on', () => {
  it('closes every rule, reports which, and tells the run what it expects from then on', async () => {
    rules = [rule('r1', 'a.graasp.org'), rule('r2', 'b.graasp.org', true), rule('r8', 'admin.graasp.org', false, { Actions: [{ Type: 'forward', TargetGroupArn: adminTargetGroup }] })];
    const { env, run, expected, putAside } = inRun();
    const report = (await setMaintenance(env, 'on'))._unsafeUnwrap();
    expect(report).toEqual({ maintenance: 'on', rulesChanged: ['rule 1 (a.graasp.org)'], distributionsChanged: [], provenAt: new Date(env.clock.time).toISOString(), hosts: ['a.graasp.org', 'b.graasp.org'], addresses: 1, unseen: [], leaks: [] });
    expect(closedNow()).toEqual(['r1', 'r2']);
    expect(run.entries).toContainEqual({ key: 'gateClosed', value: true });
    expect(putAside()).toEqual(['gate']);
    expect(expected[0]).toEqual({ gate: null });
    expect(expected).toContainEqual({ gate: { closed: ['r1', 'r2'], open: [] } });
  });

  it('does not call a gate its own that was closed already', async () => {
    rules = [rule('r1', 'a.graasp.org', true)];
    const { env, run } = inRun();
    expect((await setMaintenance(env, 'on'))._unsafeUnwrap().rulesChanged).toEqual([]);
    expect(run.entries.map(({ key }) => key)).not.toContain('gateClosed');
  });

  it.each<[string, () => void, string, string, string]>([
    [
      'a rule has no room',
      () => (rules = [rule('r1', 'a.graasp.org', false, { Conditions: [{ Field: 'host-header', HostHeaderConfig: { Values: ['a', 'b', 'c', 'd', 'e'] } }] })]),
      'condition-values',
      'A listener rule takes 5 condition values; with the maintenance header rule 1 (a,b,c,d,e) would have more. Nothing was changed.',
      'Split these rules in two, each with fewer hosts or paths.',
    ],
    [
      'the default action forwards',
      () => elbv2.on(DescribeRulesCommand).resolves({ Rules: [rule('r1', 'a.graasp.org'), { ...byDefault, Actions: [{ Type: 'forward', TargetGroupArn: graaspTargetGroup }] }] }),
      'default-action',
      "The listener's default action forwards to a target group: visitors turned away by the gate could not be told from visitors let in. Nothing was changed.",
      'Make the default action a redirect to the maintenance page, or a fixed response.',
    ],
    [
      'no rule can be looked at',
      () => (rules = [rule('r1', 'a.graasp.org', false, { Conditions: [{ Field: 'http-request-method', HttpRequestMethodConfig: { Values: ['POST'] } }] })]),
      'unprovable-gate',
      'The gate could be closed, but nobody would know: no request shows from outside whether visitors get through rule 1. Nothing was changed.',
      'Give at least one rule a host or path that is no regular expression, without a condition on method, query or address.',
    ],
  ])('is refused when %s', async (_, arrange, kind, message, remedy) => {
    rules = [rule('r1', 'a.graasp.org')];
    arrange();
    const { env, putAside } = inRun();
    expect((await setMaintenance(env, 'on'))._unsafeUnwrapErr()).toEqual({ kind: 'Refused', rule: kind, message, remedy });
    expect(elbv2.commandCalls(ModifyRuleCommand)).toEqual([]);
    expect(putAside()).toEqual([]);
  });

  it('warns of doors that stay open to administration, unless that was told in this run', async () => {
    rules = [rule('r1', 'a.graasp.org'), rule('r8', '*.graasp.org', false, { Actions: [{ Type: 'forward', TargetGroupArn: adminTargetGroup }] })];
    const text = 'visitors of a.graasp.org/ (rule 1) land on rule 8 (admin), not on the maintenance page';
    const warnings = async (options: RecordingRunOptions) => {
      rules = rules.map((one) => ({ ...one, Conditions: one.Conditions!.filter(({ Field }) => Field !== 'http-header') }));
      const { env } = inRun({}, options);
      (await setMaintenance(env, 'on', { timeoutSeconds: 30 })).isOk();
      return env.events.flatMap((event) => (event.type === 'warning' ? [event.message] : [])).filter((message) => message.startsWith('With the gate closed'));
    };
    expect(await warnings({})).toEqual([`With the gate closed ${text}.`]);
    expect(await warnings({ facts: { leaksTold: ['another'] } })).toEqual([`With the gate closed ${text}.`]);
    expect(await warnings({ facts: { leaksTold: [text] } })).toEqual([]);
  });
});

describe('setMaintenance off', () => {
  it.each<[string, Baseline['gate'], readonly string[]]>([
    ['opens a gate that was found closed as a whole', { r1: true, r2: true }, []],
    ['opens what nothing is known of', {}, []],
    ['opens what was found open, and leaves closed what was closed one by one', { r1: true, r2: false }, ['r1']],
    ['opens a rule that has come since', { r1: false }, []],
  ])('%s', async (_, found, stays) => {
    rules = [rule('r1', 'a.graasp.org', true), rule('r2', 'b.graasp.org', true)];
    const { env, run, expected } = inRun(found);
    const report = (await setMaintenance(env, 'off'))._unsafeUnwrap();
    expect(closedNow()).toEqual(stays);
    expect(report).toMatchObject({ maintenance: 'off', rulesChanged: [...(stays.length === 0 ? ['rule 1 (a.graasp.org)'] : []), 'rule 2 (b.graasp.org)'], unseen: [] });
    expect(run.entries).toContainEqual({ key: 'gateOpenedAt', value: '2026-11-23T10:00:00.000Z' });
    expect(expected).toContainEqual({ gate: { closed: [], open: ['r1', 'r2'].filter((arn) => !stays.includes(arn)) } });
  });

  it('tells since when visitors may write by the first opening, and by none where nothing was closed', async () => {
    rules = [rule('r1', 'a.graasp.org', true)];
    const again = inRun({}, { records: { gateOpenedAt: '2026-11-23T09:00:00.000Z' } });
    expect((await setMaintenance(again.env, 'off')).isOk()).toBe(true);
    expect(again.run.recall('gateOpenedAt')).toBe('2026-11-23T09:00:00.000Z');
    const open = inRun();
    expect((await setMaintenance(open.env, 'off'))._unsafeUnwrap().rulesChanged).toEqual([]);
    expect(open.run.recall('gateOpenedAt')).toBeUndefined();
  });

  it('opens every rule, whatever was found, for who brings an environment into a state', async () => {
    rules = [rule('r1', 'a.graasp.org', true), rule('r2', 'b.graasp.org', true)];
    expect((await openEveryRule(inRun({ r1: true, r2: false }).env)).isOk()).toBe(true);
    expect(closedNow()).toEqual([]);
  });

  it('knows on and off, and nothing else', async () => {
    expect((await setMaintenance(inRun().env, 'half' as never))._unsafeUnwrapErr()).toMatchObject({ kind: 'InvalidInput', problems: ["to: expected 'on' or 'off', got 'half' (string)"] });
  });

  it.each(['on', 'off'] as const)('is not proven (%s) while the balancer shows otherwise, for three minutes unless it is told otherwise', async (to) => {
    rules = [rule('r1', 'a.graasp.org', to === 'off')];
    const stubborn: FrontDoor = { ...frontDoor, request: () => Promise.resolve(to === 'on' ? { status: 200, location: null, headers: {}, body: '' } : { status: 302, location: 'https://maintenance.dev.graasp.org/', headers: {}, body: '' }) };
    const set = async (options: { timeoutSeconds?: number }) => setMaintenance(environmentInRun(inRun().run, { internals: { frontDoor: stubborn } }), to, options);
    expect((await set({}))._unsafeUnwrapErr()).toMatchObject({ kind: 'TimedOut', timeoutSeconds: 180 });
    rules = [rule('r1', 'a.graasp.org', to === 'off')];
    expect((await set({ timeoutSeconds: 20 }))._unsafeUnwrapErr()).toMatchObject({ kind: 'TimedOut', timeoutSeconds: 20 });
  });
});

describe('what a gate that leaks is told by', () => {
  const leak = { from: 1, to: 8, host: 'a.graasp.org', path: '/x', service: 'admin', role: 'administration' } as const;

  it('says whose visitors land where', () => {
    expect(leakText(leak)).toBe('visitors of a.graasp.org/x (rule 1) land on rule 8 (admin), not on the maintenance page');
    expect(leakText({ ...leak, to: 'default', service: null })).toBe("visitors of a.graasp.org/x (rule 1) land on the listener's default action, not on the maintenance page");
  });

  it('tells all of them, and what to do', () => {
    const leaks = [leak, { ...leak, to: 9, service: null, role: 'other' as const }];
    expect(gateLeak(leaks)).toEqual({
      kind: 'GateLeak',
      leaks,
      message: 'With the gate closed visitors of a.graasp.org/x (rule 1) land on rule 8 (admin), not on the maintenance page; visitors of a.graasp.org/x (rule 1) land on rule 9, not on the maintenance page. Nothing was changed.',
      remedy: 'Give the rule that they land on conditions which do not match their requests: another host, or a narrower path.',
    });
  });

  it('is closed in part as soon as one rule is', () => {
    const gate = (...gated: Rule[]) => ({ header: { name: headerName, value: headerValue }, rules: gated, gated, leaks: [] });
    expect(anyClosed(gate(rule('r1', 'a'), rule('r2', 'b', true)))).toBe(true);
    expect(anyClosed(gate(rule('r1', 'a')))).toBe(false);
  });
});
