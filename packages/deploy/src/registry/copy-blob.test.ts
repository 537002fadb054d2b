import { okAsync } from 'neverthrow';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { planOptions, testEnvironment } from '../environment/environment.fixture.js';
import { Redacted } from '../redacted.js';
import { copyBlob } from './copy-blob.js';
import type { Repository } from './registry.js';

const digest = `sha256:${'a'.repeat(64)}`;
const content = 'what is in it';
afterEach(() => void vi.unstubAllGlobals());

function repository(origin: string, isPrivate: boolean): Repository {
  return { name: `${new URL(origin).host}/graasp`, path: 'graasp', isPrivate, access: () => okAsync({ origin, authorization: new Redacted(`secret of ${origin}`), expiresAt: Infinity }), forget: () => undefined };
}

interface Asked {
  readonly what: string;
  readonly authorization: string | null;
  readonly body: string | null;
  readonly bodyKind: string;
}

/** Two registries; `answers` are those that differ from what they should be. */
function setUp(answers: Readonly<Record<string, () => Response>> = {}, options: Parameters<typeof testEnvironment>[0] = {}) {
  const asked: Asked[] = [];
  const usual: Readonly<Record<string, () => Response>> = {
    'POST https://to.test/v2/graasp/blobs/uploads/': () => new Response(null, { status: 202, headers: { location: '/v2/graasp/blobs/uploads/1?_state=x' } }),
    [`GET https://from.test/v2/graasp/blobs/${digest}`]: () => new Response(content),
    [`HEAD https://to.test/v2/graasp/blobs/${digest}`]: () => new Response(null, { status: 404 }),
  };
  const fetch = (async (url: string, { method = 'GET', headers, body }: RequestInit) => {
    const what = `${method} ${url}`;
    const sent = body === undefined || body === null ? null : await new Response(body).text();
    asked.push({ what, authorization: new Headers(headers).get('authorization'), body: sent, bodyKind: body?.constructor.name ?? '' });
    return (answers[what] ?? usual[what] ?? (() => new Response(null, { status: 201 })))();
  }) as typeof globalThis.fetch;
  const env = testEnvironment({ ...options, internals: { fetch, ...options.internals } });
  let bytes = 0;
  const blob = { digest, size: content.length, mediaType: 'layer', platform: null };
  const copied = (size = content.length) => copyBlob(env, { blob: { ...blob, size }, from: repository('https://from.test', false), to: repository('https://to.test', true), onBytes: (more) => void (bytes += more) });
  return { asked, copied, bytes: () => bytes };
}

describe('copyBlob', () => {
  it('passes the bytes through in one PUT, with each registry’s own token', async () => {
    const { asked, copied, bytes } = setUp();
    expect((await copied()).isOk()).toBe(true);
    expect(asked).toEqual([
      { what: 'POST https://to.test/v2/graasp/blobs/uploads/', authorization: 'secret of https://to.test', body: null, bodyKind: '' },
      { what: `GET https://from.test/v2/graasp/blobs/${digest}`, authorization: 'secret of https://from.test', body: null, bodyKind: '' },
      { what: `PUT https://to.test/v2/graasp/blobs/uploads/1?_state=x&digest=${encodeURIComponent(digest)}`, authorization: 'secret of https://to.test', body: content, bodyKind: 'ReadableStream' },
    ]);
    expect(bytes()).toBe(content.length);
  });

  it('holds the blob where no stream can be sent with its length, as in a page', async () => {
    const { asked, copied } = setUp();
    vi.stubGlobal('Request', class { readonly headers = new Headers(); });
    expect((await copied()).isOk()).toBe(true);
    expect(asked.at(-1)).toMatchObject({ bodyKind: 'Blob', body: content });
  });

  it('gives the token to no other place to which an upload is sent', async () => {
    const { asked, copied } = setUp({ 'POST https://to.test/v2/graasp/blobs/uploads/': () => new Response(null, { status: 202, headers: { location: 'https://elsewhere.test/1' } }) });
    expect((await copied()).isOk()).toBe(true);
    expect(asked.at(-1)).toMatchObject({ what: expect.stringMatching(/^PUT https:\/\/elsewhere\.test\/1\?digest=/) as string, authorization: null });
  });

  it('looks after a lost answer whether the blob has arrived', async () => {
    let lost = 0;
    const { asked, copied, bytes } = setUp({
      [`PUT https://to.test/v2/graasp/blobs/uploads/1?_state=x&digest=${encodeURIComponent(digest)}`]: () => {
        lost += 1;
        throw new TypeError('fetch failed');
      },
      [`HEAD https://to.test/v2/graasp/blobs/${digest}`]: () => new Response(null, { status: 200 }),
    });
    expect((await copied()).isOk()).toBe(true);
    expect([lost, asked.length, bytes()]).toEqual([1, 4, content.length]);
  });

  it('tells which registry does not have it', async () => {
    const { copied } = setUp({ [`GET https://from.test/v2/graasp/blobs/${digest}`]: () => Response.json({ errors: [{ code: 'BLOB_UNKNOWN', message: 'unknown' }] }, { status: 404 }) });
    expect((await copied())._unsafeUnwrapErr()).toMatchObject({ kind: 'NotFound', resource: 'blob', name: `from.test/graasp@${digest}` });
  });

  it('takes a blob that ends early for a broken connection, and refuses one that is too large', async () => {
    const short = setUp();
    expect((await short.copied(content.length + 1))._unsafeUnwrapErr()).toMatchObject({ kind: 'Unreachable', message: expect.stringContaining(`it ended after ${content.length} of ${content.length + 1} bytes`) as string });
    expect([short.bytes(), short.asked.filter(({ what }) => what.startsWith('POST')).length]).toEqual([0, 5]);
    expect((await setUp().copied(3))._unsafeUnwrapErr()).toMatchObject({ kind: 'Unexpected', code: 'SIZE_INVALID' });
  });

  it('never tells a token', async () => {
    const echo = () => Response.json({ errors: [{ code: 'DENIED', message: 'User: x is not authorized to perform: ecr:UploadLayerPart with Basic QVdTOnNlY3JldA==' }] }, { status: 403 });
    const { copied } = setUp({ 'POST https://to.test/v2/graasp/blobs/uploads/': echo });
    const error = (await copied())._unsafeUnwrapErr();
    expect(error).toMatchObject({ kind: 'AccessDenied', action: 'ecr:UploadLayerPart', cause: { message: 'User: x is not authorized to perform: ecr:UploadLayerPart with Basic [redacted]' } });
    expect(JSON.stringify(error)).not.toContain('QVdTOnNlY3JldA');
  });

  it('sends nothing in a plan', async () => {
    const { asked, copied } = setUp({}, planOptions());
    expect((await copied())._unsafeUnwrapErr()).toMatchObject({ kind: 'Unexpected', message: 'ecr:CompleteLayerUpload was about to change something while planning; it was not sent' });
    expect(asked).toEqual([]);
  });
});
