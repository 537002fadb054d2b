import { okAsync } from 'neverthrow';
import type { LockHolder, RunStore } from './run-store.js';

/**
 * A run store that ends with the process: for tests, plans and pages in a browser. Several environments may share one. A process that dies
 * takes with it what a resume would need, so `connect` refuses it for anything but a local cloud unless this is `acknowledged`.
 */
export function memoryRunStore(options: { readonly self?: LockHolder | undefined; readonly acknowledged?: boolean | undefined } = {}): RunStore {
  const documents = new Map<string, { readonly body: string; readonly etag: string }>();
  let versions = 0;
  const put = (key: string, body: string) => {
    const etag = String(++versions);
    documents.set(key, { body, etag });
    return { etag };
  };
  return {
    name: 'memory',
    volatile: options.acknowledged === true ? undefined : 'it ends with this process',
    self: options.self,
    read: (key) => okAsync(documents.get(key) ?? null),
    create: (key, body) => okAsync(documents.has(key) ? null : put(key, body)),
    replace: (key, body, etag) => okAsync(documents.get(key)?.etag === etag ? put(key, body) : null),
    remove: (key, etag) => okAsync(documents.get(key)?.etag === etag && documents.delete(key)),
    list: (prefix) => okAsync([...documents.keys()].filter((key) => key.startsWith(prefix)).sort()),
  };
}
