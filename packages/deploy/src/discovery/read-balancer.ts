import { ok, okAsync, type ResultAsync, safeTry } from 'neverthrow';
import type { Service } from '../aws/ecs.js';
import { describeListeners, describeLoadBalancer, describeRules, describeTargetGroups, type Listener, type Rule } from '../aws/elbv2.js';
import type { Environment } from '../environment/environment.js';
import type { AwsError } from '../errors.js';
import { forwardedTargetGroups, isDefaultRule } from '../gate/rules.js';
import type { FoundBalancer } from './account.js';

export interface ReadBalancer {
  readonly found: FoundBalancer;
  /** Target group -> hosts and paths that lead to it. */
  readonly doorsOf: ReadonlyMap<string, readonly string[]>;
}

/** The balancer of this name, else the one that leads to most services of the cluster, and its listener for visitors; null: there is none. */
export function readBalancer(env: Environment, services: readonly Service[], name: string | undefined): ResultAsync<ReadBalancer | null, AwsError> {
  return safeTry<ReadBalancer | null, AwsError>(async function* () {
    const used = yield* balancersOf(env, services);
    const arn = name === undefined ? used[0] : (yield* describeLoadBalancer(env, name)).LoadBalancerArn;
    if (arn === undefined) return ok(null);
    const listeners = yield* describeListeners(env, arn);
    const listener = listeners.find(({ Protocol, Port }) => Protocol === 'HTTPS' && Port === 443) ?? listeners.find(({ Protocol }) => Protocol === 'HTTPS') ?? listeners[0];
    const rules = listener === undefined ? [] : yield* describeRules(env, listener.ListenerArn ?? '');
    return ok({ found: foundBalancer({ arn, used, listeners, listener, rules, own: new Set(targetGroupsOf(services)) }), doorsOf: doorsOf(rules) });
  });
}

/** ARNs of Application Load Balancers with target groups of these services, the one with most first. */
function balancersOf(env: Environment, services: readonly Service[]): ResultAsync<readonly string[], AwsError> {
  const groups = targetGroupsOf(services);
  if (groups.length === 0) return okAsync([]);
  return describeTargetGroups(env, [...new Set(groups)]).map((found) => {
    const arns = found.flatMap(({ LoadBalancerArns = [] }) => LoadBalancerArns).filter((arn) => arn.includes(':loadbalancer/app/'));
    const times = (arn: string) => arns.filter((other) => other === arn).length;
    return [...new Set(arns)].sort((left, right) => times(right) - times(left));
  });
}

function targetGroupsOf(services: readonly Service[]): readonly string[] {
  return services.flatMap(({ loadBalancers = [] }) => loadBalancers.flatMap(({ targetGroupArn }) => targetGroupArn ?? []));
}

interface Seen {
  readonly arn: string;
  readonly used: readonly string[];
  readonly listeners: readonly Listener[];
  readonly listener: Listener | undefined;
  readonly rules: readonly Rule[];
  /** Target groups of the cluster's services. */
  readonly own: ReadonlySet<string>;
}

function foundBalancer({ arn, used, listeners, listener, rules, own }: Seen): FoundBalancer {
  const nameOf = (balancer: string) => balancer.split('/')[2] ?? balancer;
  const toOthers = rules.filter((rule) => !isDefaultRule(rule) && forwardedTargetGroups(rule).length > 0 && !forwardedTargetGroups(rule).some((group) => own.has(group)));
  const forwardsByDefault = rules.some((rule) => isDefaultRule(rule) && forwardedTargetGroups(rule).length > 0);
  return {
    name: nameOf(arn),
    others: used.filter((other) => other !== arn).map(nameOf),
    listener: listener === undefined ? null : { protocol: listener.Protocol ?? '', port: listener.Port ?? 0, forwardsByDefault },
    listeners: listeners.map(({ Protocol, Port }) => `${Protocol}:${Port}`),
    othersDoors: toOthers.flatMap((rule) => doorsOfRule(rule)),
  };
}

function doorsOf(rules: readonly Rule[]): ReadonlyMap<string, readonly string[]> {
  const doors = new Map<string, readonly string[]>();
  for (const rule of rules) {
    for (const group of new Set(forwardedTargetGroups(rule))) doors.set(group, [...(doors.get(group) ?? []), ...doorsOfRule(rule)]);
  }
  return doors;
}

/** Without a host it is every host's, without a path every path's. */
function doorsOfRule({ Conditions = [] }: Rule): readonly string[] {
  const hosts = Conditions.flatMap(({ HostHeaderConfig, Field, Values }) => HostHeaderConfig?.Values ?? (Field === 'host-header' ? (Values ?? []) : []));
  const paths = Conditions.flatMap(({ PathPatternConfig, Field, Values }) => PathPatternConfig?.Values ?? (Field === 'path-pattern' ? (Values ?? []) : []));
  return (hosts.length > 0 ? hosts : ['']).flatMap((host) => (paths.length > 0 ? paths : ['']).map((path) => `${host}${path}`)).filter((door) => door !== '');
}
