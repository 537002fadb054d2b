import type { CloudContext } from '../../context.js';
import type { FrontHandler, FrontRequest, RoutedRequest } from '../../hosts/host.js';
import { findTargetGroup, type BalancerState, type ListenerState, type TargetGroupState, type TargetState } from './balancer-state.js';
import { errorPage, evaluateRules, textResponse } from './evaluate-rules.js';
import type { ServedRules } from './served-rules.js';
import type { HealthChecks } from './target-health.js';

/** Routes the requests of a listener by the rules that it serves, and counts them. */
export function createListenerFront(context: CloudContext, state: BalancerState, served: ServedRules, health: HealthChecks, listener: ListenerState): FrontHandler {
  const record = createRecorder(context, listener);
  let connections = 0;
  let counting = false;
  const respond = (ruleArn: string, status: number, title: string): RoutedRequest => ({ kind: 'respond', ruleArn, response: textResponse(status, errorPage(title)) });

  return {
    protocol: listener.protocol === 'HTTPS' ? 'https' : 'http',
    port: listener.port,
    route(request) {
      const verdict = evaluateRules(request, listener.port, served.now(listener));
      if (verdict.kind === 'respond') return verdict;
      const group = findTargetGroup(state, choose(verdict.targetGroups, context.clock.random)?.arn);
      const target = nextTarget(group, health);
      if (target === undefined) return respond(verdict.ruleArn, 503, '503 Service Temporarily Unavailable');
      if (target.endpoint === undefined) return respond(verdict.ruleArn, 502, '502 Bad Gateway');
      return { kind: 'forward', ruleArn: verdict.ruleArn, targetGroupArn: group.arn, targetId: target.id, endpoint: target.endpoint, request: forwarded(verdict.request, listener) };
    },
    answered: (routed, status, by) => record.request(routed, status, by),
    connectionOpened() {
      connections += 1;
      record.connections(1);
      if (!counting) countEachMinute();
    },
    connectionClosed() {
      connections -= 1;
    },
  };

  /** A connection that stays open is active in each minute that it sees begin. */
  function countEachMinute(): void {
    counting = true;
    context.background(`connections of ${listener.arn}`, async (signal) => {
      while (connections > 0 && !signal.aborted) {
        await context.clock.sleep(60_000 - (context.clock.now() % 60_000), signal).catch(() => undefined);
        if (connections > 0 && !signal.aborted) record.connections(connections);
      }
      counting = false;
    });
  }
}

function choose<Group extends { readonly weight: number }>(groups: readonly Group[], random: () => number): Group | undefined {
  if (groups.length <= 1) return groups[0];
  let at = random() * groups.reduce((sum, { weight }) => sum + weight, 0);
  return groups.find(({ weight }) => (at -= weight) < 0) ?? groups[0];
}

function nextTarget(group: TargetGroupState, health: HealthChecks): TargetState | undefined {
  const candidates = health.candidates(group);
  return candidates[group.requests++ % candidates.length];
}

function forwarded(request: FrontRequest, { protocol, port }: ListenerState): FrontRequest {
  return { ...request, headers: { ...request.headers, 'x-forwarded-proto': protocol.toLowerCase(), 'x-forwarded-port': String(port), 'x-forwarded-for': request.headers['x-forwarded-for'] ?? '127.0.0.1' } };
}

interface Recorder {
  request(routed: RoutedRequest, status: number, by: 'balancer' | 'target' | undefined): void;
  connections(count: number): void;
}

/** Metrics as AWS/ApplicationELB has them: RequestCount counts only requests for which a target was chosen. */
function createRecorder({ siblings }: CloudContext, { loadBalancerArn }: ListenerState): Recorder {
  const balancer = { LoadBalancer: afterKind(loadBalancerArn, 'loadbalancer/') };
  const count = (name: string, dimensions: Readonly<Record<string, string>>, value = 1): void => siblings.cloudwatch.record({ namespace: 'AWS/ApplicationELB', name, dimensions, value, unit: 'Count' });

  return {
    request(routed, status, by) {
      const hundreds = `${Math.floor(status / 100)}XX`;
      if (routed.kind === 'respond') {
        if (status >= 300) count(`HTTPCode_ELB_${hundreds}_Count`, balancer);
        if (routed.response.headers['location'] !== undefined) count('HTTP_Redirect_Count', balancer);
        return;
      }
      const group = { ...balancer, TargetGroup: afterKind(routed.targetGroupArn, '') };
      for (const dimensions of [balancer, group]) {
        count('RequestCount', dimensions);
        count(by === 'balancer' ? `HTTPCode_ELB_${hundreds}_Count` : `HTTPCode_Target_${hundreds}_Count`, dimensions);
      }
    },
    connections: (open) => count('ActiveConnectionCount', balancer, open),
  };
}

/** `app/name/id` of a balancer, `targetgroup/name/id` of a group. */
function afterKind(arn: string, kind: string): string {
  return arn.split(':').slice(5).join(':').replace(kind, '');
}
