import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerFrontPage } from '../hosts/front-page.js';
import type { ShownCloud } from '../hosts/front-page-state.js';
import { blobLimit, type RegistryDoor } from '../services/ecr/distribution/registry-door.js';
import { isRegistryPath } from '../services/ecr/distribution/registry-endpoint.js';
import { bodyLimit, type Wire } from './wire.js';

export interface HttpListener {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** `http://127.0.0.1:PORT/`, for a browser. */
  readonly pageUrl: string;
  /** Ends every connection. */
  close(): Promise<void>;
}

/**
 * Serves the wire on a free port of 127.0.0.1; and to a browser a page that shows `cloud`. AWS's requests are signed, and none
 * has a path of the registries.
 */
export async function listenOverHttp(wire: Wire, cloud: ShownCloud, registries: RegistryDoor): Promise<HttpListener> {
  const server = createServer((request, response) => {
    serve({ wire, cloud, registries }, request, response).catch(() => response.destroy());
  });
  // longer than any client keeps an idle connection: a request must not meet one that is just closing
  server.keepAliveTimeout = 120_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    pageUrl: `${url}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Served {
  readonly wire: Wire;
  readonly cloud: ShownCloud;
  readonly registries: RegistryDoor;
}

async function serve({ wire, cloud, registries }: Served, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const isSigned = request.headers.authorization !== undefined;
  const page = isSigned ? undefined : answerFrontPage(request.method ?? '', request.url ?? '', cloud);
  if (page !== undefined) return void response.writeHead(page.status, page.headers).end(page.body);
  const { pathname: path, searchParams: query, hostname } = addressOf(request);
  const isRegistry = isRegistryPath(path);
  const body = await readBody(request, isRegistry ? blobLimit : bodyLimit);
  const sent = { method: request.method ?? '', path, query, headers: joined(request), body };
  const answer = isRegistry ? await registries.handle(hostname, sent) : await wire.handle(sent);
  if (answer.kind === 'never') return;
  if (answer.kind !== 'answer') return void response.destroy();
  response.writeHead(answer.status, { 'content-length': answer.body.byteLength, ...answer.headers });
  response.end(answer.body);
}

/** What is no address, such as `//`, is no path of an operation either: the wire says so. */
function addressOf({ url = '/', headers: { host = 'localhost' } }: IncomingMessage): Pick<URL, 'pathname' | 'searchParams' | 'hostname'> {
  const base = `http://${host}`;
  return URL.canParse(url, base) ? new URL(url, base) : { pathname: url, searchParams: new URLSearchParams(), hostname: 'localhost' };
}

/** Reads on after the limit, so that the client hears why it is refused, but keeps no more than one byte beyond it. */
async function readBody(request: IncomingMessage, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    const room = limit + 1 - length;
    if (room > 0) chunks.push(chunk.subarray(0, room));
    length += Math.min(room, chunk.byteLength);
  }
  return Buffer.concat(chunks);
}

function joined({ headers }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]));
}
