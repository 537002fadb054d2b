import { request as httpRequest, type IncomingMessage } from 'node:http';

import type { Endpoint, FrontRequest, FrontResponse } from './host.js';
import { flattenHeaders, unflattenHeaders, withoutHopByHop } from './http-headers.js';

/** Larger bodies are refused in either direction: they are held in memory. */
export const MAX_BODY_BYTES = 64 * 1024 * 1024;

/** The target was reached and did not answer in time. Everything else that goes wrong is a connection that failed. */
export class TargetTimeout extends Error {
  override readonly name = 'TargetTimeout';
}

/** Sends a request over a connection of its own, so that no reused one breaks when a target's process ends between two requests. */
export function forwardRequest(endpoint: Endpoint, request: FrontRequest, timeoutMs: number): Promise<FrontResponse> {
  return endpoint.kind === 'handler'
    ? withTimeout(endpoint.handle(request), timeoutMs)
    : overSocket(endpoint, request, timeoutMs);
}

function withTimeout(answer: Promise<FrontResponse>, timeoutMs: number): Promise<FrontResponse> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(timeout(timeoutMs)), timeoutMs);
    answer.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

function overSocket(endpoint: Extract<Endpoint, { kind: 'socket' }>, request: FrontRequest, timeoutMs: number): Promise<FrontResponse> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(
      { host: endpoint.host, port: endpoint.port, method: request.method, path: request.path, headers: outgoingHeaders(request), agent: false },
      (incoming) => {
        readBody(incoming).then((body) => resolve(responseOf(incoming, body)), reject).finally(() => clearTimeout(timer));
      },
    );
    const timer = setTimeout(() => {
      reject(timeout(timeoutMs));
      outgoing.destroy();
    }, timeoutMs);
    outgoing.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    // A target that switches protocols unasked, or answers a CONNECT.
    outgoing.once('upgrade', () => outgoing.destroy(new Error('The target switched protocols.')));
    outgoing.end(request.body);
  });
}

function outgoingHeaders(request: FrontRequest): ReturnType<typeof unflattenHeaders> {
  const headers = withoutHopByHop(request.headers);
  delete headers['content-length'];
  headers['host'] = request.host;
  if (request.body !== undefined) headers['content-length'] = String(request.body.byteLength);
  return unflattenHeaders(headers);
}

function responseOf(incoming: IncomingMessage, body: Uint8Array): FrontResponse {
  return { status: incoming.statusCode ?? 502, headers: withoutHopByHop(flattenHeaders(incoming.headers)), body };
}

/** The whole body; rejects when it ends early or is larger than `MAX_BODY_BYTES`. */
export async function readBody(message: IncomingMessage): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BODY_BYTES) throw new BodyTooLarge(`The body is larger than ${MAX_BODY_BYTES} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

export class BodyTooLarge extends Error {
  override readonly name = 'BodyTooLarge';
}

function timeout(timeoutMs: number): TargetTimeout {
  return new TargetTimeout(`The target did not answer within ${timeoutMs} ms.`);
}
