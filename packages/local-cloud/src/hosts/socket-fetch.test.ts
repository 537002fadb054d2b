import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';

import { freePort } from './free-port.js';
import { createSocketFetch } from './socket-fetch.js';

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

describe('createSocketFetch', () => {
  it("sends path, query, headers and body to the port of the URL's host, with its Host header", async () => {
    const seen: unknown[] = [];
    const { fetch } = await cloud(async (request, response) => {
      seen.push(request.method, request.url, request.headers.host, request.headers['x-secret'], request.headers['content-type'], await text(request));
      response.writeHead(201, { 'set-cookie': ['a=1', 'b=2'], 'x-version': '2' }).end('{"ok":true}');
    });
    const response = await fetch('https://dev.graasp.org/items?q=%20', { method: 'POST', headers: { 'X-Secret': 's', 'content-type': 'application/json' }, body: '{}' });
    expect(seen).toEqual(['POST', '/items?q=%20', 'dev.graasp.org', 's', 'application/json', '{}']);
    expect([response.status, response.ok, response.url, response.redirected, response.headers.get('x-version'), response.headers.getSetCookie()]).toEqual([201, true, 'https://dev.graasp.org/items?q=%20', false, '2', ['a=1', 'b=2']]);
    expect(await response.json()).toEqual({ ok: true });
  });

  it('opens a connection per request', async () => {
    const { fetch, server } = await cloud((_, response) => response.end());
    let connections = 0;
    server.on('connection', () => connections++);
    await fetch('http://dev.graasp.org/');
    await fetch('http://dev.graasp.org/');
    expect(connections).toBe(2);
  });

  it('fails as fetch does for a host that the cloud does not serve, without contacting anybody', async () => {
    const { fetch } = await cloud((_, response) => response.end());
    const error = await fetch('https://example.com/').then(() => undefined, (failure: unknown) => failure);
    expect(error).toBeInstanceOf(TypeError);
    expect([(error as Error).message, String((error as Error).cause)]).toEqual(['fetch failed', 'Error: getaddrinfo ENOTFOUND example.com: no listener of the local cloud serves it']);
  });

  it('fails as fetch does when nobody listens', async () => {
    const port = await freePort();
    const error = await createSocketFetch(() => port)('http://dev.graasp.org/').then(() => undefined, (failure: unknown) => failure);
    expect([(error as Error).message, ((error as Error).cause as { code: string }).code]).toEqual(['fetch failed', 'ECONNREFUSED']);
  });

  it('follows a redirect inside the cloud, and turns a POST into a GET for 302', async () => {
    const seen: string[] = [];
    const { fetch } = await cloud(async (request, response) => {
      seen.push(`${request.method} ${request.headers.host}${request.url} ${request.headers.authorization ?? '-'} ${await text(request)}`);
      if (request.url === '/old') response.writeHead(302, { location: 'https://admin.graasp.org/new' }).end();
      else response.end('here');
    });
    const response = await fetch('https://dev.graasp.org/old', { method: 'POST', body: 'x', headers: { authorization: 'me' } });
    expect(seen).toEqual(['POST dev.graasp.org/old me x', 'GET admin.graasp.org/new - ']);
    expect([response.url, response.redirected, await response.text()]).toEqual(['https://admin.graasp.org/new', true, 'here']);
  });

  it('repeats method and body for 307', async () => {
    const seen: string[] = [];
    const { fetch } = await cloud(async (request, response) => {
      seen.push(`${request.method} ${request.url} ${await text(request)}`);
      if (request.url === '/old') response.writeHead(307, { location: '/new' }).end();
      else response.end();
    });
    await fetch('https://dev.graasp.org/old', { method: 'PUT', body: 'x' });
    expect(seen).toEqual(['PUT /old x', 'PUT /new x']);
  });

  it('never follows a redirect out of the cloud', async () => {
    const { fetch } = await cloud((_, response) => response.writeHead(301, { location: 'https://example.com/' }).end());
    await expect(fetch('https://dev.graasp.org/')).rejects.toThrow('fetch failed');
  });

  it('gives the redirect itself when told manual, and fails when told error', async () => {
    const { fetch } = await cloud((_, response) => response.writeHead(302, { location: 'https://example.com/' }).end());
    const response = await fetch('https://dev.graasp.org/', { redirect: 'manual' });
    expect([response.status, response.headers.get('location'), response.redirected]).toEqual([302, 'https://example.com/', false]);
    await expect(fetch('https://dev.graasp.org/', { redirect: 'error' })).rejects.toThrow('fetch failed');
  });

  it('gives up in a circle of redirects', async () => {
    const { fetch } = await cloud((_, response) => response.writeHead(302, { location: '/' }).end());
    const error = await fetch('https://dev.graasp.org/').then(() => undefined, (failure: unknown) => failure);
    expect(String((error as Error).cause)).toBe('Error: redirect count exceeded');
  });

  it("rejects with the signal's reason when it is aborted, before and while the request is under way", async () => {
    const arrived: IncomingMessage[] = [];
    const { fetch, server } = await cloud((request) => void arrived.push(request));
    await expect(fetch('https://dev.graasp.org/', { signal: AbortSignal.abort(new Error('never mind')) })).rejects.toThrow('never mind');
    const controller = new AbortController();
    const request = fetch('https://dev.graasp.org/', { signal: controller.signal });
    await once(server, 'request');
    controller.abort(new Error('enough'));
    await expect(request).rejects.toThrow('enough');
    expect(arrived).toHaveLength(1);
  });

  it('has no body for 204', async () => {
    const { fetch } = await cloud((_, response) => response.writeHead(204).end());
    const response = await fetch('https://dev.graasp.org/');
    expect([response.status, response.body]).toEqual([204, null]);
  });
});

async function cloud(listener: RequestListener | ((...given: Parameters<RequestListener>) => Promise<void>)): Promise<{ fetch: typeof fetch; server: Server }> {
  const server = createServer((request, response) => void listener(request, response)).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { server, fetch: createSocketFetch((url) => (url.hostname.endsWith('.graasp.org') ? port : undefined)) };
}
