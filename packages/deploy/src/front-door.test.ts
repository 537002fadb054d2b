import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { frontDoorFromFetch, type FrontDoor } from './front-door.js';
import { nodeFrontDoor } from './node-front-door.js';

const stop: (() => void)[] = [];
afterEach(() => {
  for (const end of stop.splice(0)) end();
  vi.unstubAllGlobals();
});

async function serve(handle: (request: IncomingMessage, response: ServerResponse) => void): Promise<{ readonly port: number; readonly connections: () => number }> {
  const server = createServer(handle);
  let connections = 0;
  server.on('connection', () => (connections += 1));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stop.push(() => void server.close(), () => server.closeAllConnections());
  return { port: (server.address() as AddressInfo).port, connections: () => connections };
}

function ask(door: FrontDoor, url: string, address: string | null = null) {
  return door.request({ url, address, headers: { 'x-maintenance': 'let-me-in' }, signal: new AbortController().signal });
}

describe('nodeFrontDoor', () => {
  it('asks one address for another host, path and query included, with the headers given', async () => {
    const { port } = await serve((request, response) => response.end(JSON.stringify([request.url, request.headers['host'], request.headers['x-maintenance']])));
    const answer = await ask(nodeFrontDoor(), `http://api.dev.graasp.org:${port}/items?a=1`, '127.0.0.1');
    expect(answer).toMatchObject({ status: 200, location: null });
    expect(JSON.parse(answer.body)).toEqual(['/items?a=1', `api.dev.graasp.org:${port}`, 'let-me-in']);
  });

  it('does not follow redirects', async () => {
    const { port } = await serve((_, response) => response.writeHead(302, { location: 'https://maintenance.dev.graasp.org/', 'set-cookie': ['a=1', 'b=2'] }).end());
    expect(await ask(nodeFrontDoor(), `http://dev.graasp.org:${port}/`, '127.0.0.1')).toMatchObject({ status: 302, location: 'https://maintenance.dev.graasp.org/', headers: { 'set-cookie': 'a=1, b=2' } });
  });

  it('opens a connection for each request', async () => {
    const { port, connections } = await serve((_, response) => response.end());
    const door = nodeFrontDoor();
    await ask(door, `http://a:${port}/`, '127.0.0.1');
    await ask(door, `http://a:${port}/`, '127.0.0.1');
    expect(connections()).toBe(2);
  });

  it('rejects when nothing answers', async () => {
    const { port } = await serve((request) => request.socket.destroy());
    await expect(ask(nodeFrontDoor(), `http://a:${port}/`, '127.0.0.1')).rejects.toThrow('socket hang up');
  });

  it('rejects when it is aborted', async () => {
    const controller = new AbortController();
    const { port } = await serve(() => controller.abort());
    const request = nodeFrontDoor().request({ url: `http://a:${port}/`, address: '127.0.0.1', headers: {}, signal: controller.signal });
    await expect(request).rejects.toThrow('aborted');
  });

  it('finds every address of a name', async () => expect(await nodeFrontDoor().addresses('127.0.0.1')).toEqual(['127.0.0.1']));

  it('speaks TLS with the name of the host where the URL asks for it', async () => {
    const { port } = await serve((_, response) => response.end());
    // a server without TLS: that the handshake fails shows that one was begun
    await expect(ask(nodeFrontDoor(), `https://dev.graasp.org:${port}/`, '127.0.0.1')).rejects.toThrow(/SSL|EPROTO|wrong version|ECONNRESET|disconnected/i);
  });

  it('does with fetch where there is no Node', async () => {
    vi.stubGlobal('process', undefined);
    vi.stubGlobal('fetch', () => Promise.resolve(new Response('page', { status: 503 })));
    const door = nodeFrontDoor();
    expect(await door.addresses('x')).toEqual([null]);
    expect(await ask(door, 'https://dev.graasp.org/')).toMatchObject({ status: 503, body: 'page' });
  });
});

describe('frontDoorFromFetch', () => {
  it('asks without following redirects and without what was stored', async () => {
    const asked: RequestInit[] = [];
    const door = frontDoorFromFetch((_, init) => {
      asked.push(init!);
      return Promise.resolve(new Response('', { status: 302, headers: { location: 'https://maintenance' } }));
    });
    expect(await ask(door, 'https://dev.graasp.org/')).toMatchObject({ status: 302, location: 'https://maintenance', headers: { location: 'https://maintenance' }, body: '' });
    expect(asked[0]).toMatchObject({ redirect: 'manual', cache: 'no-store', headers: { 'x-maintenance': 'let-me-in', connection: 'close' } });
  });
});
