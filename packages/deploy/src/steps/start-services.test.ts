import { ApplicationAutoScalingClient, DescribeScalableTargetsCommand } from '@aws-sdk/client-application-auto-scaling';
import { DescribeServicesCommand, DescribeTasksCommand, ECSClient, ListTasksCommand, type Service, UpdateServiceCommand, type UpdateServiceCommandInput } from '@aws-sdk/client-ecs';
import { DescribeRulesCommand, ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { mockClient } from 'aws-sdk-client-mock';
import { okAsync } from 'neverthrow';
import { beforeEach, describe, expect, it } from 'vitest';
import { definition, testEnvironment } from '../environment/environment.fixture.js';
import { internals } from '../environment/environment.js';
import type { Baseline } from '../runs/baseline.js';
import { environmentInRun, recordingRun } from './recording-run.fixture.js';
import { startAsDefined, startServices, type StartServicesOptions } from './start-services.js';

const ecs = mockClient(ECSClient);
const elbv2 = mockClient(ElasticLoadBalancingV2Client);
const scaling = mockClient(ApplicationAutoScalingClient);

let services: Readonly<Record<string, Service>> = {};
/** Whether tasks come up that are asked for. */
let comesUp = true;
const now = (counts: Readonly<Record<string, number>>) =>
  void (services = Object.fromEntries(['graasp', 'redis', 'admin'].map((serviceName) => [serviceName, { serviceName, desiredCount: counts[serviceName] ?? 0, runningCount: counts[serviceName] ?? 0, pendingCount: 0, deployments: [{ status: 'PRIMARY' }] }])));
const updates = () => ecs.commandCalls(UpdateServiceCommand).map(({ args: [{ input }] }) => [input.service, input.desiredCount]);

beforeEach(() => {
  for (const client of [ecs, elbv2, scaling]) client.reset();
  comesUp = true;
  now({});
  ecs.on(DescribeServicesCommand).callsFake(({ services: names = [] }: { services?: string[] }) => ({ services: names.map((name) => services[name]) }));
  ecs.on(UpdateServiceCommand).callsFake(({ service = '', desiredCount = 0 }: UpdateServiceCommandInput) => {
    services = { ...services, [service]: { ...services[service], desiredCount, runningCount: comesUp ? desiredCount : 0 } };
    return { service: services[service] };
  });
  ecs.on(ListTasksCommand).resolves({ taskArns: [] });
  ecs.on(DescribeTasksCommand).resolves({ tasks: [] });
  elbv2.on(DescribeRulesCommand).resolves({ Rules: [] });
  scaling.on(DescribeScalableTargetsCommand).resolves({ ScalableTargets: [] });
});

/** What a run found, service by service, and which of them it has put aside; null: it has looked at nothing yet. */
function inRun(found: Readonly<Record<string, number>> | null, putAside: readonly string[] = []) {
  const known = (counts: Readonly<Record<string, number>>) => Object.fromEntries(Object.entries(counts).map(([name, desiredCount]) => [name, { desiredCount, taskDefinition: `${name}:1`, scaling: null }]));
  let baseline: Baseline | null = found === null ? null : { takenAt: '', byRun: 'run-1', gate: {}, services: known(found), targetGroups: {}, putAside };
  const run = { ...recordingRun(), baseline: () => baseline, saveBaseline: (next: Baseline) => okAsync(void (baseline = next)) };
  const services = Object.fromEntries(Object.entries(definition.services).map(([name, { release: _, ...service }]) => [name, service]));
  const env = environmentInRun(run, { definition: { ...definition, services: { ...services, graasp: { ...services['graasp']!, desiredCount: 2 } } }, internals: { found: { ...testEnvironment()[internals].found, targetGroupsOf: {} } } });
  return { env, putAside: () => baseline?.putAside };
}

const start = async (env: ReturnType<typeof inRun>['env'], options: StartServicesOptions = {}) => (await startServices(env, options))._unsafeUnwrap().started;

describe('startServices', () => {
  it('starts what was stopped, with the count that was found and what it depends on first, and gives it back', async () => {
    const { env, putAside } = inRun({ graasp: 4, redis: 3, admin: 1 }, ['gate', 'service:graasp', 'service:redis']);
    expect(await start(env)).toEqual({ graasp: 4, redis: 3 });
    expect(updates()).toEqual([['redis', 3], ['graasp', 4]]);
    expect(putAside()).toEqual(['gate']);
    expect(env.events).toContainEqual({ type: 'change', planned: false, resource: 'service redis', from: '0 tasks', to: '3 tasks', operation: 'ecs:UpdateService', why: 'as it was found' });
  });

  it('leaves a service at 0 that was found so', async () => {
    expect(await start(inRun({ graasp: 0 }, ['service:graasp']).env)).toEqual({ graasp: 0 });
    expect(updates()).toEqual([]);
  });

  it.each<[string, number, Parameters<typeof inRun>, number]>([
    ['what it has, if no run has stopped it', 5, [{ graasp: 4 }, []], 5],
    ['the definition’s, where it has none and no run has stopped it', 0, [{ graasp: 4 }, []], 2],
    ['the definition’s, where nothing is known of it', 0, [{}, ['service:graasp']], 2],
    ['what was found, if it was stopped, whatever it has', 5, [{ graasp: 4 }, ['service:graasp']], 4],
  ])('gives a named service %s', async (_, has, found, count) => {
    now({ graasp: has });
    expect(await start(inRun(...found).env, { services: ['graasp'] })).toEqual({ graasp: count });
  });

  it('starts every declared service where no run has found anything, and none where nothing is away', async () => {
    expect(await start(inRun(null).env)).toEqual({ graasp: 2, redis: 1, admin: 1 });
    ecs.resetHistory();
    expect(await start(inRun({ graasp: 2 }).env)).toEqual({});
    expect(updates()).toEqual([]);
  });

  it('has one time limit, of twenty minutes unless it is told otherwise', async () => {
    comesUp = false;
    expect((await startServices(inRun({ redis: 1 }, ['service:redis']).env))._unsafeUnwrapErr()).toMatchObject({ kind: 'TimedOut', timeoutSeconds: 1200, lastSeen: '0 of 1 running' });
    const { env, putAside } = inRun({ redis: 1 }, ['service:redis']);
    expect((await startServices(env, { timeoutSeconds: 40 }))._unsafeUnwrapErr()).toMatchObject({ kind: 'TimedOut', timeoutSeconds: 40 });
    expect(putAside()).toEqual(['service:redis']);
  });
});

describe('startAsDefined', () => {
  it('lets no service stay below its definition, and none that has more come down', async () => {
    now({ redis: 3 });
    const { env } = inRun({ graasp: 1, redis: 3, admin: 0 }, ['service:graasp', 'service:admin']);
    expect((await startAsDefined(env, { services: ['graasp', 'redis', 'admin'] }))._unsafeUnwrap().started).toEqual({ graasp: 2, redis: 3, admin: 1 });
  });
});
