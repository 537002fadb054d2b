import { err, ok, type Result, type ResultAsync } from 'neverthrow';
import type { Environment } from '../environment/environment.js';
import { expectedGot } from '../environment/validate.js';
import { renderFailure } from '../reports/render-failure.js';
import { environmentProblems, invalidInput } from '../runs/as-run.js';
import { partsOf, type Recipe, recipeProblems } from '../runs/define-recipe.js';
import { newRunId } from '../runs/journal.js';
import { asError, guarded } from '../runs/perform-step.js';
import type { SuspendedAt } from '../runs/suspension.js';
import type { DurableContext } from './durable-context.js';
import type { Part } from './part-suspension.js';
import { endOfConnecting, type PartEnd, runPart, type TryAgain } from './run-part.js';

/**
 * A recipe as the handler of an AWS Lambda durable function, to be given to `withDurableExecution` of `@aws/durable-execution-sdk-js`. The
 * function's event is the recipe's options, its result the recipe's report.
 *
 * The run is the same as elsewhere: each step is journalled in the run store, which has to be one that outlives an invocation (`s3RunStore`):
 * where the next invocation does not find the journal, the run is given up as it stands.
 * A wait that lasts suspends the function, for 15 s or more at a time, and so does any wait once the invocation is nearly over: the next
 * invocation goes on with the run as `resume` does, and with the wait since when it began. Nothing is suspended while things are put back after
 * a failure. The lock stays with the run meanwhile. An invocation that is killed is gone on from too, once its lock has expired (2 minutes).
 *
 * Each part of a run, and each wait between two, is one of the 3,000 operations of an execution. No secret is in any. The invocations'
 * timeout has to be 5 minutes or more; 15, the most, suits. The execution's is to be beyond the worst case.
 *
 * A failure is thrown, because that is how a function fails: an Error named as the error's `kind`, with everything that `renderFailure` tells,
 * the next actions with it; the last part's operation has the whole error. InvalidInput, before any change, for what is no recipe, an event
 * that is not the recipe's options, or a context of no durable function. What passes of AWS, between two parts, is tried for half an hour.
 */
export function durableRecipe<O, T, E>(recipe: Recipe<O, T, E>, connect: () => ResultAsync<Environment, object>): (event: O, context: DurableContext) => Promise<T> {
  return async (event, context) => {
    const known = partsOf(recipe, 'durableRecipe').andThen((parts) => contextProblems(context, connect).map(() => parts));
    if (known.isErr()) throw failureOf(known.error);
    const environment = connectOnce(connect);
    const execution = context.executionContext.durableExecutionArn;
    const named = await context.step('name the run', () => environment().then((env) => nameRun(env, recipe, event)), { retryStrategy });
    if ('error' in named) throw failureOf(named.error);
    const { run } = named;
    for (let number = 1, at = null as SuspendedAt | null; ; number += 1) {
      const ended = await context.step(operationName(at?.step ?? 'begin'), onePart({ run, execution, number, at }), { retryStrategy });
      if (ended.status === 'failed') throw failureOf(ended.error);
      if (ended.status === 'succeeded') return ended.report as T;
      at = ended.at;
      await context.wait(operationName(`${at.step}: ${at.waits.map(({ waitingFor }) => waitingFor).join(', ')}`), { seconds: at.seconds });
    }

    function onePart(part: Omit<Part, 'remainingMs' | 'telling'>): () => Promise<PartEnd> {
      return async () => {
        const env = await environment();
        const remainingMs = context.lambdaContext.getRemainingTimeInMillis();
        const end = env.isErr() ? endOfConnecting(env.error, run) : await runPart(env.value, recipe as never, event as object, { ...part, remainingMs });
        return end.status === 'try-again' ? again(end) : end;
      };
    }
  };
}

/** An invocation connects once, if it works. */
function connectOnce(connect: () => ResultAsync<Environment, object>): () => Promise<Result<Environment, object>> {
  let connected: Environment | null = null;
  return async () => {
    if (connected !== null) return ok(connected);
    const answer = await guarded<Environment, object>('connect', connect);
    connected = answer.isOk() ? answer.value : null;
    return answer;
  };
}

/** Chance and time are asked once: the run is found by its name, whatever happens. */
function nameRun(env: Result<Environment, object>, recipe: unknown, event: unknown): { readonly run: string } | { readonly error: object } {
  if (env.isErr()) return { error: asError(env.error) };
  const named = partsOf(recipe, 'durableRecipe').andThen((parts) => {
    const problems = [...environmentProblems(env.value), ...recipeProblems(env.value, parts, event)];
    return problems.length > 0 ? err(invalidInput(parts.name, problems)) : ok(newRunId(env.value.clock));
  });
  return named.match((run) => ({ run }), (error) => ({ error }));
}

const shortestTimeoutMs = 4 * 60_000;

function contextProblems(given: unknown, connect: unknown): Result<void, object> {
  const context = (given ?? {}) as Partial<DurableContext>;
  const isDurable = typeof context.step === 'function' && typeof context.wait === 'function' && typeof context.executionContext?.durableExecutionArn === 'string';
  const remainingMs = isDurable ? context.lambdaContext?.getRemainingTimeInMillis() : undefined;
  const problems = [
    ...(typeof connect === 'function' ? [] : [`connect: ${expectedGot('a function that connects an environment', connect)}`]),
    ...(isDurable ? [] : ['context: expected the one of a durable function: give the handler to withDurableExecution']),
    ...(remainingMs === undefined || remainingMs >= shortestTimeoutMs ? [] : [`timeout of the function: expected 5 minutes or more for an invocation, ${Math.round(remainingMs / 1000)} s are left of this one`]),
  ];
  return problems.length > 0 ? err(invalidInput('durableRecipe', problems)) : ok(undefined);
}

/** For half an hour: the run keeps, and so does its lock. */
function retryStrategy(_: Error, attempt: number): { shouldRetry: boolean; delay?: { seconds: number } } {
  return attempt < 12 ? { shouldRetry: true, delay: { seconds: Math.min(300, 5 * 2 ** attempt) } } : { shouldRetry: false };
}

function again({ message }: TryAgain): never {
  throw new Error(message);
}

/** "OperationUpdate": printable ASCII, 256 characters at most. */
function operationName(name: string): string {
  return name.replace(/[^\x20-\x7e]/g, '?').slice(0, 256);
}

function failureOf(error: unknown): Error {
  const told = asError(error);
  return Object.assign(new Error(renderFailure(told).trim()), { name: told.kind });
}
