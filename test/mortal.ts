import type { ConnectOptions, RunStore } from '@graasp/deploy';
import { ResultAsync } from 'neverthrow';

interface Handler {
  handle(request: unknown, options?: unknown): Promise<unknown>;
}

/** A process that dies at a chosen AWS call: from then on nothing it waits for ever comes, and nothing it does has an effect. */
export interface Mortal {
  readonly connection: Pick<ConnectOptions, 'aws' | 'fetch' | 'clock'>;
  readonly store: RunStore;
  /** Resolves with the operation at which it died. */
  readonly died: Promise<string>;
  /** AWS calls begun so far, of those that count. */
  readonly calls: () => number;
}

export interface Death {
  readonly atCall: number;
  /** Only calls of this operation count; of S3 they are `PUT /bucket/key`. */
  readonly operation?: string;
  /** `before`: the request never left; `after`: AWS carried it out, and nobody heard. */
  readonly when: 'before' | 'after';
}

export function mortal(connection: Pick<ConnectOptions, 'aws' | 'fetch' | 'clock'>, store: RunStore, death: Death): Mortal {
  const handler = connection.aws?.requestHandler as Handler;
  const { clock, fetch } = connection;
  let calls = 0;
  let dead = false;
  let die: (operation: string) => void = () => undefined;
  const died = new Promise<string>((resolve) => (die = resolve));
  const never = <T>(): Promise<T> => new Promise<T>(() => undefined);
  const alive = async <T>(act: () => Promise<T>): Promise<T> => {
    if (dead) return never<T>();
    const done = await act();
    return dead ? never<T>() : done;
  };
  const handle = async (request: unknown, options?: unknown): Promise<unknown> => {
    if (death.operation === undefined || death.operation === operationOf(request)) calls += 1;
    else return alive(() => handler.handle(request, options));
    if (calls !== death.atCall) return alive(() => handler.handle(request, options));
    if (death.when === 'after') await handler.handle(request, options);
    dead = true;
    die(operationOf(request));
    return never();
  };
  return {
    connection: {
      aws: { ...connection.aws, requestHandler: { ...handler, handle } },
      fetch: (...args) => alive(() => fetch!(...args)),
      clock: { now: () => clock!.now(), random: () => clock!.random(), sleep: (ms, signal) => alive(() => clock!.sleep(ms, signal)) },
    },
    store: mortalStore(store, () => dead),
    died,
    calls: () => calls,
  };
}

function mortalStore(store: RunStore, isDead: () => boolean): RunStore {
  const guard =
    <A extends unknown[], T, E>(act: (...args: A) => ResultAsync<T, E>) =>
    (...args: A): ResultAsync<T, E> =>
      isDead() ? new ResultAsync<T, E>(new Promise(() => undefined)) : act(...args);
  return {
    ...store,
    read: guard((key: string) => store.read(key)),
    create: guard((key: string, body: string) => store.create(key, body)),
    replace: guard((key: string, body: string, etag: string) => store.replace(key, body, etag)),
    remove: guard((key: string, etag: string) => store.remove(key, etag)),
    list: guard((prefix: string) => store.list(prefix)),
  };
}

function operationOf(request: unknown): string {
  const { headers, body, method, path } = request as { readonly headers: Readonly<Record<string, string>>; readonly body?: unknown; readonly method: string; readonly path: string };
  const target = headers['x-amz-target']?.split('.').at(-1);
  if (method === 'PUT' && /\/distribution\/\w+\/config$/.test(path)) return 'UpdateDistribution';
  return target ?? /Action=(\w+)/.exec(String(body))?.[1] ?? `${method} ${path}`;
}
