import type { ImageDeclaration } from '../blueprint.js';

/** What is real (or modelled) behind the services. The state machines in `services/` decide when; hosts do. */
export interface Hosts {
  readonly kind: 'model' | 'real';
  readonly containers: ContainerHost;
  readonly databases: DatabaseHost;
  readonly front: FrontHost;
  /** Ends every process, socket and directory. Never rejects. */
  dispose(): Promise<void>;
}

export interface ContainerHost {
  /** Resolves once the container has started (its process exists); rejects with an Error whose message is a task's stoppedReason. */
  start(spec: ContainerSpec): Promise<RunningContainer>;
}

export interface ContainerSpec {
  readonly taskId: string;
  readonly name: string;
  readonly image: ImageDeclaration;
  readonly environment: Readonly<Record<string, string>>;
  readonly command?: readonly string[] | undefined;
  readonly port?: number | undefined;
  onLog(line: string): void;
  onExit(exit: ContainerExit): void;
}

export interface ContainerExit {
  readonly exitCode: number;
  readonly outOfMemory: boolean;
}

export interface RunningContainer {
  /** Where its port can be reached; undefined for a container without one. */
  readonly endpoint: Endpoint | undefined;
  /** Sends the signal; the exit arrives through `onExit`. */
  signal(signal: 'SIGTERM' | 'SIGKILL'): void;
  /** As the kernel does: killed for memory, exit code 137. */
  outOfMemory(): void;
}

/** What answers behind an address: a socket, or in model hosts a function. */
export type Endpoint =
  | { readonly kind: 'socket'; readonly host: string; readonly port: number }
  | { readonly kind: 'handler'; handle(request: FrontRequest): Promise<FrontResponse> };

export interface FrontRequest {
  readonly method: string;
  readonly protocol: 'http' | 'https';
  readonly host: string;
  /** with the query, as sent */
  readonly path: string;
  /** names in lower case */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | undefined;
}

export interface FrontResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** One PostgreSQL server per instance, addressed by the instance's immutable resource id. */
export interface DatabaseHost {
  create(spec: DatabaseSpec): Promise<void>;
  start(resourceId: string): Promise<void>;
  stop(resourceId: string): Promise<void>;
  /** Takes an online copy. */
  snapshot(resourceId: string, snapshotArn: string): Promise<HostSnapshot>;
  restore(snapshotArn: string, resourceId: string): Promise<void>;
  /** A new instance with what another held at a moment. Absent: nothing of the past is kept but snapshots. */
  restoreMoment?(source: string, at: number, resourceId: string): Promise<void>;
  deleteInstance(resourceId: string): Promise<void>;
  deleteSnapshot(snapshotArn: string): Promise<void>;
  /** host:port that a container's environment gets in place of the instance's endpoint. It stays over a stop, so that who was started meanwhile finds the server once it runs. */
  address(resourceId: string): { readonly host: string; readonly port: number } | undefined;
  /** The server's log, whole. */
  log(resourceId: string): Promise<string>;
  metrics(resourceId: string): Promise<DatabaseMetrics>;
}

export interface HostSnapshot {
  /** Of the last transaction in it. */
  readonly databaseTime: number;
  /** Share of the database that was written since the last snapshot, at most 1; 1 for the first. */
  readonly changed: number;
}

export interface DatabaseSpec {
  readonly resourceId: string;
  readonly identifier: string;
  readonly masterUsername: string;
  readonly masterPassword: string;
  readonly databases: readonly string[];
  readonly extensions: readonly string[];
  readonly parameters?: Readonly<Record<string, string>> | undefined;
  readonly model?: { readonly schema: string; readonly rows: number } | undefined;
}

export interface DatabaseMetrics {
  readonly cpuPercent: number;
  readonly readIops: number;
  readonly writeIops: number;
  readonly diskQueueDepth: number;
  readonly connections: number;
  /** Those that are at work: what Performance Insights calls load. */
  readonly activeSessions: number;
}

/** The listeners of a balancer as real sockets (or none, in model hosts, where only `request` exists). */
export interface FrontHost {
  /** Opens a socket for a listener; `handle` routes and answers. Resolves with the local port (0 in model hosts). */
  listen(listenerArn: string, front: FrontHandler): Promise<number>;
  close(listenerArn: string): Promise<void>;
  /** Fetches from an endpoint behind the balancer. Rejects when it cannot be reached or does not answer in time. */
  forward(endpoint: Endpoint, request: FrontRequest, timeoutMs: number): Promise<FrontResponse>;
}

/** Given by the ELBv2 service: evaluates the listener's rules for a request. */
export interface FrontHandler {
  /** What the listener speaks; default `http`. Told to `route` and to targets (`x-forwarded-proto`). */
  readonly protocol?: 'http' | 'https' | undefined;
  /** The listener's port in AWS, told to targets (`x-forwarded-port`); default 80 or 443. */
  readonly port?: number | undefined;
  route(request: FrontRequest): RoutedRequest;
  /** Counted in the metrics once answered. `by` tells a target's own 502 from the balancer's; `balancer` for a `respond`. */
  answered(routed: RoutedRequest, status: number, by?: 'balancer' | 'target'): void;
  connectionOpened(): void;
  connectionClosed(): void;
}

export type RoutedRequest =
  | { readonly kind: 'respond'; readonly response: FrontResponse; readonly ruleArn: string }
  | { readonly kind: 'forward'; readonly targetGroupArn: string; readonly targetId: string; readonly endpoint: Endpoint; readonly request: FrontRequest; readonly ruleArn: string };
