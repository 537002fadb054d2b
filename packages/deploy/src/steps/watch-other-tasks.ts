import { ok, okAsync, type ResultAsync } from 'neverthrow';
import { steadyNow } from '../clock.js';
import type { Task } from '../aws/ecs.js';
import { type Environment, internals, type JsonValue, type RunFact } from '../environment/environment.js';
import type { AwsError, LockLost, RunStoreFailed } from '../errors.js';
import { describeTaskList, findClusterTasks, isOther } from './other-tasks.js';

const minuteMs = 60_000;
/** AWS forgets a stopped task after an hour ("StoppedTasks"); the run goes on on another machine perhaps, whose clock differs by minutes. */
export const rememberedMs = 50 * minuteMs;
const msBetweenLooks = 10 * minuteMs;

/** What a run has seen of other tasks since it requested its snapshot. */
export interface OtherTasksSeen {
  /** ISO time until which none can have come and gone unseen. */
  readonly until: string;
  /** By ARN. */
  readonly tasks: Readonly<Record<string, SeenTask>>;
}

export interface SeenTask {
  /** For people. */
  readonly name: string;
  /** ISO time; null where it was not seen to have stopped. */
  readonly stoppedAt: string | null;
}

/** For the probe of a wait that may last longer than AWS remembers: looks now and then. A look that fails is none: it shows in what is known. */
export function watchOtherTasks(env: Environment): () => ResultAsync<void, never> {
  const times = () => [env.clock.now(), steadyNow(env.clock)] as const;
  // a wait that was left, and is taken up again, goes by what was journalled
  const lookedBefore = Date.parse(seenBefore(env)?.until ?? '');
  let lookedAt: readonly number[] = times().map((time) => (env.clock.now() - lookedBefore < msBetweenLooks || Number.isNaN(lookedBefore) ? time : Number.NEGATIVE_INFINITY));
  return () => {
    // AWS forgets while this machine sleeps too
    if (times().every((time, index) => time - lookedAt[index]! < msBetweenLooks)) return okAsync(undefined);
    lookedAt = times();
    return lookForOtherTasks(env);
  };
}

/** One look, journalled. Never fails. */
export function lookForOtherTasks(env: Environment): ResultAsync<void, never> {
  const now = env.clock.now();
  return findClusterTasks(env)
    .andThen((tasks) => noteOtherTasks(env, tasks, now))
    .map(() => undefined)
    .orElse(() => ok(undefined));
}

/** Adds what a look at the cluster at this moment has shown to what was seen before, and journals it. null: no snapshot was requested. */
export function noteOtherTasks(env: Environment, tasks: readonly Task[], now: number): ResultAsync<OtherTasksSeen | null, AwsError | RunStoreFailed | LockLost> {
  const before = seenBefore(env);
  if (before === null) return okAsync(null);
  const unbroken = now - Date.parse(before.until) <= rememberedMs;
  const seen = { until: unbroken ? new Date(now).toISOString() : before.until, tasks: { ...before.tasks, ...byArn(tasks.filter((task) => isOther(env, task))) } };
  return recordSeen(env, seen).map(() => seen);
}

/** Journalled where it is known by other means that none was missed. */
export function recordSeen(env: Environment, seen: OtherTasksSeen): ResultAsync<void, RunStoreFailed | LockLost> {
  return env[internals].run?.record('otherTasksSeen' satisfies RunFact, { ...seen } as unknown as JsonValue) ?? okAsync(undefined);
}

/** Nothing from before the last snapshot was requested matters. */
function seenBefore(env: Environment): OtherTasksSeen | null {
  const recall = (fact: RunFact) => env[internals].run?.recallFact(fact);
  const requestedAt = (recall('snapshotIntent') as { readonly at?: string } | undefined)?.at;
  if (requestedAt === undefined) return null;
  const seen = (recall('otherTasksSeen') as unknown as OtherTasksSeen | undefined) ?? { until: requestedAt, tasks: {} };
  return seen.until < requestedAt ? { ...seen, until: requestedAt } : seen;
}

function byArn(tasks: readonly Task[]): Readonly<Record<string, SeenTask>> {
  return Object.fromEntries(tasks.map((task) => [task.taskArn ?? '', { name: describeTaskList([task]), stoppedAt: task.stoppedAt?.toISOString() ?? null }]));
}
