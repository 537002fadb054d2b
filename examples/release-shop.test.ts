import { readFileSync } from 'node:fs';
import type * as deploy from '@graasp/deploy';
import { type LocalCloud, startLocalCloud } from '@graasp/local-cloud';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { shopBlueprint, shopImages } from './shop-blueprint.js';

/** The script is AWS's: here its connection and its store are a local cloud's and its memory's. */
const shop = vi.hoisted(() => ({ cloud: undefined as LocalCloud | undefined }));
vi.mock('@graasp/deploy', async (original) => {
  const library = await original<typeof deploy>();
  const connect: typeof library.connect = (definition, options) => library.connect(definition, { ...options, ...shop.cloud?.connection, reporters: [] });
  return { ...library, connect, fileRunStore: () => library.memoryRunStore() };
});

beforeAll(async () => {
  vi.stubEnv('OPERATOR_SECRET', 'open-sesame-0123456789');
  shop.cloud = await startLocalCloud({ blueprint: shopBlueprint, images: shopImages });
});
afterAll(() => shop.cloud?.stop());

it('releases to the account of the blueprint', async () => {
  await import('./release-shop.js');

  expect(process.exitCode).toBe(0);
  expect(shop.cloud?.inspect.database()?.model?.schema).toBe('two');
  expect(shop.cloud?.inspect.violations).toEqual([]);
  expect((await shop.cloud?.connection.fetch('https://web.shop.test/'))?.headers.get('x-version')).toBe('v1.54.8');
});

it.each([
  ['release-shop.ts', '../README.md'],
  ['release-shop.ts', '../packages/deploy/README.md'],
  ['shop-blueprint.ts', '../packages/local-cloud/README.md'],
])('%s is what %s shows', (example, readme) => {
  const text = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');
  const [, shown] = /\/\/ #region main\n(.*)\/\/ #endregion main/s.exec(text(example)) ?? [];

  expect(text(readme)).toContain(`\`\`\`ts\n${shown}\`\`\``);
});
