import type { Container, Failure, Task } from '../../aws/ecs.js';
import type { MigrationFailureReason } from '../../errors.js';

/** How a one-off task ended. Plain JSON: it is journalled at once, because AWS forgets a stopped task after an hour. */
export interface TaskVerdict {
  readonly succeeded: boolean;
  /** null when it succeeded. */
  readonly reason: MigrationFailureReason | null;
  /** null when the container never reported one, which is not 0. */
  readonly exitCode: number | null;
  /** What AWS says of it. */
  readonly detail: string;
  /** Whether the container's process may have run. */
  readonly ran: boolean;
  /** ISO time; null when nothing was started or AWS does not say. */
  readonly startedAt: string | null;
  readonly endedAt: string | null;
}

/**
 * What a stopped task's end means. Exit code 0 of the container is success, unless the container was killed for memory (AWS has reported 0
 * with that reason) or somebody stopped the task: a shell that is told to end may say 0 in the middle of its work.
 */
export function judgeTask(task: Task, container: string): TaskVerdict {
  const found = task.containers?.find(({ name }) => name === container);
  const exitCode = found?.exitCode ?? null;
  const reason = failureReason(task, found, exitCode);
  return {
    succeeded: reason === null,
    reason,
    exitCode,
    detail: detailOf(task, found),
    ran: task.startedAt !== undefined || exitCode !== null || task.stopCode !== 'TaskFailedToStart',
    startedAt: (task.startedAt ?? task.createdAt)?.toISOString() ?? null,
    endedAt: task.stoppedAt?.toISOString() ?? null,
  };
}

function failureReason(task: Task, container: Container | undefined, exitCode: number | null): MigrationFailureReason | null {
  const texts = `${container?.reason ?? ''} ${task.stoppedReason ?? ''}`;
  if (/OutOfMemory/i.test(texts)) return 'out-of-memory';
  if (task.stopCode === 'SpotInterruption' || task.stopCode === 'TerminationNotice') return 'spot-interruption';
  if (task.stopCode === 'UserInitiated' || task.stopCode === 'ServiceSchedulerInitiated' || task.stopCode === 'InfrastructureHealth') return 'stopped-by-somebody';
  if (exitCode !== null) return exitCode === 0 ? null : 'exit-code';
  if (/CannotPull|pull image|manifest/i.test(texts)) return 'image';
  if (/capacity/i.test(texts)) return 'capacity';
  return task.stopCode === 'TaskFailedToStart' ? 'start' : 'no-exit-code';
}

/** The container's reason says more than the task's. */
function detailOf(task: Task, container: Container | undefined): string {
  const texts = [container?.reason, task.stoppedReason].filter((text) => text !== undefined && text !== '');
  return [...new Set(texts)].join('; ') || 'AWS gives no reason';
}

/** RunTask answered 200 and started nothing ("RunTask": `failures`). */
export function judgeFailures(failures: readonly Failure[]): TaskVerdict {
  const texts = failures.map(({ reason, detail, arn }) => [reason, detail, arn].filter((text) => text !== undefined).join(' '));
  const detail = texts.join('; ') || 'RunTask started no task and gave no reason';
  const reason = /capacity|RESOURCE:|limit on the number/i.test(detail) ? 'capacity' : 'start';
  return { succeeded: false, reason, exitCode: null, detail, ran: false, startedAt: null, endedAt: null };
}

/** AWS does not know the task any more, and nobody saw its end. */
export const forgotten: TaskVerdict = {
  succeeded: false,
  reason: 'outcome-unknown',
  exitCode: null,
  detail: 'AWS no longer knows the task: its end was not seen within the hour for which a stopped task is described',
  ran: true,
  startedAt: null,
  endedAt: null,
};

export const isOver = (task: Task) => task.lastStatus === 'STOPPED' || task.lastStatus === 'DELETED';
