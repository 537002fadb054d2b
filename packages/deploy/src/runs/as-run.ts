import { errAsync, type ResultAsync } from 'neverthrow';
import { internals, type Environment } from '../environment/environment.js';
import type { InvalidInput, RunError } from '../errors.js';

/** What a step says of itself, so that it can be called inside a run or by itself. */
export interface StepSpec {
  /** As the function is called. */
  readonly name: string;
  /** Takes the lock when called outside a run. */
  readonly changes: boolean;
  /** Refuses with Conflict while the environment is held, when called outside a run. */
  readonly refusedByHold: boolean;
  /** Everything wrong with the arguments. */
  readonly problems: readonly string[];
  readonly options?: { readonly signal?: AbortSignal | undefined; readonly timeoutSeconds?: number | undefined } | undefined;
}

/** Runs a step: validates, combines the signals and, outside a run, makes a run of this one step. */
export function asRun<T, E>(
  env: Environment,
  spec: StepSpec,
  body: (env: Environment) => ResultAsync<T, E>,
): ResultAsync<T, E | RunError> {
  const problems = [...environmentProblems(env), ...spec.problems];
  if (problems.length > 0) return errAsync(invalidInput(spec.name, problems));
  return body(withSignal(env, spec.options?.signal));
}

/** What is wrong with a value that stands where an environment belongs. */
export function environmentProblems(env: unknown): readonly string[] {
  if (typeof env === 'object' && env !== null && internals in env) return [];
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
