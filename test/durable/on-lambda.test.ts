import { awaitDrained, type Clock, defineRecipe, deployWithMigration, errAsync, ok, okAsync, resume } from '@graasp/deploy';
import { durableRecipe } from '@graasp/deploy/durable';
import { beforeAll, describe, expect, it } from 'vitest';
import type { runDurably as RunDurably } from '../../examples/durable-runner.js';
import { mortal } from '../mortal.js';
import { contextOf, journalOf, migrationsOf, options, secret, startRelease } from './release.js';

const isOld = Number(process.versions.node.split('.')[0]) < 22;

describe.skipIf(isOld)('a recipe as a durable function (its SDK needs Node 22 or newer)', { timeout: 60_000 }, () => {
  let runDurably: typeof RunDurably;

  beforeAll(async () => {
    ({ runDurably } = await import('../../examples/durable-runner.js'));
  });

  it('releases, and migrates once, over many invocations, far below the 3,000 operations of an execution', async () => {
    const { cloud, store, events, release } = await startRelease();
    const { result, invocations } = await runDurably({ handler: release, event: options, clock: cloud.clock });
    expect(result.getResult()).toMatchObject({ summary: 'v2.0.0 is deployed and the database migrated; visitors are let in', migration: { attempt: 1 } });
    expect(migrationsOf(cloud)).toBe(1);
    expect(cloud.inspect.database()!.model!.appliedMigrations).toHaveLength(1);
    const operations = result.getOperations().map((operation) => operation.getName());
    // some twenty minutes of waits, of 15 s each
    expect(operations.length).toBeLessThan(300);
    expect(operations.length).toBe(2 * invocations);
    expect(operations.filter((name) => name === 'run-migration: the migration').length).toBeGreaterThan(10);
    expect((await store.list('shop/'))._unsafeUnwrap().filter((key) => !key.startsWith('shop/runs/') && key !== 'shop/schema')).toEqual([]);
    expect(cloud.inspect.violations).toEqual([]);

    const started = events.flatMap((event) => (event.type === 'step-started' ? [event.step] : []));
    expect(started).toEqual(['preflight', 'gate-on', 'await-drained', 'stop-services', 'snapshot-db', 'run-migration', 'await-db-settled', 'deploy-core', 'verify-deployment', 'gate-off']);
    expect(events.filter(({ type }) => type === 'run-started')).toHaveLength(1);
    expect(events.flatMap((event) => (event.type === 'log' && event.source === 'migrate' ? [event.line] : []))).toEqual(['applying migrations...', '[✓] migrations applied successfully!']);
    const migrated = events.find((event) => event.type === 'wait-ended' && event.waitingFor === 'the migration') as { readonly seconds: number };
    expect(migrated.seconds).toBeGreaterThan(300);
    const { attempts, steps } = await journalOf(store);
    expect(attempts).toHaveLength(1);
    expect(steps.find(({ name }) => name === 'run-migration')!.seconds).toBeGreaterThan(300);
    expect(steps.find(({ name }) => name === 'await-drained')!.changed).toBe(false);
  });

  it('goes on from an invocation that was killed when the migration had just been started, and does not start another', async () => {
    let kill: (error: Error) => void = () => undefined;
    const deaths: string[] = [];
    const { cloud, store, release } = await startRelease(({ connection }, runStore) => {
      if (migrationsOf(cloud) > 0) return { ...connection, runStore };
      // the second task of the invocation that comes to the migration, after that of its status
      const doomed = mortal(connection, runStore, { atCall: 2, operation: 'RunTask', when: 'after' });
      void doomed.died.then((operation) => {
        deaths.push(operation);
        kill(new Error('killed'));
      });
      // what goes on by itself does not make time pass
      const clock = { ...doomed.connection.clock!, background: (connection.clock as Clock).background };
      return { ...doomed.connection, clock, runStore: doomed.store };
    });
    const calling = <T>(call: () => Promise<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        kill = reject;
        call().then(resolve, reject);
      });
    const { result } = await runDurably({ handler: release, event: options, clock: cloud.clock, calling });
    expect(result.getResult()).toMatchObject({ migration: { attempt: 1 } });
    expect(deaths).toEqual(['RunTask']);
    expect(migrationsOf(cloud)).toBe(1);
    expect(cloud.inspect.database()!.model!.appliedMigrations).toHaveLength(1);
    expect((await journalOf(store)).attempts).toHaveLength(2);
  });

  it('lets nobody else in while it is suspended', async () => {
    const { cloud, another, release } = await startRelease();
    const refused: unknown[] = [];
    const whileSuspended = async (time: number): Promise<void> => {
      if (time !== 30) return;
      refused.push((await deployWithMigration((await another()).env, options))._unsafeUnwrapErr());
      await release(options, contextOf()).catch((error: Error) => refused.push(error.message.replace(/\s+/g, ' ')));
    };
    const { result } = await runDurably({ handler: release, event: options, clock: cloud.clock, whileSuspended });
    expect(refused).toMatchObject([{ kind: 'Conflict', reason: 'lock', message: expect.stringContaining('is working on shop') }, expect.stringContaining('is working on shop')]);
    expect(result.getStatus()).toBe('SUCCEEDED');
  });

  it('fails as the run does: with what failed, where that leaves the environment, and what to do next, and no secret', async () => {
    const { cloud, events, release, another } = await startRelease();
    const push = events.push.bind(events);
    events.push = (...added) => {
      if (added.some((event) => event.type === 'change' && event.resource === 'migration migrate')) cloud.faults.add({ kind: 'task', family: 'migrate', what: 'exit', exitCode: 3, afterMs: 200_000, times: 1 });
      return push(...added);
    };
    const { result } = await runDurably({ handler: release, event: options, clock: cloud.clock });
    expect(result.getStatus()).toBe('FAILED');
    const { errorType, errorMessage = '' } = result.getError();
    expect(errorType).toBe('MigrationFailed');
    const run = /run +(\S+)/.exec(errorMessage)?.[1] ?? '';
    expect(errorMessage).toContain(`resume(env, deployWithMigration, '${run}', { retryMigration: true })`);
    expect(errorMessage).toMatch(/environment +db-only; held as it is/);
    expect(migrationsOf(cloud)).toBe(1);
    // what it says is to be done next, from somewhere else
    const resumed = await resume((await another()).env, deployWithMigration, run, { retryMigration: true });
    expect(resumed._unsafeUnwrap()).toMatchObject({ migration: { attempt: 2 } });
  });

  it('keeps no secret in what is checkpointed, not even one that a step tells', async () => {
    const { cloud, store, connected } = await startRelease();
    const tells = defineRecipe('tells', async function* (run, _: { readonly why: string }) {
      yield* run.step('look', (env) => awaitDrained(env).orElse(() => okAsync({ seen: `header ${secret}` })));
      yield* run.step('fail', () => errAsync({ kind: 'Failed', message: `not with ${secret}`, remedy: 'none', cause: { name: 'E', message: secret } }));
      return ok(1);
    });
    const { result } = await runDurably({ handler: durableRecipe(tells, () => connected({ ...cloud.connection, runStore: store })), event: { why: 'a test' }, clock: cloud.clock });
    expect(result.getStatus()).toBe('FAILED');
    const kept = JSON.stringify([result.getHistoryEvents(), result.getOperations().map((operation) => operation.getOperationData()), result.getError()]);
    expect(kept).toContain('not with [redacted]');
    expect(kept).not.toContain(secret);
  });
});
