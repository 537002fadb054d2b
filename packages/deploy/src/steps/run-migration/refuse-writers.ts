import { err, ok, okAsync, type ResultAsync, safeTry } from 'neverthrow';
import { findServices, type Task } from '../../aws/ecs.js';
import type { DBSnapshot } from '../../aws/rds.js';
import { type Environment, internals, type RunFact } from '../../environment/environment.js';
import type { AwsError, Conflict, LockLost, MigrationFailed, Refused, RunStoreFailed } from '../../errors.js';
import { usesDatabase } from '../../gate/read-gate.js';
import { confirmAsSet } from '../../runs/watch.js';
import { declaredServiceOf, describeTaskList, findClusterTasks, isOther, isStopped, type OtherTasksPolicy } from '../other-tasks.js';
import { noteOtherTasks, type OtherTasksSeen, recordSeen, rememberedMs } from '../watch-other-tasks.js';
import { wasUnused } from './database-connections.js';

export type RefuseWritersError = AwsError | Conflict | Refused | RunStoreFailed | LockLost;

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
export function refuseWriters(env: Environment, question: WritersQuestion): ResultAsync<void, RefuseWritersError> {
  const stopped = Object.keys(env.definition.services).filter((name) => usesDatabase(env, name) && !question.mayRun.includes(name));
  return safeTry<void, RefuseWritersError>(async function* () {
    yield* confirmAsSet(env);
    const now = env.clock.now();
    const tasks = yield* findClusterTasks(env);
    const owned = tasks.filter((task) => stopped.includes(declaredServiceOf(env, task) ?? ''));
    const others = question.otherTasks === 'allow' ? [] : tasks.filter((task) => isOther(env, task));
    const atWork = [...owned, ...others].filter((task) => !isStopped(task));
    if (atWork.length > 0) return err(writersAtWork(env, atWork));
    if (question.snapshot === null) return ok(undefined);
    const moment = momentOf(env, question.snapshot);
    const othersSince = question.otherTasks === 'allow' ? [] : yield* otherTasksSince(env, others, { moment, now });
    const since = [...stoppedSince(owned, moment), ...othersSince, ...(yield* startedSince(env, stopped, moment))];
    return since.length === 0 ? ok(undefined) : err(writtenSince(env, { ...question, since, moment }));
  });
}

/**
 * Until when what was written is in the snapshot, or was given up by taking it before the services were stopped: by AWS's clocks, which tell
 * of the writers too. An idle database has no transaction for minutes: then its snapshot's creation tells.
 */
function momentOf(env: Environment, { SnapshotDatabaseTime, SnapshotCreateTime }: DBSnapshot): number {
  const lastWriterStoppedAt = env[internals].run?.recallFact('lastWriterStoppedAt' satisfies RunFact);
  return Math.max(SnapshotDatabaseTime?.getTime() ?? 0, SnapshotCreateTime?.getTime() ?? 0, typeof lastWriterStoppedAt === 'string' ? Date.parse(lastWriterStoppedAt) : 0);
}

function stoppedSince(writers: readonly Task[], moment: number): readonly string[] {
  return writers.filter(({ stoppedAt }) => stoppedAt !== undefined && stoppedAt.getTime() > moment).map((task) => `${describeTaskList([task])} until ${task.stoppedAt!.toISOString()}`);
}

interface SinceMoment {
  readonly moment: number;
  readonly now: number;
}

/** Of tasks that AWS remembers, that this run has seen or waited for, and that may have come and gone while nobody looked. */
function otherTasksSince(env: Environment, others: readonly Task[], { moment, now }: SinceMoment): ResultAsync<readonly string[], RefuseWritersError> {
  return safeTry<readonly string[], RefuseWritersError>(async function* () {
    const endedAt = env[internals].run?.recallFact('otherTasksEndedAt' satisfies RunFact);
    const waitedFor = typeof endedAt === 'string' && Date.parse(endedAt) > moment ? [`other tasks until ${endedAt}`] : [];
    const seen = (yield* noteOtherTasks(env, others, now)) ?? { until: new Date(moment).toISOString(), tasks: {} };
    const known = Object.values(seen.tasks).filter(({ stoppedAt }) => stoppedAt === null || Date.parse(stoppedAt) > moment);
    const unseen = yield* unseenTasks(env, seen, now);
    return ok([...known.map(({ name, stoppedAt }) => `${name}${stoppedAt === null ? '' : ` until ${stoppedAt}`}`), ...waitedFor, ...unseen]);
  });
}

/** While nobody looked, for longer than AWS remembers, a task needs a connection to write. */
function unseenTasks(env: Environment, seen: OtherTasksSeen, now: number): ResultAsync<readonly string[], RefuseWritersError> {
  const from = Date.parse(seen.until);
  if (now - from <= rememberedMs) return okAsync([]);
  const to = now - rememberedMs;
  return wasUnused(env, { from, to }).andThen((unused): ResultAsync<readonly string[], RefuseWritersError> => {
    if (unused) return recordSeen(env, { ...seen, until: new Date(now).toISOString() }).map(() => []);
    const times = `from ${seen.until} to ${new Date(to).toISOString()}`;
    return okAsync([`tasks of no declared service, which ECS has forgotten by now, ${times}: the database is not known to have been without connections`]);
  });
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
  const untouched = schema === 'untouched';
  const first = untouched ? '' : 'An earlier attempt may have changed the schema: look at it, and mend it or restore the database, before anything else. ';
  const newRun = untouched ? 'a new run' : 'a new run with retryMigration: true';
  return {
    kind: 'Refused',
    rule: 'restore-point',
    message: `snapshot ${snapshot?.DBSnapshotIdentifier} holds what was written to ${env.definition.database} until ${new Date(moment).toISOString()}, and something may have written since: ${since.join('; ')}. The migration was not started, because a restore would lose that`,
    remedy: `${first}See that nothing writes any more, let go of the environment with releaseHold, and begin ${newRun}: it takes another snapshot.`,
  };
}
