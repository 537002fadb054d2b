import { createServer, request as httpRequest, type RequestListener, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';

import { freePort } from './free-port.js';
import type { Endpoint, FrontHandler, FrontRequest, FrontResponse, RoutedRequest } from './host.js';
import { createRealFront, type RealFront } from './real-front.js';

const patience = { timeout: 30_000, interval: 10 };
const fronts: RealFront[] = [];
const servers: Server[] = [];

afterEach(async () => {
  await Promise.all(fronts.splice(0).map((front) => front.dispose()));
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

describe('createRealFront', { timeout: 60_000 }, () => {
  it('answers what the handler responds itself', async () => {
    const { url, answers } = await open(() => respond(403, { 'content-type': 'text/plain' }, 'closed'));
    const response = await fetch(`${url}/items`);
    expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([403, 'text/plain', 'closed']);
    expect(answers).toEqual([[403, 'balancer']]);
  });

  it('asks the handler with host, path, query, headers in lower case and body', async () => {
    const asked: FrontRequest[] = [];
    const { port } = await open((request) => (asked.push(request), respond(200)), { protocol: 'https' });
    await send(port, { method: 'POST', path: '/a%20b?c=1', headers: { Host: 'dev.graasp.org', 'X-Secret': 's' } }, 'hello');
    expect(asked[0]).toMatchObject({ method: 'POST', protocol: 'https', host: 'dev.graasp.org', path: '/a%20b?c=1', headers: { 'x-secret': 's', host: 'dev.graasp.org' } });
    expect(new TextDecoder().decode(asked[0]?.body)).toBe('hello');
  });

  it('forwards to a target and tells it where the request came from, without what concerns the connection only', async () => {
    const target = await targetServer((request, response) => {
      response.setHeader('set-cookie', ['a=1; Path=/', 'b=2']);
      response.setHeader('x-seen', JSON.stringify([request.method, request.url, request.headers]));
      response.statusCode = 201;
      request.pipe(response);
    });
    const { port, answers } = await open((request) => forward(target, request), { protocol: 'https' });
    const headers = { host: 'dev.graasp.org', connection: 'keep-alive, x-hop', 'x-hop': '1', 'keep-alive': 'timeout=5', te: 'trailers', 'x-forwarded-for': '10.0.0.1', accept: 'text/html' };
    const response = await send(port, { method: 'PUT', path: '/p?q=1', headers }, 'body');
    expect([response.status, response.body, response.headers['set-cookie']]).toEqual([201, 'body', ['a=1; Path=/', 'b=2']]);
    expect(JSON.parse(String(response.headers['x-seen']))).toEqual([
      'PUT',
      '/p?q=1',
      { host: 'dev.graasp.org', accept: 'text/html', 'content-length': '4', connection: 'close', 'x-forwarded-for': '10.0.0.1, 127.0.0.1', 'x-forwarded-proto': 'https', 'x-forwarded-port': '443' },
    ]);
    expect(answers).toEqual([[201, 'target']]);
  });

  it('serves several requests over one connection, each by the rules of its moment', async () => {
    let status = 200;
    const { port, counts } = await open(() => respond(status));
    const socket = connect(port, '127.0.0.1');
    const received = collect(socket);
    socket.write('GET / HTTP/1.1\r\nhost: a.b\r\n\r\n');
    await vi.waitFor(() => expect(received.text).toContain('HTTP/1.1 200 OK'), patience);
    status = 302;
    socket.write('GET / HTTP/1.1\r\nhost: a.b\r\n\r\n');
    await vi.waitFor(() => expect(received.text).toContain('HTTP/1.1 302 Found'), patience);
    expect(counts).toEqual({ opened: 1, closed: 0 });
    socket.end();
    await vi.waitFor(() => expect(counts).toEqual({ opened: 1, closed: 1 }), patience);
  });

  it('answers a HEAD request with the length and without the body', async () => {
    const target = await targetServer((_, response) => response.writeHead(200, { 'content-length': '12' }).end());
    const { url } = await open((request) => forward(target, request));
    const response = await fetch(url, { method: 'HEAD' });
    expect([response.status, response.headers.get('content-length')]).toEqual([200, '12']);
  });

  it('answers 502 when nobody listens behind the target', async () => {
    const port = await freePort();
    const { url, answers } = await open((request) => forward({ kind: 'socket', host: '127.0.0.1', port }, request));
    const response = await fetch(url);
    expect([response.status, response.headers.get('server')]).toEqual([502, 'awselb/2.0']);
    expect(await response.text()).toContain('<h1>502 Bad Gateway</h1>');
    expect(answers).toEqual([[502, 'balancer']]);
  });

  it('answers 502 when the target ends the connection in the middle of its answer', async () => {
    const target = await targetServer((_, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half', () => response.destroy());
    });
    const { url } = await open((request) => forward(target, request));
    expect((await fetch(url)).status).toBe(502);
  });

  it('answers 504 when the target takes too long', async () => {
    const target = await targetServer(() => undefined);
    const { url, answers } = await open((request) => forward(target, request), {}, { idleTimeoutMs: 100 });
    expect((await fetch(url)).status).toBe(504);
    expect(answers).toEqual([[504, 'balancer']]);
  });

  it('answers 500 when the handler throws', async () => {
    const { url } = await open(() => {
      throw new Error('no such rule');
    });
    expect((await fetch(url)).status).toBe(500);
  });

  it('asks an endpoint that is a function', async () => {
    const { url } = await open((request) => forward({ kind: 'handler', handle: () => Promise.resolve(answer(200, {}, 'model')) }, request));
    expect(await (await fetch(url)).text()).toBe('model');
  });

  it('serves nobody any more once it is closed', async () => {
    const { front, port, url } = await open(() => respond(200));
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    const closed = once(socket, 'close');
    await front.close('listener');
    await closed;
    await expect(fetch(url)).rejects.toThrow('fetch failed');
  });
});

describe('createRealFront, WebSockets', { timeout: 60_000 }, () => {
  it('passes messages both ways, and keeps passing them after the rules have changed', async () => {
    const { endpoint } = await echoServer();
    let open101 = true;
    const { port, answers } = await open((request) => (open101 ? forward(endpoint, request) : respond(403)));
    const socket = await openWebSocket(port);
    expect(await ask(socket, 'one')).toBe('echo one');
    open101 = false;
    expect(await ask(socket, 'two')).toBe('echo two');
    expect(answers).toEqual([[101, 'target']]);
    const refused = new WebSocket(`ws://127.0.0.1:${port}/ws`);
    const [error] = (await once(refused, 'error')) as [Error];
    expect(error.message).toBe('Unexpected server response: 403');
    socket.terminate();
  });

  it("ends when the target's process ends", async () => {
    const { endpoint, sockets } = await echoServer();
    const { port } = await open((request) => forward(endpoint, request));
    const socket = await openWebSocket(port);
    const closed = once(socket, 'close');
    sockets.forEach((each) => each.terminate());
    expect((await closed)[0]).toBe(1006);
  });

  it('passes on the refusal of a target that does not switch protocols', async () => {
    const target = await targetServer((_, response) => response.writeHead(404).end('no'));
    const { port, answers } = await open((request) => forward(target, request));
    const [error] = (await once(new WebSocket(`ws://127.0.0.1:${port}/ws`), 'error')) as [Error];
    expect(error.message).toBe('Unexpected server response: 404');
    expect(answers).toEqual([[404, 'target']]);
  });

  it('answers 502 when nobody listens behind the target', async () => {
    const port = await freePort();
    const { port: frontPort, answers } = await open((request) => forward({ kind: 'socket', host: '127.0.0.1', port }, request));
    const [error] = (await once(new WebSocket(`ws://127.0.0.1:${frontPort}/ws`), 'error')) as [Error];
    expect(error.message).toBe('Unexpected server response: 502');
    expect(answers).toEqual([[502, 'balancer']]);
  });
});

describe('forward', () => {
  const request: FrontRequest = { method: 'GET', protocol: 'http', host: '10.0.0.1', path: '/health', headers: {} };

  it('rejects when the target does not answer in time', async () => {
    const front = track(createRealFront({ leastTimeoutMs: 50 }));
    const target = await targetServer(() => undefined);
    await expect(front.forward(target, request, 1)).rejects.toThrow('The target did not answer within 50 ms.');
  });

  it('rejects when the target refuses the connection', async () => {
    const front = track(createRealFront());
    const port = await freePort();
    await expect(front.forward({ kind: 'socket', host: '127.0.0.1', port }, request, 1)).rejects.toThrow('ECONNREFUSED');
  });
});

function track(front: RealFront): RealFront {
  fronts.push(front);
  return front;
}

async function open(route: FrontHandler['route'], handler: Partial<FrontHandler> = {}, options: Parameters<typeof createRealFront>[0] = {}) {
  const front = track(createRealFront(options));
  const counts = { opened: 0, closed: 0 };
  const answers: unknown[] = [];
  const port = await front.listen('listener', {
    ...handler,
    route,
    answered: (_, status, by) => answers.push([status, by]),
    connectionOpened: () => counts.opened++,
    connectionClosed: () => counts.closed++,
  });
  return { front, port, url: `http://127.0.0.1:${port}`, counts, answers };
}

function answer(status: number, headers: Record<string, string> = {}, body = ''): FrontResponse {
  return { status, headers, body: new TextEncoder().encode(body) };
}

function respond(...response: Parameters<typeof answer>): RoutedRequest {
  return { kind: 'respond', response: answer(...response), ruleArn: 'rule' };
}

function forward(endpoint: Endpoint, request: FrontRequest): RoutedRequest {
  return { kind: 'forward', targetGroupArn: 'group', targetId: 'target', endpoint, request, ruleArn: 'rule' };
}

async function targetServer(listener: RequestListener): Promise<Endpoint> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return { kind: 'socket', host: '127.0.0.1', port: (server.address() as AddressInfo).port };
}

async function echoServer(): Promise<{ endpoint: Endpoint; sockets: Set<WebSocket> }> {
  const endpoint = await targetServer((_, response) => response.end());
  const { clients } = new WebSocketServer({ server: servers.at(-1) as Server }).on('connection', (socket) => socket.on('message', (text: Buffer) => socket.send(`echo ${text.toString()}`)));
  return { endpoint, sockets: clients };
}

async function openWebSocket(port: number): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`);
  await once(socket, 'open');
  return socket;
}

async function ask(socket: WebSocket, text: string): Promise<string> {
  const answered = once(socket, 'message');
  socket.send(text);
  return String((await answered)[0]);
}

function collect(socket: Socket): { text: string } {
  const received = { text: '' };
  socket.setEncoding('utf8').on('data', (text: string) => (received.text += text));
  return received;
}

function send(port: number, options: { method: string; path: string; headers: Record<string, string> }, body: string) {
  return new Promise<{ status: number | undefined; headers: Record<string, string | string[] | undefined>; body: string }>((resolve, reject) => {
    const outgoing = httpRequest({ host: '127.0.0.1', port, agent: false, ...options, headers: { ...options.headers, 'content-length': String(body.length) } }, (incoming) => {
      let text = '';
      incoming.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      incoming.on('end', () => resolve({ status: incoming.statusCode, headers: incoming.headers, body: text }));
    });
    outgoing.on('error', reject).end(body);
  });
}
