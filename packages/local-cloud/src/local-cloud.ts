import type { Blueprint, ImageDeclaration } from './blueprint.js';
import type { CloudDescription } from './cloud-description.js';
import type { Clock } from './clock.js';
import type { Fault, Faults } from './faults.js';
import type { IamPolicy } from './iam/policy.js';
import type { InspectedDatabase, InspectedDistribution, InspectedRule, InspectedService, InspectedSnapshot, InspectedTask, SchemaViolation, Visit } from './inspection.js';

/** What `startLocalCloud` is told. Everything but the blueprint has a default. */
export interface LocalCloudOptions {
  /** What exists in the account. */
  readonly blueprint: Blueprint;
  /** Images that registries hold and hosts can run. An image that a container names and that is not declared here runs as the default server. */
  readonly images?: readonly ImageDeclaration[] | undefined;
  /**
   * How long things last. `demo`: seconds to a minute of the cloud's time, meant for a clock sixty times as fast;
   * `realistic`: AWS's own durations, reads that lag behind writes, and the request throttling of ECS. Default `demo`.
   */
  readonly profile?: 'demo' | 'realistic' | undefined;
  /** `model`: no process and no socket; `real`: PostgreSQL, processes and an HTTP front. Default `model`. */
  readonly hosts?: 'model' | 'real' | undefined;
  /** `virtual` (default with model hosts): nothing ever sleeps; `scaled` (default with real hosts): `scale` times as fast; `real`; or a clock of your own. */
  readonly clock?: 'real' | 'scaled' | 'virtual' | Clock | undefined;
  /** How many times as fast a `scaled` clock runs. Default 60. */
  readonly scale?: number | undefined;
  /** Two clouds with one seed, model hosts and a virtual clock do the same. Default 1. */
  readonly seed?: number | undefined;
  /** What goes wrong once the cloud is ready. */
  readonly faults?: readonly Fault[] | undefined;
  /**
   * What the caller may do, in statements of an IAM policy with actions, resources and the conditions StringEquals, StringLike, ArnEquals and
   * ArnLike. The caller is then an assumed role, and every other call is refused as AWS refuses it. Default: a user who may do everything.
   */
  readonly iam?: { readonly policy: IamPolicy } | undefined;
  /** Also listens on a port of 127.0.0.1, for other processes, the AWS command line and a browser (`pageUrl`). Default: with real hosts. */
  readonly http?: boolean | undefined;
  /** Called when a fault `crash-caller` hits an operation; the call is never answered. */
  readonly onCrashCaller?: ((operation: string) => void) | undefined;
  /** When a `virtual` clock starts, milliseconds since the epoch. Default 2026-11-23T08:00:00Z. */
  readonly startAt?: number | undefined;
}

/** A cloud that runs. Ends with `stop()`, or at the end of its scope with `await using`. */
export interface LocalCloud {
  /** The part that `connect` of `@graasp/deploy` takes. */
  readonly connection: CloudConnection;
  /** Address of the AWS endpoint over HTTP; undefined without `http`. */
  readonly url: string | undefined;
  /** Address of a page for people that shows the environment live, without its secrets; at the AWS endpoint, so undefined without `http`. */
  readonly pageUrl: string | undefined;
  readonly clock: Clock;
  /** Every AWS request so far, oldest first; seeding is not among them. */
  readonly requests: readonly RecordedRequest[];
  /** What goes wrong from now on; a `spot-interruption` added here happens `afterMs` later. */
  readonly faults: Faults;
  /** What is true, for checkers: no latency, no staleness, not recorded. */
  readonly inspect: Inspection;
  /** Pushes an image, or moves its tag; answers the digest. */
  pushImage(image: ImageDeclaration): { readonly digest: string };
  /** What `attachLocalCloud` needs to reach this cloud from another process. Throws with model hosts, without `http`, or with a virtual clock or one of your own. */
  describe(): CloudDescription;
  /** Ends every process, socket and directory. Safe to call twice. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface CloudConnection {
  readonly aws: {
    /** With `http`. */
    readonly endpoint?: string | undefined;
    /** Without `http`: answers in the same process. */
    readonly requestHandler?: object | undefined;
    readonly credentials: () => Promise<{ readonly accessKeyId: string; readonly secretAccessKey: string }>;
  };
  /** A visitor's or operator's browser: every host of the blueprint's rules leads to the balancer, every alias to its distribution. */
  readonly fetch: typeof fetch;
  readonly clock: Clock;
}

export interface RecordedRequest {
  /** Milliseconds since the epoch, on the cloud's clock. */
  readonly at: number;
  /** `ecs:UpdateService` */
  readonly operation: string;
  readonly input: unknown;
  /** HTTP status of the answer. */
  readonly status: number;
  /** The error's code, as on the wire. */
  readonly error?: string | undefined;
}

/** The view from outside. */
export interface Inspection {
  services(): readonly InspectedService[];
  /** Every task there ever was, also those that AWS would have forgotten. */
  tasks(): readonly InspectedTask[];
  /** Rules of every listener, default rules last. */
  rules(): readonly InspectedRule[];
  /** By identifier; the blueprint's when absent. */
  database(identifier?: string): InspectedDatabase | undefined;
  /** Every instance, in order of creation. */
  databases(): readonly InspectedDatabase[];
  /** In order of creation. */
  snapshots(): readonly InspectedSnapshot[];
  distributions(): readonly InspectedDistribution[];
  /** Times code met a schema that it does not fit: what nobody may ever see. Model hosts only. */
  readonly violations: readonly SchemaViolation[];
  /** Every request made with `connection.fetch`. */
  readonly visits: readonly Visit[];
  /** Background work of the cloud that failed: defects of the local cloud itself. */
  readonly defects: readonly string[];
}
