import { DescribeServicesCommand, DescribeTasksCommand, ECSClient, ListTasksCommand, type Service } from '@aws-sdk/client-ecs';
import { DescribeRulesCommand, DescribeTargetHealthCommand, ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { DescribeDBInstancesCommand, RDSClient, StopDBInstanceCommand } from '@aws-sdk/client-rds';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { graaspTargetGroup, headerName, headerValue, planOptions, testEnvironment } from '../environment/environment.fixture.js';
import { internals } from '../environment/environment.js';
import { memoryRunStore } from '../runs/memory-run-store.js';
import { keepDbStopped } from './keep-db-stopped.js';

const [ecs, elbv2, rds] = [mockClient(ECSClient), mockClient(ElasticLoadBalancingV2Client), mockClient(RDSClient)];
const closed = { Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: headerName, Values: [headerValue] } };

function statuses(...all: readonly string[]) {
  const read = (DBInstanceStatus: string) => ({ DBInstances: [{ DBInstanceIdentifier: 'graasp-dev', DbiResourceId: 'db-1', DBInstanceStatus, ...(DBInstanceStatus === 'stopped' ? { AutomaticRestartTime: new Date('2026-11-30T10:00:00Z') } : {}) }] });
  const reads = rds.on(DescribeDBInstancesCommand);
  for (const status of all.slice(0, -1)) reads.resolvesOnce(read(status));
  reads.resolves(read(all.at(-1)!));
}

function services(...wanted: readonly Service[]) {
  ecs.on(DescribeServicesCommand).resolves({ services: ['graasp', 'redis', 'admin'].map((serviceName) => ({ serviceName, desiredCount: 0, ...wanted.find((service) => service.serviceName === serviceName) })) });
}

function rules(conditions: readonly object[]) {
  elbv2.on(DescribeRulesCommand).resolves({ Rules: [{ RuleArn: 'r1', Priority: '1', Conditions: [{ Field: 'host-header', HostHeaderConfig: { Values: ['api.org'] } }, ...conditions], Actions: [{ Type: 'forward', TargetGroupArn: graaspTargetGroup }] }] });
}

const running = ['available', 'available', 'available', 'available', 'stopping', 'stopped'] as const;
const requests = () => rds.commandCalls(StopDBInstanceCommand).length;

/** An environment whose run store holds these documents. */
async function withDocuments(documents: Readonly<Record<string, object>>) {
  const runStore = memoryRunStore({ self: { actor: 'schedule' } });
  for (const [key, value] of Object.entries(documents)) (await runStore.create(`dev/${key}`, JSON.stringify(value)))._unsafeUnwrap();
  return testEnvironment({ internals: { runStore } });
}

beforeEach(() => {
  for (const client of [ecs, elbv2, rds]) client.reset();
  services();
  rules([closed]);
  elbv2.on(DescribeTargetHealthCommand).resolves({ TargetHealthDescriptions: [] });
  ecs.on(ListTasksCommand).resolves({ taskArns: [] });
  ecs.on(DescribeTasksCommand).resolves({ tasks: [] });
  rds.on(StopDBInstanceCommand).resolves({});
});

describe('keepDbStopped', () => {
  it('stops the instance again while everything else is stopped', async () => {
    statuses(...running);
    expect((await keepDbStopped(testEnvironment()))._unsafeUnwrap()).toEqual({ database: 'graasp-dev', stopped: true, why: 'graasp-dev ran while everything else in dev was stopped', startsAgainAt: '2026-11-30T10:00:00.000Z' });
    expect(requests()).toBe(1);
  });

  it('waits for the start by AWS to end first', async () => {
    statuses('starting', 'starting', 'starting', 'starting', 'available', 'stopping', 'stopped');
    expect((await keepDbStopped(testEnvironment()))._unsafeUnwrap()).toMatchObject({ stopped: true });
  });

  it.each(['stopped', 'stopping'])('has nothing to do while it is %s, and journals nothing', async (status) => {
    statuses(status);
    const env = testEnvironment();
    expect((await keepDbStopped(env))._unsafeUnwrap()).toEqual({ database: 'graasp-dev', stopped: false, why: `graasp-dev is ${status} already`, startsAgainAt: null });
    expect((await env[internals].runStore.list('dev/'))._unsafeUnwrap()).toEqual([]);
  });

  it('leaves it while the gate is open or a service is wanted, and names each', async () => {
    statuses('available');
    rules([]);
    services({ serviceName: 'admin', desiredCount: 1 });
    expect((await keepDbStopped(testEnvironment()))._unsafeUnwrap()).toMatchObject({ stopped: false, why: 'the rest of dev is not stopped: rule 1 (api.org): open -> closed; service admin: desired count 1 -> 0' });
    expect(requests()).toBe(0);
  });

  it('leaves it while the environment is held', async () => {
    statuses('available');
    const env = await withDocuments({ hold: { run: 'run-0', recipe: 'deployWithMigration', reason: 'the migration failed', since: '2026-11-22T00:00:00Z', continuedBy: 'resume', situation: { nextActions: [] } } });
    expect((await keepDbStopped(env))._unsafeUnwrap()).toMatchObject({ stopped: false, why: 'dev is held since 2026-11-22T00:00:00Z by run run-0 (deployWithMigration): the migration failed' });
    expect(requests()).toBe(0);
  });

  it('leaves it while a run has the lock', async () => {
    statuses('available');
    const env = await withDocuments({ lock: { run: 'run-0', recipe: 'startDb', reason: 'startDb', holder: { actor: 'anna' }, expiresAt: '2026-11-23T10:01:00Z', token: 't', continuedBy: 'again' } });
    expect((await keepDbStopped(env))._unsafeUnwrap()).toMatchObject({ stopped: false, why: 'Run run-0 (startDb, by anna) is working on dev. Nothing was changed.' });
    expect(requests()).toBe(0);
  });

  it('leaves it while a migration is in flight, or a task has not ended', async () => {
    statuses('available');
    ecs.on(ListTasksCommand).resolves({ taskArns: ['a/t1'] });
    ecs.on(DescribeTasksCommand).resolvesOnce({ tasks: [{ taskArn: 'a/t1', group: 'family:migrate', lastStatus: 'RUNNING' }] }).resolves({ tasks: [{ taskArn: 'a/t1', group: 'service:graasp', lastStatus: 'STOPPING' }] });
    expect((await keepDbStopped(testEnvironment()))._unsafeUnwrap()).toMatchObject({ stopped: false, why: 'A migration is running already: family:migrate t1 (RUNNING).' });
    expect((await keepDbStopped(testEnvironment()))._unsafeUnwrap()).toMatchObject({ stopped: false, why: expect.stringMatching(/^graasp-dev is used by service:graasp t1 \(STOPPING\)/) as string });
    expect(requests()).toBe(0);
  });

  it('leaves what startDb has started', async () => {
    statuses('available');
    const env = await withDocuments({ database: { meantTo: 'run', at: '2026-11-23T09:00:00Z', run: 'run-0' } });
    expect((await keepDbStopped(env))._unsafeUnwrap()).toMatchObject({ stopped: false, why: 'graasp-dev was started with startDb at 2026-11-23T09:00:00Z (run run-0), and is meant to run until stopDb' });
  });

  it.each([
    ['never', undefined, false],
    ['before they were', '2026-11-23T08:00:00Z', false],
    ['after they were', '2026-11-23T09:30:00Z', true],
  ])('under services that a run has put aside: when stopDb has stopped it %s', async (_, at, stopped) => {
    statuses(...running);
    const env = await withDocuments({ baseline: { takenAt: '2026-11-23T09:00:00Z', putAside: ['gate', 'service:graasp', 'service:admin'], services: {}, gate: {}, targetGroups: {} }, ...(at === undefined ? {} : { database: { meantTo: 'be-stopped', at, run: 'run-0' } }) });
    const report = (await keepDbStopped(env))._unsafeUnwrap();
    expect(report.stopped).toBe(stopped);
    if (!stopped) expect(report.why).toBe('graasp, admin were stopped by a run that did not stop the database, and not put back yet');
  });

  it('looks again once it has the lock', async () => {
    statuses(...running);
    const counts = (graasp: number) => ({ services: [{ serviceName: 'graasp', desiredCount: graasp }, { serviceName: 'redis', desiredCount: 0 }, { serviceName: 'admin', desiredCount: 0 }] });
    ecs.on(DescribeServicesCommand).resolvesOnce(counts(0)).resolves(counts(1));
    expect((await keepDbStopped(testEnvironment()))._unsafeUnwrap()).toMatchObject({ stopped: false, why: 'the rest of dev is not stopped: service graasp: desired count 1 -> 0' });
    expect(requests()).toBe(0);
  });

  it('fails where waiting does not make the instance available', async () => {
    statuses('storage-full');
    expect((await keepDbStopped(testEnvironment()))._unsafeUnwrapErr()).toMatchObject({ kind: 'Conflict', reason: 'resource-busy' });
  });

  it('refuses an input that cannot be right', async () => {
    expect((await keepDbStopped(testEnvironment(), { timeoutSeconds: 0 }))._unsafeUnwrapErr()).toMatchObject({ kind: 'InvalidInput' });
  });

  it('plans the stop without sending it', async () => {
    statuses('available');
    const env = testEnvironment(planOptions());
    expect((await keepDbStopped(env))._unsafeUnwrap()).toMatchObject({ stopped: true });
    expect(env.events).toContainEqual(expect.objectContaining({ type: 'change', planned: true, operation: 'rds:StopDBInstance', why: 'everything else in dev is stopped' }));
    expect(requests()).toBe(0);
  });
});
