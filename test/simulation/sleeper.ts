import type { ConnectOptions, RunStore } from '@graasp/deploy';
import { ResultAsync } from 'neverthrow';
import { jumpingClock } from '../jumping-clock.js';
import type { Handler } from './planted-bugs.js';

/** What a process reaches the world by. */
export interface Connected {
  readonly connection: Pick<ConnectOptions, 'aws' | 'fetch' | 'clock'>;
  readonly store: RunStore;
}

export interface Sleeper extends Connected {
  /** Nothing of the process runs for so long: what it has sent is carried out, and it hears of it when it wakes up. */
  fallAsleep(ms: number): void;
}

/** A process on a laptop whose lid may be closed. */
export function sleeper({ connection, store }: Connected): Sleeper {
  const base = connection.clock!;
  const machine = jumpingClock(base);
  const handler = connection.aws?.requestHandler as Handler;
  let awakeAt = Number.NEGATIVE_INFINITY;
  const onceAwake = async <T>(done: PromiseLike<T>): Promise<T> => {
    try {
      return await done;
    } finally {
      if (base.now() < awakeAt) await machine.clock.sleep(0);
    }
  };
  const heard =
    <A extends unknown[], T, E>(act: (...args: A) => ResultAsync<T, E>) =>
    (...args: A): ResultAsync<T, E> =>
      new ResultAsync(onceAwake(act(...args)));
  return {
    connection: {
      aws: { ...connection.aws, requestHandler: { ...handler, handle: (request: unknown, options?: unknown) => onceAwake(handler.handle(request, options)) } },
      fetch: (...args) => onceAwake(connection.fetch!(...args)),
      clock: machine.clock,
    },
    store: {
      ...store,
      read: heard((key: string) => store.read(key)),
      create: heard((key: string, body: string) => store.create(key, body)),
      replace: heard((key: string, body: string, etag: string) => store.replace(key, body, etag)),
      remove: heard((key: string, etag: string) => store.remove(key, etag)),
      list: heard((prefix: string) => store.list(prefix)),
    },
    fallAsleep(ms) {
      awakeAt = base.now() + ms;
      machine.fallAsleep(ms);
    },
  };
}
