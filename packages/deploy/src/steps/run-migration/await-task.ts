import { ok, okAsync, type ResultAsync, safeTry } from 'neverthrow';
import { steadyNow } from '../../clock.js';
import { describeTasks, type Task } from '../../aws/ecs.js';
import type { Environment } from '../../environment/environment.js';
import type { AwsError, Conflict, WaitError } from '../../errors.js';
import { type Probe, waitUntil } from '../../wait.js';
import { watchOtherTasks } from '../watch-other-tasks.js';
import { pause } from './pause.js';
import { type TaskLog, taskIdOf } from './task-log.js';
import { forgotten, isOver, judgeTask, type TaskVerdict } from './task-verdict.js';

export interface TaskQuestion<E> {
  readonly taskArn: string;
  readonly container: string;
  readonly waitingFor: string;
  readonly timeoutSeconds: number;
  /** When RunTask was called, in milliseconds since the epoch. */
  readonly requestedAt: number;
  readonly log: TaskLog;
  readonly onLines: (lines: readonly string[]) => void;
  /** Journals what was seen, at once: AWS forgets a stopped task after an hour. */
  readonly onStatus: (task: Task) => ResultAsync<void, E>;
}

const secondsBetweenReads = 3;
/** Its output is for people to follow: what decides is its status. */
const secondsBetweenLogReadings = 6;
/** A task just started may be MISSING for a while ("RunTask": back off up to five minutes); one that was seen and then is, is forgotten. */
const secondsUntilKnown = 5 * 60;
const readsUntilForgotten = 3;
/** The last lines, or all of them, may come after STOPPED: read until there are some and no more come, and no longer than this. */
const quietReadings = 2;
const mostFinalReadings = 10;
const secondsBetweenFinalReadings = 2;

/** Follows a task until it is STOPPED, streaming its output, and reads the output once more after. */
export function awaitTask<E>(env: Environment, question: TaskQuestion<E>): ResultAsync<TaskVerdict, AwsError | WaitError | Conflict | E> {
  const { taskArn, container, log } = question;
  const requestedSince = steadyNow(env.clock) - Math.max(0, env.clock.now() - question.requestedAt);
  let lastStatus: string | null = null;
  let missing = 0;
  let outputReadAt = Number.NEGATIVE_INFINITY;
  const unknown = (): Probe<TaskVerdict, never> => {
    missing += 1;
    const waited = lastStatus !== null || steadyNow(env.clock) - requestedSince >= secondsUntilKnown * 1000;
    return waited && missing >= readsUntilForgotten ? { status: 'done', value: forgotten } : { status: 'pending', seen: `task ${taskIdOf(taskArn)} is not known to ECS` };
  };
  const known = (task: Task): ResultAsync<Probe<TaskVerdict, never>, E> => {
    missing = 0;
    const changed = task.lastStatus !== lastStatus;
    lastStatus = task.lastStatus ?? 'UNKNOWN';
    const reading = changed || steadyNow(env.clock) - outputReadAt >= secondsBetweenLogReadings * 1000;
    if (reading) outputReadAt = steadyNow(env.clock);
    return (changed ? question.onStatus(task) : okAsync<void, E>(undefined)).andThen(() => (reading ? log.readMore() : okAsync<readonly string[]>([]))).map((lines) => {
      question.onLines(lines);
      return isOver(task) ? { status: 'done', value: judgeTask(task, container), seen: describe(task) } : { status: 'pending', seen: describe(task) };
    });
  };
  const watch = watchOtherTasks(env);
  return waitUntil<TaskVerdict, never, AwsError | E>(env, {
    waitingFor: question.waitingFor,
    timeoutSeconds: question.timeoutSeconds,
    intervalSeconds: secondsBetweenReads,
    probe: () =>
      watch().andThen(() => describeTasks(env, [taskArn])).andThen(({ tasks: [task] }): ResultAsync<Probe<TaskVerdict, never>, AwsError | E> => (task === undefined ? okAsync(unknown()) : known(task))),
  }).andThen((verdict) => (verdict.ran ? readToTheEnd(env, question).map(() => verdict) : okAsync(verdict)));
}

function describe(task: Task): string {
  return `task ${taskIdOf(task.taskArn ?? '')} is ${task.lastStatus}`;
}

function readToTheEnd<E>(env: Environment, { log, onLines }: TaskQuestion<E>): ResultAsync<void, WaitError> {
  return safeTry<void, WaitError>(async function* () {
    for (let reading = 0, quiet = 0; reading < mostFinalReadings && quiet < quietReadings && log.unreadable === null; reading += 1) {
      const lines = yield* log.readMore();
      onLines(lines);
      quiet = lines.length === 0 && log.lines.length > 0 ? quiet + 1 : 0;
      yield* pause(env, secondsBetweenFinalReadings, "the last lines of the task's output");
    }
    return ok(undefined);
  });
}
