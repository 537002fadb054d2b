import { errAsync, okAsync, type ResultAsync } from 'neverthrow';
import { missingIsNull } from '../../aws/map-error.js';
import { type DBInstance, describeDbInstance, findDbInstance, modifyDbInstance } from '../../aws/rds.js';
import { steadyNow } from '../../clock.js';
import type { Environment } from '../../environment/environment.js';
import type { AwsError, AwsWriteError, Conflict, WaitError } from '../../errors.js';
import { announce } from '../../reports/announce.js';
import { type Probe, waitUntil } from '../../wait.js';
import { instanceCondition } from '../instance-status.js';
import { msUntilVisible } from '../stale-status.js';
import { isBusy, isNameTaken } from './busy.js';
import { isModifiable } from './restore-aside.js';

export interface Renaming {
  /** The instance, whatever it is called. */
  readonly resourceId: string;
  readonly from: string;
  readonly to: string;
  readonly why: string;
  readonly timeoutSeconds: number;
}

export type RenameError = AwsWriteError | WaitError | Conflict;

/**
 * Renames one instance and waits until it is usable under its new name, and only then leads somebody there. Names change hands and are told
 * under neither for minutes ("Renaming a DB instance"): the instance is followed by its immutable id, and one that is renamed already is left
 * alone. It restarts.
 */
export function renameInstance(env: Environment, renaming: Renaming): ResultAsync<DBInstance, RenameError> {
  const { resourceId, to, timeoutSeconds } = renaming;
  const request = requestOf(env, renaming);
  if (env.planning) {
    announceRename(env, renaming);
    return okAsync({});
  }
  return waitUntil<DBInstance, Conflict, AwsWriteError>(env, {
    waitingFor: `the instance to be called ${to}`,
    timeoutSeconds,
    intervalSeconds: 10,
    probe: () =>
      findDbInstance(env, resourceId).andThen((instance): ResultAsync<Probe<DBInstance, Conflict>, AwsWriteError> => {
        if (instance === null) return okAsync({ status: 'pending', seen: 'found under neither name' });
        const { DBInstanceIdentifier: name = '', DBInstanceStatus: status = 'unknown' } = instance;
        if (name !== to && name !== renaming.from) return okAsync({ status: 'failed', error: renamedByAnother(renaming, name) });
        if (instanceCondition(status) === 'stuck') return okAsync({ status: 'failed', error: notRenamable(name, status) });
        if (name === renaming.from && isModifiable(status)) return request(instance);
        if (name === renaming.from || instanceCondition(status) !== 'usable') return okAsync({ status: 'pending', seen: `${name} is ${status}` });
        return leadsTo(env, to, resourceId).map((leads) => (leads ? { status: 'done', value: instance } : { status: 'pending', seen: `${to} does not lead to it yet` }));
      }),
  });
}

/** Whether an instance is found by the name, and is that one. */
function leadsTo(env: Environment, name: string, resourceId: string): ResultAsync<boolean, AwsError> {
  return missingIsNull(describeDbInstance(env, name)).map((instance) => instance?.DbiResourceId === resourceId);
}

function requestOf(env: Environment, renaming: Renaming): (instance: DBInstance) => ResultAsync<Probe<DBInstance, Conflict>, AwsWriteError> {
  const { from, to } = renaming;
  const pending = (seen: string): Probe<DBInstance, Conflict> => ({ status: 'pending', seen: `${from} is ${seen}` });
  let acceptedAt: number | null = null;
  return (instance) => {
    if (acceptedAt !== null && steadyNow(env.clock) - acceptedAt < msUntilVisible) return okAsync(pending('about to be renamed'));
    warnOfPending(env, instance);
    announceRename(env, renaming);
    return modifyDbInstance(env, from, { NewDBInstanceIdentifier: to })
      .map(() => {
        acceptedAt = steadyNow(env.clock);
        return pending('about to be renamed');
      })
      .orElse((error) => {
        if (isBusy(error)) return okAsync(pending('busy'));
        return isNameTaken(error) ? whoseName(env, renaming) : errAsync(error);
      });
  };
}

/** A name is free some time after its last bearer was renamed. */
function whoseName(env: Environment, { from, to }: Renaming): ResultAsync<Probe<DBInstance, Conflict>, AwsError> {
  return missingIsNull(describeDbInstance(env, to)).map((bearer) => (bearer === null ? { status: 'pending', seen: `the name ${to} is not free yet` } : { status: 'failed', error: nameTaken(from, to, bearer.DbiResourceId) }));
}

function announceRename(env: Environment, { from, to, why }: Renaming): void {
  announce(env, { resource: `database instance ${from}`, from, to, operation: 'rds:ModifyDBInstance', why });
}

/** Names only: a pending master password is among the values. */
function warnOfPending(env: Environment, { DBInstanceIdentifier, PendingModifiedValues = {} }: DBInstance): void {
  const pending = Object.entries(PendingModifiedValues).flatMap(([name, value]) => (value === undefined || value === null ? [] : [name]));
  if (pending.length > 0) env.emit({ type: 'warning', message: `With its renaming ${DBInstanceIdentifier} gets its pending modifications: ${pending.join(', ')}.` });
}

function renamedByAnother({ from, to }: Renaming, name: string): Conflict {
  return {
    kind: 'Conflict',
    reason: 'foreign-change',
    changes: [`database instance ${from}: ${to} -> ${name}`],
    message: `the instance that was called ${from} is called ${name} now: somebody else has renamed it`,
    remedy: `Find out who, give it the name ${from} or ${to}, and go on.`,
  };
}

function notRenamable(name: string, status: string): Conflict {
  return {
    kind: 'Conflict',
    reason: 'resource-busy',
    message: `database instance ${name} is ${status}: it cannot be renamed, and waiting does not change that`,
    remedy: `Bring the instance back to available ("Viewing Amazon RDS DB instance status" says what ${status} means), then go on.`,
  };
}

function nameTaken(from: string, to: string, resourceId: string | undefined): Conflict {
  return {
    kind: 'Conflict',
    reason: 'foreign-change',
    changes: [`database instance ${to}: ${resourceId ?? 'unknown'} bears the name`],
    message: `${from} cannot be called ${to}: another instance (${resourceId ?? 'unknown'}) bears that name, and is left alone`,
    remedy: `Find out whose it is, rename it, and go on.`,
  };
}
