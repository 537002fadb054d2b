import { err, ok, type ResultAsync } from 'neverthrow';
import { steadyNow } from '../../clock.js';
import type { Environment } from '../../environment/environment.js';
import { announce } from '../../reports/announce.js';
import { parseAnalyzed } from '../database-sql/parse-answer.js';
import { declaredDatabases, type SqlError, type SqlWay } from '../database-sql/sql-way.js';
import { analyzeStatements } from '../database-sql/statements.js';
import { secondsSince } from '../deadline.js';

export interface AnalyzedDatabases {
  readonly databases: readonly string[];
  readonly seconds: number;
  /** The database's own time at which the first was begun. */
  readonly since: string;
}

/** ANALYZE in every database that is asked, one after the other. */
export function analyzeDatabases(env: Environment, way: SqlWay, timeoutSeconds: number): ResultAsync<AnalyzedDatabases, SqlError> {
  announceAnalyze(env, way);
  const startedAt = steadyNow(env.clock);
  return way.ask({ operation: 'sql:ANALYZE', text: analyzeStatements(timeoutSeconds), timeoutSeconds }).andThen((lines) => {
    const answers = lines.map(parseAnalyzed).filter((answer) => answer !== null);
    if (answers.length < lines.length) return err<AnalyzedDatabases, SqlError>({ kind: 'Unexpected', operation: 'sql:ANALYZE', message: `ANALYZE ${way.told} was not answered as asked`, remedy: 'The statements are to be run as they are, and the value of the last printed on one line.' });
    const since = answers.map(({ at }) => at).sort()[0] ?? '';
    return ok<AnalyzedDatabases, SqlError>({ databases: answers.map(({ database }) => database), seconds: secondsSince(env, startedAt), since });
  });
}

export function announceAnalyze(env: Environment, way: SqlWay): void {
  const databases = declaredDatabases(env);
  announce(env, {
    resource: `statistics of ${databases.join(', ') || env.definition.database}`,
    from: 'as they are',
    to: 'analyzed',
    operation: 'sql:ANALYZE',
    why: `queries are planned by them; ${way.told}`,
  });
}
