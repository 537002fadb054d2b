import { errAsync, ok, okAsync, type ResultAsync, safeTry } from 'neverthrow';
import { type DBInstance, describeDbInstance, startDbInstance } from '../aws/rds.js';
import { isoTime, steadyNow } from '../clock.js';
import { type Environment, internals } from '../environment/environment.js';
import { waitProblems } from '../environment/validate.js';
import type { AwsWriteError, Conflict, InvalidInput, RunError, RunStoreFailed, WaitError } from '../errors.js';
import { announce } from '../reports/announce.js';
import { asRun, type Known } from '../runs/as-run.js';
import { readDatabaseRecord, recordDatabase } from '../runs/database-record.js';
import { type Probe, waitUntil } from '../wait.js';
import { secondsSince } from './deadline.js';
import { instanceCondition } from './instance-status.js';
import { msUntilVisible, staleStatus } from './stale-status.js';
import { notStartable, refusedStart } from './start-db/refused-start.js';

export interface StartDbOptions {
  /** Until it is usable; default 3600. */
  readonly timeoutSeconds?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface StartDbReport {
  /** Identifier of the instance. */
  readonly database: string;
  readonly instanceResourceId: string;
  /** Whether this call has started it; false: it ran, or was about to, already. */
  readonly started: boolean;
  /** The usable status it was found in at the end. */
  readonly status: string;
  /** Where services reach it: the same as before it was stopped. null where AWS did not say. */
  readonly endpoint: { readonly address: string; readonly port: number } | null;
  readonly seconds: number;
}

export type StartDbError = InvalidInput | AwsWriteError | WaitError | Conflict | RunStoreFailed | RunError;

/** Minutes, and longer where PostgreSQL recovers first ("Starting an Amazon RDS DB instance that was previously stopped"). */
const defaultTimeoutSeconds = 60 * 60;
const secondsBetweenReads = 10;
/** Journalled before the request: what is then found started is this step's doing. */
const intent = 'startIntent';

/**
 * Starts the stopped database instance and waits until it is usable: available, taking a backup, or in storage-optimization. A stop or a
 * start that is under way is waited for; an instance that is usable is left alone, and the report says so. Starts no service and opens no
 * gate. A burstable class begins without CPU credits. `keepDbStopped` leaves it running until it is stopped with `stopDb`. AWS
 * documentation: "Starting an Amazon RDS DB instance that was previously stopped".
 *
 * Left behind on a failure: the instance as far started as it is; calling again goes on from there.
 *
 * Errors: InvalidInput; Conflict (`resource-busy`) where AWS has no room for its class now, cannot use its KMS key or its network, or
 * its status does not pass by itself (storage full, failed), Conflict on a hold, a lock or a foreign change; NotFound for the instance;
 * TimedOut; Aborted; LockLost, RunStoreFailed; any AwsError.
 */
export function startDb(env: Environment, options: StartDbOptions = {}): ResultAsync<StartDbReport, StartDbError> {
  const spec = { name: 'startDb', changes: true, refusedByHold: true, known: { timeoutSeconds: true, signal: true } satisfies Known<StartDbOptions>, problems: () => waitProblems(options), options };
  return asRun(env, spec, (env) =>
    safeTry<StartDbReport, StartDbError>(async function* () {
      const startedAt = steadyNow(env.clock);
      const looking: Looking = { request: requestOf(env), isStale: staleStatus(env, yield* readDatabaseRecord(env), 'be-stopped') };
      yield* recordDatabase(env, 'run');
      const instance = yield* env.planning ? planStart(env, looking.request) : awaitUsable(env, looking, options.timeoutSeconds ?? defaultTimeoutSeconds);
      return ok({ ...reportOn(env, instance), seconds: secondsSince(env, startedAt) });
    }),
  );
}

interface Looking {
  readonly request: Request;
  readonly isStale: (usable: boolean) => boolean;
}

type Request = (instance: DBInstance) => ResultAsync<Probe<DBInstance, never>, StartDbError>;

function awaitUsable(env: Environment, looking: Looking, timeoutSeconds: number): ResultAsync<DBInstance, StartDbError> {
  return waitUntil(env, {
    waitingFor: 'the database to be usable',
    timeoutSeconds,
    intervalSeconds: secondsBetweenReads,
    probe: () => describeDbInstance(env, env.definition.database).andThen((instance) => look(env, instance, looking)),
  });
}

function look(env: Environment, instance: DBInstance, { request, isStale }: Looking): ResultAsync<Probe<DBInstance, Conflict>, StartDbError> {
  const status = statusOf(instance);
  const condition = instanceCondition(status);
  const seen = `${env.definition.database} is ${status}`;
  if (isStale(condition === 'usable')) return okAsync({ status: 'pending', seen: `${seen}, and was asked to stop a moment ago` });
  if (condition === 'usable') return okAsync({ status: 'done', value: instance });
  if (status === 'stopped') return request(instance);
  if (condition === 'stuck' && status !== 'stopping') return okAsync({ status: 'failed', error: notStartable(env, status) });
  return okAsync({ status: 'pending', seen });
}

/** Asks for the start, and again only where it left no trace for a minute. */
function requestOf(env: Environment): Request {
  const { database } = env.definition;
  const pending = (seen: string): Probe<DBInstance, never> => ({ status: 'pending', seen: `${database} is ${seen}` });
  let acceptedAt: number | null = null;
  return (instance) => {
    if (acceptedAt !== null && steadyNow(env.clock) - acceptedAt < msUntilVisible) return okAsync(pending('about to start'));
    return recordIntent(env)
      .andThen(() => {
        announceStart(env, instance);
        return startDbInstance(env, database);
      })
      .map(() => {
        acceptedAt = steadyNow(env.clock);
        return pending('about to start');
      })
      .orElse((error) => {
        // starting already, since an answer that was lost or by somebody else
        if (error.kind === 'Unexpected' && error.code?.startsWith('InvalidDBInstanceState') === true) return okAsync(pending(`not to be started yet: ${error.cause?.message ?? 'not said why'}`));
        return errAsync(refusedStart(env, instance, error));
      });
  };
}

function recordIntent(env: Environment): ResultAsync<void, StartDbError> {
  return recordDatabase(env, 'run').andThen(() => env[internals].run?.record(intent, { at: isoTime(env.clock) }) ?? okAsync(undefined));
}

/** A plan waits for nothing: what is on its way is taken to arrive. */
function planStart(env: Environment, request: Request): ResultAsync<DBInstance, StartDbError> {
  return describeDbInstance(env, env.definition.database).andThen((instance): ResultAsync<DBInstance, StartDbError> => {
    const status = statusOf(instance);
    if (status === 'stopped' || status === 'stopping') return request(instance).map(() => instance);
    return instanceCondition(status) === 'stuck' ? errAsync(notStartable(env, status)) : okAsync(instance);
  });
}

function announceStart(env: Environment, instance: DBInstance): void {
  announce(env, { resource: `database instance ${env.definition.database}`, from: statusOf(instance), to: 'available', operation: 'rds:StartDBInstance', why: 'services need it' });
}

function reportOn(env: Environment, instance: DBInstance): Omit<StartDbReport, 'seconds'> {
  const { Address: address, Port: port } = instance.Endpoint ?? {};
  return {
    database: env.definition.database,
    instanceResourceId: instance.DbiResourceId ?? '',
    started: env[internals].run?.recall(intent) !== undefined,
    status: env.planning ? 'available' : statusOf(instance),
    endpoint: address === undefined || port === undefined ? null : { address, port },
  };
}

function statusOf({ DBInstanceStatus = 'unknown' }: DBInstance): string {
  return DBInstanceStatus;
}
