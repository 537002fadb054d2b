import { DeleteServiceCommand, ECSClient } from '@aws-sdk/client-ecs';
import { ModifyDBInstanceCommand, RDSClient, StopDBInstanceCommand } from '@aws-sdk/client-rds';
import { type DeployEvent, deployWithMigration, readState, resume, transitionTo } from '@graasp/deploy';
import type { LocalCloud } from '@graasp/local-cloud';
import { afterEach, describe, expect, it } from 'vitest';
import { applyInfrastructure } from './infrastructure.js';
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
  it('ends a release with its name, region and account, in a hold with the gate closed', async () => {
    const at = await open();
    whenStepBegins(at, 'snapshot-db', () => new ECSClient(settingsOf(at.cloud)).send(new DeleteServiceCommand({ cluster: 'shop', service: 'office', force: true })));

    const error = (await deployWithMigration(at.env, release))._unsafeUnwrapErr();

    expect(`${error.kind}: ${error.message}`).toBe('NotFound: service office does not exist in eu-central-1 of account 123456789012');
    expect(error).toMatchObject({ situation: { maintenance: 'on', left: 'hold' } });
    expect(at.cloud.inspect.violations).toEqual([]);
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

describe('throttling for minutes', () => {
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
    at.cloud.faults.clear();
    (await resume((await at.another()).env, transitionTo, runOf(error)))._unsafeUnwrap();
    expect((await readState(at.env))._unsafeUnwrap()).toMatchObject({ state: 'stopped', hold: null, putAside: [] });
  });
});
