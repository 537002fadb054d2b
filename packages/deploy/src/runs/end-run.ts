import { err, ok, okAsync, type Result, type ResultAsync } from 'neverthrow';
import { isoTime } from '../clock.js';
import type { Environment, JsonValue } from '../environment/environment.js';
import type { LockLost, RunStoreFailed, Situation } from '../errors.js';
import { distributionsAreAway } from '../gate/change-distributions.js';
import { rulesAreAway } from '../gate/change-rules.js';
import { awayText } from './baseline.js';
import type { FailureAction } from './failure-action.js';
import { liftHold, readHold, setHold } from './hold.js';
import { endInfrastructureLock } from './infrastructure-lock.js';
import { factOf, type JournalError } from './journal.js';
import { asError, summaryOf } from './perform-step.js';
import type { Session } from './session.js';
import { observed, situationOf } from './situation.js';

/** Ends a run that has done its work: journals the report, and lifts the hold it was to lift. */
export async function endInSuccess(session: Session, report: unknown): Promise<Result<void, RunStoreFailed | LockLost>> {
  const { env, journal, lock } = session;
  const discarded = await discardDone(session);
  if (discarded.isErr()) return err(discarded.error);
  const at = isoTime(env.clock);
  const entered = await journal.enter((before) => ({ ...before, outcome: { status: 'succeeded', at, report: (report ?? null) as JsonValue } }));
  if (entered.isErr()) return err(entered.error);
  // whoever has taken the run over meanwhile may have gone on, and a hold be another's
  const lifted = await lock.hold().andThen(() => liftHold(session.env, session.supersedes));
  if (lifted.isErr()) return err(lifted.error);
  env.emit({ type: 'run-succeeded', recipe: journal.journal.recipe, seconds: secondsOf(session), summary: summaryOf(report), report: report as JsonValue });
  await endInfrastructureLock(env, lock).unwrapOr(undefined);
  // what is left of a lock that cannot be removed expires
  await lock.release().unwrapOr(undefined);
  return ok(undefined);
}

/** What was found is of no more use once nothing is away from it: the next run finds for itself. */
function discardDone({ baseline }: Session): ResultAsync<void, RunStoreFailed | LockLost> {
  return baseline.baseline?.putAside.length === 0 ? baseline.discard() : okAsync(undefined);
}

export interface FailedRun {
  readonly step: string;
  readonly error: unknown;
  /** What is to be done about it, when anything may be. */
  readonly does: FailureAction;
  readonly putBack: (session: Session, does: FailureAction) => ResultAsync<void, { readonly step: string; readonly message: string }>;
}

export interface FailedEnding {
  readonly situation: Situation;
  /** What went wrong while putting things back, to be added to what failed first. */
  readonly alsoFailed?: string | undefined;
}

/** Ends a run in which something failed: puts back what is to be put back, else holds. The first cause is what the caller gets. */
export async function endInFailure(session: Session, failed: FailedRun): Promise<FailedEnding> {
  const { journal, lock } = session;
  const writable = asError(failed.error).kind !== 'LockLost' && (await lock.hold()).isOk();
  if (!writable) return endWithoutLock(session, failed);
  const entered = await journal.enter((before) => ({ ...before, failure: { step: failed.step, error: asError(failed.error), does: failed.does } }));
  if (entered.isErr()) return endWithoutLock(session, failed);
  const { left, alsoFailed } = await act(session, failed);
  await discardDone(session).unwrapOr(undefined);
  const situation = await record(session, { ...failed, left, alsoFailed });
  return alsoFailed === undefined ? { situation } : { situation, alsoFailed };
}

/** Nothing may be written any more. A lock that nobody has taken is left to expire, which keeps everybody else away until somebody has looked. */
async function endWithoutLock(session: Session, failed: FailedRun): Promise<FailedEnding> {
  session.lock.abandon();
  const { step, error } = failed;
  const left = session.lock.isTaken() ? 'taken-over' : 'hold';
  const situation = await asOthersLeftIt(session, await observed(session, await situationOf(session, { step, error, does: 'hold', left })));
  tellFailure(session, failed, situation);
  return { situation };
}

/** Who has taken a run over may have left its hold by now, or another's. */
async function asOthersLeftIt(session: Session, situation: Situation): Promise<Situation> {
  if (situation.left === 'hold') return situation;
  const { heldBy, ...beside } = await besideHold(session, situation);
  if (heldBy === session.journal.journal.run) return { ...beside, left: 'hold' };
  return { ...beside, ...(heldBy === undefined ? {} : { heldBy }) };
}

interface Acted {
  readonly left: Situation['left'];
  readonly alsoFailed?: string | undefined;
}

async function act(session: Session, { step, error, does, putBack }: FailedRun): Promise<Acted> {
  if (does === 'nothing') return { left: 'untouched' };
  if (does === 'hold') return { left: 'hold' };
  if (does === 'undone') return afterUndo(session, asError(error).kind);
  session.env.emit({ type: 'undoing', why: `${step} failed` });
  const back = await putBack(session, does);
  if (back.isErr()) return { left: 'hold', alsoFailed: `Putting things back failed too, at ${back.error.step}: ${back.error.message}` };
  if (does === 'close-and-hold') return { left: 'hold' };
  const away = (session.baseline.baseline?.putAside ?? []).filter((key) => key !== 'gate' || closedGate(session));
  return away.length === 0 ? { left: 'as-found' } : { left: 'hold', alsoFailed: `Not put back: ${awayText(away)}.` };
}

/** A gate that an earlier run has closed is what this one found. */
function closedGate({ journal }: Session): boolean {
  return factOf(journal.journal, 'gateClosed') === true;
}

/**
 * A step that has undone its own changes leaves what was found, unless something else is away from it, the step could not or must not undo
 * them, or another run's hold was there before.
 */
async function afterUndo({ env, baseline, journal }: Session, kind: string): Promise<Acted> {
  const others = (baseline.baseline?.putAside ?? []).filter((key) => key !== 'gate');
  const hold = await readHold(env).unwrapOr(null);
  const heldByAnother = hold !== null && hold.value.run !== journal.journal.run;
  if (kind === 'PartialChange' || others.length > 0 || heldByAnother || rulesAreAway(journal.journal.steps) || distributionsAreAway(journal.journal.steps)) return { left: 'hold' };
  if (baseline.baseline?.byRun === journal.journal.run) await baseline.discard().unwrapOr(undefined);
  return { left: 'as-found' };
}

/** The hold is written before AWS is asked where things stand: the process may have seconds left. Putting back may have ended because somebody else has the lock. */
async function record(session: Session, ended: FailedRun & Acted): Promise<Situation> {
  const { env, journal, lock } = session;
  if ((await lock.hold()).isErr()) return (await endWithoutLock(session, ended)).situation;
  const known = await situationOf(session, ended);
  const marked = await mark(session, ended, known);
  const situation = await besideHold(session, await observed(session, known));
  const outcome = await journal.enter((before) => ({ ...before, outcome: { status: 'failed', at: isoTime(env.clock), situation } }));
  if (outcome.isErr() && outcome.error.kind === 'LockLost') return (await endWithoutLock(session, ended)).situation;
  const again = ended.left === 'hold' ? await mark(session, ended, situation) : ok(undefined);
  if (ended.left === 'hold') env.emit({ type: 'hold-set', reason: holdReason(ended), nextActions: situation.nextActions });
  tellFailure(session, ended, situation);
  if (marked.isErr() || outcome.isErr() || again.isErr()) return abandoned(lock, situation);
  await endInfrastructureLock(env, lock).unwrapOr(undefined);
  await lock.release().unwrapOr(undefined);
  return situation;
}

function abandoned(lock: Session['lock'], situation: Situation): Situation {
  lock.abandon();
  return situation;
}

/** Where another run's hold was there before, it is that one which says what can be done next. */
async function besideHold({ env }: Session, situation: Situation): Promise<Situation> {
  const hold = situation.left === 'hold' ? null : await readHold(env).unwrapOr(null);
  return hold === null ? situation : { ...situation, heldBy: hold.value.run, nextActions: hold.value.situation.nextActions };
}

/** Leaves the hold of another run in place: that run is still to be continued. */
function mark(session: Session, ended: FailedRun & Acted, situation: Situation): ResultAsync<void, RunStoreFailed> {
  const { env, journal, supersedes, continuedBy } = session;
  const { run, recipe } = journal.journal;
  if (ended.left === 'untouched') return okAsync(undefined);
  if (ended.left === 'as-found') return liftHold(session.env, session.supersedes);
  return readHold(env).andThen((hold) =>
    hold === null || supersedes(hold.value) ? setHold(env, { run, recipe, reason: holdReason(ended), since: isoTime(env.clock), continuedBy, situation }) : okAsync(undefined),
  );
}

function holdReason({ step, error, alsoFailed }: FailedRun & Acted): string {
  return [`${step} failed: ${asError(error).message}`, ...(alsoFailed === undefined ? [] : [alsoFailed])].join(' ');
}

function tellFailure(session: Session, { error }: { readonly error: unknown }, situation: Situation): void {
  const { env, journal } = session;
  const told: JournalError = asError(error);
  env.emit({ type: 'run-failed', recipe: journal.journal.recipe, seconds: secondsOf(session), error: told, situation });
}

function secondsOf({ env, journal }: { readonly env: Environment; readonly journal: Session['journal'] }): number {
  return Math.max(0, env.clock.now() - Date.parse(journal.journal.startedAt)) / 1000;
}
