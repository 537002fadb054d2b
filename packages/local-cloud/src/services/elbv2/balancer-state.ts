import type { Action, LoadBalancer, RuleCondition, RuleTransform, TargetGroup } from '@aws-sdk/client-elastic-load-balancing-v2';
import { ServiceFault, type CloudContext } from '../../context.js';
import type { Endpoint } from '../../hosts/host.js';

/** Everything that the balancers of an account and region are configured to be. */
export interface BalancerState {
  readonly loadBalancers: Map<string, LoadBalancer>;
  readonly listeners: Map<string, ListenerState>;
  readonly targetGroups: Map<string, TargetGroupState>;
  /** Tags of every kind of resource, by ARN. */
  readonly tags: Map<string, Map<string, string>>;
  /** Sixteen hexadecimal digits, other ones at each call. */
  newId(): string;
}

export interface ListenerState {
  readonly arn: string;
  readonly loadBalancerArn: string;
  protocol: 'HTTP' | 'HTTPS';
  port: number;
  certificateArns: readonly string[];
  /** The local port that its front listens on; 0 with model hosts. */
  localPort: number;
  /** Its own rule, without conditions. */
  readonly defaultRule: RuleState;
  readonly rules: Map<string, RuleState>;
}

/** As DescribeRules answers, but for the priority of the default rule. */
export interface RuleState {
  readonly arn: string;
  /** Infinity for the default rule. */
  priority: number;
  conditions: readonly RuleCondition[];
  actions: readonly Action[];
  transforms: readonly RuleTransform[];
}

export interface TargetGroupState {
  readonly arn: string;
  settings: TargetGroup;
  readonly attributes: Map<string, string>;
  /** By `id:port`. */
  readonly targets: Map<string, TargetState>;
  /** Endpoints of targets ever registered with one: RegisterTargets brings no endpoint of its own. */
  readonly endpoints: Map<string, Endpoint>;
  /** Counts requests, for the round robin. */
  requests: number;
}

export interface TargetState {
  readonly id: string;
  readonly port: number;
  readonly endpoint: Endpoint | undefined;
  state: 'initial' | 'healthy' | 'unhealthy';
  reason: string | undefined;
  description: string | undefined;
  /** Set once deregistered: until when it drains. */
  drainingUntil: number | undefined;
}

export function createBalancerState(): BalancerState {
  let ids = 0n;
  return {
    loadBalancers: new Map(),
    listeners: new Map(),
    targetGroups: new Map(),
    tags: new Map(),
    newId: () => BigInt.asUintN(64, (ids += 1n) * 0x9e3779b97f4a7c15n).toString(16).padStart(16, '0'),
  };
}

export function findLoadBalancer({ loadBalancers }: BalancerState, arn: string | undefined): LoadBalancer {
  return loadBalancers.get(arn ?? '') ?? missing('LoadBalancerNotFound', `Load balancer '${arn}' not found`);
}

export function findListener({ listeners }: BalancerState, arn: string | undefined): ListenerState {
  return listeners.get(arn ?? '') ?? missing('ListenerNotFound', 'One or more listeners not found');
}

export function findTargetGroup({ targetGroups }: BalancerState, arn: string | undefined): TargetGroupState {
  return targetGroups.get(arn ?? '') ?? missing('TargetGroupNotFound', 'One or more target groups not found');
}

export function findRule(state: BalancerState, arn: string | undefined): { readonly listener: ListenerState; readonly rule: RuleState } {
  for (const listener of state.listeners.values()) {
    const rule = listener.defaultRule.arn === arn ? listener.defaultRule : listener.rules.get(arn ?? '');
    if (rule !== undefined) return { listener, rule };
  }
  return missing('RuleNotFound', 'One or more rules not found');
}

function missing(code: string, message: string): never {
  throw new ServiceFault(code, message);
}

/** By priority, the default rule last. */
export function rulesOf({ rules, defaultRule }: ListenerState): RuleState[] {
  return [...[...rules.values()].sort((a, b) => a.priority - b.priority), defaultRule];
}

export function arnOf({ region, accountId }: CloudContext, resource: string): string {
  return `arn:aws:elasticloadbalancing:${region}:${accountId}:${resource}`;
}

/** Target groups that an action forwards to, with their weights. */
export function forwardedTo(actions: readonly Action[]): { readonly arn: string; readonly weight: number }[] {
  return actions
    .filter(({ Type }) => Type === 'forward')
    .flatMap(({ TargetGroupArn, ForwardConfig }) => ForwardConfig?.TargetGroups?.map((group) => ({ arn: group.TargetGroupArn ?? '', weight: group.Weight ?? 1 })) ?? [{ arn: TargetGroupArn ?? '', weight: 1 }]);
}

/** The balancers whose rules forward to a target group; a group without any is unused. */
export function balancersUsing(state: BalancerState, targetGroupArn: string): string[] {
  const using = [...state.listeners.values()].filter((listener) => rulesOf(listener).some(({ actions }) => forwardedTo(actions).some(({ arn }) => arn === targetGroupArn)));
  return [...new Set(using.map(({ loadBalancerArn }) => loadBalancerArn))];
}
