import { errAsync, okAsync, type ResultAsync } from 'neverthrow';
import { type Environment, internals, type RunFact } from '../../environment/environment.js';
import type { Aborted, Conflict } from '../../errors.js';
import { awaitSessionsEnded } from './await-sessions-ended.js';

/**
 * Of an earlier attempt nobody knows what became of, a statement may still be at work, with no task behind it any more: its sessions are waited
 * for, and what is left of them refuses the next attempt. Where nobody can tell, whoever said `retryMigration` has looked.
 */
export function refuseSessionsLeft(env: Environment, mayRun: readonly string[]): ResultAsync<void, Aborted | Conflict> {
  const ended = env[internals].run?.recallFact('migrationEndedAt' satisfies RunFact);
  const endedAt = typeof ended === 'string' ? Date.parse(ended) : env.clock.now();
  return awaitSessionsEnded(env, { endedAt, mayRun }).andThen((sessions) => (sessions === 'left' ? errAsync(sessionsLeft(env)) : okAsync(undefined)));
}

function sessionsLeft({ definition }: Environment): Conflict {
  return {
    kind: 'Conflict',
    reason: 'migration-in-flight',
    message: `database ${definition.database} still has sessions, of which one may be an earlier attempt's that is at work: no migration was started`,
    remedy: "Look into pg_stat_activity. Close your own sessions; wait for the migration's, or end it with pg_terminate_backend, which rolls it back. Then retry.",
  };
}
