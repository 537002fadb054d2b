import type {
  CreateTargetGroupCommandInput,
  DeregisterTargetsCommandInput,
  DescribeTargetGroupAttributesCommandInput,
  DescribeTargetGroupsCommandInput,
  DescribeTargetHealthCommandInput,
  ModifyTargetGroupAttributesCommandInput,
  ModifyTargetGroupCommandInput,
  RegisterTargetsCommandInput,
  TargetDescription,
  TargetGroup,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { ServiceFault, type CloudContext, type Operations } from '../../context.js';
import { page } from '../paging.js';
import { arnOf, balancersUsing, findLoadBalancer, findTargetGroup, type BalancerState, type TargetGroupState } from './balancer-state.js';
import { invalidMarker, tagNew } from './load-balancer-operations.js';
import type { HealthChecks } from './target-health.js';
import type { Targets } from './targets.js';

export function createTargetGroupOperations(context: CloudContext, state: BalancerState, targets: Targets, health: HealthChecks): Operations {
  return {
    CreateTargetGroup: (input: CreateTargetGroupCommandInput) => createTargetGroup(context, state, input),
    DescribeTargetGroups: (input: DescribeTargetGroupsCommandInput) => describeTargetGroups(state, input),
    ModifyTargetGroup: (input: ModifyTargetGroupCommandInput) => modifyTargetGroup(state, health, input),
    DescribeTargetGroupAttributes: (input: DescribeTargetGroupAttributesCommandInput) => describeAttributes(findTargetGroup(state, input.TargetGroupArn)),
    ModifyTargetGroupAttributes: (input: ModifyTargetGroupAttributesCommandInput) => modifyAttributes(state, input),
    RegisterTargets: (input: RegisterTargetsCommandInput) => registerTargets(state, targets, input),
    DeregisterTargets: (input: DeregisterTargetsCommandInput) => deregisterTargets(state, targets, input),
    DescribeTargetHealth: (input: DescribeTargetHealthCommandInput) => describeTargetHealth(state, health, input),
  };
}

const invalid = (message: string): ServiceFault => new ServiceFault('ValidationError', message);

function createTargetGroup(context: CloudContext, state: BalancerState, input: CreateTargetGroupCommandInput): object {
  const { Name = '', Protocol = 'HTTP', Port, TargetType = 'instance', Tags } = input;
  if (!/^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,30}[a-zA-Z0-9])?$/.test(Name)) throw invalid(`The target group name '${Name}' is not valid`);
  if ([...state.targetGroups.values()].some(({ settings }) => settings.TargetGroupName === Name)) {
    throw new ServiceFault('DuplicateTargetGroupName', `A target group with the same name '${Name}' exists, but with different settings`);
  }
  if (Port === undefined) throw invalid('A port must be specified');
  const arn = arnOf(context, `targetgroup/${Name}/${state.newId()}`);
  const settings: TargetGroup = {
    TargetGroupArn: arn,
    TargetGroupName: Name,
    Protocol,
    Port,
    VpcId: input.VpcId ?? 'vpc-0123456789abcdef0',
    TargetType,
    ProtocolVersion: input.ProtocolVersion ?? 'HTTP1',
    IpAddressType: 'ipv4',
    HealthCheckEnabled: true,
    HealthCheckProtocol: input.HealthCheckProtocol ?? 'HTTP',
    HealthCheckPort: input.HealthCheckPort ?? 'traffic-port',
    HealthCheckPath: input.HealthCheckPath ?? '/',
    HealthCheckIntervalSeconds: input.HealthCheckIntervalSeconds ?? 30,
    HealthCheckTimeoutSeconds: input.HealthCheckTimeoutSeconds ?? 5,
    HealthyThresholdCount: input.HealthyThresholdCount ?? 5,
    UnhealthyThresholdCount: input.UnhealthyThresholdCount ?? 2,
    Matcher: input.Matcher ?? { HttpCode: '200' },
  };
  checkHealthCheck(settings);
  state.targetGroups.set(arn, { arn, settings, attributes: new Map(Object.entries(defaultAttributes)), targets: new Map(), endpoints: new Map(), requests: 0 });
  tagNew(state, arn, Tags);
  return { TargetGroups: [{ ...settings, LoadBalancerArns: [] }] };
}

function checkHealthCheck({ HealthCheckIntervalSeconds: interval = 30, HealthCheckTimeoutSeconds: timeout = 5, HealthyThresholdCount = 5, UnhealthyThresholdCount = 2 }: TargetGroup): void {
  if (interval < 5 || interval > 300) throw invalid(`Health check interval '${interval}' must be from 5 to 300 seconds`);
  if (timeout < 2 || timeout > 120) throw invalid(`Health check timeout '${timeout}' must be from 2 to 120 seconds`);
  if (timeout >= interval) throw invalid('Health check interval must be greater than the timeout');
  for (const threshold of [HealthyThresholdCount, UnhealthyThresholdCount]) {
    if (threshold < 2 || threshold > 10) throw invalid(`Health check threshold '${threshold}' must be from 2 to 10`);
  }
}

function describeTargetGroups(state: BalancerState, { TargetGroupArns, Names, LoadBalancerArn, Marker, PageSize = 400 }: DescribeTargetGroupsCommandInput): object {
  if (LoadBalancerArn !== undefined) findLoadBalancer(state, LoadBalancerArn);
  const all = [...state.targetGroups.values()];
  const named = Names?.map((name) => all.find(({ settings }) => settings.TargetGroupName === name) ?? findTargetGroup(state, undefined));
  const wanted = (TargetGroupArns?.map((arn) => findTargetGroup(state, arn)) ?? named ?? all)
    .map(({ arn, settings }) => ({ ...settings, LoadBalancerArns: balancersUsing(state, arn) }))
    .filter(({ LoadBalancerArns }) => LoadBalancerArn === undefined || LoadBalancerArns.includes(LoadBalancerArn));
  const { items, next } = page(wanted, { token: Marker, size: PageSize, invalid: invalidMarker });
  return { TargetGroups: items, NextMarker: next };
}

const modifiable = [
  'HealthCheckProtocol',
  'HealthCheckPort',
  'HealthCheckPath',
  'HealthCheckEnabled',
  'HealthCheckIntervalSeconds',
  'HealthCheckTimeoutSeconds',
  'HealthyThresholdCount',
  'UnhealthyThresholdCount',
  'Matcher',
] as const satisfies (keyof ModifyTargetGroupCommandInput)[];

function modifyTargetGroup(state: BalancerState, health: HealthChecks, input: ModifyTargetGroupCommandInput): object {
  const group = findTargetGroup(state, input.TargetGroupArn);
  const changes = Object.fromEntries(modifiable.filter((name) => input[name] !== undefined).map((name) => [name, input[name]]));
  const settings: TargetGroup = { ...group.settings, ...changes };
  checkHealthCheck(settings);
  group.settings = settings;
  health.settingsChanged();
  return { TargetGroups: [{ ...settings, LoadBalancerArns: balancersUsing(state, group.arn) }] };
}

const defaultAttributes: Readonly<Record<string, string>> = {
  'deregistration_delay.timeout_seconds': '300',
  'stickiness.enabled': 'false',
  'stickiness.type': 'lb_cookie',
  'stickiness.lb_cookie.duration_seconds': '86400',
  'slow_start.duration_seconds': '0',
  'load_balancing.algorithm.type': 'round_robin',
  'load_balancing.cross_zone.enabled': 'use_load_balancer_configuration',
};

function describeAttributes({ attributes }: TargetGroupState): object {
  return { Attributes: [...attributes].map(([Key, Value]) => ({ Key, Value })) };
}

function modifyAttributes(state: BalancerState, { TargetGroupArn, Attributes = [] }: ModifyTargetGroupAttributesCommandInput): object {
  const group = findTargetGroup(state, TargetGroupArn);
  for (const { Key = '', Value = '' } of Attributes) {
    if (!group.attributes.has(Key)) throw invalid(`Target group attribute key '${Key}' is not recognized`);
    if (Key === 'deregistration_delay.timeout_seconds' && !(/^\d+$/.test(Value) && Number(Value) <= 3600)) throw invalid(`'${Key}' must be from 0 to 3600, got '${Value}'`);
  }
  for (const { Key = '', Value = '' } of Attributes) group.attributes.set(Key, Value);
  return describeAttributes(group);
}

function registerTargets(state: BalancerState, targets: Targets, { TargetGroupArn, Targets: given = [] }: RegisterTargetsCommandInput): object {
  const group = findTargetGroup(state, TargetGroupArn);
  for (const { id, port } of given.map((target) => identify(group, target))) targets.register(group, { id, port }, undefined);
  return {};
}

function deregisterTargets(state: BalancerState, targets: Targets, { TargetGroupArn, Targets: given = [] }: DeregisterTargetsCommandInput): object {
  const group = findTargetGroup(state, TargetGroupArn);
  for (const { id, port } of given.map((target) => identify(group, target))) targets.deregister(group, { id, port });
  return {};
}

function identify({ settings }: TargetGroupState, { Id = '', Port }: TargetDescription): { readonly id: string; readonly port: number } {
  return { id: Id, port: Port ?? settings.Port ?? 80 };
}

/** In one page, always. A target that is asked for and not registered is unused; drained ones are no longer listed. */
function describeTargetHealth(state: BalancerState, health: HealthChecks, { TargetGroupArn, Targets: asked }: DescribeTargetHealthCommandInput): object {
  const group = findTargetGroup(state, TargetGroupArn);
  const wanted = asked?.map((target) => identify(group, target)) ?? [...group.targets.values()];
  const described = wanted.map(({ id, port }) => ({ id, port, ...health.healthOf(group, group.targets.get(`${id}:${port}`)) }));
  return {
    TargetHealthDescriptions: described
      .filter(({ reason }) => asked !== undefined || reason !== 'Target.NotRegistered')
      .map(({ id, port, state: State, reason, description }) => ({ Target: { Id: id, Port: port }, HealthCheckPort: String(port), TargetHealth: { State, Reason: reason, Description: description } })),
  };
}
