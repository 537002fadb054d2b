import { ok, type ResultAsync, safeTry } from 'neverthrow';
import { getCallerIdentity } from '../../aws/sts.js';
import { internals, type Environment } from '../../environment/environment.js';
import type { PreflightCheck } from '../../errors.js';
import { checksOf, found, type PreflightError } from './check.js';

const { ok: right, failed } = checksOf('credentials');

/** Credentials may have changed since `connect`. */
export function checkCredentials(env: Environment): ResultAsync<readonly PreflightCheck[], PreflightError> {
  return safeTry(async function* () {
    const identity = yield* found('credentials', 'account', getCallerIdentity(env));
    if (identity.isErr()) return ok([identity.error]);
    const { accountId, arn } = identity.value;
    const expected = env[internals].accountId;
    if (accountId === expected) return ok([right('account', `${arn} in account ${accountId}`)]);
    return ok([failed('account', `${arn} is in account ${accountId}, not in ${expected}`, `Sign in to account ${expected} again.`)]);
  });
}
