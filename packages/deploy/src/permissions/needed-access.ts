import { type Environment, internals } from '../environment/environment.js';
import { type Action, actions, type ResourceKind } from './actions.js';
import { conditionOf, contextOf, type PolicyCondition } from './conditions.js';
import type { Resources } from './resources.js';
import { type RecipeName, recipeSteps, stepActions, type StepName } from './step-actions.js';

/** An action, on every one of some resources. */
export interface NeededAccess {
  readonly action: Action;
  readonly resources: readonly string[];
  /** What the resources are. */
  readonly kinds: readonly ResourceKind[];
  /** What the action can be narrowed by besides. */
  readonly condition?: PolicyCondition | undefined;
  /** Condition keys that a policy may go by, with the values that the calls have. */
  readonly context: Readonly<Record<string, string>>;
}

/** Everything that a recipe has to be allowed in an environment; nothing of what that environment has none of. */
export function neededAccess(env: Environment, recipe: RecipeName, resources: Resources): readonly NeededAccess[] {
  return accessOfSteps(env, recipeSteps[recipe], resources);
}

/** As `neededAccess`, of some steps. */
export function accessOfSteps(env: Environment, steps: readonly StepName[], resources: Resources): readonly NeededAccess[] {
  return meantOfSteps(env, steps).flatMap(({ action, kinds }) => byContext(env, action, kinds, resources));
}

/** What the resources of some steps are. */
export function kindsOfSteps(env: Environment, steps: readonly StepName[]): ReadonlySet<ResourceKind> {
  return new Set(meantOfSteps(env, steps).flatMap(({ kinds }) => kinds));
}

function meantOfSteps(env: Environment, all: readonly StepName[]): readonly { readonly action: Action; readonly kinds: readonly ResourceKind[] }[] {
  const { images, heartbeat } = env.definition;
  const isTaken: Readonly<Partial<Record<StepName, boolean>>> = { 'promote-image': images?.source !== undefined, 'plan-promotion': images?.source !== undefined, beat: heartbeat === true };
  const steps = all.filter((step) => isTaken[step] ?? true);
  const needed = new Set(steps.flatMap((step): readonly Action[] => stepActions[step]));
  if (images?.source === undefined && images?.mutableTags === undefined) needed.delete('ecr:PutImage');
  const isMeant = (kind: ResourceKind) => stepsOnly[kind]?.some((step) => steps.includes(step)) ?? true;
  return [...needed].sort().map((action) => ({ action, kinds: actions[action].filter(isMeant) }));
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
const restoring: readonly StepName[] = ['restore-aside', 'set-aside', 'put-in-place'];
const rehearsing: readonly StepName[] = ['rehearse-restore'];
const keeping: readonly StepName[] = ['keep-runs', 'read-runs'];
const administering: readonly StepName[] = ['stop-services', 'start-services', 'start-administration'];
const locking: readonly StepName[] = ['lock-infrastructure', 'read-infrastructure-lock'];

/** Kinds that an action is on in some steps alone. */
const stepsOnly: Readonly<Partial<Record<ResourceKind, readonly StepName[]>>> = {
  'migration task definition': migrating,
  'migration role': migrating,
  'migration log stream': migrating,
  'SQL task definition': asking,
  'SQL task role': asking,
  'SQL log stream': asking,
  'restored instance': [...restoring, 'restore-moment'],
  'instance aside': ['set-aside'],
  'rehearsed instance': [...rehearsing, 'rehearse-moment'],
  instances: [...restoring, ...rehearsing],
  'monitoring role': ['restore-aside'],
  'task role': ['deploy-core'],
  'task definition': ['deploy-core'],
  'log stream': ['deploy-core'],
  'administration service': administering,
  'administration target group': administering,
  'new snapshot': ['warm-snapshot', 'snapshot-db'],
  'snapshots of the database': ['run-migration', 'prune-snapshots', ...rehearsing],
  'run object': keeping,
  'run bucket': keeping,
  'lock object': locking,
  'lock bucket': locking,
};

/** Resources under the same condition go together. */
function byContext(env: Environment, action: Action, kinds: readonly ResourceKind[], resources: Resources): readonly NeededAccess[] {
  const found = new Map<string, NeededAccess>();
  for (const kind of kinds.filter((kind) => resources[kind].length > 0)) {
    const condition = conditionOf(env, action, kind);
    const context = { ...contextEverywhere(env, kind), ...contextOf(condition ?? {}) };
    const key = JSON.stringify(context);
    const others = found.get(key);
    found.set(key, { action, resources: [...new Set([...(others?.resources ?? []), ...resources[kind]])], kinds: [...(others?.kinds ?? []), kind], condition, context });
  }
  return [...found.values()];
}

/** Keys that policies of others often go by. */
function contextEverywhere(env: Environment, kind: ResourceKind): NeededAccess['context'] {
  return { 'aws:RequestedRegion': regionOf(env, kind), 'ecs:cluster': env[internals].found.clusterArn };
}

/** CloudFront is asked in one region, wherever it works ("CloudFront endpoints and quotas"). */
function regionOf({ definition, [internals]: { runStore } }: Environment, kind: ResourceKind): string {
  if (kind === 'distribution' || kind === 'function') return 'us-east-1';
  if (kind === 'run object' || kind === 'run bucket') return runStore.keptIn?.region ?? definition.region;
  if (kind === 'lock object' || kind === 'lock bucket') return definition.infrastructureLock?.region ?? definition.region;
  return definition.region;
}
