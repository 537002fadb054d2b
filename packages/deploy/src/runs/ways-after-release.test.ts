import { describe, expect, it } from 'vitest';
import type { Baseline } from './baseline.js';
import { testEnvironment } from './testing/environment.js';
import { waysAfterRelease } from './ways-after-release.js';

const found: Baseline = { takenAt: '', byRun: 'r0', gate: {}, services: {}, targetGroups: {}, database: 'db-0', putAside: ['gate', 'service:graasp'] };
const back = 'Put back what is away and let visitors in';
const unless = `${back}, unless the code is older than the schema`;

/** What can be done once run `r1` was let go of, where the store holds these documents. */
async function ways(documents: Readonly<Record<string, object>>, { baseline = found, reachable = false }: { readonly baseline?: Baseline | null; readonly reachable?: boolean } = {}) {
  const { env, store } = testEnvironment();
  for (const [key, document] of Object.entries(documents)) await store.create(`dev/${key}`, JSON.stringify(document));
  return (await waysAfterRelease(env, { run: 'r1', found: baseline, reachable }))._unsafeUnwrap().map(({ text, command }) => `${command}: ${text}`);
}

const schema = { version: 'v2.0.0', outcome: 'migrated', at: '', run: 'r1' };
const took = (snapshotId: string) => ({ attempts: [], putBack: [], steps: [{ name: 'snapshot-db', waits: [], records: { restorePoint: { snapshotId, databaseTime: '' } } }] });
const restore = (snapshot: string) => `release --restore ${snapshot}: Bring the database back to ${snapshot}, for the old version: what was written since is in the instance set aside alone`;
const release = 'release --version v2.0.0: Release v2.0.0 again, or a later version, whose code fits the schema';
const reopen = (text: string) => `release --reopen r0: ${text}`;

describe('waysAfterRelease', () => {
  it('are none where nothing is away', async () => {
    expect(await ways({ schema }, { baseline: null })).toEqual([]);
    expect(await ways({ schema }, { baseline: { ...found, putAside: [] } })).toEqual([]);
  });

  it('wait for the instance of before where that is away', async () => {
    expect(await ways({ schema }, { baseline: { ...found, putAside: ['database'] } })).toEqual([reopen(`Once graasp-dev is the instance of before again (db-0), put back what is away and let visitors in, unless the code is older than the schema`)]);
  });

  it('are to put back where nothing has touched the schema, also where AWS does not answer', async () => {
    expect(await ways({})).toEqual([reopen(back)]);
    expect(await ways({}, { reachable: true })).toEqual([reopen(back)]);
  });

  it.each([true, false])('are, where it has moved and AWS refuses or does not answer (%s), the restore, the release, and putting back for who knows', async (reachable) => {
    expect(await ways({ schema, 'runs/r1': took('snap-1'), 'runs/r0': took('snap-0') }, { reachable })).toEqual([restore('snap-1'), release, reopen(unless)]);
  });

  it('restore what the run has taken that found what is away, where this one took nothing', async () => {
    expect(await ways({ schema, 'runs/r1': { attempts: [], steps: [], putBack: [] }, 'runs/r0': took('snap-0') })).toEqual([restore('snap-0'), release, reopen(unless)]);
    expect(await ways({ schema })).toEqual([release, reopen(unless)]);
  });

  it('do not release again where nobody knows what the migration has done', async () => {
    expect(await ways({ schema: { ...schema, outcome: 'unknown' }, 'runs/r1': took('snap-1') })).toEqual([restore('snap-1'), reopen(unless)]);
  });

  it('are to put back for who knows, where a restore has undone something and AWS does not answer', async () => {
    expect(await ways({ restored: { undone: 'v2.0.0', schema: null, running: 'v1.0.0', at: '', run: 'r1' } })).toEqual([reopen(unless)]);
  });
});
