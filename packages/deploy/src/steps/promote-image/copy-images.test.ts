import { createHash } from 'node:crypto';
import { okAsync } from 'neverthrow';
import { describe, expect, it } from 'vitest';
import { testEnvironment } from '../../environment/environment.fixture.js';
import { Redacted } from '../../redacted.js';
import type { Manifest } from '../../registry/manifests.js';
import { parseManifest } from '../../registry/oci-manifest.js';
import type { Repository } from '../../registry/registry.js';
import { copyImages } from './copy-images.js';
import type { SourceImage } from './source-image.js';

const mediaType = 'application/vnd.oci.image.manifest.v1+json';
const digestOf = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`;
const layers = ['a', 'bb', 'ccc', 'dddd', 'eeeee', 'ffffff'];
const descriptor = (content: string) => ({ mediaType: 'layer', digest: digestOf(content), size: content.length });

function image(tag: string, contents: readonly string[] = layers): SourceImage {
  const text = JSON.stringify({ mediaType, config: descriptor(`{"tag":"${tag}"}`), layers: contents.map(descriptor) });
  const root: Manifest = { digest: digestOf(text), mediaType, text, parsed: parseManifest(text, mediaType)._unsafeUnwrap() };
  return { tag, root, platforms: null } as unknown as SourceImage;
}

function repository(origin: string): Repository {
  return { name: `${new URL(origin).host}/graasp`, path: 'graasp', isPrivate: origin.includes('to.'), access: () => okAsync({ origin, authorization: new Redacted('secret'), expiresAt: Infinity }), forget: () => undefined };
}

interface Setting {
  /** Digests that are there already. */
  readonly there?: readonly string[];
  /** The blob whose upload is refused. */
  readonly broken?: string;
  readonly images?: readonly SourceImage[];
  readonly blobsAtOnce?: number;
}

async function copy({ there = [], broken, images = [image('core')], blobsAtOnce = 2 }: Setting = {}) {
  const asked: string[] = [];
  let [open, most] = [0, 0];
  const content = new Map(images.flatMap(({ tag }) => [...layers, `{"tag":"${tag}"}`]).map((text) => [digestOf(text), text]));
  const fetch = (async (url: string, { method = 'GET', body }: RequestInit) => {
    if (body !== undefined && body !== null) await new Response(body).text();
    const digest = /sha256(?::|%3A)[0-9a-f]{64}/.exec(url)?.[0]?.replace('%3A', ':') ?? '';
    asked.push(`${method} ${url.includes('/manifests/') ? 'manifest' : url.includes('/uploads/') ? 'upload' : 'blob'} ${content.get(digest) ?? digest.slice(7, 13)}`.trim());
    if (method === 'HEAD') return new Response(null, { status: there.includes(digest) ? 200 : 404 });
    if (method === 'GET') {
      open += 1;
      most = Math.max(most, open);
      return new Response(content.get(digest));
    }
    if (method === 'POST') return new Response(null, { status: 202, headers: { location: '/v2/graasp/blobs/uploads/1' } });
    if (url.includes('/uploads/')) open -= 1;
    return broken !== undefined && digest === digestOf(broken) ? new Response('{"errors":[{"code":"SIZE_INVALID","message":"no"}]}', { status: 400 }) : new Response(null, { status: 201 });
  }) as typeof globalThis.fetch;
  const env = testEnvironment({ internals: { fetch } });
  const seen: string[] = [];
  const result = await copyImages(env, { from: repository('https://from.test'), to: repository('https://to.test'), images, blobsAtOnce, timeoutSeconds: 60, onSeen: (text) => void seen.push(text) });
  const puts = asked.filter((what) => what.startsWith('PUT upload')).map((what) => what.replace('PUT upload ', ''));
  return { env, result, asked, puts, seen, most: () => most };
}

describe('copyImages', () => {
  it('copies what is not there, the largest first, and the manifest after all of it', async () => {
    const { result, puts, asked, most, seen, env } = await copy({ there: [digestOf('ccc')], blobsAtOnce: 1 });
    expect(result._unsafeUnwrap()).toEqual({ blobs: 6, manifests: 1, bytes: 14 + 1 + 2 + 4 + 5 + 6 });
    expect(puts).toEqual(['{"tag":"core"}', 'ffffff', 'eeeee', 'dddd', 'bb', 'a']);
    expect(asked.at(-1)).toMatch(/^PUT manifest /);
    expect([most(), seen]).toEqual([1, []]);
    expect(env.events).toContainEqual({ type: 'change', planned: false, resource: 'to.test/graasp', from: 'without them', to: '6 blobs (0.0 kB) and 1 manifest of from.test/graasp', operation: 'ecr:CompleteLayerUpload', why: 'tasks are started from there' });
    expect(env.events.filter(({ type }) => type === 'wait-ended')).toHaveLength(1);
  });

  it('copies a blob once that two images have, and so many side by side as it may', async () => {
    const { puts, most } = await copy({ images: [image('core'), image('worker')], blobsAtOnce: 3 });
    expect([...puts].sort()).toEqual([...layers, '{"tag":"core"}', '{"tag":"worker"}'].sort());
    expect(most()).toBeLessThanOrEqual(3);
    expect(most()).toBeGreaterThan(1);
  });

  it('fails with a blob that cannot be copied, tells how far it came, begins no other, and puts no manifest', async () => {
    const { result, asked, puts, seen, env } = await copy({ broken: 'eeeee', blobsAtOnce: 1 });
    expect(result._unsafeUnwrapErr()).toMatchObject({ kind: 'Unexpected', code: 'SIZE_INVALID' });
    expect(puts).toEqual(['{"tag":"core"}', 'ffffff', 'eeeee']);
    expect(asked.filter((what) => what.startsWith('PUT manifest'))).toEqual([]);
    expect(seen).toEqual(['0.0 of 0.0 kB, 2 of 7 blobs']);
    expect(env.events.filter(({ type }) => type === 'wait-ended')).toHaveLength(1);
  });

  it('copies nothing of an image whose manifest is there', async () => {
    const core = image('core');
    const { result, asked, env } = await copy({ images: [core], there: [core.root.digest] });
    expect(result._unsafeUnwrap()).toEqual({ blobs: 0, manifests: 0, bytes: 0 });
    expect(asked.map((what) => what.split(' ')[0])).toEqual(['HEAD']);
    expect(env.events).toEqual([]);
  });
});
