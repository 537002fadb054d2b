import { DescribeTasksCommand, ECSClient, ListTasksCommand, type Task } from '@aws-sdk/client-ecs';
import { mockClient } from 'aws-sdk-client-mock';
import { okAsync } from 'neverthrow';
import { beforeEach, describe, expect, it } from 'vitest';
import { environmentInRun, recordingRun } from '../recording-run.fixture.js';
import { awaitTask, type TaskQuestion } from './await-task.js';
import type { TaskLog } from './task-log.js';
import { forgotten } from './task-verdict.js';

const ecs = mockClient(ECSClient);
const taskArn = 'arn:task/graasp-dev/abc';
const begun = Date.parse('2026-11-23T10:00:00Z');
const running: Task = { taskArn, lastStatus: 'RUNNING' };
const stopped: Task = { taskArn, lastStatus: 'STOPPED', stopCode: 'EssentialContainerExited', startedAt: new Date(begun), stoppedAt: new Date(begun), containers: [{ name: 'migrate', exitCode: 0 }] };

/** What is read of the task, one after the other; the last goes on. */
function reads(...found: readonly (Task | null)[]): void {
  let at = 0;
  ecs.on(DescribeTasksCommand).callsFake(() => {
    const now = found[Math.min(at, found.length - 1)] ?? null;
    at += 1;
    return { tasks: now === null ? [] : [now] };
  });
}

interface Setting extends Partial<TaskQuestion<never>> {
  /** What each reading of the output has; nothing after the last. */
  readonly output?: readonly (readonly string[])[];
  readonly unreadable?: string;
}

async function wait({ output = [], unreadable, ...changes }: Setting = {}) {
  const env = environmentInRun(recordingRun({ step: 'run-migration' }));
  const lines: string[] = [];
  const readAt: number[] = [];
  const log: TaskLog = {
    lines,
    unreadable: unreadable ?? null,
    readMore: () => {
      const more = output[readAt.length] ?? [];
      readAt.push((env.clock.time - begun) / 1000);
      lines.push(...more);
      return okAsync(more);
    },
  };
  const told: string[] = [];
  const statuses: (string | undefined)[] = [];
  const question: TaskQuestion<never> = { taskArn, container: 'migrate', waitingFor: 'the migration', timeoutSeconds: 3600, requestedAt: begun, log, onLines: (more) => void told.push(...more), onStatus: ({ lastStatus }) => okAsync(void statuses.push(lastStatus)), ...changes };
  const result = await awaitTask(env, question);
  return { env, result, told, statuses, readAt, seconds: (env.clock.time - begun) / 1000, seen: env.events.flatMap((event) => (event.type === 'waiting' ? [event.seen] : [])) };
}

beforeEach(() => {
  ecs.reset();
  ecs.on(ListTasksCommand).resolves({ taskArns: [] });
});

describe('awaitTask', () => {
  it('tells each status once, and the verdict when the task has stopped', async () => {
    reads({ taskArn, lastStatus: 'PENDING' }, running, running, stopped);
    const { result, statuses, seen } = await wait();
    expect(result._unsafeUnwrap()).toMatchObject({ succeeded: true, exitCode: 0 });
    expect(statuses).toEqual(['PENDING', 'RUNNING', 'STOPPED']);
    expect(seen).toEqual(['task abc is PENDING', 'task abc is RUNNING']);
  });

  it('reads the output with each status and every six seconds, and looks at the status every three', async () => {
    reads(running, running, running, running, running, stopped);
    const { readAt, told } = await wait({ output: [['one'], ['two'], [], ['three']] });
    expect(readAt.slice(0, 4)).toEqual([0, 6, 12, 15]);
    expect(told).toEqual(['one', 'two', 'three']);
  });

  it('reads on after the end until two readings in a row bring nothing', async () => {
    reads(stopped);
    const { readAt, told } = await wait({ output: [[], ['late'], [], ['last']] });
    expect(told).toEqual(['late', 'last']);
    expect(readAt).toEqual([0, 0, 2, 4, 6, 8]);
  });

  it('reads ten times at most after the end where nothing comes, and not at all what cannot be read', async () => {
    reads(stopped);
    expect((await wait()).readAt).toHaveLength(11);
    expect((await wait({ unreadable: 'no' })).readAt).toHaveLength(1);
  });

  it('does not read the output of what never ran', async () => {
    reads({ taskArn, lastStatus: 'STOPPED', stopCode: 'TaskFailedToStart', stoppedReason: 'no image' });
    const { result, readAt } = await wait();
    expect(result._unsafeUnwrap()).toMatchObject({ ran: false });
    expect(readAt).toHaveLength(1);
  });

  it('takes a task for forgotten that was seen, and is not any more in three looks in a row', async () => {
    reads(running, null, null, running, null, null, null);
    const { result, seen } = await wait();
    expect(result._unsafeUnwrap()).toEqual(forgotten);
    expect(seen).toEqual(['task abc is RUNNING', 'task abc is not known to ECS', 'task abc is RUNNING', 'task abc is not known to ECS']);
    expect(ecs.commandCalls(DescribeTasksCommand)).toHaveLength(7);
  });

  it.each([
    ['just now', begun, 300],
    ['four minutes ago', begun - 240_000, 60],
    ['long ago', begun - 3_600_000, 6],
    ['by a machine that is ahead', begun + 3_600_000, 300],
  ])('waits for one to be known that was asked for %s, for five minutes in all', async (_, requestedAt, seconds) => {
    reads(null);
    const waited = await wait({ requestedAt });
    expect(waited.result._unsafeUnwrap()).toEqual(forgotten);
    expect(ecs.commandCalls(DescribeTasksCommand)).toHaveLength(seconds / 3 + 1);
  });

  it('has a time limit', async () => {
    reads(running);
    expect((await wait({ timeoutSeconds: 30 })).result._unsafeUnwrapErr()).toMatchObject({ kind: 'TimedOut', waitingFor: 'the migration', timeoutSeconds: 30, lastSeen: 'task abc is RUNNING' });
  });
});
