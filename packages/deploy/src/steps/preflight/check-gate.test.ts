import { DescribeServicesCommand, ECSClient, type Service } from '@aws-sdk/client-ecs';
import { DescribeRulesCommand, ElasticLoadBalancingV2Client, type Rule } from '@aws-sdk/client-elastic-load-balancing-v2';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { adminTargetGroup, graaspTargetGroup, planOptions, testEnvironment, type TestEnvironmentOptions } from '../../environment/environment.fixture.js';
import type { FrontDoor } from '../../front-door.js';
import { checkGate } from './check-gate.js';
import { question } from './question.fixture.js';

const ecs = mockClient(ECSClient);
const elbv2 = mockClient(ElasticLoadBalancingV2Client);
const forward = (TargetGroupArn: string) => [{ Type: 'forward' as const, TargetGroupArn }];
const host = (...Values: string[]) => ({ Field: 'host-header', HostHeaderConfig: { Values } });
const post = { Field: 'http-request-method', HttpRequestMethodConfig: { Values: ['POST'] } };
const graasp: Rule = { RuleArn: 'r1', Priority: '1', Conditions: [host('api.dev.graasp.org')], Actions: forward(graaspTargetGroup) };
const admin: Rule = { RuleArn: 'r8', Priority: '8', Conditions: [host('dev.graasp.org')], Actions: forward(adminTargetGroup) };
const byDefault: Rule = { RuleArn: 'd', Priority: 'default', IsDefault: true, Actions: [{ Type: 'redirect', RedirectConfig: { Host: 'maintenance.dev.graasp.org', StatusCode: 'HTTP_302' } }] };
const registers = (serviceName: string, targetGroupArn: string): Service => ({ serviceName, loadBalancers: [{ targetGroupArn }] });
const asConnected = [registers('graasp', graaspTargetGroup), registers('admin', adminTargetGroup)];

interface Setting extends TestEnvironmentOptions {
  readonly rules?: readonly Rule[];
  readonly services?: readonly Service[] | null;
  readonly frontDoor?: Partial<FrontDoor>;
}

async function look({ rules = [graasp, admin, byDefault], services = asConnected, frontDoor = {}, ...options }: Setting = {}) {
  elbv2.on(DescribeRulesCommand).resolves({ Rules: [...rules] });
  const door: FrontDoor = { addresses: () => Promise.resolve(['10.0.0.1']), request: () => Promise.resolve({ status: 302, location: null, headers: {}, body: '' }), ...frontDoor };
  return (await checkGate(testEnvironment({ ...options, internals: { frontDoor: door, ...options.internals } }), question({ services })))._unsafeUnwrap();
}

const only = async (name: string, setting: Setting) => (await look(setting)).filter((check) => check.name === name);
const answering = (status: number) => ({ request: () => Promise.resolve({ status, location: null, headers: {}, body: '' }) });

beforeEach(() => {
  ecs.reset();
  elbv2.reset();
  ecs.on(DescribeServicesCommand).resolves({ services: [{ serviceName: 'admin', desiredCount: 1 }] });
});

describe('checkGate', () => {
  it('tells that the gate can be closed, and keeps everybody out once it is', async () => {
    expect((await look()).map(({ group, name, status, detail }) => `${group}: ${status} ${name}: ${detail}`)).toEqual([
      'gate: ok room: each of 1 rules has room for the maintenance header',
      'gate: ok default action: answers visitors itself',
      'gate: ok maintenance: off',
      'gate: ok target groups: the rules forward to those that services register in',
      'gate: ok front door: answers at every door (1 request)',
      'gate: ok leaks: none: visitors of every closed rule land on the default action',
    ]);
    const twoDoors = { ...graasp, Conditions: [host('api.dev.graasp.org', 'dev.graasp.net')] };
    expect(await only('front door', { rules: [twoDoors, byDefault] })).toMatchObject([{ status: 'ok', detail: 'answers at every door (2 requests)' }]);
  });

  it.each<[string, Setting, string, string, string]>([
    ['no room', { rules: [{ ...graasp, Conditions: [host('a.org', 'b.org', 'c.org', 'd.org', 'e.org')] }, byDefault] }, 'room', 'failed', 'Split them in two, each with fewer hosts or paths.'],
    ['a default action that forwards', { rules: [graasp, { ...byDefault, Actions: forward(graaspTargetGroup) }] }, 'default action', 'failed', 'Make it a redirect to the maintenance page, or a fixed response.'],
    ['a service that registers elsewhere', { services: [registers('graasp', adminTargetGroup)] }, 'target groups', 'failed', 'Somebody changed the service: find out what happened, then connect again.'],
    ['a target group that nothing forwards to', { rules: [admin, byDefault] }, 'target groups', 'warning', 'Targets that nothing forwards to are never healthy, and a deployment waits for them: see that another listener does, or take it from the service.'],
    ['a rule that no request shows closed', { rules: [graasp, { ...graasp, RuleArn: 'r2', Priority: '2', Conditions: [host('b.dev.graasp.org'), post] }, byDefault] }, 'unseen rules', 'warning', 'Look at them yourself once the gate is closed.'],
    ['no rule that a request shows closed', { rules: [{ ...graasp, Conditions: [...graasp.Conditions!, post] }, byDefault] }, 'front door', 'failed', 'Give a rule a host or path that is no regular expression, without a condition on method, query or address.'],
    ['a name that does not resolve', { frontDoor: { addresses: () => Promise.resolve([]) } }, 'front door', 'failed', 'Run the release where the front door can be reached.'],
    ['a door that does not answer', { frontDoor: { request: () => Promise.reject(new Error('no route to host')) } }, 'front door', 'failed', 'Run the release where the front door can be reached; if only this host fails, mend it (its certificate?) or take it out of the rule.'],
    ['a door that is broken already', { frontDoor: answering(503) }, 'front door', 'warning', 'Visitors meet this error already. What is behind it must work before the gate opens again if it is a declared service.'],
  ])('says what to do about %s', async (_, setting, name, status, remedy) => {
    expect(await only(name, setting)).toMatchObject([{ group: 'gate', status, remedy }]);
  });

  it('tells every door that does not answer, and every one that answers with an error of the balancer', async () => {
    const rules = [{ ...graasp, Conditions: [host('a.graasp.org', 'b.graasp.org')] }, byDefault];
    expect(await only('front door', { rules, frontDoor: answering(502) })).toMatchObject([{ detail: 'a.graasp.org/ (rule 1) answers 502; b.graasp.org/ (rule 1) answers 502' }]);
    expect(await only('front door', { rules, frontDoor: { request: () => Promise.reject(new Error('no route')) } })).toMatchObject([{ detail: 'a.graasp.org does not answer: no route; b.graasp.org does not answer: no route' }]);
  });

  it('warns where visitors of a closed rule would land on administration, and says what to do', async () => {
    const remedy = 'Give the rule they fall to conditions that do not match them, or make its service one that stops.';
    const wide: Rule = { ...admin, Conditions: [host('*.graasp.org')] };
    expect(await only('leaks', { rules: [graasp, wide, byDefault] })).toEqual([{ group: 'gate', name: 'leaks', status: 'warning', detail: 'visitors of api.dev.graasp.org/ (rule 1) land on rule 8 (admin), not on the maintenance page', remedy }]);
  });

  it('looks at no door in a plan, and at none where no rule is gated', async () => {
    expect(await only('front door', { ...planOptions(), frontDoor: { request: () => Promise.reject(new Error('asked')) } })).toEqual([]);
    expect((await look({ rules: [byDefault], services: [] })).map(({ name, detail }) => `${name}: ${detail}`)).toEqual([
      'room: each of 0 rules has room for the maintenance header',
      'default action: answers visitors itself',
      'maintenance: off',
      'target groups: the rules forward to those that services register in',
      'leaks: none: visitors of every closed rule land on the default action',
    ]);
  });

  it('goes by the target groups of connect where ECS does not tell a service’s own, and leaves services that cannot be read to others', async () => {
    expect(await only('target groups', { services: [{ serviceName: 'graasp' }] })).toMatchObject([{ status: 'ok' }]);
    expect(await only('target groups', { services: null })).toEqual([]);
  });
});
