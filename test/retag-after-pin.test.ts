import { deployWithoutMigration, preflight } from '@graasp/deploy';
import { type ImageDeclaration } from '@graasp/local-cloud';
import { expect, it, vi } from 'vitest';
import { shop, startShop } from './shop.js';

vi.setConfig({ testTimeout: 60_000 });

const versions = ['v1.1.0', 'v1.2.0', 'v1.3.0'] as const;
const images = versions.flatMap((version) => ['web', 'jobs'].map((name): ImageDeclaration => ({ reference: `shop:${name}-${version}`, model: { kind: 'server', version, fitsSchemas: ['one'] } })));

it('knows by the images what runs once revisions keep the mutable tag, although an earlier release has marked one with its version', async () => {
  const pinned = await startShop({ images });
  try {
    const [first, second, third] = versions;
    (await deployWithoutMigration(pinned.env, { version: first, to: 'running' }))._unsafeUnwrap();
    const retag = await pinned.another({ definition: { ...shop, images: { ...shop.images!, strategy: 'retag' } } });
    for (const version of [second, third]) (await deployWithoutMigration(retag.env, { version, to: 'running' }))._unsafeUnwrap();
    const { checks } = (await preflight(retag.env, { for: 'deployment', version: third }))._unsafeUnwrap();
    expect(checks.filter(({ name }) => name.startsWith('running version')).map(({ detail }) => detail)).toEqual([
      expect.stringMatching(/^v1\.3\.0 is what runs now: web:\d+ with web shop:web-latest$/),
      expect.stringMatching(/^v1\.3\.0 is what runs now: jobs:\d+ with jobs shop:jobs-latest$/),
    ]);
  } finally {
    await pinned.cloud.stop();
  }
});
