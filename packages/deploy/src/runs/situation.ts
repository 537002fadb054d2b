import { systemClock } from '../clock.js';
import { type Environment, internals, type RunFact } from '../environment/environment.js';
import type { MigrationFailed, NextAction, Situation } from '../errors.js';
import { factsAfter, noFacts } from '../reports/run-facts.js';
import { type EnvironmentState, readState } from '../states/read-state.js';
import { databaseAside } from './baseline.js';
import type { FailureAction } from './failure-action.js';
import { deploymentRecord, factOf, type Journal } from './journal.js';
import { nextAction } from './next-actions.js';
import { schemaSince } from './schema-record.js';
import type { Session } from './session.js';
import { confirmationIntervalMs, confirmations } from './watch.js';

/** A person waits for the answer, perhaps a runner's kill too: what cannot be read by then, on the machine's time, is unknown. */
const readWithinMs = 20_000;

export interface Ending {
  readonly step: string;
  readonly error: unknown;
  readonly does: FailureAction;
  readonly left: Situation['left'];
}

/** Where the environment stands, as far as the run store knows. */
export async function situationOf(session: Session, ending: Ending): Promise<Situation> {
  const schema = await schemaOf(session, ending.error);
  const restorePoint = restorePointOf(session.journal.journal);
  return {
    step: ending.step,
    state: 'unknown',
    maintenance: 'unknown',
    schema,
    left: ending.left,
    ...(restorePoint === undefined ? {} : { restorePoint }),
    nextActions: nextActions(session, { ...ending, schema, restorePoint }),
  };
}

/** The situation with what AWS says; unknown where it cannot be asked, or does not answer in time. */
export async function observed({ env, journal }: Session, situation: Situation): Promise<Situation> {
  return env.planning ? situation : { ...situation, ...(await lookedAt(env, gateAsSet(journal.journal))) };
}

/** State and maintenance as AWS tells them within a moment; else unknown. `asSet` is what maintenance was set to last, if that is known. */
export async function lookedAt(env: Environment, asSet: 'on' | 'off' | null = null): Promise<Pick<Situation, 'state' | 'maintenance'>> {
  const end = new AbortController();
  let seen: EnvironmentState | null = null;
  const looking = lookAgainAndAgain(withoutRun(env, end.signal), asSet, (state) => (seen = state));
  const tooLong = (env.clock.background ?? systemClock).sleep(readWithinMs, end.signal).catch(() => undefined);
  await Promise.race([looking, tooLong]);
  end.abort();
  return told(seen);
}

/** Reads lag behind writes: what differs from what the run has just set is read again. */
async function lookAgainAndAgain(env: Environment, asSet: 'on' | 'off' | null, see: (state: EnvironmentState) => void): Promise<void> {
  for (let confirmed = 0; confirmed <= confirmations && !env.signal.aborted; confirmed += 1) {
    if (confirmed > 0) await env.clock.sleep(confirmationIntervalMs, env.signal).catch(() => undefined);
    const state = await readState(env).unwrapOr(null);
    if (state === null || env.signal.aborted) return;
    see(state);
    if (asSet === null || state.gate.maintenance === asSet) return;
  }
}

function told(state: EnvironmentState | null): Pick<Situation, 'state' | 'maintenance'> {
  return state === null ? { state: 'unknown', maintenance: 'unknown' } : { state: state.state, maintenance: state.gate.maintenance };
}

/** Nothing is known of it while the gate is half way. */
function gateAsSet({ expectations: { gate } }: Journal): 'on' | 'off' | null {
  if (gate === null || gate.closed.length > 0 === gate.open.length > 0) return null;
  return gate.closed.length > 0 ? 'on' : 'off';
}

/** What has become of the schema since what was found, or since the run began: by it, by one whose baseline is still the environment's, or by who took it over. */
export async function schemaOf({ env, journal, baseline: { baseline } }: Session, error: unknown): Promise<Situation['schema']> {
  if (isMigrationFailed(error) && error.schema === 'migrated') return 'migrated';
  const { run, startedAt } = journal.journal;
  const foundBefore = baseline !== null && baseline.byRun !== run;
  return schemaSince(env, { run, baseline: foundBefore ? baseline : { takenAt: startedAt, byRun: run } }).unwrapOr('unknown');
}

function isMigrationFailed(error: unknown): error is MigrationFailed {
  return typeof error === 'object' && error !== null && 'kind' in error && error.kind === 'MigrationFailed';
}

/** Whether an attempt to migrate has begun in this step, whatever the recipe calls it. */
function triedToMigrate(journal: Journal, name: string): boolean {
  return journal.steps.some((step) => step.name === name && step.records[migrationIntent] !== undefined);
}

function hasTriedToMigrate(journal: Journal): boolean {
  return factOf(journal, migrationIntent) !== undefined;
}

const migrationIntent: RunFact = 'migrationIntent';

/** The snapshot that a run took, or goes back to, from what its steps recorded. */
export function restorePointOf(journal: Journal): string | undefined {
  const recorded = factOf(journal, 'restorePoint');
  return typeof recorded === 'object' && recorded !== null && 'snapshotId' in recorded && typeof recorded.snapshotId === 'string' ? recorded.snapshotId : undefined;
}

/** Reading where things stand is no part of the run: it goes on after an abort, and its waits are not the run's. */
function withoutRun(env: Environment, signal: AbortSignal): Environment {
  return { ...env, signal, emit: () => undefined, [internals]: { ...env[internals], run: null } };
}

const ranToItsEnd: readonly MigrationFailed['reason'][] = ['exit-code', 'out-of-memory', 'spot-interruption', 'stopped-by-somebody', 'no-exit-code'];

/**
 * A migration that ran and failed stays failed however often its task is read again; one that did not start, or ended unseen, does not. Nor does
 * another error take it away, such as that the next attempt was refused.
 */
function needsAnotherMigration(error: unknown, journal: Journal, step: string): boolean {
  if (isMigrationFailed(error)) return ranToItsEnd.includes(error.reason);
  const records = journal.steps.find(({ name }) => name === step)?.records ?? {};
  const attemptOf = (record: RunFact | 'schemaLeft') => (records[record] as { readonly attempt?: number } | undefined)?.attempt;
  return attemptOf('schemaLeft') !== undefined && attemptOf('schemaLeft') === attemptOf(migrationIntent);
}

const letGo = 'Let go of the environment as it is, after looking at it';

/** Visitors are let in on what was found: once a deployment was begun, that is code too, which `reopen` does not bring back. */
function wayBack(env: Environment, journal: Journal): readonly NextAction[] {
  const { run, recipe, steps } = journal;
  const hasDeployed = steps.some(({ records }) => Object.keys(records).some((key) => key.startsWith(deploymentRecord)));
  if (!hasDeployed) return [nextAction(env, 'reopen', 'Put back what was found and let visitors in, on the old version', { run })];
  // what it found is what it was to go back from
  if (recipe === 'rollBack') return [];
  const found = new Set(Object.values(steps.reduce((facts, { report }) => factsAfter(facts, report), noFacts).before));
  return [nextAction(env, 'rollBack', 'Bring the code back to the version that was there before', { run, version: found.size === 1 ? [...found][0] : undefined })];
}

interface Outlook extends Ending {
  readonly schema: Situation['schema'];
  readonly restorePoint: string | undefined;
}

function nextActions({ env, journal, baseline, continuedBy }: Session, { step, error, does, left, schema, restorePoint }: Outlook): readonly NextAction[] {
  if (left !== 'hold') return [];
  const { run, recipe } = journal.journal;
  const filling = { run, recipe, restorePoint };
  const action = (command: Parameters<typeof nextAction>[1], text: string) => nextAction(env, command, text, filling);
  const puttingBack = does === 'reopen' || does === 'start-and-reopen';
  if (continuedBy === 'reopen') return [action('reopen', 'Once the cause is gone, go on putting back what was found'), action('releaseHold', letGo)];
  const databaseIsAway = baseline.baseline?.putAside.includes(databaseAside) ?? false;
  const again = needsAnotherMigration(error, journal.journal, step) && !puttingBack;
  return [
    ...(continuedBy === 'resume' && !again ? [action('resume', puttingBack ? 'Go on putting back what was found' : `Once the cause is gone, continue at ${step}`)] : []),
    ...(triedToMigrate(journal.journal, step) ? [action('retryMigration', again ? 'Once the cause is gone, run the migration again, and continue' : 'Continue, and run the migration again')] : []),
    ...(schema !== 'untouched' && restorePoint !== undefined && hasTriedToMigrate(journal.journal) ? [action('restoreDb', `Bring the database back to ${restorePoint}, for the old version: what was written since is in the instance set aside alone`)] : []),
    ...(schema === 'untouched' && !puttingBack && !databaseIsAway ? wayBack(env, journal.journal) : []),
    action('releaseHold', letGo),
  ];
}
