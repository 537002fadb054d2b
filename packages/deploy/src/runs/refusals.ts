import { ResultAsync } from 'neverthrow';
import type { Environment } from '../environment/environment.js';
import type { AwsError, RunStoreFailed } from '../errors.js';
import { readHold } from './hold.js';
import { readInfrastructureLock } from './infrastructure-lock.js';
import { readLock } from './lock.js';

/** The run that holds or has the environment, and who has its infrastructure code, in words: why another would be refused now. */
export function readRefusals(env: Environment, { refusedByHold = true }: { readonly refusedByHold?: boolean } = {}): ResultAsync<readonly string[], AwsError | RunStoreFailed> {
  return ResultAsync.combine([readHold(env), readLock(env), readInfrastructureLock(env)] as const).map(([hold, lock, infrastructure]) => [
    ...(hold === null || !refusedByHold ? [] : [`held since ${hold.value.since} by run ${hold.value.run} (${hold.value.recipe}): ${hold.value.reason}`]),
    ...(lock === null ? [] : [`locked by run ${lock.value.run} (${lock.value.reason}, by ${lock.value.holder.actor}) until ${lock.value.expiresAt}`]),
    ...(infrastructure === null || infrastructure.ours ? [] : [`the infrastructure code is ${infrastructure.text}`]),
  ]);
}
