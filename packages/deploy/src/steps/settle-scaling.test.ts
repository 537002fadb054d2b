import { ApplicationAutoScalingClient, DescribeScalableTargetsCommand, RegisterScalableTargetCommand, type RegisterScalableTargetCommandInput, type ScalableTarget } from '@aws-sdk/client-application-auto-scaling';
import { DescribeServicesCommand, ECSClient } from '@aws-sdk/client-ecs';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { definition } from '../environment/environment.fixture.js';
import type { StateName } from '../states/state-definitions.js';
import { environmentInRun, keepingRun } from './recording-run.fixture.js';
import { settleScaling } from './settle-scaling.js';

const ecs = mockClient(ECSClient);
const autoscaling = mockClient(ApplicationAutoScalingClient);
const idOf = (service: string) => `service/graasp-dev/${service}`;
const active = { DynamicScalingInSuspended: false, DynamicScalingOutSuspended: false, ScheduledScalingSuspended: false };
const suspended = { DynamicScalingInSuspended: true, DynamicScalingOutSuspended: true, ScheduledScalingSuspended: true };

let targets: ScalableTarget[] = [];
const scales = (service: string, MinCapacity: number, MaxCapacity: number, SuspendedState = active) =>
  void targets.push({ ServiceNamespace: 'ecs', ScalableDimension: 'ecs:service:DesiredCount', ResourceId: idOf(service), MinCapacity, MaxCapacity, RoleARN: 'r', CreationTime: new Date(0), SuspendedState });

beforeEach(() => {
  ecs.reset();
  autoscaling.reset();
  targets = [];
  ecs.on(DescribeServicesCommand).resolves({ services: [{ serviceName: 'graasp', desiredCount: 3 }, { serviceName: 'redis', desiredCount: 1 }, { serviceName: 'admin', desiredCount: 1 }] });
  autoscaling.on(DescribeScalableTargetsCommand).callsFake(({ ResourceIds = [] }: { ResourceIds?: string[] }) => ({ ScalableTargets: targets.filter(({ ResourceId }) => ResourceIds.includes(ResourceId!)) }));
  autoscaling.on(RegisterScalableTargetCommand).callsFake(({ ResourceId, MinCapacity, MaxCapacity, SuspendedState }: RegisterScalableTargetCommandInput) => {
    targets = targets.map((target) => (target.ResourceId === ResourceId ? { ...target, MinCapacity, MaxCapacity, SuspendedState } : target));
    return {};
  });
});

async function settle(to: StateName) {
  const { run, kept } = keepingRun(
    { takenAt: '', byRun: 'run-1', gate: {}, services: {}, targetGroups: {}, putAside: ['gate', 'service:graasp', 'scaling:graasp'] },
    { gate: null, desiredCounts: { graasp: 0 }, suspendedScaling: {}, taskDefinitions: {} },
  );
  const env = environmentInRun(run, { definition: { ...definition, services: { ...definition.services, graasp: { ...definition.services['graasp']!, desiredCount: 4, minCapacity: 2 } } } });
  const report = (await settleScaling(env, to))._unsafeUnwrap();
  return { report, env, ...kept, requests: autoscaling.commandCalls(RegisterScalableTargetCommand).map(({ args }) => args[0].input) };
}

describe('settleScaling', () => {
  it('gives what is on its limits of the definition, not suspended, and tells why', async () => {
    scales('graasp', 0, 9, suspended);
    const { report, env, requests, expectations } = await settle('running');
    expect(report).toEqual({ changed: ['graasp'] });
    expect(requests).toEqual([{ ServiceNamespace: 'ecs', ScalableDimension: 'ecs:service:DesiredCount', ResourceId: idOf('graasp'), MinCapacity: 2, MaxCapacity: 9, SuspendedState: active }]);
    expect(env.events).toContainEqual({
      type: 'change',
      planned: false,
      resource: 'scaling of service graasp',
      from: 'suspended, minimum 0',
      to: '2 to 9',
      operation: 'application-autoscaling:RegisterScalableTarget',
      why: 'as the infrastructure code has it in running',
    });
    expect(expectations).toMatchObject({ suspendedScaling: { graasp: false }, desiredCounts: { graasp: { min: 2, max: 9 } } });
  });

  it('gives what is off a minimum of 0, also where that is all there is to change', async () => {
    scales('graasp', 2, 9);
    scales('admin', 1, 1);
    const { report, requests } = await settle('db-only');
    expect(report).toEqual({ changed: ['graasp'] });
    expect(requests).toMatchObject([{ ResourceId: idOf('graasp'), MinCapacity: 0, MaxCapacity: 9, SuspendedState: active }]);
  });

  it('leaves alone what is right already, and what does not scale', async () => {
    scales('graasp', 2, 9);
    const { report, requests } = await settle('restricted');
    expect(report).toEqual({ changed: [] });
    expect(requests).toEqual([]);
  });

  it('changes what is suspended in part alone, and each service that needs it', async () => {
    scales('redis', 1, 3, { ...active, ScheduledScalingSuspended: true });
    scales('graasp', 0, 9);
    expect((await settle('running')).report).toEqual({ changed: ['graasp', 'redis'] });
  });

  it('puts nothing back any more: what is off is meant to be', async () => {
    expect((await settle('stopped')).baseline.putAside).toEqual([]);
  });
});
