import { request as httpRequest, STATUS_CODES, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

import { readBody } from './forward-request.js';
import type { Endpoint, FrontRequest, FrontResponse } from './host.js';
import { flattenHeaders, withoutHopByHop } from './http-headers.js';

/**
 * Connects a visitor's socket with a target that agrees to switch protocols, and lets bytes pass both ways until either
 * side ends: routing is over by then, so a changed rule does not cut it, and the end of the target's process does.
 * Resolves with the status that the target answered; rejects when it could not be reached or did not answer in time.
 */
export function proxyWebSocket(endpoint: Extract<Endpoint, { kind: 'socket' }>, request: FrontRequest, visitor: Duplex, head: Buffer, timeoutMs: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({ host: endpoint.host, port: endpoint.port, method: request.method, path: request.path, headers: upgradeHeaders(request), agent: false, timeout: timeoutMs });
    const giveUp = (): void => void outgoing.destroy();
    visitor.once('close', giveUp);
    outgoing.once('error', reject);
    outgoing.once('timeout', () => outgoing.destroy(new Error(`The target did not answer within ${timeoutMs} ms.`)));
    outgoing.once('response', (incoming) => {
      readBody(incoming).then((body) => {
        const status = incoming.statusCode ?? 502;
        writeRawResponse(visitor, { status, headers: withoutHopByHop(flattenHeaders(incoming.headers)), body });
        resolve(status);
      }, reject);
    });
    outgoing.once('upgrade', (incoming, target, targetHead) => {
      target.setTimeout(0);
      visitor.off('close', giveUp);
      visitor.write(switchingProtocols(incoming));
      visitor.write(targetHead);
      target.write(head);
      join(visitor, target);
      resolve(101);
    });
    outgoing.end();
  });
}

function upgradeHeaders(request: FrontRequest): Record<string, string> {
  return { ...withoutHopByHop(request.headers), host: request.host, connection: 'Upgrade', upgrade: request.headers['upgrade'] ?? 'websocket' };
}

function switchingProtocols(incoming: IncomingMessage): string {
  const lines = ['HTTP/1.1 101 Switching Protocols'];
  for (let index = 0; index < incoming.rawHeaders.length; index += 2) lines.push(`${incoming.rawHeaders[index]}: ${incoming.rawHeaders[index + 1]}`);
  return `${lines.join('\r\n')}\r\n\r\n`;
}

function join(visitor: Duplex, target: Duplex): void {
  visitor.pipe(target).pipe(visitor);
  for (const [side, other] of [[visitor, target], [target, visitor]] as const) {
    side.on('error', () => other.destroy());
    side.on('close', () => other.destroy());
  }
}

/** Answers on a bare socket and ends it: what follows on it would not be routed. */
export function writeRawResponse(socket: Duplex, response: FrontResponse): void {
  const lines = [`HTTP/1.1 ${response.status} ${STATUS_CODES[response.status] ?? ''}`];
  const headers = { ...response.headers, 'content-length': String(response.body.byteLength), connection: 'close' };
  for (const [name, value] of Object.entries(headers)) {
    for (const line of value.split('\n')) lines.push(`${name}: ${line}`);
  }
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  socket.end(response.body);
}
