import { steadyNow } from '../clock.js';
import type { Environment } from '../environment/environment.js';

/** Counts several waits of one step against one timeout: answers what is left of it, in whole seconds and at least one. */
export function startDeadline(env: Environment, timeoutSeconds: number): () => number {
  const endsAt = steadyNow(env.clock) + timeoutSeconds * 1000;
  return () => Math.max(1, Math.ceil((endsAt - steadyNow(env.clock)) / 1000));
}

/** Whole seconds since `startedAt`, by `steadyNow`. */
export function secondsSince(env: Environment, startedAt: number): number {
  return Math.round((steadyNow(env.clock) - startedAt) / 1000);
}
