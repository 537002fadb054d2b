import { err, errAsync, ok, okAsync, type ResultAsync, safeTry } from 'neverthrow';
import type { Environment } from '../environment/environment.js';
import { waitProblems } from '../environment/validate.js';
import type { Conflict, Refused } from '../errors.js';
import { asRun, type Known } from '../runs/as-run.js';
import type { ReadStateError } from '../states/read-state.js';
import { whyNotStopped } from './keep-db-stopped/why-not-stopped.js';
import { stopInstance, type StopInstanceError } from './stop-db/stop-instance.js';

export interface KeepDbStoppedOptions {
  /** Until it is stopped, a start by AWS that is still going on included; default 3600. */
  readonly timeoutSeconds?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface KeepDbStoppedReport {
  /** Identifier of the instance. */
  readonly database: string;
  /** Whether this call has stopped it. */
  readonly stopped: boolean;
  /** Why it was stopped, or left as it is: a sentence for people. */
  readonly why: string;
  /** ISO time at which AWS starts it again; null when this call has not stopped it. */
  readonly startsAgainAt: string | null;
}

export type KeepDbStoppedError = Exclude<ReadStateError | StopInstanceError, Refused>;

const defaultTimeoutSeconds = 60 * 60;

/**
 * For a schedule, once a day or more often: stops the instance again that AWS has started after seven days, and only if it is meant to be
 * stopped. That is so while everything else is: the gate closed, every declared service at desired count 0, no hold, no run and no migration
 * in flight. One that `startDb` has started is meant to run, and so is one under services that a run has stopped without it. Then nothing is
 * changed, and the report tells why; a look that changes nothing takes no lock. AWS documentation: "Stopping an Amazon RDS DB instance
 * temporarily".
 *
 * Left behind on a failure: the instance as far stopped as it is; the next call goes on from there.
 *
 * Errors: InvalidInput; Conflict (`resource-busy`) for an instance that waiting does not make available, or on a foreign change; NotFound
 * for the instance, a service or the listener; TimedOut; Aborted; LockLost, RunStoreFailed; any AwsError. A hold, a lock, a migration in
 * flight or a service that is wanted is no error, but a reason to leave it.
 */
export function keepDbStopped(env: Environment, options: KeepDbStoppedOptions = {}): ResultAsync<KeepDbStoppedReport, KeepDbStoppedError> {
  const spec = { name: 'keepDbStopped', changes: false, refusedByHold: false, known: { timeoutSeconds: true, signal: true } satisfies Known<KeepDbStoppedOptions>, problems: () => waitProblems(options), options };
  return asRun(env, spec, (env) =>
    whyNotStopped(env).andThen((why): ResultAsync<KeepDbStoppedReport, KeepDbStoppedError> => (why === null ? stopAgain(env, options.timeoutSeconds ?? defaultTimeoutSeconds) : okAsync(leftAsItIs(env, why)))),
  );
}

/** With the lock, and looked at again: what was read before it may be somebody's change by now. */
function stopAgain(env: Environment, timeoutSeconds: number): ResultAsync<KeepDbStoppedReport, KeepDbStoppedError> {
  const spec = { name: 'keepDbStopped', changes: true, refusedByHold: true, known: {}, problems: () => [] };
  return asRun(env, spec, (env) =>
    safeTry<KeepDbStoppedReport, KeepDbStoppedError>(async function* () {
      const why = yield* whyNotStopped(env);
      if (why !== null) return ok(leftAsItIs(env, why));
      const outcome = await stopInstance(env, `everything else in ${env.definition.name} is stopped`, timeoutSeconds);
      if (outcome.isErr()) {
        const { error } = outcome;
        return error.kind === 'Refused' || isConflict(error, ['migration-in-flight']) ? ok(leftAsItIs(env, error.message)) : err(error);
      }
      const { database, name } = env.definition;
      return ok({ database, stopped: true, why: `${database} ran while everything else in ${name} was stopped`, startsAgainAt: outcome.value.startsAgainAt });
    }),
  ).orElse((error) => (isConflict(error, ['hold', 'lock', 'infrastructure-lock']) ? okAsync(leftAsItIs(env, error.message)) : errAsync(error)));
}

function isConflict(error: KeepDbStoppedError, reasons: readonly Conflict['reason'][]): boolean {
  return error.kind === 'Conflict' && reasons.includes(error.reason);
}

function leftAsItIs(env: Environment, why: string): KeepDbStoppedReport {
  return { database: env.definition.database, stopped: false, why, startsAgainAt: null };
}
