import { ok, type Result, ResultAsync } from 'neverthrow';
import { internals, type Check, type Environment } from '../../environment/environment.js';
import type { CheckOutcome } from './outcome.js';

/** The checks given to `connect`, side by side. One that throws has failed. */
export function runOwnChecks(env: Environment): ResultAsync<readonly CheckOutcome[], never> {
  return ResultAsync.combine(Object.entries(env[internals].checks).map(([name, check]) => new ResultAsync(runCheck(env, name, check))));
}

async function runCheck(env: Environment, name: string, check: Check): Promise<Result<CheckOutcome, never>> {
  try {
    const answer = await check(env);
    return ok(answer.isOk() ? { check: name, seen: answer.value } : { check: name, problem: answer.error.message });
  } catch (thrown) {
    return ok({ check: name, problem: `threw ${thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown)}` });
  }
}
