import { err, errAsync, ok, okAsync, type Result, ResultAsync } from 'neverthrow';
import { type Environment, internals } from '../environment/environment.js';
import type { Conflict, LockLost, RunStoreFailed } from '../errors.js';
import { startHeartbeat } from './heartbeat.js';
import { libraryVersion } from './library-version.js';
import { type WayOn, wayOn } from './next-actions.js';
import type { LockHolder } from './run-store.js';
import { keyOf, readJson, type Stored } from './store-document.js';

/** A lock lives for two minutes and is renewed four times in them; with less than 40 s left no write is begun, because one may take nearly that long (`patience` of the clients). */
export const lockSeconds = { lives: 120, renewedEvery: 30, triedAgainAfter: 5, toSpare: 40 } as const;

/** Who has an environment, and until when. */
export interface Lock {
  readonly run: string;
  readonly recipe: string;
  readonly holder: LockHolder;
  /** Of this library. */
  readonly version: string;
  /** What for, for people. */
  readonly reason: string;
  readonly acquiredAt: string;
  readonly expiresAt: string;
  /** Tells this holder from an earlier one of the same run. */
  readonly token: string;
  readonly continuedBy: WayOn;
}

export interface LockClaim {
  readonly run: string;
  readonly recipe: string;
  readonly reason: string;
  /** How somebody goes on when its holder has died. */
  readonly continuedBy: WayOn;
}

/** A lock that is ours and renewed until it is released. */
export interface HeldLock {
  /** Ok while it is ours for at least 40 s more. One that ran short (a machine that slept, or was too busy) is renewed first, if nobody took it. */
  hold(): ResultAsync<void, LockLost>;
  /** What it is when it is lost. */
  lost(): LockLost;
  /** Stops renewing and removes it, if it is still ours. */
  release(): ResultAsync<void, RunStoreFailed>;
  /** Stops renewing and leaves it to expire: nobody but `resume` and `releaseHold` takes the environment then. */
  abandon(): void;
}

/** Takes the lock of an environment that nobody has. Conflict names who has it, also when that lock has expired. */
export function acquireLock(env: Environment, claim: LockClaim): ResultAsync<HeldLock, Conflict | RunStoreFailed> {
  const store = env[internals].runStore;
  const key = keyOf.lock(env.definition.name);
  const lock = newLock(env, claim);
  return store.create(key, bodyOf(lock)).andThen((version): ResultAsync<HeldLock, Conflict | RunStoreFailed> => {
    if (version !== null) return okAsync(holdLock(env, lock, version.etag));
    return readLock(env).andThen((found) => {
      if (found === null) return acquireLock(env, claim);
      return found.value.token === lock.token ? okAsync(holdLock(env, lock, found.etag)) : errAsync(lockConflict(env, found.value));
    });
  });
}

/** Takes the lock from a holder that is gone. Conflict when somebody else was faster. */
export function takeOverLock(env: Environment, claim: LockClaim, dead: Stored<Lock>): ResultAsync<HeldLock, Conflict | RunStoreFailed> {
  const lock = newLock(env, claim);
  return env[internals].runStore.replace(keyOf.lock(env.definition.name), bodyOf(lock), dead.etag).andThen((version) =>
    version === null ? errAsync(lockConflict(env, dead.value)) : okAsync(holdLock(env, lock, version.etag)),
  );
}

export function readLock(env: Environment): ResultAsync<Stored<Lock> | null, RunStoreFailed> {
  return readJson<Lock>(env[internals].runStore, keyOf.lock(env.definition.name));
}

/** The time by which locks expire: the store's own, where it has one. */
export function lockTime(env: Environment): number {
  return env[internals].runStore.now?.() ?? env.clock.now();
}

/** Whether its holder cannot be at work any more: the time is over, or the store knows the process to be gone. */
export function isDead(env: Environment, lock: Lock): boolean {
  return lockTime(env) >= Date.parse(lock.expiresAt) || env[internals].runStore.provesDead?.(lock.holder) === true;
}

/** `waitedSeconds`: how long its end was waited for. */
export function lockConflict(env: Environment, lock: Lock, waitedSeconds = 0): Conflict {
  const who = `Run ${lock.run} (${lock.reason}, by ${lock.holder.actor})`;
  const base = { kind: 'Conflict', reason: 'lock', holder: lock.run } as const;
  if (!isDead(env, lock)) {
    return {
      ...base,
      message: `${who} is ${waitedSeconds === 0 ? '' : 'still '}working on ${env.definition.name}${waitedSeconds === 0 ? '' : `, ${waitedSeconds} s later`}. Nothing was changed.`,
      remedy: 'Wait until it has ended, or end it, then try again.',
    };
  }
  return {
    ...base,
    message: `${who} stopped without an end: its lock on ${env.definition.name} was good until ${lock.expiresAt}. Nothing was changed.`,
    remedy: wayOn(env, lock, 'lock'),
  };
}

function newLock(env: Environment, claim: LockClaim): Lock {
  return {
    ...claim,
    holder: holderOf(env),
    version: libraryVersion,
    acquiredAt: new Date(lockTime(env)).toISOString(),
    expiresAt: expiryFromNow(env),
    token: String(env.clock.random()),
  };
}

/** Who works from here, as far as the run store knows. */
export function holderOf(env: Environment): LockHolder {
  return env[internals].runStore.self ?? { actor: 'somebody' };
}

function expiryFromNow(env: Environment): string {
  return new Date(lockTime(env) + lockSeconds.lives * 1000).toISOString();
}

function bodyOf(lock: Lock): string {
  return JSON.stringify(lock, null, 1);
}

function holdLock(env: Environment, first: Lock, firstEtag: string): HeldLock {
  const held: Held = { lock: first, etag: firstEtag, lost: false, takenBy: undefined };
  const stop = new AbortController();
  const renewing = keepRenewing(env, held, stop.signal);
  const heartbeat = startHeartbeat(env);
  const assert = (): Result<void, LockLost> => {
    const short = lockTime(env) > Date.parse(held.lock.expiresAt) - lockSeconds.toSpare * 1000;
    return held.lost || short ? err(lockLost(env, held)) : ok(undefined);
  };
  return {
    hold() {
      if (held.lost || assert().isOk()) return new ResultAsync(Promise.resolve(assert()));
      return new ResultAsync(renew(env, held).then(assert, assert));
    },
    lost() {
      held.lost = true;
      return lockLost(env, held);
    },
    abandon() {
      stop.abort();
      heartbeat.stop();
    },
    release() {
      stop.abort();
      const released = Promise.all([renewing, held.lost ? heartbeat.stop() : heartbeat.end()]).then(() => (held.lost ? okAsync<void, RunStoreFailed>(undefined) : env[internals].runStore.remove(keyOf.lock(env.definition.name), held.etag).map(() => undefined)));
      return new ResultAsync(released);
    },
  };
}

interface Held {
  lock: Lock;
  etag: string;
  lost: boolean;
  /** The run that has it now, as far as is known. */
  takenBy: string | undefined;
}

/** Renews in the background until stopped or overtaken; a store that fails is asked again sooner, for as long as the lock lives. */
async function keepRenewing(env: Environment, held: Held, stopped: AbortSignal): Promise<void> {
  const clock = env.clock.background ?? env.clock;
  let pause: number = lockSeconds.renewedEvery;
  while (!held.lost) {
    await clock.sleep(pause * 1000, stopped).catch(() => undefined);
    if (stopped.aborted) return;
    const renewed = await renew(env, held);
    pause = renewed.isOk() ? lockSeconds.renewedEvery : lockSeconds.triedAgainAfter;
  }
}

async function renew(env: Environment, held: Held): Promise<Result<void, RunStoreFailed>> {
  const lock = { ...held.lock, expiresAt: expiryFromNow(env) };
  const written = await env[internals].runStore.replace(keyOf.lock(env.definition.name), bodyOf(lock), held.etag);
  if (written.isErr()) return err(written.error);
  if (written.value !== null) {
    held.lock = lock;
    held.etag = written.value.etag;
    return ok(undefined);
  }
  return (await readLock(env)).map((found) => adoptOrLose(held, found));
}

/** A renewal whose answer was lost has changed the version: the token tells that the lock is ours all the same. */
function adoptOrLose(held: Held, found: Stored<Lock> | null): void {
  if (found === null || found.value.token !== held.lock.token) {
    held.lost = true;
    held.takenBy = found?.value.run;
    return;
  }
  held.lock = found.value;
  held.etag = found.etag;
}

function lockLost(env: Environment, { lock, lost, takenBy }: Held): LockLost {
  const how = takenBy !== undefined ? `run ${takenBy} has it` : lost ? 'somebody has let go of it' : `it could not be renewed, and is good until ${lock.expiresAt}`;
  return {
    kind: 'LockLost',
    message: `Run ${lock.run} does not hold the lock of ${env.definition.name} safely any more: ${how}. It begins no further change.`,
    remedy: takenBy === undefined ? `See that nobody else works on ${env.definition.name}. ${wayOn(env, lock, 'lock')}` : `Leave ${env.definition.name} to run ${takenBy}, or end that one first.`,
    ...(takenBy === undefined ? {} : { holder: takenBy }),
  };
}
