import { steadyNow } from '../clock.js';
import { type Environment, internals } from '../environment/environment.js';

/** The time by which locks expire: the store's own, where it has one. */
export function lockTime(env: Environment): number {
  return env[internals].runStore.now?.() ?? env.clock.now();
}

/** A moment by three times: one jumps when the clock is set, another may stand still while a machine sleeps, locks expire by the third. */
export interface Moment {
  readonly now: number;
  readonly steady: number;
  readonly lockTime: number;
}

export function momentOf(env: Environment): Moment {
  return { now: env.clock.now(), steady: steadyNow(env.clock), lockTime: lockTime(env) };
}

/** Clocks are corrected by less all the time. */
const smallestJumpMs = 5_000;

/** Whether the clock has jumped since a moment: how long it is ago is not known then. */
export function hasJumpedSince(env: Environment, moment: Moment): boolean {
  const { now, steady } = momentOf(env);
  return Math.abs(now - moment.now - (steady - moment.steady)) > smallestJumpMs;
}
