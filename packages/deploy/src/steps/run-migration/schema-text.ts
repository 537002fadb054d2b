import type { MigrationFailed } from '../../errors.js';

/** What is known of the schema, for people. `after`: what the status command told; null when it was not asked. */
export function schemaText(schema: MigrationFailed['schema'], after: string | null): string {
  if (schema === 'untouched') return 'the schema is untouched';
  if (schema === 'unknown') return 'whether the schema was changed is unknown';
  return after === null ? 'the schema was changed by an earlier attempt' : `the schema was changed, to ${after}`;
}
