import type { ErrorSchema, OperationSchema, ServiceModel } from './service-models.js';
import type { WireRequest } from './wire.js';

/** How one wire protocol writes requests, answers and errors. `read…` throws a `ServiceFault` on what it cannot parse. */
export interface Protocol {
  readonly name: 'json' | 'query' | 'cbor' | 'rest-xml';
  readInput(operation: OperationSchema, request: WireRequest): unknown;
  writeOutput(service: ServiceModel, operation: OperationSchema, output: unknown, requestId: string): ProtocolAnswer;
  writeError(service: ErrorDialect, error: WireError, requestId: string): ProtocolAnswer;
}

/** What of a service shows in its errors. */
export type ErrorDialect = Pick<ServiceModel, 'xmlNamespace' | 'queryCompatible' | 'bareErrors'>;

export interface ProtocolAnswer {
  /** Of a success; 200 when absent. */
  readonly status?: number | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export interface WireError {
  /** As on the wire of this protocol. */
  readonly code: string;
  /** Code in the Query protocol, for services that stay compatible with it. */
  readonly queryCode: string;
  readonly status: number;
  readonly message: string;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly schema: ErrorSchema | undefined;
}
