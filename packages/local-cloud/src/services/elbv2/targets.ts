import type { Endpoint } from '../../hosts/host.js';
import type { TargetGroupState, TargetState } from './balancer-state.js';
import type { HealthChecks } from './target-health.js';

export interface TargetIdentity {
  readonly id: string;
  readonly port: number;
}

export interface Targets {
  /** A target registered without an endpoint gets the one that it had before. Registering a registered target changes nothing. */
  register(group: TargetGroupState, target: TargetIdentity, endpoint: Endpoint | undefined): void;
  deregister(group: TargetGroupState, target: TargetIdentity): void;
}

export function createTargets(health: HealthChecks): Targets {
  return {
    register(group, { id, port }, endpoint) {
      const key = `${id}:${port}`;
      const reachable = endpoint ?? group.endpoints.get(key);
      if (reachable !== undefined) group.endpoints.set(key, reachable);
      const present = group.targets.get(key);
      if (present !== undefined && present.drainingUntil === undefined && present.endpoint === reachable) return;
      if (present !== undefined && present.drainingUntil === undefined) health.deregister(group, present);
      const target: TargetState = { id, port, endpoint: reachable, state: 'initial', reason: 'Elb.RegistrationInProgress', description: 'Target registration is in progress', drainingUntil: undefined };
      group.targets.set(key, target);
      health.watch(group, target);
    },
    deregister(group, { id, port }) {
      const target = group.targets.get(`${id}:${port}`);
      if (target !== undefined && target.drainingUntil === undefined) health.deregister(group, target);
    },
  };
}
