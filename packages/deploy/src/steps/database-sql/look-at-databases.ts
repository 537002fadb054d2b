import { err, ok, type ResultAsync } from 'neverthrow';
import type { InvalidInput, Unexpected, Unreachable } from '../../errors.js';
import { invalidInput } from '../../runs/as-run.js';
import { type DatabaseLook, parseLook } from './parse-answer.js';
import type { SqlError, SqlWay } from './sql-way.js';
import { lookStatement } from './statements.js';

export type LookError = Exclude<SqlError, { kind: 'TimedOut' }>;

/** It reads statistics alone. */
const lookSeconds = 30;

/** One look at every database. `analyzedSince`: by name of the database, its time from which a table counts as analyzed, the same for all. */
export function lookAtDatabases(way: SqlWay, step: string, analyzedSince: string | null = null): ResultAsync<readonly DatabaseLook[], LookError> {
  return way
    .ask({ operation: 'sql:SELECT', text: lookStatement({ analyzedSince }), timeoutSeconds: lookSeconds })
    .mapErr((error): LookError => (error.kind === 'TimedOut' ? unanswered(error.message) : error))
    .andThen((lines) => {
      const looks = lines.map(parseLook);
      const known = looks.filter((look) => look !== null);
      if (known.length < looks.length) return err(noAnswer(way, lines[looks.indexOf(null)]!));
      return known.some(({ standby }) => standby) ? err(replica(way, step)) : ok(known);
    });
}

/** A look that takes too long says nothing of whether the database settles: it is no timeout of that wait. */
function unanswered(message: string): Unreachable {
  return { kind: 'Unreachable', operation: 'sql:SELECT', message, remedy: 'Look what keeps the database, or the task that asks it, from answering.' };
}

function noAnswer({ told }: SqlWay, line: string): Unexpected {
  return {
    kind: 'Unexpected',
    operation: 'sql:SELECT',
    message: `what was asked ${told} was not answered as asked: ${line.length > 200 ? `${line.slice(0, 200)}…` : line}`,
    remedy: 'The statement is to be run as it is, and its one value printed on one line.',
  };
}

function replica({ kind }: SqlWay, step: string): InvalidInput {
  return invalidInput(step, [`${kind === 'connection' ? 'sqlConnection' : 'sqlTask'}: expected a way to the instance itself, got one to a replica, whose sessions and statistics are its own`]);
}
