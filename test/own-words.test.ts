import { deployWithMigration, pruneSnapshots, rehearseRestore, restoreDb, rollBack } from '@graasp/deploy';
import { expect, it } from 'vitest';
import { ownWords } from '../packages/deploy/src/reports/own-words.js';
import { nextVersion, runningVersion, shop, startShop } from './shop.js';

const keysOf = (value: unknown): readonly string[] => (typeof value !== 'object' || value === null ? [] : [...(Array.isArray(value) ? [] : Object.keys(value)), ...Object.values(value).flatMap(keysOf)]);

it('the words of the library hold every key of what a release and the ways back from it write down and tell, besides names', { timeout: 60_000 }, async () => {
  const { cloud, env, store, events } = await startShop();
  const report = (await deployWithMigration(env, { version: nextVersion }))._unsafeUnwrap();
  const rehearsed = (await rehearseRestore(env))._unsafeUnwrap();
  const restored = (await restoreDb(env, { confirm: 'shop', from: report.restorePoint }))._unsafeUnwrap();
  const back = (await rollBack(env, { to: runningVersion }))._unsafeUnwrap();
  const pruned = (await pruneSnapshots(env, { keep: 1 }))._unsafeUnwrap();
  const documents = await Promise.all((await store.list(''))._unsafeUnwrap().map(async (key) => JSON.parse((await store.read(key))._unsafeUnwrap()!.body) as unknown));
  await cloud.stop();
  // the last is the key of a tag that the shop's database has
  const names = [...Object.keys(shop.services), 'migrate', 'Name'];
  const keys = keysOf([report, rehearsed, restored, back, pruned, documents, events]).filter((key) => key.length >= 4 && !key.includes(':') && !names.includes(key));
  expect([...new Set(keys)].filter((key) => !ownWords.has(key))).toEqual([]);
});
