import {
  BatchDeleteImageCommand,
  BatchGetImageCommand,
  CreateRepositoryCommand,
  DescribeImagesCommand,
  DescribeRepositoriesCommand,
  ECRClient,
  GetAuthorizationTokenCommand,
  GetDownloadUrlForLayerCommand,
  ListImagesCommand,
  PutImageCommand,
} from '@aws-sdk/client-ecr';
import { describe, expect, it } from 'vitest';
import { testService } from '../test-service.js';
import { digestOf } from './build-image.js';
import { createEcr } from './ecr.js';

const host = '123456789012.dkr.ecr.eu-central-1.amazonaws.com';
const repository = { repositoryName: 'graasp' };

async function setUp(imageTagMutability: 'MUTABLE' | 'IMMUTABLE' = 'MUTABLE') {
  const service = testService();
  const ecr = createEcr(service.context);
  const client = new ECRClient(service.configurationFor('ecr', ecr.operations));
  await client.send(new CreateRepositoryCommand({ ...repository, imageTagMutability }));
  const manifestOf = async (imageTag: string) => {
    const { images = [], failures = [] } = await client.send(new BatchGetImageCommand({ ...repository, imageIds: [{ imageTag }] }));
    return { image: images[0], failure: failures[0] };
  };
  const tagsOf = async (imageDigest: string) => (await client.send(new DescribeImagesCommand({ ...repository, imageIds: [{ imageDigest }] }))).imageDetails?.[0]?.imageTags;
  return { ...service, ecr, client, manifestOf, tagsOf };
}

describe('pushImage', () => {
  it('keeps an index whose digest is that of its bytes, with a manifest for each platform', async () => {
    const { ecr, client, manifestOf } = await setUp();
    const { digest } = ecr.pushImage({ reference: 'graasp:core-v1', platforms: ['linux/arm64', 'linux/amd64'] });

    const { image } = await manifestOf('core-v1');
    const text = image?.imageManifest ?? '';
    const index = JSON.parse(text) as { manifests: { digest: string; size: number; platform: object }[] };

    expect(image?.imageId).toEqual({ imageDigest: digest, imageTag: 'core-v1' });
    expect(image?.imageManifestMediaType).toBe('application/vnd.oci.image.index.v1+json');
    expect(digestOf(text)).toBe(digest);
    expect(index.manifests.map(({ platform }) => platform)).toEqual([
      { architecture: 'arm64', os: 'linux' },
      { architecture: 'amd64', os: 'linux' },
    ]);
    const { images = [] } = await client.send(new BatchGetImageCommand({ ...repository, imageIds: index.manifests.map((child) => ({ imageDigest: child.digest })) }));
    expect(images.map(({ imageManifest = '' }) => [digestOf(imageManifest), imageManifest.length])).toEqual(index.manifests.map((child) => [child.digest, child.size]));

    const manifest = JSON.parse(images[0]?.imageManifest ?? '') as { config: { digest: string } };
    const { downloadUrl = '' } = await client.send(new GetDownloadUrlForLayerCommand({ ...repository, layerDigest: manifest.config.digest }));
    expect(await (await fetch(downloadUrl)).json()).toMatchObject({ architecture: 'arm64', os: 'linux' });
    await expect(client.send(new GetDownloadUrlForLayerCommand({ ...repository, layerDigest: 'sha256:none' }))).rejects.toMatchObject({ name: 'LayerInaccessibleException' });
  });

  it('gives the same bytes for the same declaration, others for another, and moves the tag', async () => {
    const { ecr, tagsOf } = await setUp();
    const first = ecr.pushImage({ reference: 'graasp:core', model: { kind: 'server', version: 'v1' } });
    const again = ecr.pushImage({ reference: 'graasp:core', model: { kind: 'server', version: 'v1' } });
    const second = ecr.pushImage({ reference: 'graasp:core', model: { kind: 'server', version: 'v2' } });

    expect(again).toEqual(first);
    expect(second).not.toEqual(first);
    expect([await tagsOf(first.digest), await tagsOf(second.digest)]).toEqual([undefined, ['core']]);
  });

  it('refuses a repository of the account that does not exist', async () => {
    const { ecr } = await setUp();
    expect(() => ecr.pushImage({ reference: `${host}/none:v1` })).toThrow("The repository with name 'none' does not exist in the registry with id '123456789012'");
  });
});

describe('resolveImage', () => {
  it('finds an image of the account by tag and by digest, as it was declared, and nothing else', async () => {
    const { ecr } = await setUp();
    const declaration = { reference: 'graasp:core-v1', platforms: ['linux/arm64'], model: { kind: 'server' as const, version: 'v1' } };
    const { digest } = ecr.pushImage(declaration);

    expect(ecr.resolveImage(`${host}/graasp:core-v1`)).toEqual({ digest, platforms: ['linux/arm64'], declaration });
    expect(ecr.resolveImage(`${host}/graasp@${digest}`)?.declaration).toBe(declaration);
    expect(ecr.resolveImage(`${host}/graasp:core-v2`)).toBeUndefined();
    expect(ecr.resolveImage(`${host}/graasp@sha256:0`)).toBeUndefined();
    expect(ecr.resolveImage(`${host}/none:core-v1`)).toBeUndefined();
  });

  it('follows a tag that was moved', async () => {
    const { ecr, client, manifestOf } = await setUp();
    ecr.pushImage({ reference: 'graasp:core-v1' });
    const { digest } = ecr.pushImage({ reference: 'graasp:core-v2' });
    const { image } = await manifestOf('core-v2');
    await client.send(new PutImageCommand({ ...repository, imageManifest: image?.imageManifest, imageTag: 'core-v1' }));

    expect(ecr.resolveImage(`${host}/graasp:core-v1`)?.digest).toBe(digest);
    expect(ecr.resolveImage(`${host}/graasp:core-v1`)?.declaration.reference).toBe('graasp:core-v2');
  });

  it('knows declared images of other registries, and makes up the others, the same each time', async () => {
    const { ecr } = await setUp();
    const { digest } = ecr.pushImage({ reference: 'public.ecr.aws/graasp/core:v1', platforms: ['linux/amd64'] });

    expect(ecr.resolveImage('public.ecr.aws/graasp/core:v1')).toMatchObject({ digest, platforms: ['linux/amd64'] });
    expect(ecr.resolveImage(`public.ecr.aws/graasp/core@${digest}`)?.digest).toBe(digest);
    expect(ecr.resolveImage('redis')).toEqual(ecr.resolveImage('redis:latest'));
    expect(ecr.resolveImage('redis')).toMatchObject({ platforms: ['linux/amd64', 'linux/arm64'], declaration: { reference: 'redis' } });
  });
});

describe('PutImage', () => {
  it('retags byte for byte', async () => {
    const { ecr, client, manifestOf, tagsOf } = await setUp();
    const { digest } = ecr.pushImage({ reference: 'graasp:core-v1' });
    const { image } = await manifestOf('core-v1');
    const put = (imageTag: string, more: object = {}) => client.send(new PutImageCommand({ ...repository, imageManifest: image?.imageManifest, imageTag, ...more }));

    await put('core-latest', { imageDigest: digest });
    expect(await tagsOf(digest)).toEqual(['core-v1', 'core-latest']);
    await expect(put('core-latest')).rejects.toMatchObject({
      name: 'ImageAlreadyExistsException',
      message: `Image with digest '${digest}' and tag 'core-latest' already exists in the repository with name 'graasp' in registry with id '123456789012'`,
    });
    await expect(put('core-next', { imageDigest: 'sha256:0' })).rejects.toMatchObject({ name: 'ImageDigestDoesNotMatchException' });
    await expect(put('core-next', { imageManifest: `${image?.imageManifest} ` })).resolves.toMatchObject({ image: { imageId: { imageDigest: digestOf(`${image?.imageManifest} `) } } });
  });

  it('refuses to move a tag of an immutable repository', async () => {
    const { ecr, client, manifestOf } = await setUp('IMMUTABLE');
    ecr.pushImage({ reference: 'graasp:core-v1' });
    ecr.pushImage({ reference: 'graasp:core-v2' });
    const { image } = await manifestOf('core-v2');

    await expect(client.send(new PutImageCommand({ ...repository, imageManifest: image?.imageManifest, imageTag: 'core-v1' }))).rejects.toMatchObject({ name: 'ImageTagAlreadyExistsException' });
  });

  it('refuses an index whose manifests, and a manifest whose configuration, the repository does not have', async () => {
    const { ecr, client, manifestOf } = await setUp();
    ecr.pushImage({ reference: 'graasp:core-v1' });
    await client.send(new CreateRepositoryCommand({ repositoryName: 'other' }));
    const { image } = await manifestOf('core-v1');
    const put = (imageManifest: string | undefined, imageManifestMediaType?: string) => client.send(new PutImageCommand({ repositoryName: 'other', imageManifest, imageManifestMediaType, imageTag: 't' }));

    await expect(put(image?.imageManifest)).rejects.toMatchObject({ name: 'ReferencedImagesNotFoundException' });
    await expect(put('{"config":{"digest":"sha256:0"}}', 'application/vnd.oci.image.manifest.v1+json')).rejects.toMatchObject({ name: 'LayersNotFoundException' });
    await expect(put('{"config":{"digest":"sha256:0"}}')).rejects.toMatchObject({ name: 'InvalidParameterException' });
    await expect(put('no json')).rejects.toMatchObject({ name: 'InvalidParameterException' });
  });
});

describe('BatchGetImage', () => {
  it('answers a miss as a failure, where DescribeImages throws', async () => {
    const { client, manifestOf } = await setUp();

    expect(await manifestOf('none')).toEqual({ image: undefined, failure: { imageId: { imageTag: 'none' }, failureCode: 'ImageNotFound', failureReason: 'Requested image not found' } });
    await expect(client.send(new DescribeImagesCommand({ ...repository, imageIds: [{ imageTag: 'none' }] }))).rejects.toMatchObject({ name: 'ImageNotFoundException' });
    await expect(client.send(new DescribeImagesCommand({ repositoryName: 'none' }))).rejects.toMatchObject({ name: 'RepositoryNotFoundException' });
  });

  it('pins one platform for a caller that accepts no index', async () => {
    const { ecr, client } = await setUp();
    const { digest } = ecr.pushImage({ reference: 'graasp:core-v1' });
    const get = async (acceptedMediaTypes: string[]) => (await client.send(new BatchGetImageCommand({ ...repository, imageIds: [{ imageTag: 'core-v1' }], acceptedMediaTypes }))).images?.[0];

    expect((await get(['application/vnd.oci.image.index.v1+json']))?.imageId?.imageDigest).toBe(digest);
    expect((await get(['application/vnd.oci.image.manifest.v1+json']))?.imageManifestMediaType).toBe('application/vnd.oci.image.manifest.v1+json');
  });
});

describe('BatchDeleteImage', () => {
  it('removes a tag, and the image with its last one; not a manifest that an index refers to', async () => {
    const { ecr, client, manifestOf, tagsOf } = await setUp();
    const { digest } = ecr.pushImage({ reference: 'graasp:core-v1' });
    const { image } = await manifestOf('core-v1');
    await client.send(new PutImageCommand({ ...repository, imageManifest: image?.imageManifest, imageTag: 'core-latest' }));
    const child = (JSON.parse(image?.imageManifest ?? '') as { manifests: { digest: string }[] }).manifests[0]?.digest;
    const remove = (id: object) => client.send(new BatchDeleteImageCommand({ ...repository, imageIds: [id] }));

    expect((await remove({ imageDigest: child })).failures?.[0]?.failureCode).toBe('ImageReferencedByManifestList');
    expect((await remove({ imageTag: 'core-v1' })).imageIds).toEqual([{ imageDigest: digest, imageTag: 'core-v1' }]);
    expect(await tagsOf(digest)).toEqual(['core-latest']);
    await remove({ imageTag: 'core-latest' });
    await expect(tagsOf(digest)).rejects.toMatchObject({ name: 'ImageNotFoundException' });
    expect((await remove({ imageTag: 'core-latest' })).failures?.[0]?.failureCode).toBe('ImageNotFound');
  });
});

describe('repositories', () => {
  it('are created once, described by name and page by page', async () => {
    const { client, ecr } = await setUp();
    await client.send(new CreateRepositoryCommand({ repositoryName: 'admin' }));
    ecr.pushImage({ reference: 'graasp:core-v1' });

    await expect(client.send(new CreateRepositoryCommand(repository))).rejects.toMatchObject({ name: 'RepositoryAlreadyExistsException' });
    const first = await client.send(new DescribeRepositoriesCommand({ maxResults: 1 }));
    const second = await client.send(new DescribeRepositoriesCommand({ maxResults: 1, nextToken: first.nextToken }));
    expect([first, second].map(({ repositories }) => repositories?.[0]?.repositoryUri)).toEqual([`${host}/graasp`, `${host}/admin`]);
    await expect(client.send(new DescribeRepositoriesCommand({ repositoryNames: ['none'] }))).rejects.toMatchObject({ name: 'RepositoryNotFoundException' });
    const list = async (tagStatus: 'TAGGED' | 'UNTAGGED') => (await client.send(new ListImagesCommand({ ...repository, filter: { tagStatus } }))).imageIds?.map(({ imageTag }) => imageTag);
    expect([await list('TAGGED'), await list('UNTAGGED')]).toEqual([['core-v1'], [undefined, undefined]]);
    const { authorizationData } = await client.send(new GetAuthorizationTokenCommand({}));
    expect(authorizationData?.[0]).toMatchObject({ proxyEndpoint: `https://${host}`, authorizationToken: Buffer.from('AWS:rehearsal').toString('base64') });
  });
});
