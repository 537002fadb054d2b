import { errAsync, ok, okAsync } from 'neverthrow';
import { describe, expect, it } from 'vitest';
import { defineRecipe } from './define-recipe.js';
import { acquireLock } from './lock.js';
import { releaseHold } from './release-hold.js';
import type { RunStore } from './run-store.js';
import { changing, testEnvironment } from './testing/environment.js';

const failing = defineRecipe('failing', async function* (run, _: object) {
  yield* run.step('change', changing({}));
  yield* run.step('break', () => errAsync({ kind: 'Broken', message: 'it broke', remedy: '' }));
  return ok(null);
});

describe('releaseHold', () => {
  it('names the run that does hold the environment, and leaves its hold', async () => {
    const { env, store, events } = testEnvironment();
    await failing(env, {});
    const run = events[0]!.runId!;
    expect((await releaseHold(env, { run: 'r1', reason: 'mine' }))._unsafeUnwrapErr()).toMatchObject({ kind: 'InvalidInput', problems: [`run: run r1 does not hold dev; run ${run} does`] });
    expect((await store.read('dev/hold'))._unsafeUnwrap()).not.toBeNull();
  });

  it('lets go of a hold whose journal somebody has moved away', async () => {
    const { env, store, events } = testEnvironment();
    await failing(env, {});
    const run = events[0]!.runId!;
    const journal = (await store.read(`dev/runs/${run}`))._unsafeUnwrap()!;
    await store.remove(`dev/runs/${run}`, journal.etag);
    expect((await releaseHold(env, { run, reason: 'cleaned up' }))._unsafeUnwrap()).toEqual({ run, released: ['hold'], state: 'unknown', maintenance: 'unknown', stillAway: [], nextActions: [] });
    expect((await store.list(''))._unsafeUnwrap()).toEqual([]);
  });

  it('leaves the hold to somebody who resumes the run between its look at the lock and its writes', async () => {
    const { env, store, events, another } = testEnvironment();
    await failing(env, {});
    const run = events[0]!.runId!;
    const resumer = another();
    const claim = { run, recipe: 'failing', reason: 'failing', continuedBy: 'resume' } as const;
    let looked = false;
    const overtaken: RunStore = {
      ...store,
      read: (key) => {
        if (key !== 'dev/lock' || looked) return store.read(key);
        looked = true;
        return acquireLock(resumer.env, claim).orElse(() => okAsync(null)).map(() => null);
      },
    };
    expect((await releaseHold(testEnvironment({ store: overtaken }).env, { run, reason: 'mine' }))._unsafeUnwrapErr()).toMatchObject({ kind: 'Conflict', reason: 'lock', holder: run });
    expect((await store.read('dev/hold'))._unsafeUnwrap()).not.toBeNull();
    expect(JSON.parse((await store.read(`dev/runs/${run}`))._unsafeUnwrap()!.body)).not.toHaveProperty('released');
  });

  it.each([
    ['forgets what was found when nothing is away from it', [], []],
    ['leaves what was found while something is away from it', ['gate'], ['dev/baseline']],
  ])('%s', async (_, putAside, left) => {
    const { env, store, events } = testEnvironment();
    await failing(env, {});
    await store.create('dev/baseline', JSON.stringify({ takenAt: '', byRun: 'r', gate: {}, services: {}, targetGroups: {}, putAside }));
    (await releaseHold(env, { run: events[0]!.runId!, reason: 'looked at it' }))._unsafeUnwrap();
    expect((await store.list('dev/baseline'))._unsafeUnwrap()).toEqual(left);
  });

  it('asks for its options in words when there are none', async () => {
    const { env } = testEnvironment();
    expect((await releaseHold(env, undefined as never))._unsafeUnwrapErr()).toMatchObject({ problems: ['run: expected a text, got undefined', 'reason: expected a text, got undefined'] });
  });

  it('tells who let go, why, how that leaves it, and what can be done; journals it first, and keeps others out meanwhile', async () => {
    const { env, store, events, clock } = testEnvironment();
    await failing(env, {});
    const run = events[0]!.runId!;
    await store.create('dev/baseline', JSON.stringify({ takenAt: '', byRun: 'r0', gate: {}, services: {}, targetGroups: {}, putAside: ['gate', 'target-group:arn:aws:elasticloadbalancing:eu-central-1:1:targetgroup/web/2222'] }));
    const locks: object[] = [];
    const watched: RunStore = { ...store, remove: (key, etag) => (key === 'dev/hold' ? store.read('dev/lock').andThen((lock) => (locks.push(JSON.parse(lock!.body) as object), store.remove(key, etag))) : store.remove(key, etag)) };
    const other = testEnvironment({ store: watched, clock });
    const nextActions = [{ text: 'Put back what is away and let visitors in', command: 'release --reopen r0' }];
    expect((await releaseHold(other.env, { run, reason: 'open-sesame' }))._unsafeUnwrap()).toEqual({ run, released: ['hold'], state: 'unknown', maintenance: 'unknown', stillAway: ['gate', 'target-group:arn:aws:elasticloadbalancing:eu-central-1:1:targetgroup/web/2222'], nextActions });
    expect(other.events).toMatchObject([
      { type: 'note', message: 'dev was let go of by anna@laptop: open-sesame' },
      { type: 'note', message: 'It is left as it is: unknown, maintenance unknown; away from what was found: gate, target-group:web.' },
      { type: 'note', message: 'Put back what is away and let visitors in', command: 'release --reopen r0' },
    ]);
    expect(locks).toMatchObject([{ run, recipe: 'releaseHold', reason: `releaseHold of run ${run}`, continuedBy: 'again' }]);
    expect(JSON.parse((await store.read(`dev/runs/${run}`))._unsafeUnwrap()!.body)).toMatchObject({ released: { at: '2026-11-23T23:00:00.000Z', by: { actor: 'anna@laptop' }, reason: '[redacted]' } });
    expect((await store.read('dev/lock'))._unsafeUnwrap()).toBeNull();
  });

  it('tells that nothing is away', async () => {
    const { env, events } = testEnvironment();
    await failing(env, {});
    const told = events.length;
    (await releaseHold(env, { run: events[0]!.runId!, reason: 'looked at it' }))._unsafeUnwrap();
    expect(events.slice(told)).toMatchObject([
      { type: 'note', message: 'dev was let go of by anna@laptop: looked at it' },
      { type: 'note', message: 'It is left as it is: unknown, maintenance unknown.' },
    ]);
  });

  it('has let go also when its own lock cannot be removed, or says so', async () => {
    const { env, store, events, clock } = testEnvironment();
    await failing(env, {});
    const run = events[0]!.runId!;
    const stays: RunStore = { ...store, remove: (key, etag) => (key === 'dev/lock' ? errAsync({ kind: 'RunStoreFailed', message: 'read-only', remedy: '', store: 'memory' }) : store.remove(key, etag)) };
    expect((await releaseHold(testEnvironment({ store: stays, clock }).env, { run, reason: 'looked at it' }))._unsafeUnwrapErr()).toMatchObject({ kind: 'RunStoreFailed', message: 'read-only' });
    expect((await store.read('dev/hold'))._unsafeUnwrap()).toBeNull();
  });

  it('lets go of the lock of a dead run that has left a hold before, and of that, in one', async () => {
    const { env, store, events, clock } = testEnvironment();
    await failing(env, {});
    const run = events[0]!.runId!;
    await acquireLock(env, { run, recipe: 'failing', reason: 'failing', continuedBy: 'resume' });
    const knowing = testEnvironment({ store: { ...store, provesDead: () => true }, clock });
    expect((await releaseHold(knowing.env, { run, reason: 'it is gone' }))._unsafeUnwrap()).toMatchObject({ released: ['hold', 'lock'] });
    expect((await store.list('dev/'))._unsafeUnwrap()).toEqual([`dev/runs/${run}`]);
  });

  it('names every problem with its options', async () => {
    const { env } = testEnvironment();
    expect((await releaseHold(env, { run: 7, reason: '', why: 'x' } as never))._unsafeUnwrapErr()).toMatchObject({
      problems: ['why: unknown option; known are run, reason', 'run: expected a text, got number', 'reason: expected a text, got an empty one'],
    });
    expect((await releaseHold(env, 'r1' as never))._unsafeUnwrapErr()).toMatchObject({ problems: ["options: expected an object, got 'r1' (string)"] });
  });
});
