import { err, ResultAsync } from 'neverthrow';
import type { Environment } from '../environment/environment.js';
import type { TimedOut } from '../errors.js';

export interface TimeLimit {
  readonly waitingFor: string;
  readonly timeoutSeconds: number;
  readonly remedy: string;
  /** What was seen last. */
  readonly seen: () => string;
}

/** Does something that is no wait with probes, and ends it when its time is over: TimedOut then. */
export function withinTime<T, E extends { readonly kind: string }>(env: Environment, limit: TimeLimit, act: (env: Environment) => ResultAsync<T, E>): ResultAsync<T, E | TimedOut> {
  const late = new AbortController();
  const ended = new AbortController();
  (env.clock.background ?? env.clock).sleep(limit.timeoutSeconds * 1000, ended.signal).then(
    () => late.abort(new Error('out of time')),
    () => undefined,
  );
  const acting = act({ ...env, signal: AbortSignal.any([env.signal, late.signal]) });
  return new ResultAsync(
    Promise.resolve(acting).then((result) => {
      ended.abort();
      const outOfTime = result.isErr() && result.error.kind === 'Aborted' && late.signal.aborted && !env.signal.aborted;
      return outOfTime ? err(timedOut(limit)) : result.mapErr((error): E | TimedOut => error);
    }),
  );
}

function timedOut({ waitingFor, timeoutSeconds, remedy, seen }: TimeLimit): TimedOut {
  const lastSeen = seen();
  return { kind: 'TimedOut', waitingFor, lastSeen, timeoutSeconds, message: `${waitingFor}: not within ${timeoutSeconds} s; last seen: ${lastSeen}`, remedy };
}
