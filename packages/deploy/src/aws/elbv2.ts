import type {
  Listener,
  LoadBalancer,
  ModifyTargetGroupCommandInput,
  Rule,
  RuleCondition,
  TargetGroup,
  TargetHealthDescription,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import type { ResultAsync } from 'neverthrow';
import { err, ok } from 'neverthrow';
import { internals, type Environment } from '../environment/environment.js';
import type { AwsError, AwsWriteError } from '../errors.js';
import { read, write } from './call.js';
import { notFound } from './map-error.js';
import { allPages } from './paging.js';

export type { Action, Listener, LoadBalancer, ModifyTargetGroupCommandInput, Rule, RuleCondition, TargetGroup, TargetHealthDescription } from '@aws-sdk/client-elastic-load-balancing-v2';

const elbv2 = (env: Environment) => env[internals].clients.elbv2();

export function describeLoadBalancer(env: Environment, name: string): ResultAsync<LoadBalancer, AwsError> {
  const resource = { kind: 'load balancer', name };
  return read(env, { action: 'elasticloadbalancing:DescribeLoadBalancers', resource }, async () => {
    const { sdk, client } = await elbv2(env);
    return client.send(new sdk.DescribeLoadBalancersCommand({ Names: [name] }));
  }).andThen(({ LoadBalancers }) => (LoadBalancers?.[0] === undefined ? err(notFound(env, resource)) : ok(LoadBalancers[0])));
}

/** Every listener of a load balancer. */
export function describeListeners(env: Environment, loadBalancerArn: string): ResultAsync<readonly Listener[], AwsError> {
  return allPages((Marker) =>
    read(env, { action: 'elasticloadbalancing:DescribeListeners', resource: { kind: 'load balancer', name: loadBalancerArn } }, async () => {
      const { sdk, client } = await elbv2(env);
      const page = await client.send(new sdk.DescribeListenersCommand({ LoadBalancerArn: loadBalancerArn, ...(Marker === undefined ? {} : { Marker }) }));
      return { items: page.Listeners ?? [], next: page.NextMarker };
    }),
  );
}

/** Every rule of a listener, the default rule included. */
export function describeRules(env: Environment, listenerArn: string): ResultAsync<readonly Rule[], AwsError> {
  return allPages((Marker) =>
    read(env, { action: 'elasticloadbalancing:DescribeRules', resource: { kind: 'listener', name: listenerArn } }, async () => {
      const { sdk, client } = await elbv2(env);
      const page = await client.send(new sdk.DescribeRulesCommand({ ListenerArn: listenerArn, ...(Marker === undefined ? {} : { Marker }) }));
      return { items: page.Rules ?? [], next: page.NextMarker };
    }),
  );
}

export function describeRulesByArn(env: Environment, arns: readonly string[]): ResultAsync<readonly Rule[], AwsError> {
  return read(env, { action: 'elasticloadbalancing:DescribeRules', resource: { kind: 'listener rule', name: arns.join(', ') } }, async () => {
    const { sdk, client } = await elbv2(env);
    return client.send(new sdk.DescribeRulesCommand({ RuleArns: [...arns] }));
  }).map(({ Rules }) => Rules ?? []);
}

/** Replaces the whole list of conditions; actions and transforms, not being given, stay. */
export function modifyRule(env: Environment, change: { readonly ruleArn: string; readonly conditions: readonly RuleCondition[] }): ResultAsync<void, AwsWriteError> {
  return write(env, { action: 'elasticloadbalancing:ModifyRule', resource: { kind: 'listener rule', name: change.ruleArn } }, async () => {
    const { sdk, client } = await elbv2(env);
    return client.send(new sdk.ModifyRuleCommand({ RuleArn: change.ruleArn, Conditions: [...change.conditions] }));
  }).map(() => undefined);
}

export function describeTargetHealth(env: Environment, targetGroupArn: string): ResultAsync<readonly TargetHealthDescription[], AwsError> {
  return read(env, { action: 'elasticloadbalancing:DescribeTargetHealth', resource: { kind: 'target group', name: targetGroupArn } }, async () => {
    const { sdk, client } = await elbv2(env);
    return client.send(new sdk.DescribeTargetHealthCommand({ TargetGroupArn: targetGroupArn }));
  }).map(({ TargetHealthDescriptions }) => TargetHealthDescriptions ?? []);
}

export function describeTargetGroups(env: Environment, arns: readonly string[]): ResultAsync<readonly TargetGroup[], AwsError> {
  return allPages((Marker) =>
    read(env, { action: 'elasticloadbalancing:DescribeTargetGroups', resource: { kind: 'target group', name: arns.join(', ') } }, async () => {
      const { sdk, client } = await elbv2(env);
      const page = await client.send(new sdk.DescribeTargetGroupsCommand({ TargetGroupArns: [...arns], ...(Marker === undefined ? {} : { Marker }) }));
      return { items: page.TargetGroups ?? [], next: page.NextMarker };
    }),
  );
}

/** Attribute name (`deregistration_delay.timeout_seconds`) -> value. */
export function describeTargetGroupAttributes(env: Environment, targetGroupArn: string): ResultAsync<Readonly<Record<string, string>>, AwsError> {
  return read(env, { action: 'elasticloadbalancing:DescribeTargetGroupAttributes', resource: { kind: 'target group', name: targetGroupArn } }, async () => {
    const { sdk, client } = await elbv2(env);
    return client.send(new sdk.DescribeTargetGroupAttributesCommand({ TargetGroupArn: targetGroupArn }));
  }).map(({ Attributes = [] }) => Object.fromEntries(Attributes.map(({ Key = '', Value = '' }) => [Key, Value])));
}

/** Attributes that are not given stay. */
export function modifyTargetGroupAttributes(env: Environment, targetGroupArn: string, attributes: Readonly<Record<string, string>>): ResultAsync<void, AwsWriteError> {
  return write(env, { action: 'elasticloadbalancing:ModifyTargetGroupAttributes', resource: { kind: 'target group', name: targetGroupArn } }, async () => {
    const { sdk, client } = await elbv2(env);
    const Attributes = Object.entries(attributes).map(([Key, Value]) => ({ Key, Value }));
    return client.send(new sdk.ModifyTargetGroupAttributesCommand({ TargetGroupArn: targetGroupArn, Attributes }));
  }).map(() => undefined);
}

/** Changes the health check; what is not given stays. */
export function modifyTargetGroup(env: Environment, input: ModifyTargetGroupCommandInput): ResultAsync<void, AwsWriteError> {
  return write(env, { action: 'elasticloadbalancing:ModifyTargetGroup', resource: { kind: 'target group', name: input.TargetGroupArn ?? '' } }, async () => {
    const { sdk, client } = await elbv2(env);
    return client.send(new sdk.ModifyTargetGroupCommand(input));
  }).map(() => undefined);
}
