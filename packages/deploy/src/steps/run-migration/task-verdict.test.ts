import { describe, expect, it } from 'vitest';
import type { Task } from '../../aws/ecs.js';
import { judgeFailures, judgeTask } from './task-verdict.js';

const startedAt = new Date('2026-11-23T10:00:00Z');

function stopped(changes: Partial<Task>, container: { exitCode?: number; reason?: string } = {}): Task {
  return { lastStatus: 'STOPPED', stopCode: 'EssentialContainerExited', stoppedReason: 'Essential container in task exited', startedAt, stoppedAt: new Date('2026-11-23T10:01:00Z'), containers: [{ name: 'sidecar', exitCode: 0 }, { name: 'migrate', ...container }], ...changes };
}

describe('judgeTask', () => {
  it('takes exit code 0 of its container for success', () => {
    expect(judgeTask(stopped({}, { exitCode: 0 }), 'migrate')).toMatchObject({ succeeded: true, reason: null, exitCode: 0, endedAt: '2026-11-23T10:01:00.000Z' });
  });

  it('does not take an absent exit code for 0', () => {
    expect(judgeTask(stopped({}), 'migrate')).toMatchObject({ succeeded: false, reason: 'no-exit-code', exitCode: null, ran: true });
    expect(judgeTask(stopped({ containers: [] }), 'migrate')).toMatchObject({ succeeded: false, reason: 'no-exit-code', exitCode: null });
  });

  it('does not take exit code 0 of another container for its own', () => {
    expect(judgeTask(stopped({}, { exitCode: 1 }), 'migrate')).toMatchObject({ succeeded: false, reason: 'exit-code', exitCode: 1 });
  });

  it('sees a container that ran out of memory by its reason, also where AWS reports 0', () => {
    const reason = 'OutOfMemoryError: Container killed due to memory usage';
    expect(judgeTask(stopped({}, { exitCode: 0, reason }), 'migrate')).toMatchObject({ succeeded: false, reason: 'out-of-memory', exitCode: 0, detail: `${reason}; Essential container in task exited` });
  });

  it.each([
    ['SpotInterruption', 'spot-interruption'],
    ['TerminationNotice', 'spot-interruption'],
    ['UserInitiated', 'stopped-by-somebody'],
    ['InfrastructureHealth', 'stopped-by-somebody'],
  ] as const)('does not take exit code 0 after %s for success', (stopCode, reason) => {
    expect(judgeTask(stopped({ stopCode }, { exitCode: 0 }), 'migrate')).toMatchObject({ succeeded: false, reason });
  });

  const unstarted = (stoppedReason: string): Task => ({ lastStatus: 'STOPPED', stopCode: 'TaskFailedToStart', stoppedReason, containers: [{ name: 'migrate' }], createdAt: startedAt });

  it.each([
    ['CannotPullContainerError: pull image manifest has been retried 5 time(s): not found', 'image'],
    ['Capacity is unavailable at this time. Please try again later or in a different availability zone', 'capacity'],
    ['Timeout waiting for network interface provisioning to complete.', 'start'],
  ] as const)('knows that nothing ran: %s', (text, reason) => {
    expect(judgeTask(unstarted(text), 'migrate')).toEqual({ succeeded: false, reason, exitCode: null, detail: text, ran: false, startedAt: '2026-11-23T10:00:00.000Z', endedAt: null });
  });

  it('says so when AWS gives no reason', () => {
    expect(judgeTask({ lastStatus: 'STOPPED', containers: [{ name: 'migrate', exitCode: 3 }] }, 'migrate')).toMatchObject({ reason: 'exit-code', detail: 'AWS gives no reason', startedAt: null });
  });
});

describe('judgeFailures', () => {
  it('tells missing capacity and quotas from what else keeps a task from starting', () => {
    expect(judgeFailures([{ reason: 'RESOURCE:ENI' }])).toMatchObject({ reason: 'capacity', ran: false });
    expect(judgeFailures([{ reason: "You've reached the limit on the number of tasks you can run concurrently" }])).toMatchObject({ reason: 'capacity' });
    expect(judgeFailures([{ arn: 'arn:x', reason: 'MISSING' }])).toMatchObject({ reason: 'start', detail: 'MISSING arn:x' });
    expect(judgeFailures([])).toMatchObject({ reason: 'start', detail: 'RunTask started no task and gave no reason' });
  });
});
