import type {
  Action,
  CreateListenerInput,
  CreateListenerOutput,
  CreateLoadBalancerInput,
  CreateLoadBalancerOutput,
  CreateRuleInput,
  CreateTargetGroupInput,
  CreateTargetGroupOutput,
  ModifyTargetGroupAttributesInput,
  ModifyTargetGroupInput,
  RuleCondition,
  RuleTransform,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import type { ActionBlueprint, Blueprint, ConditionBlueprint, ListenerBlueprint, RuleBlueprint, TargetGroupBlueprint, TransformBlueprint } from '../blueprint.js';
import type { RegionServices } from '../region-services.js';
import { callOperation } from './call-operation.js';

export type TargetGroupArns = ReadonlyMap<string, string>;

/** The shortest interval that AWS allows: what a cloud is filled with, so that its first targets are healthy soon. */
const shortestCheck = { HealthCheckIntervalSeconds: 5, HealthCheckTimeoutSeconds: 2 };

/** The target groups, the balancer, its listeners and their rules. Answers the target groups' ARNs by name. */
export async function seedBalancer({ elbv2 }: RegionServices, blueprint: Blueprint): Promise<TargetGroupArns> {
  const arns = new Map<string, string>();
  for (const group of blueprint.targetGroups) arns.set(group.name, await createTargetGroup(elbv2.operations, group));
  const subnets = [...new Set(blueprint.services.flatMap((service) => service.subnets))];
  const created = await callOperation<CreateLoadBalancerInput, CreateLoadBalancerOutput>(elbv2.operations, 'CreateLoadBalancer', { Name: blueprint.loadBalancer.name, Type: 'application', Scheme: 'internet-facing', Subnets: subnets });
  const loadBalancerArn = created.LoadBalancers?.[0]?.LoadBalancerArn;
  for (const listener of blueprint.loadBalancer.listeners) await createListener(elbv2.operations, loadBalancerArn, listener, arns);
  return arns;
}

type BalancerOperations = RegionServices['elbv2']['operations'];

async function createTargetGroup(operations: BalancerOperations, group: TargetGroupBlueprint): Promise<string> {
  const created = await callOperation<CreateTargetGroupInput, CreateTargetGroupOutput>(operations, 'CreateTargetGroup', {
    Name: group.name,
    Protocol: 'HTTP',
    Port: group.port,
    VpcId: 'vpc-local',
    TargetType: 'ip',
    HealthCheckPath: group.healthCheckPath,
    ...shortestCheck,
    HealthyThresholdCount: group.healthyThreshold,
    UnhealthyThresholdCount: group.unhealthyThreshold,
    Matcher: { HttpCode: '200' },
  });
  const targetGroupArn = created.TargetGroups?.[0]?.TargetGroupArn ?? '';
  await callOperation<ModifyTargetGroupAttributesInput, unknown>(operations, 'ModifyTargetGroupAttributes', {
    TargetGroupArn: targetGroupArn,
    Attributes: [{ Key: 'deregistration_delay.timeout_seconds', Value: String(group.deregistrationDelaySeconds) }],
  });
  return targetGroupArn;
}

/** The interval and timeout of the blueprint, once the first targets are healthy. */
export async function settleHealthChecks({ elbv2 }: RegionServices, blueprint: Blueprint, arns: TargetGroupArns): Promise<void> {
  for (const group of blueprint.targetGroups) {
    await callOperation<ModifyTargetGroupInput, unknown>(elbv2.operations, 'ModifyTargetGroup', {
      TargetGroupArn: arnOf(group.name, arns),
      HealthCheckIntervalSeconds: group.healthCheckIntervalSeconds,
      HealthCheckTimeoutSeconds: group.healthCheckTimeoutSeconds,
    });
  }
}

async function createListener(operations: BalancerOperations, loadBalancerArn: string | undefined, listener: ListenerBlueprint, arns: TargetGroupArns): Promise<void> {
  const created = await callOperation<CreateListenerInput, CreateListenerOutput>(operations, 'CreateListener', {
    LoadBalancerArn: loadBalancerArn,
    Protocol: listener.protocol,
    Port: listener.port,
    DefaultActions: [toAction(listener.defaultAction, arns)],
    ...(listener.protocol === 'HTTPS' ? { Certificates: [{ CertificateArn: 'arn:aws:acm:local:000000000000:certificate/local' }], SslPolicy: 'ELBSecurityPolicy-TLS13-1-2-2021-06' } : {}),
  });
  const listenerArn = created.Listeners?.[0]?.ListenerArn;
  for (const rule of listener.rules) await createRule(operations, listenerArn, rule, arns);
}

async function createRule(operations: BalancerOperations, listenerArn: string | undefined, rule: RuleBlueprint, arns: TargetGroupArns): Promise<void> {
  await callOperation<CreateRuleInput, unknown>(operations, 'CreateRule', {
    ListenerArn: listenerArn,
    Priority: rule.priority,
    Conditions: rule.conditions.map(toCondition),
    Actions: [toAction(rule.action, arns)],
    ...(rule.transforms === undefined ? {} : { Transforms: rule.transforms.map(toTransform) }),
    Tags: [{ Key: 'Name', Value: rule.name }],
  });
}

function toCondition(condition: ConditionBlueprint): RuleCondition {
  if ('hostHeader' in condition) return { Field: 'host-header', HostHeaderConfig: { Values: [...condition.hostHeader] } };
  if ('pathPattern' in condition) return { Field: 'path-pattern', PathPatternConfig: { Values: [...condition.pathPattern] } };
  return { Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: condition.httpHeader.name, Values: [...condition.httpHeader.values] } };
}

function toAction(action: ActionBlueprint, arns: TargetGroupArns): Action {
  if ('forward' in action) return { Type: 'forward', TargetGroupArn: arnOf(action.forward, arns) };
  if ('redirect' in action) {
    const { protocol, host, port, path, query, statusCode } = action.redirect;
    return { Type: 'redirect', RedirectConfig: { Protocol: protocol, Host: host, Port: port, Path: path, Query: query, StatusCode: statusCode } };
  }
  const { statusCode, contentType, messageBody } = action.fixedResponse;
  return { Type: 'fixed-response', FixedResponseConfig: { StatusCode: statusCode, ContentType: contentType, MessageBody: messageBody } };
}

function toTransform({ urlRewrite }: TransformBlueprint): RuleTransform {
  return { Type: 'url-rewrite', UrlRewriteConfig: { Rewrites: [{ Regex: urlRewrite.regex, Replace: urlRewrite.replace }] } };
}

export function arnOf(targetGroup: string, arns: TargetGroupArns): string {
  const found = arns.get(targetGroup);
  if (found === undefined) throw new Error(`The blueprint names a target group that it does not have: ${targetGroup}.`);
  return found;
}
