import { ok, type ResultAsync, safeTry } from 'neverthrow';
import type { Environment } from '../environment/environment.js';
import { expectedGot, waitProblems } from '../environment/validate.js';
import type { AwsError, InvalidInput, RunError } from '../errors.js';
import { asRun, type Known } from '../runs/as-run.js';
import { readOnce } from '../steps/preflight/read-once.js';
import { kindsOfSteps, neededAccess } from './needed-access.js';
import { charactersOf, policiesOf, type PolicyDocument, type PolicyStatement } from './policy-document.js';
import { resourcesOf } from './resources.js';
import { type RecipeName, recipeSteps, type StepName } from './step-actions.js';

export interface RequiredPermissionsOptions {
  /**
   * ARN of the role or user that gets the policies, with its path. It may then ask IAM about itself: so `preflight`, and recipes before their
   * first change, know what is missing. Default: it may not, and what is missing is found by the call that is denied.
   */
  readonly principal?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface RequiredPermissions {
  /** Attached together. More than one where they are longer than the 6,144 characters of a managed policy. */
  readonly policies: readonly PolicyDocument[];
  /** Of each policy, as IAM counts them: without white space. */
  readonly characters: readonly number[];
}

export type RequiredPermissionsError = InvalidInput | AwsError | RunError;

/**
 * The least that a role has to be allowed to call these recipes and functions on an environment, whatever their options: with the ARNs of what
 * is in it now, those of what they make by the beginning of its name, and narrowed by the keys that the services have (`ecs:cluster`, tags, the
 * service that a role is passed to, the region). Actions are on `*` only where AWS tells no resources apart for them: those statements are
 * called `AwsTellsNoResourcesApart…`. `readState`, `planTransition`, `preflight` and `plan` need reads alone: together they are the policy of
 * who may look and change nothing. `resume` needs what its recipe does.
 *
 * What the definition declares is in it (distributions, infrastructure lock, heartbeat, SQL task, public images), and the bucket of
 * `s3RunStore`. A recipe of one's own needs what the library's recipes with the same steps do. Not in it: keys of KMS, where the
 * instance or a bucket has one of the customer's own; what the tasks' own roles do; restores of snapshots whose names do not begin with the
 * database's, or that tell of groups or a monitoring role that it has no more: `restoreDb` names these before it changes anything. Call it again when task definitions get other roles or
 * log groups, or services are added.
 *
 * Reads the services, the task definitions and the instance, and changes nothing. Errors: InvalidInput; any AwsError. AWS documentation:
 * the Service Authorization Reference, "IAM and AWS STS quotas".
 */
export function requiredPermissions(env: Environment, recipes: readonly RecipeName[], options: RequiredPermissionsOptions = {}): ResultAsync<RequiredPermissions, RequiredPermissionsError> {
  const known = { principal: true, signal: true } satisfies Known<RequiredPermissionsOptions>;
  const spec = { name: 'requiredPermissions', changes: false, refusedByHold: false, known, problems: () => problems(recipes, options), options };
  return asRun(env, spec, (env) =>
    safeTry<RequiredPermissions, AwsError>(async function* () {
      const steps = recipes.flatMap((recipe): readonly StepName[] => recipeSteps[recipe]);
      const resources = yield* resourcesOf(env, readOnce(env), kindsOfSteps(env, steps));
      const needed = recipes.flatMap((recipe) => neededAccess(env, recipe, resources));
      const policies = policiesOf(needed, options.principal === undefined ? [] : [askingAbout(options.principal)]);
      return ok({ policies, characters: policies.map(charactersOf) });
    }),
  );
}

const ofUser = /^arn:[^:]+:iam::\d{12}:user\/.+/;
const ofRole = /^arn:[^:]+:iam::\d{12}:role\/.+/;

/** What `preflight` asks IAM: of a role also its ARN, which its sessions do not tell. */
function askingAbout(principal: string): PolicyStatement {
  const actions = ['iam:SimulatePrincipalPolicy', ...(ofRole.test(principal) ? ['iam:GetRole'] : [])].sort();
  return { Sid: 'AskAboutItself', Effect: 'Allow', Action: actions, Resource: [principal] };
}

function problems(recipes: readonly RecipeName[], { principal, signal }: RequiredPermissionsOptions): readonly string[] {
  const names = Object.keys(recipeSteps);
  const given: readonly string[] = Array.isArray(recipes) ? recipes : [];
  const isPrincipal = principal === undefined || (typeof principal === 'string' && (ofUser.test(principal) || ofRole.test(principal)));
  return [
    ...(given.length > 0 ? given.filter((name) => !names.includes(name)).map((name) => `recipes: ${expectedGot(`one of ${names.join(', ')}`, name)}`) : [`recipes: ${expectedGot("a list of names, such as ['deployWithMigration']", recipes)}`]),
    ...(isPrincipal ? [] : [`principal: ${expectedGot("the ARN of a role or user, such as 'arn:aws:iam::123456789012:role/release'", principal)}`]),
    ...waitProblems({ signal }),
  ];
}
