import { ResultAsync } from 'neverthrow';
import type { Environment } from '../../environment/environment.js';
import type { Aborted } from '../../errors.js';

/** Lets time pass on the environment's clock. */
export function pause(env: Environment, seconds: number, waitingFor: string): ResultAsync<void, Aborted> {
  return ResultAsync.fromPromise(env.clock.sleep(seconds * 1000, env.signal), () => ({
    kind: 'Aborted' as const,
    waitingFor,
    message: `aborted while waiting for ${waitingFor}`,
    remedy: 'Nothing is undone by an abort: resume the run, or release its hold.',
  }));
}
