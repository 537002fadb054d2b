import { err, ok, ResultAsync, type Result } from 'neverthrow';
import type { Clock } from '../clock.js';
import { internals, type Environment } from '../environment/environment.js';
import type { Aborted, AwsError, AwsWriteError, LockLost, Unexpected } from '../errors.js';
import { classify, type SdkError } from './classify.js';
import { mapError } from './map-error.js';

/** What a call is about, for its errors: the IAM action, and the thing that is missing if it is not found. */
export interface CallSubject {
  /** `ecs:DescribeServices`: the IAM action, which is also how the call is named in errors. */
  readonly action: string;
  readonly resource?: { readonly kind: string; readonly name: string } | undefined;
  /** The call does not go through AWS's clients: what it threw is told by this, and a plan never sends it. */
  readonly tell?: ((thrown: SdkError) => AwsError) | undefined;
}

/** Throttling passes if one waits (RegisterTaskDefinition refills one token a second); a broken service does not, or not soon. */
const attempts = { throttled: 9, transient: 5, credentials: 2 };
const firstDelayMs = 250;
const longestDelayMs = 15_000;

/** Who sends a request, if need be again: on which time, until when, and in which words a failure is told. */
export interface Caller {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Lets go of clients whose credentials are not accepted. */
  forget(): void;
  tell(thrown: SdkError): AwsError;
}

/** Sends a request for who is no environment, retried like `read`. */
export function patiently<T>(caller: Caller, subject: CallSubject, send: () => Promise<T>): ResultAsync<T, AwsError> {
  return new ResultAsync(attempt<T, never>(caller, subject, () => ok(undefined), send));
}

/** Sends a request that changes nothing. Throttles, 5xx and broken connections are retried on the environment's clock. */
export function read<T>(env: Environment, subject: CallSubject, send: () => Promise<T>): ResultAsync<T, AwsError> {
  return new ResultAsync(attempt<T, never>(callerOf(env, subject), subject, () => ok(undefined), () => unlessAborted(env.signal, send)));
}

/**
 * Sends a request that changes something, once the run's lock is known to be ours. Retried like `read`: every write of this library may be
 * sent twice. In a plan nothing is sent: its clients answer, or it is refused.
 */
export function write<T>(env: Environment, subject: CallSubject, send: () => Promise<T>): ResultAsync<T, AwsWriteError> {
  const { run, clients } = env[internals];
  if (env.planning && (subject.tell !== undefined || clients.answered?.has(subject.action) !== true)) return new ResultAsync(Promise.resolve(err(writtenInAPlan(subject))));
  // not raced against the signal: once sent, a change is followed to its answer
  return new ResultAsync(attempt<T, LockLost>(callerOf(env, subject), subject, () => (env.planning ? ok(undefined) : (run?.assertLock() ?? ok(undefined))), () => (run === null ? send() : run.carry(send))));
}

/** Sends a request once, whether or not the environment was aborted. */
export function once<T>(env: Environment, subject: CallSubject, send: () => Promise<T>): ResultAsync<T, AwsError> {
  return ResultAsync.fromPromise(Promise.resolve().then(send), (thrown) => mapError(env, subject, thrown as SdkError));
}

function callerOf(env: Environment, subject: CallSubject): Caller {
  const { clock, signal } = env;
  return { clock, signal, forget: () => env[internals].clients.forget(), tell: (thrown) => subject.tell?.(thrown) ?? mapError(env, subject, thrown) };
}

async function attempt<T, G>(caller: Caller, subject: CallSubject, guard: () => Result<void, G> | ResultAsync<void, G>, send: () => Promise<T>): Promise<Result<T, AwsError | G>> {
  for (let sent = 1; ; sent += 1) {
    if (caller.signal.aborted) return err(aborted(subject));
    const allowed = await guard();
    if (allowed.isErr()) return err(allowed.error);
    const answer = await ResultAsync.fromPromise(Promise.resolve().then(send), (thrown) => thrown as SdkError);
    if (answer.isOk()) return ok(answer.value);
    if (caller.signal.aborted) return err(aborted(subject));
    const found = classify(answer.error);
    const limit = found === 'credentials' && subject.tell !== undefined ? 1 : found in attempts ? attempts[found as keyof typeof attempts] : 1;
    if (sent >= limit) return err(caller.tell(answer.error));
    if (found === 'credentials') caller.forget();
    await pause(caller, sent);
  }
}

/** Exponential with half of it by chance: callers that were throttled together do not come back together. */
async function pause({ clock, signal }: Caller, sent: number): Promise<void> {
  const full = Math.min(longestDelayMs, firstDelayMs * 2 ** sent);
  await clock.sleep(Math.round(full / 2 + (full / 2) * clock.random()), signal).catch(() => undefined);
}

function unlessAborted<T>(signal: AbortSignal, send: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(new Error('aborted'));
    // one of its own: a dozen calls that listen to the same signal look like a leak to Node
    const own = AbortSignal.any([signal]);
    own.addEventListener('abort', onAbort, { once: true });
    void send().then(resolve, reject).finally(() => own.removeEventListener('abort', onAbort));
  });
}

function aborted(subject: CallSubject): Aborted {
  return {
    kind: 'Aborted',
    waitingFor: subject.action,
    message: `aborted before ${subject.action} was answered`,
    remedy: 'Nothing is undone by an abort: read the state, then resume the run or release its hold.',
  };
}

function writtenInAPlan(subject: CallSubject): Unexpected {
  return {
    kind: 'Unexpected',
    operation: subject.action,
    message: `${subject.action} was about to change something while planning; it was not sent`,
    remedy: 'This is a defect of the step that called it: in a plan it has to stop before this call.',
  };
}
