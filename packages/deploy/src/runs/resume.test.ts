import { errAsync, ok, okAsync, ResultAsync } from 'neverthrow';
import { describe, expect, it } from 'vitest';
import { defineRecipe } from './define-recipe.js';
import { resume } from './resume.js';
import type { RunStore } from './run-store.js';
import { changing, testEnvironment } from './testing/environment.js';

const down = () => errAsync({ kind: 'RunStoreFailed' as const, message: 'down', remedy: 'bring it up', store: 'memory' });

let broken = true;
const mended = defineRecipe('mended', async function* (run, _: object) {
  yield* run.step('first', changing({}));
  yield* run.step('second', () => (broken ? errAsync({ kind: 'Broken', message: 'broken', remedy: '' }) : okAsync({})));
  return ok('done');
});

const hanging = defineRecipe('hanging', async function* (run, _: object) {
  yield* run.step('first', () => ResultAsync.fromSafePromise(new Promise<object>(() => undefined)));
  return ok(null);
});

/** A run that was left held, and can be finished now. */
async function held() {
  broken = true;
  const process = testEnvironment();
  await mended(process.env, {});
  broken = false;
  return { ...process, run: process.events[0]!.runId! };
}

/** A run at work in a process that says nothing any more. */
async function stuck() {
  const process = testEnvironment();
  void hanging(process.env, {}).then(() => undefined);
  await process.clock.advance(1);
  return { ...process, run: process.events[0]!.runId! };
}

describe('resume', () => {
  it('wants to know which run', async () => {
    const { env } = testEnvironment();
    for (const run of ['', undefined]) expect((await resume(env, mended, run as never))._unsafeUnwrapErr()).toMatchObject({ kind: 'InvalidInput', problems: ['runId: expected the identifier of a run'] });
  });

  it('names the last runs when there is none of that name', async () => {
    const { env, run } = await held();
    expect((await resume(env, mended, 'nope'))._unsafeUnwrapErr()).toMatchObject({ problems: [`runId: no run nope of dev in memory; the last are ${run}`] });
  });

  it('leaves the environment to another run that has it', async () => {
    const { env, store, run } = await held();
    await store.create('dev/lock', JSON.stringify({ run: 'other', recipe: 'releaseIt', reason: 'releaseIt', holder: { actor: 'ben@laptop' }, expiresAt: '2026-11-24T00:00:00.000Z', token: 't' }));
    expect((await resume(env, mended, run))._unsafeUnwrapErr()).toMatchObject({ kind: 'Conflict', reason: 'lock', holder: 'other', message: 'Run other (releaseIt, by ben@laptop) is working on dev. Nothing was changed.' });
    expect((await store.read('dev/hold'))._unsafeUnwrap()).not.toBeNull();
  });

  it('is refused when the holder turns out to live: it renews the lock that is waited for', async () => {
    const { run, another } = await stuck();
    expect((await resume(another().env, hanging, run))._unsafeUnwrapErr()).toMatchObject({ kind: 'Conflict', reason: 'lock', holder: run });
  });

  it('tells that the lock is gone when another process has ended the run meanwhile', async () => {
    const { store, run, clock } = await stuck();
    const reads: string[] = [];
    const vanishing: RunStore = { ...store, read: (key) => (reads.push(key), key === 'dev/lock' && reads.filter((one) => one === key).length > 1 ? okAsync(null) : store.read(key)) };
    expect((await resume(testEnvironment({ store: vanishing, clock }).env, hanging, run))._unsafeUnwrapErr()).toMatchObject({ kind: 'Conflict', reason: 'lock', holder: run });
  });

  it.each([
    ['the hold', 'dev/hold', 1],
    ['the lock', 'dev/lock', 1],
    ['the journal once more, with the lock in hand', 'dev/runs/', 2],
  ])('changes nothing when the run store cannot read %s', async (_, key, failingFrom) => {
    const { store, run, clock, another } = await held();
    let reads = 0;
    const brittle: RunStore = { ...store, read: (asked) => (asked.startsWith(key) && (reads += 1) >= failingFrom ? down() : store.read(asked)) };
    expect((await resume(testEnvironment({ store: brittle, clock }).env, mended, run))._unsafeUnwrapErr()).toMatchObject({ kind: 'RunStoreFailed', message: 'down', situation: { left: 'untouched' } });
    await clock.advance(200);
    expect((await resume(another().env, mended, run))._unsafeUnwrap()).toBe('done');
    expect((await store.read('dev/hold'))._unsafeUnwrap()).toBeNull();
  });

  it('lifts the hold of a run that has succeeded, and whose process died before it could', async () => {
    const { store, run, clock, another } = await held();
    const dies: RunStore = { ...store, remove: (key, etag) => (key === 'dev/hold' ? new ResultAsync<never, never>(new Promise(() => undefined)) : store.remove(key, etag)) };
    void resume(testEnvironment({ store: dies, clock }).env, mended, run).then(() => undefined);
    await clock.advance(200);
    expect((await store.read('dev/hold'))._unsafeUnwrap()).not.toBeNull();
    expect((await resume(another().env, mended, run))._unsafeUnwrap()).toBe('done');
    expect((await store.read('dev/hold'))._unsafeUnwrap()).toBeNull();
  });

  it('tells that the run store failed while a lock was waited for', async () => {
    const { store, run, clock } = await stuck();
    let reads = 0;
    const brittle: RunStore = { ...store, read: (key) => (key === 'dev/lock' && (reads += 1) > 1 ? down() : store.read(key)) };
    expect((await resume(testEnvironment({ store: brittle, clock }).env, hanging, run))._unsafeUnwrapErr()).toMatchObject({ kind: 'RunStoreFailed', message: 'down' });
  });
});
