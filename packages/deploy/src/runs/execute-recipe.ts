import { err, ok, type Err, type Result } from 'neverthrow';
import { putBack } from '../recipes/put-back.js';
import type { Environment } from '../environment/environment.js';
import type { EnvironmentDefinition } from '../environment/definition.js';
import type { Situation } from '../errors.js';
import { environmentRedactor } from '../reports/redact.js';
import { endInFailure, endInSuccess } from './end-run.js';
import { type FailureAction, failureAction, type FailureRow } from './failure-action.js';
import { type JournalStep, mayHaveChanged } from './journal.js';
import { nextAction } from './next-actions.js';
import { asError, asObject, guarded } from './perform-step.js';
import { type Run, runSteps } from './run-steps.js';
import type { Session } from './session.js';
import { schemaOf } from './situation.js';

/** A recipe, as it is run: types are kept by `defineRecipe`. */
export interface RecipeParts {
  readonly name: string;
  readonly body: (run: Run, options: never) => AsyncGenerator<Err<never, unknown>, Result<unknown, unknown>>;
  readonly steps: (options: never, definition: EnvironmentDefinition) => readonly string[];
  readonly validate: (definition: EnvironmentDefinition, options: never) => readonly string[];
  readonly failureTable: (options: never) => readonly FailureRow[];
  readonly refusedByHold: boolean;
  readonly supersedesHolds: boolean;
  readonly continuedBy: 'resume' | 'reopen';
}

export interface Execution {
  readonly parts: RecipeParts;
  readonly options: unknown;
  /** Steps of the run so far, when it is resumed. */
  readonly journalled: readonly JournalStep[];
}

/** Runs a recipe's body in a session, and ends the session whatever comes: with success, put back, or held. */
export async function executeRecipe(session: Session, base: Environment, execution: Execution): Promise<Result<unknown, unknown>> {
  const { parts, options } = execution;
  const { run, attempts } = session.journal.journal;
  const resumedBy = nextAction(session.env, 'resume', 'Continue the run', { run, recipe: parts.name });
  session.env.emit({ type: 'run-started', recipe: parts.name, resumed: attempts.length > 1, steps: parts.steps(options as never, base.definition), resumedBy });
  const result = await runBody(session, execution);
  if (result.isErr()) return err(await endFailed(session, base, execution, result.error));
  const ended = await endInSuccess(session, result.value);
  return ended.isErr() ? err(await endFailed(session, base, execution, ended.error)) : ok(result.value);
}

async function runBody(session: Session, { parts, options, journalled }: Execution): Promise<Result<unknown, unknown>> {
  const steps = runSteps(session, journalled);
  // what the generator yields is the Err that ends it: it is not asked again
  const result = await guarded(parts.name, async () => (await parts.body(steps.run, options as never).next()).value);
  const rules = await steps.end(result.isOk());
  // a body may throw, or make an error of its own, with whatever it was told
  return rules.isErr() ? err(rules.error) : result.mapErr(environmentRedactor(session.env));
}

async function endFailed(session: Session, base: Environment, { parts, options }: Execution, error: unknown): Promise<unknown> {
  const step = failedStep(session, error) ?? parts.name;
  const does = await decide(session, base, { parts, options, step, error });
  const { situation, alsoFailed } = await endInFailure(session, { step, error, does, putBack });
  return completed(error, session.journal.journal.run, situation, alsoFailed);
}

/**
 * An aborted run puts nothing back: who aborts wants it to stop, and may be about to kill it. Nor does a recipe that is not the one that
 * began the run: it would take its own steps for those that were done.
 */
async function decide(session: Session, base: Environment, failed: { readonly parts: RecipeParts; readonly options: unknown; readonly step: string; readonly error: unknown }): Promise<FailureAction> {
  const table = failed.parts.failureTable(failed.options as never);
  const changed = mayHaveChanged(stepsThatMatter(table, session.journal.journal.steps));
  const error = asError(failed.error);
  const otherRecipe = error.kind === 'Conflict' && 'reason' in error && error.reason === 'recipe-changed';
  if (changed && (base.signal.aborted || error.kind === 'Aborted' || error.kind === 'RunStoreFailed' || otherRecipe)) return 'hold';
  return failureAction(table, { step: failed.step, schema: await schemaOf(session, failed.error), changed, options: failed.options as never });
}

/** What a step has done that asks for nothing when it fails (a warm snapshot, a copied image) is nothing that an environment is held for. */
function stepsThatMatter(table: readonly FailureRow[], steps: readonly JournalStep[]): readonly JournalStep[] {
  const harmless = table.filter(({ does, schema, when }) => does === 'nothing' && schema === undefined && when === undefined).map(({ step }) => step);
  return steps.filter(({ name }) => !harmless.includes(name));
}

function failedStep({ journal }: Session, error: unknown): string | undefined {
  const { situation } = (typeof error === 'object' && error !== null ? error : {}) as { readonly situation?: Partial<Situation> };
  return situation?.step ?? journal.journal.steps.at(-1)?.name;
}

/** The first cause, with the situation it has led to; what failed afterwards is added to its message. */
export function completed(error: unknown, runId: string, situation: Situation, alsoFailed: string | undefined): unknown {
  const message = alsoFailed === undefined ? {} : { message: `${asError(error).message.replace(/[^.!?]$/, '$&.')} ${alsoFailed}` };
  // who was aborted knew of a run to resume, and not that it would leave none
  const remedy = situation.left === 'untouched' && asError(error).kind === 'Aborted' ? { remedy: 'The environment is as it was: start again when it suits you.' } : {};
  return { ...asObject(error), ...message, ...remedy, runId, situation };
}
