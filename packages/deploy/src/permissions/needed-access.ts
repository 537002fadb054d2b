import { type Environment, internals } from '../environment/environment.js';
import { heartbeatMetric } from '../runs/heartbeat.js';
import { type Action, actions, type ResourceKind } from './actions.js';
import type { Resources } from './resources.js';
import { type RecipeName, recipeSteps, stepActions, type StepName } from './step-actions.js';

/** An action, on every one of some resources. */
export interface NeededAccess {
  readonly action: Action;
  readonly resources: readonly string[];
  /** Condition keys that a policy may go by, with the values that the calls have. */
  readonly context: Readonly<Record<string, string>>;
}

/** Everything that a recipe has to be allowed in an environment; nothing of what that environment has none of. */
export function neededAccess(env: Environment, recipe: RecipeName, resources: Resources): readonly NeededAccess[] {
  return accessOfSteps(env, recipeSteps[recipe], resources);
}

/** As `neededAccess`, of some steps. */
export function accessOfSteps(env: Environment, all: readonly StepName[], resources: Resources): readonly NeededAccess[] {
  const { images, heartbeat } = env.definition;
  const steps = all.filter((step) => (step !== 'promote-image' || images?.source !== undefined) && (step !== 'beat' || heartbeat === true));
  const needed = new Set(steps.flatMap((step): readonly Action[] => stepActions[step]));
  if (images?.source === undefined && images?.mutableTags === undefined) needed.delete('ecr:PutImage');
  const isMeant = (kind: ResourceKind) => stepsOnly[kind]?.some((step) => steps.includes(step)) ?? true;
  return [...needed].sort().flatMap((action) => byContext(env, action, actions[action].filter(isMeant), resources));
}

/** What of an action on some resources others do not cover. */
export function without(needed: readonly NeededAccess[], others: readonly NeededAccess[]): readonly NeededAccess[] {
  return needed.flatMap((access) => {
    const covered = others.filter(({ action }) => action === access.action).flatMap(({ resources }) => resources);
    const resources = access.resources.filter((resource) => !covered.includes(resource));
    return resources.length === 0 ? [] : [{ ...access, resources }];
  });
}

const migrating: readonly StepName[] = ['run-migration'];
const asking: readonly StepName[] = ['run-migration', 'await-db-settled'];
const restoring: readonly StepName[] = ['restore-aside', 'restore-moment', 'set-aside', 'put-in-place', 'rehearse-restore'];

/** Kinds that an action is on in some steps alone. */
const stepsOnly: Readonly<Partial<Record<ResourceKind, readonly StepName[]>>> = {
  'migration task definition': migrating,
  'migration role': migrating,
  'migration log stream': migrating,
  'SQL task definition': asking,
  'SQL task role': asking,
  'SQL log stream': asking,
  'instance beside': restoring,
  instances: restoring,
  'monitoring role': ['restore-aside'],
  'task role': ['deploy-core'],
  'task definition': ['deploy-core'],
};

function byContext(env: Environment, action: Action, kinds: readonly ResourceKind[], resources: Resources): readonly NeededAccess[] {
  const found = new Map<string, NeededAccess>();
  for (const kind of kinds.filter((kind) => resources[kind].length > 0)) {
    const context = contextOf(env, kind);
    const key = JSON.stringify(context);
    found.set(key, { action, resources: [...new Set([...(found.get(key)?.resources ?? []), ...resources[kind]])], context });
  }
  return [...found.values()];
}

function contextOf(env: Environment, kind: ResourceKind): NeededAccess['context'] {
  return {
    'aws:RequestedRegion': regionOf(env, kind),
    'cloudwatch:namespace': heartbeatMetric.namespace,
    'ecs:cluster': env[internals].found.clusterArn,
    'ecs:CreateAction': 'RegisterTaskDefinition',
    'iam:PassedToService': kind === 'monitoring role' ? 'monitoring.rds.amazonaws.com' : 'ecs-tasks.amazonaws.com',
  };
}

/** CloudFront is asked in one region, wherever it works ("CloudFront endpoints and quotas"). */
function regionOf({ definition, [internals]: { runStore } }: Environment, kind: ResourceKind): string {
  if (kind === 'distribution' || kind === 'function') return 'us-east-1';
  if (kind === 'run object' || kind === 'run bucket') return runStore.keptIn?.region ?? definition.region;
  if (kind === 'lock object' || kind === 'lock bucket') return definition.infrastructureLock?.region ?? definition.region;
  return definition.region;
}
