import { applyMigration, deployWithMigration, deployWithoutMigration, type Environment, errAsync, type JsonValue, okAsync, type Recipe, reopen, restoreDb, rollBack, setMaintenance, snapshotDb, transitionTo } from '@graasp/deploy';
import { recipeParts } from '../../packages/deploy/src/runs/define-recipe.js';
import type { FailureRow } from '../../packages/deploy/src/runs/failure-action.js';
import type { RealShop } from './real-shop.js';

export type AnyRecipe = Recipe<never, unknown, unknown>;
export type Options = Readonly<Record<string, JsonValue>>;

export const recipes = { deployWithMigration, applyMigration, deployWithoutMigration, transitionTo, rollBack, reopen, restoreDb } as unknown as Readonly<Record<string, AnyRecipe>>;

export interface Row {
  /** `deployWithMigration: run-migration, untouched` */
  readonly name: string;
  /** The recipe in which it is made to fail. */
  readonly recipe: string;
  readonly row: FailureRow;
}

/** Every row of every recipe's table, from the recipes themselves; one that several share is there once, of the last one that takes its step. */
export function rowsOf(): readonly Row[] {
  const found = new Map<FailureRow, Row>();
  for (const [recipe, { [recipeParts]: parts }] of Object.entries(recipes)) {
    for (const row of parts.failureTable({} as never)) {
      if (found.has(row) && row.step !== 'start-administration') continue;
      found.set(row, { name: `${recipe}: ${[row.step, ...(row.schema === undefined ? [] : [row.schema])].join(', ')}`, recipe, row });
    }
  }
  return [...found.values()];
}

/** What a scenario is played on. */
export interface Stage {
  readonly shop: RealShop;
  /** Its images are pushed, unless the scenario says otherwise. */
  readonly version: string;
  readonly before: string;
  /** What the own check of the shop says. */
  readonly checks: { works: boolean };
}

export interface Scenario {
  readonly options: (stage: Stage) => Options;
  /** Brings the shop where the recipe can begin; default: it is running. */
  readonly given?: (stage: Stage, env: Environment) => Promise<unknown>;
  /** What goes wrong, from before the run on. */
  readonly cause?: (stage: Stage) => void;
  /** What goes wrong from the moment on at which the row's step begins. */
  readonly atStep?: (stage: Stage) => void;
  /** Takes the cause away, besides the faults. */
  readonly mend?: (stage: Stage) => void;
  /** Options without the cause. */
  readonly mended?: Options;
  readonly images?: 'none' | undefined;
  readonly promotes?: boolean;
}

// the hours of a shop that serves every row pass by the windows of a day
const whenever = { calendar: 'warn' } as const;
const release = ({ version }: Stage): Options => ({ version, reopen: 'when-verified', settledSeconds: 60, ...whenever });
const releaseWith = (more: Options) => (stage: Stage): Options => ({ ...release(stage), ...more });
const rolling = ({ version }: Stage): Options => ({ version, to: 'running', ...whenever });
const back = ({ before }: Stage): Options => ({ to: before });

const denied = (operation: string, times = 1) => ({ shop }: Stage): void => shop.cloud.faults.add({ kind: 'access-denied', operation, occurrence: 1, times });
const denyRules = denied('elbv2:ModifyRule');
const crashLoop = ({ shop }: Stage): void => shop.cloud.faults.add({ kind: 'service-image', image: 'shop', what: 'crash-loop' });
const failSnapshot = ({ shop }: Stage): void => shop.cloud.faults.add({ kind: 'snapshot', what: 'fail' });
const failMigration = ({ shop, version }: Stage): void => shop.pushMigration(version, 'fails');
const mendMigration = ({ shop, version }: Stage): void => shop.pushMigration(version, 'well');
const brokenCheck: Pick<Scenario, 'atStep' | 'mend'> = { atStep: ({ checks }) => void (checks.works = false), mend: ({ checks }) => void (checks.works = true) };

const deployedBefore: NonNullable<Scenario['given']> = async ({ version }, env) => (await deployWithoutMigration(env, { version, to: 'running', ...whenever }))._unsafeUnwrap();
const closed: NonNullable<Scenario['given']> = async (_, env) => (await setMaintenance(env, 'on'))._unsafeUnwrap();

/** How each row is made to fail, by its name. */
export const scenarios: Readonly<Record<string, Scenario>> = {
  'deployWithMigration: preflight': { options: release, images: 'none', mend: ({ shop, version }) => shop.pushRelease(version) },
  'deployWithMigration: promote-image': { options: release, promotes: true, images: 'none', cause: denied('ecr:PutImage', 10) },
  'deployWithMigration: warm-snapshot': { options: releaseWith({ warm: true }), promotes: true, images: 'none', atStep: failSnapshot },
  'deployWithMigration: preflight-again': { options: releaseWith({ warm: true }), atStep: denied('rds:DescribeDBInstances', 10) },
  'deployWithMigration: gate-on': { options: releaseWith({ warm: true }), atStep: denyRules },
  'deployWithMigration: await-drained': { options: releaseWith({ onDrainTimeout: 'fail', timeoutSeconds: { 'await-drained': 30 } }) },
  'deployWithMigration: stop-services': { options: releaseWith({ timeoutSeconds: { 'stop-services': 2 } }) },
  'deployWithMigration: snapshot-db': { options: release, atStep: failSnapshot },
  'deployWithMigration: run-migration, untouched': { options: releaseWith({ onMigrationFailure: 'reopen-when-untouched' }), cause: failMigration, mend: mendMigration },
  'deployWithMigration: run-migration': { options: release, cause: failMigration, mend: mendMigration },
  'deployWithMigration: await-db-settled': { options: releaseWith({ timeoutSeconds: { 'await-db-settled': 30 } }), mended: { timeoutSeconds: {} } },
  'applyMigration: start-administration': { options: ({ version }) => ({ version, settledSeconds: 60, ...whenever }), atStep: denied('ecs:UpdateService') },
  'deployWithMigration: deploy-core': { options: release, atStep: crashLoop },
  'deployWithMigration: verify-deployment': { options: release, ...brokenCheck },
  'deployWithMigration: gate-off': { options: release, atStep: denyRules },

  'deployWithoutMigration: preflight': { options: rolling, images: 'none', mend: ({ shop, version }) => shop.pushRelease(version) },
  'deployWithoutMigration: promote-image': { options: rolling, promotes: true, images: 'none', cause: denied('ecr:PutImage', 10) },
  'deployWithoutMigration: look': { options: rolling, promotes: true, images: 'none', atStep: denied('elbv2:DescribeRules', 10) },
  'deployWithoutMigration: gate-on': { options: ({ version }) => ({ version, to: 'restricted', ...whenever }), atStep: denyRules },
  'deployWithoutMigration: deploy-core': { options: rolling, atStep: crashLoop },
  'deployWithoutMigration: verify-deployment': { options: rolling, ...brokenCheck },
  'deployWithoutMigration: move-tags': { options: rolling, atStep: denied('ecr:PutImage') },
  'deployWithoutMigration: gate-off': { options: rolling, given: closed, atStep: denyRules },

  'transitionTo: look': { options: () => ({ to: 'restricted' }), atStep: denied('elbv2:DescribeRules', 10) },
  'transitionTo: gate-on': { options: () => ({ to: 'restricted' }), atStep: denyRules },
  'transitionTo: gate-off': { options: () => ({ to: 'running' }), given: closed, atStep: denyRules },

  'rollBack: look': { options: back, given: deployedBefore, atStep: denied('ecs:DescribeServices', 10) },
  'rollBack: deploy-core': { options: back, given: deployedBefore, atStep: crashLoop },
  'rollBack: verify-deployment': { options: back, given: deployedBefore, ...brokenCheck },
  'rollBack: move-tags': { options: back, given: deployedBefore, atStep: denied('ecr:PutImage') },

  'reopen: gate-off': {
    // of a migration that failed and is proven untouched
    options: () => ({}),
    given: async (stage, env) => {
      failMigration(stage);
      (await deployWithMigration(env, { version: stage.version, settledSeconds: 60, ...whenever }))._unsafeUnwrapErr();
    },
    atStep: denyRules,
  },
  'restoreDb: look': { options: ({ shop }) => ({ confirm: 'shop', acceptLostWrites: true, from: { snapshotId: shop.cloud.inspect.snapshots().at(-1)!.identifier } }), given: async (_, env) => (await snapshotDb(env))._unsafeUnwrap(), atStep: denied('rds:DescribeDBSnapshots', 10) },
};

/** The shop's own check, which a scenario breaks. */
export const ownCheck = (checks: Stage['checks']) => ({ 'the sales team': () => (checks.works ? okAsync('fine') : errAsync({ message: 'prices are wrong' })) });
