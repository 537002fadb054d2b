import { ok, type ResultAsync, safeTry } from 'neverthrow';
import { canAskIam, type SimulatedAccess } from '../../aws/iam.js';
import { type Environment, internals } from '../../environment/environment.js';
import type { AwsError, PreflightCheck } from '../../errors.js';
import { missingPackage } from '../../optional-package.js';
import type { ResourceKind } from '../../permissions/actions.js';
import { accessOfSteps, kindsOfSteps, type NeededAccess, neededAccess, without } from '../../permissions/needed-access.js';
import { type Resources, resourcesOf } from '../../permissions/resources.js';
import { type DeniedAccess, deniedOf, principalOf, simulateAll, unique, unlessEnded } from '../../permissions/simulate-access.js';
import { type RecipeName, recipeSteps, type StepName } from '../../permissions/step-actions.js';
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
    const resources = yield* unlessEnded(resourcesOf(env, reads, kindsToAsk(env, purpose)));
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

/** The run that this is a step of; what a recipe of somebody's own needs is known by its purpose alone. */
function recipeOf(env: Environment, purpose: PreflightPurpose): RecipeName {
  const recipe = env[internals].run?.recipe ?? '';
  return Object.hasOwn(recipeSteps, recipe) ? (recipe as RecipeName) : recipes[purpose];
}

function kindsToAsk(env: Environment, purpose: PreflightPurpose): ReadonlySet<ResourceKind> {
  return kindsOfSteps(env, [recipeOf(env, purpose), ...waysBack[purpose]].flatMap((recipe): readonly StepName[] => recipeSteps[recipe]));
}

/** What the other checks call is not asked for: one that is denied fails there. */
function accessesToAsk(env: Environment, purpose: PreflightPurpose, resources: Resources): AskedAccess {
  const proven = accessOfSteps(env, ['connect', 'preflight', ...(purpose === 'migration' ? (['preflight-migration'] as const) : [])], resources).filter(({ action }) => !notProven.includes(action));
  const needed = without(neededAccess(env, recipeOf(env, purpose), resources), proven);
  const known = [...proven, ...needed];
  const back = waysBack[purpose].map((recipe) => {
    const more = without(neededAccess(env, recipe, resources), known);
    known.push(...more);
    return { recipe, needed: more };
  });
  return { needed, back };
}

function judgeAll(principal: string, { needed, back }: AskedAccess, simulated: readonly SimulatedAccess[]): readonly PreflightCheck[] {
  const denied = deniedOf(needed, simulated).map((access) => judge(principal, access));
  const deniedBack = back.flatMap(({ recipe, needed }) => deniedOf(needed, simulated).map((access) => judgeBack(principal, recipe, access)));
  const actions = unique([...needed, ...(deniedBack.length > 0 ? [] : back.flatMap((way) => way.needed))].map(({ action }) => action)).length;
  const all = `${principal} may do all that comes later${back.length > 0 && deniedBack.length === 0 ? ', and what leads back,' : ''} (${actions} actions), as far as a simulation tells`;
  return [...(denied.length > 0 ? denied : [right('permissions', all)]), ...deniedBack];
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
