import { err, ok, type Result } from 'neverthrow';
import type { Refused } from '../../errors.js';
import type { SchemaRecord } from '../../runs/schema-record.js';

/** From a migration on, only code released with it or later may be deployed, unless the caller knows that older code fits. */
export function refuseOlderCode(schema: SchemaRecord | null, { version, oldCodeFits }: { readonly version: string; readonly oldCodeFits?: boolean | undefined }): Result<void, Refused> {
  if (schema === null || oldCodeFits === true || compareVersions(version, schema.version) >= 0) return ok(undefined);
  const made = schema.outcome === 'migrated' ? `was migrated to ${schema.version}` : `may have been changed by a migration to ${schema.version}`;
  return err({
    kind: 'Refused',
    rule: 'old-code-on-new-schema',
    lift: 'oldCodeFits',
    message: `${version} is older than the schema, which ${made} (${schema.at}): nothing was deployed`,
    remedy: `Deploy ${schema.version} or later, or restore the database. If ${version} is known to work on the new schema, pass oldCodeFits: true.`,
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
