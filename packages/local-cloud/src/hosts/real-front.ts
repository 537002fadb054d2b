import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';

import { BodyTooLarge, forwardRequest, readBody, TargetTimeout } from './forward-request.js';
import type { FrontHandler, FrontHost, FrontRequest, FrontResponse, RoutedRequest } from './host.js';
import { flattenHeaders, unflattenHeaders } from './http-headers.js';
import { proxyWebSocket, writeRawResponse } from './proxy-web-socket.js';

export interface RealFront extends FrontHost {
  /** Closes every listener and every connection. */
  dispose(): Promise<void>;
}

export interface RealFrontOptions {
  /** How long a target may take for a visitor's request. Default 60 seconds, as the balancer's idle timeout. Wall-clock. */
  readonly idleTimeoutMs?: number | undefined;
  /** A shorter timeout given to `forward` becomes this: a slow machine is no unhealthy target. Default 5 seconds. Wall-clock. */
  readonly leastTimeoutMs?: number | undefined;
}

/**
 * One HTTP server on 127.0.0.1 per listener. A listener that speaks HTTPS has a plain one too, since no certificate for
 * the hosts of its rules exists on a laptop; handler and targets are told `https`. Bodies are held in memory, not streamed.
 * A WebSocket is passed on byte by byte once its target has agreed.
 */
export function createRealFront(options: RealFrontOptions = {}): RealFront {
  const idleTimeoutMs = options.idleTimeoutMs ?? 60_000;
  const leastTimeoutMs = options.leastTimeoutMs ?? 5_000;
  const listeners = new Map<string, Listener>();
  const front: RealFront = {
    async listen(listenerArn, handler) {
      const listener = await openListener(handler, idleTimeoutMs);
      listeners.set(listenerArn, listener);
      return listener.port;
    },
    async close(listenerArn) {
      const listener = listeners.get(listenerArn);
      listeners.delete(listenerArn);
      await listener?.close();
    },
    forward: (endpoint, request, timeoutMs) => forwardRequest(endpoint, request, Math.max(timeoutMs, leastTimeoutMs)),
    async dispose() {
      await Promise.all([...listeners.keys()].map((listenerArn) => front.close(listenerArn)));
    },
  };
  return front;
}

interface Listener {
  readonly port: number;
  close(): Promise<void>;
}

async function openListener(handler: FrontHandler, idleTimeoutMs: number): Promise<Listener> {
  const sockets = new Set<Socket>();
  const server = createServer((incoming, outgoing) => void serve(handler, incoming, outgoing, idleTimeoutMs));
  server.on('upgrade', (incoming, socket, head) => void serveUpgrade(handler, incoming, socket, head, idleTimeoutMs));
  server.on('connection', (socket) => {
    sockets.add(socket);
    handler.connectionOpened();
    socket.once('close', () => {
      sockets.delete(socket);
      handler.connectionClosed();
    });
  });
  const port = await listenOnAnyPort(server);
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function listenOnAnyPort(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

async function serve(handler: FrontHandler, incoming: IncomingMessage, outgoing: ServerResponse, timeoutMs: number): Promise<void> {
  try {
    const request = requestOf(handler, incoming, await readBody(incoming));
    const routed = handler.route(request);
    const { response, by } = await answerTo(handler, routed, incoming.socket, timeoutMs);
    writeResponse(outgoing, response, request.method);
    handler.answered(routed, response.status, by);
  } catch (error) {
    // The visitor left, or sent too much; or `route` is at fault.
    if (!outgoing.headersSent && !outgoing.destroyed) writeResponse(outgoing, errorPage(error instanceof BodyTooLarge ? 413 : 500), 'GET');
  }
}

async function answerTo(handler: FrontHandler, routed: RoutedRequest, visitor: Socket, timeoutMs: number): Promise<{ response: FrontResponse; by: 'balancer' | 'target' }> {
  if (routed.kind === 'respond') return { response: routed.response, by: 'balancer' };
  try {
    return { response: await forwardRequest(routed.endpoint, withForwarded(handler, routed.request, visitor), timeoutMs), by: 'target' };
  } catch (error) {
    return { response: errorPage(error instanceof TargetTimeout ? 504 : 502), by: 'balancer' };
  }
}

async function serveUpgrade(handler: FrontHandler, incoming: IncomingMessage, socket: Duplex, head: Buffer, timeoutMs: number): Promise<void> {
  // The HTTP server has let go of the socket: without a listener its error would end this process.
  socket.on('error', () => socket.destroy());
  try {
    const routed = handler.route(requestOf(handler, incoming, undefined));
    if (routed.kind === 'forward' && routed.endpoint.kind === 'socket') {
      const request = withForwarded(handler, routed.request, incoming.socket);
      const status = await proxyWebSocket(routed.endpoint, request, socket, head, timeoutMs).catch(() => undefined);
      if (status === undefined) writeRawResponse(socket, errorPage(502));
      handler.answered(routed, status ?? 502, status === undefined ? 'balancer' : 'target');
      return;
    }
    const { response, by } = await answerTo(handler, routed, incoming.socket, timeoutMs);
    writeRawResponse(socket, response);
    handler.answered(routed, response.status, by);
  } catch {
    writeRawResponse(socket, errorPage(500));
  }
}

function requestOf(handler: FrontHandler, incoming: IncomingMessage, body: Uint8Array | undefined): FrontRequest {
  return {
    method: incoming.method ?? 'GET',
    protocol: handler.protocol ?? 'http',
    host: incoming.headers.host ?? '',
    path: incoming.url ?? '/',
    headers: flattenHeaders(incoming.headers),
    body: body === undefined || body.byteLength === 0 ? undefined : body,
  };
}

function withForwarded(handler: FrontHandler, request: FrontRequest, visitor: Socket): FrontRequest {
  const protocol = handler.protocol ?? 'http';
  const before = request.headers['x-forwarded-for'];
  const address = visitor.remoteAddress ?? '127.0.0.1';
  return {
    ...request,
    headers: {
      ...request.headers,
      'x-forwarded-for': before === undefined ? address : `${before}, ${address}`,
      'x-forwarded-proto': protocol,
      'x-forwarded-port': String(handler.port ?? (protocol === 'https' ? 443 : 80)),
    },
  };
}

function writeResponse(outgoing: ServerResponse, response: FrontResponse, method: string): void {
  const headers = unflattenHeaders(response.headers);
  const bodiless = method === 'HEAD' || response.status === 204 || response.status === 304;
  if (!bodiless) headers['content-length'] = response.body.byteLength;
  outgoing.writeHead(response.status, headers);
  outgoing.end(bodiless ? undefined : response.body);
}

/** What an Application Load Balancer answers by itself. */
function errorPage(status: 413 | 500 | 502 | 504): FrontResponse {
  const title = { 413: '413 Request Entity Too Large', 500: '500 Internal Server Error', 502: '502 Bad Gateway', 504: '504 Gateway Time-out' }[status];
  const html = `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n</body>\r\n</html>\r\n`;
  return { status, headers: { server: 'awselb/2.0', 'content-type': 'text/html' }, body: new TextEncoder().encode(html) };
}
