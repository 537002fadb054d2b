import { DescribeRulesCommand, ElasticLoadBalancingV2Client, ModifyRuleCommand, type RuleCondition } from '@aws-sdk/client-elastic-load-balancing-v2';
import { awaitDrained, connect, defineRecipe, deployWithMigration, errAsync, memoryRunStore, ok, okAsync, restoreDb, resume, setMaintenance } from '@graasp/deploy';
import { type DurableContext, durableRecipe } from '@graasp/deploy/durable';
import type { LocalCloud } from '@graasp/local-cloud';
import { describe, expect, it } from 'vitest';
import { shop } from '../shop.js';
import { contextOf, journalOf, migrationsOf, options, secret, startRelease } from './release.js';

/** As somebody would who wants visitors in. */
async function openRule({ connection, inspect }: LocalCloud): Promise<void> {
  const client = new ElasticLoadBalancingV2Client({ region: 'eu-central-1', credentials: connection.aws.credentials, requestHandler: connection.aws.requestHandler as never });
  const { ruleArn, listenerArn } = inspect.rules().find(({ priority }) => priority === '1')!;
  const { Rules = [] } = await client.send(new DescribeRulesCommand({ ListenerArn: listenerArn }));
  const conditions: RuleCondition[] = (Rules.find(({ RuleArn }) => RuleArn === ruleArn)?.Conditions ?? []).filter(({ Field }) => Field !== 'http-header').map(({ Values: _, ...condition }) => condition);
  await client.send(new ModifyRuleCommand({ RuleArn: ruleArn, Conditions: conditions }));
}

/** Everything that AWS's runner would do, but for what ends an invocation: also where its SDK does not run. */
describe('a recipe as a durable function, called part by part', { timeout: 60_000 }, () => {
  interface Operation {
    readonly name: string;
    /** JSON. */
    readonly result: string;
  }

  interface Execution {
    readonly operations: Operation[];
    /** Steps that failed, and were tried again. */
    readonly retried: string[];
    run<T>(handler: (event: never, context: DurableContext) => Promise<T>, event: unknown): Promise<T>;
  }

  /** Invokes the handler until it ends, each time with what was checkpointed; a wait ends an invocation. */
  function execution({ clock }: LocalCloud, changes: { readonly remainingMs?: number; readonly whileSuspended?: (time: number) => Promise<void> } = {}): Execution {
    const operations: Operation[] = [];
    const retried: string[] = [];
    const step = async <T>(name: string, call: () => Promise<T>, { retryStrategy }: Parameters<DurableContext['step']>[2]): Promise<T> => {
      for (let attempt = 1; ; attempt += 1) {
        try {
          const result = await call();
          operations.push({ name, result: JSON.stringify(result) });
          return result;
        } catch (error) {
          const { shouldRetry, delay } = retryStrategy(error as Error, attempt);
          if (!shouldRetry) throw error;
          retried.push(name);
          await clock.sleep(delay!.seconds * 1000);
        }
      }
    };
    const invoke = async <T>(handler: (event: never, context: DurableContext) => Promise<T>, event: unknown): Promise<{ readonly answer: T } | 'suspended'> => {
      let next = 0;
      let end: (how: 'suspended') => void = () => undefined;
      const suspended = new Promise<'suspended'>((resolve) => (end = resolve));
      const replayed = (name: string): Operation | undefined => {
        const known = operations[next];
        if (known !== undefined) expect(known.name).toBe(name);
        next += 1;
        return known;
      };
      const context: DurableContext = contextOf({
        step: async (name, call, config) => {
          const known = replayed(name);
          return known === undefined ? step(name, call, config) : (JSON.parse(known.result) as never);
        },
        wait: async (name, { seconds }) => {
          if (replayed(name) !== undefined) return;
          operations.push({ name, result: String(seconds) });
          await changes.whileSuspended?.(operations.filter(({ name }) => name.includes(': ')).length);
          await clock.sleep(seconds * 1000);
          end('suspended');
          await new Promise(() => undefined);
        },
        lambdaContext: { getRemainingTimeInMillis: () => changes.remainingMs ?? 900_000 },
      });
      return Promise.race([handler(event as never, context).then((answer) => ({ answer })), suspended]);
    };
    const run: Execution['run'] = async (handler, event) => {
      for (;;) {
        const ended = await invoke(handler, event);
        if (ended !== 'suspended') return ended.answer;
      }
    };
    return { operations, retried, run };
  }

  it('ends a wait at its timeout, however often it was suspended in it', async () => {
    const { cloud, store, release } = await startRelease();
    const { run, operations } = execution(cloud);
    const failed = await run(release, { ...options, timeoutSeconds: { 'run-migration': 120 } }).then(() => expect.unreachable(), (error: Error) => error);
    expect(failed.message.replace(/\s+/g, ' ')).toContain('the migration: not within 120 s');
    expect(operations.filter(({ name }) => name === 'run-migration: the migration').length).toBeGreaterThan(3);
    expect((await journalOf(store)).steps.at(-1)!.seconds).toBeLessThan(180);
  });

  it('leaves any wait when the invocation is nearly over, also one that has to begin anew', async () => {
    const { cloud, connected, store } = await startRelease();
    const drained = defineRecipe('drained', async function* (run, _: object) {
      yield* run.step('close', (env) => setMaintenance(env, 'on'));
      // since when visitors are kept out is not told: it counts from the beginning of the step
      return ok(yield* run.step('drain', (env) => awaitDrained(env, { timeoutSeconds: 400, onTimeout: 'continue' })));
    });
    const { run, operations } = execution(cloud, { remainingMs: 240_000 });
    await run(durableRecipe(drained, () => connected({ ...cloud.connection, runStore: store })), {});
    // 240 s, of which 90 s are kept: each part leaves the wait after 150 s, until its time is over
    expect(operations.map(({ name }) => name)).toEqual(['name the run', 'begin', 'drain: visitors to have left', 'drain', 'drain: visitors to have left', 'drain']);
  });

  it('goes on with the same run when there was no way to AWS between two parts', async () => {
    let connections = 0;
    const { cloud, store, connected } = await startRelease();
    const release = durableRecipe(deployWithMigration, () => {
      connections += 1;
      return connections % 7 === 0 ? errAsync({ kind: 'Throttled', message: 'too many requests', remedy: 'Wait.' }) : connected({ ...cloud.connection, runStore: store });
    });
    const { run, retried } = execution(cloud);
    expect(await run(release, options)).toMatchObject({ migration: { attempt: 1 } });
    expect(retried.length).toBeGreaterThan(5);
    expect((await journalOf(store)).attempts).toHaveLength(1);
    expect(migrationsOf(cloud)).toBe(1);
  });

  it('ends the run in a hold when somebody opens a rule while it is suspended, with the gate closed again at once', async () => {
    const { cloud, release } = await startRelease();
    let openedAt = Number.NaN;
    const whileSuspended = async (): Promise<void> => {
      if (migrationsOf(cloud) === 0 || !Number.isNaN(openedAt)) return;
      await openRule(cloud);
      openedAt = cloud.clock.now();
    };
    const failed = await execution(cloud, { whileSuspended }).run(release, options).then(() => expect.unreachable('it has not failed'), (error: Error) => error);
    expect(openedAt).toBeGreaterThan(0);
    expect(failed.name).toBe('Conflict');
    expect(failed.message.replace(/\s+/g, ' ')).toMatch(/Conflict in run-migration somebody else changed what this run has set: rule 1 .*closed again: rule 1/);
    expect(cloud.clock.now() - openedAt).toBeLessThan(60_000);
  });

  it('begins the run that an invocation was killed in when it had the lock and no journal yet', async () => {
    const { cloud, store, release } = await startRelease();
    const { run, operations } = execution(cloud);
    const at = (seconds: number) => new Date(cloud.clock.now() + seconds * 1000).toISOString();
    const lock = { run: 'killed-early', recipe: 'deployWithMigration', reason: 'a test', holder: { actor: 'anna@laptop' }, version: '0', acquiredAt: at(0), expiresAt: at(120), token: '0.5', continuedBy: 'resume' };
    (await store.create('shop/lock', JSON.stringify(lock)))._unsafeUnwrap();
    operations.push({ name: 'name the run', result: JSON.stringify({ run: 'killed-early' }) });
    expect(await run(release, options)).toMatchObject({ migration: { attempt: 1 } });
    expect((await store.list('shop/runs/'))._unsafeUnwrap()).toEqual(['shop/runs/killed-early']);
  });

  it('tells the run and how it is gone on with when an invocation in the middle of it cannot connect', async () => {
    let connections = 0;
    const { cloud, store, another, connected } = await startRelease();
    const release = durableRecipe(deployWithMigration, () => {
      connections += 1;
      return connections > 5 ? errAsync({ kind: 'AccessDenied', message: 'not allowed to describe services.', remedy: 'Allow it.' }) : connected({ ...cloud.connection, runStore: store });
    });
    const failed = await execution(cloud).run(release, options).then(() => expect.unreachable('it has not failed'), (error: Error) => error);
    expect(failed.name).toBe('AccessDenied');
    const [key = ''] = (await store.list('shop/runs/'))._unsafeUnwrap();
    const run = key.split('/').at(-1)!;
    expect(failed.message.replace(/\s+/g, ' ')).toContain(`Run ${run} is as it was: what it has begun is gone on with by resume.`);
    (await resume((await another()).env, deployWithMigration, run))._unsafeUnwrap();
  });

  it('does not begin a run anew that was suspended, when its run store has not outlived the invocation', async () => {
    const { cloud, connected } = await startRelease();
    const { run, operations } = execution(cloud);
    const failed = await run(durableRecipe(deployWithMigration, () => connected({ ...cloud.connection, runStore: memoryRunStore() })), options).then(() => expect.unreachable('it has not failed'), (error: Error) => error);
    expect(operations.filter(({ name }) => name.includes(': '))).toHaveLength(1);
    expect(failed.name).toBe('RunStoreFailed');
    expect(failed.message.replace(/\s+/g, ' ')).toMatch(/was suspended in await-drained, and its run store \(.+\) has no journal of it any more: it cannot go on, and was not begun anew.*run store that outlives an invocation/);
    expect(cloud.requests.filter(({ operation }) => operation === 'ecs:RunTask')).toEqual([]);
  });

  it('brings the database back once, over many parts', async () => {
    const { cloud, store, another, connected } = await startRelease();
    const failed = (await deployWithMigration((await another()).env, { ...options, timeoutSeconds: { 'await-db-settled': 30 } }))._unsafeUnwrapErr();
    expect(failed.situation).toMatchObject({ step: 'await-db-settled', left: 'hold' });
    const { run, operations } = execution(cloud);
    const report = await run(durableRecipe(restoreDb, () => connected({ ...cloud.connection, runStore: store })), { confirm: 'shop' });
    expect(report).toMatchObject({ restoredFrom: expect.anything() });
    expect(operations.filter(({ name }) => name.startsWith('restore-aside: ')).length).toBeGreaterThan(1);
    expect(cloud.requests.filter(({ operation }) => operation === 'rds:RestoreDBInstanceFromDBSnapshot')).toHaveLength(1);
    expect(cloud.inspect.violations).toEqual([]);
  });

  it('keeps no secret of the report in what is checkpointed', async () => {
    const { cloud, connected, store } = await startRelease();
    const tells = defineRecipe('tells', async function* (run, _: object) {
      yield* run.step('look', () => okAsync(1));
      return ok({ told: `header ${secret}` });
    });
    const { run, operations } = execution(cloud);
    await run(durableRecipe(tells, () => connected({ ...cloud.connection, runStore: store })), {});
    expect(JSON.stringify(operations)).toContain('succeeded');
    expect(JSON.stringify(operations)).not.toContain(secret);
  });

  it('lets go of a run that somebody has gone on with while it was suspended, and says so', async () => {
    const { cloud, store, another, release } = await startRelease();
    const runs: unknown[] = [];
    const whileSuspended = async (time: number): Promise<void> => {
      if (time !== 30) return;
      const run = (await store.list('shop/runs/'))._unsafeUnwrap()[0]!.split('/').at(-1)!;
      const { suspendedSeconds } = JSON.parse((await store.read('shop/lock'))._unsafeUnwrap()!.body) as { readonly suspendedSeconds: number };
      // who is not the execution waits as long as that is to wait, and then sees nobody renew the lock
      const { env, events } = await another();
      runs.push(await resume(env, deployWithMigration, run).match(({ summary }) => summary, ({ message }) => message));
      expect(events).toContainEqual(expect.objectContaining({ type: 'wait-ended', waitingFor: `the lock of run ${run} to expire`, seconds: expect.closeTo(120 + suspendedSeconds, 0) }));
    };
    const report = await execution(cloud, { whileSuspended }).run(release, options);
    expect(runs).toEqual([report.summary]);
    expect(migrationsOf(cloud)).toBe(1);
  });
});

describe('a durable function that is used in a wrong way', () => {
  const connectNever = () => connect<string>(shop, { runStore: memoryRunStore(), aws: { endpoint: 'http://127.0.0.1:1' } });
  const failing = async (handler: (event: never, context: DurableContext) => Promise<unknown>, event: unknown, context: unknown): Promise<Error> =>
    handler(event as never, context as DurableContext).then(() => expect.unreachable('it has not failed'), (error: Error) => error);

  it('names everything that is wrong with its event, before anything is changed', async () => {
    const { cloud, release } = await startRelease();
    const error = await failing(release, { version: 7, reopen: 'never' }, contextOf());
    expect(error.name).toBe('InvalidInput');
    expect(error.message.replace(/\s+/g, ' ')).toMatch(/version: expected .*reopen: expected/);
    expect((await failing(release, undefined, contextOf())).message).toContain('options: expected');
    expect(cloud.requests.filter(({ operation }) => /Update|Modify|Create|Run|Put/.test(operation))).toEqual([]);
  });

  it('says what is no recipe', async () => {
    const error = await failing(durableRecipe((() => undefined) as never, connectNever), options, contextOf());
    expect(error.name).toBe('InvalidInput');
    expect(error.message.replace(/\s+/g, ' ')).toContain('expected a recipe, which defineRecipe makes');
  });

  it('says that it was not given to withDurableExecution, and that its invocations are too short', async () => {
    expect((await failing(durableRecipe(deployWithMigration, connectNever), options, {})).message.replace(/\s+/g, ' ')).toContain('give the handler to withDurableExecution');
    const short = contextOf({ lambdaContext: { getRemainingTimeInMillis: () => 3000 } });
    expect((await failing(durableRecipe(deployWithMigration, connectNever), options, short)).message.replace(/\s+/g, ' ')).toContain('expected 5 minutes or more for an invocation, 3 s are left of this one');
  });
});
