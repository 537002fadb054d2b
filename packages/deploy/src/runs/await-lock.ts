import { errAsync, okAsync, type ResultAsync } from 'neverthrow';
import { type Environment, internals } from '../environment/environment.js';
import type { Aborted, Conflict, RunStoreFailed } from '../errors.js';
import { type Probe, waitUntil } from '../wait.js';
import { acquireLock, type HeldLock, isDead, type Lock, type LockClaim, lockConflict, readLock } from './lock.js';

const intervalSeconds = 10;

type Refusal = Conflict | RunStoreFailed;

/**
 * Takes the lock, once a run that is at work has ended if this environment waits for that (`lock.waitSeconds` of `connect`). A run that has
 * died is not waited for: Conflict, as after the time is over.
 */
export function awaitLock(env: Environment, claim: LockClaim): ResultAsync<HeldLock, Refusal | Aborted> {
  const { lockWaitSeconds: timeoutSeconds } = env[internals];
  if (timeoutSeconds === 0) return acquireLock(env, claim);
  const attempt: Attempt = { ended: false, held: null, busy: null };
  return waitUntil<HeldLock, Refusal, Refusal>(env, { waitingFor: `the lock of ${env.definition.name}`, timeoutSeconds, intervalSeconds, probe: () => probe(env, claim, attempt) }).orElse((error) => {
    attempt.ended = true;
    // taken in the very moment in which the wait was ended
    const letGo = attempt.held === null ? okAsync(undefined) : attempt.held.release().orElse(() => okAsync(undefined));
    return letGo.andThen(() => errAsync(error.kind === 'TimedOut' ? tooLong(env, attempt, timeoutSeconds) : error));
  });
}

interface Attempt {
  ended: boolean;
  held: HeldLock | null;
  /** Whose lock was seen last. */
  busy: Lock | null;
}

function probe(env: Environment, claim: LockClaim, attempt: Attempt): ResultAsync<Probe<HeldLock, Refusal>, Refusal> {
  return acquireLock(env, claim)
    .andThen((lock): ResultAsync<Probe<HeldLock, Refusal>, Refusal> => {
      attempt.held = lock;
      const value = { status: 'done', value: lock } as const;
      return attempt.ended ? lock.release().map(() => value) : okAsync(value);
    })
    .orElse((error) => (error.kind === 'Conflict' ? lookAgain(env, attempt, error) : errAsync(error)));
}

function lookAgain(env: Environment, attempt: Attempt, conflict: Conflict): ResultAsync<Probe<HeldLock, Refusal>, RunStoreFailed> {
  return readLock(env).map((found): Probe<HeldLock, Refusal> => {
    if (found === null) return { status: 'pending', seen: 'let go of a moment ago' };
    if (isDead(env, found.value)) return { status: 'failed', error: conflict };
    attempt.busy = found.value;
    const { run, reason, holder } = found.value;
    return { status: 'pending', seen: `run ${run} (${reason}, by ${holder.actor}) is at work` };
  });
}

function tooLong(env: Environment, { busy }: Attempt, waitedSeconds: number): Conflict {
  const nobodyKnown: Conflict = { kind: 'Conflict', reason: 'lock', message: `Others took the lock of ${env.definition.name} for ${waitedSeconds} s. Nothing was changed.`, remedy: 'Try again.' };
  return busy === null ? nobodyKnown : lockConflict(env, busy, waitedSeconds);
}
