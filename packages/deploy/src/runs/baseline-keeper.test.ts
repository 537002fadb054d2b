import { describe, expect, it } from 'vitest';
import type { Baseline } from './baseline.js';
import { keepBaseline, readBaseline } from './baseline-keeper.js';
import { acquireLock } from './lock.js';
import type { RunStore } from './run-store.js';
import { testEnvironment } from './testing/environment.js';

const found: Baseline = { takenAt: '2026-11-23T23:00:00.000Z', byRun: 'r1', gate: { rule: false }, services: {}, targetGroups: {}, putAside: [] };

async function keeper(store?: RunStore) {
  const test = testEnvironment({ store });
  const lock = (await acquireLock(test.env, { run: 'r1', recipe: 'r', reason: 'r', continuedBy: 'resume' }))._unsafeUnwrap();
  return { ...test, lock, baseline: keepBaseline(test.env, lock, (await readBaseline(test.env))._unsafeUnwrap()) };
}

describe('keepBaseline', () => {
  it('keeps a baseline from which nothing is away yet', async () => {
    const { baseline, env } = await keeper();
    await baseline.save(found);
    expect((await readBaseline(env))._unsafeUnwrap()?.value).toEqual(found);
  });

  it('removes it once everything that was put aside is back, so that the next change finds anew', async () => {
    const { baseline, env } = await keeper();
    await baseline.save(found);
    await baseline.save({ ...found, putAside: ['gate', 'service:web'] });
    await baseline.save({ ...found, putAside: ['gate'] });
    expect((await readBaseline(env))._unsafeUnwrap()?.value.putAside).toEqual(['gate']);
    await baseline.save(found);
    expect(baseline.baseline).toBeNull();
    expect((await readBaseline(env))._unsafeUnwrap()).toBeNull();
    await baseline.save({ ...found, putAside: ['gate'] });
    expect((await readBaseline(env))._unsafeUnwrap()?.value.putAside).toEqual(['gate']);
  });

  it('keeps one that a later run has taken anew, although nothing is away from it yet', async () => {
    const { baseline } = await keeper();
    await baseline.save({ ...found, putAside: ['gate'] });
    await baseline.save({ ...found, byRun: 'r2' });
    expect(baseline.baseline).toEqual({ ...found, byRun: 'r2' });
  });

  it('is there for a later run as the earlier one left it', async () => {
    const { baseline, store, lock } = await keeper();
    await baseline.save({ ...found, putAside: ['gate'] });
    await lock.release();
    expect((await keeper(store)).baseline.baseline).toEqual({ ...found, putAside: ['gate'] });
  });

  it('loses none of several changes made at once', async () => {
    const { baseline, env } = await keeper();
    await baseline.save(found);
    await Promise.all(['a', 'b', 'c'].map((key) => baseline.save({ ...baseline.baseline!, putAside: [...baseline.baseline!.putAside, key] })));
    expect((await readBaseline(env))._unsafeUnwrap()?.value.putAside).toEqual(['a', 'b', 'c']);
  });

  it('is LockLost when somebody else has written it', async () => {
    const { baseline, store } = await keeper();
    await baseline.save(found);
    const document = (await store.read('dev/baseline'))._unsafeUnwrap()!;
    await store.replace('dev/baseline', '{}', document.etag);
    expect((await baseline.save({ ...found, putAside: ['gate'] }))._unsafeUnwrapErr().kind).toBe('LockLost');
    expect((await baseline.discard())._unsafeUnwrapErr().kind).toBe('LockLost');
    expect((await store.read('dev/baseline'))._unsafeUnwrap()?.body).toBe('{}');
  });

  it('has nothing to discard where nothing is', async () => {
    const { baseline } = await keeper();
    expect((await baseline.discard()).isOk()).toBe(true);
  });
});
