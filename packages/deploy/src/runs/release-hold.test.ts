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
});
