import type { CloudContext, Operations, Siblings } from '../../context.js';
import type { FrontHandler } from '../../hosts/host.js';
import type { InspectedRule } from '../../inspection.js';

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
}

export interface Elbv2 extends BalancerSibling {
  readonly operations: Operations;
  /** The listener that serves a URL: its host is the balancer's own name or matches a host that a rule mentions; protocol and port as of the listener. */
  listenerOf(url: URL): ServedListener | undefined;
  readonly listeners: readonly ServedListener[];
  /** Rules of every listener as configured (not as propagated), by priority, default rules last. */
  inspectRules(): readonly InspectedRule[];
}

export function createElbv2(context: CloudContext): Elbv2 {
  throw new Error(`ELBv2 is being written (${context.region}).`);
}
