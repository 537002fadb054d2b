import type {
  ContainerDefinition,
  DeregisterTaskDefinitionRequest,
  DeregisterTaskDefinitionResponse,
  DescribeTaskDefinitionRequest,
  DescribeTaskDefinitionResponse,
  ListTaskDefinitionFamiliesRequest,
  ListTaskDefinitionFamiliesResponse,
  ListTaskDefinitionsRequest,
  ListTaskDefinitionsResponse,
  RegisterTaskDefinitionRequest,
  RegisterTaskDefinitionResponse,
  TaskDefinition,
} from '@aws-sdk/client-ecs';
import { ServiceFault } from '../../context.js';
import { page } from '../paging.js';
import { invalidToken } from './clusters.js';
import { arn, findTaskDefinition, lastPart } from './lookup.js';
import type { Ecs, TaskDefinitionState } from './state.js';
import { putTags, tagsOf } from './tags.js';

export function taskDefinitionOperations(ecs: Ecs) {
  return {
    RegisterTaskDefinition(input: RegisterTaskDefinitionRequest): RegisterTaskDefinitionResponse {
      const registered = register(ecs, input);
      return { taskDefinition: toTaskDefinition(ecs, registered), tags: [...tagsOf(ecs, registered.arn)] };
    },
    DescribeTaskDefinition(input: DescribeTaskDefinitionRequest): DescribeTaskDefinitionResponse {
      const found = findTaskDefinition(ecs, input.taskDefinition ?? '');
      if (found === undefined) throw new ServiceFault('ClientException', 'Unable to describe task definition.');
      return { taskDefinition: toTaskDefinition(ecs, found), ...(input.include?.includes('TAGS') ? { tags: [...tagsOf(ecs, found.arn)] } : {}) };
    },
    ListTaskDefinitions(input: ListTaskDefinitionsRequest): ListTaskDefinitionsResponse {
      const { items, next } = page(listed(ecs, input), { size: input.maxResults ?? 100, token: input.nextToken, invalid: invalidToken });
      return { taskDefinitionArns: items.map((each) => each.arn), nextToken: next };
    },
    ListTaskDefinitionFamilies(input: ListTaskDefinitionFamiliesRequest): ListTaskDefinitionFamiliesResponse {
      const { items, next } = page(listedFamilies(ecs, input), { size: input.maxResults ?? 100, token: input.nextToken, invalid: invalidToken });
      return { families: [...items], nextToken: next };
    },
    DeregisterTaskDefinition(input: DeregisterTaskDefinitionRequest): DeregisterTaskDefinitionResponse {
      const reference = lastPart(input.taskDefinition ?? '');
      if (!reference.includes(':')) throw new ServiceFault('ClientException', 'A revision must be specified to deregister a task definition.');
      const found = findTaskDefinition(ecs, reference);
      if (found === undefined) throw new ServiceFault('ClientException', 'The specified task definition does not exist.');
      found.deregisteredAt ??= ecs.context.clock.now();
      return { taskDefinition: toTaskDefinition(ecs, found) };
    },
  };
}

function register(ecs: Ecs, input: RegisterTaskDefinitionRequest): TaskDefinitionState {
  validate(input);
  const { tags, ...definition } = input;
  const family = input.family ?? '';
  const revisions = ecs.state.families.get(family) ?? [];
  const revision = revisions.length + 1;
  const registered: TaskDefinitionState = {
    arn: arn(ecs, `task-definition/${family}:${String(revision)}`),
    family,
    revision,
    definition,
    containers: (input.containerDefinitions ?? []).map(withDefaults),
    registeredAt: ecs.context.clock.now(),
    deregisteredAt: undefined,
  };
  ecs.state.families.set(family, [...revisions, registered]);
  putTags(ecs, registered.arn, tags);
  return registered;
}

function validate(input: RegisterTaskDefinitionRequest): void {
  const clientError = (message: string) => new ServiceFault('ClientException', message);
  if (!/^[A-Za-z0-9_-]{1,255}$/.test(input.family ?? '')) throw clientError("Invalid 'family' setting for task definition.");
  if (!input.containerDefinitions?.length) throw clientError('Container list cannot be empty.');
  if (input.containerDefinitions.some((each) => !each.name || !each.image)) throw clientError('Container.image should not be null or empty.');
  if (!input.containerDefinitions.some((each) => each.essential ?? true)) throw clientError('Container.essential: at least one container must be essential.');
  if (!input.requiresCompatibilities?.includes('FARGATE')) return;
  if (input.networkMode !== 'awsvpc') throw clientError("Fargate only supports network mode 'awsvpc'.");
  if (input.cpu === undefined) throw clientError("Fargate requires that 'cpu' be defined at the task level.");
  if (input.memory === undefined) throw clientError("Fargate requires that 'memory' be defined at the task level.");
}

function withDefaults(container: ContainerDefinition): ContainerDefinition {
  return {
    cpu: 0,
    essential: true,
    environment: [],
    mountPoints: [],
    volumesFrom: [],
    systemControls: [],
    ...container,
    portMappings: (container.portMappings ?? []).map((mapping) => ({ hostPort: mapping.containerPort, protocol: 'tcp' as const, ...mapping })),
  };
}

/** By the beginning of their names. "ListTaskDefinitionFamilies": ACTIVE are those with an active revision, INACTIVE those without one; both unless told. */
function listedFamilies(ecs: Ecs, { familyPrefix = '', status = 'ALL' }: ListTaskDefinitionFamiliesRequest): string[] {
  const isActive = (revisions: readonly TaskDefinitionState[]) => revisions.some(({ deregisteredAt }) => deregisteredAt === undefined);
  return [...ecs.state.families.entries()]
    .filter(([family, revisions]) => family.startsWith(familyPrefix) && (status === 'ALL' || isActive(revisions) === (status === 'ACTIVE')))
    .map(([family]) => family)
    .sort();
}

function listed(ecs: Ecs, input: ListTaskDefinitionsRequest): TaskDefinitionState[] {
  const active = (input.status ?? 'ACTIVE') === 'ACTIVE';
  const all = [...ecs.state.families.entries()]
    .filter(([family]) => input.familyPrefix === undefined || family === input.familyPrefix)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, revisions]) => revisions)
    .filter((each) => (each.deregisteredAt === undefined) === active);
  return input.sort === 'DESC' ? all.reverse() : all;
}

function toTaskDefinition(ecs: Ecs, state: TaskDefinitionState): TaskDefinition {
  return {
    ...state.definition,
    containerDefinitions: [...state.containers],
    volumes: state.definition.volumes ?? [],
    placementConstraints: state.definition.placementConstraints ?? [],
    taskDefinitionArn: state.arn,
    revision: state.revision,
    status: state.deregisteredAt === undefined ? 'ACTIVE' : 'INACTIVE',
    requiresAttributes: [],
    compatibilities: ['EC2', 'FARGATE'],
    registeredAt: new Date(state.registeredAt),
    registeredBy: `arn:aws:iam::${ecs.context.accountId}:user/operator`,
    ...(state.deregisteredAt === undefined ? {} : { deregisteredAt: new Date(state.deregisteredAt) }),
  };
}
