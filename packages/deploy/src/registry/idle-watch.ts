import { steadyNow } from '../clock.js';
import type { Environment } from '../environment/environment.js';

/** A connection over which nothing has come for so long is given up, and the request sent again. */
const idleMs = 120_000;

export interface IdleWatch {
  /** Aborted when nothing came for too long, or when the environment's signal was. */
  readonly signal: AbortSignal;
  /** Something came. */
  alive(): void;
  end(): void;
}

export function watchIdleness(env: Environment): IdleWatch {
  const { clock } = env;
  const ended = new AbortController();
  const idle = new AbortController();
  let lastAt = steadyNow(clock);
  const watch = async (): Promise<void> => {
    for (let left = idleMs; left > 0; left = lastAt + idleMs - steadyNow(clock)) await (clock.background ?? clock).sleep(left, ended.signal);
    idle.abort(Object.assign(new Error(`nothing came for ${idleMs / 1000} s`), { name: 'TimeoutError' }));
  };
  watch().catch(() => undefined);
  return {
    signal: AbortSignal.any([env.signal, idle.signal]),
    alive: () => void (lastAt = steadyNow(clock)),
    end: () => ended.abort(),
  };
}
