import { err, ok, type ResultAsync, safeTry } from 'neverthrow';
import { type CredentialsLife, getCallerIdentity, readCredentialsLife } from '../../aws/sts.js';
import { internals, type Environment } from '../../environment/environment.js';
import type { PreflightCheck } from '../../errors.js';
import { checksOf, found, type PreflightError, timeText } from './check.js';
import { checkPermissions } from './check-permissions.js';
import type { Question } from './question.js';

const { ok: right, skip, failed } = checksOf('credentials');

/** Whose they are (they may have changed since `connect`), whether they last, and what they may do. */
export function checkCredentials(env: Environment, question: Question): ResultAsync<readonly PreflightCheck[], PreflightError> {
  return safeTry(async function* () {
    const identity = yield* found('credentials', 'account', getCallerIdentity(env));
    if (identity.isErr()) return ok([identity.error]);
    const account = accountCheck(env, identity.value);
    const expiry = yield* checkExpiry(env, question);
    const permissions = account.status === 'ok' ? yield* checkPermissions(env, question, identity.value.arn) : [];
    return ok([account, expiry, ...permissions]);
  });
}

function accountCheck(env: Environment, { accountId, arn }: { readonly accountId: string; readonly arn: string }): PreflightCheck {
  const expected = env[internals].accountId;
  if (accountId === expected) return right('account', `${arn} in account ${accountId}`);
  return failed('account', `${arn} is in account ${accountId}, not in ${expected}`, `Sign in to account ${expected} again.`);
}

/** Credentials that end in between are fine when their provider, asked again, gives others that last longer. */
function checkExpiry(env: Environment, { worstCase }: Question): ResultAsync<PreflightCheck, PreflightError> {
  return safeTry<PreflightCheck, PreflightError>(async function* () {
    const asked = yield* found('credentials', 'expiry', readCredentialsLife(env, { anew: false }));
    if (asked.isErr()) return ok(asked.error);
    const now = asked.value;
    if (now.expiresAt === null) return ok(untoldCheck(now));
    if (now.expiresAt.getTime() > worstCase.to) return ok(right('expiry', `at ${timeText(now.expiresAt.getTime())}, after all that this may last`));
    const renewed = yield* readCredentialsLife(env, { anew: true }).orElse((error) => (error.kind === 'Aborted' ? err(error) : ok(now)));
    return ok(renewedCheck(now.expiresAt, renewed, worstCase.to));
  });
}

function untoldCheck({ temporary }: CredentialsLife): PreflightCheck {
  return temporary ? skip('expiry', 'they are temporary, and their provider does not tell when they end') : right('expiry', 'they do not expire');
}

function renewedCheck(first: Date, { expiresAt: second, renewed }: CredentialsLife, end: number): PreflightCheck {
  if (renewed || second === null || second.getTime() > first.getTime()) return right('expiry', `at ${timeText((second ?? first).getTime())}; their provider gives others in time`);
  return failed(
    'expiry',
    `at ${timeText(first.getTime())}, and this may last until ${timeText(end)}; their provider, asked again, gave none that last longer`,
    'Sign in again for longer, or run it where credentials are renewed (a role of the machine, a web identity).',
  );
}
