import { err, ok, type Result, ResultAsync } from 'neverthrow';
import { isoTime, steadyNow } from '../clock.js';
import type { Environment, JsonValue } from '../environment/environment.js';
import { expectedGot } from '../environment/validate.js';
import type { Aborted, LockLost, RunStoreFailed, Unexpected } from '../errors.js';
import { environmentRedactor } from '../reports/redact.js';
import { invalidInput } from './as-run.js';
import type { JournalError } from './journal.js';
import { type StepList, withStep, withStepOpened } from './journal-keeper.js';
import { asJson, jsonProblems } from './json.js';
import type { Session } from './session.js';
import type { InvalidInput } from '../errors.js';

export type PerformError = InvalidInput | LockLost | RunStoreFailed | Aborted | Unexpected;

/** Runs one step of a run: journalled before and after, its events told. The report is what a replay would give. */
export function performStep<T, E>(session: Session, list: StepList, name: string, call: (env: Environment) => ResultAsync<T, E>): ResultAsync<T, E | PerformError> {
  return new ResultAsync(perform(session, list, name, call));
}

async function perform<T, E>(session: Session, list: StepList, name: string, call: (env: Environment) => ResultAsync<T, E>): Promise<Result<T, E | PerformError>> {
  const { env, journal } = session;
  if (env.signal.aborted) return err(abortedBefore(name));
  const opened = await journal.enter(withStepOpened(list, name, { startedAt: isoTime(env.clock), suspendedBefore: session.suspendedBefore }));
  if (opened.isErr()) return err(opened.error);
  env.emit({ type: 'step-started', step: name });
  const begun = session.suspendedBefore ? beginningOf(session, list, name) : steadyNow(env.clock);
  const redact = environmentRedactor(env);
  const answer = (await guarded(name, () => call(session.envOf(list, name)))).andThen((report) => reportAsJson(name, report));
  const result = (await asWhoHasTheLock(session, answer)).map(redact).mapErr(redact);
  const seconds = (steadyNow(env.clock) - begun) / 1000;
  return result.isOk() ? succeed(session, list, name, { seconds, report: result.value }) : fail(session, list, name, { seconds, error: result.error });
}

/** To a process that slept while its run was taken over, what was done since looks as if a stranger had changed it. */
async function asWhoHasTheLock<T, E>({ lock }: Session, answer: Result<T, E>): Promise<Result<T, E | LockLost>> {
  if (answer.isOk() || !isForeignChange(answer.error)) return answer;
  const held = await lock.hold();
  return held.isErr() ? err(held.error) : answer;
}

function isForeignChange(error: unknown): boolean {
  const { kind, reason } = (typeof error === 'object' && error !== null ? error : {}) as { readonly kind?: unknown; readonly reason?: unknown };
  return kind === 'Conflict' && reason === 'foreign-change';
}

/** In steady time: what was suspended began before this process did. */
function beginningOf({ env: { clock }, journal: { journal } }: Session, list: StepList, name: string): number {
  const startedAt = journal[list].find((step) => step.name === name)?.startedAt;
  return steadyNow(clock) - Math.max(0, clock.now() - Date.parse(startedAt ?? isoTime(clock)));
}

/** The call's result, also when it throws, or gives none: who writes JavaScript, or casts, may return anything. */
export async function guarded<T, E>(operation: string, call: () => PromiseLike<Result<T, E>>): Promise<Result<T, E | Unexpected>> {
  try {
    const result = await call();
    return isResult(result) ? result : err(gaveNoResult(operation, result));
  } catch (thrown) {
    return err(threw(operation, thrown));
  }
}

function reportAsJson<T>(name: string, report: T): Result<T, InvalidInput> {
  const problems = jsonProblems(report, 'report');
  return problems.length === 0 ? ok(asJson(report)) : err(invalidInput(`step ${name}`, problems));
}

async function succeed<T>(session: Session, list: StepList, name: string, { seconds, report }: { readonly seconds: number; readonly report: T }): Promise<Result<T, PerformError>> {
  const entered = await session.journal.enter(withStep(list, name, (step) => ({ ...step, status: 'done', seconds, report: report as JsonValue })));
  if (entered.isErr()) return err(entered.error);
  session.env.emit({ type: 'step-succeeded', step: name, seconds, summary: summaryOf(report), replayed: false });
  return ok(report);
}

/** The step's own error is what the caller gets, also when it cannot be journalled. */
async function fail<E>(session: Session, list: StepList, name: string, { seconds, error }: { readonly seconds: number; readonly error: E }): Promise<Result<never, E>> {
  const journalled = asError(error);
  session.env.emit({ type: 'step-failed', step: name, seconds, message: journalled.message, remedy: journalled.remedy });
  await session.journal.enter(withStep(list, name, (step) => ({ ...step, status: 'failed', seconds, error: journalled }))).unwrapOr(undefined);
  return err(error);
}

/** One line about a step, if its report has one. */
export function summaryOf(report: unknown): string {
  const summary = typeof report === 'object' && report !== null && 'summary' in report ? report.summary : '';
  return typeof summary === 'string' ? summary : '';
}

/** What any error says of itself, for journals and events. */
export function asError(error: unknown): JournalError {
  const { kind, message, remedy } = (typeof error === 'object' && error !== null ? error : {}) as Partial<JournalError>;
  const details = typeof error === 'object' && error !== null && jsonProblems(error, 'error').length === 0 ? asJson(error) : {};
  return { ...details, kind: kind ?? 'Failed', message: message ?? String(error), remedy: remedy ?? '' };
}

/** An error that fields can be added to: a text, or an Error whose message a copy would lose, says itself what `asError` says of it. */
export function asObject(error: unknown): object {
  if (error instanceof Error) return { ...error, ...asError(error) };
  return typeof error === 'object' && error !== null ? error : asError(error);
}

function abortedBefore(name: string): Aborted {
  return {
    kind: 'Aborted',
    waitingFor: `step ${name} to begin`,
    message: `aborted before step ${name} began`,
    remedy: 'Nothing is undone by an abort: read the state, then resume the run or release its hold.',
  };
}

function isResult(value: unknown): boolean {
  const { isOk, isErr } = (value ?? {}) as Partial<Result<unknown, unknown>>;
  return typeof isOk === 'function' && typeof isErr === 'function';
}

function gaveNoResult(operation: string, returned: unknown): Unexpected {
  const problem = expectedGot('a Result, such as ok(report)', returned);
  return {
    kind: 'Unexpected',
    operation,
    message: `${operation} returned no Result: ${problem}`,
    remedy: 'Return ok(report) where it went well, and err(error) where it did not; what a step is given returns a ResultAsync.',
    cause: { name: 'TypeError', message: problem },
  };
}

function threw(operation: string, thrown: unknown): Unexpected {
  const { name, message } = thrown instanceof Error ? thrown : { name: 'thrown', message: String(thrown) };
  return {
    kind: 'Unexpected',
    operation,
    message: `${operation} threw ${name}: ${message}`,
    remedy: 'A step gives its errors as values: whatever can throw goes through fromThrowable or fromPromise. If the step is of this library, this is a defect of it.',
    cause: { name, message },
  };
}
