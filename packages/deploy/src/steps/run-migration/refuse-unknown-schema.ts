import { err, ok, okAsync, type ResultAsync } from 'neverthrow';
import { type Environment, internals } from '../../environment/environment.js';
import type { Refused, RunStoreFailed } from '../../errors.js';
import { readSchema } from '../../runs/schema-record.js';

/**
 * A migration called by itself, not in a recipe, has no run to resume: what it left is known of the schema alone. Recipes have their journal
 * and their hold.
 */
export function refuseUnknownSchema(env: Environment, { retryMigration }: { readonly retryMigration?: boolean | undefined }): ResultAsync<void, Refused | RunStoreFailed> {
  if (retryMigration === true || env[internals].run?.recipe !== 'runMigration') return okAsync(undefined);
  return readSchema(env).andThen((schema) => {
    if (schema === null || schema.outcome !== 'unknown' || schema.run === env.runId) return ok(undefined);
    return err({
      kind: 'Refused' as const,
      rule: 'schema-unknown',
      lift: 'retryMigration',
      message: `a migration to ${schema.version} (run ${schema.run ?? 'unknown'}, ${schema.at}) ended without proof of what it did to the schema: no migration was started`,
      remedy: 'Look at the schema. Restore the database, or mend it and pass retryMigration: true.',
    });
  });
}
