import { err, ok, type ResultAsync, safeTry } from 'neverthrow';
import { findServices, type Task } from '../../aws/ecs.js';
import type { DBSnapshot } from '../../aws/rds.js';
import { type Environment, internals, type JsonValue, type RunFact } from '../../environment/environment.js';
import type { AwsError, Conflict, MigrationFailed, Refused } from '../../errors.js';
import { usesDatabase } from '../../gate/read-gate.js';
import { confirmAsSet } from '../../runs/watch.js';
import { declaredServiceOf, describeTaskList, findClusterTasks, isMigration, isStopped, type OtherTasksPolicy } from '../other-tasks.js';

export interface WritersQuestion {
  /** Services that may write all the while. */
  readonly mayRun: readonly string[];
  readonly otherTasks: OtherTasksPolicy;
  /** The snapshot that this run took; null: another restore point, which the caller answers for, or none. */
  readonly snapshot: DBSnapshot | null;
  /** As the attempts before have left the schema. */
  readonly schema: MigrationFailed['schema'];
}

/**
 * The last look before a migration starts, hours after a hold perhaps: what this run has set is as it has set it, no task of a service that
 * uses the database is left, draining ones included, and none has written since the restore point.
 */
export function refuseWriters(env: Environment, question: WritersQuestion): ResultAsync<void, AwsError | Conflict | Refused> {
  const stopped = Object.keys(env.definition.services).filter((name) => usesDatabase(env, name) && !question.mayRun.includes(name));
  return safeTry<void, AwsError | Conflict | Refused>(async function* () {
    yield* confirmAsSet(env);
    const tasks = yield* findClusterTasks(env);
    const writers = tasks.filter((task) => stopped.includes(declaredServiceOf(env, task) ?? '') || (question.otherTasks !== 'allow' && isUndeclared(env, task)));
    const atWork = writers.filter((task) => !isStopped(task));
    if (atWork.length > 0) return err(writersAtWork(env, atWork));
    if (question.snapshot === null) return ok(undefined);
    const moment = momentOf(env, question.snapshot);
    const since = [...stoppedSince(writers, moment), ...otherTasksSince(env, moment), ...(yield* startedSince(env, stopped, moment))];
    return since.length === 0 ? ok(undefined) : err(writtenSince(env, { ...question, since, moment }));
  });
}

function isUndeclared(env: Environment, task: Task): boolean {
  return declaredServiceOf(env, task) === null && !isMigration(env, task);
}

/**
 * Until when what was written is in the snapshot, or was given up by taking it before the services were stopped. An idle database has no
 * transaction for minutes: then the request tells.
 */
function momentOf(env: Environment, snapshot: DBSnapshot): number {
  const recall = (fact: RunFact): JsonValue | undefined => env[internals].run?.recallFact(fact);
  const intent = recall('snapshotIntent') as { readonly snapshotId?: string; readonly at?: string } | undefined;
  const requestedAt = intent?.snapshotId === snapshot.DBSnapshotIdentifier ? intent?.at : undefined;
  const known = [requestedAt, recall('servicesStoppedAt')].flatMap((at) => (typeof at === 'string' ? [Date.parse(at)] : []));
  return Math.max((snapshot.SnapshotDatabaseTime ?? snapshot.SnapshotCreateTime)?.getTime() ?? 0, ...known);
}

function stoppedSince(writers: readonly Task[], moment: number): readonly string[] {
  return writers.filter(({ stoppedAt }) => stoppedAt !== undefined && stoppedAt.getTime() > moment).map((task) => `${describeTaskList([task])} until ${task.stoppedAt!.toISOString()}`);
}

function otherTasksSince(env: Environment, moment: number): readonly string[] {
  const at = env[internals].run?.recallFact('otherTasksEndedAt');
  return typeof at === 'string' && Date.parse(at) > moment ? [`other tasks until ${at}`] : [];
}

/** AWS forgets a stopped task after an hour; the service's events stay ("Viewing Amazon ECS service event messages"). */
function startedSince(env: Environment, services: readonly string[], moment: number): ResultAsync<readonly string[], AwsError> {
  return findServices(env, services).map(({ services: found }) =>
    found.flatMap(({ events = [] }) => events.filter(({ createdAt, message = '' }) => createdAt !== undefined && createdAt.getTime() > moment && message.includes('has started')).map(({ createdAt, message }) => `${message} at ${createdAt!.toISOString()}`)),
  );
}

function writersAtWork(env: Environment, tasks: readonly Task[]): Conflict {
  return {
    kind: 'Conflict',
    reason: 'task-in-flight',
    message: `tasks that may write to the database ${env.definition.database} are left: ${describeTaskList(tasks)}; no migration was started`,
    remedy: 'Stop them and wait until they are STOPPED: services with stopServices, or by setting their desired count back to 0. Then resume. A service that may write all the while is named in mayRun.',
  };
}

function writtenSince(env: Environment, { snapshot, schema, since, moment }: WritersQuestion & { readonly since: readonly string[]; readonly moment: number }): Refused {
  const first = schema === 'untouched' ? '' : 'An earlier attempt may have changed the schema: look at it, and mend it or restore the database, before anything else. ';
  return {
    kind: 'Refused',
    rule: 'restore-point',
    message: `snapshot ${snapshot?.DBSnapshotIdentifier} holds what was written to ${env.definition.database} until ${new Date(moment).toISOString()}, and something may have written since: ${since.join('; ')}. The migration was not started, because a restore would lose that`,
    remedy: `${first}See that nothing writes any more, let go of the environment with releaseHold, and begin a new run: it takes another snapshot.`,
  };
}
