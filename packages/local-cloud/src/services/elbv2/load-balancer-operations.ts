import type {
  AddTagsCommandInput,
  CreateLoadBalancerCommandInput,
  DescribeAccountLimitsCommandInput,
  DescribeLoadBalancersCommandInput,
  DescribeTagsCommandInput,
  LoadBalancer,
  RemoveTagsCommandInput,
  Tag,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { ServiceFault, type CloudContext, type Operations } from '../../context.js';
import { page } from '../paging.js';
import { arnOf, findListener, findLoadBalancer, findRule, findTargetGroup, type BalancerState } from './balancer-state.js';
import { ruleLimits } from './check-rule.js';

export function createLoadBalancerOperations(context: CloudContext, state: BalancerState): Operations {
  return {
    CreateLoadBalancer: (input: CreateLoadBalancerCommandInput) => createLoadBalancer(context, state, input),
    DescribeLoadBalancers: (input: DescribeLoadBalancersCommandInput) => describeLoadBalancers(state, input),
    DescribeAccountLimits: (input: DescribeAccountLimitsCommandInput) => describeAccountLimits(input),
    DescribeTags: (input: DescribeTagsCommandInput) => describeTags(state, input),
    AddTags: (input: AddTagsCommandInput) => changeTags(state, input.ResourceArns, (tags) => putTags(tags, input.Tags)),
    RemoveTags: (input: RemoveTagsCommandInput) => changeTags(state, input.ResourceArns, (tags) => input.TagKeys?.forEach((key) => tags.delete(key))),
  };
}

export const invalidMarker = (): ServiceFault => new ServiceFault('ValidationError', 'The marker is not valid');

/** Active at once, unlike AWS's, which is provisioning for minutes: a local cloud starts with its balancer. */
function createLoadBalancer(context: CloudContext, state: BalancerState, { Name = '', Scheme, Type, SecurityGroups, Subnets, SubnetMappings, Tags, IpAddressType }: CreateLoadBalancerCommandInput): object {
  if (!/^(?!internal-|-)[a-zA-Z0-9-]{1,32}(?<!-)$/.test(Name)) throw new ServiceFault('ValidationError', `The load balancer name '${Name}' is not valid`);
  if (Type !== undefined && Type !== 'application') throw new ServiceFault('NotImplemented', `local cloud does not implement load balancers of type ${Type}`, 501);
  if ([...state.loadBalancers.values()].some(({ LoadBalancerName }) => LoadBalancerName === Name)) {
    throw new ServiceFault('DuplicateLoadBalancerName', `A load balancer with the same name '${Name}' exists, but with different settings`);
  }
  const id = state.newId();
  const subnets = Subnets ?? SubnetMappings?.map(({ SubnetId = '' }) => SubnetId) ?? [];
  const loadBalancer: LoadBalancer = {
    LoadBalancerArn: arnOf(context, `loadbalancer/app/${Name}/${id}`),
    LoadBalancerName: Name,
    DNSName: `${Name}-${Number.parseInt(id.slice(0, 8), 16)}.${context.region}.elb.amazonaws.com`,
    CanonicalHostedZoneId: 'Z215JYRZR1TBD5',
    CreatedTime: new Date(context.clock.now()),
    Scheme: Scheme ?? 'internet-facing',
    State: { Code: 'active' },
    Type: 'application',
    VpcId: 'vpc-0123456789abcdef0',
    AvailabilityZones: subnets.map((SubnetId, index) => ({ SubnetId, ZoneName: `${context.region}${'abc'[index % 3]}`, LoadBalancerAddresses: [] })),
    SecurityGroups: SecurityGroups ?? [],
    IpAddressType: IpAddressType ?? 'ipv4',
  };
  state.loadBalancers.set(loadBalancer.LoadBalancerArn ?? '', loadBalancer);
  tagNew(state, loadBalancer.LoadBalancerArn, Tags);
  return { LoadBalancers: [loadBalancer] };
}

function describeLoadBalancers(state: BalancerState, { LoadBalancerArns, Names, Marker, PageSize = 400 }: DescribeLoadBalancersCommandInput): object {
  const all = [...state.loadBalancers.values()];
  const named = Names?.map((name) => all.find(({ LoadBalancerName }) => LoadBalancerName === name) ?? notFound(`Load balancers '[${name}]' not found`));
  const wanted = LoadBalancerArns?.map((arn) => findLoadBalancer(state, arn)) ?? named ?? all;
  const { items, next } = page(wanted, { token: Marker, size: PageSize, invalid: invalidMarker });
  return { LoadBalancers: items, NextMarker: next };
}

function notFound(message: string): never {
  throw new ServiceFault('LoadBalancerNotFound', message);
}

const accountLimits: Readonly<Record<string, number>> = {
  'application-load-balancers': 50,
  'target-groups': 3000,
  'targets-per-application-load-balancer': 1000,
  'listeners-per-application-load-balancer': 50,
  'rules-per-application-load-balancer': ruleLimits.rules,
  'target-groups-per-application-load-balancer': 100,
  'target-groups-per-action-on-application-load-balancer': ruleLimits.targetGroupsPerAction,
  'condition-values-per-alb-rule': ruleLimits.conditionValues,
  'condition-wildcards-per-alb-rule': ruleLimits.conditionWildcards,
};

function describeAccountLimits({ Marker, PageSize = 400 }: DescribeAccountLimitsCommandInput): object {
  const limits = Object.entries(accountLimits).map(([Name, Max]) => ({ Name, Max: String(Max) }));
  const { items, next } = page(limits, { token: Marker, size: PageSize, invalid: invalidMarker });
  return { Limits: items, NextMarker: next };
}

export function tagNew(state: BalancerState, arn: string | undefined, tags: readonly Tag[] | undefined): void {
  const created = new Map<string, string>();
  putTags(created, tags);
  state.tags.set(arn ?? '', created);
}

function putTags(tags: Map<string, string>, added: readonly Tag[] = []): void {
  for (const { Key = '', Value = '' } of added) tags.set(Key, Value);
  if (tags.size > 50) throw new ServiceFault('TooManyTags', 'The maximum number of tags is 50');
}

function changeTags(state: BalancerState, arns: readonly string[] | undefined, change: (tags: Map<string, string>) => void): object {
  for (const arn of arns ?? []) change(tagsOf(state, arn));
  return {};
}

function describeTags(state: BalancerState, { ResourceArns = [] }: DescribeTagsCommandInput): object {
  if (ResourceArns.length > 20) throw new ServiceFault('ValidationError', 'At most 20 resources can be described in one call');
  return { TagDescriptions: ResourceArns.map((arn) => ({ ResourceArn: arn, Tags: [...tagsOf(state, arn)].map(([Key, Value]) => ({ Key, Value })) })) };
}

/** Throws what AWS answers for a resource of the kind in the ARN that does not exist. */
function tagsOf(state: BalancerState, arn: string): Map<string, string> {
  const kind = /:(loadbalancer|listener|listener-rule|targetgroup)\//.exec(arn)?.[1];
  if (kind === undefined) throw new ServiceFault('ValidationError', `'${arn}' is not a valid resource ARN`);
  const find = { loadbalancer: findLoadBalancer, listener: findListener, 'listener-rule': findRule, targetgroup: findTargetGroup }[kind];
  find?.(state, arn);
  return state.tags.get(arn) ?? new Map<string, string>();
}
