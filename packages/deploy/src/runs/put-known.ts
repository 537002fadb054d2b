import { okAsync, type ResultAsync } from 'neverthrow';
import { type Environment, internals } from '../environment/environment.js';
import type { LockLost, RunStoreFailed } from '../errors.js';
import { putJson } from './store-document.js';

/**
 * Writes what is known of an environment and outlives the run, once the run's lock is known to be ours: a process that slept in a wait would
 * write what was true then over what others have done since. In a plan what is written is the plan's alone.
 */
export function putKnown(env: Environment, key: string, value: unknown): ResultAsync<void, RunStoreFailed | LockLost> {
  const { run, runStore } = env[internals];
  const allowed: ResultAsync<void, LockLost> = env.planning || run === null ? okAsync(undefined) : okAsync(undefined).andThen(() => run.assertLock());
  return allowed.andThen(() => putJson(runStore, key, value));
}
