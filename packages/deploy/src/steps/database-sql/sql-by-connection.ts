import { err, ok, okAsync, ResultAsync } from 'neverthrow';
import type { Environment } from '../../environment/environment.js';
import type { SqlConnection } from '../../sql-connection.js';
import { mapSqlError } from './map-sql-error.js';
import { declaredDatabases, type SqlError, type SqlQuestion, type SqlWay } from './sql-way.js';

/** By a connection from here. */
export function sqlByConnection(env: Environment, connection: SqlConnection): SqlWay {
  const declared = declaredDatabases(env);
  return {
    kind: 'connection',
    told: 'over sqlConnection',
    secondsBetweenLooks: 15,
    prepare: () => okAsync(undefined),
    ask: (question) => new ResultAsync(askEach(env, connection, declared.length === 0 ? [null] : declared, question)),
  };
}

async function askEach(env: Environment, connection: SqlConnection, databases: readonly (string | null)[], { operation, text, timeoutSeconds }: SqlQuestion) {
  const lines: string[] = [];
  for (const database of databases) {
    const answer = await ResultAsync.fromPromise(connection.ask({ database, text, timeoutSeconds, signal: env.signal }), (thrown) => mapSqlError(env, thrown, { operation, database, timeoutSeconds }));
    if (answer.isErr()) return err<readonly string[], SqlError>(answer.error);
    lines.push(answer.value);
  }
  return ok<readonly string[], SqlError>(lines);
}
