import { describe, expect, it } from 'vitest';
import { testEnvironment } from '../../environment/environment.fixture.js';
import { memoryRunStore } from '../../runs/memory-run-store.js';
import type { PreflightPurpose } from './question.js';
import { readWorstCase } from './worst-case.js';

/** Earlier runs whose steps lasted so many seconds. */
async function worstCase(purpose: PreflightPurpose, ...runs: readonly Readonly<Record<string, number>>[]) {
  const runStore = memoryRunStore();
  for (const [index, steps] of runs.entries()) {
    const journal = { attempts: [], putBack: [], steps: Object.entries(steps).map(([name, seconds]) => ({ name, status: 'done', seconds, records: {}, waits: [] })) };
    (await runStore.create(`dev/runs/2026112${index}-000000-aaaa`, JSON.stringify(journal)))._unsafeUnwrap();
  }
  const { from, to, basis } = (await readWorstCase(testEnvironment({ internals: { runStore } }), purpose))._unsafeUnwrap();
  return [(to - from) / 1000, basis];
}

const release = { 'gate-on': 20, 'await-drained': 200, 'stop-services': 150, 'snapshot-db': 180, 'run-migration': 100, 'await-db-settled': 360, 'deploy-core': 120, 'verify-deployment': 10 };

describe('readWorstCase', () => {
  it('is an hour where a step was never taken', async () => {
    const unknown = [3600, 'an hour, as no earlier run tells how long it takes'];
    expect(await worstCase('migration')).toEqual(unknown);
    const { 'run-migration': _, ...without } = release;
    expect(await worstCase('migration', without)).toEqual(unknown);
  });

  it('is twice what the steps usually take', async () => {
    expect(await worstCase('migration', release)).toEqual([2280, 'twice the median of earlier runs, 19 min']);
    expect(await worstCase('migration', release, { ...release, 'gate-off': 30, 'run-migration': 300 })).toEqual([2540, 'twice the median of earlier runs, 22 min']);
  });

  it('goes by the steps of what is to be done', async () => {
    expect(await worstCase('deployment', release)).toEqual([300, 'twice the median of earlier runs, 3 min']);
    expect(await worstCase('transition', { 'stop-services': 100, 'start-services': 200, 'stop-db': 300 })).toEqual([1200, 'twice the median of earlier runs, 10 min']);
  });
});
