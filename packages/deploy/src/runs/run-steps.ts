import { err, ok, type Result, ResultAsync } from 'neverthrow';
import type { EnvironmentDefinition } from '../environment/definition.js';
import type { Environment } from '../environment/environment.js';
import type { Conflict, InRun, InvalidInput, RunError, Situation } from '../errors.js';
import { invalidInput } from './as-run.js';
import type { JournalStep } from './journal.js';
import type { Json } from './json.js';
import { asObject, performStep, summaryOf } from './perform-step.js';
import type { Session } from './session.js';
import { watchForeignChanges } from './watch.js';

/** What a recipe's body works with. */
export interface Run {
  readonly id: string;
  /** Of the environment that the run is on: a body may go by it. One that changes it meanwhile is not resumed, if other steps come of it. */
  readonly definition: EnvironmentDefinition;
  /**
   * Runs one step, under a name of its own in this recipe. The `env` given to `call` is the run's: it carries lock and journal. One step
   * at a time: `yield*` it before the next. In a plan it is called too: its own code asks `env.planning` before it does anything. On resume a step that was finished answers with its journalled report, without being called.
   * An Err carries the run and a situation in which state and maintenance are unknown until the run has ended.
   */
  step<T, E>(name: string, call: (env: Environment) => ResultAsync<T & Json<T>, E>): ResultAsync<T, InRun<E | RunError>>;
}

/** The steps of one execution of a recipe's body. */
export interface RunSteps {
  readonly run: Run;
  /** Steps begin no more. Ends the one that is still open; an Err when the body did not go by the rules, or not by the journal. */
  end(succeeded: boolean): Promise<Result<void, InvalidInput | Conflict>>;
}

interface State {
  /** Not yet replayed, oldest first. */
  replay: readonly JournalStep[];
  readonly used: Set<string>;
  /** Whether the next step that is performed is the first of a resumed run. */
  resumed: boolean;
  open: { readonly name: string; readonly ended: Promise<unknown> } | null;
  fault: InvalidInput | Conflict | null;
}

/** `journalled`: the steps of the run so far, when it is resumed. */
export function runSteps(session: Session, journalled: readonly JournalStep[]): RunSteps {
  const state: State = { replay: journalled, used: new Set(), resumed: journalled.length > 0, open: null, fault: null };
  return {
    run: {
      id: session.journal.journal.run,
      definition: session.env.definition,
      step: <T, E>(name: string, call: (env: Environment) => ResultAsync<T & Json<T>, E>) =>
        new ResultAsync(step<T, E>(session, state, name, call)).mapErr((error) => inRun(session, name, error)),
    },
    end: (succeeded) => end(session, state, succeeded),
  };
}

// not async: what is refused is refused before anything else of the body runs
function step<T, E>(session: Session, state: State, name: string, call: (env: Environment) => ResultAsync<T, E>): Promise<Result<T, E | RunError>> {
  const refused = refuse(state, name);
  if (refused !== null) {
    state.fault ??= refused;
    return Promise.resolve(err(refused));
  }
  state.used.add(name);
  const journalled = state.replay[0];
  const isLast = state.replay.length === 1;
  state.replay = state.replay.slice(1);
  // a failed step that others follow was coped with by the body, which will do so again
  if (journalled !== undefined && (journalled.status === 'done' || (journalled.status === 'failed' && !isLast))) {
    return Promise.resolve(replay<T, E>(session, journalled));
  }
  const first = state.resumed;
  state.resumed = false;
  const performed = Promise.resolve(performStep(session, 'steps', name, first && isUnbegun(journalled) ? lookedAtFirst(call) : call)).finally(() => (state.open = null));
  state.open = { name, ended: performed };
  return performed;
}

/** A step that was interrupted among its changes may have set what is not journalled yet: it looks itself. */
function isUnbegun(journalled: JournalStep | undefined): boolean {
  return journalled === undefined || (journalled.status === 'failed' && !journalled.changed);
}

/** Hours may have gone by since the run was left held: nothing goes on beside what somebody else has changed meanwhile. */
function lookedAtFirst<T, E>(call: (env: Environment) => ResultAsync<T, E>): (env: Environment) => ResultAsync<T, E | Conflict> {
  return (env) => watchForeignChanges(env, { atOnce: true }).andThen((): ResultAsync<T, E | Conflict> => call(env));
}

function refuse(state: State, name: string): InvalidInput | Conflict | null {
  if (state.open !== null) return missingYield(state.open.name, name);
  if (typeof name !== 'string' || name === '') return invalidInput('run.step', ['name: expected a name']);
  if (state.used.has(name)) return invalidInput('run.step', [`step ${name} is there twice: each step of a recipe has a name of its own`]);
  const journalled = state.replay[0];
  return journalled === undefined || journalled.name === name ? null : recipeChanged(`after the steps so far the run did ${journalled.name}, the recipe now wants ${name}`);
}

function replay<T, E>({ env }: Session, journalled: JournalStep): Result<T, E> {
  const { name, seconds = 0, report, error } = journalled;
  if (journalled.status === 'failed') return err(error as E);
  env.emit({ type: 'step-started', step: name });
  env.emit({ type: 'step-succeeded', step: name, seconds, summary: summaryOf(report), replayed: true, report });
  return ok(report as T);
}

async function end(session: Session, state: State, succeeded: boolean): Promise<Result<void, InvalidInput | Conflict>> {
  if (state.open !== null) {
    state.fault ??= missingYield(state.open.name, null);
    session.stop.abort(new Error(state.fault.message));
    await state.open.ended;
  }
  const forgotten = state.replay.find(({ status }) => status === 'done');
  if (succeeded && forgotten !== undefined) state.fault ??= recipeChanged(`the run did ${forgotten.name}, which the recipe does not want any more`);
  return state.fault === null ? ok(undefined) : err(state.fault);
}

function inRun<E>(session: Session, step: string, error: E): InRun<E> {
  const situation: Situation = { step, state: 'unknown', maintenance: 'unknown', schema: 'unknown', left: 'hold', nextActions: [] };
  return { ...asObject(error), runId: session.journal.journal.run, situation } as InRun<E>;
}

function missingYield(open: string, next: string | null): InvalidInput {
  const problem =
    next === null
      ? `the recipe ended while step ${open} was still open: yield* is missing before run.step('${open}', …)`
      : `step ${next} was begun while step ${open} was still open: yield* is missing before run.step('${open}', …)`;
  return {
    kind: 'InvalidInput',
    message: `In a recipe one step runs at a time; ${problem}. Step ${open} was aborted.`,
    remedy: 'Put the missing yield* into the recipe.',
    problems: [problem],
  };
}

function recipeChanged(difference: string): Conflict {
  return {
    kind: 'Conflict',
    reason: 'recipe-changed',
    message: `The recipe is not the one that began this run: ${difference}.`,
    remedy: 'Resume with the version of the recipe that began the run, or release its hold and start a new run.',
  };
}
