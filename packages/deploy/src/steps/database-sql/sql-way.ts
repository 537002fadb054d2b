import type { ResultAsync } from 'neverthrow';
import { type Environment, internals } from '../../environment/environment.js';
import type { AwsWriteError, Conflict, InvalidInput, WaitError } from '../../errors.js';
import { sqlByConnection } from './sql-by-connection.js';
import { sqlByTask } from './sql-by-task.js';

/** How the databases of the instance can be asked something. */
export interface SqlWay {
  readonly kind: 'connection' | 'task';
  /** For people: `over sqlConnection`. */
  readonly told: string;
  /** Between two looks: a task costs a minute of its own. */
  readonly secondsBetweenLooks: number;
  /** Finds what it asks with, by reads alone: of a task its family, container, log and network. Errors: as `ask`. */
  prepare(): ResultAsync<void, SqlError>;
  /**
   * Runs statements in every declared database, one after the other; where none is declared, in the way's own. Answers with a line for each.
   *
   * - AccessDenied: the database's or AWS's. NotFound: there is no such database, or family.
   * - InvalidInput: of `sqlTask`, what is not so in AWS.
   * - TimedOut: the server, or the task, did not end in time; what was begun is told to end. Aborted likewise.
   * - Unreachable: no connection, or no room for one. Unexpected: whatever else the database says, or the task that failed.
   */
  ask(question: SqlQuestion): ResultAsync<readonly string[], SqlError>;
}

export interface SqlQuestion {
  /** As the action of an IAM policy would be called: `sql:ANALYZE`. */
  readonly operation: 'sql:SELECT' | 'sql:ANALYZE';
  readonly text: string;
  /** For each statement in each database. */
  readonly timeoutSeconds: number;
}

export type SqlError = AwsWriteError | InvalidInput | WaitError | Conflict;

/** null: the definition has neither `sqlConnection` nor `sqlTask`. `step` asks. */
export function sqlWayOf(env: Environment, step: string): SqlWay | null {
  const { sql } = env[internals];
  if (sql !== null) return sqlByConnection(env, sql.connection);
  const { sqlTask } = env.definition;
  return sqlTask === undefined ? null : sqlByTask(env, sqlTask, step);
}

/** What services are said to use; none where none says so. */
export function declaredDatabases(env: Environment): readonly string[] {
  return [...new Set(Object.values(env.definition.services).flatMap(({ databases = [] }) => databases))].sort();
}
