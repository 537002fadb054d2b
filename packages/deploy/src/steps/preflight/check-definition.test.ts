import { ApplicationAutoScalingClient, DescribeScalableTargetsCommand, type ScalableTarget } from '@aws-sdk/client-application-auto-scaling';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Service } from '../../aws/ecs.js';
import { definition, testEnvironment } from '../../environment/environment.fixture.js';
import type { EnvironmentDefinition } from '../../environment/definition.js';
import { checkDefinition } from './check-definition.js';
import { type FoundByReads, question } from './question.fixture.js';
import type { Question } from './question.js';

const scaling = mockClient(ApplicationAutoScalingClient);
const scales = (...targets: ScalableTarget[]) => scaling.on(DescribeScalableTargetsCommand).resolves({ ScalableTargets: targets });
const target = (MinCapacity: number, MaxCapacity: number) => ({ ResourceId: 'service/graasp-dev/graasp', MinCapacity, MaxCapacity }) as ScalableTarget;

beforeEach(() => {
  scaling.reset();
  scales();
});

const graasp: Service = { serviceName: 'graasp', status: 'ACTIVE', desiredCount: 1, taskDefinition: 'graasp:7', networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-a'] } } };
const others: readonly Service[] = [{ serviceName: 'redis', desiredCount: 1 }, { serviceName: 'admin', desiredCount: 0 }];
const migrate = { family: 'migrate', revision: 3, networkMode: 'awsvpc', compatibilities: ['EC2', 'FARGATE'], tags: [] } as const;
const definitions = { 'graasp:7': { family: 'graasp', revision: 7, status: 'ACTIVE', tags: [] }, migrate } as unknown as NonNullable<FoundByReads['definitions']>;

interface Options extends FoundByReads {
  readonly service?: Partial<Service>;
  readonly as?: Partial<Question>;
  readonly definition?: EnvironmentDefinition;
}

async function look({ service = {}, as = {}, definition: given = definition, ...reads }: Options = {}) {
  const found = { services: [{ ...graasp, ...service }, ...others], definitions, ...reads };
  return (await checkDefinition(testEnvironment({ definition: given }), question(found, as)))._unsafeUnwrap();
}

const only = async (name: string, options: Options = {}) => (await look(options)).filter((check) => check.name === name);

describe('checkDefinition', () => {
  it('tells that reality is as the definition says', async () => {
    scales(target(1, 4));
    expect((await look()).map(({ name, status, detail }) => `${status} ${name}: ${detail}`)).toEqual([
      'ok services: 3 active, deployed by ECS',
      'ok task definitions: those of released services are active',
      'ok migration task: migrate:3 on FARGATE, in the network of graasp',
      "ok scaling: the definition's numbers of tasks are within the limits",
      'ok deployments by ECS: without a circuit breaker: tasks that fail are counted here',
    ]);
  });

  it.each<[Partial<Service>, string, string]>([
    [{ status: 'DRAINING' }, 'graasp is DRAINING', 'It is being deleted, or was: create it again, or take it out of the definition.'],
    [{ deploymentController: { type: 'CODE_DEPLOY' } }, 'graasp is deployed by CODE_DEPLOY, not by ECS', 'Only rolling deployments of ECS are known here: give it the deployment controller ECS.'],
    [{ schedulingStrategy: 'DAEMON' }, 'graasp has the scheduling strategy DAEMON', 'Its number of tasks cannot be set, so it cannot be stopped: take it out of the definition.'],
  ])('fails for a service with %o', async (service, detail, remedy) => {
    expect(await only('services', { service })).toEqual([{ group: 'definition', name: 'services', status: 'failed', detail, remedy }]);
    expect(await only('services', { service: { deploymentController: { type: 'ECS' }, schedulingStrategy: 'REPLICA' } })).toMatchObject([{ status: 'ok' }]);
  });

  it('warns of a revision that is INACTIVE, and fails for one that cannot be read', async () => {
    const inactive = { ...definitions, 'graasp:7': { ...definitions['graasp:7']!, status: 'INACTIVE' as const } };
    expect(await only('task definition of graasp', { definitions: inactive })).toMatchObject([{ status: 'warning', detail: 'graasp:7 is INACTIVE: the service can stay on it, but not come back to it', remedy: 'Find out who deregistered it; a release puts the service on a revision of its own.' }]);
    expect(await only('task definition of graasp', { definitions: { migrate: definitions['migrate']! } })).toMatchObject([{ status: 'failed', detail: 'task definition graasp:7 does not exist' }]);
    expect(await only('migration task', { definitions: { 'graasp:7': definitions['graasp:7']! } })).toMatchObject([{ status: 'failed', detail: 'task definition migrate does not exist' }]);
  });

  it('fails for a migration that cannot run on Fargate', async () => {
    const on = (changes: object) => ({ definitions: { ...definitions, migrate: { ...definitions['migrate']!, ...changes } } });
    expect(await only('migration task', on({ compatibilities: ['EC2'] }))).toMatchObject([{ status: 'failed', detail: 'migrate:3 runs on EC2, not on FARGATE', remedy: 'Register it with requiresCompatibilities FARGATE: a migration runs there, on demand.' }]);
    expect(await only('migration task', on({ networkMode: 'bridge' }))).toMatchObject([{ status: 'failed', detail: 'migrate:3 has the network mode bridge', remedy: 'Register it with the network mode awsvpc, which Fargate needs.' }]);
    expect(await only('migration task', { service: { networkConfiguration: undefined } })).toMatchObject([{ status: 'failed', detail: 'service graasp, in whose network it is to run, has no subnets and security groups', remedy: 'Name a service with the network mode awsvpc in migration.networkOf.' }]);
    const { migration: _, ...without } = definition;
    expect(await only('migration task', { definition: without })).toMatchObject([{ status: 'skip', detail: 'the definition names none' }]);
  });

  it.each<[string, Question['purpose'], Partial<Service>, ScalableTarget[], string, string, string?]>([
    ['above the maximum', 'migration', {}, [target(0, 0)], 'warning', 'graasp scales from 0 to 0 tasks, the definition says 1', 'Auto Scaling would pull it back: raise the maximum, or correct the definition.'],
    ['below the minimum, of no account to a release', 'migration', {}, [target(2, 4)], 'ok', "the definition's numbers of tasks are within the limits"],
    ['below the minimum', 'transition', {}, [target(2, 4)], 'warning', 'graasp scales from 2 to 4 tasks, the definition says at least 1', 'A transition goes by the definition: set minCapacity to 2 there, or the minimum to 1.'],
    ['not what runs, of no account to a release', 'migration', { desiredCount: 2 }, [], 'ok', "the definition's numbers of tasks are within the limits"],
    ['not what runs', 'transition', { desiredCount: 2 }, [], 'warning', 'graasp is to run 2 tasks, the definition says 1, and it does not scale', 'A transition goes by the definition: bring the two together.'],
    ['of a service that is off', 'transition', { desiredCount: 0 }, [target(0, 0)], 'ok', "the definition's numbers of tasks are within the limits"],
  ])('compares a number of tasks that is %s (%s)', async (_, purpose, service, targets, status, detail, remedy) => {
    scales(...targets);
    expect(await only('scaling', { service, as: { purpose } })).toEqual([{ group: 'definition', name: 'scaling', status, detail, ...(remedy === undefined ? {} : { remedy }) }]);
  });

  it('has nothing to say of services that cannot be read, and little where nothing is released', async () => {
    expect(await look({ services: null })).toEqual([{ group: 'definition', name: 'services', status: 'skip', detail: 'they could not be read' }]);
    const bare = { ...definition, services: { redis: { role: 'application', desiredCount: 1 } } } as const;
    const checks = await look({ definition: bare, services: [others[0]!], as: { purpose: 'deployment' } });
    expect(checks.filter(({ status }) => status === 'skip').map(({ name, detail }) => `${name}: ${detail}`)).toEqual([
      'task definitions: no service has a release image',
      'migration task: nothing is migrated',
      'deployments by ECS: no service has a release image',
    ]);
  });
});

describe('deployments by ECS', () => {
  const settings = (deploymentConfiguration: Service['deploymentConfiguration'], desiredCount = 2) => ({ service: { deploymentConfiguration, desiredCount } });

  it('are told by which of them a circuit breaker ends, which a release after a migration keeps from rolling back', async () => {
    expect(await only('deployments by ECS', settings({ deploymentCircuitBreaker: { enable: true, rollback: true } }))).toMatchObject([{ status: 'ok', detail: 'with a circuit breaker: graasp' }]);
    expect(await only('deployments by ECS', settings({ deploymentCircuitBreaker: { enable: false, rollback: false } }))).toMatchObject([{ status: 'ok', detail: 'without a circuit breaker: tasks that fail are counted here' }]);
  });

  it.each([
    [2, 100, 100, 'failed'],
    [2, 75, 100, 'failed'],
    [3, 100, 125, 'failed'],
    [2, 50, 100, 'ok'],
    [1, 100, 200, 'ok'],
    [0, 100, 100, 'ok'],
  ])('of %i tasks with a minimum of %i %% and a maximum of %i %% while visitors stay: %s', async (desired, minimumHealthyPercent, maximumPercent, status) => {
    const given = settings({ minimumHealthyPercent, maximumPercent }, desired);
    expect(await only('deployments by ECS', { ...given, as: { purpose: 'deployment' } })).toMatchObject([{ status }]);
    expect(await only('deployments by ECS', given)).toMatchObject([{ status: 'ok' }]);
  });

  it('say of one that has no room for a task more or less how room is made', async () => {
    expect(await only('deployments by ECS', { ...settings({ minimumHealthyPercent: 100, maximumPercent: 100 }), as: { purpose: 'deployment' } })).toMatchObject([
      { detail: "of graasp's 2 no task may be stopped first (minimum 100 %) and none started first (maximum 100 %)", remedy: 'Raise the maximum or lower the minimum: as they are a rolling deployment never moves.' },
    ]);
    expect(await only('deployments by ECS', { as: { purpose: 'transition' } })).toMatchObject([{ status: 'skip', detail: 'nothing is deployed' }]);
  });
});
