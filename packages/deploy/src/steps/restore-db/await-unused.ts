import { errAsync, okAsync, type ResultAsync } from 'neverthrow';
import { type DBInstance, findDbInstance } from '../../aws/rds.js';
import { readAwsTime } from '../../aws/sts.js';
import { steadyNow } from '../../clock.js';
import type { Environment } from '../../environment/environment.js';
import { internals } from '../../environment/environment.js';
import type { Aborted, AwsError, Conflict, Refused } from '../../errors.js';
import { waitUntil } from '../../wait.js';
import { databaseConnections, minuteMs } from '../run-migration/database-connections.js';

export interface UnusedReport {
  /** ISO time at which the minute began in which nobody was connected. */
  readonly minute: string;
}

export type AwaitUnusedError = AwsError | Aborted | Conflict | Refused;

/**
 * Waits until a whole minute has passed, after now, in which the instance had no client: who is connected when it is set aside writes to what
 * nobody reads any more. Told by the metric `DatabaseConnections`, which does not count RDS's own sessions.
 */
export function awaitUnused(env: Environment, timeoutSeconds: number): ResultAsync<UnusedReport, AwaitUnusedError> {
  return readAwsTime(env).andThen((now) => awaitMinute(env, now, timeoutSeconds));
}

/** The same once it was restored beside it, which may have taken hours; not where it was set aside, or is being, before this was interrupted: it is told under neither name then. */
export function awaitStillUnused(env: Environment, resourceId: string, timeoutSeconds: number): ResultAsync<void, AwaitUnusedError> {
  // a plan has restored nothing
  if (env.planning) return okAsync(undefined);
  const database = env.definition.database.toLowerCase();
  const isInUse = (instance: DBInstance | null) => instance?.DBInstanceIdentifier === database && instance.DBInstanceStatus !== 'renaming';
  return findDbInstance(env, resourceId).andThen((instance) => (isInUse(instance) ? awaitUnused(env, timeoutSeconds).map(() => undefined) : okAsync(undefined)));
}

/** `now` is AWS's: by a clock that is behind it a minute of long ago would count. */
function awaitMinute(env: Environment, now: number, timeoutSeconds: number): ResultAsync<UnusedReport, AwaitUnusedError> {
  const { clock } = env;
  const begun = { at: clock.now(), steady: steadyNow(clock) };
  // a machine that slept has lost steady time, and one whose clock was set back the other: a minute too many does no harm
  const elapsed = () => Math.max(clock.now() - begun.at, steadyNow(clock) - begun.steady);
  const from = Math.ceil(now / minuteMs) * minuteMs;
  return waitUntil<UnusedReport, never, AwsError>(env, {
    waitingFor: 'the last client to leave the database',
    timeoutSeconds,
    intervalSeconds: 15,
    planned: () => ({ minute: new Date(from).toISOString() }),
    probe: () =>
      databaseConnections(env, { from, to: now + elapsed() + minuteMs }).map((byMinute) => {
        const minute = Math.max(...byMinute.keys());
        const connections = byMinute.get(minute);
        if (connections === undefined) return { status: 'pending', seen: 'no minute of DatabaseConnections since services have stopped' };
        return connections === 0 ? { status: 'done', value: { minute: new Date(minute).toISOString() } } : { status: 'pending', seen: `${connections} connections` };
      }),
  }).orElse((error) => errAsync(error.kind === 'TimedOut' ? inUse(env, error.lastSeen) : error));
}

function inUse(env: Environment, lastSeen: string): Refused {
  const { database } = env.definition;
  const way = env[internals].run === null ? '' : ', then resume the run';
  return {
    kind: 'Refused',
    rule: 'client-connections',
    message: `${database} is still in use, or may be (${lastSeen}), although every service that is declared to use it has stopped: it was not replaced, because what such a client writes would be lost`,
    remedy: `End what is connected (SELECT pid, usename, client_addr FROM pg_stat_activity tells who)${way}.`,
  };
}
