import { BatchGetImageCommand, DescribeImagesCommand, type DescribeImagesCommandInput, ECRClient } from '@aws-sdk/client-ecr';
import { DescribeServiceRevisionsCommand, DescribeTaskDefinitionCommand, ECSClient, type Service } from '@aws-sdk/client-ecs';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { definition, testEnvironment } from '../environment/environment.fixture.js';
import type { VersionTag } from '../environment/definition.js';
import { versionInUse, versionOf } from './version-in-use.js';

const ecs = mockClient(ECSClient);
const ecr = mockClient(ECRClient);
const repository = '123456789012.dkr.ecr.eu-central-1.amazonaws.com/graasp';

interface Setting {
  /** container -> image that the revision names */
  readonly images?: Readonly<Record<string, string>>;
  /** Digest, or tag -> tags of the image. */
  readonly tags?: Readonly<Record<string, readonly string[]>>;
  /** container -> digest that the deployment has resolved its image to */
  readonly resolved?: Readonly<Record<string, string>>;
  /** Digests that the manifest under any tag lists. */
  readonly index?: readonly string[];
  readonly marked?: string;
  readonly service?: Partial<Service>;
  readonly release?: Readonly<Record<string, VersionTag>>;
}

async function version({ images = { core: `${repository}:core-latest` }, tags = {}, resolved, index, marked, service = {}, release = { core: 'core-{version}' } }: Setting = {}) {
  ecs.on(DescribeTaskDefinitionCommand).resolves({ taskDefinition: { containerDefinitions: Object.entries(images).map(([name, image]) => ({ name, image })) }, tags: marked === undefined ? [] : [{ key: 'graasp-deploy:version', value: marked }] });
  ecs.on(DescribeServiceRevisionsCommand).resolves({ serviceRevisions: [{ containerImages: Object.entries(resolved ?? {}).map(([containerName, imageDigest]) => ({ containerName, imageDigest })) }] });
  ecr.on(DescribeImagesCommand).callsFake(({ imageIds = [] }: DescribeImagesCommandInput) => {
    const found = tags[imageIds[0]?.imageDigest ?? imageIds[0]?.imageTag ?? ''];
    if (found === undefined) throw Object.assign(new Error('no'), { name: 'ImageNotFoundException' });
    return { imageDetails: [{ imageDigest: imageIds[0]?.imageDigest ?? 'sha256:index', imageTags: [...found] }] };
  });
  ecr.on(BatchGetImageCommand).resolves({ images: [{ imageId: { imageDigest: 'sha256:index' }, imageManifestMediaType: 'application/vnd.oci.image.index.v1+json', imageManifest: JSON.stringify({ manifests: (index ?? []).map((digest) => ({ digest, mediaType: 'application/vnd.oci.image.manifest.v1+json', size: 1, platform: { os: 'linux', architecture: 'arm64' } })) }) }] });
  const { graasp } = definition.services;
  const services = { graasp: { ...graasp!, dependsOn: [], release: Object.fromEntries(Object.entries(release).map(([container, tag]) => [container, { tag }])) } };
  const env = testEnvironment({ definition: { ...definition, services } });
  return (await versionInUse(env, { serviceName: 'graasp', taskDefinition: 'graasp:1', currentServiceRevisions: resolved === undefined ? [] : [{ arn: 'revision/1' }], ...service }))._unsafeUnwrap();
}

beforeEach(() => {
  ecs.reset();
  ecr.reset();
});

describe('versionInUse', () => {
  it('is what a revision says that this library made, unless it names an image by a tag, which may have been moved since', async () => {
    expect(await version({ marked: 'v2.0.0', images: { core: `${repository}@sha256:a` } })).toBe('v2.0.0');
    expect(await version({ marked: 'v2.0.0', tags: { 'core-latest': ['core-latest', 'core-v1.0.0'] } })).toBe('v1.0.0');
  });

  it('is the newest version that the tags of its image name, by the pattern of the container', async () => {
    expect(await version({ tags: { 'core-latest': ['core-latest', 'core-v1.9.0', 'core-v1.10.0', 'edge-v3.0.0', 'core-v2.0.0-extra!'] } })).toBe('v1.10.0');
    expect(await version({ release: { core: '{version}-core' }, tags: { 'core-latest': ['v1.0.0-core', 'v9.0.0-next'] } })).toBe('v1.0.0');
  });

  it('is what the deployment has resolved the tag to, not where the tag is now', async () => {
    const moved = { tags: { 'core-latest': ['core-latest', 'core-v2.0.0'], 'sha256:old': ['core-v1.0.0'] }, resolved: { core: 'sha256:old' } };
    expect(await version(moved)).toBe('v1.0.0');
    expect(await version({ ...moved, resolved: {} })).toBe('v2.0.0');
  });

  it('is where the tag is now once ECS has given the deployment up, whose next one resolves it anew', async () => {
    const moved = { tags: { 'core-latest': ['core-latest', 'core-v2.0.0'], 'sha256:old': ['core-v1.0.0'] }, resolved: { core: 'sha256:old' } };
    expect(await version({ ...moved, service: { deployments: [{ status: 'PRIMARY', rolloutState: 'FAILED' }] } })).toBe('v2.0.0');
    expect(await version({ ...moved, service: { deployments: [{ status: 'PRIMARY', rolloutState: 'COMPLETED' }, { status: 'ACTIVE', rolloutState: 'FAILED' }] } })).toBe('v1.0.0');
  });

  it('is that of the index under the tag where the digest is the one of a platform in it, and of no other index', async () => {
    const resolved = { core: 'sha256:arm' };
    expect(await version({ resolved, tags: { 'core-latest': ['core-latest', 'core-v2.0.0'], 'sha256:arm': [] }, index: ['sha256:arm'] })).toBe('v2.0.0');
    expect(await version({ resolved, tags: { 'core-latest': ['core-latest', 'core-v2.0.0'], 'sha256:arm': [] }, index: ['sha256:other'] })).toBeNull();
  });

  it('is that of a digest that the revision names itself', async () => {
    expect(await version({ images: { core: `${repository}@sha256:a` }, tags: { 'sha256:a': ['core-v1.0.0'] }, resolved: { core: 'sha256:b' } })).toBe('v1.0.0');
    const two = { release: { core: 'core-{version}', worker: 'worker-{version}' }, images: { core: `${repository}:core-latest`, worker: `${repository}@sha256:a` } } as const;
    expect(await version({ ...two, tags: { 'core-latest': ['core-v2.0.0'], 'sha256:a': ['worker-v1.0.0'] }, resolved: { worker: 'sha256:b' } })).toBe('v1.0.0');
    expect(await version({ images: { core: `${repository}:core-v9.0.0@sha256:a` }, tags: { 'sha256:a': ['core-v1.0.0'] } })).toBe('v1.0.0');
  });

  it.each<readonly [string, Setting]>([
    ['the image is of another repository', { images: { core: 'docker.io/graasp-fork:core-v1.0.0' }, tags: { 'core-v1.0.0': ['core-v1.0.0'] } }],
    ['the revision has no such container', { images: { proxy: `${repository}:core-v1.0.0` }, tags: { 'core-v1.0.0': ['core-v1.0.0'] } }],
    ['the image is gone from the repository', { images: { core: `${repository}@sha256:gone` } }],
    ['no tag of it names a version', { tags: { 'core-latest': ['core-latest', 'core-nightly'] } }],
    ['nothing of the service is released', { release: {} }],
  ])('is not known where %s', async (_, setting) => {
    expect(await version(setting)).toBeNull();
  });

  it('is the oldest of several containers’, and not known where one is not', async () => {
    const release = { core: 'core-{version}', worker: 'worker-{version}' } as const;
    const images = { core: `${repository}:core-latest`, worker: `${repository}:worker-latest` };
    expect(await version({ release, images, tags: { 'core-latest': ['core-v2.0.0'], 'worker-latest': ['worker-v1.0.0'] } })).toBe('v1.0.0');
    expect(await version({ release, images, tags: { 'core-latest': ['core-v2.0.0'], 'worker-latest': ['worker-latest'] } })).toBeNull();
  });
});

describe('versionOf', () => {
  const image = (found: string | null) => ({ container: 'c', image: null, inRepository: true, version: found });

  it.each([
    [[], null],
    [['v1.10.0', 'v1.9.0'], 'v1.9.0'],
    [['v1.0.0', null], null],
  ])('of %j is %j', (versions, expected) => {
    expect(versionOf(versions.map(image))).toBe(expected);
  });
});
