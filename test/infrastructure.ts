import { ApplicationAutoScalingClient, DescribeScalableTargetsCommand, RegisterScalableTargetCommand } from '@aws-sdk/client-application-auto-scaling';
import { DescribeServicesCommand, ECSClient, UpdateServiceCommand } from '@aws-sdk/client-ecs';
import { DescribeListenersCommand, DescribeLoadBalancersCommand, DescribeRulesCommand, DescribeTargetGroupAttributesCommand, DescribeTargetGroupsCommand, ElasticLoadBalancingV2Client, ModifyRuleCommand, type RuleCondition } from '@aws-sdk/client-elastic-load-balancing-v2';
import { DescribeDBInstancesCommand, RDSClient, StopDBInstanceCommand } from '@aws-sdk/client-rds';
import type { EnvironmentDefinition, StateName } from '@graasp/deploy';
import { type Blueprint, type ImageDeclaration, type LocalCloud, startLocalCloud } from '@graasp/local-cloud';

export interface MaintenanceHeader {
  readonly name: string;
  readonly value: string;
}

/** Every resource that a state is about, as AWS tells it, in a cloud that the infrastructure code has brought into that state. */
export async function resourcesIn(state: StateName, blueprint: Blueprint, images: readonly ImageDeclaration[], definition: EnvironmentDefinition, header: MaintenanceHeader): Promise<Resources> {
  await using cloud = await startLocalCloud({ blueprint, images, hosts: 'model', clock: 'virtual', seed: 1 });
  await applyInfrastructure(cloud, state, { blueprint, definition, header });
  await cloud.clock.sleep(30 * 60_000);
  return readResources(cloud, blueprint);
}

/** What an apply of the infrastructure code sets from a state given by a person: rules, scaling minimums, desired counts, the database. */
export async function applyInfrastructure(cloud: LocalCloud, state: StateName, { blueprint, definition, header }: { readonly blueprint: Blueprint; readonly definition: EnvironmentDefinition; readonly header: MaintenanceHeader }): Promise<void> {
  const settings = settingsOf(cloud, blueprint);
  const balancer = new ElasticLoadBalancingV2Client(settings);
  const isOn = (name: string) => state === 'running' || state === 'restricted' || (state === 'db-only' && definition.services[name]?.role === 'administration');
  for (const { ruleArn, name, conditions } of cloud.inspect.rules()) {
    const rule = blueprint.loadBalancer.listeners.flatMap(({ rules }) => rules).find((one) => one.name === name);
    if (rule === undefined) continue;
    const theirs = 'forward' in rule.action ? rule.action.forward : '';
    const open = state === 'running' || (definition.services[theirs]?.role === 'administration' && isOn(theirs));
    const condition: RuleCondition = { Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: header.name, Values: [header.value] } };
    if (!open) await balancer.send(new ModifyRuleCommand({ RuleArn: ruleArn, Conditions: [...(conditions as RuleCondition[]).map(({ Values, ...config }) => (Object.keys(config).some((key) => key.endsWith('Config')) ? config : { ...config, Values })), condition] }));
  }
  for (const { name, autoScaling, desiredCount } of blueprint.services) {
    const ResourceId = `service/${blueprint.cluster}/${name}`;
    if (autoScaling !== undefined) await new ApplicationAutoScalingClient(settings).send(new RegisterScalableTargetCommand({ ServiceNamespace: 'ecs', ScalableDimension: 'ecs:service:DesiredCount', ResourceId, MinCapacity: isOn(name) ? autoScaling.min : 0 }));
    await new ECSClient(settings).send(new UpdateServiceCommand({ cluster: blueprint.cluster, service: name, desiredCount: isOn(name) ? desiredCount : 0 }));
  }
  if (state === 'stopped') await new RDSClient(settings).send(new StopDBInstanceCommand({ DBInstanceIdentifier: blueprint.database.identifier }));
}

/** By kind and name; without identifiers, times, and what a deployment has left behind. */
export type Resources = Readonly<Record<string, unknown>>;

export async function readResources(cloud: LocalCloud, blueprint: Blueprint): Promise<Resources> {
  const settings = settingsOf(cloud, blueprint);
  const balancer = new ElasticLoadBalancingV2Client(settings);
  const { LoadBalancers = [] } = await balancer.send(new DescribeLoadBalancersCommand({}));
  const { Listeners = [] } = await balancer.send(new DescribeListenersCommand({ LoadBalancerArn: LoadBalancers[0]!.LoadBalancerArn }));
  const rules = await Promise.all(Listeners.map(async ({ ListenerArn, Port }) => ((await balancer.send(new DescribeRulesCommand({ ListenerArn }))).Rules ?? []).map((rule) => [`rule ${Port}/${rule.Priority}`, { ...rule, Conditions: sorted(rule.Conditions) }] as const)));
  const { TargetGroups = [] } = await balancer.send(new DescribeTargetGroupsCommand({}));
  const attributes = await Promise.all(TargetGroups.map(async ({ TargetGroupArn, TargetGroupName }) => [`attributes of ${TargetGroupName}`, await balancer.send(new DescribeTargetGroupAttributesCommand({ TargetGroupArn }))] as const));
  const { services = [] } = await new ECSClient(settings).send(new DescribeServicesCommand({ cluster: blueprint.cluster, services: blueprint.services.map(({ name }) => name) }));
  const { ScalableTargets = [] } = await new ApplicationAutoScalingClient(settings).send(new DescribeScalableTargetsCommand({ ServiceNamespace: 'ecs' }));
  const { DBInstances = [] } = await new RDSClient(settings).send(new DescribeDBInstancesCommand({}));
  return comparable({
    ...Object.fromEntries(rules.flat()),
    ...Object.fromEntries(TargetGroups.map((group) => [`target group ${group.TargetGroupName}`, group])),
    ...Object.fromEntries(attributes),
    ...Object.fromEntries(services.map((service) => [`service ${service.serviceName}`, service])),
    ...Object.fromEntries(ScalableTargets.map((target) => [`scaling of ${target.ResourceId}`, target])),
    ...Object.fromEntries(DBInstances.map((instance) => [`database ${instance.DBInstanceIdentifier}`, instance])),
  });
}

function settingsOf(cloud: LocalCloud, { region }: Blueprint): object {
  return { region, ...cloud.connection.aws };
}

/** The balancer takes conditions in any order. */
function sorted(conditions: readonly RuleCondition[] = []): readonly RuleCondition[] {
  return [...conditions].sort((left, right) => JSON.stringify(left).localeCompare(JSON.stringify(right)));
}

const passing = new Set(['$metadata', 'events', 'deployments', 'currentServiceDeployment', 'currentServiceRevisions', 'AutomaticRestartTime', 'LatestRestorableTime', 'DbiResourceId', 'CreationTime', 'createdAt', 'InstanceCreateTime']);

function comparable(resources: Resources): Resources {
  const text = JSON.stringify(resources, (key, value: unknown) => (passing.has(key) ? undefined : value));
  return JSON.parse(text.replace(/[0-9a-f]{16,}/g, '#')) as Resources;
}
