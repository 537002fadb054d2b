import type { Result, Situation } from '@graasp/deploy';
import type { Flags } from './flags.js';

/** What was done: what the flags ask for, where they resume a run what that does. */
export type Does = Flags['does'];

const ways: Readonly<Record<string, Does>> = { restoreDb: 'restore', rollBack: 'roll-back', reopen: 'reopen' };

/** `recipe`: of the run that is resumed. A way back ends as itself, however often it is gone on with. */
export function doneBy({ does }: Pick<Flags, 'does'>, recipe: string | undefined): Does {
  return does === 'resume' ? (ways[recipe ?? ''] ?? does) : does;
}

export interface Ended {
  readonly left: Situation['left'] | 'released';
  readonly schema: Situation['schema'];
}

/** How what was done says that it ended; null when it did not begin, or nobody is let in by it yet. */
export function endOf<T, E extends object>(result: Result<T, E>, does: Does): Ended | null {
  if (result.isOk()) {
    if (goesOnFrom(does)) return null;
    // what is reopened is the version that was there in the hold: the new one, where it had been deployed already
    return does === 'reopen' ? { left: 'as-found', schema: 'unknown' } : { left: 'released', schema: 'migrated' };
  }
  const { situation = null } = failureOf(result.error);
  return changedNothing(situation, does) ? null : situation;
}

/** Whether somebody may still want to go on in this local cloud. */
export function waits<T, E extends object>(result: Result<T, E>, does: Does): boolean {
  if (result.isOk()) return goesOnFrom(does);
  const { situation = null } = failureOf(result.error);
  const begun = does === 'release' || does === 'plan';
  return situation?.left === 'hold' || (!begun && changedNothing(situation, does));
}

/** Refused before it began; or, where another run is to be gone on from, with nothing changed by this one. */
function changedNothing(situation: Situation | null, does: Does): boolean {
  const goesOn = does !== 'release' && does !== 'plan';
  return situation === null || situation.step === '' || (goesOn && situation.left === 'untouched');
}

/** Nobody is let in by that yet: there is more to be done. */
function goesOnFrom(does: Does): boolean {
  return does === 'release-hold' || does === 'restore' || does === 'roll-back';
}

export interface Failure {
  readonly remedy?: string;
  readonly situation?: Situation;
  readonly runId?: string;
}

export function failureOf(error: object): Failure {
  return error;
}
