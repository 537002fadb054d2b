import { err, ok, okAsync, type Result, ResultAsync } from 'neverthrow';
import type { RunStoreFailed } from '../errors.js';
import type { RunStore } from './run-store.js';

/** Keeps a document in the store as it is in memory. */
export interface DocumentWriter<L> {
  /** Resolves when what is in memory now is stored. */
  save(): ResultAsync<void, RunStoreFailed | L>;
}

/**
 * Writes follow one another; those asked for while one is under way become one. When somebody else has written the document, nothing is
 * written any more and the error is `lost()`. A write whose answer was lost is recognised by its body.
 */
export function documentWriter<L>(store: RunStore, key: string, options: { readonly etag: string | null; readonly body: () => string; readonly lost: () => L }): DocumentWriter<L> {
  let { etag } = options;
  let last: Promise<unknown> = Promise.resolve();
  let queued: Promise<Result<void, RunStoreFailed | L>> | null = null;

  const write = async (): Promise<Result<void, RunStoreFailed | L>> => {
    queued = null;
    const body = options.body();
    const written = await (etag === null ? store.create(key, body) : store.replace(key, body, etag)).andThen((version) =>
      version === null ? recognise(store, key, body) : okAsync(version),
    );
    if (written.isErr()) return err(written.error);
    if (written.value === null) return err(options.lost());
    etag = written.value.etag;
    return ok(undefined);
  };

  return {
    save() {
      queued ??= last.then(write);
      last = queued;
      return new ResultAsync(queued);
    },
  };
}

function recognise(store: RunStore, key: string, body: string): ResultAsync<{ readonly etag: string } | null, RunStoreFailed> {
  return store.read(key).map((document) => (document?.body === body ? { etag: document.etag } : null));
}
