import { err, errAsync, ok, type Result, ResultAsync } from 'neverthrow';
import { internals, type Environment } from '../environment/environment.js';
import { objectProblems, unknownOptionProblems } from '../environment/validate.js';
import type { InvalidInput, RunError } from '../errors.js';
import { type RecipeName, recipeSteps } from '../permissions/step-actions.js';
import { environmentRedactor } from '../reports/redact.js';
import { refuseDenied } from '../steps/refuse-denied.js';
import { endInFailure, endInSuccess } from './end-run.js';
import { failureAction, type FailureRow } from './failure-action.js';
import { mayHaveChanged } from './journal.js';
import { performStep } from './perform-step.js';
import { beginSession, type Session } from './session.js';
import { schemaOf } from './situation.js';

/** What a step says of itself, so that it can be called inside a run or by itself. */
export interface StepSpec {
  /** As the function is called. */
  readonly name: string;
  /** Takes the lock when called outside a run. */
  readonly changes: boolean;
  /** Refuses with Conflict while the environment is held, when called outside a run. */
  readonly refusedByHold: boolean;
  /** The options that it knows: `{ … } satisfies Known<ItsOptions>`. */
  readonly known: Readonly<Record<string, true>>;
  /** Everything else that is wrong with the arguments. Asked once the environment is one and the options are an object. */
  readonly problems: () => readonly string[];
  readonly options?: { readonly signal?: AbortSignal | undefined; readonly timeoutSeconds?: number | undefined } | undefined;
}

/** Every option by its name: one that is missing here, or is none, does not compile. */
export type Known<O> = { readonly [Name in keyof Required<O>]: true };

/**
 * Runs a step: validates, combines the signals and, outside a run, makes a run of this one step when it changes something: with lock and
 * journal, and a hold when it fails and leaves a change behind. Calling the same step again is how such a hold is continued.
 */
export function asRun<T, E>(
  env: Environment,
  spec: StepSpec,
  body: (env: Environment) => ResultAsync<T, E>,
): ResultAsync<T, E | RunError> {
  const problems = callProblems(env, spec);
  if (problems.length > 0) return errAsync(invalidInput(spec.name, problems));
  const stepEnv = withSignal(env, spec.options?.signal);
  if (!spec.changes || env[internals].run !== null || env.planning) {
    const redact = environmentRedactor(env);
    return body(stepEnv).map(redact).mapErr(redact);
  }
  return beginSession(stepEnv, { recipe: spec.name, options: {}, refusedByHold: spec.refusedByHold, supersedes: (hold) => hold.recipe === spec.name, continuedBy: 'again' }).andThen(
    (session) => new ResultAsync(runOfOneStep(session, spec, body)),
  );
}

async function runOfOneStep<T, E>(session: Session, { name }: StepSpec, body: (env: Environment) => ResultAsync<T, E>): Promise<Result<T, E | RunError>> {
  session.env.emit({ type: 'run-started', recipe: name, resumed: false, steps: [name] });
  const result = await performStep(session, 'steps', name, (env) => refuseDeniedStep<E>(env, name).andThen(() => body(env)));
  if (result.isErr()) {
    const changed = mayHaveChanged(session.journal.journal.steps);
    const does = failureAction(failuresOfOneStep, { step: name, schema: await schemaOf(session, result.error), changed, options: undefined as never });
    await endInFailure(session, { step: name, error: result.error, does, putBack: () => new ResultAsync(Promise.resolve(ok(undefined))) });
    return err(result.error);
  }
  const ended = await endInSuccess(session, result.value);
  return ended.isErr() ? err(ended.error) : ok(result.value);
}

/** Of steps with permissions of their own by name: their errors have AccessDenied among them, which others' need not have. */
function refuseDeniedStep<E>(env: Environment, name: string): ResultAsync<void, E> {
  const steps = Object.hasOwn(recipeSteps, name) ? recipeSteps[name as RecipeName] : [];
  return refuseDenied(env, steps) as ResultAsync<void, E>;
}

/** What a step leaves behind when it is called by itself and fails; the others hold when they have changed something. */
const failuresOfOneStep: readonly FailureRow[] = [
  { step: 'setMaintenance', does: 'undone', leaves: 'as found' },
  { step: 'snapshotDb', does: 'nothing', leaves: 'as found, with a snapshot that may be incomplete' },
  { step: 'takeWarmSnapshot', does: 'nothing', leaves: 'as found, with a snapshot that may be incomplete' },
  { step: 'startDb', does: 'nothing', leaves: 'the instance as far started as it is; calling again goes on from there' },
  { step: 'stopDb', does: 'nothing', leaves: 'the instance as far stopped as it is; calling again goes on from there' },
  { step: 'keepDbStopped', does: 'nothing', leaves: 'the instance as far stopped as it is; the next call goes on from there' },
  { step: 'rehearseRestore', does: 'nothing', leaves: 'as found, with an instance beside it that the next call removes' },
  { step: 'pruneSnapshots', does: 'nothing', leaves: 'as found, with some of the snapshots deleted; calling again goes on from there' },
  { step: 'promoteImage', does: 'nothing', leaves: 'as found, with images that may be incomplete and that no tag names' },
  { step: 'runMigration', schema: 'untouched', does: 'nothing', leaves: 'as found' },
];

function callProblems(env: Environment, { known, options = {}, problems }: StepSpec): readonly string[] {
  const wrong = [...environmentProblems(env), ...objectProblems('options', options)];
  return wrong.length > 0 ? wrong : [...unknownOptionProblems(options, Object.keys(known)), ...problems()];
}

/** What is wrong with a value that stands where an environment belongs. */
export function environmentProblems(env: unknown): readonly string[] {
  if (typeof env === 'object' && env !== null && internals in env) return [];
  if (typeof env === 'object' && env !== null && 'then' in env) return ['env: expected an environment from connect(), got a promise of one: await it, and take the environment out of its Result'];
  if (typeof env === 'object' && env !== null && 'isOk' in env) return ['env: expected an environment from connect(), got a Result: take its value once isOk() says that there is one'];
  if (typeof env === 'object' && env !== null && 'cluster' in env && 'services' in env) {
    return ['env: expected an environment from connect(), got an environment definition (object)'];
  }
  return [`env: expected an environment from connect(), got ${env === null ? 'null' : typeof env}`];
}

/** An environment whose waits end when either signal is aborted. */
export function withSignal(env: Environment, signal: AbortSignal | undefined): Environment {
  return signal === undefined ? env : { ...env, signal: AbortSignal.any([env.signal, signal]) };
}

/** InvalidInput of a function, with every problem in the message. */
export function invalidInput(name: string, problems: readonly string[]): InvalidInput {
  return {
    kind: 'InvalidInput',
    message: `${name} was called with invalid input: ${problems.join('; ')}. Nothing was changed.`,
    remedy: 'Correct the input and call it again.',
    problems,
  };
}
