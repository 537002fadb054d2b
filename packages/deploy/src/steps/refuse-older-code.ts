import { err, ok, type Result } from 'neverthrow';
import type { Refused } from '../errors.js';
import { compareVersions } from '../runs/compare-versions.js';
import type { SchemaRecord } from '../runs/schema-record.js';

/** Code that is about to run. */
export interface CodeInQuestion {
  /** null: nothing tells it. */
  readonly version: string | null;
  /** What would run it, for people: ` of service web`; empty when the version says enough. */
  readonly of: string;
  /** For people: `deployed`, `started`. */
  readonly doing: string;
  readonly oldCodeFits?: boolean | undefined;
  /** A run holds the environment: other code than its own cannot be deployed. */
  readonly held?: boolean | undefined;
}

/** From a migration on, only code released with it or later may run, unless the caller knows that older code fits. */
export function refuseOlderCode(schema: SchemaRecord | null, { version, of, doing, oldCodeFits, held }: CodeInQuestion): Result<void, Refused> {
  if (schema === null || oldCodeFits === true || (version !== null && compareVersions(version, schema.version) >= 0)) return ok(undefined);
  const made = `${schema.outcome === 'migrated' ? 'was migrated to' : 'may have been changed by a migration to'} ${schema.version} (${schema.at})`;
  const told = version === null ? `nothing tells which version${of} is on, and the schema ${made}` : `${version}${of} is older than the schema, which ${made}`;
  return err({
    kind: 'Refused',
    rule: 'old-code-on-new-schema',
    lift: 'oldCodeFits',
    message: `${told}: nothing was ${doing}`,
    remedy: `${held === true ? 'Go on with the run that holds the environment, or restore the database: other code can be deployed once that run is let go of (releaseHold).' : `Deploy ${schema.version} or later with deployWithoutMigration, or restore the database.`} If ${version ?? 'that code'} is known to work on the new schema, pass oldCodeFits: true.`,
  });
}
