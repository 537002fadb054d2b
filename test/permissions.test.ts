import { connect, defineEnvironment, type DeployEvent, type Environment, memoryRunStore, preflight, type PreflightCheck } from '@graasp/deploy';
import { type IamPolicy, type IamStatement, type ImageDeclaration, type LocalCloud, startLocalCloud } from '@graasp/local-cloud';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { describeServices, describeTaskDefinition } from '../packages/deploy/src/aws/ecs.js';
import { type Action, actions } from '../packages/deploy/src/permissions/actions.js';
import { type NeededAccess, neededAccess } from '../packages/deploy/src/permissions/needed-access.js';
import { type Resources, resourcesOf } from '../packages/deploy/src/permissions/resources.js';
import { type RecipeName, recipeSteps, stepActions, watching } from '../packages/deploy/src/permissions/step-actions.js';
import { applyMigration } from '../packages/deploy/src/recipes/apply-migration.js';
import { deployWithMigration } from '../packages/deploy/src/recipes/deploy-with-migration.js';
import { deployWithoutMigration } from '../packages/deploy/src/recipes/deploy-without-migration.js';
import { reopen } from '../packages/deploy/src/recipes/reopen.js';
import { transitionTo } from '../packages/deploy/src/recipes/transition-to.js';
import { recipeParts } from '../packages/deploy/src/runs/define-recipe.js';
import { transitionStepNames } from '../packages/deploy/src/states/plan-changes.js';
import { type AccessRequest, decide } from '../packages/local-cloud/src/iam/policy.js';
import { requiredAccess } from '../packages/local-cloud/src/iam/required-access.js';
import { nextVersion, shop, shopBlueprint, shopImages } from './shop.js';

vi.setConfig({ testTimeout: 60_000 });

const fittingVersion = 'v1.1.0';
const published = 'public.ecr.aws/shopkeepers/shop';
const role = 'arn:aws:iam::123456789012:role/deployment/release';
const executionRole = 'arn:aws:iam::123456789012:role/ecsTaskExecutionRole';

/** A shop whose versions are published elsewhere, and whose services log. */
const definition = defineEnvironment({ ...shop, images: { ...shop.images!, source: { registry: 'public.ecr.aws', repository: 'shopkeepers/shop' } } });
const blueprint = {
  ...shopBlueprint,
  services: shopBlueprint.services.map((service) => ({ ...service, taskDefinition: { ...service.taskDefinition, containers: service.taskDefinition.containers.map((container) => ({ ...container, logGroup: `/ecs/${service.name}` })) } })),
};
const images: readonly ImageDeclaration[] = [
  ...shopImages.filter(({ reference }) => !reference.includes(nextVersion)),
  ...shopImages.filter(({ reference }) => reference.includes(nextVersion)).map((image) => ({ ...image, reference: image.reference.replace('shop:', `${published}:`) })),
  { reference: `${published}:web-${fittingVersion}`, model: { kind: 'server', version: fittingVersion, fitsSchemas: ['one'] } },
  { reference: `${published}:jobs-${fittingVersion}`, model: { kind: 'server', version: fittingVersion, fitsSchemas: ['one'] } },
  { reference: `${published}:migrate-${fittingVersion}`, model: { kind: 'migration', from: 'another', to: 'two', seconds: 5 } },
];

interface Shop {
  readonly cloud: LocalCloud;
  readonly env: Environment;
  /** What was sent by each step, by its name; by none what is sent before and after. */
  sent(): ReadonlyMap<string, readonly AccessRequest[]>;
  /** Acts when a step begins. */
  when(step: string, act: () => void): void;
}

const clouds: LocalCloud[] = [];
afterEach(async () => {
  for (const cloud of clouds.splice(0)) await cloud.stop();
});

async function startCloud(policy?: IamPolicy): Promise<LocalCloud> {
  const cloud = await startLocalCloud({ blueprint, images, ...(policy === undefined ? {} : { iam: { policy } }) });
  clouds.push(cloud);
  return cloud;
}

function connectTo(cloud: LocalCloud, report: (event: DeployEvent) => void = () => undefined) {
  return connect(definition, { ...cloud.connection, runStore: memoryRunStore({ self: { actor: 'anna@laptop' } }), reporters: [{ report }] });
}

async function start(): Promise<Shop> {
  const cloud = await startCloud();
  const marks: { readonly step: string; readonly from: number }[] = [{ step: 'connect', from: 0 }];
  const acts = new Map<string, () => void>();
  const env = (await connectTo(cloud, (event) => {
    if (event.type === 'step-started') acts.get(event.step)?.();
    if (event.type === 'step-started') marks.push({ step: event.step, from: cloud.requests.length });
    if (event.type === 'step-succeeded' || event.type === 'step-failed') marks.push({ step: 'situation', from: cloud.requests.length });
  }))._unsafeUnwrap();
  const sent = () => {
    const byStep = new Map<string, readonly AccessRequest[]>();
    for (const [index, { step, from }] of marks.entries()) byStep.set(step, [...(byStep.get(step) ?? []), ...cloud.requests.slice(from, marks[index + 1]?.from).flatMap(accessOf)]);
    return byStep;
  };
  return { cloud, env, sent, when: (step, act) => void acts.set(step, act) };
}

/** What AWS asks for at a call, as the local cloud knows it. */
function accessOf({ operation, input }: LocalCloud['requests'][number]): readonly AccessRequest[] {
  const [name = '', operationName = ''] = operation.split(':');
  // what preflight asks IAM where it may is not needed, and a registry's login is GetAuthorizationToken's matter
  if (name === 'iam' || name === 'ecr-public' || operationName === 'Login') return [];
  const service = { name: name as 'ecs', iamPrefix: name === 'elbv2' ? 'elasticloadbalancing' : name };
  return requiredAccess({ service, operationName, accountId: '123456789012', region: 'eu-central-1', input }, { taskRoles: () => [executionRole], roleArn: () => role });
}

const release = { version: nextVersion, reopen: 'when-verified', settledSeconds: 60 } as const;

/** Together they take every step of every recipe, and every way that sends something else. */
const scenarios: readonly (readonly [string, (shop: Shop) => Promise<boolean>])[] = [
  ['a release', async ({ env }) => (await deployWithMigration(env, release)).isOk()],
  // a verification that waits looks at what the run has set
  ['a release that AWS throttles', async ({ env, cloud, when }) => {
    when('verify-deployment', () => void cloud.faults.add({ kind: 'throttle', operation: 'elbv2:DescribeTargetHealth', occurrence: 1, times: 12 }));
    return (await deployWithMigration(env, release)).isOk();
  }],
  ['a release whose code does not start', async ({ env, cloud, when }) => {
    when('deploy-core', () => void cloud.faults.add({ kind: 'service-image', image: 'shop', what: 'crash-loop' }));
    return (await deployWithMigration(env, release)).isErr();
  }],
  ['a migration that fails', async ({ env }) => (await deployWithMigration(env, { ...release, version: fittingVersion, onMigrationFailure: 'reopen-when-untouched' })).isErr()],
  ['a migration alone', async ({ env }) => (await applyMigration(env, { version: nextVersion, settledSeconds: 60 })).isOk()],
  ['a release without a migration, twice', async ({ env }) => (await deployWithoutMigration(env, { version: fittingVersion, to: 'restricted' })).isOk() && (await deployWithoutMigration(env, { version: fittingVersion, to: 'running' })).isOk()],
  ['a night', async ({ env }) => (await transitionTo(env, 'stopped')).isOk() && (await transitionTo(env, 'running')).isOk()],
];
/** What is sent in all scenarios together, by step. */
async function recorded(): Promise<ReadonlyMap<string, readonly AccessRequest[]>> {
  const all = new Map<string, readonly AccessRequest[]>();
  for (const [name, act] of scenarios) {
    const here = await start();
    expect(await act(here), name).toBe(true);
    for (const [step, accesses] of here.sent()) all.set(step, [...(all.get(step) ?? []), ...accesses]);
  }
  return all;
}

async function resourcesHere(env: Environment): Promise<Resources> {
  const reads = { services: () => describeServices(env, Object.keys(env.definition.services)), taskDefinition: (name: string) => describeTaskDefinition(env, name) };
  return (await resourcesOf(env, reads))._unsafeUnwrap();
}

const actionsOf = (all: readonly { readonly action: string }[]) => [...new Set(all.map(({ action }) => action))].sort();
const allow = ({ action, resources }: NeededAccess): IamStatement => ({ Effect: 'Allow', Action: action, Resource: resources });

describe('the table of permissions', () => {
  it('has every action that a step sends, and no other, and what each is on', async () => {
    const sent = await recorded();
    for (const [step, expected] of Object.entries<readonly string[]>(stepActions)) {
      const seen = actionsOf(sent.get(step) ?? []);
      expect(seen.filter((action) => !expected.includes(action)), step).toEqual([]);
      // a wait that is over at once does not look whether others have changed something
      expect(expected.filter((action) => !seen.includes(action) && !watching.includes(action as Action)), step).toEqual([]);
    }
    expect([...sent.keys()].filter((step) => !(step in stepActions) && sent.get(step)!.length > 0)).toEqual([]);

    const resources = await resourcesHere((await start()).env);
    const all = [...sent.values()].flat();
    const known = (Object.keys(actions) as Action[]).map((action) => allow({ action, resources: actions[action].flatMap((kind) => resources[kind]) }));
    expect(all.filter((access) => decide({ Statement: known }, access) !== 'allowed')).toEqual([]);
    const isSent = (action: string, pattern: string) => all.some((access) => decide({ Statement: [{ Effect: 'Allow', Action: action, Resource: pattern }] }, access) === 'allowed');
    expect((Object.keys(actions) as Action[]).filter((action) => !actions[action].every((kind) => resources[kind].some((pattern) => isSent(action, pattern))))).toEqual([]);
  });

  it('has the steps of every recipe', async () => {
    const { env } = await start();
    const { definition } = env;
    const steps: Readonly<Record<RecipeName, readonly string[]>> = {
      deployWithMigration: deployWithMigration[recipeParts].steps(release as never, definition),
      applyMigration: applyMigration[recipeParts].steps(release as never, definition),
      deployWithoutMigration: (['running', 'restricted'] as const).flatMap((to) => deployWithoutMigration[recipeParts].steps({ version: nextVersion, to } as never, definition)),
      transitionTo: transitionStepNames,
      reopen: reopen[recipeParts].steps({} as never, definition).filter((step) => step !== 'confirm-hold'),
    };
    for (const [recipe, names] of Object.entries(steps)) expect(recipeSteps[recipe as RecipeName], recipe).toEqual(expect.arrayContaining([...names]));
  });
});

/** What preflight itself asks IAM. */
const asking: IamStatement = { Effect: 'Allow', Action: ['iam:GetRole', 'iam:SimulatePrincipalPolicy'], Resource: role };

async function permitted(): Promise<IamStatement[]> {
  const { env } = await start();
  return neededAccess(env, 'deployWithMigration', await resourcesHere(env)).map(allow);
}

async function permissionChecks(cloud: LocalCloud): Promise<readonly PreflightCheck[]> {
  const env = (await connectTo(cloud))._unsafeUnwrap();
  const checks = await preflight(env, { version: nextVersion }).match((report) => report.checks, (error) => (error.kind === 'PreflightFailed' ? error.checks : []));
  return checks.filter(({ name }) => name.startsWith('permission'));
}

describe('a role that may do what the table says and nothing else', () => {
  it('releases', async () => {
    const cloud = await startCloud({ Statement: [...(await permitted()), asking] });
    expect(await permissionChecks(cloud)).toEqual([{ group: 'credentials', name: 'permissions', status: 'ok', detail: `${role} may do all that comes later (24 actions), as far as a simulation tells` }]);
    expect((await deployWithMigration((await connectTo(cloud))._unsafeUnwrap(), release))._unsafeUnwrap()).toMatchObject({ maintenance: 'off' });
    expect(cloud.requests.filter(({ error }) => error?.startsWith('AccessDenied') === true || error === 'DENIED')).toEqual([]);
  });

  it('begins nothing without any one of these permissions, and is told which', async () => {
    const statements = await permitted();
    const asked = [...statements, asking];
    const cloud = await startCloud({ Statement: asked });
    const told: Record<string, boolean> = {};
    for (const [index, { Action: missing }] of statements.entries()) {
      asked[index] = { Effect: 'Allow', Action: 'none:None', Resource: '*' };
      const error = (await connectTo(cloud).andThen((env) => deployWithMigration(env, release)))._unsafeUnwrapErr();
      told[String(missing)] = (error.kind === 'AccessDenied' && error.action === missing) || (error.kind === 'PreflightFailed' && error.message.includes(`may not ${String(missing)} on `));
      asked[index] = statements[index]!;
    }
    expect(Object.entries(told).filter(([, isTold]) => !isTold)).toEqual([]);
    expect(cloud.requests.filter(({ operation, status }) => /:(Modify|Update|Create|Register|Run|Put|Stop|Delete|Initiate)/.test(operation) && status === 200)).toEqual([]);
  });

  it('is told so where it may not ask IAM, and by which statement it might', async () => {
    const statement = `{"Effect":"Allow","Action":["iam:GetRole","iam:SimulatePrincipalPolicy"],"Resource":"arn:aws:iam::123456789012:role/*release"}`;
    const statements = await permitted();
    expect(await permissionChecks(await startCloud({ Statement: [...statements, { ...asking, Action: 'iam:GetRole' }] }))).toEqual([
      { group: 'credentials', name: 'permissions', status: 'skip', detail: `only the reads of the other checks are tried: the credentials may not iam:SimulatePrincipalPolicy on ${role} in eu-central-1. This statement would let it be asked: ${statement}` },
    ]);
    expect(await permissionChecks(await startCloud({ Statement: [...statements, { ...asking, Action: 'iam:SimulatePrincipalPolicy', Resource: '*' }] }))).toEqual([
      { group: 'credentials', name: 'permissions', status: 'skip', detail: `only the reads of the other checks are tried: IAM knows no arn:aws:iam::123456789012:role/release, perhaps because it has a path. This statement would let it be asked: ${statement}` },
    ]);
  });
});
