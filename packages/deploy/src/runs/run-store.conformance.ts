import { describe, expect, it } from 'vitest';
import type { RunStore } from './run-store.js';

/** What every run store does. `reopen` gives another handle on the same documents: another process, later. */
export function describeRunStore(name: string, open: () => { readonly store: RunStore; readonly reopen: () => RunStore }): void {
  describe(name, () => {
    it('reads null where nothing was written', async () => {
      const { store } = open();
      expect((await store.read('dev/lock'))._unsafeUnwrap()).toBeNull();
    });

    it('reads what was created, from another handle too', async () => {
      const { store, reopen } = open();
      const created = (await store.create('dev/lock', '{"a":1}'))._unsafeUnwrap();
      expect((await reopen().read('dev/lock'))._unsafeUnwrap()).toEqual({ body: '{"a":1}', etag: created!.etag });
    });

    it('creates nothing where something is, and leaves it as it was', async () => {
      const { store } = open();
      await store.create('dev/lock', 'first');
      expect((await store.create('dev/lock', 'second'))._unsafeUnwrap()).toBeNull();
      expect((await store.read('dev/lock'))._unsafeUnwrap()?.body).toBe('first');
    });

    it('replaces only the version it was told', async () => {
      const { store } = open();
      const first = (await store.create('dev/lock', 'first'))._unsafeUnwrap()!;
      const second = (await store.replace('dev/lock', 'second', first.etag))._unsafeUnwrap()!;
      expect((await store.replace('dev/lock', 'stale', first.etag))._unsafeUnwrap()).toBeNull();
      expect((await store.read('dev/lock'))._unsafeUnwrap()).toEqual({ body: 'second', etag: second.etag });
    });

    it('replaces nothing where nothing is', async () => {
      const { store } = open();
      expect((await store.replace('dev/lock', 'x', '1'))._unsafeUnwrap()).toBeNull();
      expect((await store.read('dev/lock'))._unsafeUnwrap()).toBeNull();
    });

    it('removes only the version it was told', async () => {
      const { store } = open();
      const first = (await store.create('dev/lock', 'first'))._unsafeUnwrap()!;
      const second = (await store.replace('dev/lock', 'second', first.etag))._unsafeUnwrap()!;
      expect((await store.remove('dev/lock', first.etag))._unsafeUnwrap()).toBe(false);
      expect((await store.remove('dev/lock', second.etag))._unsafeUnwrap()).toBe(true);
      expect((await store.read('dev/lock'))._unsafeUnwrap()).toBeNull();
      expect((await store.remove('dev/lock', second.etag))._unsafeUnwrap()).toBe(false);
    });

    it('never gives a version a second time, so that a stale holder cannot touch what came after a removal', async () => {
      const { store } = open();
      const first = (await store.create('dev/lock', 'first'))._unsafeUnwrap()!;
      await store.remove('dev/lock', first.etag);
      const second = (await store.create('dev/lock', 'second'))._unsafeUnwrap()!;
      expect(second.etag).not.toBe(first.etag);
      expect((await store.replace('dev/lock', 'stale', first.etag))._unsafeUnwrap()).toBeNull();
      expect((await store.remove('dev/lock', first.etag))._unsafeUnwrap()).toBe(false);
      expect((await store.read('dev/lock'))._unsafeUnwrap()?.body).toBe('second');
    });

    it('gives the same text another version when it is written again', async () => {
      const { store } = open();
      const first = (await store.create('dev/lock', 'same'))._unsafeUnwrap()!;
      const second = (await store.replace('dev/lock', 'same', first.etag))._unsafeUnwrap()!;
      expect(second.etag).not.toBe(first.etag);
      expect((await store.replace('dev/lock', 'stale', first.etag))._unsafeUnwrap()).toBeNull();
      expect((await store.read('dev/lock'))._unsafeUnwrap()).toEqual({ body: 'same', etag: second.etag });
    });

    it('lists keys by name, without those removed and those of another prefix', async () => {
      const { store } = open();
      for (const run of ['20261125-1', '20261124-1', '20261123-1']) await store.create(`dev/runs/${run}`, '{}');
      await store.create('dev/lock', '{}');
      await store.create('development/runs/20261101-1', '{}');
      const gone = (await store.read('dev/runs/20261124-1'))._unsafeUnwrap()!;
      await store.remove('dev/runs/20261124-1', gone.etag);
      expect((await store.list('dev/runs/'))._unsafeUnwrap()).toEqual(['dev/runs/20261123-1', 'dev/runs/20261125-1']);
    });

    it('lets one of many racing creators win', async () => {
      const { store, reopen } = open();
      const handles = [store, ...Array.from({ length: 15 }, reopen)];
      const results = await Promise.all(handles.map((handle, index) => handle.create('dev/lock', `racer ${index}`)));
      const winners = results.flatMap((result, index) => (result._unsafeUnwrap() === null ? [] : [index]));
      expect(winners).toHaveLength(1);
      expect((await store.read('dev/lock'))._unsafeUnwrap()?.body).toBe(`racer ${winners[0]}`);
    });

    it('lets one of many racing replacers win, every time', async () => {
      const { store, reopen } = open();
      let { etag } = (await store.create('dev/lock', 'start'))._unsafeUnwrap()!;
      for (let round = 0; round < 20; round++) {
        const results = await Promise.all(Array.from({ length: 8 }, (_, index) => reopen().replace('dev/lock', `${round}/${index}`, etag)));
        const winners = results.flatMap((result, index) => (result._unsafeUnwrap() === null ? [] : [index]));
        expect(winners).toHaveLength(1);
        const read = (await store.read('dev/lock'))._unsafeUnwrap()!;
        expect(read.body).toBe(`${round}/${winners[0]}`);
        etag = read.etag;
      }
    });

    it('counts every increment of many that read, add one and try again', async () => {
      const { store, reopen } = open();
      await store.create('dev/counter', '0');
      const increment = async (handle: RunStore): Promise<void> => {
        const { body, etag } = (await handle.read('dev/counter'))._unsafeUnwrap()!;
        const written = (await handle.replace('dev/counter', String(Number(body) + 1), etag))._unsafeUnwrap();
        if (written === null) return increment(handle);
      };
      await Promise.all(Array.from({ length: 12 }, () => increment(reopen())));
      expect((await store.read('dev/counter'))._unsafeUnwrap()?.body).toBe('12');
    });
  });
}
