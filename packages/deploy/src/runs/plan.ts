import { err, ok, okAsync, type Result, ResultAsync } from 'neverthrow';
import { plannedClients } from '../aws/planned-clients.js';
import { type Environment, internals } from '../environment/environment.js';
import type { DeployEvent, Reporter } from '../reports/events.js';
import { invalidInput } from './as-run.js';
import { notBegun, partsOf, type Recipe, recipeProblems } from './define-recipe.js';
import { executeRecipe } from './execute-recipe.js';
import { memoryRunStore } from './memory-run-store.js';
import { readRefusals } from './refusals.js';
import type { RunStore } from './run-store.js';
import { beginSession } from './session.js';
import { keyOf } from './store-document.js';

/** What a recipe would do, in order, if each of its waits ends well. Plain JSON. */
export interface Plan {
  readonly recipe: string;
  readonly environment: string;
  /** Steps that would run; a step that changes nothing is there with no changes. */
  readonly steps: readonly PlannedStep[];
  /** Why it would be refused as things are now: the run that has or holds the environment. */
  readonly refusals: readonly string[];
  readonly warnings: readonly string[];
}

export interface PlannedStep {
  readonly name: string;
  readonly changes: readonly PlannedChange[];
  /** How it would go about it, where that depends on the environment. */
  readonly notes?: readonly string[] | undefined;
}

export interface PlannedChange {
  readonly resource: string;
  readonly from: string;
  readonly to: string;
  /** The AWS operation, as its IAM action is called; `sql:ANALYZE` of the database itself. */
  readonly operation: string;
  readonly why: string;
}

/**
 * Takes the path of a recipe without changing anything: it sends no write, takes no lock and journals nothing. What a step would change is
 * kept in memory and laid over what later steps read, so that each tells what it would do after the ones before it; waits end at once.
 * The numbers of revisions are `next`, and what no wait has seen is not known: a release may still end otherwise.
 *
 * The body and its steps are called. The library's steps know that they are in a plan; a step's own code asks `env.planning`, and does
 * then what can be done any number of times.
 *
 * A hold or a lock does not stop it: it is in `refusals`. Errors: InvalidInput when this is no recipe; those that the recipe would give.
 */
export function plan<O, T, E>(env: Environment, recipe: Recipe<O, T, E>, options: NoInfer<O>): ResultAsync<Plan, E> {
  return new ResultAsync(planRecipe(env, recipe, options)) as ResultAsync<Plan, E>;
}

async function planRecipe(env: Environment, recipe: unknown, options: unknown): Promise<Result<Plan, unknown>> {
  const known = partsOf(recipe, 'plan');
  if (known.isErr()) return err(notBegun(known.error));
  const parts = known.value;
  const problems = recipeProblems(env, parts, options);
  if (problems.length > 0) return err(notBegun(invalidInput('plan', problems)));
  const refusals = await readRefusals(env, parts);
  const store = await copyOf(env);
  if (refusals.isErr() || store.isErr()) return err(notBegun((refusals.isErr() ? refusals.error : store._unsafeUnwrapErr()) as object));
  const events: DeployEvent[] = [];
  const planEnv = planning(env, store.value, { report: (event) => void events.push(event) });
  const session = await beginSession(planEnv, { recipe: parts.name, options: {}, refusedByHold: false });
  if (session.isErr()) return err(notBegun(session.error));
  const result = await executeRecipe(session.value, planEnv, { parts, options, journalled: [] });
  return result.isErr() ? err(result.error) : ok({ recipe: parts.name, environment: env.definition.name, ...planOf(events), refusals: refusals.value });
}

function planning(env: Environment, runStore: RunStore, reporter: Reporter): Environment {
  const own = env[internals];
  return { ...env, planning: true, [internals]: { ...own, clients: plannedClients(own.clients), runStore, reporters: [reporter] } };
}

/** A store in memory with what a step may want to know of earlier runs: nothing of a plan is kept. */
function copyOf(env: Environment) {
  const { runStore } = env[internals];
  const { name } = env.definition;
  const keys = [keyOf.baseline(name), keyOf.schema(name), keyOf.restored(name), keyOf.database(name), keyOf.hold(name)];
  return ResultAsync.combine(keys.map((key) => runStore.read(key).map((document) => ({ key, document })))).andThen((found) => {
    const copy = withEarlierRuns({ ...memoryRunStore({ self: runStore.self }), name: runStore.name, volatile: runStore.volatile }, runStore, keyOf.journals(name));
    return ResultAsync.combine(found.flatMap(({ key, document }) => (document === null ? [] : [copy.create(key, document.body)]))).map(() => copy);
  });
}

/** What earlier runs have journalled is read where it is: a restore asks when visitors were let in. */
function withEarlierRuns(copy: RunStore, store: RunStore, journals: string): RunStore {
  return {
    ...copy,
    read: (key) => copy.read(key).andThen((own) => (own === null && key.startsWith(journals) ? store.read(key) : okAsync(own))),
    list: (prefix) => copy.list(prefix).andThen((own) => (prefix === journals ? store.list(prefix).map((theirs) => [...new Set([...theirs, ...own])].sort()) : okAsync(own))),
  };
}

function planOf(events: readonly DeployEvent[]): { readonly steps: readonly PlannedStep[]; readonly warnings: readonly string[] } {
  const steps: { name: string; changes: PlannedChange[]; notes?: readonly string[] }[] = [];
  const warnings = new Set<string>();
  for (const event of events) {
    if (event.type === 'step-started') steps.push({ name: event.step, changes: [] });
    if (event.type === 'change') {
      const { resource, from, to, operation, why } = event;
      steps.at(-1)?.changes.push({ resource, from, to, operation, why });
    }
    const step = steps.at(-1);
    if (event.type === 'note' && step !== undefined) step.notes = [...(step.notes ?? []), event.message];
    if (event.type === 'warning') warnings.add(event.message);
  }
  return { steps, warnings: [...warnings] };
}
