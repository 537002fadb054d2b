import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RegistryDoor } from '../services/ecr/distribution/registry-door.js';
import { noRegistries, nothingShown } from '../test-cloud.js';
import { listenOverHttp, type HttpListener } from './http-listener.js';
import { bodyLimit, type Wire, type WireAnswer, type WireRequest } from './wire.js';

let listener: HttpListener;
let received: WireRequest[];
let answer: WireAnswer;
const wire: Wire = {
  handle: (request) => {
    received.push(request);
    return Promise.resolve(answer);
  },
};

beforeEach(async () => {
  received = [];
  answer = { kind: 'answer', status: 418, headers: { 'x-amzn-requestid': '1' }, body: new TextEncoder().encode('tea') };
  listener = await listenOverHttp(wire, nothingShown, noRegistries);
});
afterEach(() => listener.close());

describe('listenOverHttp', () => {
  it('listens on the loopback address only, and hands requests and answers through', async () => {
    expect(listener.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);

    const response = await fetch(`${listener.url}/service/a/operation/b?x=1`, { method: 'POST', headers: { 'X-Amz-Target': 'a.b' }, body: 'body' });

    expect([response.status, response.headers.get('x-amzn-requestid'), await response.text()]).toEqual([418, '1', 'tea']);
    expect(received[0]).toMatchObject({ method: 'POST', path: '/service/a/operation/b', headers: { 'x-amz-target': 'a.b' } });
    expect(new TextDecoder().decode(received[0]?.body)).toBe('body');
  });

  it('gives the paths of the distribution protocol to the registry of the host', async () => {
    const asked: unknown[] = [];
    await using registries = await listenedTo({ serves: () => true, handle: (hostname, { method, path, query, body }) => (asked.push([hostname, method, path, query.get('digest'), body.byteLength]), Promise.resolve(answer)) });
    await fetch(`${registries.url}/v2/graasp/blobs/uploads/1?digest=sha256:a`, { method: 'PUT', body: new Uint8Array(bodyLimit * 2) });
    expect(asked).toEqual([['127.0.0.1', 'PUT', '/v2/graasp/blobs/uploads/1', 'sha256:a', bodyLimit * 2]]);
    expect(received).toEqual([]);
  });

  it('reads a body that is too large to its end, and keeps one byte more than may be', async () => {
    await fetch(listener.url, { method: 'POST', body: new Uint8Array(bodyLimit * 2) });
    expect(received[0]?.body.byteLength).toBe(bodyLimit + 1);
  });

  it('breaks the connection of an answer that is lost', async () => {
    answer = { kind: 'lost' };
    await expect(fetch(listener.url, { method: 'POST' })).rejects.toThrow('fetch failed');
    expect(received).toHaveLength(1);
  });

  it('closes with a call open that is never answered, and with a request half sent', async () => {
    answer = { kind: 'never' };
    const never = fetch(listener.url, { method: 'POST' }).catch((error: unknown) => String(error));
    const half = connect(Number(new URL(listener.url).port), '127.0.0.1');
    const ended = new Promise((resolve) => half.once('close', resolve).once('error', () => undefined));
    half.write('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nhalf');
    await expect.poll(() => received.length).toBe(1);

    await listener.close();

    expect(await never).toBe('TypeError: fetch failed');
    await ended;
  });
});

async function listenedTo(registries: RegistryDoor): Promise<HttpListener & AsyncDisposable> {
  const opened = await listenOverHttp(wire, nothingShown, registries);
  return { ...opened, [Symbol.asyncDispose]: opened.close };
}
