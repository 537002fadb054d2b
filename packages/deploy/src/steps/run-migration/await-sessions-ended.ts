import { err, errAsync, ok, okAsync, type ResultAsync } from 'neverthrow';
import type { Environment } from '../../environment/environment.js';
import type { Aborted, AwsError, Conflict, TimedOut } from '../../errors.js';
import { type Probe, waitUntil } from '../../wait.js';
import { lookAtDatabases, type LookError } from '../database-sql/look-at-databases.js';
import { type SqlWay, sqlWayOf } from '../database-sql/sql-way.js';
import { databaseConnections, minuteMs } from './database-connections.js';

/** A statement that was sent is finished by the server whether its client lives or not. */
const timeoutSeconds = 20 * 60;
const waitingFor = "the migration's sessions to end";
const nothingSeen = 'no minute of DatabaseConnections since the end';

/** `left`: the last look saw some. `unseen`: others may have some all the while, or nobody tells. */
export type Sessions = 'ended' | 'left' | 'unseen';

/**
 * Waits until the database has no session at all: what is left of a migration that was killed or failed may still commit. Told by the database
 * itself where there is a way to its SQL and its user is told of others' sessions; else seen by a whole minute of `DatabaseConnections` after
 * the end. No number but 0 proves it, because others come and go.
 */
export function awaitSessionsEnded(env: Environment, { endedAt, mayRun }: { readonly endedAt: number; readonly mayRun: readonly string[] }): ResultAsync<Sessions, Aborted | Conflict> {
  if (mayRun.length > 0) return okAsync(unknown(env, 'unseen', `${mayRun.join(', ')} may have sessions of ${mayRun.length === 1 ? 'its' : 'their'} own.`));
  const way = sqlWayOf(env, 'runMigration');
  const ended = way === null ? awaitByMetric(env, endedAt) : awaitBySql(env, way).andThen((told) => (told ? okAsync(true) : awaitByMetric(env, endedAt)));
  return ended
    .map((): Sessions => 'ended')
    .orElse((error) => {
      if (error.kind === 'Aborted' || error.kind === 'Conflict') return err(error);
      return ok(unknown(env, error.kind === 'TimedOut' && error.lastSeen !== nothingSeen ? 'left' : 'unseen', error.message));
    });
}

/** Nothing of a task that is STOPPED connects again, so that one moment without a session is enough. false: the database does not tell. */
function awaitBySql(env: Environment, way: SqlWay): ResultAsync<boolean, TimedOut | Aborted | Conflict> {
  return waitUntil<boolean, never, Aborted | Conflict>(env, {
    waitingFor,
    timeoutSeconds,
    intervalSeconds: way.secondsBetweenLooks,
    probe: () =>
      lookAtDatabases(way, 'runMigration')
        .map((looks): Probe<boolean, never> => {
          if (looks.some(({ seesOthers }) => !seesOthers)) return { status: 'done', value: doesNotTell(env, "its user is not told of others' sessions; grant it pg_monitor or pg_read_all_stats") };
          const sessions = Math.min(...looks.map(({ clients }) => clients));
          return sessions === 0 ? { status: 'done', value: true } : { status: 'pending', seen: sessions === 1 ? '1 session' : `${sessions} sessions` };
        })
        .orElse((error: LookError) => (error.kind === 'Aborted' || error.kind === 'Conflict' ? errAsync(error) : okAsync<Probe<boolean, never>, never>({ status: 'done', value: doesNotTell(env, error.message) }))),
  });
}

function doesNotTell(env: Environment, why: string): false {
  env.emit({ type: 'warning', message: `${env.definition.database} does not tell whether a session of the migration is left, and its metrics are waited for: ${why}` });
  return false;
}

function awaitByMetric(env: Environment, endedAt: number): ResultAsync<boolean, AwsError | TimedOut | Conflict> {
  const firstAfter = Math.ceil(endedAt / minuteMs) * minuteMs;
  return waitUntil<boolean, never, AwsError>(env, {
    waitingFor,
    timeoutSeconds,
    intervalSeconds: 15,
    probe: () =>
      databaseConnections(env, { from: endedAt - minuteMs, to: env.clock.now() }).map((byMinute) => {
        const newest = byMinute.get(Math.max(...[...byMinute.keys()].filter((minute) => minute >= firstAfter)));
        if (newest === undefined) return { status: 'pending' as const, seen: nothingSeen };
        return newest === 0 ? { status: 'done' as const, value: true } : { status: 'pending' as const, seen: `${newest} connections` };
      }),
  });
}

function unknown(env: Environment, sessions: Sessions, why: string): Sessions {
  env.emit({ type: 'warning', message: `Whether a session of the migration is left in ${env.definition.database} is not known: ${why}` });
  return sessions;
}
