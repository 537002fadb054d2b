import { awaitDbSettled, connect, deployWithMigration, type DeployEvent, type Environment, type EnvironmentDefinition, memoryRunStore, plan, preflight, resume } from '@graasp/deploy';
import { type ImageDeclaration, type LocalCloud, type ModelRun, startLocalCloud } from '@graasp/local-cloud';
import { afterEach, describe, expect, it } from 'vitest';
import { withDatabaseAtWork } from '../examples/environments/database-at-work.js';
import { nextVersion, shop, shopBlueprint, shopImages } from './shop.js';

const clouds: LocalCloud[] = [];
afterEach(async () => {
  for (const cloud of clouds.splice(0)) await cloud.stop();
});

const sqlTask = { taskDefinitionFamily: 'migrate', networkOf: 'web', command: ['node', 'sql.mjs'] } as const;
const quiet = { database: 'shop', table: 'things', seconds: 0 };

interface Asked {
  readonly cloud: LocalCloud;
  readonly env: Environment;
  readonly events: readonly DeployEvent[];
}

/** A shop whose database is asked by a task. */
async function start({ images = withDatabaseAtWork(shopImages, quiet), definition = { sqlTask } }: { readonly images?: readonly ImageDeclaration[]; readonly definition?: Partial<EnvironmentDefinition> } = {}): Promise<Asked> {
  const cloud = await startLocalCloud({ blueprint: shopBlueprint, images, hosts: 'model', clock: 'virtual', seed: 1 });
  clouds.push(cloud);
  const events: DeployEvent[] = [];
  const given: EnvironmentDefinition = { ...shop, ...definition };
  const env = (await connect(given, { ...cloud.connection, reporters: [{ report: (event) => void events.push(event) }], runStore: memoryRunStore() }))._unsafeUnwrap();
  return { cloud, env, events };
}

/** Images of which the migration's, when it is told to ask, does something else. */
const broken = (runs: (run: ModelRun) => readonly string[]) =>
  shopImages.map((image) => (image.model?.kind === 'migration' ? { ...image, model: { ...image.model, runs: (run: ModelRun) => (run.environment['DEPLOY_SQL'] === undefined ? undefined : { lines: runs(run) }) } } : image));

const asked = (cloud: LocalCloud) => cloud.inspect.tasks().filter(({ group }) => group === 'family:migrate');
const aMinute = { settledSeconds: 60 };

describe('a release whose database is asked by a task', () => {
  it('tells in its plan which way that is, waits for the vacuum, and is not in its own way', async () => {
    const { env } = await start({ images: withDatabaseAtWork(shopImages, { ...quiet, seconds: 900 }) });
    const planned = (await plan(env, deployWithMigration, { version: nextVersion }))._unsafeUnwrap().steps.find(({ name }) => name === 'await-db-settled');
    expect(planned).toEqual({
      name: 'await-db-settled',
      changes: [{ resource: 'SQL task migrate', from: 'not run', to: 'run for each look', operation: 'ecs:RunTask', why: 'asks shop what is at work in it' }],
      notes: ['shop settles by its metrics, and by what it tells of itself by a task of migrate.'],
    });
    const { settled } = (await deployWithMigration(env, { version: nextVersion }))._unsafeUnwrap();
    expect(settled).toMatchObject({ vacuum: 'finished', sql: 'task', ran: [{ operation: 'vacuum', table: 'things', database: 'shop', automatic: true }], notSeen: [] });
    expect(settled!.seconds).toBeGreaterThan(900 + 300);
  });

  it('says in its plan that vacuum will not be observed', async () => {
    const { env } = await start({ definition: {} });
    const planned = (await plan(env, deployWithMigration, { version: nextVersion }))._unsafeUnwrap().steps.find(({ name }) => name === 'await-db-settled');
    expect(planned).toEqual({ name: 'await-db-settled', changes: [], notes: ['shop settles by its metrics alone, and vacuum is not observed: the definition has neither sqlConnection nor sqlTask.'] });
  });

  it('is held when the task does not answer, and goes on once it does', async () => {
    let works = false;
    const images = withDatabaseAtWork(shopImages, quiet).map((image) => {
      if (image.model?.kind !== 'migration') return image;
      const { runs } = image.model;
      return { ...image, model: { ...image.model, runs: (run: ModelRun) => (works || run.environment['DEPLOY_SQL'] === undefined ? runs?.(run) : { lines: ['no pg_hba.conf entry for host'], exitCode: 2 }) } };
    });
    const { env } = await start({ images });
    expect((await preflight(env, { version: nextVersion }))._unsafeUnwrap().checks).toContainEqual({ group: 'database', name: 'sql', status: 'ok', detail: 'by a task of migrate' });
    const error = (await deployWithMigration(env, { version: nextVersion, onSettleTimeout: 'continue' }))._unsafeUnwrapErr();
    expect(error).toMatchObject({ kind: 'Unexpected', situation: { step: 'await-db-settled', state: 'db-only', schema: 'migrated', left: 'hold' } });
    expect(error.message).toMatch(/^the SQL task of migrate [0-9a-f]{32} ended with exit code 2 \(Essential container in task exited\); its last line: no pg_hba\.conf entry for host$/);
    works = true;
    expect((await resume(env, deployWithMigration, (error as { runId: string }).runId))._unsafeUnwrap().settled).toMatchObject({ vacuum: 'none seen' });
  });
});

describe('awaitDbSettled by a task', () => {
  it('is told its SQL and every database that services declare', async () => {
    const told: ModelRun[] = [];
    const images = withDatabaseAtWork(shopImages, quiet).map((image) => {
      if (image.model?.kind !== 'migration') return image;
      const { runs } = image.model;
      return { ...image, model: { ...image.model, runs: (run: ModelRun) => (told.push(run), runs?.(run)) } };
    });
    const { env, cloud } = await start({ images, definition: { sqlTask, services: { ...shop.services, office: { ...shop.services.office, databases: ['shop', 'books'] } } } });
    expect((await awaitDbSettled(env, aMinute)).isOk()).toBe(true);
    expect(told[0]).toMatchObject({ command: ['node', 'sql.mjs'], environment: { DEPLOY_DATABASES: 'books shop', DEPLOY_SQL: expect.stringMatching(/^WITH progress AS/) as string } });
    expect(new Set(asked(cloud).map(({ startedBy }) => startedBy))).toEqual(new Set(['status/-1']));
  });

  it('ends when its tasks print something else, or too little', async () => {
    const { env } = await start({ images: broken(({ environment }) => (environment['DEPLOY_DATABASES'] === 'shop' ? ['SET', '(1 row)'] : [])) });
    const error = (await awaitDbSettled(env, aMinute))._unsafeUnwrapErr();
    expect(error.message).toMatch(/^the SQL task of migrate [0-9a-f]{32} printed 0 answers of 1 \(shop\); its last line: \(1 row\)$/);
  });

  it('ends at once when it may not run a task', async () => {
    const { env, cloud } = await start();
    cloud.faults.add({ kind: 'access-denied', operation: 'ecs:RunTask', times: 1 });
    expect((await awaitDbSettled(env, aMinute))._unsafeUnwrapErr()).toMatchObject({ kind: 'AccessDenied', action: 'ecs:RunTask' });
  });

  it('tells that the answers cannot be read', async () => {
    const { env, cloud } = await start();
    cloud.faults.add({ kind: 'access-denied', operation: 'logs:GetLogEvents', times: 100 });
    const error = (await awaitDbSettled(env, aMinute))._unsafeUnwrapErr();
    expect(error.kind).toBe('Unexpected');
    expect(error.message).toMatch(/has answered, and that cannot be read: .*logs:GetLogEvents/);
  });

  it('waits for capacity, and not for ever', async () => {
    const { env, cloud, events } = await start();
    cloud.faults.add({ kind: 'task', family: 'migrate', what: 'no-capacity' });
    expect((await awaitDbSettled(env, aMinute)).isOk()).toBe(true);
    expect(events.flatMap((event) => (event.type === 'waiting' ? [event.seen] : []))[0]).toMatch(/^the database does not tell what goes on: the SQL task of migrate was not started: .*Capacity is unavailable at this time/);
  });

  it.each<readonly [string, Partial<EnvironmentDefinition>, object]>([
    ['a family that is not there', { sqlTask: { ...sqlTask, taskDefinitionFamily: 'sql' } }, { kind: 'NotFound', resource: 'task definition', name: 'sql' }],
    ['a container that is not there', { sqlTask: { ...sqlTask, container: 'sql' } }, { kind: 'InvalidInput', problems: ["sqlTask.container: expected a container of migrate (migrate), got 'sql'"] }],
    ['a container whose output goes nowhere', { sqlTask: { ...sqlTask, taskDefinitionFamily: 'web' } }, { kind: 'InvalidInput', problems: ["sqlTask.container: expected one that logs with the awslogs driver, because what it prints is the answer, got 'web' of web"] }],
  ])('ends at once with %s', async (_, definition, expected) => {
    const { env, cloud } = await start({ definition });
    expect((await awaitDbSettled(env, aMinute))._unsafeUnwrapErr()).toMatchObject(expected);
    expect((await preflight(env, { version: nextVersion }))._unsafeUnwrapErr()).toMatchObject({ kind: 'PreflightFailed', checks: expect.arrayContaining([expect.objectContaining({ name: 'sql', status: 'failed' })]) as object });
    expect(asked(cloud)).toEqual([]);
  });

  it('stops the task of an ANALYZE that nobody waits for any more', async () => {
    const { env, cloud } = await start();
    const abort = new AbortController();
    const aborted = awaitDbSettled(env, { ...aMinute, analyze: true, signal: abort.signal });
    await cloud.clock.sleep(10_000);
    abort.abort();
    expect((await aborted)._unsafeUnwrapErr().kind).toBe('Aborted');
    await cloud.clock.sleep(120_000);
    expect(asked(cloud)).toMatchObject([{ stoppedReason: 'nobody waits for its answer any more' }]);
  });
});
