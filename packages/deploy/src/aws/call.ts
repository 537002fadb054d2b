import type { ResultAsync } from 'neverthrow';
import type { Environment } from '../environment/environment.js';
import type { AwsError, AwsWriteError } from '../errors.js';

/** What a call is about, for its errors: the IAM action, and the thing that is missing if it is not found. */
export interface CallSubject {
  /** `ecs:DescribeServices`: the IAM action, which is also how the call is named in errors. */
  readonly action: string;
  readonly resource?: { readonly kind: string; readonly name: string } | undefined;
}

/** Sends a request that changes nothing. Throttles, 5xx and broken connections are retried on the environment's clock. */
export declare function read<T>(env: Environment, subject: CallSubject, send: () => Promise<T>): ResultAsync<T, AwsError>;
/** Sends a request that changes something, once the run's lock is known to be ours. Retried like `read`: every write of this library may be sent twice. */
export declare function write<T>(env: Environment, subject: CallSubject, send: () => Promise<T>): ResultAsync<T, AwsWriteError>;
