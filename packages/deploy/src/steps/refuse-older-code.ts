import { err, ok, type Result } from 'neverthrow';
import type { Refused } from '../errors.js';
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
}

/** From a migration on, only code released with it or later may run, unless the caller knows that older code fits. */
export function refuseOlderCode(schema: SchemaRecord | null, { version, of, doing, oldCodeFits }: CodeInQuestion): Result<void, Refused> {
  if (schema === null || oldCodeFits === true || (version !== null && compareVersions(version, schema.version) >= 0)) return ok(undefined);
  const made = `${schema.outcome === 'migrated' ? 'was migrated to' : 'may have been changed by a migration to'} ${schema.version} (${schema.at})`;
  const told = version === null ? `nothing tells which version${of} is on, and the schema ${made}` : `${version}${of} is older than the schema, which ${made}`;
  return err({
    kind: 'Refused',
    rule: 'old-code-on-new-schema',
    lift: 'oldCodeFits',
    message: `${told}: nothing was ${doing}`,
    remedy: `Deploy ${schema.version} or later with deployCore, or restore the database. If ${version ?? 'that code'} is known to work on the new schema, pass oldCodeFits: true.`,
  });
}

/** Order of versions: below 0 when the first is older. A pre-release comes before its release. */
export function compareVersions(one: string, other: string): number {
  const [first, second] = [partsOf(one), partsOf(other)];
  for (const at of [0, 1, 2]) {
    const difference = (first.numbers[at] ?? 0) - (second.numbers[at] ?? 0);
    if (difference !== 0) return difference;
  }
  if (first.suffix === second.suffix) return 0;
  if (first.suffix === '' || second.suffix === '') return first.suffix === '' ? 1 : -1;
  return first.suffix.localeCompare(second.suffix, 'en', { numeric: true });
}

function partsOf(version: string) {
  const [core = '', ...suffix] = version.replace(/^v/, '').split('-');
  return { numbers: core.split('.').map(Number), suffix: suffix.join('-') };
}
