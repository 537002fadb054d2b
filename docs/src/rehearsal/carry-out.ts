import {
  deployWithMigration,
  type Environment,
  type Failure,
  type NextAction,
  readState,
  releaseHold,
  reopen,
  restoreDb,
  type Result,
  type ResultAsync,
  resume,
  rollBack,
  type Situation,
} from '@graasp/deploy';
import { type Command, spell } from './commands';
import type { Ending, Failed, LaptopClosed } from './look';
import { versions } from './shop';
import { operatorsRequests } from './visitors';

/** What the reader is shown doing; it may give a report, and its error an environment's situation. */
export type Work = (env: Environment) => ResultAsync<object, Failure>;

/** The release that this page is about. */
export function releaseOf(version: string): Work {
  return (env) => deployWithMigration(env, { version, reopen: 'when-verified', ignoreBelow: operatorsRequests, settledSeconds: 120 });
}

type Recipe = 'deployWithMigration' | 'restoreDb' | 'rollBack' | 'reopen';

/** The call that a command spells. `recipeOf` tells which recipe a run is one of. */
export function workOf({ name, run, instance, snapshot, version }: Command, recipeOf: (run: string) => string): Work {
  switch (name) {
    case 'resume':
      return (env) => resumeAny(env, recipeOf(run), run);
    case 'retryMigration':
      return (env) => resume(env, deployWithMigration, run, { retryMigration: true });
    case 'reopen':
      return (env) => reopen(env, { run });
    case 'restoreDb':
      return (env) => restoreDb(env, { confirm: instance, from: { snapshotId: snapshot } });
    case 'rollBack':
      return (env) => rollBack(env, { to: version });
    case 'deploy':
      return releaseOf(version);
    case 'releaseHold':
      return (env) => releaseHold(env, { run, reason: 'I have looked at it' });
  }
}

function resumeAny(env: Environment, recipe: string, run: string): ResultAsync<object, Failure> {
  switch (recipe as Recipe) {
    case 'restoreDb':
      return resume(env, restoreDb, run);
    case 'rollBack':
      return resume(env, rollBack, run);
    case 'reopen':
      return resume(env, reopen, run);
    case 'deployWithMigration':
      return resume(env, deployWithMigration, run);
  }
}

/** How that ended: with what it reports, or with the situation that it leaves. */
export async function endingOf(env: Environment, what: string, outcome: Result<object, Failure>, before: readonly NextAction[]): Promise<Ending> {
  if (outcome.isErr()) return failed(what, outcome.error, before);
  const { summary, nextActions = [] } = outcome.value as { readonly summary?: string; readonly nextActions?: readonly NextAction[] };
  const state = await readState(env).map(({ state }) => state).unwrapOr('unknown' as const);
  return { kind: 'succeeded', what, summary: summary ?? 'The environment was let go of: it is as it was left, and no run holds it', state, nextActions };
}

/** What was refused before it began leaves what could be done `before`. Where everything is as it was, what is left to do is to begin again. */
export function failed(what: string, failure: Failure, before: readonly NextAction[]): Failed {
  const situation = failure.situation ?? null;
  const own = situation?.nextActions ?? [];
  const nextActions = hasBegun(situation) ? own : [...before, ...own.filter(({ command }) => before.every((known) => known.command !== command))];
  return { kind: 'failed', what, failure, situation, nextActions: nextActions.length === 0 ? [startAgain] : nextActions };
}

/** What is refused before its first step leaves a situation without one. */
export function hasBegun(situation: Situation | null): boolean {
  return situation !== null && situation.step !== '';
}

/** Where something was thrown, which is a defect: the run has died with it, as it does when the laptop is closed, and what can be done is the same. */
export function crashed(what: string, thrown: unknown, { nextActions }: LaptopClosed): Failed {
  const failure: Failure = { kind: 'Unexpected', message: `${what} threw ${String(thrown)}`, remedy: 'This is a defect of the library or of this page: report it, with what you did before.' };
  return { kind: 'failed', what, failure, situation: null, nextActions };
}

export const startAgain: NextAction = { text: 'Once the cause is gone, start the release again', command: spell('deploy', { version: versions.new }) };
