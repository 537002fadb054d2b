import { createHash } from 'node:crypto';
import { connect, defineEnvironment, promoteImage } from '@graasp/deploy';
import { startLocalCloud } from '@graasp/local-cloud';
import { okAsync } from 'neverthrow';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { testEnvironment } from '../packages/deploy/src/environment/environment.fixture.js';
import { publicRepository, type Repository } from '../packages/deploy/src/registry/registry.js';
import { copyImages } from '../packages/deploy/src/steps/promote-image/copy-images.js';
import { readSourceImage } from '../packages/deploy/src/steps/promote-image/source-image.js';
import { saySkipped } from './awscli/client-environment.js';
import { type RealRegistry, registryVersion, startRealRegistry } from './real-registry.js';
import { shop, shopBlueprint, shopImages } from './shop.js';

vi.setConfig({ testTimeout: 60_000 });

const version = registryVersion();
if (version === undefined) saySkipped('`docker-registry` is not installed here (on Debian: apt-get install docker-registry), so no test copies images between real registries in this run');

const indexType = 'application/vnd.oci.image.index.v1+json';
const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const bigBytes = 24 * 1024 * 1024;
const addressOf = (input: RequestInfo | URL) => (input instanceof Request ? input.url : input.toString());
const digestOf = (content: Uint8Array | string) => `sha256:${createHash('sha256').update(content).digest('hex')}`;

const registries: RealRegistry[] = version === undefined ? [] : await Promise.all([startRealRegistry(), startRealRegistry()]);
afterAll(() => Promise.all(registries.map((registry) => registry.end())));
const [source, target] = registries.map(({ host }) => host);

/** What anybody who pushes does, without the code under test. */
async function pushBlob(at: string, content: Uint8Array): Promise<{ digest: string; size: number }> {
  const begun = await fetch(`${at}/blobs/uploads/`, { method: 'POST' });
  const url = new URL(begun.headers.get('location') ?? '');
  url.searchParams.set('digest', digestOf(content));
  const { status } = await fetch(url, { method: 'PUT', body: content as BodyInit, headers: { 'content-type': 'application/octet-stream' } });
  expect(status).toBe(201);
  return { digest: digestOf(content), size: content.byteLength };
}

async function pushManifest(at: string, reference: string, mediaType: string, manifest: object): Promise<{ mediaType: string; digest: string; size: number }> {
  const text = JSON.stringify({ schemaVersion: 2, mediaType, ...manifest });
  const { status } = await fetch(`${at}/manifests/${reference === '' ? digestOf(text) : reference}`, { method: 'PUT', body: text, headers: { 'content-type': mediaType } });
  expect(status).toBe(201);
  return { mediaType, digest: digestOf(text), size: text.length };
}

/** An index of two platforms and an attestation, with a layer that both share, and a large one. */
async function publish(repository: string, tag: string): Promise<string> {
  const at = `http://${source}/v2/${repository}`;
  const text = (content: string) => new TextEncoder().encode(content);
  const layer = async (content: Uint8Array) => ({ mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', ...(await pushBlob(at, content)) });
  const shared = await layer(text(`base of ${repository}`));
  const big = await layer(new Uint8Array(bigBytes).map((_, index) => (index * 31 + (index >> 8)) & 255));
  const images = [];
  for (const [os, architecture] of [['linux', 'amd64'], ['linux', 'arm64'], ['unknown', 'unknown']]) {
    const config = { mediaType: 'application/vnd.oci.image.config.v1+json', ...(await pushBlob(at, text(JSON.stringify({ os, architecture, of: tag })))) };
    images.push({ ...(await pushManifest(at, '', manifestType, { config, layers: os === 'unknown' ? [] : [shared, ...(architecture === 'arm64' ? [big] : [])] })), platform: { os, architecture } });
  }
  return (await pushManifest(at, tag, indexType, { manifests: images })).digest;
}

/** A real registry in the place of the private one. */
const privateOne = (path: string): Repository => ({
  name: `the private repository ${path}`,
  path,
  isPrivate: true,
  access: () => okAsync({ origin: `http://${target}`, authorization: null, expiresAt: Number.POSITIVE_INFINITY }),
  forget: () => undefined,
});

function copy(from: string, to: string, fetch: typeof globalThis.fetch = globalThis.fetch) {
  const env = testEnvironment({ internals: { fetch } });
  const ends = { from: publicRepository({ registry: source!, repository: from }), to: privateOne(to) };
  const image = { tag: 'core-v1.55.0', previousTag: 'core-previous', runsIn: [] };
  const spec = { ...ends, blobsAtOnce: 3, timeoutSeconds: 60, onSeen: () => undefined };
  return { env, copied: readSourceImage(env, ends.from, image).andThen((read) => copyImages(env, { ...spec, images: [read] }).map((done) => ({ ...done, read }))) };
}

describe.skipIf(version === undefined)(`real registries (${version ?? 'not installed'})`, () => {
  it('copy an index of two platforms and its attestation, byte for byte, and nothing twice', async () => {
    const digest = await publish('graasp/public', 'core-v1.55.0');
    const { copied, env } = copy('graasp/public', 'graasp');
    const done = (await copied)._unsafeUnwrap();
    expect(done).toMatchObject({ blobs: 5, manifests: 4, read: { platforms: ['linux/amd64', 'linux/arm64'], root: { digest } } });
    expect(done.bytes).toBeGreaterThan(bigBytes);
    expect(env.events.at(-1)).toMatchObject({ type: 'wait-ended' });

    const pulled = await fetch(`http://${target}/v2/graasp/manifests/${digest}`, { headers: { accept: indexType } });
    const index = await pulled.text();
    expect([digestOf(index), pulled.headers.get('content-type')]).toEqual([digest, indexType]);
    const arm = (JSON.parse(index) as { manifests: { digest: string }[] }).manifests[1]?.digest ?? '';
    const manifest = (await (await fetch(`http://${target}/v2/graasp/manifests/${arm}`, { headers: { accept: manifestType } })).json()) as { layers: { digest: string }[] };
    const big = new Uint8Array(await (await fetch(`http://${target}/v2/graasp/blobs/${manifest.layers[1]?.digest ?? ''}`)).arrayBuffer());
    expect([big.byteLength, digestOf(big)]).toEqual([bigBytes, manifest.layers[1]?.digest]);

    expect((await copy('graasp/public', 'graasp').copied)._unsafeUnwrap()).toMatchObject({ blobs: 0, manifests: 0, bytes: 0 });
  });

  it('get a blob whole whose connection broke in its middle', async () => {
    await publish('graasp/broken', 'core-v1.55.0');
    let broken = 0;
    const breaking: typeof fetch = async (input, init) => {
      const response = await fetch(input, init);
      const large = Number(response.headers.get('content-length')) === bigBytes && init?.method === 'GET';
      if (!large || broken > 0 || response.body === null) return response;
      broken += 1;
      let passed = 0;
      const cut = new TransformStream<Uint8Array, Uint8Array>({ transform: (chunk, controller) => ((passed += chunk.byteLength) > bigBytes / 2 ? controller.error(new TypeError('terminated')) : controller.enqueue(chunk)) });
      return new Response(response.body.pipeThrough(cut), { status: 200 });
    };
    const { copied, env } = copy('graasp/broken', 'mended', breaking);
    const done = (await copied)._unsafeUnwrap();
    expect([broken, done.blobs]).toEqual([1, 5]);
    // what went in vain is not counted
    expect(env.events.filter(({ type }) => type === 'waiting').at(-1)).toMatchObject({ progress: 1, seen: '25.2 of 25.2 MB, 5 of 5 blobs' });
  });

  it('take no blob that is not what its digest says, and no manifest after it', async () => {
    await publish('graasp/spoilt', 'core-v1.55.0');
    const spoiling: typeof fetch = async (input, init) => {
      const response = await fetch(input, init);
      if (init?.method !== 'GET' || !addressOf(input).includes('/blobs/')) return response;
      const content = new Uint8Array(await response.arrayBuffer());
      content[0] = 255 - (content[0] ?? 0);
      return new Response(content);
    };
    expect((await copy('graasp/spoilt', 'spoilt', spoiling).copied)._unsafeUnwrapErr()).toMatchObject({ kind: 'Unexpected', operation: 'ecr:CompleteLayerUpload', code: 'DIGEST_INVALID' });
    expect((await fetch(`http://${target}/v2/spoilt/tags/list`)).status).toBe(404);
  });

  it('say of a tag and of a repository that they do not exist', async () => {
    expect((await copy('graasp/nothing', 'graasp').copied)._unsafeUnwrapErr()).toMatchObject({ kind: 'NotFound', name: `${source}/graasp/nothing:core-v1.55.0` });
  });

  it('are what a version is promoted from into a local cloud', async () => {
    const digests: string[] = [];
    for (const name of ['web', 'jobs', 'migrate']) digests.push(await publish('shopkeepers/shop', `${name}-v2.1.0`));
    await using cloud = await startLocalCloud({ blueprint: shopBlueprint, images: shopImages, clock: 'real' });
    const definition = defineEnvironment({ ...shop, images: { ...shop.images!, source: { registry: source!, repository: 'shopkeepers/shop' } } });
    const outside: typeof fetch = (input, init) => (addressOf(input).startsWith(`http://${source}/`) ? fetch(input, init) : cloud.connection.fetch(input, init));
    const env = (await connect(definition, { ...cloud.connection, fetch: outside }))._unsafeUnwrap();

    const report = (await promoteImage(env, { version: 'v2.1.0' }))._unsafeUnwrap();

    expect(report.images.map(({ digest }) => digest)).toEqual(digests);
    expect(report.copied).toMatchObject({ blobs: 11, manifests: 12 });
  });
});
