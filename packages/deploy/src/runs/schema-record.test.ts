import { errAsync } from 'neverthrow';
import { describe, expect, it } from 'vitest';
import { testEnvironment } from '../environment/environment.fixture.js';
import type { Environment } from '../environment/environment.js';
import { memoryRunStore } from './memory-run-store.js';
import { isSameSchema, readSchema, recordSchema, type SchemaRecord, schemaSince } from './schema-record.js';

const now = '2026-11-23T10:00:00.000Z';
const earlier = '2026-11-23T09:00:00.000Z';
const later = '2026-11-23T11:00:00.000Z';

const inRun = (runId: string): Environment => ({ ...testEnvironment(), runId });

/** What has become of the schema for run `own`, once run `by` has recorded at 10:00 that it is so. */
async function since(by: string, outcome: SchemaRecord['outcome'], baseline: Parameters<typeof schemaSince>[1]['baseline']): Promise<string> {
  const env = inRun(by);
  (await recordSchema(env, 'v2.0.0', outcome))._unsafeUnwrap();
  return (await schemaSince(env, { run: 'own', baseline }))._unsafeUnwrap();
}

describe('schemaSince', () => {
  it('is untouched where no migration of this library was there', async () => {
    expect((await schemaSince(inRun('own'), { run: 'own', baseline: { takenAt: earlier, byRun: 'own' } }))._unsafeUnwrap()).toBe('untouched');
  });

  it.each<readonly [string, string, Parameters<typeof schemaSince>[1]['baseline'], string]>([
    ['by this run', 'own', null, 'migrated'],
    ['by this run, by a clock that went back since', 'own', { takenAt: later, byRun: 'other' }, 'migrated'],
    ['by another run, before what was found', 'other', { takenAt: later, byRun: 'own' }, 'untouched'],
    ['by another run, in the moment in which what was there was found', 'other', { takenAt: now, byRun: 'own' }, 'migrated'],
    ['by another run, after what was found', 'other', { takenAt: earlier, byRun: 'own' }, 'migrated'],
    ['by the run that found what was there, whose clock went back', 'other', { takenAt: later, byRun: 'other' }, 'migrated'],
    ['by another run, where nothing was found', 'other', null, 'untouched'],
  ])('tells of a migration %s what it has come to', async (_, by, baseline, expected) => {
    expect(await since(by, 'migrated', baseline)).toBe(expected);
    expect(await since(by, 'unknown', baseline)).toBe(expected === 'migrated' ? 'unknown' : 'untouched');
  });

  it('is unknown where the run store cannot be read', async () => {
    const failed = () => errAsync({ kind: 'RunStoreFailed' as const, message: 'down', remedy: '', store: 'memory' });
    const env = testEnvironment({ internals: { runStore: { ...memoryRunStore(), read: failed } } });
    expect((await schemaSince(env, { run: 'own', baseline: null }))._unsafeUnwrap()).toBe('unknown');
  });
});

describe('isSameSchema', () => {
  const record: SchemaRecord = { version: 'v2.0.0', outcome: 'migrated', at: now, run: 'own' };

  it('compares all that is known', () => {
    expect(isSameSchema(null, null)).toBe(true);
    expect(isSameSchema(record, { ...record })).toBe(true);
    for (const other of [null, { ...record, version: 'v1.0.0' }, { ...record, outcome: 'unknown' as const }, { ...record, at: later }, { ...record, run: null }]) expect(isSameSchema(record, other)).toBe(false);
  });
});

describe('recordSchema', () => {
  it('says which version, what came of it, when, and by which run', async () => {
    const env = inRun('own');
    (await recordSchema(env, 'v2.0.0', 'unknown'))._unsafeUnwrap();
    expect((await readSchema(env))._unsafeUnwrap()).toEqual({ version: 'v2.0.0', outcome: 'unknown', at: now, run: 'own' });
    expect((await readSchema(testEnvironment()))._unsafeUnwrap()).toBeNull();
  });
});
