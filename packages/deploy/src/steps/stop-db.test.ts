import { DescribeServicesCommand, DescribeTasksCommand, ECSClient, ListTasksCommand, type Service, type Task } from '@aws-sdk/client-ecs';
import { type DBInstance, DescribeDBInstancesCommand, RDSClient, StopDBInstanceCommand } from '@aws-sdk/client-rds';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { planOptions, testEnvironment } from '../environment/environment.fixture.js';
import { internals } from '../environment/environment.js';
import { readDatabaseRecord, recordDatabase } from '../runs/database-record.js';
import { environmentInRun, recordingRun } from './recording-run.fixture.js';
import { stopDb } from './stop-db.js';

const rds = mockClient(RDSClient);
const ecs = mockClient(ECSClient);

function instance(DBInstanceStatus: string, changes: Partial<DBInstance> = {}) {
  const restarts = DBInstanceStatus === 'stopped' ? { AutomaticRestartTime: new Date('2026-11-30T10:00:20Z') } : {};
  return { DBInstances: [{ DBInstanceIdentifier: 'graasp-dev', DbiResourceId: 'db-1', DBInstanceStatus, ...restarts, ...changes }] };
}

/** The statuses that are read, one after the other; the last stays. */
function statuses(...all: readonly string[]) {
  const reads = rds.on(DescribeDBInstancesCommand);
  for (const status of all.slice(0, -1)) reads.resolvesOnce(instance(status));
  reads.resolves(instance(all.at(-1)!));
}

function services(...wanted: readonly Service[]) {
  ecs.on(DescribeServicesCommand).resolves({ services: ['graasp', 'redis', 'admin'].map((serviceName) => ({ serviceName, desiredCount: 0, ...wanted.find((service) => service.serviceName === serviceName) })) });
}

function tasks(...all: readonly Task[]) {
  ecs.on(ListTasksCommand).resolves({ taskArns: all.map(({ taskArn }) => taskArn!) });
  ecs.on(DescribeTasksCommand).resolves({ tasks: [...all] });
}

function refused(name: string, message = 'no') {
  return Object.assign(new Error(message), { name });
}

const requests = () => rds.commandCalls(StopDBInstanceCommand).map(({ args }) => args[0].input);
const inRun = (records: Readonly<Record<string, string>> = {}) => environmentInRun(recordingRun({ step: 'stop-db', records }));

beforeEach(() => {
  rds.reset();
  ecs.reset();
  rds.on(StopDBInstanceCommand).resolves({});
  services();
  tasks();
});

describe('stopDb', () => {
  it('stops an available instance, waits until it is stopped, and tells when AWS starts it again', async () => {
    statuses('available', 'available', 'stopping', 'stopped');
    const env = inRun();
    expect((await stopDb(env))._unsafeUnwrap()).toEqual({ database: 'graasp-dev', instanceResourceId: 'db-1', stopped: true, startsAgainAt: '2026-11-30T10:00:20.000Z', seconds: 20 });
    expect(requests()).toEqual([{ DBInstanceIdentifier: 'graasp-dev' }]);
    expect(env.events).toContainEqual({ type: 'change', planned: false, resource: 'database instance graasp-dev', from: 'available', to: 'stopped', operation: 'rds:StopDBInstance', why: 'nothing uses it' });
    expect(env.events).toContainEqual({ type: 'warning', message: 'AWS starts graasp-dev again at 2026-11-30T10:00:20.000Z: let keepDbStopped run on a schedule if it is to stay stopped.' });
    expect((await readDatabaseRecord(env))._unsafeUnwrap()).toMatchObject({ meantTo: 'be-stopped', run: 'run-1' });
  });

  it('tells seven days from now where AWS does not tell the time', async () => {
    rds.on(DescribeDBInstancesCommand).resolves(instance('stopped', { AutomaticRestartTime: undefined }));
    expect((await stopDb(inRun()))._unsafeUnwrap()).toMatchObject({ stopped: false, startsAgainAt: '2026-11-30T10:00:00.000Z' });
  });

  it('journals its intent before it asks', async () => {
    const run = recordingRun({ step: 'stop-db' });
    statuses('available', 'available', 'stopped');
    let journalled: unknown;
    rds.on(StopDBInstanceCommand).callsFake(() => (journalled = run.recall('stopIntent')));
    expect((await stopDb(environmentInRun(run))).isOk()).toBe(true);
    expect(journalled).toEqual({ at: '2026-11-23T10:00:00.000Z' });
  });

  it.each([
    ['stopped', []],
    ['stopping', ['stopped']],
  ])('adopts an instance that is %s', async (status, later) => {
    statuses(status, ...later);
    expect((await stopDb(inRun()))._unsafeUnwrap()).toMatchObject({ stopped: false, startsAgainAt: '2026-11-30T10:00:20.000Z' });
    expect(requests()).toEqual([]);
  });

  it('does not believe that it is stopped a moment after a start was asked for, until that shows', async () => {
    const env = inRun();
    (await recordDatabase(env, 'run'))._unsafeUnwrap();
    statuses('stopped', 'stopped', 'starting', 'available', 'stopping', 'stopped');
    expect((await stopDb(env))._unsafeUnwrap()).toMatchObject({ stopped: true });
    expect(env.events).toContainEqual(expect.objectContaining({ type: 'waiting', seen: 'graasp-dev is stopped, and was asked to start a moment ago' }));
  });

  it('takes what it finds stopped after its own request for its doing, when it is resumed', async () => {
    statuses('stopping', 'stopped');
    expect((await stopDb(inRun({ stopIntent: 'journalled' })))._unsafeUnwrap()).toMatchObject({ stopped: true });
    expect(requests()).toEqual([]);
  });

  it.each(['backing-up', 'modifying', 'storage-optimization', 'starting'])('waits for an instance that is %s', async (status) => {
    statuses(status, status, 'available', 'stopping', 'stopped');
    expect((await stopDb(inRun()))._unsafeUnwrap()).toMatchObject({ stopped: true });
    expect(requests()).toHaveLength(1);
  });

  it('goes on waiting when the instance was busy after all', async () => {
    statuses('available', 'available', 'backing-up', 'available', 'stopping', 'stopped');
    rds.on(StopDBInstanceCommand).rejectsOnce(refused('InvalidDBInstanceStateFault', 'Instance graasp-dev is not in available state.')).resolves({});
    const env = inRun();
    expect((await stopDb(env)).isOk()).toBe(true);
    expect(requests()).toHaveLength(2);
    expect(env.events).toContainEqual(expect.objectContaining({ type: 'waiting', seen: 'graasp-dev is not to be stopped yet: Instance graasp-dev is not in available state.' }));
  });

  it.each(['storage-full', 'failed', 'incompatible-parameters'])('refuses at once an instance that is %s', async (status) => {
    statuses(status);
    const env = inRun();
    expect((await stopDb(env))._unsafeUnwrapErr()).toMatchObject({
      kind: 'Conflict',
      reason: 'resource-busy',
      message: `database instance graasp-dev is ${status}: RDS stops it only when it is available, and waiting does not make it so`,
      remedy: `Bring the instance back to available ("Viewing Amazon RDS DB instance status" says what ${status} means), then call again.`,
    });
    expect(env.clock.time).toBe(Date.parse('2026-11-23T10:00:00Z'));
  });

  it('ends when the instance comes into such a status while it is waited for', async () => {
    statuses('modifying', 'modifying', 'storage-full');
    expect((await stopDb(inRun()))._unsafeUnwrapErr()).toMatchObject({ kind: 'Conflict', reason: 'resource-busy' });
  });

  it.each([{ ReadReplicaDBInstanceIdentifiers: ['copy'] }, { ReadReplicaSourceDBInstanceIdentifier: 'source' }])('refuses an instance with %j, which RDS does not stop', async (replicated) => {
    rds.on(DescribeDBInstancesCommand).resolves(instance('available', replicated));
    expect((await stopDb(inRun()))._unsafeUnwrapErr()).toMatchObject({ kind: 'Conflict', message: 'database instance graasp-dev has a read replica or is one: RDS stops neither', remedy: 'Delete or promote the replica, then call again ("Stopping an Amazon RDS DB instance temporarily").' });
    expect(requests()).toEqual([]);
  });

  it('refuses while a service that uses the instance is wanted', async () => {
    statuses('available');
    services({ serviceName: 'graasp', desiredCount: 2 }, { serviceName: 'admin', desiredCount: 1 });
    const env = inRun();
    const error = (await stopDb(env))._unsafeUnwrapErr();
    expect(error).toMatchObject({
      kind: 'Refused',
      rule: 'database-in-use',
      message: 'graasp-dev is used by service graasp (desired count 2), service admin (desired count 1): it was not stopped, because who uses them would meet errors',
      remedy: 'Keep visitors out and stop them first: setMaintenance, then stopServices, for administration too. A service that does not use the instance says so in the definition: databases: [].',
    });
    expect(ecs.commandCalls(DescribeServicesCommand)[0]?.args[0].input.services).toEqual(['graasp', 'admin']);
    expect(requests()).toEqual([]);
    expect((await readDatabaseRecord(env))._unsafeUnwrap()).toBeNull();
  });

  it('refuses while a task of such a service drains', async () => {
    statuses('available');
    tasks({ taskArn: 'a/t1', group: 'service:graasp', lastStatus: 'DEACTIVATING' }, { taskArn: 'a/t2', group: 'service:graasp', lastStatus: 'STOPPED' }, { taskArn: 'a/t3', group: 'service:redis', lastStatus: 'RUNNING' });
    expect((await stopDb(inRun()))._unsafeUnwrapErr()).toMatchObject({ kind: 'Refused', rule: 'database-in-use', message: expect.stringContaining('used by service:graasp t1 (DEACTIVATING):') as string });
  });

  it('refuses while a migration is in flight', async () => {
    statuses('available');
    tasks({ taskArn: 'a/t1', group: 'family:migrate', lastStatus: 'RUNNING' });
    expect((await stopDb(inRun()))._unsafeUnwrapErr()).toMatchObject({ kind: 'Conflict', reason: 'migration-in-flight' });
    expect(requests()).toEqual([]);
  });

  it('looks again for users after a wait', async () => {
    statuses('backing-up', 'backing-up', 'available');
    ecs.on(DescribeServicesCommand).resolvesOnce({ services: [] }).resolves({ services: [{ serviceName: 'graasp', desiredCount: 1 }] });
    expect((await stopDb(inRun()))._unsafeUnwrapErr()).toMatchObject({ kind: 'Refused', rule: 'database-in-use' });
    expect(requests()).toEqual([]);
  });

  it('names tasks that no declared service owns, and goes on', async () => {
    statuses('available', 'available', 'stopped');
    tasks({ taskArn: 'a/t1', group: 'family:report', lastStatus: 'RUNNING' });
    const env = inRun();
    expect((await stopDb(env)).isOk()).toBe(true);
    expect(env.events).toContainEqual({ type: 'warning', message: 'Tasks that no declared service owns run on while graasp-dev is stopped: family:report t1 (RUNNING).' });
  });

  it('names what was pending, without its values', async () => {
    rds.on(DescribeDBInstancesCommand).resolvesOnce(instance('available')).resolvesOnce(instance('available', { PendingModifiedValues: { MasterUserPassword: 'hunter2', DBInstanceClass: 'db.m7g.large' } })).resolves(instance('stopped'));
    const env = inRun();
    expect((await stopDb(env)).isOk()).toBe(true);
    expect(env.events).toContainEqual({ type: 'warning', message: 'graasp-dev loses its pending modifications when it stops: MasterUserPassword, DBInstanceClass.' });
    expect(JSON.stringify(env.events)).not.toContain('hunter2');
  });

  it('times out saying what was seen last', async () => {
    statuses('backing-up');
    expect((await stopDb(inRun(), { timeoutSeconds: 60 }))._unsafeUnwrapErr()).toMatchObject({ kind: 'TimedOut', waitingFor: 'the database to be stopped', lastSeen: 'graasp-dev is backing-up' });
  });

  it('tells any other refusal as AWS does', async () => {
    statuses('available');
    rds.on(StopDBInstanceCommand).rejects(refused('InvalidDBClusterStateFault'));
    expect((await stopDb(inRun()))._unsafeUnwrapErr()).toMatchObject({ kind: 'Unexpected', operation: 'rds:StopDBInstance', code: 'InvalidDBClusterStateFault' });
  });

  it('obeys a hold when it is called by itself', async () => {
    const env = testEnvironment();
    (await env[internals].runStore.create('dev/hold', JSON.stringify({ run: 'run-0', recipe: 'deployWithMigration', reason: 'the migration failed', since: '2026-11-22T00:00:00Z', continuedBy: 'resume', situation: { nextActions: [] } })))._unsafeUnwrap();
    expect((await stopDb(env))._unsafeUnwrapErr()).toMatchObject({ kind: 'Conflict', reason: 'hold', holder: 'run-0' });
    expect(rds.calls()).toEqual([]);
  });

  it('plans without waiting or sending anything, by the counts that earlier steps would leave', async () => {
    statuses('backing-up');
    const env = testEnvironment(planOptions());
    expect((await stopDb(env))._unsafeUnwrap()).toMatchObject({ database: 'graasp-dev', seconds: 0 });
    expect(env.events).toContainEqual({ type: 'change', planned: true, resource: 'database instance graasp-dev', from: 'backing-up', to: 'stopped', operation: 'rds:StopDBInstance', why: 'nothing uses it' });
    expect([requests(), ecs.commandCalls(ListTasksCommand)]).toEqual([[], []]);
  });

  it('plans nothing for an instance that is stopped', async () => {
    statuses('stopped');
    const env = testEnvironment(planOptions());
    expect((await stopDb(env))._unsafeUnwrap()).toMatchObject({ stopped: false });
    expect(env.events.map(({ type }) => type)).toEqual(['warning']);
  });
});
