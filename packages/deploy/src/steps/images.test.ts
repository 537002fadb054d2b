import { BatchGetImageCommand, DescribeImagesCommand, ECRClient, PutImageCommand } from '@aws-sdk/client-ecr';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { definition, planOptions, testEnvironment } from '../environment/environment.fixture.js';
import { findReleaseImage, imageReference, platformOf, releaseTag, runsOn } from './images.js';
import { moveTags } from './move-tags.js';
import { environmentInRun, recordingRun } from './recording-run.fixture.js';

const ecr = mockClient(ECRClient);
const image = { repository: 'graasp', tag: 'core-v1.54.8', digest: 'sha256:new', platforms: null, digests: ['sha256:new'] };
const host = '123456789012.dkr.ecr.eu-central-1.amazonaws.com';
beforeEach(() => void ecr.reset());

describe('releaseTag', () => {
  it('puts the version into the tag', () => {
    expect(releaseTag('core-{version}', 'v1.54.8')).toBe('core-v1.54.8');
  });
});

describe('findReleaseImage', () => {
  const found = (manifest: unknown) => {
    ecr.on(DescribeImagesCommand).resolves({ imageDetails: [{ imageDigest: 'sha256:index' }] });
    ecr.on(BatchGetImageCommand).resolves({ images: [{ imageManifest: typeof manifest === 'string' ? manifest : JSON.stringify(manifest) }] });
    return findReleaseImage(testEnvironment(), 'graasp', 'core-v1.54.8').map(({ platforms, digests }) => ({ platforms, digests }));
  };

  it('reads the platforms of an index, and not its attestations', async () => {
    const manifests = [
      { digest: 'sha256:arm', platform: { os: 'linux', architecture: 'arm64' } },
      { digest: 'sha256:amd', platform: { os: 'linux', architecture: 'amd64' } },
      { digest: 'sha256:attest', platform: { os: 'unknown', architecture: 'unknown' } },
    ];
    expect((await found({ manifests }))._unsafeUnwrap()).toEqual({ platforms: ['linux/arm64', 'linux/amd64'], digests: ['sha256:index', 'sha256:arm', 'sha256:amd'] });
    expect(ecr.commandCalls(BatchGetImageCommand)[0]!.args[0].input.imageIds).toEqual([{ imageDigest: 'sha256:index' }]);
  });

  it('takes an entry without a platform for one of linux/amd64, as Docker does', async () => {
    expect((await found({ manifests: [{ digest: 'sha256:old' }, { platform: { os: 'linux' } }] }))._unsafeUnwrap()).toEqual({ platforms: ['linux/amd64', 'linux/amd64'], digests: ['sha256:index', 'sha256:old'] });
  });

  it('does not know the platform of a single image, or of what it cannot read', async () => {
    expect((await found({ config: {}, layers: [] }))._unsafeUnwrap()).toEqual({ platforms: null, digests: ['sha256:index'] });
    expect((await found('not json'))._unsafeUnwrap().platforms).toBeNull();
  });

  it('names the image that was not promoted', async () => {
    ecr.on(DescribeImagesCommand).rejects(Object.assign(new Error('no'), { name: 'ImageNotFoundException' }));
    expect((await findReleaseImage(testEnvironment(), 'graasp', 'core-v9.9.9'))._unsafeUnwrapErr()).toMatchObject({ kind: 'NotFound', resource: 'image', name: 'graasp:core-v9.9.9', region: 'eu-central-1', accountId: '123456789012' });
  });
});

describe('imageReference', () => {
  it('names the digest, or the mutable tag, at the host that is written now', () => {
    const env = testEnvironment();
    expect(imageReference(env, `${host}/graasp:core-latest`, image, { digest: true })).toBe(`${host}/graasp@sha256:new`);
    expect(imageReference(env, 'graasp/graasp:core', image, { digest: true })).toBe(`${host}/graasp@sha256:new`);
    expect(imageReference(env, '999999999999.dkr.ecr.us-east-1.amazonaws.com/graasp@sha256:old', image, { tag: 'core-latest' })).toBe('999999999999.dkr.ecr.us-east-1.amazonaws.com/graasp:core-latest');
    const china = testEnvironment({ definition: { ...definition, region: 'cn-north-1' } });
    expect(imageReference(china, 'core', image, { digest: true })).toBe('123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/graasp@sha256:new');
  });
});

describe('runsOn', () => {
  it('goes by the task definition’s processor, X86_64 where it names none', () => {
    expect(platformOf({})).toBe('linux/amd64');
    expect(platformOf({ runtimePlatform: { cpuArchitecture: 'ARM64' } })).toBe('linux/arm64');
    expect(runsOn(image, 'linux/arm64')).toBe(true);
    expect(runsOn({ ...image, platforms: ['linux/amd64'] }, 'linux/arm64')).toBe(false);
  });
});

describe('moveTags', () => {
  const env = () => environmentInRun(recordingRun(), { definition: { ...definition, images: { repository: 'graasp', mutableTags: { core: 'core-latest', migrate: 'migrate-latest', nudenet: 'nudenet-latest' } } } });
  const manifest = '{ "layers" : [ ] }';
  const tags = new Map<string, string>();

  beforeEach(() => {
    tags.clear();
    ecr.on(DescribeImagesCommand).callsFake(({ imageIds: [image] }: { imageIds: { imageTag?: string; imageDigest?: string }[] }) => {
      const imageDigest = image!.imageDigest ?? tags.get(image!.imageTag!);
      if (imageDigest === undefined) throw Object.assign(new Error('no'), { name: 'ImageNotFoundException' });
      return { imageDetails: [{ imageDigest }] };
    });
    ecr.on(BatchGetImageCommand).resolves({ images: [{ imageManifest: manifest, imageManifestMediaType: 'application/vnd.oci.image.index.v1+json', imageId: { imageDigest: 'sha256:new' } }] });
    ecr.on(PutImageCommand).callsFake(({ imageTag }: { imageTag: string }) => {
      tags.set(imageTag, 'sha256:new');
      return Promise.resolve({});
    });
  });

  it('puts the version’s manifest, byte for byte, under the mutable tags of released containers', async () => {
    tags.set('core-latest', 'sha256:old');
    tags.set('migrate-latest', 'sha256:new');
    expect((await moveTags(env(), 'v1.54.8'))._unsafeUnwrap()).toEqual({ moved: [{ tag: 'core-latest', digest: 'sha256:new', from: 'sha256:old' }] });
    expect(ecr.commandCalls(PutImageCommand).map(({ args }) => args[0].input)).toEqual([
      { repositoryName: 'graasp', imageManifest: manifest, imageTag: 'core-latest', imageManifestMediaType: 'application/vnd.oci.image.index.v1+json', imageDigest: 'sha256:new' },
    ]);
  });

  it('makes a tag that was nowhere', async () => {
    tags.set('migrate-latest', 'sha256:new');
    expect((await moveTags(env(), 'v1.54.8'))._unsafeUnwrap().moved).toEqual([{ tag: 'core-latest', digest: 'sha256:new', from: null }]);
  });

  it('does not believe a move that it cannot read back', async () => {
    tags.set('core-latest', 'sha256:old');
    ecr.on(PutImageCommand).resolves({});
    expect((await moveTags(env(), 'v1.54.8', { timeoutSeconds: 5 }))._unsafeUnwrapErr()).toMatchObject({ kind: 'TimedOut', waitingFor: 'tag core-latest to read back on its image', lastSeen: 'core-latest is sha256:old' });
  });

  it('waits for a tag that is nowhere for a while after it was put', async () => {
    tags.set('migrate-latest', 'sha256:new');
    ecr.on(PutImageCommand).resolves({});
    expect((await moveTags(env(), 'v1.54.8', { timeoutSeconds: 5 }))._unsafeUnwrapErr()).toMatchObject({ kind: 'TimedOut', lastSeen: 'core-latest is nowhere' });
  });

  it('moves nothing when it may not see where a tag is', async () => {
    ecr.on(DescribeImagesCommand).rejects(Object.assign(new Error('no'), { name: 'AccessDeniedException' }));
    expect((await moveTags(env(), 'v1.54.8'))._unsafeUnwrapErr()).toMatchObject({ kind: 'AccessDenied', action: 'ecr:DescribeImages' });
    expect(ecr.commandCalls(PutImageCommand)).toEqual([]);
  });

  it('is planned tag by tag, without one being put', async () => {
    tags.set('core-latest', 'sha256:old');
    tags.set('migrate-latest', 'sha256:new');
    const planned = environmentInRun(recordingRun(), { definition: env().definition, ...planOptions() });
    expect((await moveTags(planned, 'v1.54.8'))._unsafeUnwrap()).toEqual({ moved: [{ tag: 'core-latest', digest: 'sha256:new', from: 'sha256:old' }] });
    expect(planned.events.map((event) => event.type === 'change' && [event.planned, event.resource, event.from, event.to])).toEqual([[true, 'tag graasp:core-latest', 'sha256:old', 'sha256:new']]);
    expect(ecr.commandCalls(PutImageCommand)).toEqual([]);
  });

  it('needs tags in the definition and a version', async () => {
    expect((await moveTags(environmentInRun(recordingRun()), 'latest'))._unsafeUnwrapErr()).toMatchObject({
      kind: 'InvalidInput',
      problems: ["version: expected a version like 'v1.54.8' or 'v3.56.2-rc1', got 'latest' (string)", 'images.mutableTags: expected tags by container in the definition, got nothing'],
    });
  });
});
