import type { Action } from '@aws-sdk/client-elastic-load-balancing-v2';
import { ServiceFault } from '../../context.js';
import { balancersUsing, findTargetGroup, forwardedTo, type BalancerState } from './balancer-state.js';

/** A group that actions forward to must exist and serve no other balancer. */
export function refuseUnusableGroups(state: BalancerState, loadBalancerArn: string, actions: readonly Action[]): void {
  for (const { arn } of forwardedTo(actions)) {
    findTargetGroup(state, arn);
    if (balancersUsing(state, arn).some((using) => using !== loadBalancerArn)) {
      throw new ServiceFault('TargetGroupAssociationLimit', `The following target groups cannot be associated with more than one load balancer: ${arn}`);
    }
  }
}
