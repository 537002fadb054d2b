import { errAsync, ok, okAsync, ResultAsync, safeTry } from 'neverthrow';
import { isoTime } from '../clock.js';
import { type Environment, internals } from '../environment/environment.js';
import { objectProblems, unknownOptionProblems } from '../environment/validate.js';
import type { Conflict, InvalidInput, NextAction, RunStoreFailed, Situation } from '../errors.js';
import { environmentProblems, invalidInput } from './as-run.js';
import { environmentRedactor } from '../reports/redact.js';
import { awayText } from './baseline.js';
import { discardDoneBaseline, readBaseline } from './baseline-keeper.js';
import { readHold } from './hold.js';
import { endInfrastructureLock } from './infrastructure-lock.js';
import { readJournal } from './journal.js';
import { acquireLock, type HeldLock, holderOf, isDead, type Lock, lockConflict, readLock, takeOverLock } from './lock.js';
import { lookedAt } from './situation.js';
import { keyOf, putJson, removeJson, type Stored } from './store-document.js';
import { waysAfterRelease } from './ways-after-release.js';

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
  /** How that leaves the environment; unknown where AWS cannot be asked. */
  readonly state: Situation['state'];
  readonly maintenance: Situation['maintenance'];
  /** What is still away from what a run found: `gate`, `service:NAME`, `scaling:NAME`, `target-group:ARN`, `database`. */
  readonly stillAway: readonly string[];
  readonly nextActions: readonly NextAction[];
}

export type ReleaseHoldError = InvalidInput | Conflict | RunStoreFailed;

/**
 * Lets go of an environment that a run left held, or whose process died: the hold, the dead lock and that of the infrastructure code go, who did
 * it and why is journalled.
 * Changes nothing else: what was put aside stays so, which the report tells, and the next run goes by what was found of it. The run cannot be
 * resumed afterwards: `nextActions` of the report spell what works instead.
 *
 * Errors: InvalidInput when the run neither holds nor has the environment; Conflict while it, or another run, is at work, also when another
 * has died with the lock: that one is let go of first; RunStoreFailed.
 */
export function releaseHold(env: Environment, options: ReleaseHoldOptions): ResultAsync<ReleaseHoldReport, ReleaseHoldError> {
  const wrong = [...environmentProblems(env), ...(options === undefined ? [] : objectProblems('options', options))];
  const problems = wrong.length > 0 ? wrong : optionProblems(options);
  if (problems.length > 0) return errAsync(invalidInput('releaseHold', problems));
  return safeTry(async function* () {
    const hold = yield* readHold(env);
    const lock = yield* readLock(env);
    const dead = lock?.value.run === options.run ? lock : null;
    if (hold?.value.run !== options.run && dead === null) return errAsync(nothingToRelease(env, options.run, hold?.value.run ?? lock?.value.run));
    const held = yield* takeLock(env, options.run, dead);
    const released = await releaseUnder(env, options, dead !== null);
    if (released.isOk()) await endInfrastructureLock(env, held).unwrapOr(undefined);
    // what is left of a lock that cannot be removed expires, and may be let go of
    yield* released.isOk() ? held.release() : held.release().orElse(() => okAsync(undefined));
    return released;
  });
}

/** Whoever resumes the run meanwhile must not lose its hold, nor be let in between two writes. */
function takeLock(env: Environment, run: string, dead: Stored<Lock> | null): ResultAsync<HeldLock, Conflict | RunStoreFailed> {
  const claim = { run, recipe: 'releaseHold', reason: `releaseHold of run ${run}`, continuedBy: 'again' } as const;
  if (dead === null) return acquireLock(env, claim);
  return isDead(env, dead.value) ? takeOverLock(env, claim, dead) : errAsync(lockConflict(env, dead.value));
}

function releaseUnder(env: Environment, options: ReleaseHoldOptions, lockReleased: boolean): ResultAsync<ReleaseHoldReport, InvalidInput | RunStoreFailed> {
  return safeTry(async function* () {
    const hold = yield* readHold(env);
    const own = hold?.value.run === options.run ? hold : null;
    if (own === null && !lockReleased) return errAsync(nothingToRelease(env, options.run, hold?.value.run));
    // journalled first: a hold that is gone is explained somewhere
    yield* journalRelease(env, options);
    yield* discardDoneBaseline(env);
    yield* removeJson(env[internals].runStore, keyOf.hold(env.definition.name), own);
    env.emit({ type: 'note', message: `${env.definition.name} was let go of by ${holderOf(env).actor}: ${options.reason}` });
    const left = yield* whatIsLeft(env, options.run);
    tellWhatIsLeft(env, left);
    return ok({ run: options.run, released: [...(own === null ? [] : ['hold' as const]), ...(lockReleased ? ['lock' as const] : [])], ...left });
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

type Left = Pick<ReleaseHoldReport, 'state' | 'maintenance' | 'stillAway' | 'nextActions'>;

/** It is let go of already: what cannot be read now is no failure. */
export function whatIsLeft(env: Environment, run: string): ResultAsync<Left, never> {
  const baseline = readBaseline(env).map((found) => found?.value ?? null).orElse(() => okAsync(null));
  const state = ResultAsync.fromSafePromise(lookedAt(env));
  return ResultAsync.combine([baseline, state] as const).andThen(([found, seen]) => waysAfterRelease(env, { run, found, reachable: seen.state !== 'unknown' }).map((nextActions) => ({ ...seen, stillAway: found?.putAside ?? [], nextActions })));
}

function tellWhatIsLeft(env: Environment, { state, maintenance, stillAway, nextActions }: Left): void {
  const away = stillAway.length === 0 ? '' : `; away from what was found: ${awayText(stillAway)}`;
  env.emit({ type: 'note', message: `It is left as it is: ${state}, maintenance ${maintenance}${away}.` });
  for (const { text, command } of nextActions) env.emit({ type: 'note', message: text, command });
}

function journalRelease(env: Environment, { run, reason }: ReleaseHoldOptions): ResultAsync<void, RunStoreFailed> {
  const key = keyOf.journal(env.definition.name, run);
  const released = environmentRedactor(env)({ at: isoTime(env.clock), by: holderOf(env), reason });
  return readJournal(env[internals].runStore, key).andThen((journal) =>
    journal === null ? okAsync(undefined) : putJson(env[internals].runStore, key, { ...journal.value, released }),
  );
}

function nothingToRelease(env: Environment, run: string, other: string | undefined): InvalidInput {
  const instead = other === undefined ? 'nothing does' : `run ${other} does`;
  return invalidInput('releaseHold', [`run: run ${run} does not hold ${env.definition.name}; ${instead}`]);
}
