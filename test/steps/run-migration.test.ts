import { ECSClient, StopTaskCommand } from '@aws-sdk/client-ecs';
import { connect, type Environment, memoryRunStore, type MigrationFailed, resume } from '@graasp/deploy';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { shop } from '../shop.js';
import { migrate, type MigratingShop, type MigratingShopOptions, migrationsApplied, startMigratingShop, stopClouds } from './migrating-shop.js';

// an hour of a whole cloud's background is seconds of a busy machine's
vi.setConfig({ testTimeout: 30_000 });
afterEach(stopClouds);

async function migrated(options: MigratingShopOptions = {}, recipeOptions = {}) {
  const shop = await startMigratingShop(options);
  const result = await migrate(shop.env, recipeOptions);
  return { ...shop, result };
}

function failureOf(result: { _unsafeUnwrapErr(): unknown }): MigrationFailed {
  const error = result._unsafeUnwrapErr() as MigrationFailed;
  expect(error.kind).toBe('MigrationFailed');
  return error;
}

const runTasks = ({ cloud }: Pick<MigratingShop, 'cloud'>) => cloud.requests.filter(({ operation }) => operation === 'ecs:RunTask').map(({ input }) => input as Record<string, unknown>);
const ownTasks = (shop: Pick<MigratingShop, 'cloud'>) => runTasks(shop).filter(({ startedBy }) => String(startedBy).startsWith('migration/'));

describe('runMigration', () => {
  it('migrates once, on demand on Fargate, with the image by digest, in the network of the declared service', async () => {
    const shop = await migrated();
    expect(shop.result._unsafeUnwrap()).toMatchObject({ version: 'v2.0.0', schema: 'migrated', decidedBy: 'exit-code', exitCode: 0, attempt: 1, before: 'one', after: 'two', alreadyApplied: false });
    expect(migrationsApplied(shop.cloud)).toBe(1);
    const [own] = ownTasks(shop);
    expect(own).toMatchObject({ launchType: 'FARGATE', count: 1, networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-a', 'subnet-b'], securityGroups: ['sg-shop'] } } });
    expect(own).not.toHaveProperty('capacityProviderStrategy');
    const task = shop.cloud.inspect.tasks().find(({ startedBy }) => startedBy === own!['startedBy'])!;
    expect(task.containers[0]!.image).toMatch(/^123456789012\.dkr\.ecr\.eu-central-1\.amazonaws\.com\/shop@sha256:[0-9a-f]{64}$/);
  });

  it('streams the output of its own task', async () => {
    const { events } = await migrated();
    expect(events.flatMap((event) => (event.type === 'log' && event.source === 'migrate' ? [event.line] : []))).toEqual(['applying migrations...', '[✓] migrations applied successfully!']);
  });

  it('fails with the exit code and the database’s ERROR lines, and proves the schema untouched by its status', async () => {
    const { result, cloud } = await migrated({ images: [{ reference: 'shop:migrate-v2.0.0', model: { kind: 'migration', from: 'another', to: 'two', seconds: 5 } }] });
    const error = failureOf(result);
    expect(error).toMatchObject({ reason: 'exit-code', exitCode: 1, schema: 'untouched', lastLines: ['applying migrations...'] });
    expect(error.databaseErrors).toEqual([expect.stringContaining('ERROR:  relation of schema "another" does not exist'), expect.stringContaining('STATEMENT:  ALTER TABLE')]);
    expect(error.message).toMatch(/^the migration to v2\.0\.0 failed with exit code 1 \(task [0-9a-f]{32}: Essential container in task exited\); the schema is untouched$/);
    expect(migrationsApplied(cloud)).toBe(0);
  });

  it('does not claim an untouched schema without a status command', async () => {
    const { result } = await migrated({ statusCommand: false, migration: 'exit' });
    expect(failureOf(result)).toMatchObject({ reason: 'exit-code', schema: 'unknown' });
  });

  it('says how to stop a status command that does not end, and goes on once it is stopped', async () => {
    const shop = await migrated({ faults: [{ kind: 'task', family: 'migrate', what: 'never-ends' }] });
    const { kind, remedy, runId } = shop.result._unsafeUnwrapErr() as { readonly kind: string; readonly remedy: string; readonly runId: string };
    expect(kind).toBe('TimedOut');
    const [, task = ''] = /stop it by `aws ecs stop-task --region eu-central-1 --cluster shop --task (\w+)`, then resume/.exec(remedy) ?? [];
    await new ECSClient({ region: 'eu-central-1', credentials: shop.cloud.connection.aws.credentials, requestHandler: shop.cloud.connection.aws.requestHandler as never }).send(new StopTaskCommand({ cluster: 'shop', task }));
    expect((await resume((await shop.another()).env, migrate, runId))._unsafeUnwrap()).toMatchObject({ before: 'one', after: 'two' });
  });

  it('waits for the statement of a killed migration, which may still commit', async () => {
    const late = { reference: 'shop:migrate-v2.0.0', model: { kind: 'migration', from: 'one', to: 'two', seconds: 600, commitsAfterKillSeconds: 240 } } as const;
    const { result, cloud } = await migrated({ images: [late], migration: 'out-of-memory', afterMs: 5_000 });
    expect(failureOf(result)).toMatchObject({ reason: 'out-of-memory', schema: 'migrated' });
    expect(migrationsApplied(cloud)).toBe(1);
  });

  it('does not call the schema untouched while a session of the migration is left', async () => {
    const endless = { reference: 'shop:migrate-v2.0.0', model: { kind: 'migration', from: 'one', to: 'two', seconds: 600, commitsAfterKillSeconds: 3_000 } } as const;
    const { result, events } = await migrated({ images: [endless], migration: 'out-of-memory', afterMs: 5_000 });
    expect(failureOf(result)).toMatchObject({ reason: 'out-of-memory', schema: 'unknown' });
    expect(events).toContainEqual(expect.objectContaining({ type: 'warning', message: expect.stringContaining('Whether a session of the migration is left in shop is not known') as string }));
  });

  it('tells a task without memory from one that failed', async () => {
    const error = failureOf((await migrated({ migration: 'out-of-memory' })).result);
    expect(error).toMatchObject({ reason: 'out-of-memory', exitCode: 137 });
    expect(error.message).toContain('was killed because it ran out of memory');
  });

  it('knows the schema untouched when the image cannot be pulled, and runs again on resume without being told to', async () => {
    const shop = await migrated({ statusCommand: false, migration: 'no-image' });
    const error = failureOf(shop.result) as MigrationFailed & { runId: string };
    expect(error).toMatchObject({ reason: 'image', exitCode: null, schema: 'untouched' });
    const later = await shop.another();
    expect((await resume(later.env, migrate, error.runId))._unsafeUnwrap()).toMatchObject({ attempt: 2, exitCode: 0 });
    expect(migrationsApplied(shop.cloud)).toBe(1);
  });

  it('takes a RunTask that answers 200 with failures for a failure', async () => {
    const error = failureOf((await migrated({ migration: 'no-capacity' })).result);
    expect(error).toMatchObject({ reason: 'capacity', taskArn: null, exitCode: null, schema: 'untouched' });
    expect(error.message).toContain('Capacity is unavailable at this time');
  });

  it('knows the schema untouched when RunTask is denied, and runs the migration on a resume, however late', async () => {
    const onEvent: MigratingShopOptions['onEvent'] = (event, { cloud }) => {
      if (event.type === 'change' && event.operation === 'ecs:RunTask') cloud.faults.add({ kind: 'access-denied', operation: 'ecs:RunTask', times: 1 });
    };
    const shop = await migrated({ statusCommand: false, onEvent });
    const error = shop.result._unsafeUnwrapErr() as { runId: string };
    expect(error).toMatchObject({ kind: 'AccessDenied', situation: { schema: 'untouched', left: 'hold' } });
    await shop.cloud.clock.sleep(65 * 60_000);
    const later = await shop.another();
    expect((await resume(later.env, migrate, error.runId))._unsafeUnwrap()).toMatchObject({ attempt: 2, exitCode: 0 });
  });

  it('does not run a failed migration again unless told', async () => {
    const shop = await migrated({ migration: 'exit' });
    const { runId } = failureOf(shop.result) as MigrationFailed & { runId: string };
    const later = await shop.another();
    expect(failureOf(await resume(later.env, migrate, runId))).toMatchObject({ reason: 'exit-code' });
    expect(ownTasks(shop)).toHaveLength(1);
    const told = await shop.another();
    expect((await resume(told.env, migrate, runId, { retryMigration: true }))._unsafeUnwrap()).toMatchObject({ attempt: 2, exitCode: 0, before: 'one', after: 'two' });
    expect(ownTasks(shop)).toHaveLength(2);
  });

  it('leaves the task running on a timeout, and adopts it on resume', async () => {
    const shop = await migrated({}, { timeoutSeconds: 15 });
    const error = shop.result._unsafeUnwrapErr() as { kind: string; remedy: string; runId: string };
    expect(error.kind).toBe('TimedOut');
    expect(error.remedy).toMatch(/^The migration's task [0-9a-f]{32} goes on\. Resume the run to wait for it; it is not started a second time\.$/);
    const later = await shop.another();
    expect((await resume(later.env, migrate, error.runId, { timeoutSeconds: 600 }))._unsafeUnwrap()).toMatchObject({ attempt: 1, exitCode: 0 });
    expect(ownTasks(shop)).toHaveLength(1);
    expect(migrationsApplied(shop.cloud)).toBe(1);
  });

  it('adopts a task that stopped while nobody watched', async () => {
    const shop = await migrated({}, { timeoutSeconds: 15 });
    const { runId } = shop.result._unsafeUnwrapErr() as { runId: string };
    await shop.cloud.clock.sleep(20 * 60_000);
    const later = await shop.another();
    expect((await resume(later.env, migrate, runId))._unsafeUnwrap()).toMatchObject({ attempt: 1, exitCode: 0, decidedBy: 'exit-code', after: 'two' });
    expect(ownTasks(shop)).toHaveLength(1);
  });

  it('lets the status command decide once AWS has forgotten the task', async () => {
    const shop = await migrated({}, { timeoutSeconds: 15 });
    const { runId } = shop.result._unsafeUnwrapErr() as { runId: string };
    await shop.cloud.clock.sleep(65 * 60_000);
    const later = await shop.another();
    expect((await resume(later.env, migrate, runId))._unsafeUnwrap()).toMatchObject({ decidedBy: 'status-command', exitCode: null, before: 'one', after: 'two' });
    expect(migrationsApplied(shop.cloud)).toBe(1);
  });

  it('calls a forgotten outcome unknown without a status command, and holds to that until told to retry', async () => {
    const shop = await migrated({ statusCommand: false }, { timeoutSeconds: 15 });
    const { runId } = shop.result._unsafeUnwrapErr() as { runId: string };
    await shop.cloud.clock.sleep(65 * 60_000);
    const later = await shop.another();
    expect(failureOf(await resume(later.env, migrate, runId))).toMatchObject({ reason: 'outcome-unknown', exitCode: null, schema: 'unknown' });
    const again = await shop.another();
    expect(failureOf(await resume(again.env, migrate, runId))).toMatchObject({ reason: 'outcome-unknown' });
    expect(ownTasks(shop)).toHaveLength(1);
  });

  it('does not start a second task when the answer to RunTask is lost', async () => {
    const shop = await startMigratingShop({ statusCommand: false, faults: [{ kind: 'lost-response', operation: 'ecs:RunTask', occurrence: 1 }] });
    expect((await migrate(shop.env, {}))._unsafeUnwrap()).toMatchObject({ attempt: 1, exitCode: 0 });
    expect(shop.cloud.inspect.tasks().filter(({ group }) => group === 'family:migrate')).toHaveLength(1);
    expect(migrationsApplied(shop.cloud)).toBe(1);
  });

  it('kills the task of an abandoned wait only when asked', async () => {
    const shop = await migrated({ images: [{ reference: 'shop:migrate-v2.0.0', model: { kind: 'migration', from: 'one', to: 'two', seconds: 900 } }] }, { timeoutSeconds: 60, stopOnAbort: true });
    const { runId, remedy } = shop.result._unsafeUnwrapErr() as { runId: string; remedy: string };
    expect(remedy).toMatch(/was told to stop: what it did of the schema is unknown until it has/);
    const later = await shop.another();
    expect(failureOf(await resume(later.env, migrate, runId))).toMatchObject({ reason: 'stopped-by-somebody', schema: 'untouched' });
  });

  it('kills the task also when an abort ended the wait', async () => {
    const onEvent: MigratingShopOptions['onEvent'] = (event, { abort }) => {
      if (event.type === 'log' && event.line === 'applying migrations...') abort.abort();
    };
    const shop = await migrated({ images: [{ reference: 'shop:migrate-v2.0.0', model: { kind: 'migration', from: 'one', to: 'two', seconds: 900 } }], onEvent }, { stopOnAbort: true });
    expect(shop.result._unsafeUnwrapErr()).toMatchObject({ kind: 'Aborted' });
    await shop.cloud.clock.sleep(60_000);
    expect(shop.cloud.inspect.tasks().find(({ startedBy }) => startedBy?.startsWith('migration/'))).toMatchObject({ lastStatus: 'STOPPED', stopCode: 'UserInitiated' });
  });

  it('refuses while a task of the family is in flight, also one that is told to stop', async () => {
    const shop = await migrated({ images: [{ reference: 'shop:migrate-v2.0.0', model: { kind: 'migration', from: 'one', to: 'two', seconds: 900 } }] }, { timeoutSeconds: 30 });
    const refused = await migrate(await elsewhere(shop), {});
    expect(refused._unsafeUnwrapErr()).toMatchObject({ kind: 'Conflict', reason: 'migration-in-flight' });
    expect(ownTasks(shop)).toHaveLength(1);
  });

  it('says loudly that the output cannot be read, and goes by the exit code', async () => {
    const { result, events } = await migrated({ statusCommand: false, faults: [{ kind: 'access-denied', operation: 'logs:GetLogEvents' }] });
    expect(result._unsafeUnwrap()).toMatchObject({ exitCode: 0 });
    const warnings = events.flatMap((event) => (event.type === 'warning' && event.message.includes('CANNOT BE READ') ? [event.message] : []));
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('Allow logs:GetLogEvents');
  });

  it('reports that nothing was left to apply', async () => {
    const { result } = await migrated({ images: [{ reference: 'shop:migrate-v2.0.0', model: { kind: 'migration', from: 'zero', to: 'one', seconds: 5 } }] });
    expect(result._unsafeUnwrap()).toMatchObject({ exitCode: 0, before: 'one', after: 'one', alreadyApplied: true });
  });

  it('refuses an image that is not built for the task’s processor', async () => {
    const { result, cloud } = await migrated({ images: [{ reference: 'shop:migrate-v2.0.0', platforms: ['linux/amd64', 'linux/386'], model: { kind: 'migration', from: 'one', to: 'two', seconds: 5 } }] });
    const error = failureOf(result);
    expect(error).toMatchObject({ reason: 'image', taskArn: null, schema: 'untouched' });
    expect(error.message).toBe('the migration to v2.0.0 was not started: image shop:migrate-v2.0.0 is built for linux/amd64, linux/386, and the task runs on linux/arm64; the schema is untouched');
    expect(runTasks({ cloud })).toEqual([]);
  });
});

/** Somebody else, with a run store of their own. */
async function elsewhere({ cloud }: MigratingShop): Promise<Environment> {
  return (await connect(shop, { ...cloud.connection, runStore: memoryRunStore({ self: { actor: 'ben@laptop' } }) }))._unsafeUnwrap();
}
