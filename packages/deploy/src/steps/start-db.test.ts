import { type DBInstance, DescribeDBInstancesCommand, RDSClient, StartDBInstanceCommand } from '@aws-sdk/client-rds';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { planOptions, testEnvironment } from '../environment/environment.fixture.js';
import { internals } from '../environment/environment.js';
import { readDatabaseRecord, recordDatabase } from '../runs/database-record.js';
import { environmentInRun, recordingRun } from './recording-run.fixture.js';
import { startDb } from './start-db.js';

const rds = mockClient(RDSClient);
const Endpoint = { Address: 'graasp-dev.abc.eu-central-1.rds.amazonaws.com', Port: 5432 };

function instance(DBInstanceStatus: string, changes: Partial<DBInstance> = {}) {
  return { DBInstances: [{ DBInstanceIdentifier: 'graasp-dev', DbiResourceId: 'db-1', DBInstanceStatus, Endpoint, ...changes }] };
}

/** The statuses that are read, one after the other; the last stays. */
function statuses(...all: readonly string[]) {
  const reads = rds.on(DescribeDBInstancesCommand);
  for (const status of all.slice(0, -1)) reads.resolvesOnce(instance(status));
  reads.resolves(instance(all.at(-1)!));
}

function refused(name: string, message = 'no') {
  return Object.assign(new Error(message), { name });
}

const requests = () => rds.commandCalls(StartDBInstanceCommand).map(({ args }) => args[0].input);
const inRun = (records: Readonly<Record<string, string>> = {}) => environmentInRun(recordingRun({ step: 'start-db', records }));

beforeEach(() => {
  rds.reset();
  rds.on(StartDBInstanceCommand).resolves({});
});

describe('startDb', () => {
  it('starts a stopped instance and waits until it is available', async () => {
    statuses('stopped', 'starting', 'starting', 'available');
    const env = inRun();
    expect((await startDb(env))._unsafeUnwrap()).toEqual({
      database: 'graasp-dev',
      instanceResourceId: 'db-1',
      started: true,
      status: 'available',
      endpoint: { address: Endpoint.Address, port: 5432 },
      seconds: 30,
    });
    expect(requests()).toEqual([{ DBInstanceIdentifier: 'graasp-dev' }]);
    expect(env.events).toContainEqual({ type: 'change', planned: false, resource: 'database instance graasp-dev', from: 'stopped', to: 'available', operation: 'rds:StartDBInstance', why: 'services need it' });
    expect((await readDatabaseRecord(env))._unsafeUnwrap()).toEqual({ meantTo: 'run', at: '2026-11-23T10:00:00.000Z', run: 'run-1' });
  });

  it('journals its intent before it asks', async () => {
    const run = recordingRun({ step: 'start-db' });
    statuses('stopped', 'available');
    let journalled: unknown;
    rds.on(StartDBInstanceCommand).callsFake(() => (journalled = run.recall('startIntent')));
    expect((await startDb(environmentInRun(run))).isOk()).toBe(true);
    expect(journalled).toEqual({ at: '2026-11-23T10:00:00.000Z' });
  });

  it.each(['available', 'backing-up', 'storage-optimization'])('leaves an instance alone that is %s, and says so', async (status) => {
    statuses(status);
    expect((await startDb(inRun()))._unsafeUnwrap()).toMatchObject({ started: false, status, seconds: 0 });
    expect(requests()).toEqual([]);
  });

  it('waits out a stop that is under way', async () => {
    statuses('stopping', 'stopping', 'stopped', 'starting', 'available');
    expect((await startDb(inRun()))._unsafeUnwrap()).toMatchObject({ started: true });
    expect(requests()).toHaveLength(1);
  });

  it('adopts a start that is under way', async () => {
    statuses('starting', 'available');
    expect((await startDb(inRun()))._unsafeUnwrap()).toMatchObject({ started: false, status: 'available' });
    expect(requests()).toEqual([]);
  });

  it('takes what it finds started after its own request for its doing, when it is resumed', async () => {
    statuses('starting', 'available');
    expect((await startDb(inRun({ startIntent: 'journalled' })))._unsafeUnwrap()).toMatchObject({ started: true });
    expect(requests()).toEqual([]);
  });

  it('does not ask again while reads are stale, and does when the request left no trace', async () => {
    statuses('stopped', 'stopped', 'stopped', 'stopped', 'stopped', 'stopped', 'stopped', 'available');
    const env = inRun();
    expect((await startDb(env)).isOk()).toBe(true);
    expect(requests()).toHaveLength(2);
    expect(env.events.flatMap((event) => (event.type === 'waiting' ? [event.seen] : []))).toEqual(['graasp-dev is about to start']);
  });

  it('does not believe that it is usable a moment after a stop was asked for, until that shows', async () => {
    const env = inRun();
    (await recordDatabase(env, 'be-stopped'))._unsafeUnwrap();
    env.clock.time += 1_000;
    statuses('available', 'stopping', 'stopped', 'starting', 'available');
    expect((await startDb(env))._unsafeUnwrap()).toMatchObject({ started: true });
    expect(env.events).toContainEqual(expect.objectContaining({ type: 'waiting', seen: 'graasp-dev is available, and was asked to stop a moment ago' }));
  });

  it('believes it once a minute has gone by', async () => {
    const env = inRun();
    (await recordDatabase(env, 'be-stopped'))._unsafeUnwrap();
    statuses('available');
    expect((await startDb(env))._unsafeUnwrap()).toMatchObject({ started: false, seconds: 60 });
  });

  it('reads again when somebody else was faster', async () => {
    statuses('stopped', 'starting', 'available');
    rds.on(StartDBInstanceCommand).rejects(refused('InvalidDBInstanceStateFault', 'Instance graasp-dev is not stopped, therefore cannot be started.'));
    const env = inRun();
    expect((await startDb(env)).isOk()).toBe(true);
    expect(env.events).toContainEqual(expect.objectContaining({ type: 'waiting', waitingFor: 'the database to be usable', seen: 'graasp-dev is not to be started yet: Instance graasp-dev is not stopped, therefore cannot be started.' }));
  });

  it.each([
    ['InsufficientDBInstanceCapacityFault', 'AWS has no room for a db.t4g.micro in eu-central-1a now', /some minutes/],
    ['KMSKeyNotAccessibleFault', 'RDS may not use its KMS key key-1', /enabled, not scheduled for deletion/],
    ['InvalidVPCNetworkStateFault', 'its network is not as it was: subnet group graasp', /as they were when the instance was stopped/],
    ['DBSubnetGroupNotFoundFault', 'its network is not as it was: subnet group graasp', /as they were/],
  ])('says what to do about %s', async (name, because, remedy) => {
    rds.on(DescribeDBInstancesCommand).resolves(instance('stopped', { DBInstanceClass: 'db.t4g.micro', AvailabilityZone: 'eu-central-1a', KmsKeyId: 'key-1', DBSubnetGroup: { DBSubnetGroupName: 'graasp' } }));
    rds.on(StartDBInstanceCommand).rejects(refused(name));
    const error = (await startDb(inRun()))._unsafeUnwrapErr();
    expect(error).toMatchObject({ kind: 'Conflict', reason: 'resource-busy', message: `database instance graasp-dev was not started: ${because}. It stays stopped`, cause: { name } });
    expect(error.remedy).toMatch(remedy);
  });

  it('tells any other refusal as AWS does', async () => {
    statuses('stopped');
    rds.on(StartDBInstanceCommand).rejects(refused('InvalidDBClusterStateFault', 'of a cluster'));
    expect((await startDb(inRun()))._unsafeUnwrapErr()).toMatchObject({ kind: 'Unexpected', operation: 'rds:StartDBInstance', code: 'InvalidDBClusterStateFault' });
  });

  it.each(['storage-full', 'incompatible-network', 'inaccessible-encryption-credentials-recoverable', 'deleting'])('does not wait for an instance that is %s', async (status) => {
    statuses(status);
    const env = inRun();
    expect((await startDb(env))._unsafeUnwrapErr()).toMatchObject({
      kind: 'Conflict',
      reason: 'resource-busy',
      message: `database instance graasp-dev is ${status}: that does not pass by itself, and only a stopped instance can be started`,
    });
    expect(env.clock.time).toBe(Date.parse('2026-11-23T10:00:00Z'));
  });

  it('times out saying what was seen last', async () => {
    statuses('stopped', 'starting');
    expect((await startDb(inRun(), { timeoutSeconds: 60 }))._unsafeUnwrapErr()).toMatchObject({ kind: 'TimedOut', waitingFor: 'the database to be usable', lastSeen: 'graasp-dev is starting' });
  });

  it('reports every problem of its input before it calls anything', async () => {
    expect((await startDb(inRun(), { timeoutSeconds: -1 }))._unsafeUnwrapErr()).toMatchObject({ kind: 'InvalidInput', problems: ['timeoutSeconds: expected a positive number, got -1 (number)'] });
    expect(rds.calls()).toEqual([]);
  });

  it('obeys a hold when it is called by itself', async () => {
    const env = testEnvironment();
    (await env[internals].runStore.create('dev/hold', JSON.stringify({ run: 'run-0', recipe: 'deployWithMigration', reason: 'the migration failed', since: '2026-11-22T00:00:00Z', continuedBy: 'resume', situation: { nextActions: [] } })))._unsafeUnwrap();
    expect((await startDb(env))._unsafeUnwrapErr()).toMatchObject({ kind: 'Conflict', reason: 'hold', holder: 'run-0' });
    expect(rds.calls()).toEqual([]);
  });

  it.each([
    ['stopped', true],
    ['stopping', true],
    ['starting', false],
  ])('plans from %s without waiting or sending anything', async (status, changes) => {
    statuses(status);
    const env = testEnvironment(planOptions());
    expect((await startDb(env))._unsafeUnwrap()).toMatchObject({ status: 'available', seconds: 0 });
    expect(env.events.map(({ type }) => type)).toEqual(changes ? ['change'] : []);
    expect(requests()).toEqual([]);
  });

  it('tells in a plan what waiting would not cure', async () => {
    statuses('failed');
    expect((await startDb(testEnvironment(planOptions())))._unsafeUnwrapErr()).toMatchObject({ kind: 'Conflict' });
  });
});
