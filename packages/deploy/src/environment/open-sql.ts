import { err, ok, type Result } from 'neverthrow';
import type { InvalidInput } from '../errors.js';
import { loadPostgres, postgresConnection } from '../node-postgres.js';
import { missingPackage } from '../optional-package.js';
import { invalidInput } from '../runs/as-run.js';
import type { EnvironmentDefinition } from './definition.js';
import type { EnvironmentInternals } from './environment.js';
import { resolveSql } from './resolve-sql.js';

/** The definition's way to the database's SQL from here. A release is not to find out after its migration that the package for it is missing. */
export async function openSql(definition: EnvironmentDefinition, load: typeof loadPostgres = loadPostgres): Promise<Result<EnvironmentInternals['sql'], InvalidInput>> {
  const { connection: url } = resolveSql(definition);
  if (url === null) return ok(null);
  const postgres = await load();
  return postgres === null ? err(invalidInput('connect', [missingPackage('sqlConnection', 'pg')])) : ok({ connection: postgresConnection(postgres, url), url });
}
