import { err, ok, okAsync, type ResultAsync, safeTry } from 'neverthrow';
import { missingIsNull } from '../../aws/map-error.js';
import { type DBInstance, describeDbInstance, findDbInstance, restoreDbInstance, restoreDbInstanceToMoment } from '../../aws/rds.js';
import { steadyNow } from '../../clock.js';
import { type Environment, internals } from '../../environment/environment.js';
import type { AwsWriteError, Conflict, LockLost, RestoreFailed, RunStoreFailed, WaitError } from '../../errors.js';
import { announce } from '../../reports/announce.js';
import { type Probe, waitUntil } from '../../wait.js';
import { instanceCondition } from '../instance-status.js';
import { msUntilVisible } from '../stale-status.js';
import { type RestorePoint, restorePointName, restorePointText } from './restore-point-name.js';
import type { RestoreSettings } from './restored-configuration.js';

/** An instance of this run's own, beside the one in use. */
export interface RestoredInstance {
  readonly resourceId: string;
  /** What AWS gave it for want of others: the VPC's default groups. */
  readonly defaultSecurityGroups: readonly string[];
}

export type RestoreAsideError = AwsWriteError | WaitError | Conflict | RestoreFailed | RunStoreFailed | LockLost;

export interface Restoring {
  readonly point: RestorePoint;
  /** What it is called. */
  readonly identifier: string;
  readonly settings: RestoreSettings;
  readonly tags: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
}

const secondsBetweenReads = 15;
/** Key of the tag by which an instance is known to be a run's own. */
export const restoredByTag = 'graasp-deploy:restored-by';
/** Journalled once the instance is known to be ours: names change hands, this does not. */
const record = 'restoredInstance';

/** Requests the instance, or finds the one that this run requested before it was interrupted, and waits until it is available. */
export function restoreAside(env: Environment, restoring: Restoring): ResultAsync<RestoredInstance, RestoreAsideError> {
  const { identifier, point } = restoring;
  const operation = point.snapshotId === null ? 'rds:RestoreDBInstanceToPointInTime' : 'rds:RestoreDBInstanceFromDBSnapshot';
  announce(env, { resource: `database instance ${identifier}`, from: 'absent', to: 'available', operation, why: `the data of ${restorePointText(point)}, beside the instance in use` });
  if (env.planning) return okAsync({ resourceId: 'planned', defaultSecurityGroups: [] });
  return safeTry<RestoredInstance, RestoreAsideError>(async function* () {
    const known = env[internals].run?.recall(record) as unknown as RestoredInstance | undefined;
    // somebody has deleted one that did not come up: another is made
    const restored = known !== undefined && (yield* isThere(env, known, restoring)) ? known : yield* request(env, restoring);
    yield* awaitAvailable(env, restored.resourceId, restoring);
    return ok(restored);
  });
}

/** A read may be stale by seconds; one that is being deleted has the name until it is gone. */
function isThere(env: Environment, { resourceId }: RestoredInstance, { identifier, timeoutSeconds }: Restoring): ResultAsync<boolean, AwsWriteError | WaitError | Conflict> {
  const visibleBy = steadyNow(env.clock) + msUntilVisible;
  return waitUntil<boolean, never, AwsWriteError>(env, {
    waitingFor: 'the restored instance to be described',
    timeoutSeconds,
    intervalSeconds: secondsBetweenReads,
    probe: () =>
      findDbInstance(env, resourceId).map((instance): Probe<boolean, never> => {
        if (instance !== null && instance.DBInstanceStatus !== 'deleting') return { status: 'done', value: true };
        if (instance === null && steadyNow(env.clock) >= visibleBy) return { status: 'done', value: false };
        return { status: 'pending', seen: `${identifier} is ${instance?.DBInstanceStatus ?? 'not described'}` };
      }),
  });
}

function request(env: Environment, restoring: Restoring): ResultAsync<RestoredInstance, RestoreAsideError> {
  const { identifier } = restoring;
  return safeTry<RestoredInstance, RestoreAsideError>(async function* () {
    // journalled before it is sent: a step that was cut off looks for what it may have made
    yield* env[internals].run?.record('restoreIntent', { identifier }) ?? okAsync(undefined);
    const requested = yield* send(env, restoring).orElse((error) => {
      const code = error.kind === 'Unexpected' ? (error.code ?? '') : '';
      if (code.startsWith('DBInstanceAlreadyExists')) return okAsync(null);
      return err(noRoom(restoring, code) ?? error);
    });
    const instance = requested ?? (yield* adopt(env, restoring));
    const restored = { resourceId: instance.DbiResourceId ?? '', defaultSecurityGroups: groupsOf(instance) };
    yield* env[internals].run?.record(record, restored) ?? okAsync(undefined);
    return ok(restored);
  });
}

function send(env: Environment, { identifier, point: { database, snapshotId, databaseTime }, settings, tags }: Restoring): ResultAsync<DBInstance, AwsWriteError> {
  const input = { ...settings, Tags: Object.entries({ ...tags, [restoredByTag]: env.runId ?? '' }).map(([Key, Value]) => ({ Key, Value })) };
  if (snapshotId !== null) return restoreDbInstance(env, { ...input, DBInstanceIdentifier: identifier, DBSnapshotIdentifier: snapshotId });
  return restoreDbInstanceToMoment(env, { ...input, SourceDBInstanceIdentifier: database, TargetDBInstanceIdentifier: identifier, RestoreTime: new Date(databaseTime) });
}

/** The answer to our own request was lost, unless somebody else has an instance of that name. */
function adopt(env: Environment, { identifier, point }: Restoring): ResultAsync<DBInstance, RestoreAsideError> {
  return waitUntil<DBInstance, Conflict, AwsWriteError>(env, {
    waitingFor: 'the restored instance to be described',
    timeoutSeconds: msUntilVisible / 1000,
    intervalSeconds: 3,
    probe: () =>
      missingIsNull(describeDbInstance(env, identifier)).map((instance): Probe<DBInstance, Conflict> => {
        if (instance === null) return { status: 'pending', seen: `${identifier} exists and cannot be described yet` };
        const own = instance.TagList?.some(({ Key, Value }) => Key === restoredByTag && Value === env.runId) === true;
        return own ? { status: 'done', value: instance } : { status: 'failed', error: taken(identifier, point) };
      }),
  });
}

function awaitAvailable(env: Environment, resourceId: string, { identifier, point, timeoutSeconds }: Restoring): ResultAsync<DBInstance, RestoreAsideError> {
  const visibleBy = steadyNow(env.clock) + msUntilVisible;
  return waitUntil<DBInstance, RestoreFailed, AwsWriteError>(env, {
    waitingFor: 'the restored instance to be available',
    timeoutSeconds,
    intervalSeconds: secondsBetweenReads,
    probe: () =>
      findDbInstance(env, resourceId).map((instance): Probe<DBInstance, RestoreFailed> => {
        if (instance === null) return steadyNow(env.clock) < visibleBy ? { status: 'pending', seen: `${identifier} cannot be described yet` } : { status: 'failed', error: restoreFailed(point, identifier, 'deleted') };
        const status = instance.DBInstanceStatus ?? 'unknown';
        if (isModifiable(status)) return { status: 'done', value: instance };
        return instanceCondition(status) === 'stuck' ? { status: 'failed', error: restoreFailed(point, identifier, status) } : { status: 'pending', seen: `${identifier} is ${status}`, suspendable: true };
      }),
  });
}

/** "ModifyDBInstance" is refused in any other status: a new instance takes its first backup before. */
export function isModifiable(status: string): boolean {
  return status === 'available' || status === 'storage-optimization';
}

export function groupsOf({ VpcSecurityGroups = [] }: DBInstance): readonly string[] {
  return VpcSecurityGroups.flatMap(({ VpcSecurityGroupId }) => VpcSecurityGroupId ?? []);
}

export function restoreFailed(point: RestorePoint, instance: string, status: string): RestoreFailed {
  return {
    kind: 'RestoreFailed',
    snapshotId: point.snapshotId,
    instance,
    instanceStatus: status,
    message: `${instance}, restored from ${restorePointName(point)}, is ${status} and will not become available; the instance in use was left as it was`,
    remedy: status === 'deleted' ? 'Find out who has deleted it, and restore again.' : `Look at the events of ${instance} in RDS for the reason ("Viewing Amazon RDS DB instance status" says what ${status} means), delete it, and restore again.`,
  };
}

const quotas: Readonly<Record<string, string>> = {
  InstanceQuotaExceeded: 'the account has as many instances in this region as it may',
  StorageQuotaExceeded: 'the account has as much database storage in this region as it may',
  InsufficientDBInstanceCapacity: 'AWS has no room for its class now',
};

function noRoom({ point, identifier }: Restoring, code: string): RestoreFailed | null {
  const why = Object.entries(quotas).find(([quota]) => code.startsWith(quota))?.[1];
  if (why === undefined) return null;
  return {
    kind: 'RestoreFailed',
    snapshotId: point.snapshotId,
    instance: identifier,
    instanceStatus: 'not-created',
    message: `${identifier} was not created: ${why}; the instance in use was left as it was`,
    remedy: code.startsWith('Insufficient') ? 'Wait some minutes and go on.' : 'Delete an instance that nobody needs, or raise the quota ("Quotas and constraints for Amazon RDS"), and go on.',
  };
}

function taken(identifier: string, point: RestorePoint): Conflict {
  return {
    kind: 'Conflict',
    reason: 'resource-busy',
    message: `an instance ${identifier} exists already and is not this run's: it was left alone, and ${restorePointName(point)} was not restored`,
    remedy: 'Rename or delete it if nobody needs it, then go on.',
  };
}
