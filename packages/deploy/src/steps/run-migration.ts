import { ok, type ResultAsync, safeTry } from 'neverthrow';
import type { MigrationDefinition } from '../environment/definition.js';
import type { Environment } from '../environment/environment.js';
import { choiceProblems, expectedGot, flagProblems, serviceProblems, versionProblems, waitProblems } from '../environment/validate.js';
import type { AwsWriteError, Conflict, InvalidInput, MigrationFailed, Refused, RunError, RunStoreFailed, WaitError } from '../errors.js';
import { announce } from '../reports/announce.js';
import { asRun, type Known } from '../runs/as-run.js';
import { readSchema, recordSchema } from '../runs/schema-record.js';
import { checkOtherTasks, otherTasksPolicies, type OtherTasksPolicy } from './other-tasks.js';
import { concludeMigration } from './run-migration/conclude-migration.js';
import { followMigration } from './run-migration/follow-migration.js';
import { findMigrationTarget, type MigrationTarget } from './run-migration/migration-target.js';
import { refuseDatabaseAway } from './refuse-database-away.js';
import { refuseMigrationInFlight } from './run-migration/migrations-in-flight.js';
import { refuseSessionsLeft } from './run-migration/refuse-sessions-left.js';
import { refuseUnknownSchema } from './run-migration/refuse-unknown-schema.js';
import { refuseWriters } from './run-migration/refuse-writers.js';
import { requireRestorePoint } from './run-migration/require-restore-point.js';
import { readSchemaStatus } from './run-migration/schema-status.js';
import { beginAttempt, startsTask } from './run-migration/start-migration.js';
import { type Attempt, nextAttempt, recallSchemaBefore, recallStatusBefore, recordSchemaBefore, recordStatusBefore, schemaLeftBefore } from './run-migration/migration-journal.js';

export interface RunMigrationOptions {
  /** The version whose image is run: `v1.54.8`. */
  readonly version: string;
  /** What the database can be restored to; default: the snapshot that this run took. `'none-i-accept'` migrates without one. */
  readonly restorePoint?: { readonly snapshotId: string } | 'none-i-accept' | undefined;
  /** Runs a migration again that failed, or whose outcome is unknown. Default false: it may have been applied in part. */
  readonly retryMigration?: boolean | undefined;
  /** Kills the task on a timeout or an abort. Default false: a statement of a killed migration may still commit. */
  readonly stopOnAbort?: boolean | undefined;
  /** Tasks in the cluster that no declared service owns; default `refuse`. */
  readonly otherTasks?: OtherTasksPolicy | undefined;
  /**
   * Declared services that use the database and may have tasks all the while; default none. Their sessions hide those of a migration that
   * was killed: what became of the schema is not proven then.
   */
  readonly mayRun?: readonly string[] | undefined;
  /** Until the migration has ended; default 18000 (5 h). */
  readonly timeoutSeconds?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface MigrationReport {
  readonly version: string;
  readonly schema: 'migrated';
  /** By what the outcome is known: the exit code, or the status command where AWS had forgotten the task. */
  readonly decidedBy: 'exit-code' | 'status-command';
  readonly exitCode: number | null;
  readonly taskArn: string | null;
  /** The attempt that succeeded, from 1. */
  readonly attempt: number;
  /** What the status command told; null without one. */
  readonly before: string | null;
  readonly after: string | null;
  /** Whether nothing was left to apply; null where that is not known. */
  readonly alreadyApplied: boolean | null;
  readonly restorePoint: string | null;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly seconds: number;
}

export type RunMigrationError = InvalidInput | AwsWriteError | WaitError | Conflict | Refused | MigrationFailed | RunStoreFailed | RunError;

/** As long as a table of production took to be rewritten, with room; an interrupted wait goes on with resume. */
const defaultTimeoutSeconds = 5 * 60 * 60;

/**
 * Runs the migration of a version in a one-off task, always on demand on Fargate, with the image by digest in a new revision of the declared
 * family, and waits until it has ended. Its output is reported as it comes.
 *
 * Exit code 0 of the container is success; a log line never is. A run that was interrupted finds the task again and waits for it, running or
 * stopped; a migration that failed, or of which AWS no longer knows the end, is run again with `retryMigration` alone. With a
 * `statusCommand` the schema's version is read before and after; after any end but exit code 0 twice, some time apart, because a statement of
 * a killed task may still commit (a command that can should exit with another code than 0 while it sees a session of the migration). On a
 * timeout or an abort the task goes on, unless `stopOnAbort` is set.
 *
 * Right before a task is started everything is looked at once more: what this run has set, other tasks, and that no declared service that
 * uses the database has a task or had one since the run's snapshot. So it is when the request was journalled and never sent. Where an earlier
 * attempt has left the schema unknown, nothing is started while the database has a session: its last statement may be at work. Beside services
 * that may run (`mayRun`), and where nobody tells of sessions, that is not seen, which a warning says.
 *
 * Errors: InvalidInput; Refused (`restore-point`) without one, or when something has written since, or (`schema-unknown`) when an earlier
 * run's ended without proof of what it did, or (`database-away`) in the middle of a restore; Conflict (`migration-in-flight`, `task-in-flight`, `foreign-change`, or the restore
 * point is not available); MigrationFailed with the reason, exit code, last lines, the database's ERROR lines and what is known of the schema
 * (`untouched` only where it is proven); TimedOut, Aborted; NotFound for the image or the family; LockLost, RunStoreFailed; any AwsError.
 */
export function runMigration(env: Environment, options: RunMigrationOptions): ResultAsync<MigrationReport, RunMigrationError> {
  const spec = { name: 'runMigration', changes: true, refusedByHold: true, known: { version: true, restorePoint: true, retryMigration: true, stopOnAbort: true, otherTasks: true, mayRun: true, timeoutSeconds: true, signal: true } satisfies Known<RunMigrationOptions>, problems: () => problems(env, options), options };
  return asRun(env, spec, (env) =>
    safeTry<MigrationReport, RunMigrationError>(async function* () {
      const migration = env.definition.migration!;
      if (env.planning) return plan(env, migration, options);
      const { otherTasks = 'refuse', mayRun = [], timeoutSeconds = defaultTimeoutSeconds } = options;
      const attempt = yield* nextAttempt(env, options);
      const starts = yield* startsTask(env, attempt);
      const restorePoint = starts ? yield* requireRestorePoint(env, options.restorePoint) : null;
      if (starts) {
        yield* refuseDatabaseAway(env);
        if (recallSchemaBefore(env) === undefined) yield* recordSchemaBefore(env, yield* readSchema(env));
        yield* refuseUnknownSchema(env, options);
        yield* refuseMigrationInFlight(env, migration);
        yield* checkOtherTasks(env, otherTasks, timeoutSeconds);
      }
      const target = yield* findMigrationTarget(env, migration, options.version, attempt);
      const before = yield* statusBefore(env, target, migration, attempt);
      if (starts) {
        const schema = schemaLeftBefore(env, attempt.number);
        const lastLook = () => checkOtherTasks(env, otherTasks, timeoutSeconds).andThen(() => refuseWriters(env, { mayRun, otherTasks, snapshot: options.restorePoint === undefined ? restorePoint : null, schema }));
        yield* lastLook();
        if (schema === 'unknown') {
          yield* refuseSessionsLeft(env, mayRun);
          yield* lastLook();
        }
        announceMigration(env, migration, target, options.version);
      }
      const started = yield* beginAttempt(env, target, attempt, options.version, restorePoint?.DBSnapshotIdentifier ?? null);
      const ended = yield* followMigration(env, target, started, { ...options, timeoutSeconds });
      return concludeMigration(env, { version: options.version, migration, target, before, ended, mayRun, readAgain: attempt.verdict !== null });
    }),
  );
}

function problems(env: Environment, options: RunMigrationOptions): readonly string[] {
  const restorePoint: unknown = options?.restorePoint;
  const named = typeof restorePoint === 'object' && restorePoint !== null && typeof (restorePoint as { snapshotId?: unknown }).snapshotId === 'string';
  return [
    ...versionProblems(options?.version),
    ...waitProblems(options),
    ...choiceProblems('otherTasks', otherTasksPolicies, options?.otherTasks),
    ...flagProblems({ retryMigration: options?.retryMigration, stopOnAbort: options?.stopOnAbort }),
    ...(restorePoint === undefined || restorePoint === 'none-i-accept' || named ? [] : [`restorePoint: ${expectedGot("{ snapshotId } or 'none-i-accept'", restorePoint)}`]),
    ...(env?.definition === undefined ? [] : [...serviceProblems(env, options?.mayRun, 'mayRun'), ...definitionProblems(env)]),
  ];
}

function definitionProblems({ definition }: Environment): readonly string[] {
  return [
    ...(definition.migration === undefined ? [`migration: ${expectedGot('the task definition family of the migration in the definition', undefined)}`] : []),
    ...(definition.images === undefined ? [`images: ${expectedGot('the private repository of the release images in the definition', undefined)}`] : []),
  ];
}

/** The restore point, the tasks in flight and the schema are what earlier steps will have made of them: a plan does not ask. What it records of the schema is the plan's alone. */
function plan(env: Environment, migration: MigrationDefinition, options: RunMigrationOptions): ResultAsync<MigrationReport, RunMigrationError> {
  return findMigrationTarget(env, migration, options.version, { number: 1, revision: null }).andThen((target) => {
    announceMigration(env, migration, target, options.version);
    const unknown = { taskArn: null, before: null, after: null, alreadyApplied: null, restorePoint: null, startedAt: null, endedAt: null };
    return recordSchema(env, options.version, 'migrated').map(() => ({ version: options.version, schema: 'migrated' as const, decidedBy: 'exit-code' as const, exitCode: 0, attempt: 1, seconds: 0, ...unknown }));
  });
}

function announceMigration(env: Environment, migration: MigrationDefinition, target: MigrationTarget, version: string): void {
  announce(env, {
    resource: `migration ${migration.taskDefinitionFamily}`,
    from: 'not run',
    to: `run on ${target.revision.split('/').at(-1)}`,
    operation: 'ecs:RunTask',
    why: `brings the schema of ${env.definition.database} to ${version}`,
  });
}

/** Asked once a run: what the status was before the first attempt. */
function statusBefore(env: Environment, target: MigrationTarget, { statusCommand }: MigrationDefinition, attempt: Attempt): ResultAsync<string | null, RunMigrationError> {
  return safeTry<string | null, RunMigrationError>(async function* () {
    const known = recallStatusBefore(env);
    if (statusCommand === undefined || known !== undefined || attempt.begun) return ok(known ?? null);
    const before = yield* readSchemaStatus(env, target, statusCommand);
    yield* recordStatusBefore(env, before);
    return ok(before);
  });
}
