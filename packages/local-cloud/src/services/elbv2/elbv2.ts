import type { CloudContext, Operations, Siblings } from '../../context.js';
import type { FrontHandler } from '../../hosts/host.js';
import type { InspectedRule } from '../../inspection.js';
import { createBalancerState, findTargetGroup, rulesOf, type BalancerState, type ListenerState } from './balancer-state.js';
import { hostWithoutPort, matchesWildcards } from './evaluate-rules.js';
import { createListenerFront } from './listener-front.js';
import { createListenerOperations, type ListenerHooks } from './listener-operations.js';
import { createLoadBalancerOperations } from './load-balancer-operations.js';
import { createRuleOperations, describeRule } from './rule-operations.js';
import { createServedRules } from './served-rules.js';
import { createTargetGroupOperations } from './target-group-operations.js';
import { createHealthChecks } from './target-health.js';
import { createTargets } from './targets.js';

type BalancerSibling = Siblings['elbv2'];

/** A listener as its front sees it. */
export interface ServedListener {
  readonly listenerArn: string;
  readonly protocol: 'http' | 'https';
  /** The port in AWS: 80 or 443. */
  readonly port: number;
  /** The local port that `FrontHost.listen` opened; 0 with model hosts. */
  readonly localPort: number;
  readonly handler: FrontHandler;
  /** The balancer's own name, and every host that its rules mention, with their wildcards. */
  readonly hosts: readonly string[];
}

export interface Elbv2 extends BalancerSibling {
  readonly operations: Operations;
  /** The listener that serves a URL: its host is the balancer's own name or matches a host that a rule mentions; protocol and port as of the listener. */
  listenerOf(url: URL): ServedListener | undefined;
  readonly listeners: readonly ServedListener[];
  /** Rules of every listener as configured (not as propagated), by priority, default rules last. */
  inspectRules(): readonly InspectedRule[];
}

/** Application Load Balancers: rules that serve a little after they change, targets that are checked, and the metrics of both. */
export function createElbv2(context: CloudContext): Elbv2 {
  const state = createBalancerState();
  const served = createServedRules(context);
  const health = createHealthChecks(context, state);
  const targets = createTargets(health);
  const fronts = new Map<string, FrontHandler>();
  const hooks: ListenerHooks = {
    changed(listener) {
      served.changed(listener);
      health.settingsChanged();
    },
    frontOf(listener) {
      const front = createListenerFront(context, state, served, health, listener);
      fronts.set(listener.arn, front);
      return front;
    },
  };
  const asServed = (listener: ListenerState): ServedListener[] => {
    const handler = fronts.get(listener.arn);
    const protocol = listener.protocol === 'HTTPS' ? 'https' : 'http';
    return handler === undefined ? [] : [{ listenerArn: listener.arn, protocol, port: listener.port, localPort: listener.localPort, handler, hosts: hostsOf(state, listener.loadBalancerArn) }];
  };

  return {
    operations: {
      ...createLoadBalancerOperations(context, state),
      ...createListenerOperations(context, state, hooks),
      ...createRuleOperations(context, state, hooks),
      ...createTargetGroupOperations(context, state, targets, health),
    },
    registerTarget: (arn, target, endpoint) => targets.register(findTargetGroup(state, arn), target, endpoint),
    deregisterTarget: (arn, target) => targets.deregister(findTargetGroup(state, arn), target),
    targetHealth(arn, { id, port }) {
      const group = findTargetGroup(state, arn);
      return health.healthOf(group, group.targets.get(`${id}:${port}`));
    },
    deregistrationDelayMs: (arn) => Number(findTargetGroup(state, arn).attributes.get('deregistration_delay.timeout_seconds')) * 1000,
    listenerOf: (url) => listenersAt(state, url).flatMap(asServed)[0],
    get listeners() {
      return [...state.listeners.values()].flatMap(asServed);
    },
    inspectRules: () => [...state.listeners.values()].flatMap((listener) => inspectRules(state, listener)).sort((a, b) => Number(a.priority === 'default') - Number(b.priority === 'default')),
  };
}

/** Listeners of the URL's protocol and port whose balancer is meant by its host. */
function listenersAt(state: BalancerState, url: URL): ListenerState[] {
  const port = Number(url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : url.port);
  const host = hostWithoutPort(url.hostname);
  return [...state.listeners.values()].filter((listener) => `${listener.protocol.toLowerCase()}:` === url.protocol && listener.port === port && hostsOf(state, listener.loadBalancerArn).some((known) => matchesWildcards(host, known, 'i')));
}

function hostsOf(state: BalancerState, loadBalancerArn: string): string[] {
  const rules = [...state.listeners.values()].filter((listener) => listener.loadBalancerArn === loadBalancerArn).flatMap(rulesOf);
  const hosts = rules.flatMap(({ conditions }) => conditions).flatMap(({ HostHeaderConfig }) => HostHeaderConfig?.Values ?? []);
  return [state.loadBalancers.get(loadBalancerArn)?.DNSName ?? '', ...hosts];
}

function inspectRules({ tags }: BalancerState, listener: ListenerState): InspectedRule[] {
  return rulesOf(listener).map((rule) => {
    const { RuleArn = '', Priority = '', Conditions = [], Actions = [] } = describeRule(rule);
    return { listenerArn: listener.arn, ruleArn: RuleArn, priority: Priority, name: tags.get(RuleArn)?.get('Name'), conditions: Conditions, actions: Actions };
  });
}
