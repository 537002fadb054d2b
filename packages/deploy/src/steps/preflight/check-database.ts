import { ok, okAsync, type ResultAsync, safeTry } from 'neverthrow';
import { getMetricData } from '../../aws/cloudwatch.js';
import { type DBInstance, describeSnapshotQuota } from '../../aws/rds.js';
import { internals, type Environment } from '../../environment/environment.js';
import type { AwsError, PreflightCheck } from '../../errors.js';
import { instanceCondition } from '../instance-status.js';
import { checksOf, found, type PreflightError } from './check.js';
import { checkSql } from './check-sql.js';
import { nothingMigrated, type Question } from './question.js';

const { ok: right, skip, warning, failed } = checksOf('database');

/** The instance is the one that was connected to and serves, nothing waits to be changed in it, and a migration could be undone and has room. */
export function checkDatabase(env: Environment, { purpose, warm, reads }: Question): ResultAsync<readonly PreflightCheck[], PreflightError> {
  return safeTry(async function* () {
    const read = yield* found('database', 'instance', reads.instance());
    if (read.isErr()) return ok([read.error]);
    const instance = read.value;
    const always = [identityCheck(env, instance), statusCheck(instance, purpose), pendingCheck(instance, purpose)];
    if (purpose !== 'migration') return ok([...always, ...['backups', 'snapshot quota', 'storage'].map((name) => skip(name, nothingMigrated))]);
    const quota = yield* checkQuota(env, warm ? 2 : 1);
    const storage = yield* checkStorage(env, instance);
    const sql = yield* checkSql(env);
    return ok([...always, backupsCheck(instance), quota, storage, ...sql]);
  });
}

function identityCheck(env: Environment, { DBInstanceIdentifier, DbiResourceId }: DBInstance): PreflightCheck {
  const expected = env[internals].found.databaseResourceId;
  if (DbiResourceId === expected) return right('instance', `${DBInstanceIdentifier} (${expected})`);
  return failed('instance', `${DBInstanceIdentifier} is another instance (${DbiResourceId}) than at connect (${expected})`, 'Somebody renamed or restored it: find out what happened, then connect again.');
}

/** A transition may begin, or end, with an instance that is off. */
function statusCheck({ DBInstanceStatus: status = 'unknown' }: DBInstance, purpose: Question['purpose']): PreflightCheck {
  if (instanceCondition(status) === 'usable' || (purpose === 'transition' && status === 'stopped')) return right('status', status);
  return failed('status', status, status === 'stopped' ? 'Start the instance.' : 'Wait until it is available, or find out why it is not.');
}

function pendingCheck({ PendingModifiedValues = {} }: DBInstance, purpose: Question['purpose']): PreflightCheck {
  // names only: a pending master password is among the values
  const pending = Object.entries(PendingModifiedValues).flatMap(([name, value]) => (value === undefined || value === null ? [] : [name]));
  if (pending.length === 0) return right('pending modifications', 'none');
  if (purpose !== 'migration') return warning('pending modifications', pending.join(', '), 'The next change of the instance or its maintenance window applies them; stopping it drops them.');
  return failed('pending modifications', pending.join(', '), 'Apply them before the release: the next change of the instance, or its maintenance window, would apply them in the middle of it.');
}

function backupsCheck({ BackupRetentionPeriod: days }: DBInstance): PreflightCheck {
  if (days === undefined) return skip('backups', 'AWS does not tell the retention period');
  if (days > 0) return right('backups', `kept for ${days} ${days === 1 ? 'day' : 'days'}`);
  return failed('backups', 'automated backups are off: what is written after the snapshot could not be brought back', 'Set a backup retention period of a day or more, at an hour when a pause of the database does no harm.');
}

/** `needed` are for this release; as many are for its second attempt. */
function checkQuota(env: Environment, needed: number): ResultAsync<PreflightCheck, PreflightError> {
  return found('database', 'snapshot quota', describeSnapshotQuota(env)).map((quota) => {
    if (quota.isErr()) return quota.error;
    if (quota.value === null) return skip('snapshot quota', 'AWS does not tell it');
    const { used, max } = quota.value;
    const remedy = 'Delete manual snapshots that nobody needs, or raise the quota "Manual DB instance snapshots" (L-272F1212).';
    const detail = `${used} of ${max} manual snapshots are taken`;
    if (max - used < needed) return failed('snapshot quota', needed === 1 ? detail : `${detail}, and ${needed} are to be taken`, remedy);
    return max - used <= 2 * needed ? warning('snapshot quota', detail, remedy) : right('snapshot quota', detail);
  });
}

/** At a tenth RDS itself begins to grow the storage ("Managing capacity automatically with Amazon RDS storage autoscaling"). */
const shareNeeded = 0.1;
const shareAdvised = 0.2;
const bytesPerGiB = 2 ** 30;

/** A migration that rewrites a table needs room for a second one, and an instance without room goes down. */
function checkStorage(env: Environment, instance: DBInstance): ResultAsync<PreflightCheck, PreflightError> {
  const { AllocatedStorage: allocated = 0, MaxAllocatedStorage: most = 0 } = instance;
  if (allocated === 0) return okAsync(skip('storage', 'AWS does not tell how much there is'));
  return found('database', 'storage', readFreeStorage(env)).map((read) => {
    if (read.isErr()) return read.error;
    if (read.value === null) return skip('storage', 'CloudWatch has no datum of FreeStorageSpace of the last quarter of an hour');
    const share = read.value / (allocated * bytesPerGiB);
    const detail = `${(read.value / bytesPerGiB).toFixed(1)} of ${allocated} GiB are free`;
    if (share >= shareAdvised) return right('storage', detail);
    const remedy = 'Give the instance more storage, and wait until it is optimized: a migration that rewrites a table needs as much again.';
    return share >= shareNeeded || most > allocated ? warning('storage', detail, remedy) : failed('storage', detail, remedy);
  });
}

const lookBackMs = 15 * 60_000;

/** The last datum, in bytes. */
function readFreeStorage(env: Environment): ResultAsync<number | null, AwsError> {
  const now = env.clock.now();
  const Metric = { Namespace: 'AWS/RDS', MetricName: 'FreeStorageSpace', Dimensions: [{ Name: 'DBInstanceIdentifier', Value: env.definition.database }] };
  return getMetricData(env, [{ Id: 'free', MetricStat: { Metric, Period: 60, Stat: 'Minimum' } }], { start: new Date(now - lookBackMs), end: new Date(now) }).map(
    (results) => results.flatMap(({ Values = [] }) => Values).at(-1) ?? null,
  );
}
