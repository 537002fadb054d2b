import type { Clock, RunStore } from '@graasp/deploy';
import { callOf, isChange } from './call-of.js';
import type { Handler } from './planted-bugs.js';

interface Lock {
  readonly run: string;
  /** Tells one holder from another. */
  readonly token: string;
}

/** A run store that is watched for who has its lock. */
export interface GuardedStore {
  readonly store: RunStore;
  /** Each change of AWS that a process sent which did not have the lock, and each lock that went from one run to another. */
  readonly trespasses: readonly string[];
  /** What a process reaches AWS by, and `store`, whatever that makes of this one. */
  process(handler: Handler, store: RunStore): { readonly handler: Handler; readonly store: RunStore };
}

export function guardedStore(inner: RunStore, { now }: Pick<Clock, 'now'>): GuardedStore {
  const trespasses: string[] = [];
  const trespass = (what: string) => void trespasses.push(`${new Date(now()).toISOString()}: ${what}`);
  let lock: Lock | null = null;
  const store: RunStore = {
    ...inner,
    create: (key, body) => inner.create(key, body).map((written) => (written !== null && isLock(key) ? take(body, written) : written)),
    replace: (key, body, etag) => inner.replace(key, body, etag).map((written) => (written !== null && isLock(key) ? take(body, written) : written)),
    remove: (key, etag) =>
      inner.remove(key, etag).map((removed) => {
        if (removed && isLock(key)) lock = null;
        return removed;
      }),
  };
  function take<T>(body: string, written: T): T {
    const next = asLock(body);
    if (lock !== null && lock.run !== next.run) trespass(`run ${next.run} took the lock of run ${lock.run}`);
    lock = next;
    return written;
  }
  return {
    store,
    trespasses,
    process(handler, through) {
      const own = new Set<string>();
      const claim = (key: string, body: string) => void (isLock(key) && own.add(asLock(body).token));
      return {
        handler: {
          ...handler,
          handle(request, options) {
            const { operation } = callOf(request);
            if (isChange(operation) && (lock === null || !own.has(lock.token))) trespass(`${operation} was sent by a process without the lock, which ${lock === null ? 'nobody' : `run ${lock.run}`} had`);
            return handler.handle(request, options);
          },
        },
        store: {
          ...through,
          create: (key, body) => (claim(key, body), through.create(key, body)),
          replace: (key, body, etag) => (claim(key, body), through.replace(key, body, etag)),
        },
      };
    },
  };
}

const isLock = (key: string) => key.endsWith('/lock');
const asLock = (body: string) => JSON.parse(body) as Lock;
