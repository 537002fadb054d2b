import { errAsync } from 'neverthrow';
import { describe, expect, it } from 'vitest';
import { documentWriter } from './document-writer.js';
import { memoryRunStore } from './memory-run-store.js';
import type { RunStore } from './run-store.js';

const lost = () => ({ kind: 'LockLost' as const });

describe('documentWriter', () => {
  it('stores what is in memory when it writes, and makes one write of those asked for meanwhile', async () => {
    const store = memoryRunStore();
    let writes = 0;
    const counting: RunStore = { ...store, create: (...args) => (writes++, store.create(...args)), replace: (...args) => (writes++, store.replace(...args)) };
    let body = 'a';
    const writer = documentWriter(counting, 'k', { etag: null, body: () => body, lost });
    await writer.save();
    body = 'b';
    const asked = [writer.save(), writer.save()];
    body = 'c';
    asked.push(writer.save());
    await Promise.all(asked);
    expect((await store.read('k'))._unsafeUnwrap()?.body).toBe('c');
    expect(writes).toBe(2);
  });

  it('writes over the version it was told only', async () => {
    const store = memoryRunStore();
    const { etag } = (await store.create('k', 'theirs'))._unsafeUnwrap()!;
    const stale = documentWriter(store, 'k', { etag: null, body: () => 'mine', lost });
    expect((await stale.save())._unsafeUnwrapErr()).toEqual({ kind: 'LockLost' });
    const fresh = documentWriter(store, 'k', { etag, body: () => 'mine', lost });
    expect((await fresh.save()).isOk()).toBe(true);
    expect((await store.read('k'))._unsafeUnwrap()?.body).toBe('mine');
  });

  it('recognises its own write when the answer to it was lost, and goes on from there', async () => {
    const store = memoryRunStore();
    let losing = true;
    const lossy: RunStore = { ...store, create: (...args) => store.create(...args).map((version) => (losing ? null : version)) };
    let body = 'a';
    const writer = documentWriter(lossy, 'k', { etag: null, body: () => body, lost });
    expect((await writer.save()).isOk()).toBe(true);
    losing = false;
    body = 'b';
    expect((await writer.save()).isOk()).toBe(true);
    expect((await store.read('k'))._unsafeUnwrap()?.body).toBe('b');
  });

  it('tells that the store failed, and writes again when asked again', async () => {
    const store = memoryRunStore();
    let down = true;
    const failed = { kind: 'RunStoreFailed' as const, message: 'down', remedy: '', store: 'memory' };
    const brittle: RunStore = { ...store, create: (...args) => (down ? errAsync(failed) : store.create(...args)) };
    const writer = documentWriter(brittle, 'k', { etag: null, body: () => 'a', lost });
    expect((await writer.save())._unsafeUnwrapErr()).toEqual(failed);
    down = false;
    expect((await writer.save()).isOk()).toBe(true);
  });
});
