import { describe, expect, it } from 'vitest';
import type { EnvironmentDefinition } from '../../environment/definition.js';
import { definition, testEnvironment } from '../../environment/environment.fixture.js';
import { releasedImages } from './released-images.js';
import { digestsOf, platformsOf, type SourceImage } from './source-image.js';

describe('releasedImages', () => {
  it('names each image once, with what runs from it, and the migration’s, of which nothing runs', () => {
    const services = { graasp: { role: 'application', desiredCount: 1, release: { core: { tag: 'core-{version}' }, nudenet: { tag: 'nudenet-{version}' } } }, worker: { role: 'application', desiredCount: 1, release: { core: { tag: 'core-{version}' } } }, redis: definition.services['redis']! } satisfies EnvironmentDefinition['services'];
    expect(releasedImages(testEnvironment({ definition: { ...definition, services } }), 'v2.0.0')).toEqual([
      { tag: 'core-v2.0.0', previousTag: 'core-previous', runsIn: [{ service: 'graasp', container: 'core' }, { service: 'worker', container: 'core' }] },
      { tag: 'nudenet-v2.0.0', previousTag: 'nudenet-previous', runsIn: [{ service: 'graasp', container: 'nudenet' }] },
      { tag: 'migrate-v2.0.0', previousTag: 'migrate-previous', runsIn: [] },
    ]);
  });

  it('names a service’s image once where the migration is of the same', () => {
    const migration = { ...definition.migration!, tag: 'core-{version}' as const };
    expect(releasedImages(testEnvironment({ definition: { ...definition, migration } }), 'v2.0.0').map(({ tag }) => tag)).toEqual(['core-v2.0.0']);
    const { migration: _, ...without } = definition;
    expect(releasedImages(testEnvironment({ definition: without }), 'v2.0.0').map(({ tag }) => tag)).toEqual(['core-v2.0.0']);
  });
});

describe('an image as it is published', () => {
  const part = (digest: string, platform: string | null) => ({ digest, mediaType: '', size: 1, platform });
  const index = { digest: 'sha256:index', mediaType: '', text: '', parsed: { kind: 'index', manifests: [part('sha256:arm', 'linux/arm64'), part('sha256:amd', 'linux/amd64'), part('sha256:proof', 'unknown/unknown'), part('sha256:other', null)] } } as const;
  const single = { ...index, digest: 'sha256:one', parsed: { kind: 'image', blobs: [part('sha256:layer', null)] } } as const;

  it('has the platforms of its index, without attestations, and none that is told where it is of one', () => {
    expect(platformsOf(index)).toEqual(['linux/arm64', 'linux/amd64']);
    expect(platformsOf(single)).toBeNull();
  });

  it('is known by its own digest and by those of what it holds', () => {
    expect(digestsOf({ root: index } as unknown as SourceImage)).toEqual(['sha256:index', 'sha256:arm', 'sha256:amd', 'sha256:proof', 'sha256:other']);
    expect(digestsOf({ root: single } as unknown as SourceImage)).toEqual(['sha256:one']);
  });
});
