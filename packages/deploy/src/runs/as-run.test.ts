import { errAsync, okAsync, ResultAsync } from 'neverthrow';
import { describe, expect, it } from 'vitest';
import { internals } from '../environment/environment.js';
import type { Conflict, InvalidInput } from '../errors.js';
import { asRun, type StepSpec } from './as-run.js';
import type { Journal } from './journal.js';
import { recordSchema } from './schema-record.js';
import { changing, testEnvironment } from './testing/environment.js';

const spec = (changes: Partial<StepSpec> = {}): StepSpec => ({ name: 'stopServices', changes: true, refusedByHold: false, known: { services: true, signal: true }, problems: () => [], ...changes });
const broken = { kind: 'Broken', message: 'it broke', remedy: 'mend it' };
const changeAndFail: Parameters<typeof asRun<never, unknown>>[2] = (env) => changing(null)(env).andThen(() => errAsync(broken));

describe('asRun', () => {
  it('makes a run of one step of a step that changes something: journalled, locked meanwhile', async () => {
    const { env, store, events } = testEnvironment();
    let lockedBy: string | undefined;
    const report = await asRun(env, spec(), (env) => store.read('dev/lock').map((lock) => ((lockedBy = (JSON.parse(lock!.body) as { run: string }).run), { run: env.runId })));
    const { runId } = events[0]!;
    expect(report._unsafeUnwrap()).toEqual({ run: runId });
    expect(lockedBy).toBe(runId);
    expect((await store.list(''))._unsafeUnwrap()).toEqual([`dev/runs/${runId}`]);
    expect(JSON.parse((await store.read(`dev/runs/${runId}`))._unsafeUnwrap()!.body) as Journal).toMatchObject({ recipe: 'stopServices', steps: [{ name: 'stopServices', status: 'done' }], outcome: { status: 'succeeded' } });
    expect(events.map(({ type }) => type)).toEqual(['run-started', 'step-started', 'step-succeeded', 'run-succeeded']);
  });

  it('makes no run of a step that changes nothing, nor of one in a plan', async () => {
    const { env, store, events } = testEnvironment();
    expect((await asRun(env, spec({ changes: false }), (env) => okAsync(env.runId)))._unsafeUnwrap()).toBeNull();
    const planEnv = { ...env, planning: true };
    expect((await asRun(planEnv, spec(), (env) => okAsync(env.runId)))._unsafeUnwrap()).toBeNull();
    expect((await store.list(''))._unsafeUnwrap()).toEqual([]);
    expect(events).toEqual([]);
  });

  it('calls nothing when the input is wrong, and names every problem', async () => {
    const { env } = testEnvironment();
    const error = (await asRun(env, spec({ problems: () => ['a: expected b', 'c: expected d'] }), () => okAsync('called')))._unsafeUnwrapErr();
    expect(error).toEqual({
      kind: 'InvalidInput',
      message: 'stopServices was called with invalid input: a: expected b; c: expected d. Nothing was changed.',
      remedy: 'Correct the input and call it again.',
      problems: ['a: expected b', 'c: expected d'],
    });
  });

  it('says what to do about an environment that is not awaited, or still in its Result', async () => {
    const problemsOf = async (env: unknown) => ((await asRun(env as never, spec(), () => okAsync('called')))._unsafeUnwrapErr() as InvalidInput).problems;
    const { env } = testEnvironment();
    expect(await problemsOf(okAsync(env))).toEqual(['env: expected an environment from connect(), got a promise of one: await it, and take the environment out of its Result']);
    expect(await problemsOf(Promise.resolve(env))).toEqual(await problemsOf(okAsync(env)));
    expect(await problemsOf(await okAsync(env))).toEqual(['env: expected an environment from connect(), got a Result: take its value once isOk() says that there is one']);
  });

  it.each<readonly [unknown, string]>([
    [null, 'null'],
    [undefined, 'undefined'],
    ['dev', 'string'],
  ])('says that %s is no environment', async (value, type) => {
    expect((await asRun(value as never, spec(), () => okAsync('called')))._unsafeUnwrapErr()).toMatchObject({ problems: [`env: expected an environment from connect(), got ${type}`] });
  });

  it("ends the step's waits with either signal", async () => {
    const { env, abort } = testEnvironment();
    const own = new AbortController();
    let seen: AbortSignal | undefined;
    await asRun(env, spec({ changes: false, options: { signal: own.signal } }), (env) => okAsync((seen = env.signal)));
    expect(seen!.aborted).toBe(false);
    own.abort();
    expect(seen!.aborted).toBe(true);
    await asRun(env, spec({ changes: false, options: { signal: new AbortController().signal } }), (env) => okAsync((seen = env.signal)));
    abort.abort();
    expect(seen!.aborted).toBe(true);
  });

  it('holds when it fails after a change; calling the same step again goes on and lifts the hold, others are refused', async () => {
    const { env, store, events } = testEnvironment();
    expect((await asRun(env, spec(), changeAndFail))._unsafeUnwrapErr()).toEqual(broken);
    const { runId } = events[0]!;
    const failed = events.find((event) => event.type === 'run-failed');
    expect(failed?.situation).toMatchObject({ left: 'hold', step: 'stopServices' });
    // a step by itself has no recipe to resume
    expect(failed?.situation.nextActions.map(({ command }) => command)).toEqual([`release --reopen ${runId}`, `release --release-hold ${runId}`]);
    expect((await asRun(env, spec({ name: 'startServices', refusedByHold: true }), () => okAsync(1)))._unsafeUnwrapErr()).toMatchObject({
      kind: 'Conflict',
      reason: 'hold',
      holder: runId,
      remedy: `Call stopServices again, or look at the environment and let go of it (release --release-hold ${runId}).`,
    });
    expect((await asRun(env, spec({ refusedByHold: true }), changing('done')))._unsafeUnwrap()).toBe('done');
    expect((await store.read('dev/hold'))._unsafeUnwrap()).toBeNull();
  });

  it('says how to go on after a process that died in a step: there is no recipe to resume', async () => {
    const { env, another, clock } = testEnvironment();
    void asRun(env, spec(), () => new ResultAsync<never, never>(new Promise(() => undefined)));
    await clock.advance(1);
    env[internals].runStore.provesDead = () => true;
    const error = (await asRun(another().env, spec(), () => okAsync(1)))._unsafeUnwrapErr() as Conflict;
    expect(error).toMatchObject({ kind: 'Conflict', reason: 'lock' });
    expect(error.remedy).toBe(`Look at the environment and let go of it (release --release-hold ${error.holder}), then call stopServices again.`);
  });

  it('hides secrets in what it gives back, inside a run or not', async () => {
    const { env } = testEnvironment();
    const leak = { kind: 'Broken', message: 'the page says OPEN-sesame', remedy: '', diagnosis: { lastLines: ['DB=postgres://graasper:hunter2@db/graasp'] } };
    const hidden = { kind: 'Broken', message: 'the page says [redacted]', remedy: '', diagnosis: { lastLines: ['DB=postgres://graasper:[redacted]@db/graasp'] } };
    for (const changes of [true, false]) {
      expect((await asRun(env, spec({ changes }), () => errAsync(leak)))._unsafeUnwrapErr()).toEqual(hidden);
      expect((await asRun(env, spec({ changes }), () => okAsync({ seen: 'open-sesame' })))._unsafeUnwrap()).toEqual({ seen: '[redacted]' });
    }
  });

  it("leaves another run's hold as it is when it fails", async () => {
    const { env, store, events } = testEnvironment();
    await asRun(env, spec({ name: 'deployCore' }), changeAndFail);
    const first = events[0]!.runId;
    await asRun(env, spec(), changeAndFail);
    expect(JSON.parse((await store.read('dev/hold'))._unsafeUnwrap()!.body)).toMatchObject({ run: first, recipe: 'deployCore' });
  });

  it.each(['setMaintenance', 'snapshotDb'])('leaves no hold when %s fails, which undoes or harms nothing', async (name) => {
    const { env, store } = testEnvironment();
    await asRun(env, spec({ name }), changeAndFail);
    expect((await store.read('dev/hold'))._unsafeUnwrap()).toBeNull();
    expect((await store.read('dev/lock'))._unsafeUnwrap()).toBeNull();
  });

  it('holds after all when setMaintenance could not undo what it changed', async () => {
    const { env, store } = testEnvironment();
    await asRun(env, spec({ name: 'setMaintenance' }), (env) => changing(null)(env).andThen(() => errAsync({ kind: 'PartialChange', message: 'half of it', remedy: '' })));
    expect(JSON.parse((await store.read('dev/hold'))._unsafeUnwrap()!.body)).toMatchObject({ recipe: 'setMaintenance', reason: 'setMaintenance failed: half of it' });
  });

  it.each([
    ['untouched', null],
    ['migrated', 'migrated'],
    ['unknown', 'unknown'],
  ] as const)('after a failed runMigration with the schema %s', async (schema, recorded) => {
    const { env, store } = testEnvironment();
    await asRun(env, spec({ name: 'runMigration' }), (env) =>
      changing(null)(env)
        .andThen(() => (recorded === null ? okAsync(undefined) : recordSchema(env, 'v2.0.0', recorded)))
        .andThen(() => errAsync(broken)),
    );
    const hold = (await store.read('dev/hold'))._unsafeUnwrap();
    if (schema === 'untouched') expect(hold).toBeNull();
    else expect(JSON.parse(hold!.body)).toMatchObject({ situation: { schema, nextActions: [{ text: 'Let go of the environment as it is, after looking at it' }] } });
  });
});
