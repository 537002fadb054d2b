import { err, errAsync, ok, okAsync, type Result, ResultAsync } from 'neverthrow';
import * as v from 'valibot';
import { type Environment, internals } from '../environment/environment.js';
import type { Conflict, LockLost, RunStoreFailed } from '../errors.js';
import { startHeartbeat } from './heartbeat.js';
import { libraryVersion } from './library-version.js';
import { hasJumpedSince, lockTime, type Moment, momentOf } from './lock-time.js';
import { type WayOn, wayOnFromLock } from './next-actions.js';
import type { LockHolder } from './run-store.js';
import { keyOf, readJson, removeJson, type Shape, type Stored } from './store-document.js';

/** A lock lives for two minutes and is renewed four times in them; with less than 40 s left no write is begun, because one may take nearly that long (`patience` of the clients). */
export const lockSeconds = { lives: 120, renewedEvery: 30, triedAgainAfter: 5, toSpare: 40, sparesSuspended: 600 } as const;

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
  /** Nobody is at work: this durable execution goes on with the run before the lock expires. */
  readonly suspendedBy?: string | undefined;
  /** How long that waits first. */
  readonly suspendedSeconds?: number | undefined;
}

const shape: Shape<Lock> = v.looseObject({ run: v.string(), expiresAt: v.string(), holder: v.looseObject({ actor: v.string() }) });

export interface LockClaim {
  readonly run: string;
  readonly recipe: string;
  readonly reason: string;
  /** How somebody goes on when its holder has died. */
  readonly continuedBy: WayOn;
}

/** A lock that is ours and renewed until it is released. */
export interface HeldLock {
  /** Ok while it is ours for at least 40 s more. One that ran short (a machine that slept, or was too busy), or whose age is in doubt because the clock jumped, is renewed first, if nobody took it. */
  hold(): ResultAsync<void, LockLost>;
  /** What it is when it is lost. */
  lost(): LockLost;
  /** Whether somebody else has had it since, as far as is known: without that a lock that is lost is there still, and expires. */
  isTaken(): boolean;
  /** Stops renewing and removes it, if it is still ours. */
  release(): ResultAsync<void, RunStoreFailed>;
  /** Sends a change, once `hold` has allowed it: a suspension waits for its answer. */
  carry<T>(send: () => Promise<T>): Promise<T>;
  /** Does something that belongs to the run, unless it was left by then: never comes to an end after that. */
  whileHere<T, E>(act: () => ResultAsync<T, E>): ResultAsync<T, E>;
  /**
   * Stops renewing and leaves it for `execution` to take over, good for so long and ten minutes more, once every change that was sent is answered
   * and `keep` has stored what is known of it. Whoever still asks for it waits for ever, unless it is lost. LockLost: somebody else has it.
   */
  suspend(execution: string, seconds: number, keep: () => ResultAsync<void, unknown>): ResultAsync<void, LockLost>;
  /** Stops renewing and leaves it to expire: nobody but `resume` and `releaseHold` takes the environment then. */
  abandon(): void;
}

/** Takes the lock of an environment that nobody has. Conflict names who has it, also when that lock has expired. */
export function acquireLock(env: Environment, claim: LockClaim): ResultAsync<HeldLock, Conflict | RunStoreFailed> {
  const { runStore } = env[internals];
  if (runStore.now === undefined) return createLock(env, claim);
  // any answer tells the store's time, by which the lock is to expire
  return runStore.read(keyOf.lock(env.definition.name)).andThen(() => createLock(env, claim));
}

function createLock(env: Environment, claim: LockClaim): ResultAsync<HeldLock, Conflict | RunStoreFailed> {
  const store = env[internals].runStore;
  const key = keyOf.lock(env.definition.name);
  const lock = newLock(env, claim);
  const at = momentOf(env);
  return store.create(key, bodyOf(lock)).andThen((version): ResultAsync<HeldLock, Conflict | RunStoreFailed> => {
    if (version !== null) return okAsync(holdLock(env, { lock, etag: version.etag, at }));
    return readLock(env).andThen((found) => {
      if (found === null) return acquireLock(env, claim);
      return found.value.token === lock.token ? okAsync(holdLock(env, { lock, etag: found.etag, at })) : errAsync(lockConflict(env, found.value));
    });
  });
}

/** Takes the lock from a holder that is gone. Conflict when somebody else was faster. */
export function takeOverLock(env: Environment, claim: LockClaim, dead: Stored<Lock>): ResultAsync<HeldLock, Conflict | RunStoreFailed> {
  const lock = newLock(env, claim);
  const at = momentOf(env);
  return env[internals].runStore.replace(keyOf.lock(env.definition.name), bodyOf(lock), dead.etag).andThen((version) =>
    version === null ? errAsync(lockConflict(env, dead.value)) : okAsync(holdLock(env, { lock, etag: version.etag, at })),
  );
}

export function readLock(env: Environment): ResultAsync<Stored<Lock> | null, RunStoreFailed> {
  return readJson(env[internals].runStore, keyOf.lock(env.definition.name), shape);
}

/** Whether its holder cannot be at work any more: the time is over, or the store knows the process to be gone. */
export function isDead(env: Environment, lock: Lock): boolean {
  return lockTime(env) >= Date.parse(lock.expiresAt) || env[internals].runStore.provesDead?.(lock.holder) === true;
}

/** Whether it was left for the durable execution that goes on here: one process at a time is at work for it. */
export function isLeftForUs(env: Environment, lock: Lock): boolean {
  return lock.suspendedBy !== undefined && lock.suspendedBy === env[internals].suspension?.execution;
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
    remedy: wayOnFromLock(env, lock),
  };
}

function newLock(env: Environment, claim: LockClaim): Lock {
  return {
    ...claim,
    holder: holderOf(env),
    version: libraryVersion,
    acquiredAt: new Date(lockTime(env)).toISOString(),
    expiresAt: expiryFrom(lockTime(env)),
    token: String(env.clock.random()),
  };
}

/** Who works from here, as far as the run store knows. */
export function holderOf(env: Environment): LockHolder {
  return env[internals].runStore.self ?? { actor: 'somebody' };
}

function expiryFrom(now: number, lives: number = lockSeconds.lives): string {
  return new Date(now + lives * 1000).toISOString();
}

function bodyOf(lock: Lock): string {
  return JSON.stringify(lock, null, 1);
}

function holdLock(env: Environment, { lock, etag, at }: { readonly lock: Lock; readonly etag: string; readonly at: Moment }): HeldLock {
  const held: Held = { lock, etag, acquired: at, renewed: at, lost: false, suspended: null, isLeft: false, takenBy: undefined };
  const sent = new Set<Promise<unknown>>();
  const stop = new AbortController();
  const renewing = keepRenewing(env, held, stop.signal);
  const heartbeat = startHeartbeat(env);
  const assert = (): Result<void, LockLost> => {
    const { lockTime: now, steady } = momentOf(env);
    const short = now > Date.parse(held.lock.expiresAt) - lockSeconds.toSpare * 1000 || steady > held.renewed.steady + (lockSeconds.lives - lockSeconds.toSpare) * 1000;
    return held.lost || short || hasJumpedSince(env, held.renewed) ? err(lockLost(env, held)) : ok(undefined);
  };
  const answer = async () => (held.suspended === null ? assert() : held.suspended.then((left) => (left.isErr() ? left : never())));
  return {
    hold() {
      if (held.suspended !== null || held.lost || assert().isOk()) return new ResultAsync(answer());
      return new ResultAsync(renew(env, held).then(answer, answer));
    },
    lost() {
      held.lost = true;
      return lockLost(env, held);
    },
    isTaken: () => held.lost,
    carry(send) {
      const answered = send();
      sent.add(answered);
      const forget = () => void sent.delete(answered);
      answered.then(forget, forget);
      return answered;
    },
    whileHere(act) {
      if (!held.isLeft || held.suspended === null) return act();
      return new ResultAsync(held.suspended.then((left) => (left.isErr() ? act() : never())));
    },
    suspend(execution, seconds, keep) {
      stop.abort();
      heartbeat.stop();
      const leave = async (): Promise<Result<void, LockLost>> => {
        await renewing;
        // who was allowed just before sends only now, and what comes of it is entered while the rest is stored
        do {
          await Promise.allSettled(sent);
          (await keep()).unwrapOr(undefined);
        } while (sent.size > 0);
        held.isLeft = true;
        const kept = await keep();
        // one that cannot be marked, or whose run may not be known to its end, is waited for until it has expired
        if (kept.isOk()) (await renew(env, held, { suspendedBy: execution, suspendedSeconds: seconds, lives: seconds + lockSeconds.sparesSuspended })).unwrapOr(undefined);
        return held.lost ? err(lockLost(env, held)) : ok(undefined);
      };
      held.suspended = leave();
      return new ResultAsync(held.suspended);
    },
    abandon() {
      stop.abort();
      heartbeat.stop();
    },
    release() {
      stop.abort();
      const released = Promise.all([renewing, held.lost ? heartbeat.stop() : heartbeat.end()]).then(() => (held.lost ? okAsync<void, RunStoreFailed>(undefined) : removeOwn(env, held)));
      return new ResultAsync(released);
    },
  };
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}

/** A last renewal whose answer was lost has changed the version. */
function removeOwn(env: Environment, { lock, etag }: Held): ResultAsync<void, RunStoreFailed> {
  const { runStore } = env[internals];
  const key = keyOf.lock(env.definition.name);
  return runStore.remove(key, etag).andThen((removed) => {
    if (removed) return okAsync(undefined);
    return readLock(env).andThen((found) => (found?.value.token === lock.token ? removeJson(runStore, key, found) : okAsync(undefined)));
  });
}

interface Held {
  lock: Lock;
  etag: string;
  readonly acquired: Moment;
  /** Just before the last renewal that came through was sent. */
  renewed: Moment;
  lost: boolean;
  /** It is left to another process, once it is marked. */
  suspended: Promise<Result<void, LockLost>> | null;
  /** Whoever goes on with the run may begin: nothing of this process is entered any more. */
  isLeft: boolean;
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

async function renew(env: Environment, held: Held, { lives = lockSeconds.lives, ...mark }: { readonly suspendedBy?: string; readonly suspendedSeconds?: number; readonly lives?: number } = {}): Promise<Result<void, RunStoreFailed>> {
  const at = momentOf(env);
  // whoever has a clock that was not set back goes by the one of before
  const lock = { ...held.lock, ...mark, expiresAt: expiryFrom(Math.max(at.lockTime, held.acquired.lockTime + at.steady - held.acquired.steady), lives) };
  const written = await env[internals].runStore.replace(keyOf.lock(env.definition.name), bodyOf(lock), held.etag);
  if (written.isErr()) return err(written.error);
  if (written.value !== null) {
    held.lock = lock;
    held.etag = written.value.etag;
    held.renewed = at;
    return ok(undefined);
  }
  return (await readLock(env)).map((found) => adoptOrLose(held, found, at));
}

/** A renewal whose answer was lost has changed the version: the token tells that the lock is ours all the same. */
function adoptOrLose(held: Held, found: Stored<Lock> | null, at: Moment): void {
  if (found === null || found.value.token !== held.lock.token) {
    held.lost = true;
    held.takenBy = found?.value.run;
    return;
  }
  held.lock = found.value;
  held.etag = found.etag;
  held.renewed = at;
}

function lockLost(env: Environment, { lock, lost, takenBy }: Held): LockLost {
  const { name } = env.definition;
  const [how, remedy] =
    takenBy === lock.run
      ? ['another process goes on with the run', `Leave ${name} to that process.`]
      : takenBy !== undefined
        ? [`run ${takenBy} has it`, `Leave ${name} to run ${takenBy}, or end that one first.`]
        : lost
          ? ['another process has gone on with the run, or somebody has let go of it', `See how ${name} was left before anything is begun: nothing is left to do for this process.`]
          : [`it could not be renewed, and is good until ${lock.expiresAt}`, `See that nobody else works on ${name}. ${wayOnFromLock(env, lock)}`];
  return { kind: 'LockLost', message: `Run ${lock.run} does not hold the lock of ${name} safely any more: ${how}. It begins no further change.`, remedy, ...(takenBy === undefined ? {} : { holder: takenBy }) };
}
