import type { ResultAsync } from 'neverthrow';
import { steadyNow } from '../clock.js';
import type { Environment } from '../environment/environment.js';
import { waitProblems } from '../environment/validate.js';
import type { InvalidInput } from '../errors.js';
import { asRun, type Known } from '../runs/as-run.js';
import { secondsSince } from './deadline.js';
import { stopInstance, type StopInstanceError } from './stop-db/stop-instance.js';

export interface StopDbOptions {
  /** Until it is stopped, a backup or a modification that passes first included; default 3600. */
  readonly timeoutSeconds?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface StopDbReport {
  /** Identifier of the instance. */
  readonly database: string;
  readonly instanceResourceId: string;
  /** Whether this call has stopped it; false: it was stopped, or about to be, already. */
  readonly stopped: boolean;
  /** ISO time at which AWS starts it again, seven days after it was stopped. */
  readonly startsAgainAt: string;
  readonly seconds: number;
}

export type StopDbError = InvalidInput | StopInstanceError;

/** "Stopping an Amazon RDS DB instance temporarily": it can take long, on Multi-AZ more so. */
const defaultTimeoutSeconds = 60 * 60;

/**
 * Stops the database instance and waits until it is stopped. Only an available one can be: a backup or a modification is waited for first.
 * Refuses while a declared service that uses the instance is wanted or has tasks left, and while a migration is in flight. What is stored
 * stays, its name and address too; what was pending is dropped, CPU credits of a burstable class are lost. AWS starts it again after seven
 * days, which a warning and the report tell: `keepDbStopped`. AWS documentation: "Stopping an Amazon RDS DB instance temporarily".
 *
 * Left behind on a failure: the instance as far stopped as it is; calling again goes on from there.
 *
 * Errors: InvalidInput; Refused (`database-in-use`); Conflict (`migration-in-flight`), Conflict (`resource-busy`) for an instance that
 * waiting does not make available (storage full, failed) or that has a read replica, Conflict on a hold, a lock or a foreign change;
 * NotFound for the instance; TimedOut; Aborted; LockLost, RunStoreFailed; any AwsError.
 */
export function stopDb(env: Environment, options: StopDbOptions = {}): ResultAsync<StopDbReport, StopDbError> {
  const spec = { name: 'stopDb', changes: true, refusedByHold: true, known: { timeoutSeconds: true, signal: true } satisfies Known<StopDbOptions>, problems: () => waitProblems(options), options };
  return asRun(env, spec, (env) => {
    const startedAt = steadyNow(env.clock);
    return stopInstance(env, 'nothing uses it', options.timeoutSeconds ?? defaultTimeoutSeconds).map(({ instance, stopped, startsAgainAt }) => {
      const { database } = env.definition;
      env.emit({ type: 'warning', message: `AWS starts ${database} again at ${startsAgainAt}: let keepDbStopped run on a schedule if it is to stay stopped.` });
      return { database, instanceResourceId: instance.DbiResourceId ?? '', stopped, startsAgainAt, seconds: secondsSince(env, startedAt) };
    });
  });
}
