import { ResultAsync, type ConnectOptions, type RunStore } from '@graasp/deploy';
import type { CloudConnection } from '@graasp/local-cloud';

/** The machine that a release runs on. Once it is closed nothing that it waits for ever comes, and nothing that it does has an effect; what it has asked of AWS goes on there. */
export interface Laptop {
  readonly connection: Pick<ConnectOptions, 'aws' | 'fetch' | 'clock' | 'runStore'>;
  /** Resolves when it is closed. */
  readonly closed: Promise<void>;
  close(): void;
}

/** `runStore` is elsewhere, as a bucket is: it outlives the laptop. */
export function openLaptop({ aws, fetch, clock }: CloudConnection, runStore: RunStore): Laptop {
  let open = true;
  let tellClosed: () => void = () => undefined;
  const closed = new Promise<void>((resolve) => (tellClosed = resolve));
  const never = <T>(): Promise<T> => new Promise<T>(() => undefined);
  const whileOpen = async <T>(act: () => Promise<T>): Promise<T> => {
    if (!open) return never<T>();
    try {
      const done = await act();
      return open ? done : await never<T>();
    } catch (error) {
      if (!open) return never<T>();
      throw error;
    }
  };
  const { background } = clock as ConnectOptions['clock'] & object;
  const ticking = (time: typeof clock) => ({ now: () => time.now(), random: () => time.random(), sleep: (ms: number, signal?: AbortSignal) => whileOpen(() => time.sleep(ms, signal)) });
  return {
    connection: {
      aws: { ...aws, requestHandler: inFrontOf(aws.requestHandler as Handler, whileOpen) },
      fetch: (...request) => whileOpen(() => fetch(...request)),
      clock: { ...ticking(clock), ...(background === undefined ? {} : { background: ticking(background) }) },
      runStore: storeWhileOpen(runStore, () => open),
    },
    closed,
    close() {
      open = false;
      tellClosed();
    },
  };
}

interface Handler {
  handle(request: unknown, options?: unknown): Promise<unknown>;
}

function inFrontOf(handler: Handler, whileOpen: <T>(act: () => Promise<T>) => Promise<T>): Handler {
  return { ...handler, handle: (request, options) => whileOpen(() => handler.handle(request, options)) };
}

function storeWhileOpen(store: RunStore, isOpen: () => boolean): RunStore {
  const guard =
    <A extends unknown[], T, E>(act: (...args: A) => ResultAsync<T, E>) =>
    (...args: A): ResultAsync<T, E> =>
      isOpen() ? act(...args) : new ResultAsync<T, E>(new Promise(() => undefined));
  return {
    ...store,
    read: guard(store.read),
    create: guard(store.create),
    replace: guard(store.replace),
    remove: guard(store.remove),
    list: guard(store.list),
  };
}
