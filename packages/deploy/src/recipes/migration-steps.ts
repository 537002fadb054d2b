import { errAsync, okAsync } from 'neverthrow';
import type { EnvironmentDefinition } from '../environment/definition.js';
import { choiceProblems, expectedGot, flagProblems, timeoutProblems, unknownOptionProblems, versionProblems } from '../environment/validate.js';
import { administrationOnDatabase } from '../gate/read-gate.js';
import type { Run } from '../runs/run-steps.js';
import { awaitDrained } from '../steps/await-drained.js';
import { awaitDbSettled, type SettledReport } from '../steps/await-db-settled.js';
import { otherTasksPolicies, type OtherTasksPolicy } from '../steps/other-tasks.js';
import { type CalendarPolicy, calendarPolicies, preflight } from '../steps/preflight.js';
import { type MigrationReport, runMigration } from '../steps/run-migration.js';
import { setMaintenance } from '../steps/set-maintenance.js';
import { type RestorePoint, snapshotDb } from '../steps/snapshot-db.js';
import { stopServices } from '../steps/stop-services.js';
import { takeWarmSnapshot } from '../steps/take-warm-snapshot.js';
import { onFailureProblems } from './failure-table.js';
import { promoteFirst, promotes } from './promote.js';

/** What a release up to its migration can be told. Plain JSON: it is journalled. */
export interface MigrationStepsOptions {
  /** The version whose migration is run: `v1.54.8`. */
  readonly version: string;
  /** `after-shutdown` (default): the snapshot holds every write. `before-shutdown`: services stop while it is taken already. */
  readonly snapshot?: 'after-shutdown' | 'before-shutdown' | undefined;
  /** Takes a snapshot beforehand, with visitors there, so that the one while they are kept out copies only what changed since: `takeWarmSnapshot` has its costs. Default false. */
  readonly warm?: boolean | undefined;
  /** Visitors who stay when the time is over: `continue` (default) or `fail`, which lets them in again. */
  readonly onDrainTimeout?: 'continue' | 'fail' | undefined;
  /** Requests a minute that are taken for operators'; default 0. */
  readonly ignoreBelow?: number | undefined;
  /** Active visitors, by Umami, that are taken for operators; default 0. */
  readonly ignoreVisitorsBelow?: number | undefined;
  /** `pause` (default) stops administration services that use the database while it is worked on. */
  readonly administration?: 'pause' | 'keep' | undefined;
  /** Tasks in the cluster that no declared service owns; default `refuse`. */
  readonly otherTasks?: OtherTasksPolicy | undefined;
  /** A backup window, maintenance or a declared schedule that may come in between: `refuse` (default) or `warn`. */
  readonly calendar?: CalendarPolicy | undefined;
  /** `while-gated` (default) shortens deregistration delays and health check intervals while visitors are kept out. */
  readonly tuneTargetGroups?: 'while-gated' | 'never' | undefined;
  /** A failed migration that has provably changed nothing: `hold` (default), or start the old version and let visitors in again. */
  readonly onMigrationFailure?: 'hold' | 'reopen-when-untouched' | undefined;
  /** Steps (`gate-on`, `await-drained`, `stop-services`, `snapshot-db`) after whose failure the environment is held for a person to look, where `failureTable` would put it back. */
  readonly onFailure?: Readonly<Partial<Record<string, 'hold'>>> | undefined;
  /** Runs a migration again that failed or whose outcome is unknown: for `resume`, and for a new run where an earlier one has left the schema unknown. */
  readonly retryMigration?: boolean | undefined;
  /** How long the database must have been at rest after the migration, in whole minutes; default 300. */
  readonly settledSeconds?: number | undefined;
  /** A database that does not come to rest in time: `hold` (default) or `continue`. */
  readonly onSettleTimeout?: 'hold' | 'continue' | undefined;
  /** Seconds that a step may take, by its name in the recipe; default the step's own. `preflight` and `preflight-again` wait for nothing and take none. */
  readonly timeoutSeconds?: Readonly<Partial<Record<string, number>>> | undefined;
}

export interface MigrationStepsReport {
  /** ISO time from which visitors were kept out. */
  readonly closedAt: string;
  /** Identifier of the snapshot taken beforehand, which is no restore point; null where none was to be taken. */
  readonly warmSnapshotId: string | null;
  readonly restorePoint: RestorePoint;
  readonly migration: MigrationReport;
  /** null: it did not settle in time, and that was said to be no reason to stop. */
  readonly settled: SettledReport | null;
  /** Administration services that are stopped. */
  readonly paused: readonly string[];
}

/** Steps 1 to 8 of the runbook: from visitors on the old version to a migrated database at rest, with nothing running on it. */
export async function* migrationSteps(run: Run, options: MigrationStepsOptions) {
  const { version, warm, administration, otherTasks, calendar, tuneTargetGroups, retryMigration } = options;
  const within = (step: string) => ({ timeoutSeconds: options.timeoutSeconds?.[step] });
  const stop = () => run.step('stop-services', (env) => stopServices(env, { administration, otherTasks, tuneTargetGroups, ...within('stop-services') }));
  const snapshot = () => run.step('snapshot-db', (env) => snapshotDb(env, { version, otherTasks: otherTasks ?? 'refuse', ...within('snapshot-db') }));

  const look = (name: string) => run.step(name, (env) => preflight(env, { version, warm: warm === true && name === 'preflight', otherTasks, retryMigration, calendar }));

  yield* look('preflight');
  yield* promoteFirst(run, { version, ...within('promote-image') });
  const warmed = warm === true ? yield* run.step('warm-snapshot', (env) => takeWarmSnapshot(env, { version, ...within('warm-snapshot') })) : null;
  // it may have taken an hour, in which windows have come nearer and tasks may have begun
  if (warmed !== null) yield* look('preflight-again');
  const { provenAt } = yield* run.step('gate-on', (env) => setMaintenance(env, 'on', within('gate-on')));
  yield* run.step('await-drained', (env) =>
    awaitDrained(env, {
      provenAt,
      ignoreBelow: options.ignoreBelow,
      ignoreVisitorsBelow: options.ignoreVisitorsBelow,
      onTimeout: options.onDrainTimeout,
      ...within('await-drained'),
    }),
  );
  const early = options.snapshot === 'before-shutdown' ? yield* snapshot() : null;
  const { paused } = yield* stop();
  const { restorePoint } = early ?? (yield* snapshot());
  const migration = yield* run.step('run-migration', (env) => runMigration(env, { version, retryMigration, otherTasks, mayRun: administration === 'keep' ? administrationOnDatabase(env) : [], ...within('run-migration') }));
  const settled = yield* run.step('await-db-settled', (env) =>
    awaitDbSettled(env, { settledSeconds: options.settledSeconds, ...within('await-db-settled') }).orElse((error) =>
      error.kind === 'TimedOut' && options.onSettleTimeout === 'continue' ? okAsync(null) : errAsync(error),
    ),
  );
  return { closedAt: provenAt, warmSnapshotId: warmed?.snapshotId ?? null, restorePoint, migration, settled, paused };
}

/** Names of the steps above, in order. */
export function migrationStepNames({ snapshot, warm }: MigrationStepsOptions, definition: EnvironmentDefinition): readonly string[] {
  const promotion = promotes(definition) ? ['promote-image'] : [];
  const warming = warm === true ? ['warm-snapshot', 'preflight-again'] : [];
  const database = snapshot === 'before-shutdown' ? ['snapshot-db', 'stop-services'] : ['stop-services', 'snapshot-db'];
  return ['preflight', ...promotion, ...warming, 'gate-on', 'await-drained', ...database, 'run-migration', 'await-db-settled'];
}

/** Everything wrong with options, or missing in a definition, for a recipe of these steps and `others`, which may have options of its own. */
export function migrationProblems(definition: EnvironmentDefinition, options: MigrationStepsOptions, others: readonly string[], ownOptions: readonly string[] = []): readonly string[] {
  const waiting = [...migrationStepNames(options, definition), ...others].filter((step) => !step.startsWith('preflight'));
  return [
    ...unknownOptionProblems(options, [...optionNames, ...ownOptions]),
    ...versionProblems(options.version),
    ...Object.entries(choices).flatMap(([name, allowed]) => choiceProblems(name, allowed, options[name as keyof typeof choices])),
    ...amountProblems(options),
    ...flagProblems({ warm: options.warm, retryMigration: options.retryMigration }),
    ...onFailureProblems(options.onFailure),
    ...timeoutProblems(waiting, options.timeoutSeconds),
    ...(definition.migration === undefined ? ['definition: expected migration (which task migrates the database), got nothing'] : []),
    ...(definition.images === undefined ? ['definition: expected images (where the images of a version are), got nothing'] : []),
  ];
}

const optionNames: readonly string[] = Object.keys({
  version: true,
  snapshot: true,
  warm: true,
  onDrainTimeout: true,
  ignoreBelow: true,
  ignoreVisitorsBelow: true,
  administration: true,
  otherTasks: true,
  calendar: true,
  tuneTargetGroups: true,
  onMigrationFailure: true,
  onFailure: true,
  retryMigration: true,
  settledSeconds: true,
  onSettleTimeout: true,
  timeoutSeconds: true,
} satisfies Readonly<Record<keyof MigrationStepsOptions, true>>);

const choices = {
  snapshot: ['after-shutdown', 'before-shutdown'],
  onDrainTimeout: ['continue', 'fail'],
  administration: ['pause', 'keep'],
  otherTasks: otherTasksPolicies,
  calendar: calendarPolicies,
  tuneTargetGroups: ['while-gated', 'never'],
  onMigrationFailure: ['hold', 'reopen-when-untouched'],
  onSettleTimeout: ['hold', 'continue'],
} as const;

function amountProblems({ ignoreBelow, ignoreVisitorsBelow, settledSeconds }: MigrationStepsOptions): readonly string[] {
  const badCount = (count: unknown) => count !== undefined && !(typeof count === 'number' && count >= 0);
  const badSeconds = settledSeconds !== undefined && !(typeof settledSeconds === 'number' && Number.isFinite(settledSeconds) && settledSeconds > 0);
  return [
    ...(badCount(ignoreBelow) ? [`ignoreBelow: ${expectedGot('a number of requests', ignoreBelow)}`] : []),
    ...(badCount(ignoreVisitorsBelow) ? [`ignoreVisitorsBelow: ${expectedGot('a number of visitors', ignoreVisitorsBelow)}`] : []),
    ...(badSeconds ? [`settledSeconds: ${expectedGot('a positive number', settledSeconds)}`] : []),
  ];
}
