import type {
  DeleteScheduledActionCommandInput,
  DeregisterScalableTargetCommandInput,
  DescribeScalableTargetsCommandInput,
  DescribeScalingActivitiesCommandInput,
  DescribeScalingPoliciesCommandInput,
  DescribeScheduledActionsCommandInput,
  PutScalingPolicyCommandInput,
  PutScheduledActionCommandInput,
  RegisterScalableTargetCommandInput,
  ScalableTarget,
  ScalingActivity,
  ScalingPolicy,
  ScheduledAction,
} from '@aws-sdk/client-application-auto-scaling';
import { ServiceFault, type CloudContext, type Operations } from '../context.js';
import { page } from './paging.js';

export interface ApplicationAutoScaling {
  readonly operations: Operations;
}

interface State {
  readonly context: CloudContext;
  readonly targets: Map<string, ScalableTarget>;
  readonly policies: Map<string, ScalingPolicy>;
  readonly schedules: Map<string, ScheduledAction>;
  readonly activities: ScalingActivity[];
}

/**
 * Application Auto Scaling of ECS services. Any RegisterScalableTarget pulls the desired count into [min, max]. Scheduled actions
 * happen when their schedule is `at(…)`; others, and policies, are kept and described but never act.
 */
export function createApplicationAutoScaling(context: CloudContext): ApplicationAutoScaling {
  const state: State = { context, targets: new Map(), policies: new Map(), schedules: new Map(), activities: [] };
  return {
    operations: {
      RegisterScalableTarget: (input: RegisterScalableTargetCommandInput) => registerScalableTarget(state, input),
      DeregisterScalableTarget: (input: DeregisterScalableTargetCommandInput) => deregisterScalableTarget(state, input),
      DescribeScalableTargets: (input: DescribeScalableTargetsCommandInput) => describeScalableTargets(state, input),
      PutScalingPolicy: (input: PutScalingPolicyCommandInput) => putScalingPolicy(state, input),
      DescribeScalingPolicies: (input: DescribeScalingPoliciesCommandInput) => describeScalingPolicies(state, input),
      PutScheduledAction: (input: PutScheduledActionCommandInput) => putScheduledAction(state, input),
      DeleteScheduledAction: (input: DeleteScheduledActionCommandInput) => deleteScheduledAction(state, input),
      DescribeScheduledActions: (input: DescribeScheduledActionsCommandInput) => describeScheduledActions(state, input),
      DescribeScalingActivities: (input: DescribeScalingActivitiesCommandInput) => describeScalingActivities(state, input),
    },
  };
}

interface TargetIdentity {
  readonly ServiceNamespace?: string | undefined;
  readonly ResourceId?: string | undefined;
  readonly ScalableDimension?: string | undefined;
}

const keyOf = ({ ServiceNamespace, ResourceId, ScalableDimension }: TargetIdentity): string => `${ServiceNamespace} ${ResourceId} ${ScalableDimension}`;
const childKey = (target: TargetIdentity, name: string | undefined): string => `${keyOf(target)} ${name}`;
const invalidToken = (): ServiceFault => new ServiceFault('InvalidNextTokenException', 'The next token is invalid.');

function registeredTarget({ targets }: State, input: TargetIdentity): ScalableTarget {
  const target = targets.get(keyOf(input));
  if (target !== undefined) return target;
  throw new ServiceFault(
    'ObjectNotFoundException',
    `No scalable target found for service namespace: ${input.ServiceNamespace}, resource ID: ${input.ResourceId}, scalable dimension: ${input.ScalableDimension}`,
  );
}

/** What is not given stays as it is; an absent flag of a given SuspendedState too. */
function registerScalableTarget(state: State, input: RegisterScalableTargetCommandInput): object {
  const { context, targets } = state;
  if (input.ServiceNamespace !== 'ecs') throw new ServiceFault('ValidationException', `local cloud does not implement the service namespace ${input.ServiceNamespace}`);
  if (context.siblings.ecs.desiredCount(input.ResourceId ?? '') === undefined) throw new ServiceFault('ValidationException', `ECS service doesn't exist: ${input.ResourceId}`);
  const present = targets.get(keyOf(input));
  const [min, max] = [input.MinCapacity ?? present?.MinCapacity, input.MaxCapacity ?? present?.MaxCapacity];
  if (min === undefined || max === undefined) throw new ServiceFault('ValidationException', 'MinCapacity and MaxCapacity are required to register a new scalable target.');
  if (min > max || min < 0) throw new ServiceFault('ValidationException', 'Maximum capacity cannot be less than minimum capacity');

  const arn = present?.ScalableTargetARN ?? `arn:aws:application-autoscaling:${context.region}:${context.accountId}:scalable-target/${targetId(targets.size)}`;
  const running = { DynamicScalingInSuspended: false, DynamicScalingOutSuspended: false, ScheduledScalingSuspended: false };
  targets.set(keyOf(input), {
    ServiceNamespace: input.ServiceNamespace,
    ResourceId: input.ResourceId,
    ScalableDimension: input.ScalableDimension,
    MinCapacity: min,
    MaxCapacity: max,
    RoleARN: `arn:aws:iam::${context.accountId}:role/aws-service-role/ecs.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_ECSService`,
    CreationTime: present?.CreationTime ?? new Date(context.clock.now()),
    SuspendedState: { ...running, ...present?.SuspendedState, ...input.SuspendedState },
    ScalableTargetARN: arn,
  });
  pullInside(state, input);
  return { ScalableTargetARN: arn };
}

function targetId(ordinal: number): string {
  return `0ec5${ordinal.toString(16).padStart(28, '0')}`;
}

function pullInside(state: State, identity: TargetIdentity): void {
  const { context } = state;
  const { ResourceId = '', MinCapacity = 0, MaxCapacity = 0 } = registeredTarget(state, identity);
  const desired = context.siblings.ecs.desiredCount(ResourceId);
  if (desired === undefined) return;
  if (desired < MinCapacity) scale(state, identity, MinCapacity, `minimum capacity was set to ${MinCapacity}`);
  if (desired > MaxCapacity) scale(state, identity, MaxCapacity, `maximum capacity was set to ${MaxCapacity}`);
}

function scale({ context, activities }: State, identity: TargetIdentity, count: number, cause: string): void {
  const message = `Successfully set desired count to ${count}. Change successfully fulfilled by ecs.`;
  const at = new Date(context.clock.now());
  context.siblings.ecs.setDesiredCount(identity.ResourceId ?? '', count, `Message: ${message} Cause: ${cause}`);
  activities.unshift({
    ActivityId: `00000000-0000-4000-9000-${String(activities.length + 1).padStart(12, '0')}`,
    ServiceNamespace: 'ecs',
    ResourceId: identity.ResourceId,
    ScalableDimension: 'ecs:service:DesiredCount',
    Description: `Setting desired count to ${count}.`,
    Cause: cause,
    StartTime: at,
    EndTime: at,
    StatusCode: 'Successful',
    StatusMessage: message,
  });
}

/** Takes the target's policies and scheduled actions with it. */
function deregisterScalableTarget(state: State, input: DeregisterScalableTargetCommandInput): object {
  registeredTarget(state, input);
  state.targets.delete(keyOf(input));
  for (const children of [state.policies, state.schedules]) {
    for (const [key, child] of children) if (keyOf(child) === keyOf(input)) children.delete(key);
  }
  return {};
}

function describeScalableTargets({ targets }: State, input: DescribeScalableTargetsCommandInput): object {
  const wanted = [...targets.values()].filter((target) => concerns(target, input) && (input.ResourceIds?.includes(target.ResourceId ?? '') ?? true));
  const { items, next } = page(wanted, { token: input.NextToken, size: input.MaxResults ?? 50, invalid: invalidToken });
  return { ScalableTargets: items, NextToken: next };
}

function concerns(item: TargetIdentity, wanted: TargetIdentity): boolean {
  return item.ServiceNamespace === wanted.ServiceNamespace && (wanted.ResourceId ?? item.ResourceId) === item.ResourceId && (wanted.ScalableDimension ?? item.ScalableDimension) === item.ScalableDimension;
}

function putScalingPolicy(state: State, input: PutScalingPolicyCommandInput): object {
  registeredTarget(state, input);
  const { context, policies } = state;
  const key = childKey(input, input.PolicyName);
  const present = policies.get(key);
  const id = targetId(policies.size);
  const tracks = (input.PolicyType ?? present?.PolicyType) === 'TargetTrackingScaling';
  const policy: ScalingPolicy = {
    ...present,
    ...input,
    PolicyType: input.PolicyType ?? present?.PolicyType ?? 'StepScaling',
    PolicyARN: present?.PolicyARN ?? `arn:aws:autoscaling:${context.region}:${context.accountId}:scalingPolicy:${id}:resource/ecs/${input.ResourceId}:policyName/${input.PolicyName}`,
    Alarms: present?.Alarms ?? (tracks ? ['AlarmHigh', 'AlarmLow'].map((side) => alarm(context, `TargetTracking-${input.ResourceId}-${side}-${id}`)) : []),
    CreationTime: present?.CreationTime ?? new Date(context.clock.now()),
  };
  policies.set(key, policy);
  return { PolicyARN: policy.PolicyARN, Alarms: policy.Alarms };
}

function alarm({ region, accountId }: CloudContext, name: string): { AlarmName: string; AlarmARN: string } {
  return { AlarmName: name, AlarmARN: `arn:aws:cloudwatch:${region}:${accountId}:alarm:${name}` };
}

function describeScalingPolicies({ policies }: State, input: DescribeScalingPoliciesCommandInput): object {
  const wanted = [...policies.values()].filter((policy) => concerns(policy, input) && (input.PolicyNames?.includes(policy.PolicyName ?? '') ?? true));
  const { items, next } = page(wanted, { token: input.NextToken, size: input.MaxResults ?? 50, invalid: invalidToken });
  return { ScalingPolicies: items, NextToken: next };
}

/** Omitting a start or an end on an update deletes it; the rest stays. */
function putScheduledAction(state: State, input: PutScheduledActionCommandInput): object {
  registeredTarget(state, input);
  const { context, schedules } = state;
  const key = childKey(input, input.ScheduledActionName);
  const present = schedules.get(key);
  const Schedule = input.Schedule ?? present?.Schedule;
  if (Schedule === undefined) throw new ServiceFault('ValidationException', 'Schedule is required to create a scheduled action.');
  const action: ScheduledAction = {
    ...input,
    Schedule,
    ScheduledActionName: input.ScheduledActionName,
    ScheduledActionARN: present?.ScheduledActionARN ?? `arn:aws:autoscaling:${context.region}:${context.accountId}:scheduledAction:${targetId(schedules.size)}:resource/ecs/${input.ResourceId}:scheduledActionName/${input.ScheduledActionName}`,
    ServiceNamespace: input.ServiceNamespace,
    ResourceId: input.ResourceId,
    ScalableTargetAction: input.ScalableTargetAction ?? present?.ScalableTargetAction,
    CreationTime: present?.CreationTime ?? new Date(context.clock.now()),
  };
  schedules.set(key, action);
  actAt(state, key, action);
  return {};
}

function actAt(state: State, key: string, action: ScheduledAction): void {
  const { context } = state;
  const time = /^at\((.+)\)$/.exec(action.Schedule ?? '')?.[1];
  if (time === undefined) return;
  const due = Date.parse(`${time}Z`);
  if (Number.isNaN(due)) throw new ServiceFault('ValidationException', `The schedule ${action.Schedule} is not at(yyyy-mm-ddThh:mm:ss).`);
  context.background(`scheduled action ${action.ScheduledActionName}`, async (signal) => {
    const slept = await context.clock.sleep(due - context.clock.now(), signal).then(
      () => true,
      () => false,
    );
    if (slept && state.schedules.get(key) === action) act(state, key, action);
  });
}

function act(state: State, key: string, action: ScheduledAction): void {
  state.schedules.delete(key);
  const target = registeredTarget(state, action);
  if (target.SuspendedState?.ScheduledScalingSuspended === true) return;
  state.targets.set(keyOf(action), { ...target, MinCapacity: action.ScalableTargetAction?.MinCapacity ?? target.MinCapacity, MaxCapacity: action.ScalableTargetAction?.MaxCapacity ?? target.MaxCapacity });
  pullInside(state, action);
}

function deleteScheduledAction({ schedules }: State, input: DeleteScheduledActionCommandInput): object {
  if (!schedules.delete(childKey(input, input.ScheduledActionName))) throw new ServiceFault('ObjectNotFoundException', `No scheduled action named ${input.ScheduledActionName}.`);
  return {};
}

function describeScheduledActions({ schedules }: State, input: DescribeScheduledActionsCommandInput): object {
  const wanted = [...schedules.values()].filter((action) => concerns(action, input) && (input.ScheduledActionNames?.includes(action.ScheduledActionName ?? '') ?? true));
  const { items, next } = page(wanted, { token: input.NextToken, size: input.MaxResults ?? 50, invalid: invalidToken });
  return { ScheduledActions: items, NextToken: next };
}

function describeScalingActivities({ activities }: State, input: DescribeScalingActivitiesCommandInput): object {
  const { items, next } = page(
    activities.filter((activity) => concerns(activity, input)),
    { token: input.NextToken, size: input.MaxResults ?? 50, invalid: invalidToken },
  );
  return { ScalingActivities: items, NextToken: next };
}
