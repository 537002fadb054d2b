import { deployWithMigration } from '@graasp/deploy';
import { expect, it } from 'vitest';
import { ownWords } from '../packages/deploy/src/reports/own-words.js';
import { nextVersion, shop, startShop } from './shop.js';

const keysOf = (value: unknown): readonly string[] => (typeof value !== 'object' || value === null ? [] : [...(Array.isArray(value) ? [] : Object.keys(value)), ...Object.values(value).flatMap(keysOf)]);

it('the words of the library hold every key of what a release writes down and tells, besides names', async () => {
  const { cloud, env, store, events } = await startShop();
  const report = (await deployWithMigration(env, { version: nextVersion }))._unsafeUnwrap();
  const documents = await Promise.all((await store.list(''))._unsafeUnwrap().map(async (key) => JSON.parse((await store.read(key))._unsafeUnwrap()!.body) as unknown));
  await cloud.stop();
  const names = [...Object.keys(shop.services), 'migrate'];
  const keys = keysOf([report, documents, events]).filter((key) => key.length >= 4 && !key.includes(':') && !names.includes(key));
  expect([...new Set(keys)].filter((key) => !ownWords.has(key))).toEqual([]);
});
