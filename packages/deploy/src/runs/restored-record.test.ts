import { describe, expect, it } from 'vitest';
import { readUndone, recordRestored } from './restored-record.js';
import { recordSchema, restoreSchemaRecord, type SchemaRecord } from './schema-record.js';
import { testEnvironment } from './testing/environment.js';

/** As a machine writes it whose clock is an hour ahead of that of the tests. */
const ahead: SchemaRecord = { version: 'v1.0.0', outcome: 'migrated', at: '2026-11-23T11:00:00.000Z', run: 'r1' };

describe('what a restore has undone', () => {
  it('stays so although the machine that restored is behind the one that had migrated', async () => {
    const { env } = testEnvironment();
    (await recordRestored({ ...env, runId: 'r3' }, { undone: 'v2.0.0', schema: ahead, running: null }))._unsafeUnwrap();
    (await restoreSchemaRecord(env, ahead))._unsafeUnwrap();
    expect((await readUndone(env))._unsafeUnwrap()).toBe('v2.0.0');
  });

  it('is over once a migration has begun, also on a machine that is behind the one that restored, and not once that has proven to change nothing', async () => {
    const { env } = testEnvironment();
    (await recordRestored({ ...env, runId: 'r3' }, { undone: 'v2.0.0', schema: ahead, running: null }))._unsafeUnwrap();
    (await restoreSchemaRecord(env, ahead))._unsafeUnwrap();
    (await recordSchema({ ...env, runId: 'r4' }, 'v2.0.0', 'unknown'))._unsafeUnwrap();
    expect((await readUndone(env))._unsafeUnwrap()).toBeNull();
    (await restoreSchemaRecord(env, ahead))._unsafeUnwrap();
    expect((await readUndone(env))._unsafeUnwrap()).toBe('v2.0.0');
  });

  it('outlives a later restore that does not bring it again, also one that was cut off before it told the schema', async () => {
    const { env } = testEnvironment();
    (await recordRestored({ ...env, runId: 'r3' }, { undone: 'v2.0.0', schema: null, running: null }))._unsafeUnwrap();
    const later = { ...env, runId: 'r4' };
    for (let attempt = 0; attempt < 2; attempt += 1) (await recordRestored(later, { undone: null, schema: ahead, running: null }))._unsafeUnwrap();
    (await restoreSchemaRecord(env, ahead))._unsafeUnwrap();
    expect((await readUndone(env))._unsafeUnwrap()).toBe('v2.0.0');
  });

  it('is written once a run, with what is there instead, what ran on that, when and by whom', async () => {
    const { env, store } = testEnvironment();
    const own = { ...env, runId: 'r3' };
    for (const undone of ['v2.0.0', 'v3.0.0']) (await recordRestored(own, { undone, schema: ahead, running: 'v1.0.0' }))._unsafeUnwrap();
    expect(JSON.parse((await store.read('dev/restored'))._unsafeUnwrap()!.body)).toEqual({ undone: 'v2.0.0', schema: ahead, running: 'v1.0.0', at: '2026-11-23T23:00:00.000Z', run: 'r3' });
  });

  it.each([
    ['v1.9.9', 'v2.0.0'],
    ['v2.0.0', null],
    ['v3.0.0', null],
  ])('is over once a later restore brings it again: with %s in the database it is %s', async (version, undone) => {
    const { env } = testEnvironment();
    (await recordRestored({ ...env, runId: 'r3' }, { undone: 'v2.0.0', schema: null, running: null }))._unsafeUnwrap();
    const schema = { ...ahead, version };
    (await recordRestored({ ...env, runId: 'r4' }, { undone: null, schema, running: null }))._unsafeUnwrap();
    (await restoreSchemaRecord(env, schema))._unsafeUnwrap();
    expect((await readUndone(env))._unsafeUnwrap()).toBe(undone);
  });

  it('is nothing where nothing was restored', async () => {
    expect((await readUndone(testEnvironment().env))._unsafeUnwrap()).toBeNull();
  });
});
