import type { DeployWithMigrationOptions } from '@graasp/deploy';
import type { Fault } from '@graasp/local-cloud';
import { virtualClock } from '../../packages/local-cloud/src/clock.js';
import type { Death } from '../mortal.js';

/** Everything that a seed decides. JSON, to be printed where it fails. */
export interface Choices {
  readonly seed: number;
  readonly shop: { readonly webTasks: number; readonly jobsTasks: number; readonly scaling: boolean; readonly rollback: boolean; readonly spot: boolean; /** How long workers go on after SIGTERM. */ readonly endsAfterSeconds: number };
  readonly cloud: { readonly profile: 'demo' | 'realistic'; readonly latencyMs: number };
  readonly migration: { readonly seconds: number; readonly commitsAfterKillSeconds?: number };
  readonly visitorPauseMs: number;
  /** What is called first. Each but the migration's brings another version, of code that fits the schema as it is. */
  readonly release: Release;
  readonly options: DeployWithMigrationOptions;
  /** The next action that is taken whenever it is offered; null: as `turns` say. */
  readonly prefers: 'restoreDb' | 'reopen' | 'releaseHold' | null;
  readonly troubles: readonly Trouble[];
  /** Of the first process, and of those that go on with its release under faults. Whoever is not named lives. */
  readonly deaths: readonly Death[];
  /** How many processes go on with the release before the faults stop. */
  readonly attemptsUnderFaults: number;
  readonly secondRun: { readonly atStep: Step; readonly afterMs: number } | null;
  /** Which of the next actions is taken, each time there are any; numbers in [0, 1). */
  readonly turns: readonly number[];
  readonly closedLid: ClosedLid | null;
}

/** The laptop of the first process is closed for a while, and somebody else may have a go meanwhile. */
export interface ClosedLid {
  readonly atStep: Step;
  readonly afterMs: number;
  readonly forMs: number;
  /** Another release, or what the lock of a run that is silent may be taken by; `releaseHold` is followed by another release. */
  readonly meanwhile: 'nothing' | 'release' | 'resume' | 'releaseHold';
  /** Since it was closed. */
  readonly meanwhileAfterMs: number;
}

export type Release =
  | { readonly recipe: 'deployWithMigration' | 'applyMigration' }
  | { readonly recipe: 'deployWithoutMigration'; readonly version: typeof fittingVersion; readonly to: 'running' | 'restricted' }
  | { readonly recipe: 'rollBack'; readonly version: typeof earlierVersion };

/** Of code that fits the schema that is there at first. */
export const fittingVersion = 'v1.1.0';
export const earlierVersion = 'v0.9.0';

/** What goes wrong, or what somebody else does, some time after a step of the release has first begun. */
export interface Trouble {
  readonly atStep: Step;
  readonly afterMs: number;
  readonly what: Fault | ForeignChange;
}

export interface ForeignChange {
  readonly kind: 'foreign-change';
  readonly what: 'scales-web' | 'opens-a-rule' | 'starts-a-task' | 'deploys-jobs';
}

export type Step = (typeof steps)[number];

const steps = ['preflight', 'gate-on', 'await-drained', 'stop-services', 'snapshot-db', 'run-migration', 'await-db-settled', 'deploy-core', 'verify-deployment', 'gate-off'] as const;
const minute = 60_000;

/** One generator for all of it: the same seed, the same run. Kinds of trouble are on or off as a whole, so that they meet in every combination. */
export function choose(seed: number): Choices {
  const draw = createDraw(seed);
  const profile = draw.chance(0.65) ? 'demo' : 'realistic';
  return {
    seed,
    shop: {
      webTasks: draw.from([1, 2, 3]),
      jobsTasks: draw.from([0, 1, 2, 2]),
      scaling: draw.chance(0.5),
      rollback: draw.chance(0.5),
      spot: draw.chance(0.3),
      endsAfterSeconds: draw.from([0, 20, 90, 90]),
    },
    cloud: { profile, latencyMs: draw.from([0, 50, 400]) },
    migration: { seconds: draw.from([1, 30, 90]), ...(draw.chance(0.2) ? { commitsAfterKillSeconds: draw.from([20, 200]) } : {}) },
    visitorPauseMs: draw.from([5_000, 20_000, 60_000]),
    release: chooseRelease(draw),
    options: chooseOptions(draw),
    prefers: draw.chance(0.3) ? draw.from(['restoreDb', 'restoreDb', 'reopen', 'releaseHold']) : null,
    troubles: chooseTroubles(draw),
    deaths: draw.chance(0.5) ? draw.times(draw.from([1, 1, 2]), () => chooseDeath(draw)) : [],
    attemptsUnderFaults: draw.from([0, 0, 1, 2]),
    secondRun: draw.chance(0.2) ? { atStep: draw.from(steps), afterMs: draw.upTo(5 * minute) } : null,
    turns: draw.times(24, draw.next),
    // drawn last: what else a seed chooses is as it was before there was this
    closedLid: draw.chance(0.15) ? chooseClosedLid(draw) : null,
  };
}

interface Draw {
  next(): number;
  chance(probability: number): boolean;
  /** An integer from 0 on, below `end`. */
  upTo(end: number): number;
  from<const T>(values: readonly T[]): T;
  times<T>(count: number, make: () => T): readonly T[];
}

function createDraw(seed: number): Draw {
  const next = virtualClock({ startAt: 0, seed }).random;
  const upTo = (end: number) => Math.floor(next() * end);
  return { next, chance: (probability) => next() < probability, upTo, from: (values) => values[upTo(values.length)]!, times: (count, make) => Array.from({ length: count }, make) };
}

function chooseRelease(draw: Draw): Release {
  const recipe = draw.from(['deployWithMigration', 'deployWithMigration', 'deployWithMigration', 'deployWithMigration', 'applyMigration', 'deployWithoutMigration', 'rollBack']);
  if (recipe === 'deployWithoutMigration') return { recipe, version: fittingVersion, to: draw.from(['running', 'running', 'restricted']) };
  return recipe === 'rollBack' ? { recipe, version: earlierVersion } : { recipe };
}

function chooseOptions(draw: Draw): DeployWithMigrationOptions {
  return {
    version: 'v2.0.0',
    reopen: draw.from(['when-verified', 'when-verified', 'manual']),
    settledSeconds: draw.from([60, 60, 60, 120]),
    snapshot: draw.from(['after-shutdown', 'after-shutdown', 'before-shutdown']),
    warm: draw.chance(0.2),
    administration: draw.from(['pause', 'pause', 'keep']),
    tuneTargetGroups: draw.from(['while-gated', 'while-gated', 'never']),
    onMigrationFailure: draw.from(['hold', 'reopen-when-untouched']),
    onDrainTimeout: draw.from(['continue', 'continue', 'fail']),
    onSettleTimeout: draw.from(['hold', 'continue']),
  };
}

function chooseClosedLid(draw: Draw): ClosedLid {
  const forMs = draw.from([3 * minute, 10 * minute, 60 * minute]);
  return { atStep: draw.from(steps), afterMs: draw.from([0, draw.upTo(3 * minute)]), forMs, meanwhile: draw.from(['nothing', 'release', 'resume', 'releaseHold']), meanwhileAfterMs: draw.upTo(forMs) };
}

const calledOften = ['ModifyRule', 'UpdateService', 'RunTask', 'CreateDBSnapshot', 'RegisterTaskDefinition', 'RegisterScalableTarget', 'ModifyTargetGroupAttributes', 'ModifyTargetGroup', 'PutImage'] as const;

function chooseDeath(draw: Draw): Death {
  const when = draw.from(['before', 'after']);
  return draw.chance(0.5) ? { atCall: 1 + draw.upTo(700), when } : { atCall: 1 + draw.upTo(4), operation: draw.from(calledOften), when };
}

/** Each kind is on in some seeds; those that are on come once or twice. */
function chooseTroubles(draw: Draw): readonly Trouble[] {
  if (draw.chance(0.15)) return [];
  return kindsOfTrouble.flatMap((make) => (draw.chance(0.22) ? draw.times(draw.from([1, 1, 2]), () => ({ atStep: draw.from(steps), afterMs: draw.from([0, draw.upTo(3 * minute)]), what: make(draw) })) : []));
}

const writes = ['elbv2:ModifyRule', 'elbv2:ModifyTargetGroup', 'ecs:UpdateService', 'ecs:RunTask', 'ecs:RegisterTaskDefinition', 'rds:CreateDBSnapshot'] as const;
const operations = ['*', 'ecs:*', 'elbv2:*', 'rds:*', 'ecs:UpdateService', 'ecs:RunTask', 'ecs:DescribeTasks', 'rds:CreateDBSnapshot', 'rds:DescribeDBInstances'] as const;

const kindsOfTrouble: readonly ((draw: Draw) => Trouble['what'])[] = [
  (draw) => ({ kind: 'throttle', operation: draw.from(operations), probability: 0.4, times: draw.from([3, 20, 100]) }),
  (draw) => ({ kind: 'server-error', operation: draw.from(operations), probability: 0.3, times: draw.from([2, 10, 40]) }),
  (draw) => ({ kind: 'lost-response', operation: draw.from(writes), occurrence: draw.from([1, 2, 3]), times: 1 }),
  (draw) => ({ kind: 'stale-read', operation: draw.from(operations), probability: 0.4, times: 40, ms: draw.from([1_000, 3_000]) }),
  (draw) => ({ kind: 'delay', operation: draw.from(operations), probability: 0.2, times: 20, ms: draw.from([2_000, 20_000]) }),
  (draw) => ({ kind: 'access-denied', operation: draw.from(operations.slice(4)), times: 1_000 }),
  () => ({ kind: 'expired-credentials', operation: '*', times: 1_000 }),
  (draw) => ({ kind: 'task', family: 'migrate', what: draw.from(['exit', 'out-of-memory', 'no-image', 'no-capacity', 'never-ends']), exitCode: 1, times: draw.from([1, 2]) }),
  (draw) => ({ kind: 'service-image', image: draw.from(['web-v2', 'jobs-v2', 'web-v1', 'web-v0']), what: draw.from(['crash-loop', 'unhealthy', 'no-image']) }),
  (draw) => (draw.chance(0.7) ? { kind: 'snapshot', what: 'fail', times: 1 } : { kind: 'snapshot', what: 'slow', ms: 40 * minute, times: 1 }),
  (draw) => ({ kind: 'spot-interruption', service: draw.from(['web', 'jobs']), afterMs: draw.upTo(minute) }),
  (draw) => ({ kind: 'foreign-change', what: draw.from(['scales-web', 'opens-a-rule', 'starts-a-task', 'deploys-jobs']) }),
];
