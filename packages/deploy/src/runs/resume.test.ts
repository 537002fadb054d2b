import { errAsync, ok, okAsync, ResultAsync } from 'neverthrow';
import { describe, expect, it } from 'vitest';
import { defineRecipe } from './define-recipe.js';
import { releaseHold } from './release-hold.js';
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

  it('names five of them where there are more, and wants its changes to be options', async () => {
    const { env, store } = testEnvironment();
    for (let run = 1; run < 8; run += 1) await store.create(`dev/runs/r${run}`, '{}');
    expect((await resume(env, mended, 'nope'))._unsafeUnwrapErr()).toMatchObject({ problems: ['runId: no run nope of dev in memory; the last are r3, r4, r5, r6, r7'] });
    expect((await resume(env, mended, 'r1', 'retry' as never))._unsafeUnwrapErr()).toMatchObject({ problems: ["changes: expected an object, got 'retry' (string)"], runId: '', situation: { left: 'untouched' } });
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

  it('says that a run has succeeded before, and what can be done next', async () => {
    const { env, events, another } = testEnvironment();
    const told = defineRecipe('told', async function* (run, _: object) {
      yield* run.step('change', changing({}));
      return ok({ nextActions: [{ text: 'Open the doors', command: 'open' }] });
    });
    await told(env, {});
    const run = events[0]!.runId!;
    const later = another();
    expect((await resume(later.env, told, run))._unsafeUnwrap()).toEqual({ nextActions: [{ text: 'Open the doors', command: 'open' }] });
    expect(later.events).toMatchObject([
      { type: 'note', message: `Run ${run} has succeeded before: nothing was done again.` },
      { type: 'note', message: 'Open the doors', command: 'open' },
    ]);
  });

  it.each([
    [true, 'the run', null],
    [true, 'another', 'other'],
    [false, 'the run', null],
    [false, 'another', 'other'],
  ])('of one that has succeeded, and supersedes holds: %s, lifts what was left by %s, and not a later hold', async (supersedesHolds, by, left) => {
    const { env, events, store, another } = testEnvironment();
    const works = defineRecipe('works', async function* (run, _: object) {
      yield* run.step('change', changing({}));
      return ok('done');
    }, { supersedesHolds });
    await works(env, {});
    const run = events[0]!.runId!;
    const holder = by === 'the run' ? run : 'other';
    await store.create('dev/hold', JSON.stringify({ run: holder, recipe: 'works', reason: 'it broke', situation: { nextActions: [] } }));
    expect((await resume(another().env, works, run))._unsafeUnwrap()).toBe('done');
    const hold = (await store.read('dev/hold'))._unsafeUnwrap();
    expect(hold === null ? null : (JSON.parse(hold.body) as { readonly run: string }).run).toBe(left);
  });

  it('tells whose lock it waits for, and for how long it will and did', async () => {
    const { store, run, clock } = await stuck();
    // its process is gone: nothing renews any more
    const dead = (await store.read('dev/lock'))._unsafeUnwrap()!;
    await store.replace('dev/lock', dead.body.replace(/"token": "[^"]*"/, '"token": "dead"'), dead.etag);
    const later = testEnvironment({ store, clock });
    void resume(later.env, hanging, run).then(() => undefined);
    for (let second = 0; second < 130; second += 1) await clock.advance(1);
    const of = { environment: 'dev', runId: null };
    expect(later.events.slice(0, 2)).toMatchObject([
      { ...of, type: 'waiting', waitingFor: `the lock of run ${run} to expire`, seen: 'held by anna@laptop until 2026-11-23T23:02:00.000Z', timeoutSeconds: 120 },
      { ...of, type: 'wait-ended', waitingFor: `the lock of run ${run} to expire`, seconds: 119 },
    ]);
    expect(later.events.filter(({ type }) => type === 'waiting')).toHaveLength(1);
  });

  it('can be called again after it was aborted as it waited', async () => {
    const { run, another } = await stuck();
    const later = another();
    const resumed = resume(later.env, hanging, run);
    later.abort.abort();
    expect((await resumed)._unsafeUnwrapErr()).toMatchObject({ kind: 'Aborted', waitingFor: `the lock of run ${run} to expire`, message: `aborted while waiting for the lock of run ${run} to expire`, remedy: 'Nothing was changed: resume again.' });
  });

  it('goes on putting back, and gives the error that made it', async () => {
    const { env, events, another } = testEnvironment();
    const opens = defineRecipe('opens', async function* (run, _: object) {
      yield* run.step('change', changing({}));
      yield* run.step('stop', () => errAsync({ kind: 'Broken', message: 'it broke', remedy: 'mend it' }));
      return ok(null);
    }, { failureTable: [{ step: 'stop', does: 'start-and-reopen', leaves: 'as found' }], steps: () => ['change', 'stop'] });
    await opens(env, {});
    const run = events[0]!.runId!;
    const later = another();
    expect((await resume(later.env, opens, run))._unsafeUnwrapErr()).toMatchObject({ kind: 'Broken', remedy: 'mend it', message: expect.stringMatching(/^it broke\. Putting things back failed too, at start-services: /) as string, runId: run, situation: { left: 'hold' } });
    expect(later.events.slice(0, 3)).toMatchObject([
      { runId: run, type: 'run-started', recipe: 'opens', resumed: true, steps: [], resumedBy: { text: 'Continue the run', command: `release --resume ${run}` } },
      { runId: run, type: 'undoing', why: 'stop failed' },
      { runId: run, type: 'step-started', step: 'start-services' },
    ]);
  });

  it('refuses a run that was let go of with what works instead, where something is away', async () => {
    const { env, events, store, another } = testEnvironment();
    broken = true;
    await mended(env, {});
    const run = events[0]!.runId!;
    await store.create('dev/baseline', JSON.stringify({ takenAt: '', byRun: run, gate: {}, services: {}, targetGroups: {}, putAside: ['gate'] }));
    (await releaseHold(env, { run, reason: 'looked at it' }))._unsafeUnwrap();
    expect((await resume(another().env, mended, run))._unsafeUnwrapErr()).toMatchObject({
      kind: 'InvalidInput',
      remedy: 'The environment is as that run has left it: go on from there as told here, or start a new run.',
      situation: { left: 'untouched', nextActions: [{ text: 'Put back what is away and let visitors in', command: `release --reopen ${run}` }] },
    });
  });
});
