import { DescribeServicesCommand, DescribeTasksCommand, ECSClient, ListTasksCommand } from '@aws-sdk/client-ecs';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { testEnvironment } from '../environment/environment.fixture.js';
import { awaitTasksStopped } from './await-tasks-stopped.js';

const ecs = mockClient(ECSClient);
const stoppedAt = new Date('2026-11-23T10:00:20Z');

type Read = 'MISSING' | 'DEACTIVATING' | 'STOPPED';

/** Each read of the task, in order; the last one goes on. */
function reads(...read: readonly Read[]) {
  let at = 0;
  ecs.on(DescribeTasksCommand).callsFake(() => {
    const lastStatus = read[Math.min(at, read.length - 1)]!;
    at += 1;
    if (lastStatus === 'MISSING') return { failures: [{ arn: 'tasks/1', reason: 'MISSING' }] };
    return { tasks: [{ taskArn: 'tasks/1', lastStatus, desiredStatus: 'STOPPED', ...(lastStatus === 'STOPPED' ? { stoppedAt } : {}) }] };
  });
}

function counts(runningCount: number, pendingCount = 0) {
  ecs.on(DescribeServicesCommand).resolves({ services: [{ serviceName: 'graasp', runningCount, pendingCount }] });
}

beforeEach(() => {
  ecs.reset();
  ecs.on(ListTasksCommand).resolves({ taskArns: [] });
  ecs.on(ListTasksCommand, { desiredStatus: 'STOPPED' }).resolves({ taskArns: ['tasks/1'] });
  counts(0);
});

async function wait(timeoutSeconds = 1200) {
  const env = testEnvironment();
  const startedAt = env.clock.time;
  const result = await awaitTasksStopped(env, { service: 'graasp', known: ['tasks/1'], timeoutSeconds });
  const seen = env.events.flatMap((event) => (event.type === 'waiting' ? [event.seen] : []));
  return { result, seen, seconds: (env.clock.time - startedAt) / 1000 };
}

describe('awaitTasksStopped', () => {
  it('goes on waiting for a task that was missing in two reads and drains in between', async () => {
    reads('MISSING', 'DEACTIVATING', 'DEACTIVATING', 'DEACTIVATING', 'MISSING', 'DEACTIVATING', 'STOPPED');
    expect((await wait()).result._unsafeUnwrap()).toEqual({ arns: ['tasks/1'], lastStoppedAt: stoppedAt.toISOString() });
  });

  it('goes on waiting for a task that is missing in two reads in a row', async () => {
    reads('DEACTIVATING', 'MISSING', 'MISSING', 'DEACTIVATING', 'STOPPED');
    const { result, seen } = await wait();
    expect(result._unsafeUnwrap()).toMatchObject({ lastStoppedAt: stoppedAt.toISOString() });
    expect(seen).toEqual(['0 of 1 stopped; 1 DEACTIVATING', '0 of 1 stopped; 1 MISSING', '0 of 1 stopped; 1 DEACTIVATING', '1 of 1 stopped, looking once more']);
  });

  it('takes a task for gone that has been missing for five minutes while the service runs none', async () => {
    reads('DEACTIVATING', 'MISSING');
    const { result, seconds } = await wait();
    expect(result._unsafeUnwrap()).toEqual({ arns: ['tasks/1'], lastStoppedAt: null });
    expect(seconds).toBeGreaterThanOrEqual(300);
    expect(seconds).toBeLessThan(320);
  });

  it('begins to count the five minutes again when the task is seen in between', async () => {
    reads(...Array.from({ length: 90 }, () => 'MISSING' as const), 'DEACTIVATING', 'MISSING');
    expect((await wait()).seconds).toBeGreaterThanOrEqual(570);
  });

  it.each([
    ['runs', 1, 0],
    ['starts', 0, 1],
  ])('never takes a missing task for gone while the service %s one', async (_, running, pending) => {
    reads('MISSING');
    counts(running, pending);
    expect((await wait(400)).result._unsafeUnwrapErr()).toMatchObject({ kind: 'TimedOut', lastSeen: '0 of 1 stopped; 1 MISSING' });
  });

  it('takes a task that AWS is about to forget for stopped', async () => {
    ecs.on(DescribeTasksCommand).resolves({ tasks: [{ taskArn: 'tasks/1', lastStatus: 'DELETED', stoppedAt }] });
    const { result, seconds } = await wait();
    expect(result._unsafeUnwrap()).toEqual({ arns: ['tasks/1'], lastStoppedAt: stoppedAt.toISOString() });
    expect(seconds).toBeLessThan(60);
  });

  it('tells when the last one stopped of which that is known', async () => {
    ecs.on(ListTasksCommand, { desiredStatus: 'STOPPED' }).resolves({ taskArns: ['tasks/1', 'tasks/2'] });
    ecs.on(DescribeTasksCommand).callsFake(({ tasks = [] }: { readonly tasks?: readonly string[] }) => ({
      tasks: tasks.map((taskArn) => ({ taskArn, lastStatus: 'STOPPED', ...(taskArn === 'tasks/2' ? { stoppedAt } : {}) })),
    }));
    expect((await wait()).result._unsafeUnwrap()).toEqual({ arns: ['tasks/1', 'tasks/2'], lastStoppedAt: stoppedAt.toISOString() });
  });
});
