import type { ImageDeclaration } from './blueprint.js';
import type { Clock } from './clock.js';
import type { Faults } from './faults.js';
import type { Endpoint, Hosts } from './hosts/host.js';
import type { Authorizer } from './iam/authorizer.js';
import type { Timing } from './timing.js';

/** What every service's state machine is given. One per account and region. */
export interface CloudContext {
  readonly accountId: string;
  readonly region: string;
  readonly clock: Clock;
  readonly timing: Timing;
  readonly faults: Faults;
  readonly authorizer: Authorizer;
  readonly hosts: Hosts;
  /** Starts work that goes on in the background of the cloud; a rejection is recorded as a defect of the cloud, never unhandled. Aborted by `signal` when the cloud stops. */
  background(name: string, work: (signal: AbortSignal) => Promise<void>): void;
  readonly siblings: Siblings;
}

/** What the services need of each other, beyond their AWS operations. Filled in by `start-local-cloud.ts`; call lazily. */
export interface Siblings {
  readonly ecr: {
    /** The image a reference means now; undefined when the registry does not have it. `reference` as in a container definition, by tag or by `@sha256:` digest. */
    resolveImage(reference: string): { readonly digest: string; readonly platforms: readonly string[]; readonly declaration: ImageDeclaration } | undefined;
  };
  readonly logs: {
    groupExists(logGroupName: string): boolean;
    append(logGroupName: string, logStreamName: string, message: string): void;
  };
  readonly elbv2: {
    registerTarget(targetGroupArn: string, target: { readonly id: string; readonly port: number }, endpoint: Endpoint): void;
    deregisterTarget(targetGroupArn: string, target: { readonly id: string; readonly port: number }): void;
    targetHealth(targetGroupArn: string, target: { readonly id: string; readonly port: number }): { readonly state: string; readonly reason?: string | undefined };
    deregistrationDelayMs(targetGroupArn: string): number;
  };
  readonly rds: {
    /** Replaces every `endpoint-name:port` of an instance in a value by the address of the host behind it. */
    resolveEndpoints(value: string): string;
  };
  readonly ecs: {
    /** For Application Auto Scaling. `resourceId` is `service/CLUSTER/SERVICE`. */
    desiredCount(resourceId: string): number | undefined;
    setDesiredCount(resourceId: string, desiredCount: number, message: string): void;
  };
  readonly cloudwatch: {
    /** Adds to the datum of the minute in which it happens. */
    record(metric: { readonly namespace: string; readonly name: string; readonly dimensions: Readonly<Record<string, string>>; readonly value: number; readonly unit?: string | undefined }): void;
  };
}

/** The operations of a service by their AWS name. A handler answers with the operation's output or throws a `ServiceFault`. */
export type Operations = Readonly<Record<string, (input: never) => unknown>>;

/** An answer of AWS that is an error: `code` as on the wire, as the operation's model says. */
export class ServiceFault extends Error {
  override readonly name = 'ServiceFault';
  readonly code: string;
  readonly status: number;
  readonly detail: Readonly<Record<string, unknown>>;
  constructor(code: string, message: string, status = 400, detail: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.code = code;
    this.status = status;
    this.detail = detail;
  }
}
