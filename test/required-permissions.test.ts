import { randomInt } from 'node:crypto';
import { RDSClient, StartDBInstanceCommand } from '@aws-sdk/client-rds';
import {
  applyMigration,
  connect,
  deployWithMigration,
  deployWithoutMigration,
  type Environment,
  keepDbStopped,
  plan,
  planTransition,
  preflight,
  type PreflightCheck,
  promoteImage,
  pruneSnapshots,
  readState,
  type RecipeName,
  rehearseRestore,
  reopen,
  requiredPermissions,
  restoreDb,
  rollBack,
  s3RunStore,
  setMaintenance,
  snapshotDb,
  startDb,
  stopDb,
  stopServices,
  takeWarmSnapshot,
  transitionTo,
} from '@graasp/deploy';
import { type IamStatement, type LocalCloud, startLocalCloud } from '@graasp/local-cloud';
import fc from 'fast-check';
import type { Result } from 'neverthrow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recipeSteps } from '../packages/deploy/src/permissions/step-actions.js';
import { type AccessRequest, decide } from '../packages/local-cloud/src/iam/policy.js';
import { accessOf, blueprint, fittingVersion, images, role, runBucket, whole } from './guarded-shop.js';
import { nextVersion, runningVersion, shop } from './shop.js';

/** One at a time, instead of all that is found in the same call: minutes. */
const oneByOne = process.env['EVERY_REMOVAL'] !== undefined;
/** Of every recipe, instead of a fifth of them, which the seed chooses: a minute of processor time. */
const every = oneByOne || process.env['EVERY_RECIPE'] !== undefined;
const seed = Number(process.env['SEED'] ?? randomInt(2 ** 31));
/** Prints where each removal is found. */
const printed = process.env['PRINT_REMOVALS'] !== undefined;

type Failure = { readonly kind: string; readonly message: string; readonly action?: string; readonly checks?: readonly PreflightCheck[]; readonly situation?: { readonly step: string } };
type Played = Promise<Result<unknown, Failure>>;

interface Play {
  readonly recipe: RecipeName;
  /** Recipes that it is of use with alone: what they need is always allowed. */
  readonly besides?: readonly RecipeName[];
  /** Actions of which a run that goes well does not use everything. */
  readonly rarely?: readonly string[];
  /** Calls that take every action together. */
  readonly calls: Readonly<Record<string, Call>>;
}

interface Call {
  /** By somebody who may do everything. */
  prepare?(env: Environment, cloud: LocalCloud): Promise<Prepared>;
  act(env: Environment, prepared: Prepared): Played;
}

interface Prepared {
  readonly runId?: string;
  readonly snapshotId?: string;
}

const release = { version: nextVersion, reopen: 'when-verified', settledSeconds: 60 } as const;

function done<T>(result: Result<T, { readonly message: string }>): T {
  if (result.isErr()) throw new Error(result.error.message);
  return result.value;
}

async function taken(env: Environment): Promise<Prepared> {
  return { snapshotId: done(await snapshotDb(env)).restorePoint.snapshotId };
}

/** There is a moment to go back to. */
async function backedUp(_: Environment, { clock }: LocalCloud): Promise<Prepared> {
  await clock.sleep(20 * 60_000);
  return {};
}

async function stopped(env: Environment): Promise<Prepared> {
  done(await transitionTo(env, 'stopped'));
  return {};
}

/** By a version whose migration does not begin where the schema is. */
async function held(env: Environment): Promise<Prepared> {
  const { runId } = (await deployWithMigration(env, { ...release, version: fittingVersion }))._unsafeUnwrapErr();
  return { runId };
}

const aMomentAgo = ({ clock }: Environment) => ({ moment: new Date(clock.now() - 600_000).toISOString() });
const restoring = (snapshotId = 'any') => ({ confirm: 'shop', from: { snapshotId }, acceptLostWrites: true });

/** What a failed run tells of where it leaves the environment. */
const told = ['cloudfront:GetDistribution', 'elasticloadbalancing:DescribeRules', 'elasticloadbalancing:DescribeTargetHealth'];
/** Somebody has unlocked the infrastructure code by force. */
const unlocked = 's3:ListBucket';
/** What a deployment takes that begins in `restricted` or `db-only`, or ends there. */
const opening = ['application-autoscaling:RegisterScalableTarget', 'elasticloadbalancing:DescribeTargetGroupAttributes', 'elasticloadbalancing:ModifyRule', 'elasticloadbalancing:ModifyTargetGroup', 'elasticloadbalancing:ModifyTargetGroupAttributes'];
/** Why a task of a service stopped, or a migration. */
const lines = 'logs:GetLogEvents';
const databaseLog = ['rds:DescribeDBLogFiles', 'rds:DownloadDBLogFilePortion'];
/** The image of a service whose code may be older than the schema. */
const revision = 'ecs:DescribeTaskDefinition';

/** Every recipe, by calls that take each of its actions to be denied together. */
const plays: readonly Play[] = [
  { recipe: 'deployWithMigration', rarely: [...databaseLog, lines, 'ecs:StopTask', unlocked], calls: { '': { act: async (env) => deployWithMigration(env, { ...release, warm: true }) } } },
  { recipe: 'applyMigration', rarely: [...databaseLog, 'ecs:StopTask', unlocked], calls: { '': { act: async (env) => applyMigration(env, { version: nextVersion, settledSeconds: 60 }) } } },
  { recipe: 'deployWithoutMigration', rarely: [...opening, 'cloudfront:UpdateDistribution', lines, unlocked], calls: { '': { act: async (env) => deployWithoutMigration(env, { version: fittingVersion, to: 'running' }) } } },
  { recipe: 'transitionTo', rarely: [revision, unlocked], calls: { stopped: { act: async (env) => transitionTo(env, 'stopped') }, running: { prepare: stopped, act: async (env) => transitionTo(env, 'running') } } },
  { recipe: 'restoreDb', rarely: [unlocked], calls: { '': { prepare: taken, act: async (env, { snapshotId }) => restoreDb(env, restoring(snapshotId)) } } },
  {
    recipe: 'rollBack', rarely: [...opening, 'ecs:DescribeServiceRevisions', lines, unlocked],
    calls: {
      '': {
        prepare: async (env) => {
          done(await deployWithoutMigration(env, { version: fittingVersion, to: 'running' }));
          return {};
        },
        act: async (env) => rollBack(env, { to: runningVersion }),
      },
    },
  },
  { recipe: 'reopen', rarely: [revision, unlocked], calls: { '': { prepare: held, act: async (env, { runId = 'any' }) => reopen(env, { run: runId, oldCodeFits: true }) } } },
  { recipe: 'promoteImage', rarely: [...told, unlocked], calls: { '': { act: async (env) => promoteImage(env, { version: nextVersion }) } } },
  { recipe: 'rehearseRestore', rarely: [...told, unlocked], calls: { '': { prepare: taken, act: async (env) => rehearseRestore(env) } } },
  {
    recipe: 'pruneSnapshots', rarely: [...told, unlocked],
    calls: {
      '': {
        prepare: async (env) => {
          await taken(env);
          return taken(env);
        },
        act: async (env) => pruneSnapshots(env, { keep: 1, apply: true }),
      },
    },
  },
  { recipe: 'takeWarmSnapshot', rarely: [...told, unlocked], calls: { '': { act: async (env) => takeWarmSnapshot(env) } } },
  { recipe: 'startDb', rarely: [...told, unlocked], calls: { '': { prepare: stopped, act: async (env) => startDb(env) } } },
  {
    recipe: 'stopDb', rarely: [...told, unlocked],
    calls: {
      '': {
        prepare: async (env) => {
          done(await setMaintenance(env, 'on'));
          done(await stopServices(env));
          return {};
        },
        act: async (env) => stopDb(env),
      },
    },
  },
  {
    recipe: 'keepDbStopped', rarely: ['elasticloadbalancing:DescribeTargetHealth', unlocked],
    calls: {
      '': {
        prepare: async (env, { connection }) => {
          await stopped(env);
          await new RDSClient({ region: shop.region, ...connection.aws } as object).send(new StartDBInstanceCommand({ DBInstanceIdentifier: 'shop' }));
          return {};
        },
        act: async (env) => keepDbStopped(env),
      },
    },
  },
  {
    recipe: 'restoreMoment',
    besides: ['restoreDb', 'rehearseRestore'],
    calls: {
      restoreDb: { prepare: backedUp, act: async (env) => restoreDb(env, { ...restoring(), from: aMomentAgo(env) }) },
      rehearseRestore: { prepare: backedUp, act: async (env) => rehearseRestore(env, { from: aMomentAgo(env) }) },
    },
  },
  { recipe: 'readState', calls: { '': { act: async (env) => readState(env) } } },
  { recipe: 'planTransition', calls: { '': { act: async (env) => planTransition(env, 'stopped') } } },
  {
    recipe: 'preflight',
    calls: {
      migration: { act: async (env) => preflight(env, { version: nextVersion }) },
      'promoted images': {
        prepare: async (env) => {
          done(await promoteImage(env, { version: fittingVersion }));
          return {};
        },
        act: async (env) => preflight(env, { for: 'deployment', version: fittingVersion }),
      },
    },
  },
  {
    recipe: 'plan',
    calls: {
      deployWithMigration: { act: async (env) => plan(env, deployWithMigration, { ...release, warm: true }) },
      deployWithoutMigration: { act: async (env) => plan(env, deployWithoutMigration, { version: fittingVersion, to: 'running' }) },
      transitionTo: { act: async (env) => plan(env, transitionTo, { to: 'stopped' }) },
      rollBack: { act: async (env) => plan(env, rollBack, { to: runningVersion }) },
      restoreDb: { prepare: taken, act: async (env, { snapshotId }) => plan(env, restoreDb, restoring(snapshotId)) },
    },
  },
];

const [drawn = []] = fc.sample(fc.shuffledSubarray(plays.map(({ recipe }) => recipe), { minLength: 4, maxLength: 4 }), { seed, numRuns: 1 });

/** Change nothing: who may do no more is not to ask IAM whether it may release. */
const reading: readonly RecipeName[] = ['readState', 'planTransition', 'preflight', 'plan'];
/** Of snapshots and instances that the library made. */
const tagsOfOwn = { 'aws:ResourceTag/graasp-deploy:environment': 'shop', 'aws:ResourceTag/graasp-deploy:restored-by': 'a run' };
const everything: IamStatement = { Effect: 'Allow', Action: '*', Resource: '*' };

/** An action on one of its resources, in the statement that allows it. */
interface Allowed {
  readonly sid: string;
  readonly action: string;
  readonly resource: string;
  readonly condition: IamStatement['Condition'];
}

/** A cloud whose caller's permissions change. */
class Stage implements AsyncDisposable {
  private cloud: LocalCloud | undefined;
  private prepared: Prepared = {};
  private readonly statements: IamStatement[] = [];
  private readonly call: Call;

  constructor(call: Call) {
    this.call = call;
  }

  /** Who may do no more than this makes the call; where it is denied. */
  async play(allowed: readonly IamStatement[]): Promise<{ readonly at: string; readonly error: Failure | null; readonly changed: readonly string[]; readonly sent: readonly AccessRequest[] }> {
    const cloud = await this.ready();
    this.statements.splice(0, Infinity, ...allowed);
    const from = cloud.requests.length;
    const connected = await connect(whole, this.options(cloud));
    const result = connected.isErr() ? connected : await this.call.act(connected.value, this.prepared);
    const changed = cloud.requests.slice(from).filter(({ operation, status }) => status === 200 && /^(?!s3:|cloudwatch:).*:(Modify|Update|Create|Register|Run|Put|Start|Stop|Delete|Restore|Tag|Initiate|Upload|Complete)/.test(operation));
    const error: Failure | null = result.isErr() ? result.error : null;
    // who may not finish its own documents leaves a lock, which others respect
    const leftOver = cloud.requests.slice(from).some(({ operation, error: code }) => operation.startsWith('s3:') && code === 'AccessDenied');
    if (error === null || changed.length > 0 || leftOver) await this[Symbol.asyncDispose]();
    const at = error === null ? '' : connected.isErr() ? 'connect' : error.kind === 'PreflightFailed' ? 'preflight' : (error.situation?.step ?? '') || 'the call';
    return { at, error, changed: [...new Set(changed.map(({ operation }) => operation))], sent: cloud.requests.slice(from).flatMap(accessOf) };
  }

  private async ready(): Promise<LocalCloud> {
    if (this.cloud !== undefined) return this.cloud;
    this.statements.splice(0, Infinity, everything);
    const cloud = await startLocalCloud({ blueprint, images, iam: { policy: { Statement: this.statements } } });
    this.cloud = cloud;
    const env = done(await connect(whole, this.options(cloud)));
    this.prepared = (await this.call.prepare?.(env, cloud)) ?? {};
    return cloud;
  }

  private options(cloud: LocalCloud) {
    return { ...cloud.connection, runStore: s3RunStore({ bucket: runBucket, prefix: 'releases', self: { actor: 'anna@laptop' } }) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cloud?.stop();
    this.cloud = undefined;
  }
}

const statementsOf = (all: readonly Allowed[]): readonly IamStatement[] => all.map(({ action, resource, condition }) => ({ Effect: 'Allow', Action: action, Resource: resource, ...(condition === undefined ? {} : { Condition: condition }) }));

/** What an error says is missing: `s3:GetObject on arn:…, arn:…`. */
function namedIn({ message, action, checks = [] }: Failure): (removed: Allowed) => boolean {
  const text = [message, ...checks.map(({ detail }) => detail)].join('\n');
  const named = [...text.matchAll(/([a-z0-9-]+:[A-Z]\w+) on ((?:arn:|\*)[^\s;]*(?:, (?:arn:|\*)[^\s;]*)*)/g)].flatMap(([, action, resources = '']) => resources.split(', ').map((resource) => ({ action, resource: resource.replace(/[.:,]$/, '') })));
  // of a blob it names the digest
  return (removed) => (removed.action === action && !named.some((one) => one.action === action)) || named.some((one) => one.action === removed.action && (one.resource === removed.resource || covers(removed.resource, one.resource)));
}

function covers(pattern: string, resource: string): boolean {
  return new RegExp(`^${pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&')).join('.*')}$`).test(resource);
}

interface Found extends Allowed {
  readonly at: string;
  readonly kind: string;
  readonly changed: readonly string[];
}

interface Removals {
  readonly found: readonly Found[];
  readonly unnoticed: readonly Allowed[];
}

/** Takes away everything at once, gives back what the denial names, and goes on until nothing is missing or nobody notices. */
async function removeAll({ calls }: Play, allowed: readonly Allowed[], others: readonly IamStatement[]): Promise<Removals> {
  const inS3 = allowed.filter(({ action }) => action.startsWith('s3:'));
  // what every run begins with is denied whatever is there: nothing need be prepared
  const begins = inS3.filter(({ action, resource }) => /:(Get|Put)Object$/.test(action) && resource.includes(`${runBucket}/`));
  const unprepared = Object.values(calls).map(({ act }) => ({ act }));
  const groups: readonly { readonly of: readonly Call[]; readonly removed: readonly Allowed[] }[] = [
    { of: [...unprepared, ...Object.values(calls)], removed: begins },
    { of: Object.values(calls), removed: allowed.filter((one) => !inS3.includes(one)) },
    { of: Object.values(calls), removed: inS3.filter((one) => !begins.includes(one)) },
  ];
  const found: Found[] = [];
  const unnoticed: Allowed[] = [];
  for (const { of, removed } of groups) {
    let missing = removed;
    for (const call of of) {
      await using stage = new Stage(call);
      for (let named = missing; named.length > 0 && missing.length > 0; missing = missing.filter((one) => !named.includes(one))) {
        const { at, error, changed } = await stage.play([...statementsOf(allowed.filter((one) => !missing.includes(one))), ...others]);
        named = error === null ? [] : missing.filter(namedIn(error));
        found.push(...named.map((one) => ({ ...one, at, kind: error!.kind, changed })));
      }
    }
    unnoticed.push(...missing);
  }
  return { found, unnoticed };
}

async function removeOneByOne({ calls }: Play, allowed: readonly Allowed[], others: readonly IamStatement[]): Promise<Removals> {
  const found: Found[] = [];
  let left = allowed;
  for (const call of Object.values(calls)) {
    await using stage = new Stage(call);
    for (const removed of left) {
      const { at, error, changed } = await stage.play([...statementsOf(allowed.filter((one) => one !== removed)), ...others]);
      if (error !== null && namedIn(error)(removed)) found.push({ ...removed, at, kind: error.kind, changed });
    }
    left = left.filter((one) => !found.some(({ action, resource, sid }) => one.action === action && one.resource === resource && one.sid === sid));
  }
  return { found, unnoticed: left };
}

let cloud: LocalCloud;
let here: Environment;
beforeAll(async () => {
  cloud = await startLocalCloud({ blueprint, images });
  here = done(await connect(whole, { ...cloud.connection, runStore: s3RunStore({ bucket: runBucket, prefix: 'releases', self: { actor: 'anna@laptop' } }) }));
});
afterAll(() => cloud.stop());

describe('requiredPermissions', () => {
  it('knows every recipe', () => {
    expect(plays.map(({ recipe }) => recipe).sort()).toEqual(Object.keys(recipeSteps).sort());
  });

  describe.each(plays)('of $recipe', (play) => {
    let allowed: readonly Allowed[];
    let others: readonly IamStatement[];
    beforeAll(async () => {
      const of = async (recipes: readonly RecipeName[]) => done(await requiredPermissions(here, recipes, reading.includes(play.recipe) ? {} : { principal: role })).policies.flatMap(({ Statement }) => Statement);
      const statements = await of([play.recipe]);
      others = [...statements.filter(({ Sid }) => Sid === 'AskAboutItself'), ...(play.besides === undefined ? [] : await of(play.besides))];
      allowed = statements.filter(({ Sid }) => Sid !== 'AskAboutItself').flatMap(({ Sid, Action, Resource, Condition }) => Action.flatMap((action) => Resource.map((resource) => ({ sid: Sid, action, resource, condition: Condition }))));
    });

    it('are enough, and what a run that goes well does not use is known', { timeout: 120_000 }, async () => {
      let unused = allowed;
      for (const call of Object.values(play.calls)) {
        await using stage = new Stage(call);
        const { error, sent } = await stage.play([...statementsOf(allowed), ...others]);
        expect(error?.message).toBeUndefined();
        unused = unused.filter((one) => !sent.some((access) => decide({ Statement: statementsOf([one]) }, { ...access, context: { ...access.context, ...tagsOfOwn } }) === 'allowed'));
      }
      expect([...new Set(unused.map(({ action }) => action))].sort()).toEqual([...(play.rarely ?? [])].sort());
    });

    it.runIf(every || drawn.includes(play.recipe))(`are not too many: without any of them it is denied, by name, before anything is changed (SEED=${seed})`, { timeout: oneByOne ? 1_800_000 : 120_000 }, async () => {
      const { found, unnoticed } = await (oneByOne ? removeOneByOne : removeAll)(play, allowed, others);
      if (printed) console.log([`${play.recipe}: ${allowed.length} removals`, ...found.map(({ at, kind, action, resource }) => `| ${play.recipe} | ${action} | ${resource} | ${at} | ${kind} |`)].join('\n'));
      expect(unnoticed.map(({ action, resource }) => `${action} on ${resource}`)).toEqual([]);
      expect(found.filter(({ changed }) => changed.length > 0)).toEqual([]);
    });
  });
});
