import { okAsync, ResultAsync } from 'neverthrow';
import { describe, expect, it } from 'vitest';
import { recordDatabase } from './database-record.js';
import { defineRecipe } from './define-recipe.js';
import { readLock, takeOverLock } from './lock.js';
import { recordRestored } from './restored-record.js';
import { readSchema, recordSchema, restoreSchemaRecord } from './schema-record.js';
import { recordRehearsal } from '../steps/rehearse-restore/remove-rehearsal.js';
import { testClock } from './testing/clock.js';
import { testEnvironment } from './testing/environment.js';

/** A machine that sleeps renews nothing. */
function asleep() {
  const clock = testClock();
  return { ...clock, background: { ...clock.background, sleep: () => new Promise<void>(() => undefined) } };
}

describe('what is known of an environment', () => {
  it.each([
    ['the schema of what it restored', (env: Parameters<typeof restoreSchemaRecord>[0]) => restoreSchemaRecord(env, null)],
    ['what its migration has come to', (env: Parameters<typeof restoreSchemaRecord>[0]) => recordSchema(env, 'v1', 'migrated')],
    ['what it has undone', (env: Parameters<typeof restoreSchemaRecord>[0]) => recordRestored(env, { undone: 'v2', schema: null, running: 'v1' })],
    ['that its database is meant to run', (env: Parameters<typeof restoreSchemaRecord>[0]) => recordDatabase(env, 'run')],
    ['what its rehearsal has made', (env: Parameters<typeof restoreSchemaRecord>[0]) => recordRehearsal(env, { identifier: 'dev-rehearsal-1', run: 'r1', resourceId: null })],
  ])('is left as others have made it by a run that was taken over while its machine slept, and would write %s', async (_, write) => {
    const { env, clock, another, store } = testEnvironment({ clock: asleep() });
    const other = another().env;
    const takenOver = async () => {
      await clock.advance(300);
      await takeOverLock(other, { run: 'r2', recipe: 'deployWithMigration', reason: 'r2', continuedBy: 'resume' }, (await readLock(other))._unsafeUnwrap()!);
      await recordSchema(other, 'v2', 'migrated');
    };
    const late = defineRecipe('late', async function* (run, _: object) {
      yield* run.step('sleep', (env) => ResultAsync.fromSafePromise(takenOver()).andThen(() => write(env)).map(() => null));
      return okAsync(null);
    });
    expect((await late(env, {}))._unsafeUnwrapErr()).toMatchObject({ kind: 'LockLost', holder: 'r2', situation: { left: 'taken-over' } });
    expect((await readSchema(other))._unsafeUnwrap()).toMatchObject({ version: 'v2', outcome: 'migrated' });
    for (const untouched of ['restored', 'database', 'rehearsal']) expect((await store.read(`dev/${untouched}`))._unsafeUnwrap(), untouched).toBeNull();
  });
});
