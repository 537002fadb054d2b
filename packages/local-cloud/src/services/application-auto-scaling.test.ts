import {
  ApplicationAutoScalingClient,
  DeleteScheduledActionCommand,
  DeregisterScalableTargetCommand,
  DescribeScalableTargetsCommand,
  DescribeScalingActivitiesCommand,
  DescribeScalingPoliciesCommand,
  DescribeScheduledActionsCommand,
  PutScalingPolicyCommand,
  PutScheduledActionCommand,
  RegisterScalableTargetCommand,
} from '@aws-sdk/client-application-auto-scaling';
import { describe, expect, it } from 'vitest';
import { createApplicationAutoScaling } from './application-auto-scaling.js';
import { startAt, testService } from './test-service.js';

const target = { ServiceNamespace: 'ecs', ResourceId: 'service/dev/graasp', ScalableDimension: 'ecs:service:DesiredCount' } as const;
const all = { DynamicScalingInSuspended: true, DynamicScalingOutSuspended: true, ScheduledScalingSuspended: true };

function setUp(desiredCount = 1) {
  const ecs = { desiredCount };
  const messages: string[] = [];
  const service = testService({
    siblings: {
      ecs: {
        desiredCount: (resourceId) => (resourceId === target.ResourceId ? ecs.desiredCount : undefined),
        setDesiredCount(_resourceId, count, message) {
          ecs.desiredCount = count;
          messages.push(message);
        },
      },
    },
  });
  const client = new ApplicationAutoScalingClient(service.configurationFor('application-autoscaling', createApplicationAutoScaling(service.context).operations));
  const register = (more: Partial<RegisterScalableTargetCommand['input']> = {}) => client.send(new RegisterScalableTargetCommand({ ...target, ...more }));
  const described = async () => (await client.send(new DescribeScalableTargetsCommand({ ServiceNamespace: 'ecs' }))).ScalableTargets;
  return { ...service, client, ecs, messages, register, described };
}

describe('RegisterScalableTarget', () => {
  it('pulls the desired count into the range when it creates a target', async () => {
    const { register, ecs, described } = setUp(0);

    await register({ MinCapacity: 1, MaxCapacity: 8 });

    expect(ecs.desiredCount).toBe(1);
    expect(await described()).toMatchObject([
      { ...target, MinCapacity: 1, MaxCapacity: 8, SuspendedState: { DynamicScalingInSuspended: false, DynamicScalingOutSuspended: false, ScheduledScalingSuspended: false }, CreationTime: new Date(startAt) },
    ]);
  });

  it('pulls it into the range at every call, even one that only suspends', async () => {
    const { register, ecs, client } = setUp();
    await register({ MinCapacity: 1, MaxCapacity: 8 });
    ecs.desiredCount = 0;

    await register({ SuspendedState: all });
    expect(ecs.desiredCount).toBe(1);
    ecs.desiredCount = 9;
    await register();
    expect(ecs.desiredCount).toBe(8);
    const { ScalingActivities = [] } = await client.send(new DescribeScalingActivitiesCommand({ ServiceNamespace: 'ecs', ResourceId: target.ResourceId }));
    expect(ScalingActivities.map(({ Description, Cause }) => [Description, Cause])).toEqual([
      ['Setting desired count to 8.', 'maximum capacity was set to 8'],
      ['Setting desired count to 1.', 'minimum capacity was set to 1'],
    ]);
  });

  it('leaves the count alone when the minimum goes to 0 with the suspension', async () => {
    const { register, ecs, messages } = setUp();
    await register({ MinCapacity: 1, MaxCapacity: 8 });

    await register({ SuspendedState: all, MinCapacity: 0 });
    ecs.desiredCount = 0;
    await register({ SuspendedState: all });

    expect([ecs.desiredCount, messages]).toEqual([0, []]);
  });

  it('keeps what is not given', async () => {
    const { register, described } = setUp();
    await register({ MinCapacity: 1, MaxCapacity: 8, SuspendedState: { DynamicScalingInSuspended: true } });

    await register({ SuspendedState: { ScheduledScalingSuspended: true } });

    expect(await described()).toMatchObject([{ MinCapacity: 1, MaxCapacity: 8, SuspendedState: { DynamicScalingInSuspended: true, DynamicScalingOutSuspended: false, ScheduledScalingSuspended: true } }]);
  });

  it('refuses a service that does not exist, a new target without a range, and a range upside down', async () => {
    const { register } = setUp();

    await expect(register({ ResourceId: 'service/dev/none', MinCapacity: 1, MaxCapacity: 2 })).rejects.toMatchObject({ name: 'ValidationException', message: "ECS service doesn't exist: service/dev/none" });
    await expect(register({ SuspendedState: all })).rejects.toMatchObject({ name: 'ValidationException' });
    await expect(register({ MinCapacity: 3, MaxCapacity: 2 })).rejects.toMatchObject({ name: 'ValidationException', message: 'Maximum capacity cannot be less than minimum capacity' });
  });
});

describe('DeregisterScalableTarget', () => {
  it('takes policies and scheduled actions with it', async () => {
    const { client, register } = setUp();
    await register({ MinCapacity: 1, MaxCapacity: 8 });
    const tracking = { TargetValue: 70, PredefinedMetricSpecification: { PredefinedMetricType: 'ECSServiceAverageCPUUtilization' as const } };
    const policy = await client.send(new PutScalingPolicyCommand({ ...target, PolicyName: 'cpu', PolicyType: 'TargetTrackingScaling', TargetTrackingScalingPolicyConfiguration: tracking }));
    await client.send(new PutScheduledActionCommand({ ...target, ScheduledActionName: 'night', Schedule: 'cron(0 20 * * ? *)' }));
    const policies = async () => (await client.send(new DescribeScalingPoliciesCommand({ ServiceNamespace: 'ecs' }))).ScalingPolicies;
    const schedules = async () => (await client.send(new DescribeScheduledActionsCommand({ ServiceNamespace: 'ecs' }))).ScheduledActions;

    expect(policy.Alarms).toHaveLength(2);
    expect(await policies()).toMatchObject([{ PolicyName: 'cpu', TargetTrackingScalingPolicyConfiguration: tracking, PolicyARN: policy.PolicyARN }]);
    expect(await schedules()).toMatchObject([{ ScheduledActionName: 'night' }]);
    await client.send(new DeregisterScalableTargetCommand(target));
    expect([await policies(), await schedules()]).toEqual([[], []]);
    await expect(client.send(new DeregisterScalableTargetCommand(target))).rejects.toMatchObject({
      name: 'ObjectNotFoundException',
      message: 'No scalable target found for service namespace: ecs, resource ID: service/dev/graasp, scalable dimension: ecs:service:DesiredCount',
    });
    await expect(client.send(new PutScalingPolicyCommand({ ...target, PolicyName: 'cpu' }))).rejects.toMatchObject({ name: 'ObjectNotFoundException' });
  });
});

describe('PutScheduledAction', () => {
  const action = { ...target, ScheduledActionName: 'morning', Schedule: 'at(2026-11-23T09:00:00)', ScalableTargetAction: { MinCapacity: 2, MaxCapacity: 4 } };

  it('sets the range at its time, and pulls the count into it', async () => {
    const { client, register, ecs, clock, described } = setUp();
    await register({ MinCapacity: 0, MaxCapacity: 8 });
    await client.send(new PutScheduledActionCommand(action));

    await clock.sleep(3_600_000 - 1);
    expect(ecs.desiredCount).toBe(1);
    await clock.sleep(1);
    expect(ecs.desiredCount).toBe(2);
    expect(await described()).toMatchObject([{ MinCapacity: 2, MaxCapacity: 4 }]);
  });

  it('does nothing while scheduled scaling is suspended, or once it is deleted', async () => {
    const { client, register, ecs, clock, background } = setUp();
    await register({ MinCapacity: 0, MaxCapacity: 8, SuspendedState: all });
    await client.send(new PutScheduledActionCommand(action));
    await client.send(new PutScheduledActionCommand({ ...action, ScheduledActionName: 'deleted' }));
    await client.send(new DeleteScheduledActionCommand({ ...target, ScheduledActionName: 'deleted' }));

    await clock.sleep(3_600_000);

    expect([ecs.desiredCount, background.defects]).toEqual([1, []]);
  });

  it('deletes the start and the end that an update omits, and keeps the rest', async () => {
    const { client, register } = setUp();
    await register({ MinCapacity: 0, MaxCapacity: 8 });
    await client.send(new PutScheduledActionCommand({ ...action, Schedule: 'rate(1 day)', StartTime: new Date(startAt) }));

    await client.send(new PutScheduledActionCommand({ ...target, ScheduledActionName: 'morning' }));

    const { ScheduledActions } = await client.send(new DescribeScheduledActionsCommand({ ServiceNamespace: 'ecs' }));
    expect(ScheduledActions?.[0]).toMatchObject({ Schedule: 'rate(1 day)', ScalableTargetAction: { MinCapacity: 2, MaxCapacity: 4 } });
    expect(ScheduledActions?.[0]?.StartTime).toBeUndefined();
  });
});
