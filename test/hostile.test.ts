import { DeleteServiceCommand, ECSClient, RunTaskCommand } from '@aws-sdk/client-ecs';
import { ModifyDBInstanceCommand, RDSClient, StopDBInstanceCommand } from '@aws-sdk/client-rds';
import { type DeployEvent, deployWithMigration, readState, resume, transitionTo } from '@graasp/deploy';
import type { LocalCloud } from '@graasp/local-cloud';
import { afterEach, describe, expect, it } from 'vitest';
import { applyInfrastructure, readResources } from './infrastructure.js';
import { nextVersion, shop, shopBlueprint, type ShopProcess, startShop } from './shop.js';

const header = { name: 'x-shop-operator', value: 'open-sesame-0123456789' };
const release = { version: nextVersion, reopen: 'when-verified', settledSeconds: 60 } as const;
const shops: ShopProcess[] = [];
let over = new AbortController();

afterEach(async () => {
  over.abort(new Error('The test is over.'));
  over = new AbortController();
  for (const { cloud } of shops.splice(0)) await cloud.stop();
});

async function open(): Promise<ShopProcess> {
  const started = await startShop();
  shops.push(started);
  return started;
}

/** Does something once a step has begun, as somebody else would: beside it. */
function whenStepBegins({ events, cloud }: ShopProcess, step: string, act: () => Promise<unknown>): void {
  const { signal } = over;
  const wait = async (): Promise<void> => {
    while (!events.some((event: DeployEvent) => event.type === 'step-started' && event.step === step)) await cloud.clock.sleep(1_000, signal);
    await act();
  };
  wait().catch(() => undefined);
}

function settingsOf(cloud: LocalCloud): object {
  return { region: shop.region, ...cloud.connection.aws };
}

function runOf(error: object): string {
  return 'runId' in error ? String(error.runId) : '';
}

describe('an apply of the infrastructure code in the middle', () => {
  it('ends a transition with what it has changed, and the doors that it opened closed again', async () => {
    const at = await open();
    whenStepBegins(at, 'stop-db', () => applyInfrastructure(at.cloud, 'running', { blueprint: shopBlueprint, definition: shop, header }).then(() => undefined));

    const error = (await transitionTo(at.env, 'stopped'))._unsafeUnwrapErr();

    expect(error).toMatchObject({ kind: 'Conflict', reason: 'foreign-change', situation: { step: 'stop-db', left: 'hold', maintenance: 'on' } });
    expect(error.message).toMatch(/^somebody else changed what this run has set: .*service web: desired count 0 -> 2/);
    expect(error.remedy).toContain('an apply of the infrastructure code');
    expect(at.cloud.inspect.violations).toEqual([]);
  });
});

describe('a service deleted in the middle', () => {
  it('ends a release before it migrates, in a hold with the gate closed, and is told by its name', async () => {
    const at = await open();
    whenStepBegins(at, 'snapshot-db', () => new ECSClient(settingsOf(at.cloud)).send(new DeleteServiceCommand({ cluster: 'shop', service: 'office', force: true })));

    const error = (await deployWithMigration(at.env, release))._unsafeUnwrapErr();

    expect(error).toMatchObject({ kind: 'Conflict', reason: 'foreign-change', changes: ['service office: there -> gone'] });
    expect(error.message).toBe('somebody else changed what this run has set: service office: there -> gone. Putting things back failed too, at start-services: service office does not exist in eu-central-1 of account 123456789012');
    expect(error).toMatchObject({ situation: { maintenance: 'on', left: 'hold' } });
    expect(at.cloud.inspect.database()!.model).toMatchObject({ schema: 'one', appliedMigrations: [] });
    expect(at.cloud.inspect.violations).toEqual([]);
  });
});

describe('a task started by hand in the middle', () => {
  it('ends a release as it was found, and is left alone', async () => {
    const at = await open();
    const before = await readResources(at.cloud, shopBlueprint);
    at.cloud.faults.add({ kind: 'task', family: 'jobs', what: 'never-ends' });
    const networkConfiguration = { awsvpcConfiguration: { subnets: ['subnet-a'], securityGroups: ['sg-shop'] } };
    whenStepBegins(at, 'await-drained', () => new ECSClient(settingsOf(at.cloud)).send(new RunTaskCommand({ cluster: 'shop', taskDefinition: 'jobs', launchType: 'FARGATE', networkConfiguration })));

    const error = (await deployWithMigration(at.env, release))._unsafeUnwrapErr();

    expect(error).toMatchObject({ kind: 'Conflict', reason: 'task-in-flight', situation: { step: 'stop-services', left: 'as-found', state: 'running' } });
    expect(error.message).toMatch(/^Tasks that no declared service owns are running in the cluster and may write to the database: family:jobs [0-9a-f]+ \(RUNNING\)\.$/);
    expect(await readResources(at.cloud, shopBlueprint)).toEqual(before);
    expect(at.cloud.inspect.tasks().filter(({ group }) => group === 'family:jobs')).toMatchObject([{ lastStatus: 'RUNNING' }]);
  });
});

describe('a database that somebody', () => {
  it('has stopped fails preflight, and nothing is changed', async () => {
    const at = await open();
    await new RDSClient(settingsOf(at.cloud)).send(new StopDBInstanceCommand({ DBInstanceIdentifier: 'shop' }));

    const error = (await deployWithMigration(at.env, release))._unsafeUnwrapErr();

    expect(error).toMatchObject({ kind: 'PreflightFailed', situation: { left: 'untouched' } });
    expect(error.message).toMatch(/database.*stopping/);
  });

  it('has renamed is not found, told with region and account', async () => {
    const at = await open();
    await new RDSClient(settingsOf(at.cloud)).send(new ModifyDBInstanceCommand({ DBInstanceIdentifier: 'shop', NewDBInstanceIdentifier: 'shop-old', ApplyImmediately: true }));
    await at.cloud.clock.sleep(600_000);

    const error = (await transitionTo(at.env, 'restricted'))._unsafeUnwrapErr();

    expect(error).toMatchObject({ kind: 'NotFound', situation: { left: 'untouched' } });
    expect(error.message).toMatch(/database instance shop .*eu-central-1.*123456789012/);
  });

  it('has given more storage, which AWS optimises for hours, is used meanwhile', async () => {
    const at = await open();
    await new RDSClient(settingsOf(at.cloud)).send(new ModifyDBInstanceCommand({ DBInstanceIdentifier: 'shop', AllocatedStorage: 30, ApplyImmediately: true }));
    while (at.cloud.inspect.database()?.status !== 'storage-optimization') await at.cloud.clock.sleep(5_000);

    expect((await transitionTo(at.env, 'db-only'))._unsafeUnwrap()).toMatchObject({ to: 'db-only' });
    expect((await readState(at.env))._unsafeUnwrap()).toMatchObject({ state: 'db-only', health: { problems: [] } });
  });
});

describe('a database that somebody, in the middle of a release,', () => {
  const middle = [
    ['stops', new StopDBInstanceCommand({ DBInstanceIdentifier: 'shop' }), 'Conflict', /^database instance shop is stopp(?:ed|ing): no snapshot can be taken of it\. Putting things back failed too, at start-services: visitors to be let in at the front door: not within 180 s; last seen: office\.shop\.test\/ answers 503/],
    ['renames', new ModifyDBInstanceCommand({ DBInstanceIdentifier: 'shop', NewDBInstanceIdentifier: 'shop-old', ApplyImmediately: true }), 'NotFound', /^database instance shop does not exist in eu-central-1 of account 123456789012/],
  ] as const;

  it.each(middle)('%s ends it in a hold, with visitors kept out and nothing migrated', async (_, command, kind, message) => {
    const at = await open();
    whenStepBegins(at, 'stop-services', async () => {
      await new RDSClient(settingsOf(at.cloud)).send(command);
    });

    const error = (await deployWithMigration(at.env, release))._unsafeUnwrapErr();

    expect(error).toMatchObject({ kind, situation: { step: 'snapshot-db', left: 'hold', schema: 'untouched' } });
    expect(error.message).toMatch(message);
    const visitor = await at.cloud.connection.fetch('https://shop.test/', { redirect: 'manual' });
    expect([visitor.status, visitor.headers.get('location')]).toEqual([302, expect.stringContaining('closed.shop.test')]);
    expect(at.cloud.inspect.databases()[0]!.model).toMatchObject({ schema: 'one', appliedMigrations: [] });
  });
});

describe('throttling for minutes', () => {
  it('of every call is waited out while a migration runs', async () => {
    const at = await open();
    whenStepBegins(at, 'run-migration', async () => {
      await at.cloud.clock.sleep(40_000);
      at.cloud.faults.add({ kind: 'throttle', operation: '*', times: 100_000 });
      await at.cloud.clock.sleep(180_000);
      at.cloud.faults.clear();
    });

    (await deployWithMigration(at.env, release))._unsafeUnwrap();
    expect(at.cloud.inspect.database()!.model!.appliedMigrations).toHaveLength(1);
    expect(at.cloud.inspect.violations).toEqual([]);
  });

  it('of every call ends a release, when it does not wait, in what can be resumed', async () => {
    const at = await open();
    whenStepBegins(at, 'stop-services', () => Promise.resolve(at.cloud.faults.add({ kind: 'throttle', operation: '*', times: 100_000 })));

    const error = (await deployWithMigration(at.env, release))._unsafeUnwrapErr();

    expect(error).toMatchObject({ kind: 'Throttled', situation: { step: 'stop-services', left: 'hold', state: 'unknown' } });
    at.cloud.faults.clear();
    expect((await resume((await at.another()).env, deployWithMigration, runOf(error)))._unsafeUnwrapErr()).toMatchObject({ kind: 'Throttled', situation: { left: 'as-found', state: 'running' } });
    expect((await readState(at.env))._unsafeUnwrap()).toMatchObject({ state: 'running', hold: null, putAside: [] });
  });

  it('makes a transition slower, and nothing else', async () => {
    const at = await open();
    at.cloud.faults.add({ kind: 'throttle', operation: '*', probability: 0.3, times: 10_000 });

    expect((await transitionTo(at.env, 'db-only'))._unsafeUnwrap()).toMatchObject({ from: 'running', to: 'db-only' });
    at.cloud.faults.clear();
    expect((await readState(at.env))._unsafeUnwrap()).toMatchObject({ state: 'db-only', putAside: [] });
  });
});

describe('credentials that end in the middle', () => {
  it('end a transition in a hold that says so, and it goes on with new ones', async () => {
    const at = await open();
    whenStepBegins(at, 'stop-services', () => Promise.resolve(at.cloud.faults.add({ kind: 'expired-credentials', operation: '*', times: 100_000 })));

    const error = (await transitionTo(at.env, 'stopped'))._unsafeUnwrapErr();

    expect(error).toMatchObject({ kind: 'CredentialsExpired', situation: { left: 'hold', state: 'unknown' } });
    expect(error.message).toBe('elasticloadbalancing:DescribeRules: the AWS credentials have expired');
    at.cloud.faults.clear();
    (await resume((await at.another()).env, transitionTo, runOf(error)))._unsafeUnwrap();
    expect((await readState(at.env))._unsafeUnwrap()).toMatchObject({ state: 'stopped', hold: null, putAside: [] });
  });
});
