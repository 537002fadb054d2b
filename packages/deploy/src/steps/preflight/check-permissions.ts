import { err, ok, okAsync, type Result, ResultAsync, safeTry } from 'neverthrow';
import { canAskIam, getRoleArn, type SimulatedAccess, simulatePrincipalPolicy } from '../../aws/iam.js';
import type { Environment } from '../../environment/environment.js';
import type { AwsError, PreflightCheck } from '../../errors.js';
import { missingPackage } from '../../optional-package.js';
import { accessOfSteps, type NeededAccess, neededAccess, without } from '../../permissions/needed-access.js';
import { type Resources, resourcesOf } from '../../permissions/resources.js';
import type { RecipeName } from '../../permissions/step-actions.js';
import { checksOf, type PreflightError } from './check.js';
import type { PreflightPurpose, Question } from './question.js';

const { ok: right, skip, warning, failed } = checksOf('credentials');
const readsAlone = 'only the reads of the other checks are tried';

const recipes: Readonly<Record<PreflightPurpose, RecipeName>> = { migration: 'deployWithMigration', deployment: 'deployWithoutMigration', transition: 'transitionTo' };
/** What leads back when it has gone wrong: whoever may not is warned, because somebody else may. */
const waysBack: Readonly<Record<PreflightPurpose, readonly RecipeName[]>> = { migration: ['restoreDb', 'rollBack'], deployment: ['rollBack'], transition: [] };

/**
 * Whether the caller may do what comes later, as IAM's simulation tells ("Testing IAM policies with the IAM policy simulator"): it does not
 * see policies of the session or of resources, and of the organization's not everything. Who may not ask it is told so.
 */
export function checkPermissions(env: Environment, { purpose, reads }: Question, caller: string): ResultAsync<readonly PreflightCheck[], PreflightError> {
  return safeTry<readonly PreflightCheck[], PreflightError>(async function* () {
    if (!(await canAskIam(env))) return ok([skip('permissions', `${readsAlone}: ${missingPackage('asking IAM', '@aws-sdk/client-iam')}`)]);
    const resources = yield* unlessEnded(resourcesOf(env, reads));
    if (resources.isErr()) return ok([skip('permissions', `${readsAlone}: what they are needed on could not be read`)]);
    const principal = yield* principalOf(env, caller);
    if ('unknown' in principal) return ok([skip('permissions', `${readsAlone}: ${principal.unknown}`)]);
    const asked = accessesToAsk(env, purpose, resources.value);
    const simulated = yield* unlessEnded(simulateAll(env, principal.arn, [...asked.needed, ...asked.back.flatMap(({ needed }) => needed)]));
    return ok(simulated.isErr() ? [skip('permissions', `${readsAlone}: ${whyNot(simulated.error, principal.arn)}`)] : judgeAll(principal.arn, asked, simulated.value));
  });
}

interface AskedAccess {
  readonly needed: readonly NeededAccess[];
  /** Of each way back, what those before it do not need. */
  readonly back: readonly { readonly recipe: RecipeName; readonly needed: readonly NeededAccess[] }[];
}

/** Of images that are in the private repository already: not always called. */
const notProven: readonly string[] = ['ecr:BatchGetImage'];

/** What the other checks call is not asked for: one that is denied fails there. */
function accessesToAsk(env: Environment, purpose: PreflightPurpose, resources: Resources): AskedAccess {
  const proven = accessOfSteps(env, ['connect', 'preflight'], resources).filter(({ action }) => !notProven.includes(action));
  const needed = without(neededAccess(env, recipes[purpose], resources), proven);
  const known = [...proven, ...needed];
  const back = waysBack[purpose].map((recipe) => {
    const more = without(neededAccess(env, recipe, resources), known);
    known.push(...more);
    return { recipe, needed: more };
  });
  return { needed, back };
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

/** Every action is simulated on every resource of a call, and judged by its own: those of a service that are called alike go together. */
function simulateAll(env: Environment, principal: string, needed: readonly NeededAccess[]): ResultAsync<readonly SimulatedAccess[], AwsError> {
  const together = new Map<string, NeededAccess[]>();
  for (const access of needed) {
    const key = JSON.stringify([access.action.split(':')[0], access.context]);
    together.set(key, [...(together.get(key) ?? []), access]);
  }
  const calls = [...together.values()].map((same) => simulatePrincipalPolicy(env, { principal, actions: unique(same.map(({ action }) => action)), resources: unique(same.flatMap(({ resources }) => resources)), context: same[0]!.context }));
  return ResultAsync.combine(calls).map((answers) => answers.flat());
}

function unique(all: readonly string[]): readonly string[] {
  return [...new Set(all)];
}

function judgeAll(principal: string, { needed, back }: AskedAccess, simulated: readonly SimulatedAccess[]): readonly PreflightCheck[] {
  const denied = deniedOf(needed, simulated).map((access) => judge(principal, access));
  const deniedBack = back.flatMap(({ recipe, needed }) => deniedOf(needed, simulated).map((access) => judgeBack(principal, recipe, access)));
  const actions = unique([...needed, ...(deniedBack.length > 0 ? [] : back.flatMap((way) => way.needed))].map(({ action }) => action)).length;
  const all = `${principal} may do all that comes later${back.length > 0 && deniedBack.length === 0 ? ', and what leads back,' : ''} (${actions} actions), as far as a simulation tells`;
  return [...(denied.length > 0 ? denied : [right('permissions', all)]), ...deniedBack];
}

interface DeniedAccess {
  readonly action: string;
  readonly denied: readonly SimulatedAccess[];
}

/** By action, which may be denied on some of its resources alone. */
function deniedOf(needed: readonly NeededAccess[], simulated: readonly SimulatedAccess[]): readonly DeniedAccess[] {
  return unique(needed.map(({ action }) => action)).flatMap((action) => {
    const resources = needed.filter((access) => access.action === action).flatMap((access) => access.resources);
    const denied = resources.flatMap((resource) => simulated.filter((one) => one.action === action && one.resource === resource && one.decision !== 'allowed'));
    return denied.length === 0 ? [] : [{ action, denied }];
  });
}

function judge(principal: string, { action, denied }: DeniedAccess): PreflightCheck {
  const on = denied.map(({ resource }) => resource).join(', ');
  const explicitly = denied.some(({ decision }) => decision === 'explicitDeny');
  const keys = unique(denied.flatMap(({ missingKeys }) => missingKeys));
  const name = `permission ${action}`;
  if (keys.length > 0) return warning(name, `whether ${principal} may ${action} on ${on} depends on ${keys.join(', ')}, which a simulation does not know`, 'Look at the conditions of its policies.');
  if (explicitly) return failed(name, `a policy denies ${principal} ${action} on ${on} explicitly`, `Lift the statement that denies ${action}.`);
  return failed(name, `${principal} may not ${action} on ${on}`, `Allow ${action} on ${on} in the policy of ${principal}.`);
}

function judgeBack(principal: string, recipe: RecipeName, access: DeniedAccess): PreflightCheck {
  const { name, detail, remedy = '' } = judge(principal, access);
  return warning(name, `${detail}: without it ${recipe} does not lead back`, remedy);
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
