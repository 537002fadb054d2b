import { err, ok, okAsync, type ResultAsync } from 'neverthrow';
import type { Environment } from '../../environment/environment.js';
import type { PreflightCheck } from '../../errors.js';
import { lookAtDatabases } from '../database-sql/look-at-databases.js';
import type { DatabaseLook } from '../database-sql/parse-answer.js';
import { type SqlError, type SqlWay, sqlWayOf } from '../database-sql/sql-way.js';
import { checksOf, type PreflightError } from './check.js';

const { ok: right, warning, failed } = checksOf('database');

/** That the database can be asked after the migration: by a connection it is, a task is looked for and not run. Nothing where the definition has no way. */
export function checkSql(env: Environment): ResultAsync<readonly PreflightCheck[], PreflightError> {
  const way = sqlWayOf(env, 'preflight');
  if (way === null) return okAsync([]);
  const looked = way.kind === 'task' ? way.prepare().map((): readonly DatabaseLook[] => []) : lookAtDatabases(way, 'preflight').mapErr((error): SqlError => error);
  return looked.map((looks) => [judge(way, looks)]).orElse((error) => {
    if (error.kind === 'Aborted' || error.kind === 'Throttled' || error.kind === 'CredentialsExpired') return err<readonly PreflightCheck[], PreflightError>(error);
    return ok<readonly PreflightCheck[], PreflightError>([failed('sql', error.message, error.remedy)]);
  });
}

function judge({ told }: SqlWay, looks: readonly DatabaseLook[]): PreflightCheck {
  const asked = [told, ...looks.map(({ database }) => database)].join(', ');
  if (looks.every(({ seesOthers }) => seesOthers)) return right('sql', asked);
  return warning('sql', `${asked}: the user is not told of others' sessions, and long transactions will not be seen`, 'Grant it pg_monitor or pg_read_all_stats.');
}
