import { errAsync, ok, okAsync, type ResultAsync, safeTry } from 'neverthrow';
import * as v from 'valibot';
import { missingIsNull } from '../../aws/map-error.js';
import { type DBInstance, deleteDbInstance, describeDbInstance, findDbInstance } from '../../aws/rds.js';
import { steadyNow } from '../../clock.js';
import { type Environment, internals } from '../../environment/environment.js';
import type { AwsWriteError, Conflict, LockLost, RunStoreFailed, WaitError } from '../../errors.js';
import { announce } from '../../reports/announce.js';
import { putKnown } from '../../runs/put-known.js';
import { keyOf, readJson, type Shape } from '../../runs/store-document.js';
import { type Probe, waitUntil } from '../../wait.js';
import { isBusy } from '../restore-db/busy.js';
import { restoredByTag } from '../restore-db/restore-aside.js';
import { msUntilVisible } from '../stale-status.js';

/** The instance that a rehearsal has made, or is about to. Outlives the run: the next one removes what this one leaves. */
export interface RehearsalRecord {
  readonly identifier: string;
  readonly run: string;
  /** null: it was requested, and perhaps never made. */
  readonly resourceId: string | null;
}

const shape: Shape<RehearsalRecord | null> = v.nullable(v.looseObject({ identifier: v.string(), resourceId: v.nullable(v.string()) }));

export function recordRehearsal(env: Environment, record: RehearsalRecord | null): ResultAsync<void, RunStoreFailed | LockLost> {
  return putKnown(env, keyOf.rehearsal(env.definition.name), record);
}

export type RemoveRehearsalError = AwsWriteError | WaitError | Conflict | RunStoreFailed | LockLost;

/** Removes the instance of this rehearsal, or of an earlier one that left it, and waits until it is gone. Another instance is never touched. */
export function removeRehearsal(env: Environment, secondsLeft: () => number): ResultAsync<void, RemoveRehearsalError> {
  return safeTry<void, RemoveRehearsalError>(async function* () {
    const record = (yield* readJson<RehearsalRecord | null>(env[internals].runStore, keyOf.rehearsal(env.definition.name), shape))?.value ?? null;
    if (record === null) return ok(undefined);
    if (env.planning) announceRemoval(env, record, 'available');
    else yield* remove(env, record, secondsLeft());
    return recordRehearsal(env, null);
  });
}

function remove(env: Environment, record: RehearsalRecord, timeoutSeconds: number): ResultAsync<void, AwsWriteError | WaitError | Conflict> {
  return safeTry<void, AwsWriteError | WaitError | Conflict>(async function* () {
    const instance = record.resourceId === null ? yield* requested(env, record) : yield* findDbInstance(env, record.resourceId);
    if (instance === null) return ok(undefined);
    return waitUntil<void, never, AwsWriteError>(env, {
      waitingFor: 'the rehearsed instance to be removed',
      timeoutSeconds,
      intervalSeconds: 15,
      probe: () => findDbInstance(env, instance.DbiResourceId ?? '').andThen((found) => (found === null ? okAsync<Probe<void, never>>({ status: 'done', value: undefined }) : removeFound(env, record, found))),
    });
  });
}

/** The answer to the request was lost with its process: whether there is an instance is seen soon, if ever. */
function requested(env: Environment, { identifier, run }: RehearsalRecord): ResultAsync<DBInstance | null, AwsWriteError | WaitError | Conflict> {
  const visibleBy = steadyNow(env.clock) + msUntilVisible;
  return waitUntil<DBInstance | null, Conflict, AwsWriteError>(env, {
    waitingFor: 'a rehearsed instance that may have been requested',
    timeoutSeconds: 2 * (msUntilVisible / 1000),
    intervalSeconds: 15,
    probe: () =>
      missingIsNull(describeDbInstance(env, identifier)).map((found): Probe<DBInstance | null, Conflict> => {
        if (found === null) return steadyNow(env.clock) < visibleBy ? { status: 'pending', seen: `${identifier} is not there` } : { status: 'done', value: null };
        const own = found.TagList?.some(({ Key, Value }) => Key === restoredByTag && Value === run) === true;
        return own ? { status: 'done', value: found } : { status: 'failed', error: somebodyElses(identifier) };
      }),
  });
}

/** By the name that it has now: a rename by somebody else changes nothing of whose it is. */
function removeFound(env: Environment, record: RehearsalRecord, { DBInstanceIdentifier = '', DBInstanceStatus = 'unknown' }: DBInstance): ResultAsync<Probe<void, never>, AwsWriteError> {
  const pending = (seen: string): Probe<void, never> => ({ status: 'pending', seen: `${DBInstanceIdentifier} is ${seen}` });
  if (DBInstanceStatus === 'deleting') return okAsync(pending(DBInstanceStatus));
  announceRemoval(env, record, DBInstanceStatus);
  return deleteDbInstance(env, DBInstanceIdentifier)
    .map(() => pending('about to be deleted'))
    .orElse((error) => (isBusy(error) ? okAsync(pending(DBInstanceStatus)) : errAsync(error)));
}

function announceRemoval(env: Environment, { identifier }: RehearsalRecord, from: string): void {
  announce(env, { resource: `database instance ${identifier}`, from, to: 'deleted', operation: 'rds:DeleteDBInstance', why: 'it was made to be looked at' });
}

function somebodyElses(identifier: string): Conflict {
  return {
    kind: 'Conflict',
    reason: 'resource-busy',
    message: `an instance ${identifier} exists and is not what a rehearsal has made: it was left alone`,
    remedy: 'Rename or delete it if nobody needs it, then call again.',
  };
}
