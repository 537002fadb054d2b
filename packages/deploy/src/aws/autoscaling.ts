import type { ScalableTarget } from '@aws-sdk/client-application-auto-scaling';
import type { ResultAsync } from 'neverthrow';
import { internals, type Environment } from '../environment/environment.js';
import type { AwsError, AwsWriteError } from '../errors.js';
import { read, write } from './call.js';
import { allPages } from './paging.js';

export type { ScalableTarget } from '@aws-sdk/client-application-auto-scaling';

const desiredCount = { ServiceNamespace: 'ecs', ScalableDimension: 'ecs:service:DesiredCount' } as const;

/** The scaling targets of ECS services among `service/CLUSTER/SERVICE`; a service that does not scale has none. */
export function describeScalableTargets(env: Environment, resourceIds: readonly string[]): ResultAsync<readonly ScalableTarget[], AwsError> {
  return allPages((NextToken) =>
    read(env, { action: 'application-autoscaling:DescribeScalableTargets', resource: { kind: 'scaling targets', name: resourceIds.join(', ') } }, async () => {
      const { sdk, client } = await env[internals].clients.autoscaling();
      const page = await client.send(new sdk.DescribeScalableTargetsCommand({ ...desiredCount, ResourceIds: [...resourceIds], ...(NextToken === undefined ? {} : { NextToken }) }));
      return { items: page.ScalableTargets ?? [], next: page.NextToken };
    }),
  );
}

export interface ScalingChange {
  readonly resourceId: string;
  readonly minCapacity?: number | undefined;
  readonly maxCapacity?: number | undefined;
  /** All three: what AWS makes of an absent flag is not documented. */
  readonly suspended: { readonly dynamicScalingIn: boolean; readonly dynamicScalingOut: boolean; readonly scheduledScaling: boolean };
}

/** Any call pulls the service's desired count into [min, max] ("RegisterScalableTarget"). */
export function registerScalableTarget(env: Environment, change: ScalingChange): ResultAsync<void, AwsWriteError> {
  return write(env, { action: 'application-autoscaling:RegisterScalableTarget', resource: { kind: 'scaling target', name: change.resourceId } }, async () => {
    const { sdk, client } = await env[internals].clients.autoscaling();
    const { dynamicScalingIn, dynamicScalingOut, scheduledScaling } = change.suspended;
    return client.send(
      new sdk.RegisterScalableTargetCommand({
        ...desiredCount,
        ResourceId: change.resourceId,
        ...(change.minCapacity === undefined ? {} : { MinCapacity: change.minCapacity }),
        ...(change.maxCapacity === undefined ? {} : { MaxCapacity: change.maxCapacity }),
        SuspendedState: { DynamicScalingInSuspended: dynamicScalingIn, DynamicScalingOutSuspended: dynamicScalingOut, ScheduledScalingSuspended: scheduledScaling },
      }),
    );
  }).map(() => undefined);
}
