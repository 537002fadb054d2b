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
});
