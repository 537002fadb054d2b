import { err, ok, okAsync, type ResultAsync } from 'neverthrow';
import type { Environment } from '../../environment/environment.js';
import type { Refused, RunStoreFailed } from '../../errors.js';
import { readSchema } from '../../runs/schema-record.js';

export const lookAtSchema = 'Look at the schema. Restore the database or mend it, then pass retryMigration: true: preflight, runMigration, applyMigration and deployWithMigration take it.';

/**
 * What an earlier run's migration left is known of the schema alone, once its hold was let go of, or where it was called by itself and held
 * nothing. This run's own attempts are in its journal.
 */
export function refuseUnknownSchema(env: Environment, { retryMigration }: { readonly retryMigration?: boolean | undefined }): ResultAsync<void, Refused | RunStoreFailed> {
  if (retryMigration === true) return okAsync(undefined);
  return readSchema(env).andThen((schema) => {
    if (schema === null || schema.outcome !== 'unknown' || schema.run === env.runId) return ok(undefined);
    return err({
      kind: 'Refused' as const,
      rule: 'schema-unknown',
      lift: 'retryMigration',
      message: `a migration to ${schema.version} (run ${schema.run ?? 'unknown'}, ${schema.at}) ended without proof of what it did to the schema: no migration was started`,
      remedy: lookAtSchema,
    });
  });
}
