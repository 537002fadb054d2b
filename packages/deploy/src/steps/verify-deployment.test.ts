import { DescribeServicesCommand, ECSClient } from '@aws-sdk/client-ecs';
import { DescribeRulesCommand, DescribeTargetHealthCommand, ElasticLoadBalancingV2Client, type Rule } from '@aws-sdk/client-elastic-load-balancing-v2';
import { mockClient } from 'aws-sdk-client-mock';
import { errAsync, okAsync } from 'neverthrow';
import { beforeEach, describe, expect, it } from 'vitest';
import { closedDoor, definition, graaspTargetGroup, headerName, headerValue, testEnvironment, testRun } from '../environment/environment.fixture.js';
import type { Check, Expectations } from '../environment/environment.js';
import type { FrontDoor, FrontDoorAnswer, FrontDoorRequest } from '../front-door.js';
import type { Baseline } from '../runs/baseline.js';
import { verifyDeployment } from './verify-deployment.js';

const elbv2 = mockClient(ElasticLoadBalancingV2Client);
const ecs = mockClient(ECSClient);

const header = { Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: headerName, Values: [headerValue] } };
const host = { Field: 'host-header', HostHeaderConfig: { Values: ['api.dev.graasp.org'] } };
const rule = (Conditions: Rule['Conditions']): Rule => ({ RuleArn: 'r1', Priority: '1', Conditions, Actions: [{ Type: 'forward', TargetGroupArn: graaspTargetGroup }] });
const byDefault: Rule = { RuleArn: 'd', Priority: 'default', IsDefault: true, Actions: [{ Type: 'redirect', RedirectConfig: { Host: 'maintenance.dev.graasp.org', StatusCode: 'HTTP_302' } }] };

function gate(closed: boolean) {
  elbv2.on(DescribeRulesCommand).resolves({ Rules: [rule(closed ? [host, header] : [host]), byDefault] });
}

beforeEach(() => {
  for (const client of [elbv2, ecs]) client.reset();
  gate(true);
  elbv2.on(DescribeTargetHealthCommand).resolves({ TargetHealthDescriptions: [{ TargetHealth: { State: 'healthy' } }] });
  desired({ graasp: 1, admin: 1 });
});

function desired(counts: Readonly<Record<string, number>>) {
  ecs.on(DescribeServicesCommand).callsFake(({ services }: { services: string[] }) => ({ services: services.map((serviceName) => ({ serviceName, desiredCount: counts[serviceName] })) }));
}

const checked = { ...definition, checks: [{ name: 'core version', url: 'https://api.dev.graasp.org/api/version', versionAt: 'version' }] };

/** Operators get this answer, visitors the maintenance page; two addresses. */
function door(answer: Partial<FrontDoorAnswer>, more: Partial<FrontDoor> = {}): { readonly door: FrontDoor; readonly requests: FrontDoorRequest[] } {
  const requests: FrontDoorRequest[] = [];
  const request = (asked: FrontDoorRequest) => {
    requests.push(asked);
    return asked.headers[headerName] === headerValue ? Promise.resolve({ status: 200, location: null, headers: {}, body: '', ...answer }) : closedDoor.request(asked);
  };
  return { requests, door: { addresses: () => Promise.resolve(['10.0.0.1', '10.0.0.2']), request, ...more } };
}

function verify(frontDoor: FrontDoor, checks: Record<string, Check> = {}) {
  return verifyDeployment(testEnvironment({ definition: checked, internals: { frontDoor, checks } }), { version: 'v1.54.8', timeoutSeconds: 20 });
}

/** A verification in a run, while graasp wants no task; `putAside`: of a baseline that found it at 0, null without one. */
async function verifyAtZero({ desiredCounts, putAside, defined }: { readonly desiredCounts: Expectations['desiredCounts']; readonly putAside: readonly string[] | null; readonly defined: number }) {
  desired({ graasp: 0, admin: 1 });
  const services = { ...checked.services, graasp: { ...checked.services['graasp']!, desiredCount: defined } };
  const found: Baseline = { takenAt: '', byRun: 'run-1', gate: {}, services: { graasp: { desiredCount: 0, taskDefinition: 'graasp:7', scaling: null } }, targetGroups: {}, putAside: putAside ?? [] };
  const run = { ...testRun({ desiredCounts }), baseline: () => (putAside === null ? null : found) };
  const { door: frontDoor } = door({ body: '{"version":"1.54.8"}' });
  const result = await verifyDeployment(testEnvironment({ definition: { ...checked, services }, internals: { frontDoor, run } }), { timeoutSeconds: 20 });
  return { result, skipped: result.isOk() ? result.value.checks.filter(({ check }) => check === 'targets of graasp') : [] };
}

describe('verifyDeployment', () => {
  it('asks as an operator through every address, looks at targets, own checks, and at what visitors see', async () => {
    const { door: frontDoor, requests } = door({ body: '{"version":"1.54.8"}' });
    const report = (await verify(frontDoor, { search: () => okAsync('finds an item') }))._unsafeUnwrap();
    expect(report).toEqual({
      version: 'v1.54.8',
      checks: [
        { check: 'core version', seen: 'https://api.dev.graasp.org/api/version answers 200 with v1.54.8 through 2 addresses' },
        { check: 'search', seen: 'finds an item' },
        { check: 'targets of graasp', seen: '1 of 1 targets healthy' },
        { check: 'visitors are kept out', seen: 'api.dev.graasp.org through 2 addresses' },
      ],
    });
    expect(requests.filter(({ headers }) => headerName in headers).map(({ address }) => address)).toEqual(['10.0.0.1', '10.0.0.2']);
  });

  it('lists everything that fails, after having tried again', async () => {
    const { door: frontDoor, requests } = door({ body: '{"version":"1.54.7"}' });
    elbv2.on(DescribeTargetHealthCommand).resolves({ TargetHealthDescriptions: [{ TargetHealth: { State: 'unhealthy' } }] });
    const checks: Record<string, Check> = { search: () => errAsync({ message: 'index is empty' }), mail: () => { throw new TypeError('no host'); } };
    const error = (await verify(frontDoor, checks))._unsafeUnwrapErr();
    expect(error).toMatchObject({
      kind: 'VerificationFailed',
      failures: [
        { check: 'core version', message: 'https://api.dev.graasp.org/api/version through 10.0.0.1: expected version v1.54.8 at version, got "1.54.7"' },
        { check: 'search', message: 'index is empty' },
        { check: 'mail', message: 'threw TypeError: no host' },
        { check: 'targets of graasp', message: '0 of 1 targets healthy' },
      ],
      message:
        'v1.54.8 does not work in dev: core version: https://api.dev.graasp.org/api/version through 10.0.0.1: expected version v1.54.8 at version, got "1.54.7"; search: index is empty; mail: threw TypeError: no host; targets of graasp: 0 of 1 targets healthy',
      remedy: 'Mend what fails and verify again; look at the tasks’ logs first.',
    });
    expect(requests.length).toBeGreaterThan(4);
  });

  it('has one time limit for everything that it looks at', async () => {
    let rounds = 0;
    const search: Check = () => ((rounds += 1) < 4 ? errAsync({ message: 'warming up' }) : okAsync('warm'));
    const request = () => Promise.resolve({ status: 200, location: null, headers: {}, body: '{"version":"1.54.8"}' });
    const env = testEnvironment({ definition: checked, internals: { frontDoor: { ...door({}).door, request }, checks: { search } } });
    const startedAt = env.clock.time;
    expect((await verifyDeployment(env, { timeoutSeconds: 20 }))._unsafeUnwrapErr()).toMatchObject({ failures: [{ check: 'visitors are kept out' }] });
    expect((env.clock.time - startedAt) / 1000).toBeLessThan(23);
  });

  it('passes when what failed at first comes right', async () => {
    let rounds = 0;
    const search: Check = () => ((rounds += 1) < 3 ? errAsync({ message: 'warming up' }) : okAsync('warm'));
    expect((await verify(door({ body: '{"version":"1.54.8"}' }).door, { search })).isOk()).toBe(true);
  });

  it('fails when one address of the balancer answers otherwise than the others', async () => {
    const request = (asked: FrontDoorRequest) => Promise.resolve({ status: asked.address === '10.0.0.2' ? 502 : 200, location: null, headers: {}, body: '{"version":"1.54.8"}' });
    expect((await verify({ ...door({}).door, request }))._unsafeUnwrapErr()).toMatchObject({
      failures: [{ check: 'core version', message: 'https://api.dev.graasp.org/api/version through 10.0.0.2: expected status 200, got 502' }],
    });
  });

  it('fails when visitors come in although the gate is closed', async () => {
    const request = () => Promise.resolve({ status: 200, location: null, headers: {}, body: '{"version":"1.54.8"}' });
    expect((await verify({ ...door({}).door, request }))._unsafeUnwrapErr()).toMatchObject({
      failures: [{ check: 'visitors are kept out', message: 'api.dev.graasp.org/ still answers 200' }],
    });
  });

  it('does not ask visitors while the gate is open', async () => {
    gate(false);
    const checks = (await verify(door({ body: '{"version":"1.54.8"}' }).door))._unsafeUnwrap().checks;
    expect(checks.map(({ check }) => check)).toEqual(['core version', 'targets of graasp']);
  });

  it('tells that nothing answers, and that the name does not resolve', async () => {
    const silent = door({}, { request: () => Promise.reject(new Error('connect ECONNREFUSED')) }).door;
    expect((await verify(silent))._unsafeUnwrapErr()).toMatchObject({ failures: [{ message: 'https://api.dev.graasp.org/api/version through 10.0.0.1: no answer: connect ECONNREFUSED' }] });
    const unresolved = door({}, { addresses: () => Promise.reject(new Error('ENOTFOUND')) }).door;
    expect((await verify(unresolved))._unsafeUnwrapErr()).toMatchObject({ failures: [{ check: 'front door', message: 'graasp-dev.elb.amazonaws.com does not resolve: ENOTFOUND' }] });
  });

  it('fails for a service that is scaled to 0', async () => {
    desired({ graasp: 0, admin: 1 });
    expect((await verify(door({ body: '{"version":"1.54.8"}' }).door))._unsafeUnwrapErr()).toMatchObject({ failures: [{ check: 'targets of graasp', message: 'desired count is 0' }] });
  });

  it.each([
    ['the definition says so', {}, null, 0],
    ['the run has set it to 0', { graasp: 0 }, null, 1],
    ['Auto Scaling may take it to 0', { graasp: { min: 0, max: 4 } }, null, 1],
    ['the run has found it at 0 and not touched it', {}, [], 1],
  ] as const)('skips the targets of a service that is to run 0 tasks: %s', async (_, desiredCounts, putAside, defined) => {
    const { result, skipped } = await verifyAtZero({ desiredCounts, putAside, defined });
    expect(result.isOk()).toBe(true);
    expect(skipped).toEqual([{ check: 'targets of graasp', seen: 'skipped: meant to run 0 tasks' }]);
  });

  it('fails for a service that the run has stopped and not started again', async () => {
    const { result } = await verifyAtZero({ desiredCounts: { graasp: 0 }, putAside: ['service:graasp'], defined: 1 });
    expect(result._unsafeUnwrapErr()).toMatchObject({ failures: [{ check: 'targets of graasp', message: 'desired count is 0' }] });
  });

  it('asks nothing in a plan', async () => {
    const { door: frontDoor, requests } = door({});
    const env = testEnvironment({ definition: checked, planning: true, internals: { frontDoor } });
    expect((await verifyDeployment(env))._unsafeUnwrap()).toEqual({ version: null, checks: [] });
    expect(requests).toEqual([]);
  });

  it('refuses a version that is none', async () => {
    expect((await verifyDeployment(testEnvironment(), { version: 'latest' }))._unsafeUnwrapErr().kind).toBe('InvalidInput');
  });
});
