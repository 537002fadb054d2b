import { CreateDBSnapshotCommand, ModifyDBInstanceCommand, RDSClient, StartDBInstanceCommand } from '@aws-sdk/client-rds';
import { DeleteObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { connect, type DeployEvent, type Environment, type EnvironmentDefinition, keepDbStopped, memoryRunStore, plan, planTransition, pruneSnapshots, preflight, type PreflightCheck, rehearseRestore, requiredPermissions, resume, type RunStore, s3RunStore, snapshotDb, takeWarmSnapshot } from '@graasp/deploy';
import { type IamPolicy, type IamStatement, type LocalCloud, startLocalCloud } from '@graasp/local-cloud';
import type { Result } from 'neverthrow';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { describeServices, describeTaskDefinition } from '../packages/deploy/src/aws/ecs.js';
import { describeDbInstance } from '../packages/deploy/src/aws/rds.js';
import { type Action, actions, type ResourceKind } from '../packages/deploy/src/permissions/actions.js';
import { kindsOfSteps, type NeededAccess, neededAccess } from '../packages/deploy/src/permissions/needed-access.js';
import { type Resources, resourcesOf } from '../packages/deploy/src/permissions/resources.js';
import { type RecipeName, recipeSteps, stepActions, type StepName, watching } from '../packages/deploy/src/permissions/step-actions.js';
import { applyMigration } from '../packages/deploy/src/recipes/apply-migration.js';
import { deployWithMigration } from '../packages/deploy/src/recipes/deploy-with-migration.js';
import { deployWithoutMigration } from '../packages/deploy/src/recipes/deploy-without-migration.js';
import { reopen } from '../packages/deploy/src/recipes/reopen.js';
import { restoreDb } from '../packages/deploy/src/recipes/restore-db.js';
import { rollBack } from '../packages/deploy/src/recipes/roll-back.js';
import { transitionTo } from '../packages/deploy/src/recipes/transition-to.js';
import { recipeParts } from '../packages/deploy/src/runs/define-recipe.js';
import { transitionStepNames } from '../packages/deploy/src/states/plan-changes.js';
import { type AccessRequest, decide } from '../packages/local-cloud/src/iam/policy.js';
import { gatedWithAssets } from './assets.js';
import { accessOf, blueprint, definition, fittingVersion, gated, images, kept, lockBucket, monitoringRole, role, runBucket, whole } from './guarded-shop.js';
import { nextVersion, runningVersion, shop } from './shop.js';

vi.setConfig({ testTimeout: 60_000 });

interface Shop {
  readonly cloud: LocalCloud;
  readonly env: Environment;
  /** Acts when a step begins. */
  when(step: string, act: () => void): void;
  /** A later process, on the same run store. */
  again(): Promise<Environment>;
  /** What is done without a run, recorded under a row of the table. */
  as<T>(row: string, act: () => Promise<T>): Promise<T>;
}

const clouds: LocalCloud[] = [];
afterAll(async () => {
  for (const cloud of clouds.splice(0)) await cloud.stop();
});

async function startCloud(policy?: IamPolicy): Promise<LocalCloud> {
  const cloud = await startLocalCloud({ blueprint, images, ...(policy === undefined ? {} : { iam: { policy } }) });
  clouds.push(cloud);
  return cloud;
}

const inMemory = () => memoryRunStore({ self: { actor: 'anna@laptop' } });
const inS3 = () => s3RunStore({ bucket: runBucket, prefix: 'releases', self: { actor: 'anna@laptop' } });

function connectTo(cloud: LocalCloud, definition: EnvironmentDefinition, runStore: RunStore, report: (event: DeployEvent) => void = () => undefined) {
  return connect(definition, { ...cloud.connection, runStore, reporters: [{ report }] });
}

/** What was sent in all scenarios together, by row of the table. */
const sent = new Map<string, AccessRequest[]>();

/** Rows of the table for steps of which two recipes have different ones by the same name, and for those that are called by themselves. */
const rows: Readonly<Record<string, StepName>> = { 'rollBack look': 'look-back', 'restoreDb look': 'look-for-restore-point', 'takeWarmSnapshot takeWarmSnapshot': 'warm-snapshot' };
const rowOf = (recipe: string, step: string) => rows[`${recipe} ${step}`] ?? step.replace(/^preflight-again$/, 'preflight').replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** A plan takes the steps of its recipe, preflight among them. */
const planning = ['plan', 'plan-promotion', 'preflight', 'preflight-migration'] as const;

/** What a run keeps of itself it does at any time. */
function rowOfAccess({ action, resource }: AccessRequest, row: string): string {
  if (action === 'cloudwatch:PutMetricData') return 'beat';
  if (/AutomatedBackups$|ToPointInTime$/.test(action)) return row === 'rehearse-restore' ? 'rehearse-moment' : 'restore-moment';
  if (row === 'preflight' && stepActions['preflight-migration'].some((known) => known === action)) return 'preflight-migration';
  if (row === 'plan' && !action.startsWith('s3:')) return planning.find((each) => stepActions[each].some((known) => known === action)) ?? row;
  if (!action.startsWith('s3:')) return row;
  const reads = ['plan', 'plan-transition', 'preflight'].includes(row);
  if (resource.includes(`:::${lockBucket}`)) return reads ? 'read-infrastructure-lock' : 'lock-infrastructure';
  return reads ? 'read-runs' : 'keep-runs';
}

/** May do everything. */
const nobody = 'somebody else';
/** From now on its instance passes a role on when it is restored. */
async function monitor(cloud: LocalCloud): Promise<void> {
  await rdsOf(cloud).send(new ModifyDBInstanceCommand({ DBInstanceIdentifier: 'shop', MonitoringInterval: 60, MonitoringRoleArn: monitoringRole }));
  await cloud.clock.sleep(120_000);
}
const rdsOf = ({ connection }: LocalCloud) => new RDSClient({ region: shop.region, ...connection.aws } as object);

/** Acts under a policy, and records what is sent meanwhile. */
async function record({ definition, runStore, act }: Scenario, allowed: readonly IamStatement[]): Promise<LocalCloud> {
  const statements = [...allowed];
  const cloud = await startCloud({ Statement: statements });
  const marks: { readonly row: string; readonly from: number }[] = [];
  const mark = (row: string) => marks.push({ row, from: cloud.requests.length });
  const acts = new Map<string, () => void>();
  const store = runStore();
  let recipe = '';
  const report = (event: DeployEvent) => {
    if (event.type === 'run-started') recipe = event.recipe;
    if (event.type === 'step-started') acts.get(event.step)?.();
    if (event.type === 'step-started') mark(rowOf(recipe, event.step));
    if (event.type === 'step-succeeded' || event.type === 'step-failed') mark('situation');
  };
  const again = async () => {
    mark('connect');
    const env = done(await connectTo(cloud, definition, store, report));
    mark('situation');
    return env;
  };
  const as = async <T>(row: string, act: () => Promise<T>) => {
    mark(row);
    if (row === nobody) statements.push({ Effect: 'Allow', Action: '*', Resource: '*' });
    const answer = await act();
    if (row === nobody) statements.pop();
    mark('situation');
    return answer;
  };
  await act({ cloud, env: await again(), when: (step, act) => void acts.set(step, act), again, as });
  for (const [index, { row, from }] of marks.entries()) {
    if (row === nobody) continue;
    for (const access of cloud.requests.slice(from, marks[index + 1]?.from).flatMap(accessOf)) {
      const its = rowOfAccess(access, row);
      sent.set(its, sent.get(its) ?? []);
      sent.get(its)!.push(access);
    }
  }
  return cloud;
}

const release = { version: nextVersion, reopen: 'when-verified', settledSeconds: 60 } as const;

interface Scenario {
  readonly recipes: readonly RecipeName[];
  /** It may change nothing: preflight would say so if it could ask IAM. */
  readonly looks?: boolean;
  readonly definition: EnvironmentDefinition;
  readonly runStore: () => RunStore;
  act(shop: Shop): Promise<void>;
}

/** What failed is named. */
function done<T>(result: Result<T, { readonly message: string }>): T {
  if (result.isErr()) throw new Error(result.error.message);
  return result.value;
}

function heldAt(step: string, result: Result<unknown, { readonly message: string }>): { readonly runId: string } {
  const error = result._unsafeUnwrapErr() as unknown as { readonly runId: string; readonly message: string; readonly situation: unknown };
  expect(error.situation, error.message).toMatchObject({ step, left: 'hold' });
  return error;
}

/** Together they take every step of the table, and every way that sends something else. */
const scenarios: readonly Scenario[] = [
  {
    recipes: ['deployWithMigration', 'restoreDb', 'rollBack', 'reopen', 'rehearseRestore', 'restoreMoment'],
    definition: gated,
    runStore: inMemory,
    async act({ env, cloud, when, again, as }) {
      await as(nobody, () => monitor(cloud));
      // a task is stopped whose answer nobody waits for any more
      when('await-db-settled', () => void cloud.faults.add({ kind: 'access-denied', operation: 'ecs:DescribeTasks', occurrence: 1 }));
      when('deploy-core', () => void cloud.faults.add({ kind: 'service-image', image: 'shop', what: 'crash-loop' }));
      const { runId } = heldAt('await-db-settled', await deployWithMigration(env, { ...release, warm: true }));
      when('await-db-settled', () => undefined);
      heldAt('deploy-core', await resume(env, deployWithMigration, runId));
      when('deploy-core', () => undefined);
      cloud.faults.clear();
      done(await restoreDb(env, { confirm: 'shop' }));
      const later = await again();
      done(await rollBack(later, { to: runningVersion }));
      // a verification that waits looks at what the run has set
      when('verify-deployment', () => void cloud.faults.add({ kind: 'throttle', operation: 'elbv2:DescribeTargetHealth', occurrence: 1, times: 12 }));
      done(await reopen(later, { run: runId }));
      done(await rehearseRestore(later));
      const moment = new Date(cloud.clock.now() - 300_000).toISOString();
      done(await rehearseRestore(later, { from: { moment } }));
      done(await restoreDb(later, { confirm: 'shop', from: { moment }, acceptLostWrites: true }));
    },
  },
  {
    recipes: ['deployWithMigration', 'deployWithoutMigration', 'transitionTo', 'keepDbStopped'],
    definition: gatedWithAssets(definition),
    runStore: inMemory,
    async act({ env, cloud, as }) {
      expect((await deployWithMigration(env, { ...release, version: fittingVersion, onMigrationFailure: 'reopen-when-untouched' }))._unsafeUnwrapErr()).toMatchObject({ situation: { left: 'as-found' } });
      expect(done(await deployWithMigration(env, release))).toMatchObject({ maintenance: 'off' });
      done(await deployWithoutMigration(env, { version: nextVersion, to: 'running' }));
      done(await transitionTo(env, 'stopped'));
      await as(nobody, () => rdsOf(cloud).send(new StartDBInstanceCommand({ DBInstanceIdentifier: 'shop' })));
      done(await keepDbStopped(env));
      done(await transitionTo(env, 'running'));
    },
  },
  {
    recipes: ['deployWithoutMigration', 'takeWarmSnapshot', 'pruneSnapshots'],
    definition: kept,
    runStore: inS3,
    async act({ env, cloud, when, as }) {
      // somebody unlocks it by force: it is looked for when it is given back
      when('takeWarmSnapshot', () => void new S3Client({ region: shop.region, ...cloud.connection.aws, forcePathStyle: true } as object).send(new DeleteObjectCommand({ Bucket: lockBucket, Key: 'shop.tfstate.tflock' })));
      // it looks who has the lock of the infrastructure code while nobody has
      done(await as('preflight', async () => preflight(env, { for: 'deployment', version: fittingVersion })));
      done(await takeWarmSnapshot(env));
      expect(done(await pruneSnapshots(env, { olderThanDays: 0, apply: true })).pruned).toHaveLength(1);
    },
  },
  {
    recipes: ['plan', 'planTransition', 'preflight', 'readState'],
    looks: true,
    definition: whole,
    runStore: inS3,
    async act({ cloud, env, as }) {
      // taken by who may
      const { restorePoint: { snapshotId } } = await as(nobody, async () => done(await snapshotDb(done(await connectTo(cloud, definition, inMemory())))));
      done(await as('preflight', async () => preflight(env, { version: nextVersion })));
      for (const to of ['restricted', 'stopped'] as const) done(await as('plan-transition', async () => planTransition(env, to)));
      done(await as('plan', async () => plan(env, deployWithMigration, { ...release, warm: true })));
      done(await as('plan', async () => plan(env, applyMigration, { version: nextVersion })));
      done(await as('plan', async () => plan(env, deployWithoutMigration, { version: fittingVersion, to: 'running' })));
      done(await as('plan', async () => plan(env, transitionTo, { to: 'stopped' })));
      done(await as('plan', async () => plan(env, rollBack, { to: runningVersion })));
      done(await as('plan', async () => plan(env, reopen, { run: 'any' })));
      done(await as('plan', async () => plan(env, restoreDb, { confirm: 'shop', from: { snapshotId }, acceptLostWrites: true })));
    },
  },
];

async function resourcesHere(env: Environment): Promise<Resources> {
  const reads = { services: () => describeServices(env, Object.keys(env.definition.services)), taskDefinition: (name: string) => describeTaskDefinition(env, name), instance: () => describeDbInstance(env, env.definition.database) };
  return done(await resourcesOf(env, reads, kindsOfSteps(env, Object.keys(stepActions) as StepName[])));
}

const actionsOf = (all: readonly { readonly action: string }[]) => [...new Set(all.map(({ action }) => action))].sort();
const allow = ({ action, resources, condition }: Pick<NeededAccess, 'action' | 'resources' | 'condition'>): IamStatement => ({ Effect: 'Allow', Action: action, Resource: resources, ...(condition === undefined ? {} : { Condition: condition }) });
const everything: IamStatement = { Effect: 'Allow', Action: '*', Resource: '*' };
/** What preflight itself asks IAM. */
const asking: IamStatement = { Effect: 'Allow', Action: ['iam:GetRole', 'iam:SimulatePrincipalPolicy'], Resource: role };

/** What recipes need here, an action a statement. */
function statementsFor(env: Environment, recipes: readonly RecipeName[], resources: Resources): readonly IamStatement[] {
  const statements = recipes.flatMap((recipe) => neededAccess(env, recipe, resources)).map((access) => JSON.stringify(allow(access)));
  return [...new Set(statements)].map((statement) => JSON.parse(statement) as IamStatement);
}

/** But for what is asked of IAM, where it may be asked. */
const denials = ({ requests }: LocalCloud) => requests.filter(({ operation }) => !operation.startsWith('iam:')).filter(({ error }) => error?.startsWith('AccessDenied') === true || error === 'DENIED').map(({ operation }) => operation);

let unrestricted: LocalCloud;
let here: Environment;
let resources: Resources;
beforeAll(async () => {
  unrestricted = await startCloud();
  await monitor(unrestricted);
  here = done(await connectTo(unrestricted, whole, inS3()));
  resources = await resourcesHere(here);
});

describe('the table of permissions', () => {
  const denied: string[] = [];
  beforeAll(async () => {
    for (const scenario of scenarios) {
      const env = done(await connectTo(unrestricted, scenario.definition, scenario.runStore()));
      const { policies } = done(await requiredPermissions(env, scenario.recipes, scenario.looks === true ? {} : { principal: role }));
      denied.push(...denials(await record(scenario, policies.flatMap(({ Statement }) => Statement))));
    }
  }, 180_000);

  it('has every action that a step sends, and no other, and what each is on', () => {
    for (const [step, expected] of Object.entries<readonly string[]>(stepActions)) {
      const seen = actionsOf(sent.get(step) ?? []);
      // nor has a step that is called by itself set anything, which its waits would look after
      expect(seen.filter((action) => !expected.includes(action) && !(step === 'stop-db' && watching.includes(action as Action))), step).toEqual([]);
      // a wait that is over at once does not look whether others have changed something
      expect(expected.filter((action) => !seen.includes(action) && !watching.includes(action as Action)), step).toEqual([]);
    }
    expect([...sent.keys()].filter((step) => !(step in stepActions))).toEqual([]);

    const all = [...sent.values()].flat();
    const table = (Object.keys(actions) as Action[]).map((action) => allow({ action, resources: actions[action].flatMap((kind) => resources[kind]) }));
    expect(all.filter((access) => decide({ Statement: table }, access) !== 'allowed')).toEqual([]);
    const isSent = (action: string, pattern: string) => all.some((access) => access.action === action && decide({ Statement: [allow({ action: action as Action, resources: [pattern] })] }, access) === 'allowed');
    const expected = (Object.keys(actions) as Action[]).flatMap((action) => actions[action].flatMap((kind: ResourceKind) => resources[kind].map((pattern) => ({ action, kind, pattern }))));
    // of whichever service does not come up
    const known = new Set(expected.filter(({ action, pattern }) => isSent(action, pattern)).map(({ action, kind }) => `${action} ${kind}`));
    expect(expected.filter(({ action, kind, pattern }) => !isSent(action, pattern) && !(kind === 'log stream' && known.has(`${action} ${kind}`))).map(({ action, kind, pattern }) => `${action} on ${kind} ${pattern}`)).toEqual([]);
  });

  it('tells all that its recipes need: a role that may do that and nothing else is denied nothing', () => {
    // by a fault
    expect(denied).toEqual(['ecs:DescribeTasks']);
  });

  it('has the steps of every recipe', () => {
    const { definition } = here;
    const rolledBack = rollBack[recipeParts].steps({ to: runningVersion } as never, definition);
    const steps: Readonly<Partial<Record<RecipeName, readonly string[]>>> = {
      deployWithMigration: deployWithMigration[recipeParts].steps({ ...release, warm: true } as never, definition),
      applyMigration: applyMigration[recipeParts].steps({ ...release, warm: true } as never, definition),
      deployWithoutMigration: (['running', 'restricted'] as const).flatMap((to) => deployWithoutMigration[recipeParts].steps({ version: nextVersion, to } as never, definition)),
      transitionTo: transitionStepNames,
      reopen: reopen[recipeParts].steps({} as never, definition).filter((step) => step !== 'confirm-hold'),
      restoreDb: restoreDb[recipeParts].steps({} as never, definition),
      rollBack: rolledBack,
    };
    for (const [recipe, names] of Object.entries(steps)) expect(recipeSteps[recipe as RecipeName], recipe).toEqual(expect.arrayContaining(names.map((step) => rowOf(recipe, step))));
  });
});

describe('preflight', () => {
  const statements: IamStatement[] = [];
  let cloud: LocalCloud;
  /** What a release needs, and with what leads back. */
  let needed: readonly IamStatement[];
  let granted: readonly IamStatement[];
  beforeAll(async () => {
    cloud = await startCloud({ Statement: statements });
    needed = statementsFor(here, ['deployWithMigration'], resources);
    granted = statementsFor(here, ['deployWithMigration', 'restoreDb', 'rollBack'], resources);
  });

  /** What preflight, or connecting, says under these statements. */
  async function looked(allowed: readonly IamStatement[]): Promise<{ readonly checks: readonly PreflightCheck[]; readonly message: string }> {
    statements.splice(0, Infinity, ...allowed);
    const result = await connectTo(cloud, whole, inS3()).andThen((env) => preflight(env, { version: nextVersion }));
    return result.match(({ checks }) => ({ checks, message: '' }), (error) => ({ checks: error.kind === 'PreflightFailed' ? error.checks : [], message: error.message }));
  }
  const permissions = async (allowed: readonly IamStatement[]) => (await looked(allowed)).checks.filter(({ name }) => name.startsWith('permission'));
  const lacking = (missing: readonly string[]) => granted.filter(({ Action: action }) => !missing.includes(String(action)));

  it('finds that a role may do all that a release needs, and what leads back', async () => {
    expect(await permissions([...granted, asking])).toEqual([{ group: 'credentials', name: 'permissions', status: 'ok', detail: `${role} may do all that comes later, and what leads back, (35 actions), as far as a simulation tells` }]);
  });

  it('names each action that is missing, before anything is begun', async () => {
    let missing = actionsOf(neededAccess(here, 'deployWithMigration', resources));
    while (missing.length > 0) {
      const { message } = await looked([...lacking(missing), asking]);
      const untold = missing.filter((action) => !message.includes(`may not ${action} on `));
      // what a denied call leads to is not called: of these one is told after the other
      expect(untold.length, message).toBeLessThan(missing.length);
      missing = untold;
    }
    expect(cloud.requests.filter(({ operation, status }) => /:(Modify|Update|Create|Register|Run|Put|Stop|Delete|Initiate)/.test(operation) && status === 200)).toEqual([]);
  });

  it('warns of what would not lead back', async () => {
    const checks = await permissions([...needed, asking]);
    expect(checks.map(({ name, status }) => `${name}: ${status}`)).toEqual(['permissions: ok', ...['AddTagsToResource', 'DescribeDBInstances', 'ModifyDBInstance', 'RestoreDBInstanceFromDBSnapshot'].map((action) => `permission rds:${action}: warning`)]);
    expect(checks[1]).toMatchObject({
      detail: `${role} may not rds:AddTagsToResource on arn:aws:rds:eu-central-1:123456789012:db:shop-restored-*: without it restoreDb does not lead back`,
      remedy: `Allow rds:AddTagsToResource on arn:aws:rds:eu-central-1:123456789012:db:shop-restored-* in the policy of ${role}.`,
    });
  });

  it('tells where it may not ask IAM, and by which statement it might', async () => {
    const statement = `{"Effect":"Allow","Action":["iam:GetRole","iam:SimulatePrincipalPolicy"],"Resource":"arn:aws:iam::123456789012:role/*release"}`;
    expect(await permissions([...granted, { ...asking, Action: 'iam:GetRole' }])).toEqual([
      { group: 'credentials', name: 'permissions', status: 'skip', detail: `only the reads of the other checks are tried: the credentials may not iam:SimulatePrincipalPolicy on ${role} in eu-central-1. This statement would let it be asked: ${statement}` },
    ]);
    expect(await permissions([...granted, { ...asking, Action: 'iam:SimulatePrincipalPolicy', Resource: '*' }])).toEqual([
      { group: 'credentials', name: 'permissions', status: 'skip', detail: `only the reads of the other checks are tried: IAM knows no arn:aws:iam::123456789012:role/release, perhaps because it has a path. This statement would let it be asked: ${statement}` },
    ]);
  });
});

describe('restoreDb', () => {
  it('is refused before visitors are turned away where the role may not restore the very snapshot, or not to its groups', async () => {
    const statements: IamStatement[] = [everything];
    const cloud = await startCloud({ Statement: statements });
    const rds = rdsOf(cloud);
    const { restorePoint: own } = done(await connectTo(cloud, definition, inMemory()).andThen((env) => snapshotDb(env)));
    await rds.send(new CreateDBSnapshotCommand({ DBInstanceIdentifier: 'shop', DBSnapshotIdentifier: 'before-the-upgrade' }));
    await cloud.clock.sleep(3_600_000);
    await rds.send(new ModifyDBInstanceCommand({ DBInstanceIdentifier: 'shop', DBParameterGroupName: 'another', ApplyImmediately: true }));
    await cloud.clock.sleep(3_600_000);
    const { policies } = done(await connectTo(cloud, definition, inMemory()).andThen((env) => requiredPermissions(env, ['restoreDb'], { principal: role })));
    statements.splice(0, Infinity, ...policies.flatMap(({ Statement }) => Statement));

    for (const [snapshotId, resource] of [['before-the-upgrade', 'snapshot:before-the-upgrade'], [own.snapshotId, 'pg:shop-postgres16']] as const) {
      const refused = (await connectTo(cloud, definition, inMemory()).andThen((env) => restoreDb(env, { confirm: 'shop', from: { snapshotId }, acceptLostWrites: true })))._unsafeUnwrapErr();
      expect(refused).toMatchObject({ kind: 'AccessDenied', action: 'rds:RestoreDBInstanceFromDBSnapshot', resource: `arn:aws:rds:eu-central-1:123456789012:${resource}`, situation: { step: 'look', left: 'untouched' } });
    }
  });
});

describe('a way back', () => {
  it('to a moment is not refused for what a rehearsal of one is on', async () => {
    const statements: IamStatement[] = [everything];
    const cloud = await startCloud({ Statement: statements });
    await cloud.clock.sleep(1_200_000);
    const env = done(await connectTo(cloud, definition, inMemory()));
    const { policies } = done(await requiredPermissions(env, ['restoreDb', 'restoreMoment'], { principal: role }));
    const rehearsed = 'arn:aws:rds:eu-central-1:123456789012:db:shop-rehearsal-*';
    const allowed = policies.flatMap(({ Statement }) => Statement);
    expect(allowed.flatMap(({ Resource }) => Resource)).toContain(rehearsed);
    statements.splice(0, Infinity, ...allowed.map((statement) => ({ ...statement, Resource: statement.Resource.filter((resource) => resource !== rehearsed) })));

    done(await restoreDb(env, { confirm: 'shop', from: { moment: new Date(cloud.clock.now() - 600_000).toISOString() }, acceptLostWrites: true }));
  });

  it('by reopen is not refused for what only starts services, where they run and only the gate is to be opened', async () => {
    const statements: IamStatement[] = [everything];
    const cloud = await startCloud({ Statement: statements });
    const store = inMemory();
    let run = '';
    const connected = () => connectTo(cloud, definition, store, ({ type, runId }) => void (type === 'run-started' && (run = runId ?? '')));
    done(await connected().andThen((env) => deployWithMigration(env, { version: nextVersion, settledSeconds: 60 })));
    const { policies } = done(await connected().andThen((env) => requiredPermissions(env, ['reopen'], { principal: role })));
    const starting = ['application-autoscaling:RegisterScalableTarget', 'ecs:UpdateService', 'elasticloadbalancing:ModifyTargetGroup', 'elasticloadbalancing:ModifyTargetGroupAttributes'];
    const allowed = policies.flatMap(({ Statement }) => Statement);
    expect(allowed.flatMap(({ Action }) => Action)).toEqual(expect.arrayContaining(starting));
    statements.splice(0, Infinity, ...allowed.map((statement) => ({ ...statement, Action: statement.Action.filter((action) => !starting.includes(action)) })));

    expect(done(await connected().andThen((env) => reopen(env, { run })))).toMatchObject({ started: {}, maintenance: 'off' });
  });
});
