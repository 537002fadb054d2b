import { err, okAsync, type Result, ResultAsync } from 'neverthrow';
import { type Environment, internals, type JsonValue } from '../environment/environment.js';
import type { RunError, RunStoreFailed } from '../errors.js';
import { environmentRedactor } from '../reports/redact.js';
import type { Recipe } from '../runs/define-recipe.js';
import { completed } from '../runs/execute-recipe.js';
import { readJournal } from '../runs/journal.js';
import { readLock, takeOverLock } from '../runs/lock.js';
import { asError } from '../runs/perform-step.js';
import { awaitDead, resume } from '../runs/resume.js';
import { keyOf } from '../runs/store-document.js';
import type { SuspendedAt } from '../runs/suspension.js';
import { type Part, partSuspension } from './part-suspension.js';
import { tellNews } from './telling.js';

/** How a part of a run ended: what is kept of it between two invocations. JSON. */
export type PartEnd =
  | { readonly status: 'suspended'; readonly at: SuspendedAt }
  | { readonly status: 'succeeded'; readonly report: JsonValue }
  | { readonly status: 'failed'; readonly error: JsonValue };

/** Says that a part could not go on for now, and is to be tried again. */
export interface TryAgain {
  readonly status: 'try-again';
  readonly message: string;
}

type AnyRecipe = Recipe<object, unknown, object>;

/** Runs a recipe from where it stands to its end, or until it is suspended. However often that is begun anew, the run is one. */
export async function runPart(connected: Environment, recipe: AnyRecipe, options: object, part: Omit<Part, 'telling'>): Promise<PartEnd | TryAgain> {
  const telling = tellNews(connected[internals].reporters, part.at);
  const suspension = partSuspension(connected, { ...part, telling });
  const env: Environment = { ...connected, [internals]: { ...connected[internals], reporters: telling.reporters, suspension } };
  const redact = environmentRedactor(env);
  const ended = goOn(env, recipe, options, part).then((result) => endOf(result.map(redact).mapErr(redact), part.run));
  return Promise.race([ended, suspension.suspended.then((at) => ({ status: 'suspended' as const, at: redact(at) }))]);
}

/** Begins the run, or goes on with it; one that has ended gives its outcome again. */
async function goOn(env: Environment, recipe: AnyRecipe, options: object, { run, at }: Pick<Part, 'run' | 'at'>): Promise<Result<unknown, object>> {
  const found = await readJournal(env[internals].runStore, keyOf.journal(env.definition.name, run));
  if (found.isErr()) return err(found.error);
  const journal = found.value?.value;
  if (journal === undefined && at !== null) return err(journalGone(env, run, at));
  if (journal === undefined) return clearOwnLock(env, run).andThen(() => recipe(env, options as never));
  const { outcome, failure } = journal;
  if (outcome?.status === 'failed' && failure !== undefined) return err(completed(failure.error, run, outcome.situation, undefined) as object);
  return resume(env, recipe, run);
}

/** Begun anew it would take what it has changed itself for what was found, and might migrate once more. */
function journalGone(env: Environment, run: string, { step }: SuspendedAt): RunStoreFailed & { readonly runId: string } {
  const { name } = env[internals].runStore;
  return {
    kind: 'RunStoreFailed',
    store: name,
    runId: run,
    message: `run ${run} was suspended in ${step}, and its run store (${name}) has no journal of it any more: it cannot go on, and was not begun anew`,
    remedy: `Connect with a run store that outlives an invocation, such as s3RunStore. What the run has changed of ${env.definition.name} stays so: look at it (readState) and put it back by hand, or with startServices and setMaintenance.`,
  };
}

/** An invocation that ended between its lock and its journal has begun nothing. */
function clearOwnLock(env: Environment, run: string): ResultAsync<void, RunError> {
  return readLock(env).andThen((lock): ResultAsync<void, RunError> => {
    if (lock?.value.run !== run) return okAsync(undefined);
    const { recipe, reason, continuedBy } = lock.value;
    return new ResultAsync<typeof lock, RunError>(awaitDead(env, lock))
      .andThen((dead) => takeOverLock(env, { run, recipe, reason, continuedBy }, dead))
      .andThen((taken) => taken.release());
  });
}

/** What passes, and happened before the run went on: the run is as it was. */
const passing: ReadonlySet<string> = new Set(['Throttled', 'Unreachable', 'RunStoreFailed', 'CredentialsExpired']);

function endOf(result: Result<unknown, object>, run: string): PartEnd | TryAgain {
  return result.match<PartEnd | TryAgain>(
    (report) => ({ status: 'succeeded', report: (report ?? null) as JsonValue }),
    (error) => (hasGoneOn(error) || !passing.has(asError(error).kind) ? { status: 'failed', error: { runId: run, ...asError(error) } as unknown as JsonValue } : tryAgain(error, run)),
  );
}

function hasGoneOn(error: object): boolean {
  return 'runId' in error && error.runId !== '';
}

function tryAgain(error: unknown, run: string): TryAgain {
  const { kind, message, remedy } = asError(error);
  return { status: 'try-again', message: `${kind}: ${message} ${remedy} ${asItWas(run)}` };
}

/** The same for a connection that failed. */
export function endOfConnecting(error: unknown, run: string): PartEnd | TryAgain {
  const told = asError(error);
  return passing.has(told.kind) ? tryAgain(error, run) : { status: 'failed', error: { ...told, remedy: `${told.remedy} ${asItWas(run)}`, runId: run } as unknown as JsonValue };
}

function asItWas(run: string): string {
  return `Run ${run} is as it was: what it has begun is gone on with by resume.`;
}
