import { err, errAsync, ok, okAsync, type ResultAsync, safeTry } from 'neverthrow';
import { type DBInstance, describeDbInstance, stopDbInstance } from '../../aws/rds.js';
import { isoTime, steadyNow } from '../../clock.js';
import { type Environment, internals } from '../../environment/environment.js';
import type { AwsWriteError, Conflict, Refused, RunError, RunStoreFailed, WaitError } from '../../errors.js';
import { announce } from '../../reports/announce.js';
import { readDatabaseRecord, recordDatabase } from '../../runs/database-record.js';
import { type Probe, waitUntil } from '../../wait.js';
import { instanceCondition } from '../instance-status.js';
import { msUntilVisible, staleStatus } from '../stale-status.js';
import { refuseDatabaseUsers } from './refuse-database-users.js';

export type StopInstanceError = AwsWriteError | WaitError | Conflict | Refused | RunStoreFailed | RunError;

export interface StoppedInstance {
  readonly instance: DBInstance;
  /** Whether this step has stopped it, now or before it was interrupted. */
  readonly stopped: boolean;
  /** ISO time at which AWS starts it again. */
  readonly startsAgainAt: string;
}

/** Until a stopped instance is started again by AWS ("Stopping an Amazon RDS DB instance temporarily"). */
const stoppedAtMostMs = 7 * 24 * 60 * 60 * 1000;
const secondsBetweenReads = 10;
/** Journalled before the request: what is then found stopped is this step's doing. */
const intent = 'stopIntent';

/** Stops the instance, unless something uses it, and waits until it is stopped. */
export function stopInstance(env: Environment, why: string, timeoutSeconds: number): ResultAsync<StoppedInstance, StopInstanceError> {
  const request = requestOf(env, why);
  return safeTry<StoppedInstance, StopInstanceError>(async function* () {
    const isStale = staleStatus(env, yield* readDatabaseRecord(env), 'run');
    const found = yield* describeDbInstance(env, env.definition.database);
    const instance = isOff(found) ? found : yield* refusing(env, found);
    // a plan waits for nothing: what is on its way is taken to arrive
    if (env.planning) return (isOff(instance) ? okAsync(undefined) : request(instance)).map(() => stoppedInstance(env, instance));
    const stopped = yield* waitUntil(env, {
      waitingFor: 'the database to be stopped',
      timeoutSeconds,
      intervalSeconds: secondsBetweenReads,
      probe: () => describeDbInstance(env, env.definition.database).andThen((seen) => look(env, seen, { request, isStale })),
    });
    yield* recordDatabase(env, 'be-stopped');
    return ok(stoppedInstance(env, stopped));
  });
}

/** What waiting cannot cure is told before anything is waited for. */
function refusing(env: Environment, instance: DBInstance): ResultAsync<DBInstance, StopInstanceError> {
  const status = statusOf(instance);
  if (instanceCondition(status) === 'stuck') return errAsync(notStoppable(env, status));
  if (isReplicated(instance)) return errAsync(replicated(env));
  return refuseDatabaseUsers(env).map(() => instance);
}

interface Looking {
  readonly request: Request;
  readonly isStale: (stopped: boolean) => boolean;
}

type Request = (instance: DBInstance) => ResultAsync<Probe<DBInstance, never>, StopInstanceError>;

function look(env: Environment, instance: DBInstance, { request, isStale }: Looking): ResultAsync<Probe<DBInstance, Conflict>, StopInstanceError> {
  const status = statusOf(instance);
  const seen = `${env.definition.database} is ${status}`;
  if (isStale(status === 'stopped')) return okAsync({ status: 'pending', seen: `${seen}, and was asked to start a moment ago` });
  if (status === 'stopped') return okAsync({ status: 'done', value: instance });
  if (status === 'available') return request(instance);
  if (status !== 'stopping' && instanceCondition(status) === 'stuck') return okAsync({ status: 'failed', error: notStoppable(env, status) });
  return okAsync({ status: 'pending', seen });
}

/** Asks for the stop, and again only where it left no trace for a minute. RDS stops an instance that is available, and no other ("StopDBInstance"). */
function requestOf(env: Environment, why: string): Request {
  const { database } = env.definition;
  const pending = (seen: string): Probe<DBInstance, never> => ({ status: 'pending', seen: `${database} is ${seen}` });
  let acceptedAt: number | null = null;
  return (instance) => {
    if (acceptedAt !== null && steadyNow(env.clock) - acceptedAt < msUntilVisible) return okAsync(pending('about to stop'));
    return refuseDatabaseUsers(env)
      .andThen(() => recordIntent(env))
      .andThen(() => {
        announceStop(env, instance, why);
        return stopDbInstance(env, database);
      })
      .map(() => {
        acceptedAt = steadyNow(env.clock);
        return pending('about to stop');
      })
      .orElse((error) => {
        // busy after all, or stopping since an answer that was lost
        const message = error.kind === 'Unexpected' && error.code?.startsWith('InvalidDBInstanceState') === true ? (error.cause?.message ?? 'not said why') : null;
        return message === null ? err(error) : ok(pending(`not to be stopped yet: ${message}`));
      });
  };
}

function recordIntent(env: Environment): ResultAsync<void, StopInstanceError> {
  return recordDatabase(env, 'be-stopped').andThen(() => env[internals].run?.record(intent, { at: isoTime(env.clock) }) ?? okAsync(undefined));
}

function announceStop(env: Environment, { DBInstanceStatus, PendingModifiedValues = {} }: DBInstance, why: string): void {
  const { database } = env.definition;
  announce(env, { resource: `database instance ${database}`, from: DBInstanceStatus ?? 'unknown', to: 'stopped', operation: 'rds:StopDBInstance', why });
  // names only: a pending master password is among the values
  const dropped = Object.entries(PendingModifiedValues).flatMap(([name, value]) => (value === undefined || value === null ? [] : [name]));
  if (dropped.length > 0) env.emit({ type: 'warning', message: `${database} loses its pending modifications when it stops: ${dropped.join(', ')}.` });
}

function stoppedInstance(env: Environment, instance: DBInstance): StoppedInstance {
  const startsAgainAt = instance.AutomaticRestartTime ?? new Date(env.clock.now() + stoppedAtMostMs);
  return { instance, stopped: env[internals].run?.recall(intent) !== undefined, startsAgainAt: startsAgainAt.toISOString() };
}

function isOff(instance: DBInstance): boolean {
  return ['stopped', 'stopping'].includes(statusOf(instance));
}

function isReplicated({ ReadReplicaDBInstanceIdentifiers = [], ReadReplicaSourceDBInstanceIdentifier: source = '' }: DBInstance): boolean {
  return ReadReplicaDBInstanceIdentifiers.length > 0 || source !== '';
}

function statusOf({ DBInstanceStatus = 'unknown' }: DBInstance): string {
  return DBInstanceStatus;
}

function notStoppable(env: Environment, status: string): Conflict {
  return {
    kind: 'Conflict',
    reason: 'resource-busy',
    message: `database instance ${env.definition.database} is ${status}: RDS stops it only when it is available, and waiting does not make it so`,
    remedy: `Bring the instance back to available ("Viewing Amazon RDS DB instance status" says what ${status} means), then call again.`,
  };
}

function replicated(env: Environment): Conflict {
  return {
    kind: 'Conflict',
    reason: 'resource-busy',
    message: `database instance ${env.definition.database} has a read replica or is one: RDS stops neither`,
    remedy: 'Delete or promote the replica, then call again ("Stopping an Amazon RDS DB instance temporarily").',
  };
}
