import type { Environment } from '../environment/environment.js';

/** A change of one resource, told before it is made; in a plan, told instead of being made. */
export interface AnnouncedChange {
  /** `rule 4 of listener HTTPS:443`, `service graasp`: kind and name. */
  readonly resource: string;
  readonly from: string;
  readonly to: string;
  /** `elasticloadbalancing:ModifyRule`: as the IAM action is called. */
  readonly operation: string;
  readonly why: string;
}

/** Tells the reporters of a change just before it is made; planned when this is a plan. */
export function announce(env: Environment, change: AnnouncedChange): void {
  env.emit({ type: 'change', planned: env.planning, ...change });
}
