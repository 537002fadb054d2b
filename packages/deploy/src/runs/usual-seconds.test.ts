import { errAsync } from 'neverthrow';
import { describe, expect, it } from 'vitest';
import type { Journal } from './journal.js';
import { testEnvironment } from './testing/environment.js';
import { readUsualSeconds, readUsualStepSeconds, usualSeconds } from './usual-seconds.js';

function journal(...waits: readonly (readonly [string, number])[]): Journal {
  const step = { name: 's', startedAt: '', status: 'done', seconds: 5, changed: false, records: {}, waits: waits.map(([waitingFor, seconds]) => ({ waitingFor, seconds })) } as const;
  return { attempts: [], steps: [step], putBack: [] } as unknown as Journal;
}

describe('usualSeconds', () => {
  it('is the median of what waits of that kind lasted', () => {
    const usual = usualSeconds([journal(['the snapshot', 100]), journal(['the snapshot', 900]), journal(['the snapshot', 120], ['other', 1])]);
    expect(usual('the snapshot')).toBe(120);
    expect(usualSeconds([journal(['x', 10]), journal(['x', 20])])('x')).toBe(15);
  });

  it('knows nothing of a wait that was never ended', () => {
    expect(usualSeconds([])('the snapshot')).toBeUndefined();
  });

  it('takes waits that differ by an identifier for the same kind', () => {
    const usual = usualSeconds([journal(['snapshot dev-v1-54-8-k3f9 to be available', 60])]);
    expect(usual('snapshot dev-v1-55-0-aaaa to be available')).toBe(60);
    expect(usual('service web to run 1 task')).toBeUndefined();
  });
});

describe('readUsualSeconds', () => {
  it('learns from the last runs of the environment, and lives with journals it cannot read', async () => {
    const { env, store } = testEnvironment();
    for (let run = 0; run < 28; run++) await store.create(`dev/runs/r${String(run).padStart(2, '0')}`, JSON.stringify(journal(['the snapshot', run < 22 ? 9999 : 50])));
    await store.create('dev/runs/r99', 'not JSON');
    await store.create('dev/runs/r98', '{}');
    await store.create('prod/runs/r97', JSON.stringify(journal(['the snapshot', 1])));
    expect((await readUsualSeconds(env))._unsafeUnwrap()('the snapshot')).toBe(50);
  });

  it('knows of a release of last week how long it lasted, where the environment is stopped and started every day', async () => {
    const { env, store } = testEnvironment();
    await store.create('dev/runs/r00', JSON.stringify(journal(['the snapshot', 100])));
    for (let run = 1; run < 15; run++) await store.create(`dev/runs/r${String(run).padStart(2, '0')}`, JSON.stringify(journal(['the database to be stopped', 60])));
    expect((await readUsualSeconds(env))._unsafeUnwrap()('the snapshot')).toBe(100);
    expect((await readUsualStepSeconds(env))._unsafeUnwrap()('s')).toEqual({ seconds: 5, runs: 8 });
  });

  it('reads the last 40 runs, and no more', async () => {
    const { env, store } = testEnvironment();
    for (let run = 0; run < 41; run++) await store.create(`dev/runs/r${String(run).padStart(2, '0')}`, JSON.stringify(run < 2 ? journal([run === 0 ? 'the oldest' : 'the second', 7]) : { attempts: [], steps: [], putBack: [] }));
    const usual = (await readUsualSeconds(env))._unsafeUnwrap();
    expect([usual('the oldest'), usual('the second')]).toEqual([undefined, 7]);
  });

  it('knows nothing where the store cannot be read', async () => {
    const { store } = testEnvironment();
    const { env } = testEnvironment({ store: { ...store, list: () => errAsync({ kind: 'RunStoreFailed', message: 'down', remedy: '', store: 'memory' }) } });
    expect((await readUsualSeconds(env))._unsafeUnwrap()('the snapshot')).toBeUndefined();
    expect((await readUsualStepSeconds(env))._unsafeUnwrap()('s')).toBeUndefined();
  });
});

describe('readUsualStepSeconds', () => {
  it('is the median of the last eight times that a step came to its end, by number, and says of how many', async () => {
    const { env, store } = testEnvironment();
    const step = (name: string, status: string, seconds?: number) => ({ name, status, seconds, records: {}, waits: [] });
    const lasted = [1, 1, 1, 100, 9, 20, 10, 30, 8, 11, 12];
    for (const [run, seconds] of lasted.entries()) await store.create(`dev/runs/r${String(run).padStart(2, '0')}`, JSON.stringify({ attempts: [], putBack: [], steps: [step('stop', 'done', seconds), step('stop', 'failed', 5_000), step('stop', 'done'), step('start', 'done', 2)] }));
    const usual = (await readUsualStepSeconds(env))._unsafeUnwrap();
    expect(usual('stop')).toEqual({ seconds: 11.5, runs: 8 });
    expect([usual('start'), usual('snapshot')]).toEqual([{ seconds: 2, runs: 8 }, undefined]);
  });
});
