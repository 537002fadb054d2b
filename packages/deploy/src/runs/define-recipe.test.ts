import { err, errAsync, ok, okAsync, ResultAsync } from 'neverthrow';
import { describe, expect, it } from 'vitest';
import { internals } from '../environment/environment.js';
import { failure } from '../errors.js';
import { defineRecipe } from './define-recipe.js';
import type { Journal } from './journal.js';
import { plan } from './plan.js';
import { releaseHold } from './release-hold.js';
import { resume } from './resume.js';
import type { Run } from './run-steps.js';
import { changing, sleeping, testEnvironment } from './testing/environment.js';

interface Options {
  readonly version: string;
}

async function journalOf(store: ReturnType<typeof testEnvironment>['store'], run: string): Promise<Journal> {
  return JSON.parse((await store.read(`dev/runs/${run}`))._unsafeUnwrap()!.body) as Journal;
}

const twoSteps = defineRecipe('twoSteps', async function* (run, options: Options) {
  const first = yield* run.step('first', changing({ seen: options.version }));
  const second = yield* run.step('second', changing({ after: first.seen }));
  return ok({ first: first.seen, second: second.after, summary: 'both done' });
});

describe('defineRecipe', () => {
  it('gives the report of its body, journals it, and leaves neither lock nor hold', async () => {
    const { env, store, events } = testEnvironment();
    const report = (await twoSteps(env, { version: 'v1.0.0' }))._unsafeUnwrap();
    expect(report).toEqual({ first: 'v1.0.0', second: 'v1.0.0', summary: 'both done' });
    const keys = (await store.list('dev/'))._unsafeUnwrap();
    expect(keys).toEqual([`dev/runs/${events[0]!.runId}`]);
    const journal = await journalOf(store, events[0]!.runId!);
    expect(journal).toMatchObject({
      recipe: 'twoSteps',
      options: { version: 'v1.0.0' },
      attempts: [{ by: { actor: 'anna@laptop' } }],
      steps: [
        { name: 'first', status: 'done', changed: true, report: { seen: 'v1.0.0' } },
        { name: 'second', status: 'done', changed: true, report: { after: 'v1.0.0' } },
      ],
      outcome: { status: 'succeeded', report },
    });
    expect(events.map(({ type }) => type)).toEqual(['run-started', 'step-started', 'step-succeeded', 'step-started', 'step-succeeded', 'run-succeeded']);
    expect(new Set(events.map(({ runId }) => runId))).toEqual(new Set([journal.run]));
    expect(events.at(-1)).toMatchObject({ summary: 'both done' });
  });

  it.each([
    [{ version: 'v1.0.0' }, 'asking of v1.0.0'],
    [{}, 'asking'],
  ])('says in its lock what it is for, with %j', async (options, reason) => {
    const { env, store } = testEnvironment();
    const asking = defineRecipe('asking', async function* (run, _: object) {
      const lock = yield* run.step('look', () => store.read('dev/lock').map((found) => JSON.parse(found!.body) as { readonly reason: string }));
      return ok(lock.reason);
    });
    expect((await asking(env, options))._unsafeUnwrap()).toBe(reason);
  });

  it('names a run by the time it began', async () => {
    const { env, events } = testEnvironment();
    await twoSteps(env, { version: 'v1.0.0' });
    expect(events[0]!.runId).toMatch(/^20261123-230000-[0-9a-z]{4}$/);
  });

  it('lends each step the run: its id, lock, records, and what it found', async () => {
    const { env, store, events } = testEnvironment();
    const recipe = defineRecipe('records', async function* (run, _: object) {
      yield* run.step('write', (env) => env[internals].run!.record('migrationIntent', { task: 1 }).map(() => ({ id: env.runId })));
      const read = yield* run.step('read', (env) => {
        const handle = env[internals].run!;
        return okAsync({ own: handle.recall('migrationIntent') === undefined, other: handle.recallFact('migrationIntent'), step: handle.step, recipe: handle.recipe });
      });
      return ok(read);
    });
    expect((await recipe(env, {}))._unsafeUnwrap()).toEqual({ own: true, other: { task: 1 }, step: 'read', recipe: 'records' });
    expect((await journalOf(store, events[0]!.runId!)).steps[0]).toMatchObject({ records: { migrationIntent: { task: 1 } }, report: { id: events[0]!.runId } });
  });

  it('refuses options that are not JSON, a definition for an environment and its own validation at once, before anything is journalled', async () => {
    const { env, store } = testEnvironment();
    const recipe = defineRecipe('strict', async function* (run, _: { readonly at: number }) {
      yield* run.step('never', changing({}));
      return ok(null);
    }, { validate: (definition) => [`${definition.name} is not to be touched`] });
    const error = (await recipe(env, { at: new Date(0) } as never))._unsafeUnwrapErr();
    expect(error).toMatchObject({
      kind: 'InvalidInput',
      problems: ['options.at: expected JSON, got a Date', 'dev is not to be touched'],
      message: 'strict was called with invalid input: options.at: expected JSON, got a Date; dev is not to be touched. Nothing was changed.',
      runId: '',
      situation: { step: '', state: 'unknown', maintenance: 'unknown', schema: 'unknown', left: 'untouched', nextActions: [] },
    });
    expect((await recipe(env.definition as never, { at: 1 }))._unsafeUnwrapErr()).toMatchObject({ problems: ['env: expected an environment from connect(), got an environment definition (object)'] });
    expect((await store.list(''))._unsafeUnwrap()).toEqual([]);
  });

  it.each([
    [null, 'options: expected an object, got null'],
    [undefined, 'options: expected an object, got nothing'],
    ['v1.0.0', "options: expected an object, got 'v1.0.0' (string)"],
    [{ version: Number.NaN }, 'options.version: expected JSON, got NaN (number)'],
    [{ version: [() => 'v1.0.0'] }, 'options.version[0]: expected JSON, got a function'],
  ])('refuses %j for its options', async (options, problem) => {
    const { env, store } = testEnvironment();
    expect((await twoSteps(env, options as never))._unsafeUnwrapErr()).toMatchObject({ kind: 'InvalidInput', problems: [problem] });
    expect((await store.list(''))._unsafeUnwrap()).toEqual([]);
  });

  it('refuses to run inside a step of another run', async () => {
    const { env } = testEnvironment();
    const outer = defineRecipe('outer', async function* (run, _: object) {
      return ok(yield* run.step('inner', (env) => twoSteps(env, { version: 'v1.0.0' })));
    });
    expect((await outer(env, {}))._unsafeUnwrapErr().message).toMatch(/^twoSteps was called with invalid input: env: expected an environment outside any run, got the one of run 20261123-230000-.{4}: a recipe is not a step\. Nothing was changed\.$/);
  });

  it('refuses to begin a step while another is open, naming the missing yield*, and aborts the open one', async () => {
    const { env, store, events } = testEnvironment();
    const careless = defineRecipe('careless', async function* (run, _: object) {
      const forgotten = run.step('stop', sleeping(3600));
      yield* run.step('migrate', changing({}));
      yield* forgotten;
      return ok(null);
    });
    const error = (await careless(env, {}))._unsafeUnwrapErr();
    expect(error).toMatchObject({
      kind: 'InvalidInput',
      message: "In a recipe one step runs at a time; step migrate was begun while step stop was still open: yield* is missing before run.step('stop', …). Step stop was aborted.",
      remedy: 'Put the missing yield* into the recipe.',
    });
    const journal = await journalOf(store, events[0]!.runId!);
    expect(journal.steps.map(({ name, status }) => [name, status])).toEqual([['stop', 'failed']]);
  });

  it('fails when the body returns with a step open', async () => {
    const { env } = testEnvironment();
    const careless = defineRecipe('careless', async function* (run, _: object) {
       
      void run.step('stop', sleeping(3600));
      yield* okAsync(null);
      return ok('all well');
    });
    expect((await careless(env, {}))._unsafeUnwrapErr().message).toBe(
      "In a recipe one step runs at a time; the recipe ended while step stop was still open: yield* is missing before run.step('stop', …). Step stop was aborted.",
    );
  });

  it('refuses two steps of one name', async () => {
    const { env } = testEnvironment();
    const twice = defineRecipe('twice', async function* (run, _: object) {
      yield* run.step('same', () => okAsync({}));
      yield* run.step('same', () => okAsync({}));
      return ok(null);
    });
    expect((await twice(env, {}))._unsafeUnwrapErr().message).toBe('run.step was called with invalid input: step same is there twice: each step of a recipe has a name of its own. Nothing was changed.');
  });

  it('takes a step that throws for a defect, told as Unexpected', async () => {
    const { env, store } = testEnvironment();
    const throwing = defineRecipe('throwing', async function* (run, _: object) {
      yield* run.step('broken', () => {
        throw new TypeError('x is undefined');
      });
      return ok(null);
    });
    expect((await throwing(env, {}))._unsafeUnwrapErr()).toMatchObject({ kind: 'Unexpected', operation: 'broken', message: 'broken threw TypeError: x is undefined' });
    expect((await store.read('dev/lock'))._unsafeUnwrap()).toBeNull();
  });

  it('takes a body that throws for a defect, and holds when it has changed something', async () => {
    const { env, store } = testEnvironment();
    const throwing = defineRecipe('throwing', async function* (run, _: object) {
      yield* run.step('change', changing({}));
      throw new Error('out of ideas');
    });
    expect((await throwing(env, {}))._unsafeUnwrapErr()).toMatchObject({ kind: 'Unexpected', message: 'throwing threw Error: out of ideas', situation: { left: 'hold', step: 'change' } });
    expect(JSON.parse((await store.read('dev/hold'))._unsafeUnwrap()!.body)).toMatchObject({ recipe: 'throwing' });
  });

  it.each<readonly [unknown, string]>([
    ['done', "'done' (string)"],
    [undefined, 'nothing'],
    [{ summary: 'done' }, 'one (object)'],
  ])('takes a body that returns %j, which is no Result, for a defect, and releases the lock', async (returned, got) => {
    const { env, store } = testEnvironment();
    const bodies = defineRecipe('plain', (async function* (run: Run) {
      yield* run.step('look', () => okAsync({}));
      return returned;
    }) as never);
    expect(await bodies(env, {} as never)).toMatchObject({ error: { kind: 'Unexpected', message: `plain returned no Result: expected a Result, such as ok(report), got ${got}`, situation: { left: 'untouched' } } });
    expect((await store.read('dev/lock'))._unsafeUnwrap()).toBeNull();
  });

  it('is planned under the name of plan, when plan was called with what is no environment', async () => {
    expect((await plan({ cluster: 'c', services: {} } as never, twoSteps, { version: 'v1.0.0' }))._unsafeUnwrapErr()).toMatchObject({
      kind: 'InvalidInput',
      message: 'plan was called with invalid input: env: expected an environment from connect(), got an environment definition (object). Nothing was changed.',
    });
  });

  it.each([
    [5, '5 (number)'],
    [{ isOk: () => true, value: 5 }, 'one (object)'],
    [{ isErr: () => false, value: 5 }, 'one (object)'],
  ])('takes a step that gives no Result for a defect, and releases the lock', async (given, got) => {
    const { env, store } = testEnvironment();
    const plain = defineRecipe('plain', async function* (run, _: object) {
      yield* run.step('look', (() => given) as never);
      return ok(null);
    });
    expect((await plain(env, {}))._unsafeUnwrapErr()).toMatchObject({ kind: 'Unexpected', message: `look returned no Result: expected a Result, such as ok(report), got ${got}` });
    expect((await store.read('dev/lock'))._unsafeUnwrap()).toBeNull();
  });

  it('refuses a report that is not JSON', async () => {
    const { env } = testEnvironment();
    const recipe = defineRecipe('dated', async function* (run, _: object) {
      // @ts-expect-error a Map is not JSON
      yield* run.step('look', () => okAsync({ at: new Map() }));
      return ok(null);
    });
    expect((await recipe(env, {}))._unsafeUnwrapErr().message).toBe('step look was called with invalid input: report.at: expected JSON, got a Map. Nothing was changed.');
  });

  it("keeps the kind and the fields of a user's own error", async () => {
    const { env } = testEnvironment();
    const recipe = defineRecipe('own', async function* (run, _: object) {
      yield* run.step('ask', () => ResultAsync.fromSafePromise(Promise.resolve()).andThen(() => failure('TooEarly', { message: 'not yet', remedy: 'wait', hour: 7 })));
      return ok(null);
    });
    const error = (await recipe(env, {}))._unsafeUnwrapErr();
    expect(error).toMatchObject({ kind: 'TooEarly', message: 'not yet', hour: 7, situation: { step: 'ask', left: 'untouched' } });
  });

  it('lets a body cope with a failed step', async () => {
    const { env } = testEnvironment();
    const recipe = defineRecipe('coping', async function* (run, _: object) {
      const answer = yield* run.step('ask', () => errAsync({ kind: 'No', message: 'no', remedy: '' })).orElse(() => okAsync('then not'));
      return ok(answer);
    });
    expect((await recipe(env, {}))._unsafeUnwrap()).toBe('then not');
  });

  it('hides secrets in events and journal', async () => {
    const { env, store, events } = testEnvironment();
    const leaking = defineRecipe('leaking', async function* (run, _: object) {
      yield* run.step('tell', (env) => {
        env.emit({ type: 'log', source: 'task', line: 'curl -H "x-maintenance-key: open-sesame"' });
        return okAsync({ line: 'key open-sesame' });
      });
      return err({ kind: 'Failed', message: 'X-Maintenance-Key was OPEN-SESAME', remedy: 'AKIAIOSFODNN7EXAMPLE' });
    });
    await leaking(env, {});
    const journal = JSON.stringify(await journalOf(store, events[0]!.runId!));
    for (const text of [JSON.stringify(events), journal]) {
      expect(text).toContain('[redacted]');
      expect(text).not.toMatch(/open-sesame|x-maintenance-key|AKIAIOSFODNN7EXAMPLE/i);
    }
  });
});

describe('a failed run', () => {
  const failing = defineRecipe('failing', async function* (run, _: object) {
    yield* run.step('first', changing({}));
    yield* run.step('second', () => errAsync({ kind: 'Broken', message: 'it broke', remedy: 'mend it' }));
    return ok('done');
  });

  it('leaves a hold after a change, with the next actions as commands, and no lock', async () => {
    const { env, store, events } = testEnvironment();
    const error = (await failing(env, {}))._unsafeUnwrapErr();
    const { runId } = events[0]!;
    expect(error).toEqual({
      kind: 'Broken',
      message: 'it broke',
      remedy: 'mend it',
      runId,
      situation: {
        step: 'second',
        state: 'unknown',
        maintenance: 'unknown',
        schema: 'untouched',
        left: 'hold',
        nextActions: [
          { text: 'Once the cause is gone, continue at second', command: `release --resume ${runId}` },
          { text: 'Put back what was found and let visitors in, on the old version', command: `release --reopen ${runId}` },
          { text: 'Let go of the environment as it is, after looking at it', command: `release --release-hold ${runId}` },
        ],
      },
    });
    expect(JSON.parse((await store.read('dev/hold'))._unsafeUnwrap()!.body)).toMatchObject({ run: runId, recipe: 'failing', reason: 'second failed: it broke' });
    expect((await store.read('dev/lock'))._unsafeUnwrap()).toBeNull();
    expect(events.slice(-3).map(({ type }) => type)).toEqual(['step-failed', 'hold-set', 'run-failed']);
  });

  it('keeps others out until it is released, and tells them how', async () => {
    const { env, events, another } = testEnvironment();
    await failing(env, {});
    const { runId } = events[0]!;
    const refused = (await twoSteps(another().env, { version: 'v1.0.0' }))._unsafeUnwrapErr();
    expect(refused).toMatchObject({
      kind: 'Conflict',
      reason: 'hold',
      holder: runId,
      message: `dev is held since 2026-11-23T23:00:00.000Z by run ${runId} (failing): second failed: it broke. Nothing was changed.`,
      remedy: `Go on from that run. Once the cause is gone, continue at second (release --resume ${runId}); or: Put back what was found and let visitors in, on the old version (release --reopen ${runId}); or: Let go of the environment as it is, after looking at it (release --release-hold ${runId}).`,
    });
    const released = (await releaseHold(another().env, { run: runId!, reason: 'mended by hand' }))._unsafeUnwrap();
    expect(released).toMatchObject({ run: runId, released: ['hold'] });
    expect((await twoSteps(another().env, { version: 'v1.0.0' })).isOk()).toBe(true);
  });

  it('leaves nothing behind when nothing was changed', async () => {
    const { env, store } = testEnvironment();
    const harmless = defineRecipe('harmless', async function* (run, _: object) {
      yield* run.step('look', () => errAsync({ kind: 'Broken', message: 'no', remedy: '' }));
      return ok(null);
    });
    expect((await harmless(env, {}))._unsafeUnwrapErr().situation).toMatchObject({ left: 'untouched', nextActions: [] });
    expect((await store.read('dev/hold'))._unsafeUnwrap()).toBeNull();
    expect((await twoSteps(env, { version: 'v1.0.0' })).isOk()).toBe(true);
  });

  it('waits for the run before it where it is told to, and is refused by the hold that one leaves', async () => {
    const { env, another, clock } = testEnvironment({ lockWaitSeconds: 600 });
    const first = defineRecipe('first', async function* (run, _options: object) {
      yield* run.step('change', changing({ done: true }));
      yield* run.step('wait', sleeping(120));
      return ok(yield* run.step('break', () => errAsync({ kind: 'Broken' as const, message: 'it broke', remedy: 'mend it' })));
    });
    const second = another();
    const [failed, refused] = await Promise.all([first(env, {}), clock.sleep(1_000).then(() => first(second.env, {}))]);
    expect(failed._unsafeUnwrapErr()).toMatchObject({ kind: 'Broken', situation: { left: 'hold' } });
    expect(second.events.map(({ type }) => type)).toEqual(['waiting', 'wait-ended']);
    expect(refused._unsafeUnwrapErr()).toMatchObject({ kind: 'Conflict', reason: 'hold', situation: { left: 'untouched' } });
    expect((await second.store.read('dev/lock'))._unsafeUnwrap()).toBeNull();
  });

  it('holds without putting anything back when it is aborted after a change', async () => {
    const { env, abort, events } = testEnvironment();
    const slow = defineRecipe('slow', async function* (run, _: object) {
      yield* run.step('change', changing({}));
      yield* run.step('wait', (env) => {
        abort.abort(new Error('SIGINT'));
        return sleeping(60)(env);
      });
      return ok(null);
    }, { failureTable: [{ step: 'wait', does: 'reopen', leaves: 'as found' }] });
    expect((await slow(env, {}))._unsafeUnwrapErr()).toMatchObject({ kind: 'Aborted', situation: { left: 'hold', step: 'wait' } });
    expect(events.some(({ type }) => type === 'undoing')).toBe(false);
  });

  it('begins no step once it is aborted', async () => {
    const { env, abort } = testEnvironment();
    abort.abort();
    expect((await twoSteps(env, { version: 'v1.0.0' }))._unsafeUnwrapErr()).toMatchObject({ kind: 'Aborted', message: 'aborted before step first began', situation: { left: 'untouched' } });
  });

  it('adds what went wrong while putting things back to the first cause, and holds', async () => {
    const { env, events } = testEnvironment();
    const recipe = defineRecipe('unlucky', async function* (run, _: object) {
      yield* run.step('change', changing({}));
      yield* run.step('stop', () => errAsync({ kind: 'Broken', message: 'It broke.', remedy: 'mend it' }));
      return ok(null);
    }, { failureTable: [{ step: 'stop', does: 'start-and-reopen', leaves: 'as found' }] });
    const error = (await recipe(env, {}))._unsafeUnwrapErr();
    expect(error).toMatchObject({ kind: 'Broken', remedy: 'mend it', situation: { left: 'hold', step: 'stop' } });
    expect(error.message).toMatch(/^It broke\. Putting things back failed too, at start-services: /);
    expect(error.situation.nextActions.map(({ text }) => text)).toEqual(['Go on putting back what was found', 'Let go of the environment as it is, after looking at it']);
    // killed in the middle of that, it is gone on with by the same command
    await resume(env, recipe, error.runId);
    expect(events.filter(({ type }) => type === 'run-started').at(-1)).toMatchObject({ resumed: true, resumedBy: { command: `release --resume ${error.runId}` } });
  });

  it('writes nothing more once its lock is lost, and leaves the environment to whoever has it', async () => {
    const { env, store, clock } = testEnvironment();
    const robbed = defineRecipe('robbed', async function* (run, _: object) {
      yield* run.step('change', changing({}));
      yield* run.step('lose', () =>
        store
          .read('dev/lock')
          .andThen((lock) => store.replace('dev/lock', JSON.stringify({ ...(JSON.parse(lock!.body) as object), run: 'other', token: 'other' }), lock!.etag))
          .map(() => null),
      );
      yield* run.step('wait', sleeping(60));
      yield* run.step('write', changing({}));
      return ok(null);
    });
    const error = (await robbed(env, {}))._unsafeUnwrapErr();
    expect(error).toMatchObject({ kind: 'LockLost', holder: 'other', situation: { left: 'taken-over', step: 'write', nextActions: [] } });
    expect(error.message).toMatch(/^Run .* does not hold the lock of dev safely any more: .*\. It begins no further change\.$/);
    await clock.advance(300);
    expect(JSON.parse((await store.read('dev/lock'))._unsafeUnwrap()!.body)).toMatchObject({ run: 'other' });
    expect((await store.read('dev/hold'))._unsafeUnwrap()).toBeNull();
  });

  it('leaves its lock to expire, and no hold, when the run store fails', async () => {
    const { env, store, another, clock } = testEnvironment();
    let broken = false;
    const failed = () => errAsync({ kind: 'RunStoreFailed' as const, message: 'no space left', remedy: 'make some', store: 'memory' });
    const brittle = testEnvironment({ clock, store: { ...store, replace: (...args) => (broken ? failed() : store.replace(...args)), create: (...args) => (broken ? failed() : store.create(...args)) } });
    const recipe = defineRecipe('brittle', async function* (run, _: object) {
      yield* run.step('change', changing({}));
      broken = true;
      yield* run.step('next', changing({}));
      return ok(null);
    });
    expect((await recipe(brittle.env, {}))._unsafeUnwrapErr()).toMatchObject({ kind: 'RunStoreFailed', message: 'no space left', situation: { left: 'hold' } });
    expect((await twoSteps(another().env, { version: 'v1.0.0' }))._unsafeUnwrapErr()).toMatchObject({ kind: 'Conflict', reason: 'lock' });
    broken = false;
    await clock.advance(200);
    const run = brittle.events[0]!.runId!;
    expect((await twoSteps(another().env, { version: 'v1.0.0' }))._unsafeUnwrapErr().message).toBe(
      `Run ${run} (brittle, by anna@laptop) stopped without an end: its lock on dev was good until 2026-11-23T23:02:00.000Z. Nothing was changed.`,
    );
    expect((await resume(another().env, recipe, run)).isOk()).toBe(true);
    expect(env.runId).toBeNull();
  });
});

describe('resume', () => {
  const counted = (calls: string[], broken: { yes: boolean }) =>
    defineRecipe('counted', async function* (run, options: { readonly name: string; readonly retry?: boolean }) {
      const first = yield* run.step('first', (env) => {
        calls.push('first');
        return changing({ at: options.name })(env);
      });
      yield* run.step('second', (env) => {
        calls.push(`second ${options.retry ?? 'no retry'} ${JSON.stringify(env[internals].run!.recall('tried')) ?? 'new'}`);
        return env[internals].run!.record('tried', true).andThen(() => (broken.yes ? errAsync({ kind: 'Broken', message: 'broken', remedy: '' }) : okAsync({})));
      });
      yield* run.step('third', () => (calls.push('third'), okAsync({})));
      return ok(first.at);
    });

  it('runs the body again with the journalled options, replays finished steps, and lifts the hold', async () => {
    const calls: string[] = [];
    const broken = { yes: true };
    const recipe = counted(calls, broken);
    const { env, store, events, another } = testEnvironment();
    await recipe(env, { name: 'anna' });
    const run = events[0]!.runId!;
    broken.yes = false;
    const later = another();
    expect((await resume(later.env, recipe, run, { retry: true }))._unsafeUnwrap()).toBe('anna');
    expect(calls).toEqual(['first', 'second no retry new', 'second true true', 'third']);
    expect(later.events.filter((event) => event.type === 'step-succeeded').map((event) => [event.step, event.replayed])).toEqual([['first', true], ['second', false], ['third', false]]);
    expect(later.events[0]).toMatchObject({ type: 'run-started', resumed: true });
    expect((await store.list('dev/'))._unsafeUnwrap()).toEqual([`dev/runs/${run}`]);
    const journal = await journalOf(store, run);
    expect(journal.attempts).toHaveLength(2);
    expect(journal.attempts[1]).toMatchObject({ changedOptions: { retry: true } });
    expect(journal.options).toEqual({ name: 'anna' });
  });

  it('gives the report of a run that has succeeded again, calling nothing', async () => {
    const calls: string[] = [];
    const recipe = counted(calls, { yes: false });
    const { env, events, another } = testEnvironment();
    await recipe(env, { name: 'anna' });
    calls.length = 0;
    expect((await resume(another().env, recipe, events[0]!.runId!))._unsafeUnwrap()).toBe('anna');
    expect(calls).toEqual([]);
  });

  it('waits until the lock of a dead process has expired, then takes it over', async () => {
    const { env, store, clock, events, another } = testEnvironment();
    const dying = defineRecipe('dying', async function* (run, _: object) {
      yield* run.step('first', changing({ n: 1 }));
      yield* run.step('second', () => (died.yes ? ResultAsync.fromSafePromise(new Promise<object>(() => undefined)) : okAsync({})));
      return ok('alive');
    });
    const died = { yes: true };
    void dying(env, {}).then(() => undefined);
    await clock.advance(10);
    const run = events[0]!.runId!;
    const dead = await store.read('dev/lock');
    // what a dead process leaves: nobody renews
    const frozen = (await store.replace('dev/lock', dead._unsafeUnwrap()!.body.replace(/"token": "[^"]*"/, '"token": "dead"'), dead._unsafeUnwrap()!.etag))._unsafeUnwrap();
    expect(frozen).not.toBeNull();
    died.yes = false;
    const later = another();
    const refused = (await twoSteps(later.env, { version: 'v1.0.0' }))._unsafeUnwrapErr();
    expect(refused).toMatchObject({ reason: 'lock', holder: run, message: `Run ${run} (dying, by anna@laptop) is working on dev. Nothing was changed.` });
    expect((await resume(later.env, dying, run))._unsafeUnwrap()).toBe('alive');
    expect((clock.now() - Date.parse('2026-11-23T23:00:00Z')) / 1000).toBeGreaterThanOrEqual(120);
    expect(later.events.filter(({ type }) => type.startsWith('wait')).map((event) => ('waitingFor' in event ? [event.type, event.waitingFor] : []))).toEqual([
      ['waiting', `the lock of run ${run} to expire`],
      ['wait-ended', `the lock of run ${run} to expire`],
    ]);
    expect((await store.read('dev/lock'))._unsafeUnwrap()).toBeNull();
  });

  it('does not wait for a process that the store proves dead', async () => {
    const { env, clock, events, store } = testEnvironment();
    const hanging = defineRecipe('hanging', async function* (run, options: { readonly hang: boolean }) {
      yield* run.step('first', (env) => (options.hang ? ResultAsync.fromSafePromise(new Promise<object>(() => undefined)) : changing({})(env)));
      return ok(null);
    });
    void hanging(env, { hang: true }).then(() => undefined);
    await clock.advance(1);
    const later = testEnvironment({ clock, store: { ...store, provesDead: () => true } });
    const before = clock.now();
    expect((await resume(later.env, hanging, events[0]!.runId!, { hang: false })).isOk()).toBe(true);
    expect(clock.now()).toBe(before);
  });

  it('refuses a run that is at work', async () => {
    const { env, clock, events, another } = testEnvironment();
    const slow = defineRecipe('slow', async function* (run, _: object) {
      yield* run.step('sleep', sleeping(600));
      return ok(null);
    });
    const running = slow(env, {});
    await Promise.resolve();
    await clock.advance(1);
    const run = events[0]!.runId!;
    expect((await resume(another().env, slow, run))._unsafeUnwrapErr()).toMatchObject({ kind: 'Conflict', reason: 'lock', message: `Run ${run} (slow, by anna@laptop) is working on dev. Nothing was changed.` });
    expect((await running).isOk()).toBe(true);
  });

  it('says that the recipe has changed when its steps are not those of the journal', async () => {
    const { env, events, another } = testEnvironment();
    const broken = defineRecipe('changing', async function* (run, _: object) {
      yield* run.step('first', changing({}));
      yield* run.step('second', () => errAsync({ kind: 'Broken', message: 'broken', remedy: '' }));
      return ok(null);
    });
    await broken(env, {});
    const run = events[0]!.runId!;
    const renamed = defineRecipe('changing', async function* (run, _: object) {
      yield* run.step('1st', changing({}));
      return ok(null);
    });
    expect((await resume(another().env, renamed, run))._unsafeUnwrapErr()).toMatchObject({
      kind: 'Conflict',
      reason: 'recipe-changed',
      message: 'The recipe is not the one that began this run: after the steps so far the run did first, the recipe now wants 1st.',
      situation: { left: 'hold' },
    });
    const shortened = defineRecipe('changing', async function* (run, _: object) {
      yield* okAsync(run.id);
      return ok(null);
    });
    expect((await resume(another().env, shortened, run))._unsafeUnwrapErr()).toMatchObject({
      reason: 'recipe-changed',
      message: 'The recipe is not the one that began this run: the run did first, which the recipe does not want any more.',
      remedy: 'Resume with the version of the recipe that began the run, or release its hold and start a new run.',
    });
  });

  it('says what it cannot resume', async () => {
    const { env, events, another } = testEnvironment();
    expect((await resume(env, twoSteps, 'nope'))._unsafeUnwrapErr()).toMatchObject({ problems: ['runId: no run nope of dev in memory; there are none'] });
    const harmless = defineRecipe('harmless', async function* (run, _: object) {
      yield* run.step('look', () => errAsync({ kind: 'Broken', message: 'no', remedy: '' }));
      return ok(null);
    });
    await harmless(env, {});
    const run = events[0]!.runId!;
    expect((await resume(another().env, twoSteps, run))._unsafeUnwrapErr()).toMatchObject({ problems: [`runId: run ${run} is one of harmless, not of twoSteps`] });
    expect((await resume(another().env, harmless, run))._unsafeUnwrapErr()).toMatchObject({ problems: [`runId: run ${run} has ended and left dev untouched: start a new run`] });
    expect((await resume(env.definition as never, harmless, run))._unsafeUnwrapErr()).toMatchObject({ kind: 'InvalidInput' });
  });

  it('takes away what is left of the lock of a run that succeeded and died', async () => {
    const { env, store, clock, events } = testEnvironment();
    const dying = testEnvironment({ clock, store: { ...store, remove: () => okAsync(false) } });
    (await twoSteps(dying.env, { version: 'v1.0.0' }))._unsafeUnwrap();
    const run = dying.events[0]!.runId!;
    expect((await store.read('dev/lock'))._unsafeUnwrap()).not.toBeNull();
    expect((await twoSteps(env, { version: 'v1.0.0' })).isErr()).toBe(true);
    await clock.advance(200);
    expect((await resume(env, twoSteps, run))._unsafeUnwrap()).toMatchObject({ first: 'v1.0.0' });
    expect((await store.read('dev/lock'))._unsafeUnwrap()).toBeNull();
    expect(events.some(({ type }) => type === 'run-started')).toBe(false);
  });

  it('stops waiting for a lock when it is aborted', async () => {
    const { env, clock, events, another } = testEnvironment();
    const hanging = defineRecipe('hanging', async function* (run, _: object) {
      yield* run.step('first', () => ResultAsync.fromSafePromise(new Promise<object>(() => undefined)));
      return ok(null);
    });
    void hanging(env, {}).then(() => undefined);
    await clock.advance(1);
    const later = another();
    later.abort.abort();
    const run = events[0]!.runId!;
    expect((await resume(later.env, hanging, run))._unsafeUnwrapErr()).toMatchObject({ kind: 'Aborted', message: `aborted while waiting for the lock of run ${run} to expire`, situation: { left: 'untouched' } });
  });

  it('goes by the options given for this attempt, which are checked like the first', async () => {
    const { env, events, another } = testEnvironment();
    const strict = defineRecipe('strict', async function* (run, options: { readonly n: number }) {
      yield* run.step('first', changing({}));
      yield* run.step('second', () => (options.n > 1 ? okAsync({}) : errAsync({ kind: 'Broken', message: 'too small', remedy: '' })));
      return ok(options.n);
    }, { validate: (_, { n }) => (n > 9 ? [`n: expected at most 9, got ${n}`] : []) });
    await strict(env, { n: 1 });
    const run = events[0]!.runId!;
    expect((await resume(another().env, strict, run, { n: 10 }))._unsafeUnwrapErr()).toMatchObject({ problems: ['n: expected at most 9, got 10'] });
    expect((await resume(another().env, strict, run, { n: new Date(0) as never }))._unsafeUnwrapErr()).toMatchObject({ problems: ['changes.n: expected JSON, got a Date'] });
    expect((await resume(another().env, strict, run, { n: 2 }))._unsafeUnwrap()).toBe(2);
  });

  it('gives an error that the body coped with again, without calling its step', async () => {
    let calls = 0;
    let broken = true;
    const coping = defineRecipe('coping', async function* (run, _: object) {
      yield* run.step('change', changing({}));
      const asked = yield* run.step('ask', () => (calls++, errAsync({ kind: 'No', message: 'no', remedy: '' }))).orElse(({ kind }) => okAsync(kind));
      yield* run.step('last', () => (broken ? errAsync({ kind: 'Broken', message: 'broken', remedy: '' }) : okAsync({})));
      return ok(asked);
    });
    const { env, events, another } = testEnvironment();
    await coping(env, {});
    broken = false;
    expect((await resume(another().env, coping, events[0]!.runId!))._unsafeUnwrap()).toBe('No');
    expect(calls).toBe(1);
  });

  it('does not resume a run that was let go of', async () => {
    const calls: string[] = [];
    const recipe = counted(calls, { yes: true });
    const { env, events, store, another } = testEnvironment();
    await recipe(env, { name: 'anna' });
    const run = events[0]!.runId!;
    await releaseHold(env, { run, reason: 'done by hand' });
    expect((await journalOf(store, run)).released).toMatchObject({ by: { actor: 'anna@laptop' }, reason: 'done by hand' });
    expect((await resume(another().env, recipe, run))._unsafeUnwrapErr()).toMatchObject({
      problems: [`runId: run ${run} was let go of by anna@laptop at 2026-11-23T23:00:00.000Z (done by hand), and cannot be resumed`],
      message: `run ${run} was let go of by anna@laptop at 2026-11-23T23:00:00.000Z (done by hand), and cannot be resumed. Nothing was changed.`,
      remedy: 'Look at the environment as it is, then start a new run.',
    });
  });
});

describe('releaseHold', () => {
  it('takes away the lock of a dead run only', async () => {
    const { env, store, clock, events } = testEnvironment();
    const hanging = defineRecipe('hanging', async function* (run, _: object) {
      yield* run.step('first', () => ResultAsync.fromSafePromise(new Promise<object>(() => undefined)));
      return ok(null);
    });
    void hanging(env, {}).then(() => undefined);
    await clock.advance(1);
    const run = events[0]!.runId!;
    const other = testEnvironment({ clock, store });
    expect((await releaseHold(other.env, { run, reason: 'x' }))._unsafeUnwrapErr()).toMatchObject({ kind: 'Conflict', reason: 'lock' });
    const lock = (await store.read('dev/lock'))._unsafeUnwrap()!;
    await store.replace('dev/lock', lock.body.replace(/"token": "[^"]*"/, '"token": "dead"'), lock.etag);
    await clock.advance(200);
    expect((await releaseHold(other.env, { run, reason: 'x' }))._unsafeUnwrap()).toMatchObject({ run, released: ['lock'] });
    expect((await store.read('dev/lock'))._unsafeUnwrap()).toBeNull();
  });

  it('says when there is nothing to let go of, and wants a reason', async () => {
    const { env } = testEnvironment();
    expect((await releaseHold(env, { run: 'r1', reason: 'because' }))._unsafeUnwrapErr()).toMatchObject({ problems: ['run: run r1 does not hold dev; nothing does'] });
    expect((await releaseHold(env, { run: '', reason: ' ' }))._unsafeUnwrapErr()).toMatchObject({ problems: ['run: expected a text, got an empty one', 'reason: expected a text, got string'] });
  });
});

describe('waits of a run', () => {
  it('are journalled with their step, and tell later runs how long they usually last', async () => {
    const { env, store, events, another } = testEnvironment();
    const usual: (number | undefined)[] = [];
    const waiting = defineRecipe('waiting', async function* (run, _: object) {
      yield* run.step('wait', (env) => {
        usual.push(env[internals].run!.usualSeconds('the snapshot dev-1'));
        env.emit({ type: 'wait-ended', waitingFor: 'the snapshot dev-2', seconds: 90 });
        return okAsync({});
      });
      return ok(null);
    });
    await waiting(env, {});
    expect((await journalOf(store, events[0]!.runId!)).steps[0]!.waits).toEqual([{ waitingFor: 'the snapshot dev-2', seconds: 90, endedAt: '2026-11-23T23:00:00.000Z' }]);
    await waiting(another().env, {});
    expect(usual).toEqual([undefined, 90]);
  });
});

describe('plan', () => {
  it('collects the changes of each step, and leaves no trace in the run store', async () => {
    const { env, store } = testEnvironment();
    const recipe = defineRecipe('planned', async function* (run, _: object) {
      yield* run.step('look', () => okAsync({}));
      yield* run.step('change', (env) => {
        env.emit({ type: 'change', planned: env.planning, resource: 'service graasp', from: '1 task', to: '0 tasks', operation: 'ecs:UpdateService', why: 'nothing may write' });
        env.emit({ type: 'warning', message: 'redis: contents are lost' });
        return okAsync({});
      });
      return ok(null);
    });
    expect((await plan(env, recipe, {}))._unsafeUnwrap()).toEqual({
      recipe: 'planned',
      environment: 'dev',
      steps: [
        { name: 'look', changes: [] },
        { name: 'change', changes: [{ resource: 'service graasp', from: '1 task', to: '0 tasks', operation: 'ecs:UpdateService', why: 'nothing may write' }] },
      ],
      refusals: [],
      warnings: ['redis: contents are lost'],
    });
    expect((await store.list(''))._unsafeUnwrap()).toEqual([]);
  });

  it('calls a step of the caller too, which knows by env.planning that nothing is to be done', async () => {
    const { env } = testEnvironment();
    const posted: string[] = [];
    const posting = defineRecipe('posting', async function* (run, _: object) {
      yield* run.step('post', (env) => {
        if (!env.planning) posted.push('released');
        return okAsync({ posted: !env.planning });
      });
      return ok(null);
    });
    expect((await plan(env, posting, {}))._unsafeUnwrap().steps).toEqual([{ name: 'post', changes: [] }]);
    expect(posted).toEqual([]);
    expect((await posting(env, {})).isOk()).toBe(true);
    expect(posted).toEqual(['released']);
  });

  it.each<readonly [unknown, string]>([
    [releaseHold, 'the function releaseHold'],
    [null, 'null'],
    ['deployWithMigration', 'string'],
  ])('says, as resume does, that %s is no recipe', async (recipe, got) => {
    const { env } = testEnvironment();
    const problems = [`recipe: expected a recipe, which defineRecipe makes, got ${got}`];
    expect((await plan(env, recipe as never, {}))._unsafeUnwrapErr()).toMatchObject({ kind: 'InvalidInput', problems, runId: '' });
    expect((await resume(env, recipe as never, 'r1'))._unsafeUnwrapErr()).toMatchObject({ kind: 'InvalidInput', problems, runId: '' });
  });

  it('shows steps the run store that a run would have', async () => {
    const { env, store } = testEnvironment();
    const looking = defineRecipe('looking', async function* (run, _: object) {
      yield* run.step('look', (env) => {
        const { name, volatile } = env[internals].runStore;
        env.emit({ type: 'warning', message: `${name}: ${volatile}` });
        return okAsync({});
      });
      return ok(null);
    });
    const onDisk = { ...env, [internals]: { ...env[internals], runStore: { ...store, name: 'file runs', volatile: 'lost with its disk' } } };
    expect((await plan(onDisk, looking, {}))._unsafeUnwrap().warnings).toEqual(['file runs: lost with its disk']);
  });

  it('says why the recipe would be refused', async () => {
    const { env, events } = testEnvironment();
    const failing = defineRecipe('failing', async function* (run, _: object) {
      yield* run.step('first', changing({}));
      return err({ kind: 'Broken', message: 'it broke', remedy: '' });
    });
    await failing(env, {});
    const run = events[0]!.runId;
    const planned = (await plan(env, twoSteps, { version: 'v1.0.0' }))._unsafeUnwrap();
    expect(planned.refusals).toEqual([`held since 2026-11-23T23:00:00.000Z by run ${run} (failing): first failed: it broke`]);
  });

  it('is not stopped by a run at work, and says that there is one', async () => {
    const { env, clock, events, another } = testEnvironment();
    const slow = defineRecipe('slow', async function* (run, _: object) {
      yield* run.step('sleep', sleeping(60));
      return ok(null);
    });
    const running = slow(env, {});
    await clock.advance(1);
    const planned = (await plan(another().env, twoSteps, { version: 'v1.0.0' }))._unsafeUnwrap();
    expect(planned.refusals).toEqual([`locked by run ${events[0]!.runId} (slow, by anna@laptop) until 2026-11-23T23:02:00.000Z`]);
    await running;
  });

  it('gives the error that the recipe would give before its first change, and changes nothing for it', async () => {
    const { env, store } = testEnvironment();
    const refusing = defineRecipe('refusing', async function* (run, _: object) {
      yield* run.step('look', () => errAsync({ kind: 'No', message: 'not on a Friday', remedy: 'wait' }));
      return ok(null);
    });
    expect((await plan(env, refusing, {}))._unsafeUnwrapErr()).toMatchObject({ kind: 'No', message: 'not on a Friday' });
    expect((await plan(env.definition as never, refusing, {}))._unsafeUnwrapErr()).toMatchObject({ kind: 'InvalidInput' });
    expect((await store.list(''))._unsafeUnwrap()).toEqual([]);
  });

  it('tells that the run store cannot be read', async () => {
    const failed = () => errAsync({ kind: 'RunStoreFailed' as const, message: 'down', remedy: '', store: 'memory' });
    const { store } = testEnvironment();
    const { env } = testEnvironment({ store: { ...store, read: failed } });
    expect((await plan(env, twoSteps, { version: 'v1.0.0' }))._unsafeUnwrapErr()).toMatchObject({ kind: 'RunStoreFailed', message: 'down' });
  });
});
