import { errAsync, ok } from 'neverthrow';
import { describe, expect, it } from 'vitest';
import { defineRecipe } from './define-recipe.js';
import { releaseHold } from './release-hold.js';
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

  it('asks for its options in words when there are none', async () => {
    const { env } = testEnvironment();
    expect((await releaseHold(env, undefined as never))._unsafeUnwrapErr()).toMatchObject({ problems: ['run: expected a text, got undefined', 'reason: expected a text, got undefined'] });
  });
});
