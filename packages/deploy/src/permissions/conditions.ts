import { type Environment, internals } from '../environment/environment.js';
import { heartbeatMetric } from '../runs/heartbeat.js';
import { restoredByTag } from '../steps/restore-db/restore-aside.js';
import { environmentTag } from '../steps/snapshot-db/snapshot-tags.js';
import type { Action, ResourceKind } from './actions.js';

/** Operator -> condition key -> value ("IAM JSON policy elements: Condition"). */
export type PolicyCondition = Readonly<Record<string, Readonly<Record<string, string>>>>;

/**
 * What narrows an action beside its resources, where its service has a key for it (the same reference as `actions`); undefined: nothing does,
 * or its ARNs say it already. s3:ListBucket has none, although `s3:prefix` is there: whether an object exists S3 tells by the same action, in
 * a request without a prefix.
 */
export function conditionOf(env: Environment, action: Action, kind: ResourceKind): PolicyCondition | undefined {
  return narrowed[action]?.(env, kind) ?? (kind === 'any' ? { StringEquals: { 'aws:RequestedRegion': env.definition.region } } : undefined);
}

const inCluster = (env: Environment): PolicyCondition => ({ ArnEquals: { 'ecs:cluster': env[internals].found.clusterArn } });

const narrowed: Readonly<Partial<Record<Action, (env: Environment, kind: ResourceKind) => PolicyCondition>>> = {
  'application-autoscaling:RegisterScalableTarget': () => ({ StringEquals: { 'application-autoscaling:service-namespace': 'ecs', 'application-autoscaling:scalable-dimension': 'ecs:service:DesiredCount' } }),
  'cloudwatch:PutMetricData': () => ({ StringEquals: { 'cloudwatch:namespace': heartbeatMetric.namespace } }),
  'ecs:ListTasks': inCluster,
  'ecs:RunTask': inCluster,
  // tags what is being registered, and nothing that is there
  'ecs:TagResource': () => ({ StringEquals: { 'ecs:CreateAction': 'RegisterTaskDefinition' } }),
  'iam:PassRole': (_, kind) => ({ StringEquals: { 'iam:PassedToService': kind === 'monitoring role' ? 'monitoring.rds.amazonaws.com' : 'ecs-tasks.amazonaws.com' } }),
  // deletes what a restore of this library has made, and snapshots of this environment
  'rds:DeleteDBInstance': () => ({ Null: { [`aws:ResourceTag/${restoredByTag}`]: 'false' } }),
  'rds:DeleteDBSnapshot': ({ definition }) => ({ StringEquals: { [`aws:ResourceTag/${environmentTag}`]: definition.name } }),
};

/** A value for each key of a condition, as a call that it allows has it. */
export function contextOf(condition: PolicyCondition): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(condition).flatMap(([operator, keys]) => Object.entries(keys).map(([key, value]) => [key, operator === 'Null' ? 'any value' : value] as const)));
}
