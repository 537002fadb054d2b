import { BatchGetImageCommand, CreateRepositoryCommand, DescribeImagesCommand, ECRClient, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr';
import { describe, expect, it } from 'vitest';
import { createRequestLog } from '../../../wire/request-log.js';
import { testService } from '../../test-service.js';
import { digestOf } from '../build-image.js';
import { createEcr } from '../ecr.js';
import { createRegistryDoor } from './registry-door.js';
import { createRegistryFetch } from './registry-fetch.js';

const host = 'https://123456789012.dkr.ecr.eu-central-1.amazonaws.com/v2';
const publicHost = 'https://public.ecr.aws/v2';
const manifestType = 'application/vnd.oci.image.manifest.v1+json';

async function setUp(imageTagMutability: 'MUTABLE' | 'IMMUTABLE' = 'MUTABLE') {
  const { context, configurationFor } = testService();
  const ecr = createEcr(context);
  const client = new ECRClient(configurationFor('ecr', ecr.operations));
  await client.send(new CreateRepositoryCommand({ repositoryName: 'graasp', imageTagMutability }));
  const { authorizationData } = await client.send(new GetAuthorizationTokenCommand({}));
  const log = createRequestLog();
  const door = createRegistryDoor({ ecr: () => ecr, region: 'eu-central-1', accountId: '123456789012', clock: context.clock, faults: context.faults, authorizer: context.authorizer, log });
  const nowhere = () => Promise.reject(new TypeError('nowhere'));
  const fetch = createRegistryFetch(door, context.clock, nowhere);
  const authorization = `Basic ${authorizationData?.[0]?.authorizationToken ?? ''}`;
  const ask = (method: string, path: string, body?: string | Uint8Array, headers: Record<string, string> = {}) => fetch(path, { method, headers: { authorization, ...headers }, ...(body === undefined ? {} : { body: body as BodyInit }) });
  const upload = async (content: string, digest = digestOf(content)) => {
    const begun = await ask('POST', `${host}/graasp/blobs/uploads/`);
    const location = new URL(begun.headers.get('location') ?? '', begun.url);
    location.searchParams.set('digest', digest);
    return ask('PUT', location.href, content);
  };
  const manifest = (config: string) => JSON.stringify({ schemaVersion: 2, mediaType: manifestType, config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: digestOf(config), size: config.length }, layers: [] });
  return { ...context, ecr, client, fetch, ask, upload, manifest, log };
}

const codeOf = async (response: Response) => [response.status, ((await response.json()) as { errors: { code: string }[] }).errors[0]?.code];

describe('the private registry', () => {
  it('asks who is there, and lets in whom ECR gave a token', async () => {
    const { fetch, ask } = await setUp();
    const refused = await fetch(`${host}/`);
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'Basic realm="https://123456789012.dkr.ecr.eu-central-1.amazonaws.com/",service="ecr.amazonaws.com"']);
    expect((await ask('GET', `${host}/`)).status).toBe(200);
    await expect(fetch('https://elsewhere.test/v2/')).rejects.toThrow('nowhere');
  });

  it('keeps what is pushed, which AWS’s own operations then show', async () => {
    const { client, ask, upload, manifest, log } = await setUp();
    expect(await codeOf(await ask('PUT', `${host}/graasp/manifests/v1`, manifest('{}'), { 'content-type': manifestType }))).toEqual([404, 'BLOB_UNKNOWN']);
    expect((await ask('HEAD', `${host}/graasp/blobs/${digestOf('{}')}`)).status).toBe(404);
    expect((await upload('{}')).headers.get('docker-content-digest')).toBe(digestOf('{}'));
    expect((await ask('HEAD', `${host}/graasp/blobs/${digestOf('{}')}`)).headers.get('content-length')).toBe('2');

    const digest = digestOf(manifest('{}'));
    const put = await ask('PUT', `${host}/graasp/manifests/v1`, manifest('{}'), { 'content-type': manifestType });
    expect([put.status, put.headers.get('docker-content-digest')]).toEqual([201, digest]);
    const { imageDetails } = await client.send(new DescribeImagesCommand({ repositoryName: 'graasp' }));
    expect(imageDetails).toMatchObject([{ imageDigest: digest, imageTags: ['v1'], imageSizeInBytes: 2, imageManifestMediaType: manifestType }]);
    const { images } = await client.send(new BatchGetImageCommand({ repositoryName: 'graasp', imageIds: [{ imageTag: 'v1' }] }));
    expect(images?.[0]?.imageManifest).toBe(manifest('{}'));
    const pulled = await ask('GET', `${host}/graasp/manifests/${digest}`);
    expect([await pulled.text(), pulled.headers.get('content-type')]).toEqual([manifest('{}'), manifestType]);
    expect(await (await ask('GET', `${host}/graasp/tags/list`)).json()).toEqual({ name: 'graasp', tags: ['v1'] });
    expect(log.requests.map(({ operation }) => operation)).toEqual(['ecr:PutImage', 'ecr:BatchCheckLayerAvailability', 'ecr:InitiateLayerUpload', 'ecr:CompleteLayerUpload', 'ecr:BatchCheckLayerAvailability', 'ecr:PutImage', 'ecr:BatchGetImage', 'ecr:ListImages']);
  });

  it('takes a blob in parts, as docker sends it', async () => {
    const { ask } = await setUp();
    const { headers } = await ask('POST', `${host}/graasp/blobs/uploads/`);
    const upload = `https://123456789012.dkr.ecr.eu-central-1.amazonaws.com${headers.get('location') ?? ''}`;
    expect((await ask('PATCH', upload, 'ab')).headers.get('range')).toBe('0-1');
    expect((await ask('PATCH', upload, 'cd')).status).toBe(201);
    expect((await ask('PUT', `${upload}?digest=${digestOf('abcd')}`)).status).toBe(201);
    expect(await (await ask('GET', `${host}/graasp/blobs/${digestOf('abcd')}`)).text()).toBe('abcd');
    expect(await codeOf(await ask('PUT', `${upload}?digest=${digestOf('abcd')}`))).toEqual([404, 'BLOB_UPLOAD_UNKNOWN']);
  });

  it('refuses content of another digest, an immutable tag’s move, and what it does not have', async () => {
    const { ask, upload, manifest } = await setUp('IMMUTABLE');
    expect(await codeOf(await upload('{}', digestOf('other')))).toEqual([400, 'DIGEST_INVALID']);
    for (const config of ['1', '2']) await upload(config);
    const put = (reference: string, config: string) => ask('PUT', `${host}/graasp/manifests/${reference}`, manifest(config), { 'content-type': manifestType });
    expect((await put('v1', '1')).status).toBe(201);
    expect((await put('v1', '1')).status).toBe(201);
    expect(await codeOf(await put('v1', '2'))).toEqual([400, 'TAG_INVALID']);
    expect(await codeOf(await put(digestOf('other'), '2'))).toEqual([400, 'DIGEST_INVALID']);
    expect(await codeOf(await ask('GET', `${host}/graasp/manifests/v2`))).toEqual([404, 'MANIFEST_UNKNOWN']);
    expect(await codeOf(await ask('GET', `${host}/graasp/blobs/${digestOf('none')}`))).toEqual([404, 'BLOB_UNKNOWN']);
    expect(await codeOf(await ask('GET', `${host}/none/manifests/v1`))).toEqual([404, 'NAME_UNKNOWN']);
    expect(await codeOf(await ask('DELETE', `${host}/graasp/manifests/v1`))).toEqual([405, 'UNSUPPORTED']);
    expect(await codeOf(await ask('GET', `${host}/graasp/nothing`))).toEqual([404, 'NAME_INVALID']);
  });

  it('does wrong what it is told to do wrong', async () => {
    const { ask, faults } = await setUp();
    const faulty = async (kind: 'throttle' | 'server-error' | 'access-denied' | 'expired-credentials') => {
      faults.clear();
      faults.add({ kind, operation: 'ecr:BatchGetImage' });
      return codeOf(await ask('GET', `${host}/graasp/manifests/v1`));
    };
    expect([await faulty('throttle'), await faulty('server-error'), await faulty('access-denied'), await faulty('expired-credentials')]).toEqual([[429, 'TOOMANYREQUESTS'], [503, 'UNKNOWN'], [403, 'DENIED'], [403, 'DENIED']]);
    faults.add({ kind: 'lost-response', operation: 'ecr:Login' });
    await expect(ask('GET', `${host}/`)).rejects.toMatchObject({ message: 'fetch failed', cause: { code: 'ECONNRESET' } });
  });
});

describe('the public registry', () => {
  it('gives anybody a token, and with it what was pushed there', async () => {
    const { ecr, fetch } = await setUp();
    const { digest } = ecr.pushImage({ reference: 'public.ecr.aws/shop/graasp:core-v1', platforms: ['linux/arm64'] });
    const refused = await fetch(`${publicHost}/`);
    const realm = /realm="([^"]+)"/.exec(refused.headers.get('www-authenticate') ?? '')?.[1] ?? '';
    const { token } = (await (await fetch(realm)).json()) as { token: string };
    const pull = (path: string) => fetch(`${publicHost}${path}`, { headers: { authorization: `Bearer ${token}` } });

    const index = (await (await pull('/shop/graasp/manifests/core-v1')).json()) as { manifests: { digest: string }[] };
    const image = (await (await pull(`/shop/graasp/manifests/${index.manifests[0]?.digest ?? ''}`)).json()) as { config: { digest: string }; layers: { digest: string; size: number }[] };
    const layer = new Uint8Array(await (await pull(`/shop/graasp/blobs/${image.layers[0]?.digest ?? ''}`)).arrayBuffer());

    expect((await pull(`/shop/graasp/manifests/${digest}`)).status).toBe(200);
    expect([digestOf(layer), layer.byteLength]).toEqual([image.layers[0]?.digest, image.layers[0]?.size]);
    expect(await (await pull(`/shop/graasp/blobs/${image.config.digest}`)).json()).toMatchObject({ architecture: 'arm64', rootfs: { diff_ids: [digestOf(layer)] } });
    expect(await codeOf(await pull('/shop/none/manifests/core-v1'))).toEqual([404, 'NAME_UNKNOWN']);
    expect(await codeOf(await fetch(`${publicHost}/shop/graasp/blobs/uploads/`, { method: 'POST' }))).toEqual([405, 'UNSUPPORTED']);
  });
});
