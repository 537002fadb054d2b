import { DescribeServicesCommand, ECSClient } from '@aws-sdk/client-ecs';
import { DescribeRulesCommand, DescribeTargetHealthCommand, ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { DescribeDBInstancesCommand, RDSClient } from '@aws-sdk/client-rds';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { graaspTargetGroup, headerName, headerValue, testEnvironment as connectedEnvironment } from '../environment/environment.fixture.js';
import type { JsonValue } from '../environment/environment.js';
import { internals } from '../environment/environment.js';
import type { Situation } from '../errors.js';
import type { Baseline } from './baseline.js';
import type { FailureAction } from './failure-action.js';
import type { Journal, JournalStep } from './journal.js';
import type { Session } from './session.js';
import { type Ending, lookedAt, observed, restorePointOf, schemaOf, situationOf } from './situation.js';
import { putJson } from './store-document.js';
import { testEnvironment } from './testing/environment.js';

const ecs = mockClient(ECSClient);
const elbv2 = mockClient(ElasticLoadBalancingV2Client);
const rds = mockClient(RDSClient);

interface Setting {
  readonly error?: object;
  readonly step?: string;
  readonly does?: FailureAction;
  readonly left?: Ending['left'];
  /** What the step `run-migration` has recorded. */
  readonly records?: Readonly<Record<string, JsonValue>>;
  /** What preflight has told of the versions that it found. */
  readonly found?: Readonly<Record<string, string>>;
  readonly recipe?: string;
  readonly restorePoint?: JsonValue;
  readonly schema?: { readonly outcome: string; readonly at?: string; readonly run?: string };
  readonly baseline?: Partial<Baseline>;
  readonly continuedBy?: Session['continuedBy'];
}

const intent = { migrationIntent: { attempt: 1 } };
const deployed = { 'deployment:web': { revision: 'web:2' } };
const migrated = { outcome: 'migrated', run: 'r1' };
const snap = { snapshotId: 'snap', databaseTime: '' };
const failed = (reason: string) => ({ kind: 'MigrationFailed', reason, schema: 'unknown', message: '', remedy: '' });

async function sessionOf({ records = {}, found = {}, recipe = 'deployWithoutMigration', restorePoint, schema, baseline, continuedBy = 'resume' }: Setting): Promise<Session> {
  const { env } = testEnvironment();
  if (schema !== undefined) (await putJson(env[internals].runStore, 'dev/schema', { version: 'v2.0.0', at: '2026-11-23T23:00:10.000Z', run: 'other', ...schema }))._unsafeUnwrap();
  const step = (name: string, found: JournalStep['records']): JournalStep => ({ name, startedAt: '', status: 'failed', changed: true, records: found, waits: [] });
  const checks = Object.entries(found).map(([service, version]) => ({ group: 'services', name: `running version of ${service}`, detail: `${version}: ${service}:1 with ${service} shop:latest` }));
  const journal = { run: 'r1', recipe, startedAt: '2026-11-23T23:00:00.000Z', steps: [{ ...step('preflight', {}), report: { checks } }, step('snapshot-db', restorePoint === undefined ? {} : { restorePoint }), step('run-migration', records)] } as unknown as Journal;
  return { env, journal: { journal }, baseline: { baseline: baseline === undefined ? null : { byRun: 'r1', takenAt: '', putAside: [], ...baseline } }, continuedBy } as unknown as Session;
}

/** The commands that are named, with the words of those that differ. */
async function ways(setting: Setting) {
  const { step = 'run-migration', error = { kind: 'Broken' }, does = 'hold', left = 'hold' } = setting;
  const { nextActions } = await situationOf(await sessionOf(setting), { step, error, does, left });
  return nextActions.map(({ text, command }) => `${command.replace('release --', '')}: ${text}`);
}

const goOn = 'resume r1: Once the cause is gone, continue at run-migration';
const letGo = 'release-hold r1: Let go of the environment as it is, after looking at it';
const back = 'reopen r1: Put back what was found and let visitors in, on the old version';
const again = 'resume r1 --retry-migration: Once the cause is gone, run the migration again, and continue';
const goOnAnew = 'resume r1 --retry-migration: Continue, and run the migration again';
const restore = 'restore snap: Bring the database back to snap, for the old version: what was written since is in the instance set aside alone';

describe('what can be done about a run that failed', () => {
  it.each<readonly [string, Setting, readonly string[]]>([
    ['nothing where nothing is left to do', { left: 'untouched' }, []],
    ['nothing where others have taken it over', { left: 'taken-over' }, []],
    ['go on, put back, or let go', {}, [goOn, back, letGo]],
    ['go on with putting back', { does: 'start-and-reopen' }, ['resume r1: Go on putting back what was found', letGo]],
    ['go on with opening again', { does: 'reopen' }, ['resume r1: Go on putting back what was found', letGo]],
    ['go on after the gate was closed again', { does: 'close-and-hold' }, [goOn, back, letGo]],
    ['reopen once more after reopen', { continuedBy: 'reopen' }, ['reopen r1: Once the cause is gone, go on putting back what was found', letGo]],
    ['put back or let go after a step called by itself', { continuedBy: 'again' }, [back, letGo]],
    ['not put back while the database is away', { baseline: { putAside: ['gate', 'database'] } }, [goOn, letGo]],
    ['not put back once the schema has moved', { schema: migrated }, [goOn, letGo]],
    ['not put back where nobody knows of the schema', { schema: { outcome: 'unknown', run: 'r1' } }, [goOn, letGo]],
    ['restore what this run has migrated', { schema: migrated, records: intent, restorePoint: snap, step: 'deploy-core' }, ['resume r1: Once the cause is gone, continue at deploy-core', restore, letGo]],
    ['not restore what it has not tried to migrate', { schema: migrated, restorePoint: snap }, [goOn, letGo]],
    ['not restore what is untouched', { records: intent, restorePoint: snap, step: 'deploy-core' }, ['resume r1: Once the cause is gone, continue at deploy-core', back, letGo]],
    ['bring back the code that was found, once a deployment was begun', { records: deployed, found: { web: 'v1.0.0', jobs: 'v1.0.0' } }, [goOn, 'roll-back v1.0.0: Bring the code back to the version that was there before', letGo]],
    ['bring it back to a version that a person names, where several or none were found', { records: deployed, found: { web: 'v1.0.0', jobs: 'v1.1.0' } }, [goOn, 'roll-back VERSION: Bring the code back to the version that was there before', letGo]],
    ['not bring it back to what a way back came from', { records: deployed, found: { web: 'v2.0.0' }, recipe: 'rollBack' }, [goOn, letGo]],
    ['not restore without a snapshot', { schema: migrated, records: intent, restorePoint: { snapshotId: null, databaseTime: '' } }, [goOn, goOnAnew, letGo]],
    ['go on, or migrate again, where the migration did not start', { records: intent, error: failed('capacity') }, [goOn, goOnAnew, back, letGo]],
    ['go on, or migrate again, where it ended unseen', { records: intent, error: failed('outcome-unknown') }, [goOn, goOnAnew, back, letGo]],
    ['migrate again, after a refusal, what ran and failed before', { records: { ...intent, schemaLeft: { attempt: 1 } } }, [again, back, letGo]],
    ['go on, after a refusal, with an attempt that is not concluded', { records: { migrationIntent: { attempt: 2 }, schemaLeft: { attempt: 1 } } }, [goOn, goOnAnew, back, letGo]],
    ['go on with putting back after a failed migration', { records: intent, error: failed('exit-code'), does: 'start-and-reopen' }, ['resume r1: Go on putting back what was found', goOnAnew, letGo]],
  ])('is to %s', async (_, setting, expected) => {
    expect(await ways(setting)).toEqual(expected);
  });

  it.each(['exit-code', 'out-of-memory', 'spot-interruption', 'stopped-by-somebody', 'no-exit-code'])('is to migrate again what ran to its end by %s: it stays failed however often it is looked at', async (reason) => {
    expect(await ways({ records: intent, error: failed(reason) })).toEqual([again, back, letGo]);
  });
});

describe('schemaOf', () => {
  const of = async (setting: Setting, error: object = { kind: 'Broken' }) => schemaOf(await sessionOf(setting), error);

  it('believes a migration that says it has migrated, before it is recorded', async () => {
    expect(await of({}, { ...failed('exit-code'), schema: 'migrated' })).toBe('migrated');
    expect(await of({}, { ...failed('exit-code'), schema: 'unknown' })).toBe('untouched');
    expect(await of({}, { kind: 'Own', schema: 'migrated' })).toBe('untouched');
  });

  it('counts from when this run began, also where its baseline is older by a moment or later', async () => {
    expect(await of({ schema: { outcome: 'migrated', at: '2026-11-23T22:59:59.000Z' } })).toBe('untouched');
    expect(await of({ schema: { outcome: 'migrated', at: '2026-11-23T23:00:00.000Z' } })).toBe('migrated');
    expect(await of({ schema: { outcome: 'migrated', at: '2026-11-23T23:00:00.000Z' }, baseline: { takenAt: '2026-11-23T23:00:05.000Z' } })).toBe('migrated');
  });

  it('counts from what an earlier run has found that is still away', async () => {
    expect(await of({ schema: { outcome: 'migrated', at: '2026-11-23T22:00:00.000Z' }, baseline: { byRun: 'r0', takenAt: '2026-11-23T21:00:00.000Z' } })).toBe('migrated');
    expect(await of({ schema: { outcome: 'migrated', at: '2026-11-23T20:00:00.000Z' }, baseline: { byRun: 'r0', takenAt: '2026-11-23T21:00:00.000Z' } })).toBe('untouched');
  });
});

describe('restorePointOf', () => {
  it.each<readonly [JsonValue | undefined, string | undefined]>([
    [undefined, undefined],
    [null, undefined],
    ['snap', undefined],
    [{ snapshotId: null, databaseTime: '' }, undefined],
    [snap, 'snap'],
  ])('of %j is %j', async (restorePoint, expected) => {
    expect(restorePointOf((await sessionOf(restorePoint === undefined ? {} : { restorePoint })).journal.journal)).toBe(expected);
  });
});

describe('where things stand, as AWS tells it', () => {
  const lookedAtAs = (maintenance: 'on' | 'off', asSet: Parameters<typeof lookedAt>[1]) => {
    elbv2.reset();
    const header = { Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: headerName, Values: [headerValue] } };
    const conditions = [{ Field: 'host-header', HostHeaderConfig: { Values: ['api.org'] } }, ...(maintenance === 'on' ? [header] : [])];
    elbv2.on(DescribeRulesCommand).resolves({ Rules: [{ RuleArn: 'r1', Priority: '1', Conditions: conditions, Actions: [{ Type: 'forward', TargetGroupArn: graaspTargetGroup }] }, { RuleArn: 'd', Priority: 'default', IsDefault: true }] });
    elbv2.on(DescribeTargetHealthCommand).resolves({ TargetHealthDescriptions: [{ TargetHealth: { State: 'healthy' } }] });
    const connected = connectedEnvironment();
    const begun = connected.clock.now();
    return lookedAt(connected, asSet).then((seen) => ({ ...seen, reads: elbv2.commandCalls(DescribeRulesCommand).length, seconds: (connected.clock.now() - begun) / 1000, told: connected.events }));
  };

  beforeEach(() => {
    ecs.reset();
    rds.reset();
    const service = (serviceName: string) => ({ serviceName, desiredCount: 1, runningCount: 1, taskDefinition: `${serviceName}:7`, deployments: [{ status: 'PRIMARY', rolloutState: 'COMPLETED' as const }] });
    ecs.on(DescribeServicesCommand).resolves({ services: ['graasp', 'redis', 'admin'].map(service) });
    rds.on(DescribeDBInstancesCommand).resolves({ DBInstances: [{ DBInstanceStatus: 'available' }] });
  });

  it.each<readonly [string, 'on' | 'off', 'on' | 'off' | null]>([
    ['nobody knows what was set', 'off', null],
    ['it is open as it was set', 'off', 'off'],
    ['it is closed as it was set', 'on', 'on'],
  ])('is read once where %s', async (_, maintenance, asSet) => {
    expect(await lookedAtAs(maintenance, asSet)).toEqual({ state: maintenance === 'off' ? 'running' : 'restricted', maintenance, reads: 1, seconds: 0, told: [] });
  });

  it('is read twice more, 5 s apart, where it differs from what was set, and told as it is', async () => {
    expect(await lookedAtAs('on', 'off')).toEqual({ state: 'restricted', maintenance: 'on', reads: 3, seconds: 10, told: [] });
    expect(await lookedAtAs('off', 'on')).toMatchObject({ state: 'running', maintenance: 'off', reads: 3 });
  });

  it('is unknown where AWS refuses, and where it has not answered within 20 s', async () => {
    const { env, clock } = testEnvironment();
    expect(await lookedAt(env)).toEqual({ state: 'unknown', maintenance: 'unknown' });
    const silent = new Proxy({ region: 'eu-central-1' }, { get: (target, name) => (name === 'region' ? target.region : () => new Promise(() => undefined)) });
    let seen: unknown = null;
    void lookedAt({ ...env, [internals]: { ...env[internals], clients: silent as never } }).then((told) => (seen = told));
    await clock.advance(19);
    expect(seen).toBeNull();
    await clock.advance(2);
    expect(seen).toEqual({ state: 'unknown', maintenance: 'unknown' });
  });

  it.each<readonly [string, { readonly closed: readonly string[]; readonly open: readonly string[] } | null, number]>([
    ['the run has set nothing', null, 1],
    ['it has closed some rules and opened others', { closed: ['r1'], open: ['r2'] }, 1],
    ['it has set no rule', { closed: [], open: [] }, 1],
    ['it has opened them', { closed: [], open: ['r1'] }, 1],
    ['it has closed them', { closed: ['r1'], open: [] }, 3],
  ])('goes by what the run has set: an open gate is read, where %s, %j, as often as that asks for: %i', async (_, gate, reads) => {
    await lookedAtAs('off', null);
    elbv2.resetHistory();
    const session = { env: connectedEnvironment(), journal: { journal: { expectations: { gate } } } } as unknown as Session;
    expect(await observed(session, { step: 's' } as Situation)).toEqual({ step: 's', state: 'running', maintenance: 'off' });
    expect(elbv2.commandCalls(DescribeRulesCommand)).toHaveLength(reads);
  });

  it('is not asked in a plan', async () => {
    const { env } = testEnvironment();
    const situation = { step: 's', state: 'mixed' } as Situation;
    expect(await observed({ env: { ...env, planning: true } } as unknown as Session, situation)).toBe(situation);
  });
});
