import { err, errAsync, ok, okAsync, type Result, ResultAsync } from 'neverthrow';
import { steadyNow } from '../clock.js';
import { putBack } from '../recipes/put-back.js';
import { type Environment, internals, type JsonValue } from '../environment/environment.js';
import { objectProblems } from '../environment/validate.js';
import type { Aborted, Conflict, InvalidInput, RunError, RunStoreFailed } from '../errors.js';
import { factsAfter, noFacts } from '../reports/run-facts.js';
import { environmentProblems, invalidInput } from './as-run.js';
import { notBegun, partsOf, type Recipe } from './define-recipe.js';
import { endInFailure } from './end-run.js';
import { completed, executeRecipe, type RecipeParts } from './execute-recipe.js';
import { type Hold, liftHold, refuseWhileHeld } from './hold.js';
import { endInfrastructureLock } from './infrastructure-lock.js';
import { type Journal, readJournal } from './journal.js';
import { jsonProblems } from './json.js';
import { acquireLock, isDead, isLeftForUs, type Lock, type LockClaim, lockConflict, lockSeconds, readLock, takeOverLock } from './lock.js';
import { lockTime } from './lock-time.js';
import { nextAction } from './next-actions.js';
import { whatIsLeft } from './release-hold.js';
import { noSuchRun } from './no-such-run.js';
import { type ContinuedRun, continueSession, reasonOf, type Session } from './session.js';
import { keyOf, type Stored } from './store-document.js';

/**
 * Continues a run that was left held, or whose process died. The body runs again with the journalled options: finished steps answer with
 * their journalled report, the step that failed or was interrupted is called again, and the rest follows. A run that was putting things
 * back goes on with that instead, and gives the error that made it. A run that has succeeded gives its report again, and notes say so.
 *
 * `changes` are options for this attempt only, such as `{ retryMigration: true }`. While the lock of a dead process has not expired it is
 * waited for (up to 2 minutes), unless the run store proves that the process is gone.
 *
 * Errors, besides the recipe's: InvalidInput when this is no recipe, when there is no such run, when it is another recipe's, or when it has nothing to continue;
 * Conflict while it is at work, when another run has or holds the environment, when somebody else has the infrastructure code's lock, or when
 * the recipe's steps are not those of the journal (`recipe-changed`).
 */
export function resume<O, T, E>(env: Environment, recipe: Recipe<O, T, E>, runId: string, changes: Partial<NoInfer<O>> = {}): ResultAsync<T, E> {
  return new ResultAsync(resumeRun(env, recipe, runId, changes)) as ResultAsync<T, E>;
}

async function resumeRun(env: Environment, recipe: unknown, runId: string, changes: object): Promise<Result<unknown, unknown>> {
  const known = partsOf(recipe, 'resume');
  if (known.isErr()) return err(notBegun(known.error));
  const parts = known.value;
  const problems = [...environmentProblems(env), ...(typeof runId === 'string' && runId !== '' ? [] : ['runId: expected the identifier of a run']), ...objectProblems('changes', changes)];
  if (problems.length > 0) return err(notBegun(invalidInput('resume', problems)));
  const journal = await findJournal(env, parts, runId);
  if (journal.isErr()) return err(notBegun(journal.error));
  const { outcome, released } = journal.value.value;
  if (released !== undefined) return err(await refuseReleased(env, runId, released));
  if (outcome?.status === 'succeeded') return giveAgain(env, parts, runId, outcome.report);
  const options = { ...(journal.value.value.options as object), ...changes };
  const wrong = [...jsonProblems(changes, 'changes'), ...parts.validate(env.definition, options as never)];
  if (wrong.length > 0) return err(notBegun(invalidInput('resume', wrong)));
  const session = await takeOver(env, parts, journal.value, changes);
  if (session.isErr()) return err(notBegun(session.error));
  const { failure, steps } = session.value.journal.journal;
  if (failure !== undefined && (failure.does === 'reopen' || failure.does === 'start-and-reopen')) return goOnPuttingBack(session.value, parts, failure);
  return executeRecipe(session.value, env, { parts, options, journalled: steps });
}

/** The journal of a run that this recipe can continue. */
function findJournal(env: Environment, parts: RecipeParts, runId: string): ResultAsync<Stored<Journal>, InvalidInput | RunStoreFailed> {
  const { runStore } = env[internals];
  const { name } = env.definition;
  return readJournal(runStore, keyOf.journal(name, runId)).andThen((journal): ResultAsync<Stored<Journal>, InvalidInput | RunStoreFailed> => {
    if (journal === null) return runStore.list(keyOf.journals(name)).andThen((keys) => errAsync(noSuchRun(env, 'resume', runId, keys)));
    const { recipe, outcome, released } = journal.value;
    if (recipe !== parts.name) return errAsync(invalidInput('resume', [`runId: run ${runId} is one of ${recipe}, not of ${parts.name}`]));
    if (released === undefined && outcome?.status === 'failed' && outcome.situation.left !== 'hold') {
      return errAsync(invalidInput('resume', [`runId: run ${runId} has ended and left ${env.definition.name} ${outcome.situation.left}: start a new run`]));
    }
    return okAsync(journal);
  });
}

/** What works instead is looked up anew: something may have been done since. */
async function refuseReleased(env: Environment, runId: string, { at, by, reason }: NonNullable<Journal['released']>): Promise<unknown> {
  const ways = await whatIsLeft(env, runId).unwrapOr(null);
  const nextActions = ways?.nextActions ?? [];
  const problem = `run ${runId} was let go of by ${by.actor} at ${at} (${reason}), and cannot be resumed`;
  const remedy = nextActions.length === 0 ? 'Look at the environment as it is, then start a new run.' : 'The environment is as that run has left it: go on from there as told here, or start a new run.';
  const refused = notBegun({ ...invalidInput('resume', [`runId: ${problem}`]), message: `${problem}. Nothing was changed.`, remedy });
  return { ...refused, situation: { ...refused.situation, nextActions } };
}

/** A process that died between its last entry and the release of its lock has left nothing to do but to lift its hold and that. */
async function giveAgain(env: Environment, { supersedesHolds }: RecipeParts, runId: string, report: unknown): Promise<Result<unknown, unknown>> {
  const lock = await readLock(env).unwrapOr(null);
  const ownLock = lock?.value.run === runId ? lock : null;
  // without its lock it has come to its end: another run's hold is a later one then
  const lifted = await liftHold(env, (hold) => hold.run === runId || (supersedesHolds && ownLock !== null));
  if (lifted.isErr()) return err(notBegun(lifted.error));
  if (ownLock !== null && isDead(env, ownLock.value)) await letGo(env, ownLock);
  env.emit({ type: 'note', message: `Run ${runId} has succeeded before: nothing was done again.` });
  for (const { text, command } of factsAfter(noFacts, report as JsonValue).nextActions) env.emit({ type: 'note', message: text, command });
  return ok(report);
}

async function letGo(env: Environment, dead: Stored<Lock>): Promise<void> {
  const { run, recipe, reason, continuedBy } = dead.value;
  const lock = await takeOverLock(env, { run, recipe, reason, continuedBy }, dead);
  // somebody else does it at this moment
  if (lock.isErr()) return;
  await endInfrastructureLock(env, lock.value).unwrapOr(undefined);
  await lock.value.release().unwrapOr(undefined);
}

async function takeOver(env: Environment, parts: RecipeParts, journal: Stored<Journal>, changes: object): Promise<Result<Session, RunError>> {
  const { run } = journal.value;
  // a recipe that is the way back from a hold began while another run's was there
  const supersedes = (hold: Hold) => hold.run === run || parts.supersedesHolds;
  const held = await refuseWhileHeld(env, supersedes);
  if (held.isErr()) return err(held.error);
  const { recipe, options } = journal.value;
  const claim = { run, recipe, reason: reasonOf(recipe, options), continuedBy: parts.continuedBy };
  const taken = await takeLock(env, claim);
  if (taken.isErr()) return err(taken.error);
  const changedOptions = Object.keys(changes).length === 0 ? undefined : (changes as JsonValue);
  return continueSession(env, { ...taken.value, claim, journal, changedOptions, supersedes, continuedBy: claim.continuedBy });
}

async function takeLock(env: Environment, claim: LockClaim): Promise<Result<Pick<ContinuedRun, 'lock' | 'takenOver' | 'suspendedBefore'>, RunError>> {
  const found = await readLock(env);
  if (found.isErr()) return err(found.error);
  if (found.value === null) return acquireLock(env, claim).map((lock) => ({ lock, takenOver: false, suspendedBefore: false }));
  if (found.value.value.run !== claim.run) return err(lockConflict(env, found.value.value));
  const dead = await awaitDead(env, found.value);
  return dead.isErr() ? err(dead.error) : takeOverLock(env, claim, dead.value).map((lock) => ({ lock, takenOver: true, suspendedBefore: isLeftForUs(env, dead.value.value) }));
}

/**
 * Waits until the lock has expired, or was not renewed for as long as a lock lives: its stamp may be of a clock that was ahead. One that was left
 * for an execution has the time that that is to wait besides. One that is renewed meanwhile has a holder that lives.
 */
export async function awaitDead(env: Environment, lock: Stored<Lock>): Promise<Result<Stored<Lock>, Conflict | RunStoreFailed | Aborted>> {
  const waitingFor = `the lock of run ${lock.value.run} to expire`;
  const begun = steadyNow(env.clock);
  const waited = () => steadyNow(env.clock) - begun;
  const longest = lockSeconds.lives + (lock.value.suspendedSeconds ?? 0);
  let announced = false;
  while (!isDead(env, lock.value) && !isLeftForUs(env, lock.value) && waited() < longest * 1000) {
    if (!announced) env.emit({ type: 'waiting', waitingFor, seen: `held by ${lock.value.holder.actor} until ${lock.value.expiresAt}`, timeoutSeconds: longest });
    announced = true;
    const left = Date.parse(lock.value.expiresAt) - lockTime(env);
    await env.clock.sleep(Math.max(1, Math.min(left, 5_000)), env.signal).catch(() => undefined);
    if (env.signal.aborted) return err(abortedWhile(waitingFor));
    const now = await readLock(env);
    if (now.isErr()) return err(now.error);
    if (now.value === null || now.value.etag !== lock.etag) return err(lockConflict(env, now.value?.value ?? lock.value));
  }
  if (announced) env.emit({ type: 'wait-ended', waitingFor, seconds: waited() / 1000 });
  return ok(lock);
}

function abortedWhile(waitingFor: string): Aborted {
  return { kind: 'Aborted', waitingFor, message: `aborted while waiting for ${waitingFor}`, remedy: 'Nothing was changed: resume again.' };
}

/** The run had failed and was putting things back when its process died, or when that failed too. */
async function goOnPuttingBack(session: Session, parts: RecipeParts, failure: NonNullable<Journal['failure']>): Promise<Result<never, unknown>> {
  const { run } = session.journal.journal;
  session.env.emit({ type: 'run-started', recipe: parts.name, resumed: true, steps: [], resumedBy: nextAction(session.env, 'resume', 'Continue the run', { run, recipe: parts.name }) });
  const { situation, alsoFailed } = await endInFailure(session, { ...failure, putBack });
  return err(completed(failure.error, run, situation, alsoFailed));
}
