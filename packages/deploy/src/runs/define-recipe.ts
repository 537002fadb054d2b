import { err, type Err, ok, type Result, ResultAsync } from 'neverthrow';
import type { EnvironmentDefinition } from '../environment/definition.js';
import { type Environment, internals, type JsonValue } from '../environment/environment.js';
import { objectProblems } from '../environment/validate.js';
import type { InRun, InvalidInput, RunError, Situation } from '../errors.js';
import { environmentProblems, invalidInput } from './as-run.js';
import { executeRecipe, type RecipeParts } from './execute-recipe.js';
import type { FailureRow } from './failure-action.js';
import { type Json, jsonProblems } from './json.js';
import type { Run } from './run-steps.js';
import { beginSession } from './session.js';

/** A composition of steps that runs under a lock, is journalled, and can be planned and resumed. Made by `defineRecipe`. */
export interface Recipe<O, T, E> {
  (env: Environment, options: O & Json<O>): ResultAsync<T, E>;
  readonly recipeName: string;
  /** @internal */
  readonly [recipeParts]: RecipeParts;
}

/** @internal */
export const recipeParts: unique symbol = Symbol('@graasp/deploy recipe');

export interface RecipeSettings<O> {
  /** Names of the steps that will run, in order, for those who watch. */
  readonly steps?: ((options: O, definition: EnvironmentDefinition) => readonly string[]) | undefined;
  /** Everything wrong with these options, or with a definition that lacks what the recipe needs. */
  readonly validate?: ((definition: EnvironmentDefinition, options: O) => readonly string[]) | undefined;
  /** What to do when a step fails, which may depend on the options; the first row that fits decides. Without one a run that has changed something holds. */
  readonly failureTable?: readonly FailureRow<O>[] | ((options: O) => readonly FailureRow<O>[]) | undefined;
  /** Whether it refuses while the environment is held; default true. */
  readonly refusedByHold?: boolean | undefined;
  /** Whether its success lifts whatever hold there is; default false. */
  readonly supersedesHolds?: boolean | undefined;
  /** How a hold that it leaves is gone on from; default `resume`, and `reopen` for what supersedes holds. */
  readonly continuedBy?: 'resume' | 'reopen' | undefined;
}

/** What a recipe's Result may hold, from its body's. */
export type OkOf<R> = R extends Result<infer T, unknown> ? T : never;
export type ErrOf<R> = R extends Result<unknown, infer E> ? E : never;

/** The errors of a recipe. */
export type RecipeError<P> = P extends Recipe<never, unknown, infer E> ? E : never;

/**
 * Makes a recipe of a body that runs its steps with `yield* run.step(name, (env) => …)`. Options are plain JSON: they are journalled.
 * The body runs again on `resume`, so it has no time, chance or I/O outside of steps; a step's `env` is the one its closure is given.
 *
 * `plan` runs body and steps too. The library's steps change nothing then; a step's own code that does more than look (posts a message,
 * calls another service) asks `env.planning` first, and in a plan gives a report without doing it.
 *
 * Order of a run: validation, hold, lock, the infrastructure code's lock, journal, body. One step at a time: beginning one while another is open, or returning with one
 * open, fails with InvalidInput that names the missing `yield*`, after the open step was aborted.
 *
 * Errors of the recipe, besides its body's: InvalidInput (every problem at once, nothing changed); Conflict (`hold`, `lock`, `infrastructure-lock`); LockLost;
 * RunStoreFailed; Aborted; Unexpected when the body throws. Each carries `runId` and the `situation` it leaves.
 */
export function defineRecipe<O, Y extends Err<never, unknown>, R extends Result<unknown, unknown>>(
  name: string,
  body: (run: Run, options: O) => AsyncGenerator<Y, R>,
  settings: RecipeSettings<O> = {},
): Recipe<O, OkOf<R>, ErrOf<Y> | ErrOf<R> | InRun<RunError>> {
  const { failureTable = [] } = settings;
  const parts: RecipeParts = {
    name,
    body: body as RecipeParts['body'],
    steps: settings.steps ?? (() => []),
    validate: settings.validate ?? (() => []),
    failureTable: typeof failureTable === 'function' ? failureTable : () => failureTable,
    refusedByHold: settings.refusedByHold ?? true,
    supersedesHolds: settings.supersedesHolds ?? false,
    continuedBy: settings.continuedBy ?? (settings.supersedesHolds === true ? 'reopen' : 'resume'),
  };
  const recipe = (env: Environment, options: O & Json<O>) => new ResultAsync(start(env, parts, options));
  return Object.assign(recipe, { recipeName: name, [recipeParts]: parts }) as unknown as Recipe<O, OkOf<R>, ErrOf<Y> | ErrOf<R> | InRun<RunError>>;
}

async function start(env: Environment, parts: RecipeParts, options: unknown): Promise<Result<unknown, unknown>> {
  const problems = recipeProblems(env, parts, options);
  if (problems.length > 0) return err(notBegun(invalidInput(parts.name, problems)));
  const session = await beginSession(env, {
    recipe: parts.name,
    options: options as JsonValue,
    refusedByHold: parts.refusedByHold,
    supersedes: () => parts.supersedesHolds,
    continuedBy: parts.continuedBy,
  });
  return session.isErr() ? err(notBegun(session.error)) : executeRecipe(session.value, env, { parts, options, journalled: [] });
}

/** Everything wrong with a call of a recipe. */
export function recipeProblems(env: Environment, parts: RecipeParts, options: unknown): readonly string[] {
  const wrongEnvironment = environmentProblems(env);
  if (wrongEnvironment.length > 0) return wrongEnvironment;
  const nested = env[internals].run === null ? [] : [`env: expected an environment outside any run, got the one of run ${env.runId}: a recipe is not a step`];
  const noOptions = objectProblems('options', options);
  if (noOptions.length > 0) return [...nested, ...noOptions];
  return [...nested, ...jsonProblems(options, 'options'), ...parts.validate(env.definition, options as never)];
}

/** What a recipe is made of; InvalidInput for a value that is none. */
export function partsOf(recipe: unknown, name: string): Result<RecipeParts, InvalidInput> {
  const parts = (recipe as Partial<Recipe<never, unknown, unknown>> | null | undefined)?.[recipeParts];
  if (parts !== undefined) return ok(parts);
  const got = typeof recipe === 'function' ? `the function ${recipe.name}` : recipe === null ? 'null' : typeof recipe;
  return err(invalidInput(name, [`recipe: expected a recipe, which defineRecipe makes, got ${got}`]));
}

/** An error from before a run began: it has changed nothing, and looked at nothing. */
export function notBegun<E extends object>(error: E): E & { readonly runId: string; readonly situation: Situation } {
  const situation: Situation = { step: '', state: 'unknown', maintenance: 'unknown', schema: 'unknown', left: 'untouched', nextActions: [] };
  return { ...error, runId: '', situation };
}

