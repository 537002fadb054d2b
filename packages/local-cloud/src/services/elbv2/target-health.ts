import type { CloudContext } from '../../context.js';
import { balancersUsing, type BalancerState, type TargetGroupState, type TargetState } from './balancer-state.js';

/** What DescribeTargetHealth says of a target. */
export interface HealthOfTarget {
  readonly state: string;
  readonly reason?: string | undefined;
  readonly description?: string | undefined;
}

export interface HealthChecks {
  /** Polls a target until it is deregistered. */
  watch(group: TargetGroupState, target: TargetState): void;
  /** The settings of a group changed, or which rules forward to it. */
  settingsChanged(): void;
  deregister(group: TargetGroupState, target: TargetState): void;
  healthOf(group: TargetGroupState, target: TargetState | undefined): HealthOfTarget;
  /** Where requests may go: the healthy targets; when none is, all that are registered, as the balancer fails open. */
  candidates(group: TargetGroupState): TargetState[];
}

const notRegistered: HealthOfTarget = { state: 'unused', reason: 'Target.NotRegistered', description: 'Target is not registered to the target group' };
const notInUse: HealthOfTarget = { state: 'unused', reason: 'Target.NotInUse', description: 'Target group is not configured to receive traffic from the load balancer' };

/**
 * initial -> healthy after one good check, unhealthy after as many bad ones as the group's threshold; then back and forth by the
 * thresholds ("Health checks for Application Load Balancer target groups"). Deregistered: draining for the group's delay.
 */
export function createHealthChecks(context: CloudContext, state: BalancerState): HealthChecks {
  const { clock } = context;
  const stops = new Map<TargetState, AbortController>();
  let changed = new AbortController();

  const isUsed = (group: TargetGroupState): boolean => balancersUsing(state, group.arn).length > 0;
  const isDrained = ({ drainingUntil }: TargetState): boolean => drainingUntil !== undefined && drainingUntil <= clock.now();
  /** Resolves true after `ms`, or earlier when settings change; false once the target is gone. */
  const pause = async (ms: number, gone: AbortSignal): Promise<boolean> => {
    await clock.sleep(ms, AbortSignal.any([gone, changed.signal])).catch(() => undefined);
    return !gone.aborted;
  };
  const watchUntilGone = async (group: TargetGroupState, target: TargetState, gone: AbortSignal): Promise<void> => {
    const counts = { good: 0, bad: 0 };
    // the phase of a node's checks has nothing to do with the moment of the registration
    let last = clock.now() - clock.random() * intervalMs(group);
    for (let present = true; present; ) {
      const wait = isUsed(group) ? last + intervalMs(group) - clock.now() : Number.POSITIVE_INFINITY;
      if (wait > 0) {
        present = await pause(wait, gone);
        continue;
      }
      last = clock.now();
      const failure = await check(context, group, target);
      present = !gone.aborted;
      if (present) judge(group, target, counts, failure);
    }
  };

  return {
    watch(group, target) {
      const stop = new AbortController();
      stops.set(target, stop);
      context.background(`health checks of ${target.id}:${target.port}`, (signal) => watchUntilGone(group, target, AbortSignal.any([signal, stop.signal])));
    },
    settingsChanged() {
      const before = changed;
      changed = new AbortController();
      before.abort();
    },
    deregister(group, target) {
      stops.get(target)?.abort();
      stops.delete(target);
      target.drainingUntil = isUsed(group) ? clock.now() + Number(group.attributes.get('deregistration_delay.timeout_seconds')) * 1000 : clock.now();
    },
    healthOf(group, target) {
      if (target === undefined || isDrained(target)) return notRegistered;
      if (target.drainingUntil !== undefined) {
        const state = target.state === 'unhealthy' ? 'unhealthy.draining' : 'draining';
        return { state, reason: 'Target.DeregistrationInProgress', description: 'Target deregistration is in progress' };
      }
      if (!isUsed(group)) return notInUse;
      return { state: target.state, reason: target.reason, description: target.description };
    },
    candidates(group) {
      const registered = [...group.targets.values()].filter(({ drainingUntil }) => drainingUntil === undefined);
      const healthy = registered.filter(({ state: health }) => health === 'healthy');
      return healthy.length > 0 ? healthy : registered;
    },
  };
}

function intervalMs({ settings }: TargetGroupState): number {
  return (settings.HealthCheckIntervalSeconds ?? 30) * 1000;
}

interface Failure {
  readonly reason: string;
  readonly description: string;
}

async function check({ hosts }: CloudContext, { settings }: TargetGroupState, { id, port, endpoint }: TargetState): Promise<Failure | undefined> {
  if (endpoint === undefined) return { reason: 'Target.FailedHealthChecks', description: 'Health checks failed' };
  const request = { method: 'GET', protocol: 'http' as const, host: `${id}:${port}`, path: settings.HealthCheckPath ?? '/', headers: { host: `${id}:${port}`, 'user-agent': 'ELB-HealthChecker/2.0' } };
  try {
    const { status } = await hosts.front.forward(endpoint, request, (settings.HealthCheckTimeoutSeconds ?? 5) * 1000);
    if (matchesCodes(settings.Matcher?.HttpCode ?? '200', status)) return undefined;
    return { reason: 'Target.ResponseCodeMismatch', description: `Health checks failed with these codes: [${status}]` };
  } catch {
    return { reason: 'Target.Timeout', description: 'Request timed out' };
  }
}

/** `200`, `200,202` or `200-299`. */
export function matchesCodes(matcher: string, status: number): boolean {
  return matcher.split(',').some((part) => {
    const [from, to] = part.split('-').map(Number);
    return from !== undefined && status >= from && status <= (to ?? from);
  });
}

function judge({ settings }: TargetGroupState, target: TargetState, counts: { good: number; bad: number }, failure: Failure | undefined): void {
  counts.good = failure === undefined ? counts.good + 1 : 0;
  counts.bad = failure === undefined ? 0 : counts.bad + 1;
  const enough = target.state === 'initial' ? 1 : (settings.HealthyThresholdCount ?? 5);
  if (failure === undefined && counts.good >= enough) {
    Object.assign(target, { state: 'healthy', reason: undefined, description: undefined });
  } else if (failure !== undefined && (target.state === 'unhealthy' || counts.bad >= (settings.UnhealthyThresholdCount ?? 2))) {
    Object.assign(target, { state: 'unhealthy', ...failure });
  } else if (target.state === 'initial') {
    Object.assign(target, { reason: 'Elb.InitialHealthChecking', description: 'Initial health checks in progress' });
  }
}
