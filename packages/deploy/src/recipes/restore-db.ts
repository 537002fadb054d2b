import { err, ok, okAsync, type ResultAsync, safeTry } from 'neverthrow';
import { type Environment, internals, type RunFact } from '../environment/environment.js';
import { choiceProblems, expectedGot, flagProblems, timeoutProblems, unknownOptionProblems } from '../environment/validate.js';
import type { AwsError, Conflict, LockLost, NextAction, Refused, RunStoreFailed } from '../errors.js';
import { compareVersions } from '../runs/compare-versions.js';
import { defineRecipe, type RecipeError } from '../runs/define-recipe.js';
import { resourcesOfRestore } from '../permissions/resources.js';
import { recipeSteps } from '../permissions/step-actions.js';
import { nextAction } from '../runs/next-actions.js';
import type { SchemaRecord } from '../runs/schema-record.js';
import { instanceCondition } from '../steps/instance-status.js';
import { refuseDenied } from '../steps/refuse-denied.js';
import { otherTasksPolicies, type OtherTasksPolicy } from '../steps/other-tasks.js';
import { awaitStillUnused, awaitUnused } from '../steps/restore-db/await-unused.js';
import { catchUp, type CatchUpError } from '../steps/restore-db/catch-up.js';
import { type Consequences, consequencesOf, refuseUnconfirmed, tellConsequences } from '../steps/restore-db/consequences.js';
import { type NamedRestorePoint, restorePointProblems } from '../steps/restore-db/find-restore-point.js';
import { putInPlace } from '../steps/restore-db/put-in-place.js';
import { restoreAside, type RestoreAsideError, type RestoredInstance } from '../steps/restore-db/restore-aside.js';
import { restorePointName } from '../steps/restore-db/restore-point-name.js';
import { findRestoreTarget, type RestoreTarget } from '../steps/restore-db/restore-target.js';
import { restoreSettings } from '../steps/restore-db/restored-configuration.js';
import { setAside, type SetAside } from '../steps/restore-db/set-aside.js';
import { bringOverCommands, infrastructureHints } from '../steps/restore-db/tell-others.js';
import { visitorsSince } from '../steps/restore-db/visitors-since.js';
import { setMaintenance } from '../steps/set-maintenance.js';
import { startServices } from '../steps/start-services.js';
import { stopServices } from '../steps/stop-services.js';
import { startDeadline } from '../steps/deadline.js';

export interface RestoreDbOptions {
  /** The identifier of the database instance, to say that it is meant. Without it nothing is done, and the error tells what would be. */
  readonly confirm?: string | undefined;
  /**
   * What to go back to: a snapshot, or a moment in the automated backups of the instance in use (`{ moment: '2026-11-23T08:00:00Z' }`), to the
   * second. Default that of the run that holds the environment, or else of the failed one that has put aside what is away.
   */
  readonly from?: NamedRestorePoint | undefined;
  /** Restores although visitors have been let in since: what they wrote is in the instance set aside alone. Default false. */
  readonly acceptLostWrites?: boolean | undefined;
  /** Tasks in the cluster that no declared service owns; default `refuse`. */
  readonly otherTasks?: OtherTasksPolicy | undefined;
  /** Seconds that a step may take, by its name; default the step's own. `look` takes none. */
  readonly timeoutSeconds?: Readonly<Partial<Record<string, number>>> | undefined;
}

export interface RestoreDbReport extends Consequences {
  readonly summary: string;
  /** Identifier of the instance: the same as before. */
  readonly database: string;
  /** Without a snapshot it was a moment in the automated backups, which `databaseTime` is. */
  readonly restoredFrom: { readonly snapshotId: string | null; readonly databaseTime: string };
  readonly instanceResourceId: string;
  /** Where services reach it: the same as before. */
  readonly endpoint: string;
  readonly setAside: SetAside;
  /** What is known of the schema that is there now; null: no migration of this library has touched it. */
  readonly schema: SchemaRecord | null;
  /** What the restored instance lacks of the recorded configuration, and could not be given. */
  readonly differs: readonly string[];
  /** Lines for who keeps the infrastructure's code. */
  readonly infrastructure: readonly string[];
  /** Commands that bring databases of other services over from the instance set aside; empty when there are none. */
  readonly bringOver: readonly string[];
  readonly nextActions: readonly NextAction[];
}

const steps = ['look', 'gate-on', 'stop-services', 'await-unused', 'restore-aside', 'set-aside', 'put-in-place', 'start-administration'] as const;

/** A restore reads from S3 as it goes; a rename takes about ten minutes ("Renaming a DB instance"); the metric comes minutes late. */
const defaultSeconds = { 'await-unused': 15 * 60, 'restore-aside': 2 * 60 * 60, 'set-aside': 60 * 60, 'put-in-place': 60 * 60 };

/**
 * Brings the database back to a snapshot, or to a moment in its automated backups. Never deletes data: it is restored to a new instance,
 * which takes the name and so the address of the one in use; that one is kept under another name, where nothing of the application reaches
 * it. Visitors are kept out, and everything that uses the instance is stopped first, administration too; while a client is connected
 * nothing is restored, and once that is done nothing replaced.
 *
 * The restored instance is configured as the snapshot's tags tell (`readRecordedConfiguration`), or for a moment as the one in use is, also
 * in what a restore cannot be told. Instances are followed by their `DbiResourceId`: names answer NotFound for minutes around a rename.
 * Ends in `db-only` on the schema of the snapshot: the gate closed, application services stopped, administration back on. A hold of a
 * failed run is lifted; `reopen`, which the report's `nextActions` spell, starts the version that was found and lets visitors in. Connect
 * anew before a later release.
 *
 * A run that was interrupted at any point goes on with `resume`. Errors: Refused (`confirm`, telling what would happen; `lost-writes` when
 * visitors have been let in since; `restore-point`: not of this database, or no moment that its backups cover, or one in the middle of a
 * migration; `client-connections`); RestoreFailed when the new instance does not come up; Conflict on a lock, a foreign change, an instance
 * that cannot be renamed; NotFound for the snapshot; TimedOut; those of `setMaintenance`, `stopServices` and `startServices`, and of every
 * recipe, with `runId` and `situation`. AWS documentation: "Restoring to a DB instance", "Restoring a DB instance to a specified time",
 * "Renaming a DB instance", "RestoreDBInstanceFromDBSnapshot", "RestoreDBInstanceToPointInTime".
 */
export const restoreDb = defineRecipe(
  'restoreDb',
  async function* (run, options: RestoreDbOptions) {
    const within = (step: keyof typeof defaultSeconds) => options.timeoutSeconds?.[step] ?? defaultSeconds[step];
    const ofStep = (step: string) => ({ timeoutSeconds: options.timeoutSeconds?.[step] });

    const { target, consequences, nextActions } = yield* run.step('look', (env) => look(env, options));
    yield* run.step('gate-on', (env) => setMaintenance(env, 'on', ofStep('gate-on')));
    const { paused } = yield* run.step('stop-services', (env) => stopServices(env, { otherTasks: options.otherTasks, ...ofStep('stop-services') }));
    yield* run.step('await-unused', (env) => awaitUnused(env, within('await-unused')));
    const restored = yield* run.step('restore-aside', (env) => restoreConfigured(env, target, within('restore-aside')));
    const aside = yield* run.step('set-aside', (env) => awaitStillUnused(env, target.present.resourceId, within('await-unused')).andThen(() => setAside(env, target, restored, within('set-aside'))));
    const { resourceId, ...inPlace } = yield* run.step('put-in-place', (env) => putInPlace(env, target, restored, within('put-in-place')).map((done) => ({ ...done, ...forOthers(env, target, consequences, aside) })));
    if (paused.length > 0) yield* run.step('start-administration', (env) => startServices(env, { services: paused, ...ofStep('start-administration') }));
    const { database, snapshotId, databaseTime, schema } = target;
    const report: RestoreDbReport = {
      summary: `${database} is back at ${databaseTime}, from ${restorePointName(target)}; what it held is kept in ${aside.identifier}; visitors are kept out`,
      database,
      restoredFrom: { snapshotId, databaseTime },
      instanceResourceId: resourceId,
      setAside: aside,
      schema,
      differs: restored.differs,
      ...consequences,
      ...inPlace,
      nextActions,
    };
    return ok(report);
  },
  {
    steps: () => steps,
    validate: (_, options) => problems(options),
    refusedByHold: false,
    supersedesHolds: true,
    continuedBy: 'resume',
    failureTable: [{ step: 'look', does: 'nothing', leaves: 'untouched' }],
  },
);

export type RestoreDbError = RecipeError<typeof restoreDb>;

interface Looked {
  readonly target: RestoreTarget;
  readonly consequences: Consequences;
  /** Once it is restored. */
  readonly nextActions: readonly NextAction[];
}

/** Everything that can be known, and refused, before a visitor is turned away. */
function look(env: Environment, options: RestoreDbOptions): ResultAsync<Looked, AwsError | Conflict | Refused | RunStoreFailed | LockLost> {
  return safeTry<Looked, AwsError | Conflict | Refused | RunStoreFailed | LockLost>(async function* () {
    const target = yield* findRestoreTarget(env, options.from).mapErr((error) => withConfirmation(env, options, error));
    const { status } = target.present;
    if (instanceCondition(status) === 'stuck') return err(notReplaceable(env, status));
    const letIn = yield* visitorsSince(env, target);
    const consequences = consequencesOf(env, target, letIn);
    const refused = refuseUnconfirmed(env, tellConsequences(env, target, consequences), letIn, options);
    if (refused !== null) return err(refused);
    yield* target.snapshotId === null ? refuseDenied(env, [...recipeSteps.restoreDb, 'restore-moment']) : refuseDenied(env, recipeSteps.restoreDb, resourcesOfRestore(env, target.snapshotId, target.configuration));
    yield* env[internals].run?.record('restorePoint' satisfies RunFact, { snapshotId: target.snapshotId, databaseTime: target.databaseTime }) ?? okAsync(undefined);
    return ok({ target, consequences, nextActions: waysOn(env, target) });
  });
}

/** Who has mistyped the instance too is told so at once; who has confirmed nothing wants to know first. */
function withConfirmation<E extends { readonly remedy: string }>({ definition: { database } }: Environment, { confirm }: RestoreDbOptions, error: E): E {
  return confirm === undefined || confirm === database ? error : { ...error, remedy: `${error.remedy} Nor was it confirmed: expected confirm: '${database}', got '${confirm}'.` };
}

/** A migration that has succeeded was followed by new code, or by mutable tags that lead to it: the code goes back too, before visitors come. */
function waysOn(env: Environment, { undone, running, schema }: RestoreTarget): readonly NextAction[] {
  // a snapshot that was taken between a migration and the code that fits it
  if (schema?.outcome === 'migrated' && running !== null && compareVersions(running, schema.version) < 0) {
    return [nextAction(env, 'deploy', `Release ${schema.version} again, or a later version: ${running}, which was running, is older than the schema that was restored`, { run: env.runId ?? '', version: schema.version })];
  }
  const filling = { run: env[internals].run?.baseline()?.byRun ?? env.runId ?? '', version: running ?? undefined };
  return [
    ...(undone?.outcome === 'migrated' ? [nextAction(env, 'rollBack', 'Bring the code back to the version that was there before the migration', filling)] : []),
    nextAction(env, 'reopen', 'Start what is still stopped as it was found, verify it, and let visitors in', filling),
  ];
}

function forOthers(env: Environment, target: RestoreTarget, { databases }: Consequences, aside: SetAside): Pick<RestoreDbReport, 'infrastructure' | 'bringOver'> {
  return { infrastructure: infrastructureHints(env, target, aside), bringOver: bringOverCommands(env, databases, target, aside) };
}

interface Configured extends RestoredInstance {
  readonly differs: readonly string[];
}

function restoreConfigured(env: Environment, target: RestoreTarget, timeoutSeconds: number): ResultAsync<Configured, RestoreAsideError | CatchUpError> {
  const secondsLeft = startDeadline(env, timeoutSeconds);
  const { restoredAs: identifier, configuration } = target;
  return safeTry<Configured, RestoreAsideError | CatchUpError>(async function* () {
    const restored = yield* restoreAside(env, { point: target, identifier, settings: restoreSettings(configuration), tags: { ...configuration.tags }, timeoutSeconds: secondsLeft() });
    const differs = yield* catchUp(env, target, restored.resourceId, secondsLeft());
    if (differs.length > 0) env.emit({ type: 'warning', message: `${identifier} differs from what was recorded: ${differs.join('; ')}.` });
    return ok({ ...restored, differs });
  });
}

function notReplaceable(env: Environment, status: string): Conflict {
  const { database, region } = env.definition;
  // a hold, from which a restore is the way back, refuses startDb
  const start = `Start it (aws rds start-db-instance --region ${region} --db-instance-identifier ${database}), wait until it is available, then call again.`;
  return {
    kind: 'Conflict',
    reason: 'resource-busy',
    message: `database instance ${database} is ${status}: it cannot be renamed aside, and waiting does not change that. Nothing was changed.`,
    remedy: status === 'stopped' || status === 'stopping' ? start : `Bring the instance back to available ("Viewing Amazon RDS DB instance status" says what ${status} means), then call again.`,
  };
}

function problems({ confirm, from, acceptLostWrites, otherTasks, timeoutSeconds, ...others }: RestoreDbOptions): readonly string[] {
  return [
    ...unknownOptionProblems(others, ['confirm', 'from', 'acceptLostWrites', 'otherTasks', 'timeoutSeconds']),
    ...(confirm === undefined || typeof confirm === 'string' ? [] : [`confirm: ${expectedGot('the identifier of the instance', confirm)}`]),
    ...restorePointProblems(from),
    ...flagProblems({ acceptLostWrites }),
    ...choiceProblems('otherTasks', otherTasksPolicies, otherTasks),
    ...timeoutProblems(steps.filter((step) => step !== 'look'), timeoutSeconds),
  ];
}
