import { err, errAsync, ok, okAsync, type ResultAsync, safeTry } from 'neverthrow';
import { createDbSnapshot, type DBInstance, type DBSnapshot, describeDbInstance, describeDbSnapshot } from '../../aws/rds.js';
import { isoTime } from '../../clock.js';
import { type Environment, internals, type JsonValue, type RunFact } from '../../environment/environment.js';
import type { AwsWriteError, Conflict, LockLost, RunStoreFailed, SnapshotFailed, WaitError } from '../../errors.js';
import { announce } from '../../reports/announce.js';
import { type Probe, waitUntil } from '../../wait.js';
import { instanceCondition } from '../instance-status.js';
import { snapshotStatusCondition } from './await-snapshot.js';
import { snapshotIdentifier } from './snapshot-identifier.js';
import { type SnapshotPurpose, snapshotTags } from './snapshot-tags.js';

export interface CreatedSnapshot {
  readonly snapshotId: string;
  /** Whether this run had requested it before. */
  readonly adopted: boolean;
}

export interface SnapshotWanted {
  readonly version: string | undefined;
  readonly purpose: SnapshotPurpose;
  /** What it is good for, for people. */
  readonly why: string;
  /** Although this run has one already. */
  readonly another?: boolean | undefined;
  readonly timeoutSeconds: number;
}

export type CreateSnapshotError = AwsWriteError | WaitError | Conflict | SnapshotFailed | RunStoreFailed | LockLost;

/** What is journalled before a snapshot is requested. */
export interface SnapshotIntent {
  readonly snapshotId: string;
  readonly attempt: number;
  /** ISO time before it was requested first. */
  readonly at: string;
}

/** Other steps go by the one of the restore point: what was written since it was requested. */
const intentKeys = { 'restore-point': 'snapshotIntent' satisfies RunFact, warm: 'warmSnapshotIntent' } as const;

/** "CreateDBSnapshot": the instance must be available or in storage-optimization; a backup or a modification passes. */
const secondsBetweenRequests = 5;
/** "DBSnapshotAlreadyExists" may come before the snapshot can be described. */
const readsBeforeGone = 5;

/** Requests a snapshot, or finds the one that this run requested before it was interrupted. */
export function createSnapshot(env: Environment, instance: DBInstance, wanted: SnapshotWanted): ResultAsync<CreatedSnapshot, CreateSnapshotError> {
  const { version, purpose, another = false } = wanted;
  return safeTry<CreatedSnapshot, CreateSnapshotError>(async function* () {
    const known = recallIntent(env, purpose);
    const condition = known === null ? 'none' : yield* conditionOf(env, known.snapshotId);
    if (known !== null && condition === 'good' && !another) return ok({ snapshotId: known.snapshotId, adopted: true });
    let attempt = known === null ? 1 : condition === 'none' && !another ? known.attempt : known.attempt + 1;
    for (; ; attempt += 1) {
      const snapshotId = snapshotIdentifier({ database: env.definition.database, version, run: env.runId ?? '', purpose, attempt });
      yield* recordIntent(env, purpose, { snapshotId, attempt, at: known?.attempt === attempt ? known.at : isoTime(env.clock) });
      const requested = yield* request(env, instance, { ...wanted, snapshotId });
      if (requested === 'created') return ok({ snapshotId, adopted: false });
      const owner = yield* ownerOf(env, snapshotId, purpose);
      // the answer to our own request was lost
      if (owner === 'this-step') return ok({ snapshotId, adopted: true });
      if (owner !== 'this-run') return err(anotherRuns(snapshotId, owner.run));
    }
  });
}

function recallIntent(env: Environment, purpose: SnapshotPurpose): SnapshotIntent | null {
  const known = env[internals].run?.recall(intentKeys[purpose]);
  return known === undefined ? null : (known as JsonValue & SnapshotIntent);
}

function recordIntent(env: Environment, purpose: SnapshotPurpose, intent: SnapshotIntent): ResultAsync<void, RunStoreFailed | LockLost> {
  return env[internals].run?.record(intentKeys[purpose], { ...intent }) ?? okAsync(undefined);
}

function conditionOf(env: Environment, snapshotId: string): ResultAsync<'none' | 'good' | 'failed', AwsWriteError> {
  return describeDbSnapshot(env, snapshotId)
    .map((snapshot) => (snapshotStatusCondition(snapshot.Status ?? '') === 'failed' ? ('failed' as const) : ('good' as const)))
    .orElse((error) => (error.kind === 'NotFound' ? ok('none' as const) : err(error)));
}

interface SnapshotRequest extends SnapshotWanted {
  readonly snapshotId: string;
}

/** Reads the instance and requests, again while the instance is in a state that passes. */
function request(env: Environment, instance: DBInstance, { snapshotId, version, purpose, why, timeoutSeconds }: SnapshotRequest): ResultAsync<'created' | 'exists', CreateSnapshotError> {
  const input = { DBInstanceIdentifier: env.definition.database, DBSnapshotIdentifier: snapshotId, Tags: [...snapshotTags(env, instance, { version, purpose })] };
  announceSnapshot(env, snapshotId, why);
  const attempt = (): ResultAsync<Probe<'created' | 'exists', Conflict | SnapshotFailed>, AwsWriteError> =>
    createDbSnapshot(env, input)
      .map(() => ({ status: 'done' as const, value: 'created' as const }))
      .orElse((error) => refusedRequest(env, error, snapshotId));
  return waitUntil(env, {
    waitingFor: 'the database to accept a snapshot',
    timeoutSeconds,
    intervalSeconds: secondsBetweenRequests,
    probe: () =>
      describeDbInstance(env, env.definition.database).andThen(({ DBInstanceStatus: status = 'unknown' }) => {
        if (status === 'available' || status === 'storage-optimization') return attempt();
        if (instanceCondition(status) === 'stuck') return okAsync({ status: 'failed' as const, error: notSnapshottable(env, status) });
        return lookForIt(env, snapshotId, `${env.definition.database} is ${status}`);
      }),
  });
}

/** Tells of the snapshot that is, or in a plan would be, taken. */
export function announceSnapshot(env: Environment, snapshotId: string, why: string): void {
  announce(env, { resource: `snapshot ${snapshotId}`, from: 'absent', to: 'available', operation: 'rds:CreateDBSnapshot', why });
}

/** The instance may be busy with the very snapshot, the answer to whose request was lost. */
function lookForIt(env: Environment, snapshotId: string, seen: string): ResultAsync<Probe<'created' | 'exists', never>, AwsWriteError> {
  return conditionOf(env, snapshotId).map((condition) => (condition === 'none' ? { status: 'pending', seen } : { status: 'done', value: 'exists' }));
}

function refusedRequest(env: Environment, error: AwsWriteError, snapshotId: string): ResultAsync<Probe<'created' | 'exists', SnapshotFailed>, AwsWriteError> {
  const code = error.kind === 'Unexpected' ? (error.code ?? '') : '';
  if (code.startsWith('DBSnapshotAlreadyExists')) return okAsync({ status: 'done', value: 'exists' });
  if (code.startsWith('InvalidDBInstanceState')) return lookForIt(env, snapshotId, `${env.definition.database} is busy`);
  if (code.startsWith('SnapshotQuotaExceeded')) return okAsync({ status: 'failed', error: quotaReached(snapshotId) });
  return errAsync(error);
}

/** Whose snapshot it is: of this step, of another step of this run, or of another run (null: of nobody who says so). */
function ownerOf(env: Environment, snapshotId: string, purpose: SnapshotPurpose): ResultAsync<'this-step' | 'this-run' | { readonly run: string | null }, CreateSnapshotError> {
  let reads = 0;
  return waitUntil(env, {
    waitingFor: 'the snapshot to be described',
    timeoutSeconds: 60,
    intervalSeconds: 2,
    probe: () =>
      describeDbSnapshot(env, snapshotId)
        .map((snapshot) => ({ status: 'done' as const, value: owner(env, snapshot, purpose) }))
        .orElse((error) => {
          reads += 1;
          return error.kind === 'NotFound' && reads < readsBeforeGone ? ok({ status: 'pending' as const, seen: `${snapshotId} exists but cannot be described yet` }) : err(error);
        }),
  });
}

function owner(env: Environment, snapshot: DBSnapshot, purpose: SnapshotPurpose) {
  const tag = (key: string) => snapshot.TagList?.find(({ Key }) => Key === key)?.Value ?? null;
  const expected = snapshotTags(env, {}, { purpose });
  const same = (key: string) => tag(key) === expected.find(({ Key }) => Key === key)?.Value;
  if (!same('graasp-deploy:run')) return { run: tag('graasp-deploy:run') };
  return same('graasp-deploy:step') ? ('this-step' as const) : ('this-run' as const);
}

function anotherRuns(snapshotId: string, run: string | null): Conflict {
  const whose = run === null ? 'was not taken by this tool' : `belongs to run ${run}`;
  return {
    kind: 'Conflict',
    reason: 'resource-busy',
    ...(run === null ? {} : { holder: run }),
    message: `snapshot ${snapshotId} exists already and ${whose}; it was left alone and no snapshot was taken`,
    remedy: 'Start another run: a snapshot of another run is never taken for this one.',
  };
}

function notSnapshottable(env: Environment, status: string): Conflict {
  return {
    kind: 'Conflict',
    reason: 'resource-busy',
    message: `database instance ${env.definition.database} is ${status}: no snapshot can be taken of it`,
    remedy: status === 'stopped' || status === 'stopping' ? 'Start the instance, then call again.' : `Bring the instance back to available ("Viewing Amazon RDS DB instance status" says what ${status} means), then call again.`,
  };
}

function quotaReached(snapshotId: string): SnapshotFailed {
  return {
    kind: 'SnapshotFailed',
    snapshotId,
    snapshotStatus: 'not-created',
    message: `snapshot ${snapshotId} was not taken: the account has as many manual snapshots in this region as it may`,
    remedy: 'Delete manual snapshots that nobody needs, or raise the quota "Manual DB instance snapshots" (L-272F1212). Then try again.',
  };
}
