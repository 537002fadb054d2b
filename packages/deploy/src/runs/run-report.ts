import { err, errAsync, ok, Result, type ResultAsync } from 'neverthrow';
import { type Environment, internals, type JsonValue } from '../environment/environment.js';
import type { InvalidInput, NextAction, RunStoreFailed, Situation } from '../errors.js';
import { environmentRedactor } from '../reports/redact.js';
import { factsAfter, noFacts, type RunFacts } from '../reports/run-facts.js';
import { environmentProblems, invalidInput } from './as-run.js';
import { type Journal, type JournalError, type JournalOutcome, type JournalStep, type JournalWait, readJournal } from './journal.js';
import { nextAction } from './next-actions.js';
import { noSuchRun } from './no-such-run.js';
import { summaryOf } from './perform-step.js';
import { restorePointOf } from './situation.js';
import { keyOf, unreadable } from './store-document.js';

/** A run as its journal tells it. Plain JSON; times are ISO strings of the environment's clock. */
export interface RunReport {
  readonly run: string;
  readonly recipe: string;
  readonly environment: string;
  /** Version of this library that began it. */
  readonly library: string;
  readonly options: JsonValue;
  /** `not-ended`: it is at work, or its process is dead; the journal does not tell which. */
  readonly outcome: 'succeeded' | 'failed' | 'not-ended';
  /** One line about what it has done; empty where its report has none. */
  readonly summary: string;
  readonly startedAt: string;
  /** null while it has not ended. */
  readonly endedAt: string | null;
  /** From its beginning to its end, holds in between included; null while it has not ended. */
  readonly seconds: number | null;
  /** Who began it, and after that each who continued it. */
  readonly attempts: readonly RunAttempt[];
  /** Each attempt at each step, in the order in which the steps were begun, then those that put things back. */
  readonly steps: readonly RunReportStep[];
  /** From the proof that visitors were kept out until the one that they are let in; null: this run has not closed the gate. */
  readonly window: RunWindow | null;
  readonly versions: RunVersions;
  /** Identifier of the snapshot to go back to. */
  readonly restorePoint: string | null;
  /** What failed last: of a run that has succeeded, after which it was continued. */
  readonly failure: RunReportFailure | null;
  /** Where it has left the environment; null unless it has failed. */
  readonly situation: Situation | null;
  /** The hold that it has left; null where it has left none, or was let go of since. */
  readonly hold: RunHold | null;
  /** Who let go of it, and why: it cannot be resumed. */
  readonly released: RunReleased | null;
  /** What can be done next, where something is left to do. */
  readonly nextActions: readonly NextAction[];
}

export interface RunAttempt {
  readonly at: string;
  /** `anna@build-7`, `github-actions run 4711`. */
  readonly actor: string;
  /** Options of this attempt only. */
  readonly changedOptions?: JsonValue | undefined;
}

export interface RunReportStep {
  readonly name: string;
  /** It put something back after a failure. */
  readonly puttingBack: boolean;
  /** `open`: it has not ended, or was cut off. */
  readonly status: 'open' | 'done' | 'failed';
  readonly startedAt: string;
  readonly endedAt: string | null;
  /** Not counting what a clock jumped. */
  readonly seconds: number | null;
  /** A change was about to be sent. */
  readonly changed: boolean;
  /** One line about what it did or why it failed; empty where it has none. */
  readonly summary: string;
  readonly waits: readonly RunReportWait[];
}

/** A wait that came to its end: others are not journalled, nor is one that had nothing to wait for. */
export interface RunReportWait {
  readonly waitingFor: string;
  readonly seconds: number;
  /** null in journals of before this was noted. */
  readonly startedAt: string | null;
  readonly endedAt: string | null;
}

export interface RunWindow {
  readonly closedAt: string;
  /** null: visitors are still kept out by it, as far as it knows. */
  readonly openedAt: string | null;
  readonly seconds: number | null;
}

export interface RunVersions {
  /** service -> the version that it was found on, where that is known */
  readonly before: Readonly<Record<string, string>>;
  readonly deployed: string | null;
  /** The version that the database was migrated to. */
  readonly migrated: string | null;
}

export interface RunReportFailure {
  readonly step: string;
  readonly kind: string;
  readonly message: string;
  readonly remedy: string;
  /** Of a migration: what its task wrote last; empty where nothing of it could be read. */
  readonly lastLines: readonly string[];
  /** Of a migration: what the database logged as errors meanwhile. */
  readonly databaseErrors: readonly string[];
}

export interface RunHold {
  readonly since: string;
  readonly reason: string;
}

export interface RunReleased {
  readonly at: string;
  readonly actor: string;
  readonly reason: string;
}

export type RunReportError = InvalidInput | RunStoreFailed;

/**
 * What a run has done, from its journal alone: its steps and waits, who began and continued it, how long visitors were kept out, versions,
 * restore point, what failed, and what can be done next. Asks AWS nothing and changes nothing; a run that is at work is told as far as it is.
 *
 * What it gives is JSON; `renderRun` makes a timeline of it, `renderRunMarkdown` Markdown, `renderRunHtml` a page.
 *
 * ```ts
 * const report = await runReport(env, '20261123-080005-2cl2');
 * if (report.isOk()) await writeFile('run.html', renderRunHtml(report.value));
 * ```
 *
 * Errors: InvalidInput when there is no such run, which names the last ones; RunStoreFailed, also where what is there is no journal.
 */
export function runReport(env: Environment, runId: string): ResultAsync<RunReport, RunReportError> {
  const problems = [...environmentProblems(env), ...(typeof runId === 'string' && runId !== '' ? [] : ['runId: expected the identifier of a run'])];
  if (problems.length > 0) return errAsync(invalidInput('runReport', problems));
  const { runStore } = env[internals];
  const key = keyOf.journal(env.definition.name, runId);
  // whoever edits a journal by hand may leave anything there
  const told = Result.fromThrowable((journal: Journal) => (hasItsTimes(journal) ? reportOf(env, journal) : null), () => unreadable(runStore, key));
  return readJournal(runStore, key).andThen((stored): ResultAsync<RunReport, RunReportError> | Result<RunReport, RunReportError> => {
    if (stored === null) return runStore.list(keyOf.journals(env.definition.name)).andThen((keys) => errAsync(noSuchRun(env, 'runReport', runId, keys)));
    return told(stored.value).andThen((report) => (report === null ? err(unreadable(runStore, key)) : ok(environmentRedactor(env)(report))));
  });
}

/** What a picture of it cannot do without. */
function hasItsTimes(journal: Journal): boolean {
  if (journal.format !== 1 || ![journal.attempts, journal.steps, journal.putBack].every((list) => Array.isArray(list))) return false;
  const times = [journal.startedAt, ...[journal.outcome, journal.released].flatMap((end) => (end === undefined ? [] : [end.at])), ...journal.attempts.map(({ at }) => at), ...[...journal.steps, ...journal.putBack].flatMap(({ startedAt, earlier = [] }) => [startedAt, ...earlier.map((attempt) => attempt.startedAt)])];
  return times.every((iso) => !Number.isNaN(Date.parse(iso)));
}

function reportOf(env: Environment, journal: Journal): RunReport {
  const { run, recipe, environment, library, options, startedAt, outcome, released } = journal;
  const facts = factsOf(journal);
  const hold = holdOf(journal);
  return {
    run,
    recipe,
    environment,
    library,
    options,
    outcome: outcome?.status ?? 'not-ended',
    summary: outcome?.status === 'succeeded' ? summaryOf(outcome.report) : '',
    startedAt,
    endedAt: outcome?.at ?? null,
    seconds: outcome === undefined ? null : secondsBetween(startedAt, outcome.at),
    attempts: journal.attempts.map(({ at, by, changedOptions }) => ({ at, actor: by.actor, ...(changedOptions === undefined ? {} : { changedOptions }) })),
    steps: [...journal.steps.flatMap((step) => reportedSteps(step, false)), ...journal.putBack.flatMap((step) => reportedSteps(step, true))],
    window: windowOf(facts),
    versions: { before: facts.before, deployed: facts.deployed, migrated: facts.migrated },
    restorePoint: restorePointOf(journal) ?? facts.restorePoint,
    failure: failureOf(journal),
    situation: outcome?.status === 'failed' ? outcome.situation : null,
    hold,
    released: released === undefined ? null : { at: released.at, actor: released.by.actor, reason: released.reason },
    nextActions: nextActionsOf(env, journal, facts),
  };
}

function factsOf({ steps, putBack, outcome }: Journal): RunFacts {
  const reports = [...[...steps, ...putBack].map(({ report }) => report), ...(outcome?.status === 'succeeded' ? [outcome.report] : [])];
  return reports.reduce(factsAfter, noFacts);
}

/** Each attempt with the waits that came to their end in it. */
function reportedSteps(step: JournalStep, puttingBack: boolean): readonly RunReportStep[] {
  const { earlier = [], waits, ...last } = step;
  const attempts = [...earlier.map((attempt) => ({ ...last, report: undefined, ...attempt })), last];
  const attemptAt = ({ endedAt }: JournalWait) => (endedAt === undefined ? attempts.length - 1 : Math.max(0, attempts.findLastIndex(({ startedAt }) => Date.parse(startedAt) <= Date.parse(endedAt))));
  return attempts.map((attempt, index) => reportedStep({ ...attempt, waits: waits.filter((wait) => attemptAt(wait) === index) }, puttingBack));
}

function reportedStep({ name, status, startedAt, seconds, changed, report, error, waits }: JournalStep, puttingBack: boolean): RunReportStep {
  const over = status !== 'open' && seconds !== undefined;
  return {
    name,
    puttingBack,
    status,
    startedAt,
    endedAt: over ? after(startedAt, seconds) : null,
    seconds: over ? seconds : null,
    changed,
    summary: status === 'failed' ? (error?.message ?? '') : summaryOf(report),
    waits: waits.map(reportedWait),
  };
}

function reportedWait({ waitingFor, seconds, endedAt }: JournalWait): RunReportWait {
  return { waitingFor, seconds, startedAt: endedAt === undefined ? null : after(endedAt, -seconds), endedAt: endedAt ?? null };
}

function windowOf({ closedAt, openedAt }: RunFacts): RunWindow | null {
  return closedAt === null ? null : { closedAt, openedAt, seconds: openedAt === null ? null : secondsBetween(closedAt, openedAt) };
}

function failureOf({ failure }: Journal): RunReportFailure | null {
  if (failure === undefined) return null;
  const { kind, message, remedy, lastLines, databaseErrors }: JournalError & { readonly lastLines?: unknown; readonly databaseErrors?: unknown } = failure.error;
  return { step: failure.step, kind, message, remedy, lastLines: textsOf(lastLines), databaseErrors: textsOf(databaseErrors) };
}

/** An error may be of the caller's own making. */
function textsOf(lines: unknown): readonly string[] {
  return Array.isArray(lines) ? lines.filter((line) => typeof line === 'string') : [];
}

function holdOf({ outcome, released, failure }: Journal): RunHold | null {
  if (released !== undefined || outcome?.status !== 'failed' || outcome.situation.left !== 'hold') return null;
  return { since: outcome.at, reason: `${outcome.situation.step} failed: ${failure?.error.message ?? ''}` };
}

function nextActionsOf(env: Environment, journal: Journal, facts: RunFacts): readonly NextAction[] {
  const { run, recipe, outcome, released } = journal;
  if (released !== undefined) return [];
  if (outcome !== undefined) return ended(outcome, facts);
  // a run of one step is called once more, and not resumed
  if (journal.steps.some(({ name }) => name === journal.recipe)) return [];
  return [nextAction(env, 'resume', 'If its process is dead, continue the run', { run, recipe })];
}

function ended(outcome: JournalOutcome, { nextActions }: RunFacts): readonly NextAction[] {
  return outcome.status === 'succeeded' ? nextActions : outcome.situation.nextActions;
}

function after(iso: string, seconds: number): string {
  return new Date(Date.parse(iso) + seconds * 1000).toISOString();
}

/** What is left of two times when a clock was set back in between. */
function secondsBetween(from: string, to: string): number {
  return Math.max(0, Date.parse(to) - Date.parse(from)) / 1000;
}
