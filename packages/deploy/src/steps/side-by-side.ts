import { ResultAsync } from 'neverthrow';
import type { Environment } from '../environment/environment.js';

/**
 * Does something to each of several things at once, and answers when all have ended. The first that fails ends the waits of the others, and
 * its error is the one that is told: theirs would only say that they were aborted.
 */
export function sideBySide<I, T, E>(env: Environment, items: readonly I[], act: (env: Environment, item: I) => ResultAsync<T, E>): ResultAsync<readonly T[], E> {
  const stop = new AbortController();
  const together = { ...env, signal: AbortSignal.any([env.signal, stop.signal]) };
  let first: { readonly error: E } | null = null;
  const acting = items.map((item) =>
    act(together, item).mapErr((error) => {
      first ??= { error };
      stop.abort(new Error('another one failed'));
      return first.error;
    }),
  );
  return ResultAsync.combine(acting).mapErr((error) => first?.error ?? error);
}
