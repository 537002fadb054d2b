import { err, ok, okAsync, type Result, ResultAsync, safeTry } from 'neverthrow';
import { canAskIam, getRoleArn, type SimulatedAccess, simulatePrincipalPolicy } from '../../aws/iam.js';
import type { Environment } from '../../environment/environment.js';
import type { AwsError, PreflightCheck } from '../../errors.js';
import { contextOf, type NeededAccess, neededAccess } from '../../permissions/needed-access.js';
import { resourcesOf } from '../../permissions/resources.js';
import { type RecipeName, stepActions } from '../../permissions/step-actions.js';
import { checksOf, type PreflightError } from './check.js';
import type { PreflightPurpose, Question } from './question.js';

const { ok: right, skip, warning, failed } = checksOf('credentials');
const readsAlone = 'only the reads of the other checks are tried';

const recipes: Readonly<Record<PreflightPurpose, RecipeName>> = { migration: 'deployWithMigration', deployment: 'deployWithoutMigration', transition: 'transitionTo' };
/** Called by the other checks: one that is denied fails there. */
const proven: readonly string[] = [...stepActions.connect, ...stepActions.preflight];

/**
 * Whether the caller may do what comes later, as IAM's simulation tells ("Testing IAM policies with the IAM policy simulator"): it does not
 * see policies of the session or of resources, and of the organization's not everything. Who may not ask it is told so.
 */
export function checkPermissions(env: Environment, { purpose, reads }: Question, caller: string): ResultAsync<readonly PreflightCheck[], PreflightError> {
  return safeTry<readonly PreflightCheck[], PreflightError>(async function* () {
    if (!(await canAskIam(env))) return ok([skip('permissions', `${readsAlone}: the package @aws-sdk/client-iam, which IAM would be asked with, is not installed`)]);
    const resources = yield* unlessEnded(resourcesOf(env, reads));
    if (resources.isErr()) return ok([skip('permissions', `${readsAlone}: what they are needed on could not be read`)]);
    const principal = yield* principalOf(env, caller);
    if ('unknown' in principal) return ok([skip('permissions', `${readsAlone}: ${principal.unknown}`)]);
    const needed = neededAccess(env, recipes[purpose], resources.value).filter(({ action }) => !proven.includes(action));
    const simulated = yield* unlessEnded(simulateAll(env, principal.arn, needed));
    return ok(simulated.isErr() ? [skip('permissions', `${readsAlone}: ${whyNot(simulated.error, principal.arn)}`)] : judgeAll(principal.arn, needed, simulated.value));
  });
}

type Principal = { readonly arn: string } | { readonly unknown: string };

/** Sessions are simulated by their role, whose path the ARN of a session does not have ("IAM identifiers"). */
function principalOf(env: Environment, caller: string): ResultAsync<Principal, PreflightError> {
  const [, partition, account, roleName] = /^arn:([^:]+):sts::(\d+):assumed-role\/([^/]+)\//.exec(caller) ?? [];
  if (roleName === undefined) return okAsync(/:user\//.test(caller) ? { arn: caller } : { unknown: `IAM simulates users and roles, not ${caller}` });
  return unlessEnded(getRoleArn(env, roleName)).map((asked): Principal => {
    if (asked.isOk()) return { arn: asked.value };
    return asked.error.kind === 'AccessDenied' ? { arn: `arn:${partition}:iam::${account}:role/${roleName}` } : { unknown: asked.error.message };
  });
}

/** Every action is simulated on every resource of a call: those on the same ones go together. */
function simulateAll(env: Environment, principal: string, needed: readonly NeededAccess[]): ResultAsync<readonly SimulatedAccess[], AwsError> {
  const byResources = new Map<string, NeededAccess[]>();
  for (const access of needed) byResources.set(access.resources.join(' '), [...(byResources.get(access.resources.join(' ')) ?? []), access]);
  const calls = [...byResources.values()].map((same) => simulatePrincipalPolicy(env, { principal, actions: same.map(({ action }) => action), resources: same[0]!.resources, context: contextOf(env) }));
  return ResultAsync.combine(calls).map((answers) => answers.flat());
}

function judgeAll(principal: string, needed: readonly NeededAccess[], simulated: readonly SimulatedAccess[]): readonly PreflightCheck[] {
  const denied = needed.flatMap(({ action }) => judge(principal, action, simulated.filter((one) => one.action === action && one.decision !== 'allowed')));
  return denied.length > 0 ? denied : [right('permissions', `${principal} may do all that comes later (${needed.length} actions), as far as a simulation tells`)];
}

function judge(principal: string, action: string, denied: readonly SimulatedAccess[]): readonly PreflightCheck[] {
  if (denied.length === 0) return [];
  const on = denied.map(({ resource }) => resource).join(', ');
  const explicitly = denied.some(({ decision }) => decision === 'explicitDeny');
  const keys = [...new Set(denied.flatMap(({ missingKeys }) => missingKeys))];
  const name = `permission ${action}`;
  if (keys.length > 0) return [warning(name, `whether ${principal} may ${action} on ${on} depends on ${keys.join(', ')}, which a simulation does not know`, 'Look at the conditions of its policies.')];
  if (explicitly) return [failed(name, `a policy denies ${principal} ${action} on ${on} explicitly`, `Lift the statement that denies ${action}.`)];
  return [failed(name, `${principal} may not ${action} on ${on}`, `Allow ${action} on ${on} in the policy of ${principal}.`)];
}

/** Also IAM's endpoint may be out of reach: it is a global one, which private networks often do not lead to. */
function whyNot(error: AwsError, principal: string): string {
  if (error.kind === 'AccessDenied' || error.kind === 'NotFound') {
    const statement = JSON.stringify({ Effect: 'Allow', Action: ['iam:GetRole', 'iam:SimulatePrincipalPolicy'], Resource: principal.replace(/:role\/(?:.*\/)?/, ':role/*') });
    return `${error.kind === 'NotFound' ? `IAM knows no ${principal}, perhaps because it has a path` : error.message}. This statement would let it be asked: ${statement}`;
  }
  return error.message;
}

/** With these nothing else could be found out either. */
function unlessEnded<T>(asked: ResultAsync<T, AwsError>): ResultAsync<Result<T, AwsError>, PreflightError> {
  return asked.map((value): Result<T, AwsError> => ok(value)).orElse((error) => (error.kind === 'CredentialsExpired' || error.kind === 'Aborted' ? err(error) : ok<Result<T, AwsError>, PreflightError>(err(error))));
}
