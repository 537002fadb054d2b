import { errAsync, ok, okAsync, type ResultAsync, safeTry } from 'neverthrow';
import { isoTime } from '../clock.js';
import { type Environment, internals } from '../environment/environment.js';
import { objectProblems, unknownOptionProblems } from '../environment/validate.js';
import type { Conflict, InvalidInput, RunStoreFailed } from '../errors.js';
import { environmentProblems, invalidInput } from './as-run.js';
import { environmentRedactor } from '../reports/redact.js';
import { readHold } from './hold.js';
import type { Journal } from './journal.js';
import { holderOf, isDead, lockConflict, readLock } from './lock.js';
import { keyOf, putJson, readJson, removeJson } from './store-document.js';

export interface ReleaseHoldOptions {
  /** The run whose hold, or whose dead lock, is let go of. */
  readonly run: string;
  /** Why that is all right, for the journal. */
  readonly reason: string;
}

export interface ReleaseHoldReport {
  readonly run: string;
  /** What was let go of. */
  readonly released: readonly ('hold' | 'lock')[];
}

export type ReleaseHoldError = InvalidInput | Conflict | RunStoreFailed;

/**
 * Lets go of an environment that a run left held, or whose process died: the hold and the dead lock go, who did it and why is journalled.
 * Changes nothing else: what was put aside stays so, and the next run goes by the same baseline. The run cannot be resumed afterwards.
 *
 * Errors: InvalidInput when the run neither holds nor has the environment; Conflict while it is at work; RunStoreFailed.
 */
export function releaseHold(env: Environment, options: ReleaseHoldOptions): ResultAsync<ReleaseHoldReport, ReleaseHoldError> {
  const wrong = [...environmentProblems(env), ...(options === undefined ? [] : objectProblems('options', options))];
  const problems = wrong.length > 0 ? wrong : optionProblems(options);
  if (problems.length > 0) return errAsync(invalidInput('releaseHold', problems));
  const { runStore } = env[internals];
  return safeTry(async function* () {
    const hold = yield* readHold(env);
    const lock = yield* readLock(env);
    const ownHold = hold?.value.run === options.run ? hold : null;
    const ownLock = lock?.value.run === options.run ? lock : null;
    if (ownHold === null && ownLock === null) return errAsync(nothingToRelease(env, options.run, hold?.value.run ?? lock?.value.run));
    if (ownLock !== null && !isDead(env, ownLock.value)) return errAsync(lockConflict(env, ownLock.value));
    // journalled first: a hold that is gone is explained somewhere
    yield* journalRelease(env, options);
    yield* removeJson(runStore, keyOf.hold(env.definition.name), ownHold);
    yield* removeJson(runStore, keyOf.lock(env.definition.name), ownLock);
    env.emit({ type: 'note', message: `${env.definition.name} was let go of by ${holderOf(env).actor}: ${options.reason}` });
    return ok({ run: options.run, released: [...(ownHold === null ? [] : ['hold' as const]), ...(ownLock === null ? [] : ['lock' as const])] });
  });
}

function optionProblems(options: ReleaseHoldOptions | undefined): readonly string[] {
  const given: Partial<ReleaseHoldOptions> = options ?? {};
  const names = ['run', 'reason'] as const;
  return [
    ...unknownOptionProblems(given, names),
    ...names.filter((name) => typeof given[name] !== 'string' || given[name].trim() === '').map((name) => `${name}: expected a text, got ${given[name] === '' ? 'an empty one' : typeof given[name]}`),
  ];
}

function journalRelease(env: Environment, { run, reason }: ReleaseHoldOptions): ResultAsync<void, RunStoreFailed> {
  const key = keyOf.journal(env.definition.name, run);
  const released = environmentRedactor(env)({ at: isoTime(env.clock), by: holderOf(env), reason });
  return readJson<Journal>(env[internals].runStore, key).andThen((journal) =>
    journal === null ? okAsync(undefined) : putJson(env[internals].runStore, key, { ...journal.value, released }),
  );
}

function nothingToRelease(env: Environment, run: string, other: string | undefined): InvalidInput {
  const instead = other === undefined ? 'nothing does' : `run ${other} does`;
  return invalidInput('releaseHold', [`run: run ${run} does not hold ${env.definition.name}; ${instead}`]);
}
