import { okAsync, type ResultAsync } from 'neverthrow';
import { type Environment, internals } from '../environment/environment.js';
import type { LockLost, RunStoreFailed } from '../errors.js';

/** Tells the run how many tasks a service now wants, so that every wait notices when somebody else wants another number. */
export function expectCount(env: Environment, service: string, desiredCount: number): ResultAsync<void, RunStoreFailed | LockLost> {
  const run = env[internals].run;
  return run === null ? okAsync(undefined) : run.expect({ desiredCounts: { ...run.expectations.desiredCounts, [service]: desiredCount } });
}
