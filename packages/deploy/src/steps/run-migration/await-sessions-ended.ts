import { err, ok, okAsync, type ResultAsync } from 'neverthrow';
import type { Environment } from '../../environment/environment.js';
import type { Aborted, AwsError, Conflict } from '../../errors.js';
import { waitUntil } from '../../wait.js';
import { databaseConnections, minuteMs } from './database-connections.js';

/** A statement that was sent is finished by the server whether its client lives or not. */
const timeoutSeconds = 20 * 60;

/**
 * Waits until the database has no session at all: what is left of a migration that was killed or failed may still commit. Seen by a whole
 * minute of `DatabaseConnections` after the end; no number but 0 proves it, because others come and go. false: sessions remain, or may, or
 * it cannot be seen.
 */
export function awaitSessionsEnded(env: Environment, { endedAt, mayRun }: { readonly endedAt: number; readonly mayRun: readonly string[] }): ResultAsync<boolean, Aborted | Conflict> {
  if (mayRun.length > 0) return okAsync(unknown(env, `${mayRun.join(', ')} may have sessions of ${mayRun.length === 1 ? 'its' : 'their'} own.`));
  const firstAfter = Math.ceil(endedAt / minuteMs) * minuteMs;
  return waitUntil<boolean, never, AwsError>(env, {
    waitingFor: "the migration's sessions to end",
    timeoutSeconds,
    intervalSeconds: 15,
    probe: () =>
      databaseConnections(env, { from: endedAt - minuteMs, to: env.clock.now() }).map((byMinute) => {
        const newest = byMinute.get(Math.max(...[...byMinute.keys()].filter((minute) => minute >= firstAfter)));
        if (newest === undefined) return { status: 'pending' as const, seen: 'no minute of DatabaseConnections since the end' };
        return newest === 0 ? { status: 'done' as const, value: true } : { status: 'pending' as const, seen: `${newest} connections` };
      }),
  }).orElse((error) => {
    if (error.kind === 'Aborted' || error.kind === 'Conflict') return err(error);
    return ok(unknown(env, error.message));
  });
}

function unknown(env: Environment, why: string): false {
  env.emit({ type: 'warning', message: `Whether a session of the migration is left in ${env.definition.database} is not known: ${why}` });
  return false;
}
