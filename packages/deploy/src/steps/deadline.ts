import type { Environment } from '../environment/environment.js';

/** Counts several waits of one step against one timeout: answers what is left of it, in whole seconds and at least one. */
export function startDeadline(env: Environment, timeoutSeconds: number): () => number {
  const endsAt = env.clock.now() + timeoutSeconds * 1000;
  return () => Math.max(1, Math.ceil((endsAt - env.clock.now()) / 1000));
}

/** Whole seconds since `startedAt`, in milliseconds. */
export function secondsSince(env: Environment, startedAt: number): number {
  return Math.round((env.clock.now() - startedAt) / 1000);
}
