import { ApplicationAutoScalingClient, DescribeScalableTargetsCommand, RegisterScalableTargetCommand, type ScalableTarget, type SuspendedState } from '@aws-sdk/client-application-auto-scaling';
import { mockClient } from 'aws-sdk-client-mock';
import 'aws-sdk-client-mock-vitest/extend';
import { beforeEach, describe, expect, it } from 'vitest';
import type { BaselineScaling } from '../runs/baseline.js';
import { environmentInRun, keepingRun } from './recording-run.fixture.js';
import { restoreScaling, suspendScaling } from './scaling.js';

const autoscaling = mockClient(ApplicationAutoScalingClient);
const resourceId = 'service/graasp-dev/graasp';
const nothing: BaselineScaling['suspended'] = { dynamicScalingIn: false, dynamicScalingOut: false, scheduledScaling: false };
const everything: BaselineScaling['suspended'] = { dynamicScalingIn: true, dynamicScalingOut: true, scheduledScaling: true };

function flags({ dynamicScalingIn, dynamicScalingOut, scheduledScaling }: BaselineScaling['suspended']): SuspendedState {
  return { DynamicScalingInSuspended: dynamicScalingIn, DynamicScalingOutSuspended: dynamicScalingOut, ScheduledScalingSuspended: scheduledScaling };
}

function target(MinCapacity: number, suspended: BaselineScaling['suspended']): ScalableTarget {
  return { ServiceNamespace: 'ecs', ScalableDimension: 'ecs:service:DesiredCount', ResourceId: resourceId, MinCapacity, MaxCapacity: 4, RoleARN: 'r', CreationTime: new Date(0), SuspendedState: flags(suspended) };
}

/** A run that found this scaling, and keeps what it is told. */
function foundScaling(suspended: BaselineScaling['suspended'], putAside: readonly string[] = []) {
  const { run, kept } = keepingRun(
    {
      takenAt: '2026-11-23T10:00:00.000Z',
      byRun: 'run-1',
      gate: {},
      services: { graasp: { desiredCount: 2, taskDefinition: 'graasp:7', scaling: { resourceId, minCapacity: 2, maxCapacity: 4, suspended } } },
      targetGroups: {},
      putAside: ['service:graasp', ...putAside],
    },
    { gate: null, desiredCounts: { graasp: 2 }, suspendedScaling: {}, taskDefinitions: {} },
  );
  return { env: environmentInRun(run), expectations: () => kept.expectations, putAside: () => kept.baseline.putAside };
}

beforeEach(() => {
  autoscaling.reset();
  autoscaling.on(RegisterScalableTargetCommand).resolves({});
});

describe('suspendScaling', () => {
  it('leaves scaling alone that was found suspended, and expects it to stay so', async () => {
    const { env, expectations, putAside } = foundScaling(everything);
    expect((await suspendScaling(env, 'graasp')).isOk()).toBe(true);
    expect(autoscaling).not.toHaveReceivedCommand(RegisterScalableTargetCommand);
    expect(expectations().suspendedScaling).toEqual({ graasp: true });
    expect(putAside()).toEqual(['service:graasp']);
  });

  it('suspends all of what was found suspended in part', async () => {
    const { env, expectations } = foundScaling({ ...nothing, dynamicScalingIn: true });
    expect((await suspendScaling(env, 'graasp')).isOk()).toBe(true);
    expect(autoscaling).toHaveReceivedCommandWith(RegisterScalableTargetCommand, { ResourceId: resourceId, MinCapacity: 0, MaxCapacity: 4, SuspendedState: flags(everything) });
    expect(env.events).toEqual([{ type: 'change', planned: false, resource: 'scaling of service graasp', from: '2 to 4', to: 'suspended, minimum 0', operation: 'application-autoscaling:RegisterScalableTarget', why: 'nothing but this run may start tasks' }]);
    expect(expectations().suspendedScaling).toEqual({ graasp: true });
  });
});

describe('restoreScaling', () => {
  it('lets go of scaling only once it reads back as it was found', async () => {
    const { env, expectations, putAside } = foundScaling(nothing, ['scaling:graasp']);
    autoscaling.on(DescribeScalableTargetsCommand).resolvesOnce({ ScalableTargets: [target(0, everything)] }).resolves({ ScalableTargets: [target(2, nothing)] });
    expect((await restoreScaling(env, 'graasp', 2)).isOk()).toBe(true);
    expect(autoscaling).toHaveReceivedCommandTimes(DescribeScalableTargetsCommand, 2);
    expect(putAside()).toEqual(['service:graasp']);
    expect(expectations()).toMatchObject({ suspendedScaling: { graasp: false }, desiredCounts: { graasp: { min: 2, max: 4 } } });
  });

  it('does not strike off what never reads back', async () => {
    const { env, putAside } = foundScaling(nothing, ['scaling:graasp']);
    autoscaling.on(DescribeScalableTargetsCommand).resolves({ ScalableTargets: [target(0, nothing)] });
    expect((await restoreScaling(env, 'graasp', 2))._unsafeUnwrapErr()).toMatchObject({ kind: 'TimedOut', waitingFor: 'scaling of graasp to read back as it was put back' });
    expect(putAside()).toEqual(['service:graasp', 'scaling:graasp']);
  });

  it('puts back what was suspended in part, and leaves the count to it', async () => {
    const found = { ...nothing, dynamicScalingIn: true };
    const { env, expectations } = foundScaling(found, ['scaling:graasp']);
    autoscaling.on(DescribeScalableTargetsCommand).resolves({ ScalableTargets: [target(2, found)] });
    expect((await restoreScaling(env, 'graasp', 2)).isOk()).toBe(true);
    expect(autoscaling).toHaveReceivedCommandWith(RegisterScalableTargetCommand, { MinCapacity: 2, MaxCapacity: 4, SuspendedState: flags(found) });
    expect(expectations()).toMatchObject({ suspendedScaling: { graasp: false }, desiredCounts: { graasp: { min: 2, max: 4 } } });
  });

  it('keeps the minimum at 0 for a service that stays at 0: the call would start it', async () => {
    const { env, expectations, putAside } = foundScaling(nothing, ['scaling:graasp']);
    autoscaling.on(DescribeScalableTargetsCommand).resolves({ ScalableTargets: [target(0, nothing)] });
    expect((await restoreScaling(env, 'graasp', 0)).isOk()).toBe(true);
    expect(autoscaling).toHaveReceivedCommandWith(RegisterScalableTargetCommand, { MinCapacity: 0, MaxCapacity: 4, SuspendedState: flags(nothing) });
    expect(putAside()).toEqual(['service:graasp']);
    expect(expectations().desiredCounts).toEqual({ graasp: { min: 0, max: 4 } });
    expect(env.events).toContainEqual({
      type: 'warning',
      message: 'Scaling of service graasp had a minimum of 2 and keeps 0: the service was found at 0 tasks, and putting the minimum back would start it. Set it when the service is to run.',
    });
  });
});
