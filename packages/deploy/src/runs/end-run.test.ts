import { errAsync, ok, okAsync, ResultAsync } from 'neverthrow';
import { describe, expect, it } from 'vitest';
import { internals } from '../environment/environment.js';
import type { Baseline } from './baseline.js';
import { defineRecipe } from './define-recipe.js';
import { asRun } from './as-run.js';
import { setHold } from './hold.js';
import { readLock, takeOverLock } from './lock.js';
import { resume } from './resume.js';
import type { RunStore } from './run-store.js';
import { testClock } from './testing/clock.js';
import { changing, testEnvironment } from './testing/environment.js';

const down = () => errAsync({ kind: 'RunStoreFailed' as const, message: 'no space left', remedy: 'make some', store: 'memory' });
const baseline: Baseline = { takenAt: '2026-11-23T22:00:00.000Z', byRun: 'r', gate: {}, services: {}, targetGroups: {}, putAside: [] };

const changed = defineRecipe('changed', async function* (run, _: object) {
  yield* run.step('keep', (env) => env[internals].run!.saveBaseline(baseline).map(() => null));
  yield* run.step('change', changing({}));
  return ok('done');
});

/** A process whose store fails at one thing, until it is told that the store works again. */
function brittle(fails: (operation: string, key: string, body: string) => boolean) {
  const { store, clock, another } = testEnvironment();
  const state = { broken: true };
  const failing = (operation: string, key: string, body: string) => state.broken && fails(operation, key, body);
  const wrapped: RunStore = {
    ...store,
    create: (key, body) => (failing('create', key, body) ? down() : store.create(key, body)),
    replace: (key, body, etag) => (failing('replace', key, body) ? down() : store.replace(key, body, etag)),
    remove: (key, etag) => (failing('remove', key, '') ? down() : store.remove(key, etag)),
  };
  return { ...testEnvironment({ store: wrapped, clock }), plain: store, another, mend: () => void (state.broken = false) };
}

describe('a run that has done its work', () => {
  it.each([
    ['the baseline that it found', (operation: string, key: string) => operation === 'remove' && key === 'dev/baseline'],
    ['its outcome', (_: string, key: string, body: string) => key.startsWith('dev/runs/') && body.includes('"succeeded"')],
  ])('is a failure that can be resumed when it cannot write %s', async (_, fails) => {
    const process = brittle(fails);
    const error = (await changed(process.env, {}))._unsafeUnwrapErr();
    expect(error).toMatchObject({ kind: 'RunStoreFailed', message: 'no space left', situation: { left: 'hold', step: 'change' } });
    expect(process.events.some(({ type }) => type === 'run-succeeded')).toBe(false);
    process.mend();
    await process.clock.advance(200);
    expect((await resume(process.another().env, changed, process.events[0]!.runId!))._unsafeUnwrap()).toBe('done');
    expect((await process.plain.list('dev/'))._unsafeUnwrap()).toEqual([`dev/runs/${process.events[0]!.runId}`]);
  });

  it('is a success also when its lock cannot be removed: that expires', async () => {
    const process = brittle((operation, key) => operation === 'remove' && key === 'dev/lock');
    expect((await changed(process.env, {}))._unsafeUnwrap()).toBe('done');
    expect((await process.plain.read('dev/hold'))._unsafeUnwrap()).toBeNull();
  });

  it('is a failure when the hold that it was to lift stays', async () => {
    const process = brittle((operation, key) => operation === 'remove' && key === 'dev/hold');
    let broken = true;
    const mended = defineRecipe('mended', async function* (run, _: object) {
      yield* run.step('change', changing({}));
      yield* run.step('check', () => (broken ? errAsync({ kind: 'Broken', message: 'broken', remedy: '' }) : okAsync({})));
      return ok('done');
    });
    await mended(process.env, {});
    broken = false;
    const run = process.events[0]!.runId!;
    expect((await resume(process.env, mended, run))._unsafeUnwrapErr()).toMatchObject({ kind: 'RunStoreFailed', message: 'no space left' });
    expect((await process.plain.read('dev/hold'))._unsafeUnwrap()).not.toBeNull();
  });

  it('lifts no hold that others have left since they took it over, and is told as theirs', async () => {
    const clock = testClock();
    const asleep = { ...clock, background: { ...clock.background, sleep: () => new Promise<void>(() => undefined) } };
    const plain = testEnvironment({ clock: asleep });
    const others = async () => {
      await clock.advance(300);
      const { env } = plain.another();
      await takeOverLock(env, { run: 'r2', recipe: 'deployWithMigration', reason: 'r2', continuedBy: 'resume' }, (await readLock(env))._unsafeUnwrap()!);
      await setHold(env, { run: 'r2', recipe: 'deployWithMigration', reason: 'half migrated', since: '', continuedBy: 'resume', situation: { step: 'run-migration', state: 'db-only', maintenance: 'on', schema: 'unknown', left: 'hold', nextActions: [] } });
    };
    const slow: RunStore = {
      ...plain.store,
      replace: (key, body, etag) => plain.store.replace(key, body, etag).andThen((version) => ResultAsync.fromSafePromise(body.includes('"succeeded"') ? others() : Promise.resolve()).map(() => version)),
    };
    const lifting = defineRecipe(
      'lifting',
      async function* (run, _: object) {
        yield* run.step('change', changing({}));
        return ok('done');
      },
      { supersedesHolds: true, refusedByHold: false },
    );
    const { env } = testEnvironment({ store: slow, clock: asleep });
    expect((await lifting(env, {}))._unsafeUnwrapErr()).toMatchObject({ kind: 'LockLost', holder: 'r2', situation: { left: 'taken-over', heldBy: 'r2' } });
    expect(JSON.parse((await plain.store.read('dev/hold'))._unsafeUnwrap()?.body ?? '{}')).toMatchObject({ run: 'r2' });
  });

  it('tells of a step called by itself that its end was not written', async () => {
    const process = brittle((_, key, body) => key.startsWith('dev/runs/') && body.includes('"succeeded"'));
    const spec = { name: 'changeIt', changes: true, refusedByHold: true, known: {}, problems: () => [] };
    expect((await asRun(process.env, spec, changing({})))._unsafeUnwrapErr()).toMatchObject({ kind: 'RunStoreFailed', message: 'no space left' });
  });
});

describe('a run that has failed', () => {
  it('forgets what it found when nothing is away from it, so that the next one finds anew', async () => {
    const { env, store } = testEnvironment();
    const broken = defineRecipe('broken', async function* (run, _: object) {
      yield* run.step('keep', (env) => env[internals].run!.saveBaseline(baseline).map(() => null));
      yield* run.step('change', changing({}));
      return errAsync({ kind: 'Broken', message: 'broken', remedy: '' });
    });
    expect((await broken(env, {}))._unsafeUnwrapErr()).toMatchObject({ situation: { left: 'hold' } });
    expect((await store.read('dev/baseline'))._unsafeUnwrap()).toBeNull();
  });
});

describe('a step that has undone its own changes', () => {
  interface Undone {
    readonly kind?: string;
    /** What is away when the step fails. */
    readonly putAside?: readonly string[];
    readonly byRun?: string;
    readonly records?: readonly string[];
  }

  async function undone({ kind = 'TimedOut', putAside = ['gate'], byRun, records = [] }: Undone, heldBy?: string) {
    const { env, store, events } = testEnvironment();
    const situation = { step: 's', state: 'db-only', maintenance: 'on', schema: 'untouched', left: 'hold', nextActions: [{ text: 'go on there', command: 'there' }] } as const;
    if (heldBy !== undefined) (await setHold(env, { run: heldBy, recipe: 'r', reason: 'for a reason', since: '', continuedBy: 'resume', situation }))._unsafeUnwrap();
    const recipe = defineRecipe('closes', async function* (run, _: object) {
      yield* run.step('close', (env) => {
        const own = env[internals].run!;
        return own
          .saveBaseline({ ...baseline, byRun: byRun ?? own.id, putAside })
          .andThen(() => ResultAsync.combine(records.map((key) => own.record(key, ['r1']))))
          .andThen(() => own.assertLock())
          .andThen(() => errAsync({ kind, message: 'no', remedy: '' }));
      });
      return ok(null);
    }, { refusedByHold: false, failureTable: [{ step: 'close', does: 'undone', leaves: 'as found' }] });
    const { situation: left } = (await recipe(env, {}))._unsafeUnwrapErr();
    const hold = (await store.read('dev/hold'))._unsafeUnwrap();
    return { left, holder: hold === null ? null : (JSON.parse(hold.body) as { run: string }).run, own: events[0]!.runId, found: (await store.read('dev/baseline'))._unsafeUnwrap() !== null };
  }

  it('leaves what was found, and forgets that', async () => {
    expect(await undone({})).toMatchObject({ left: { left: 'as-found' }, holder: null, found: false });
  });

  it('leaves to an earlier run what that has found', async () => {
    expect(await undone({ byRun: 'r0' })).toMatchObject({ left: { left: 'as-found' }, holder: null, found: true });
  });

  it.each<readonly [string, Undone]>([
    ['it could not undo them all', { kind: 'PartialChange' }],
    ['something else is away', { putAside: ['gate', 'service:graasp'] }],
    ['administration is kept out', { putAside: ['gate', 'gate:administration'] }],
    ['rules that it has closed stay so', { records: ['rulesClosed'] }],
    ['rules that it has opened stay so', { records: ['rulesOpened'] }],
    ['distributions that it has closed stay so', { records: ['distributionsClosed'] }],
    ['distributions that it has opened stay so', { records: ['distributionsOpened'] }],
  ])('holds where %s', async (_, given) => {
    const { left, holder, own, found } = await undone(given);
    expect([left.left, holder, found]).toEqual(['hold', own, true]);
  });

  it('leaves the hold of another run that was there before, which says what can be done', async () => {
    expect(await undone({}, 'r0')).toMatchObject({ left: { left: 'hold' }, holder: 'r0', found: true });
  });
});

describe('a run that puts things back', () => {
  /** A step fails after which visitors are to be let in again. */
  async function putsBack(putAside: readonly string[], gateClosed = false) {
    const { env, store } = testEnvironment();
    const recipe = defineRecipe('opens', async function* (run, _: object) {
      yield* run.step('stop', (env) => {
        const own = env[internals].run!;
        const closed = gateClosed ? own.record('gateClosed', true) : okAsync(undefined);
        return own.saveBaseline({ ...baseline, byRun: own.id, putAside }).andThen(() => closed).andThen(() => own.assertLock()).andThen(() => errAsync({ kind: 'Broken', message: 'it broke', remedy: '' }));
      });
      return ok(null);
    }, { failureTable: [{ step: 'stop', does: 'reopen', leaves: 'as found' }] });
    const error = (await recipe(env, {}))._unsafeUnwrapErr();
    return { message: error.message, left: error.situation.left, held: (await store.read('dev/hold'))._unsafeUnwrap() !== null };
  }

  it('leaves closed the gate that it has not closed itself', async () => {
    expect(await putsBack(['gate'])).toEqual({ message: 'it broke', left: 'as-found', held: false });
    expect(await putsBack([])).toEqual({ message: 'it broke', left: 'as-found', held: false });
  });

  it('holds, and says so, where something else is still away', async () => {
    expect(await putsBack(['gate', 'service:graasp', 'target-group:arn:aws:elasticloadbalancing:eu-central-1:1:targetgroup/web/2222'])).toEqual({ message: 'it broke. Not put back: service:graasp, target-group:web.', left: 'hold', held: true });
  });

  it('holds where the gate that it has closed cannot be opened', async () => {
    const { message, left, held } = await putsBack(['gate'], true);
    expect(message).toMatch(/^it broke\. Putting things back failed too, at gate-off: /);
    expect([left, held]).toEqual(['hold', true]);
  });
});

describe('a run that changed nothing while another one holds', () => {
  it('says which one, and what can be done about that', async () => {
    const { env, store } = testEnvironment();
    const nextActions = [{ text: 'go on there', command: 'there' }];
    (await setHold(env, { run: 'r0', recipe: 'r', reason: 'for a reason', since: '', continuedBy: 'resume', situation: { step: 's', state: 'db-only', maintenance: 'on', schema: 'untouched', left: 'hold', nextActions } }))._unsafeUnwrap();
    const looks = defineRecipe('looks', async function* (run, _: object) {
      yield* run.step('look', () => errAsync({ kind: 'Broken', message: 'no', remedy: '' }));
      return ok(null);
    }, { refusedByHold: false, supersedesHolds: true });
    expect((await looks(env, {}))._unsafeUnwrapErr()).toMatchObject({ situation: { left: 'untouched', heldBy: 'r0', nextActions } });
    expect(JSON.parse((await store.read('dev/hold'))._unsafeUnwrap()!.body)).toMatchObject({ run: 'r0' });
  });

  it.each([
    [true, null],
    [false, 'r0'],
  ])('lifts that hold when it succeeds only where it supersedes it (%s)', async (supersedesHolds, left) => {
    const { env, store } = testEnvironment();
    (await setHold(env, { run: 'r0', recipe: 'r', reason: '', since: '', continuedBy: 'resume', situation: { step: 's', state: 'db-only', maintenance: 'on', schema: 'untouched', left: 'hold', nextActions: [] } }))._unsafeUnwrap();
    const works = defineRecipe('works', async function* (run, _: object) {
      yield* run.step('change', changing({}));
      return ok('done');
    }, { refusedByHold: false, supersedesHolds });
    expect((await works(env, {}))._unsafeUnwrap()).toBe('done');
    const hold = (await store.read('dev/hold'))._unsafeUnwrap();
    expect(hold === null ? null : (JSON.parse(hold.body) as { run: string }).run).toBe(left);
  });

  it('keeps, when it succeeds, what is still away from what it found', async () => {
    const { env, store } = testEnvironment();
    const works = defineRecipe('works', async function* (run, _: object) {
      yield* run.step('close', (env) => env[internals].run!.saveBaseline({ ...baseline, putAside: ['gate'] }).map(() => null));
      return ok('done');
    });
    expect((await works(env, {}))._unsafeUnwrap()).toBe('done');
    expect((await store.read('dev/baseline'))._unsafeUnwrap()).not.toBeNull();
  });
});

describe('a run that is taken over while it puts things back', () => {
  it('leaves no hold in the time of whoever has the lock', async () => {
    const clock = testClock();
    const ended = (signal?: AbortSignal) => new Promise<void>((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true }));
    const asleep = { ...clock, background: { ...clock.background, sleep: (_: number, signal?: AbortSignal) => ended(signal) } };
    const plain = testEnvironment({ clock: asleep });
    let taken = false;
    const begins = (body: string) => !taken && /"does":\s*"reopen"/.test(body);
    const others = async () => {
      taken = true;
      await clock.advance(300);
      const { env } = plain.another();
      await takeOverLock(env, { run: 'r2', recipe: 'deployWithMigration', reason: 'r2', continuedBy: 'resume' }, (await readLock(env))._unsafeUnwrap()!);
    };
    const slow: RunStore = {
      ...plain.store,
      replace: (key, body, etag) => plain.store.replace(key, body, etag).andThen((version) => ResultAsync.fromSafePromise(begins(body) ? others() : Promise.resolve()).map(() => version)),
    };
    const closing = defineRecipe('closing', async function* (run, _: object) {
      yield* run.step('close', (env) => {
        const own = env[internals].run!;
        return own.saveBaseline({ ...baseline, byRun: own.id, putAside: ['gate'] }).andThen(() => own.record('gateClosed', true)).andThen(() => own.assertLock()).andThen(() => errAsync({ kind: 'Broken', message: 'it broke', remedy: '' }));
      });
      return ok(null);
    }, { failureTable: [{ step: 'close', does: 'reopen', leaves: 'as found' }] });
    const { env, events } = testEnvironment({ store: slow, clock: asleep });
    expect((await closing(env, {}))._unsafeUnwrapErr()).toMatchObject({ kind: 'Broken', message: expect.stringContaining('Putting things back failed too') as string, situation: { left: 'taken-over' } });
    expect((await plain.store.read('dev/hold'))._unsafeUnwrap()).toBeNull();
    expect(events.some(({ type }) => type === 'hold-set')).toBe(false);
  });
});

describe('a run that is taken over while it asks where things stand', () => {
  it('leaves no hold after whoever has brought it to its end', async () => {
    const clock = testClock();
    const asleep = { ...clock, background: { ...clock.background, sleep: () => new Promise<void>(() => undefined) } };
    const plain = testEnvironment({ clock: asleep });
    let broken = true;
    const mended = defineRecipe('mended', async function* (run, _: object) {
      yield* run.step('change', changing({}));
      yield* run.step('check', () => (broken ? errAsync({ kind: 'Broken', message: 'broken', remedy: '' }) : okAsync({})));
      return ok('done');
    });
    const others = async (body: string) => {
      broken = false;
      await clock.advance(300);
      expect((await resume(testEnvironment({ store: plain.store, clock }).env, mended, (JSON.parse(body) as { run: string }).run))._unsafeUnwrap()).toBe('done');
    };
    const slow: RunStore = { ...plain.store, create: (key, body) => plain.store.create(key, body).andThen((version) => ResultAsync.fromSafePromise(key === 'dev/hold' ? others(body) : Promise.resolve()).map(() => version)) };
    const { env, events } = testEnvironment({ store: slow, clock: asleep });
    expect((await mended(env, {}))._unsafeUnwrapErr()).toMatchObject({ kind: 'Broken', situation: { left: 'taken-over' } });
    expect((await plain.store.read('dev/hold'))._unsafeUnwrap()).toBeNull();
    expect(events.filter(({ type }) => type === 'hold-set' || type === 'run-failed').map(({ type }) => type)).toEqual(['run-failed']);
  });
});

describe('a run whose journal cannot be written', () => {
  it('begins no step that is not journalled', async () => {
    const called: string[] = [];
    const process = brittle((operation, key, body) => operation === 'replace' && key.startsWith('dev/runs/') && body.includes('"second"'));
    const recipe = defineRecipe('two', async function* (run, _: object) {
      yield* run.step('first', changing({}));
      yield* run.step('second', () => (called.push('second'), okAsync({})));
      return ok(null);
    });
    expect((await recipe(process.env, {}))._unsafeUnwrapErr()).toMatchObject({ kind: 'RunStoreFailed', situation: { left: 'hold' } });
    expect(called).toEqual([]);
    expect((await process.plain.read('dev/lock'))._unsafeUnwrap()).not.toBeNull();
  });

  it('leaves its lock to expire when the hold cannot be written, which keeps others away', async () => {
    const process = brittle((_, key) => key === 'dev/hold');
    const failing = defineRecipe('failing', async function* (run, _: object) {
      yield* run.step('change', changing({}));
      yield* run.step('break', () => errAsync({ kind: 'Broken', message: 'it broke', remedy: '' }));
      return ok(null);
    });
    expect((await failing(process.env, {}))._unsafeUnwrapErr()).toMatchObject({ kind: 'Broken', situation: { left: 'hold' } });
    expect((await process.plain.read('dev/hold'))._unsafeUnwrap()).toBeNull();
    expect((await changed(process.another().env, {}))._unsafeUnwrapErr()).toMatchObject({ kind: 'Conflict', reason: 'lock', holder: process.events[0]!.runId });
  });
});
