import { errAsync, ok, okAsync, ResultAsync } from 'neverthrow';
import { describe, expect, it } from 'vitest';
import { internals } from '../environment/environment.js';
import { defineRecipe } from './define-recipe.js';
import { resume } from './resume.js';
import type { RunStore } from './run-store.js';
import { reasonOf } from './session.js';
import { changing, sleeping, testEnvironment } from './testing/environment.js';

const at = (seconds: number) => new Date(Date.parse('2026-11-23T23:00:00Z') + seconds * 1000).toISOString();
const down = () => errAsync({ kind: 'RunStoreFailed' as const, message: 'down', remedy: 'bring it up', store: 'memory' });
const expectations = { gate: null, desiredCounts: {}, suspendedScaling: {}, taskDefinitions: {} };

/** Changes something, sleeps for a minute, and fails unless it is told not to. */
const minute = defineRecipe(
  'minute',
  async function* (run, { fine = false }: { readonly version: string; readonly fine?: boolean }) {
    yield* run.step('change', changing({ summary: 'changed', to: 2 }));
    yield* run.step('sleep', sleeping(60));
    yield* run.step('check', () => (fine ? okAsync({}) : errAsync({ kind: 'Broken', message: 'it broke', remedy: 'mend it' })));
    return ok({ summary: 'all is well' });
  },
  { steps: () => ['change', 'sleep', 'check'] },
);

async function journalIn(store: RunStore, run: string): Promise<object> {
  return JSON.parse((await store.read(`dev/runs/${run}`))._unsafeUnwrap()!.body) as object;
}

describe('a run', () => {
  it('tells what it does, and how it went', async () => {
    const { env, events } = testEnvironment();
    (await minute(env, { version: 'v1.0.0', fine: true }))._unsafeUnwrap();
    const runId = events[0]!.runId!;
    const of = (seconds: number) => ({ at: at(seconds), environment: 'dev', runId });
    expect(events).toEqual([
      { ...of(0), type: 'run-started', recipe: 'minute', resumed: false, steps: ['change', 'sleep', 'check'], resumedBy: { text: 'Continue the run', command: `release --resume ${runId}` } },
      { ...of(0), type: 'step-started', step: 'change' },
      { ...of(0), type: 'step-succeeded', step: 'change', seconds: 0, summary: 'changed', replayed: false, report: { summary: 'changed', to: 2 } },
      { ...of(0), type: 'step-started', step: 'sleep' },
      { ...of(60), type: 'step-succeeded', step: 'sleep', seconds: 60, summary: '', replayed: false, report: { slept: 60 } },
      { ...of(60), type: 'step-started', step: 'check' },
      { ...of(60), type: 'step-succeeded', step: 'check', seconds: 0, summary: '', replayed: false, report: {} },
      { ...of(60), type: 'run-succeeded', recipe: 'minute', seconds: 60, summary: 'all is well', report: { summary: 'all is well' } },
    ]);
  });

  it('journals what it does, who began it, and how it went', async () => {
    const { env, events, store } = testEnvironment();
    (await minute(env, { version: 'v1.0.0', fine: true }))._unsafeUnwrap();
    const run = events[0]!.runId!;
    expect(await journalIn(store, run)).toEqual({
      format: 1,
      run,
      recipe: 'minute',
      environment: 'dev',
      library: '0.0.0',
      options: { version: 'v1.0.0', fine: true },
      startedAt: at(0),
      attempts: [{ at: at(0), by: { actor: 'anna@laptop' } }],
      steps: [
        { name: 'change', startedAt: at(0), status: 'done', changed: true, records: {}, waits: [], seconds: 0, report: { summary: 'changed', to: 2 } },
        { name: 'sleep', startedAt: at(0), status: 'done', changed: false, records: {}, waits: [], seconds: 60, report: { slept: 60 } },
        { name: 'check', startedAt: at(60), status: 'done', changed: false, records: {}, waits: [], seconds: 0, report: {} },
      ],
      putBack: [],
      expectations,
      outcome: { status: 'succeeded', at: at(60), report: { summary: 'all is well' } },
    });
  });

  it('that fails tells so, journals it, and leaves a hold that says what can be done', async () => {
    const { env, events, store } = testEnvironment();
    await minute(env, { version: 'v1.0.0' });
    const runId = events[0]!.runId!;
    const nextActions = [
      { text: 'Once the cause is gone, continue at check', command: `release --resume ${runId}` },
      { text: 'Put back what was found and let visitors in, on the old version', command: `release --reopen ${runId}` },
      { text: 'Let go of the environment as it is, after looking at it', command: `release --release-hold ${runId}` },
    ];
    const situation = { step: 'check', state: 'unknown', maintenance: 'unknown', schema: 'untouched', left: 'hold', nextActions };
    // as the body is given it, which may cope with it: where that has led to is not known then
    const unknown = { step: 'check', state: 'unknown', maintenance: 'unknown', schema: 'unknown', left: 'hold', nextActions: [] };
    const error = { kind: 'Broken', message: 'it broke', remedy: 'mend it' };
    const given = { ...error, runId, situation: unknown };
    const of = { at: at(60), environment: 'dev', runId };
    expect(events.slice(-3)).toEqual([
      { ...of, type: 'step-failed', step: 'check', seconds: 0, message: 'it broke', remedy: 'mend it' },
      { ...of, type: 'hold-set', reason: 'check failed: it broke', nextActions },
      { ...of, type: 'run-failed', recipe: 'minute', seconds: 60, error: given, situation },
    ]);
    expect(await journalIn(store, runId)).toMatchObject({ steps: [{}, {}, { status: 'failed', seconds: 0, error }], failure: { step: 'check', error: given, does: 'hold' }, outcome: { status: 'failed', at: at(60), situation } });
    expect(JSON.parse((await store.read('dev/hold'))._unsafeUnwrap()!.body)).toEqual({ run: runId, recipe: 'minute', reason: 'check failed: it broke', since: at(60), continuedBy: 'resume', situation });
  });

  it('that is continued journals who did it and with which options, and tells what is replayed', async () => {
    const { env, events, store, another } = testEnvironment();
    await minute(env, { version: 'v1.0.0' });
    const run = events[0]!.runId!;
    const later = another();
    (await resume(later.env, minute, run, { fine: true }))._unsafeUnwrap();
    const journal = (await journalIn(store, run)) as { readonly attempts: readonly object[]; readonly steps: readonly object[] };
    expect(journal.attempts).toEqual([{ at: at(0), by: { actor: 'anna@laptop' } }, { at: at(60), by: { actor: 'anna@laptop' }, changedOptions: { fine: true } }]);
    expect(journal.steps.at(-1)).toEqual({
      name: 'check',
      startedAt: at(60),
      status: 'done',
      changed: false,
      records: {},
      waits: [],
      seconds: 0,
      report: {},
      earlier: [{ startedAt: at(60), status: 'failed', seconds: 0, changed: false, error: { kind: 'Broken', message: 'it broke', remedy: 'mend it' } }],
    });
    expect(later.events.slice(0, 4)).toMatchObject([
      { type: 'run-started', recipe: 'minute', resumed: true, steps: ['change', 'sleep', 'check'] },
      { type: 'step-started', step: 'change' },
      { type: 'step-succeeded', step: 'change', seconds: 0, summary: 'changed', replayed: true, report: { summary: 'changed', to: 2 } },
      { type: 'step-started', step: 'sleep' },
    ]);
    expect(later.events.filter(({ type }) => type === 'step-succeeded')[1]).toMatchObject({ step: 'sleep', seconds: 60, replayed: true });
  });

  it('that is continued as it is has no options of that attempt', async () => {
    const { env, events, store, another } = testEnvironment();
    await minute(env, { version: 'v1.0.0' });
    await resume(another().env, minute, events[0]!.runId!);
    expect(await journalIn(store, events[0]!.runId!)).toMatchObject({ attempts: [{}, { at: at(60), by: { actor: 'anna@laptop' } }] });
    expect(JSON.stringify(await journalIn(store, events[0]!.runId!))).not.toContain('changedOptions');
  });

  it('journals of waits only how they ended', async () => {
    const { env, events, store } = testEnvironment();
    const waits = defineRecipe('waits', async function* (run, _: object) {
      yield* run.step('wait', (env) => {
        env.emit({ type: 'waiting', waitingFor: 'rain', seen: 'sun', timeoutSeconds: 60 });
        env.emit({ type: 'wait-ended', waitingFor: 'rain', seconds: 7 });
        return okAsync({});
      });
      return ok(null);
    });
    await waits(env, {});
    expect(await journalIn(store, events[0]!.runId!)).toMatchObject({ steps: [{ waits: [{ waitingFor: 'rain', seconds: 7, endedAt: at(0) }] }] });
    expect(events.slice(2, 4)).toMatchObject([{ type: 'waiting', waitingFor: 'rain', seen: 'sun', timeoutSeconds: 60 }, { type: 'wait-ended', waitingFor: 'rain', seconds: 7 }]);
  });
});

describe('the beginning of a run', () => {
  it('is refused where the store has a run of that name: one of a local cloud that was started anew', async () => {
    const { env, events, store } = testEnvironment();
    await minute(env, { version: 'v1.0.0', fine: true });
    const run = events[0]!.runId!;
    const before = await journalIn(store, run);
    const again = testEnvironment({ store });
    const problem = `runStore: expected one of this environment's own, but memory has a run ${run} already: of an environment whose clock began as this one's`;
    expect((await minute(again.env, { version: 'v1.0.0', fine: true }))._unsafeUnwrapErr()).toMatchObject({
      kind: 'InvalidInput',
      message: `${problem}. Nothing was changed.`,
      remedy: 'Begin with an empty store: what this one keeps is of a local cloud that is gone.',
      problems: [problem],
      situation: { left: 'untouched' },
    });
    expect([await journalIn(store, run), (await store.list('dev/'))._unsafeUnwrap()]).toEqual([before, [`dev/runs/${run}`]]);
  });

  it('lets go of the lock where the rest of it fails', async () => {
    const { store } = testEnvironment();
    const { env } = testEnvironment({ store: { ...store, read: (key) => (key === 'dev/baseline' ? down() : store.read(key)) } });
    expect((await minute(env, { version: 'v1.0.0' }))._unsafeUnwrapErr()).toMatchObject({ kind: 'RunStoreFailed', message: 'down', situation: { left: 'untouched' } });
    expect((await store.list(''))._unsafeUnwrap()).toEqual([]);
  });

  it('names in its lock what it is for, for people, and how it is gone on with', async () => {
    const { env, store } = testEnvironment();
    const locks: object[] = [];
    const looking = (settings: Parameters<typeof defineRecipe>[2]) =>
      defineRecipe('looking', async function* (run, _: { readonly version?: string }) {
        yield* run.step('look', () => store.read('dev/lock').map((lock) => (locks.push(JSON.parse(lock!.body) as object), {})));
        return ok(run.id);
      }, settings as object);
    const runs = [(await looking({})(env, { version: 'v1.0.0' }))._unsafeUnwrap(), (await looking({ supersedesHolds: true })(env, {}))._unsafeUnwrap()];
    expect(locks).toMatchObject([
      { run: runs[0], recipe: 'looking', reason: 'looking of v1.0.0', continuedBy: 'resume' },
      { run: runs[1], recipe: 'looking', reason: 'looking', continuedBy: 'reopen' },
    ]);
  });

  it('of one that goes on after its process died leaves the dead lock where it fails: that is all that keeps others away', async () => {
    const { env, clock, events, store } = testEnvironment();
    const hanging = defineRecipe('hanging', async function* (run, _: object) {
      yield* run.step('change', changing({}));
      yield* run.step('hang', () => ResultAsync.fromSafePromise(new Promise<object>(() => undefined)));
      return ok(null);
    });
    void hanging(env, {}).then(() => undefined);
    await clock.advance(1);
    const failing = testEnvironment({ clock, store: { ...store, provesDead: () => true, read: (key) => (key === 'dev/baseline' ? down() : store.read(key)) } });
    expect((await resume(failing.env, hanging, events[0]!.runId!))._unsafeUnwrapErr()).toMatchObject({ kind: 'RunStoreFailed', message: 'down' });
    const left = (await store.read('dev/lock'))._unsafeUnwrap();
    expect(JSON.parse(left!.body)).toMatchObject({ run: events[0]!.runId });
    await clock.advance(300);
    // and nobody renews it
    expect((await store.read('dev/lock'))._unsafeUnwrap()).toEqual(left);
  });

  it('gives a step the run’s own environment: its name, and one signal more', async () => {
    const { env, abort } = testEnvironment();
    let seen: { readonly runId: string | null; readonly step: string | undefined; readonly aborted: readonly boolean[] } | null = null;
    const looking = defineRecipe('looking', async function* (run, _: object) {
      yield* run.step('look', (env) => {
        const before = env.signal.aborted;
        abort.abort();
        seen = { runId: env.runId, step: env[internals].run?.step, aborted: [before, env.signal.aborted] };
        return okAsync({});
      });
      return ok(run.id);
    });
    const run = (await looking(env, {}))._unsafeUnwrap();
    expect(seen).toEqual({ runId: run, step: 'look', aborted: [false, true] });
  });
});

describe('reasonOf', () => {
  it.each([
    [{ version: 'v1.0.0' }, 'release of v1.0.0'],
    [{ version: 7 }, 'release'],
    [{}, 'release'],
    [null, 'release'],
    ['version', 'release'],
  ])('of %j is %j', (options, expected) => {
    expect(reasonOf('release', options)).toBe(expected);
  });
});
