import { err, ok, okAsync, type Result, ResultAsync } from 'neverthrow';
import * as v from 'valibot';
import { type Environment, internals } from '../environment/environment.js';
import type { LockLost, RunStoreFailed } from '../errors.js';
import type { Baseline } from './baseline.js';
import type { HeldLock } from './lock.js';
import { keyOf, readJson, removeJson, type Shape, type Stored } from './store-document.js';

/** The environment's baseline while a run goes on: in memory at once, stored in order. */
export interface BaselineKeeper {
  readonly baseline: Baseline | null;
  /** Stores it; once everything that it had put aside is back it is done with, and removed. */
  save(baseline: Baseline): ResultAsync<void, RunStoreFailed | LockLost>;
  /** Forgets a baseline from which nothing is away. */
  discard(): ResultAsync<void, RunStoreFailed | LockLost>;
}

const record = v.record(v.string(), v.unknown());
const shape: Shape<Baseline> = v.looseObject({ gate: record, services: record, targetGroups: record, putAside: v.array(v.string()) });

/** The baseline that an earlier run left, or none. */
export function readBaseline(env: Environment): ResultAsync<Stored<Baseline> | null, RunStoreFailed> {
  return readJson(env[internals].runStore, keyOf.baseline(env.definition.name), shape);
}

/** Forgets what an ended run found, if nothing is away from it. */
export function discardDoneBaseline(env: Environment): ResultAsync<void, RunStoreFailed> {
  return readBaseline(env).andThen((found) => (found?.value.putAside.length === 0 ? removeJson(env[internals].runStore, keyOf.baseline(env.definition.name), found) : okAsync(undefined)));
}

export function keepBaseline(env: Environment, lock: HeldLock, found: Stored<Baseline> | null): BaselineKeeper {
  const store = env[internals].runStore;
  const key = keyOf.baseline(env.definition.name);
  let baseline = found?.value ?? null;
  let stored = found?.etag ?? null;
  let last: Promise<unknown> = Promise.resolve();

  const write = async (): Promise<Result<void, RunStoreFailed | LockLost>> => {
    if (baseline === null) {
      const removed = stored === null ? ok(true) : await store.remove(key, stored);
      stored = null;
      return removed.andThen((gone) => (gone ? ok(undefined) : err(lock.lost())));
    }
    const body = JSON.stringify(baseline, null, 1);
    const version = await (stored === null ? store.create(key, body) : store.replace(key, body, stored)).andThen((written) =>
      written !== null ? okAsync(written) : store.read(key).map((document) => (document?.body === body ? document : null)),
    );
    if (version.isErr()) return err(version.error);
    if (version.value === null) return err(lock.lost());
    stored = version.value.etag;
    return ok(undefined);
  };
  const enqueue = (): ResultAsync<void, RunStoreFailed | LockLost> => {
    const written = last.then(write);
    last = written;
    return new ResultAsync(written);
  };

  return {
    get baseline() {
      return baseline;
    },
    save(next) {
      const done = next.putAside.length === 0 && baseline !== null && baseline.putAside.length > 0 && baseline.byRun === next.byRun;
      baseline = done ? null : next;
      return enqueue();
    },
    discard() {
      if (baseline === null) return okAsync(undefined);
      baseline = null;
      return enqueue();
    },
  };
}
