import { machineTime } from './clock.js';
import type { Clock } from './clock.js';
import type { LocalCloudOptions } from './local-cloud.js';
import type { Elbv2 } from './services/elbv2/elbv2.js';

/** Where a cloud is and what time it is there: plain JSON, which `attachLocalCloud` in another process of this machine takes. */
export interface CloudDescription {
  /** Address of the AWS endpoint. */
  readonly endpoint: string;
  /** Address of the page that shows the environment live. */
  readonly pageUrl: string;
  readonly listeners: readonly DescribedListener[];
  /** Hosts of registries that the endpoint answers for, over the OCI distribution protocol. */
  readonly registryHosts: readonly string[];
  readonly clock: DescribedClock;
}

export interface DescribedListener {
  readonly protocol: 'http' | 'https';
  /** The port in AWS: 80 or 443. */
  readonly port: number;
  /** The port of 127.0.0.1 that serves it. */
  readonly localPort: number;
  /** Hosts that lead to it, with the wildcards of its rules. */
  readonly hosts: readonly string[];
}

export interface DescribedClock {
  /** Milliseconds since the epoch by the machine, at which … */
  readonly machineTime: number;
  /** … it was this time in the cloud, in milliseconds since the epoch. */
  readonly cloudTime: number;
  /** How many times as fast as the machine's its time passes. */
  readonly scale: number;
}

export function describeCloud(http: { readonly url: string; readonly pageUrl: string } | undefined, { listeners }: Elbv2, clock: Clock, options: LocalCloudOptions): CloudDescription {
  const scale = scaleOf(options);
  if (http === undefined || options.hosts !== 'real' || scale === undefined) {
    throw new Error('Another process can only reach a local cloud with real hosts, http, and a real or scaled clock.');
  }
  return {
    endpoint: http.url,
    pageUrl: http.pageUrl,
    listeners: listeners.map(({ protocol, port, localPort, hosts }) => ({ protocol, port, localPort, hosts })),
    registryHosts: ['public.ecr.aws', '*.dkr.ecr.*.amazonaws.com'],
    clock: { machineTime: machineTime(), cloudTime: clock.now(), scale },
  };
}

function scaleOf({ clock = 'scaled', scale = 60 }: LocalCloudOptions): number | undefined {
  if (clock === 'real') return 1;
  return clock === 'scaled' ? scale : undefined;
}
