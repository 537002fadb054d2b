import type { Clock } from '../clock.js';
import type { Operations } from '../context.js';
import type { Faults } from '../faults.js';
import type { Range } from '../timing.js';
import type { RequestLog } from './request-log.js';

/** The services that the wire speaks for; also the prefix of an operation's name in faults and in the request log. */
export type ServiceName = 'ecs' | 'ecr' | 'logs' | 'application-autoscaling' | 'rds' | 'elbv2' | 'sts' | 'cloudwatch';

export interface WireOptions {
  /** The services of a region; asked at every request, for any region: one that nobody set up is an account with nothing in it. */
  readonly region: (region: string) => Readonly<Partial<Record<ServiceName, Operations>>>;
  readonly accountId: string;
  readonly clock: Clock;
  readonly faults: Faults;
  readonly log?: RequestLog | undefined;
  /** Called by the fault `crash-caller`; the call is never answered. */
  readonly onCrashCaller?: ((operation: string) => void) | undefined;
  /** `Timing.staleness`: Describe… and List… of a service answer with what they answered before a write, for so long after it. */
  readonly staleness?: Range | undefined;
}

export interface WireRequest {
  readonly method: string;
  /** Path without the query. */
  readonly path: string;
  /** names in lower case */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** `lost`: what was asked has happened, the connection broke before the answer. A call that crashed its caller is never answered. */
export type WireAnswer = { readonly kind: 'answer'; readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: Uint8Array } | { readonly kind: 'lost' };

export interface Wire {
  /** Answers any request, malformed ones too; never rejects. */
  handle(request: WireRequest): Promise<WireAnswer>;
}

export function createWire(options: WireOptions): Wire {
  throw new Error(`The wire is being written (${options.accountId}).`);
}
