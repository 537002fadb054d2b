import type { ResultAsync } from 'neverthrow';
import type { Environment } from './environment/environment.js';
import type { Aborted, TimedOut } from './errors.js';

/** What a probe saw: go on waiting, done, or a failure that waiting will not cure. */
export type Probe<T, E> =
  | { readonly status: 'pending'; readonly seen: string; readonly progress?: number | undefined }
  | { readonly status: 'done'; readonly value: T; readonly seen?: string | undefined }
  | { readonly status: 'failed'; readonly error: E };

export interface WaitPolicy<T, E, P> {
  /** What is waited for, for people: `snapshot graasp-dev-… to be available`. */
  readonly waitingFor: string;
  readonly timeoutSeconds: number;
  /** Between probes; stretched when AWS throttles, shortened near the usual end. */
  readonly intervalSeconds: number;
  readonly signal?: AbortSignal | undefined;
  probe(): ResultAsync<Probe<T, E>, P>;
}

/**
 * The only loop of this library. Probes until done, failed, timed out or aborted; emits a `waiting` event when what was seen changed;
 * takes a throttled or unreachable probe for pending; in a run that has closed the gate, re-reads what the run has set and ends with
 * Conflict (`foreign-change`) when somebody else changed it.
 */
export declare function waitUntil<T, E, P>(env: Environment, policy: WaitPolicy<T, E, P>): ResultAsync<T, E | P | TimedOut | Aborted>;
