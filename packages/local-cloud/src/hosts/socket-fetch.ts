import { request as httpRequest, type IncomingMessage } from 'node:http';

import { readBody } from './forward-request.js';

const MAX_REDIRECTS = 20;
const REDIRECTS = [301, 302, 303, 307, 308];
const BODILESS = [204, 205, 304];

/**
 * A `fetch` whose internet is this machine: `portOf` says on which port of 127.0.0.1 a URL is answered. A host that it
 * does not know is `TypeError: fetch failed`, also as the target of a redirect: nothing else is ever contacted. The Host
 * header is the URL's. HTTPS goes over a plain connection. Each request has a connection of its own, so that it meets the
 * rules as they are now. `redirect`, `signal` and the body work as in the standard; caches, cookies and CORS do not exist.
 */
export function createSocketFetch(portOf: (url: URL) => number | undefined): typeof fetch {
  return async (input, init) => {
    let request = new Request(input, init);
    for (let redirects = 0; ; redirects++) {
      const response = await send(request, portOf(new URL(request.url)));
      const location = REDIRECTS.includes(response.status) ? response.headers.get('location') : null;
      if (location === null || request.redirect === 'manual') return described(response, request.url, redirects > 0);
      if (request.redirect === 'error') throw fetchFailed(new Error('unexpected redirect'));
      if (redirects === MAX_REDIRECTS) throw fetchFailed(new Error('redirect count exceeded'));
      request = await redirected(request, response.status, new URL(location, request.url));
    }
  };
}

async function send(request: Request, port: number | undefined): Promise<Response> {
  const url = new URL(request.url);
  if (port === undefined) throw fetchFailed(new Error(`getaddrinfo ENOTFOUND ${url.hostname}: no listener of the local cloud serves it`));
  // A copy keeps the request's own body for a redirect that repeats it.
  const body = request.body === null ? undefined : new Uint8Array(await request.clone().arrayBuffer());
  request.signal.throwIfAborted();
  const options = { host: '127.0.0.1', port, method: request.method, path: url.pathname + url.search, headers: headersOf(request, url, body), agent: false };
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(options, (incoming) => {
      readBody(incoming)
        .then((bytes) => resolve(responseOf(incoming, bytes)), (error: unknown) => reject(fetchFailed(error)))
        .finally(() => request.signal.removeEventListener('abort', abort));
    });
    const abort = (): void => {
      reject(request.signal.reason as Error);
      outgoing.destroy();
    };
    request.signal.addEventListener('abort', abort, { once: true });
    outgoing.once('error', (error) => {
      request.signal.removeEventListener('abort', abort);
      reject(fetchFailed(error));
    });
    outgoing.end(body);
  });
}

function headersOf(request: Request, url: URL, body: Uint8Array | undefined): Record<string, string> {
  const headers: Record<string, string> = { accept: '*/*', ...Object.fromEntries(request.headers), host: url.host };
  if (body !== undefined) headers['content-length'] = String(body.byteLength);
  return headers;
}

function responseOf(incoming: IncomingMessage, body: Uint8Array): Response {
  const status = incoming.statusCode ?? 0;
  const headers = new Headers();
  for (let index = 0; index < incoming.rawHeaders.length; index += 2) headers.append(incoming.rawHeaders[index] ?? '', incoming.rawHeaders[index + 1] ?? '');
  return new Response(BODILESS.includes(status) ? null : (body as Uint8Array<ArrayBuffer>), { status, statusText: incoming.statusMessage ?? '', headers });
}

/** As the Fetch standard says: 303 always, 301 and 302 after a POST become a GET without the body; credentials stay with their origin. */
async function redirected(request: Request, status: number, url: URL): Promise<Request> {
  const headers = new Headers(request.headers);
  if (url.origin !== new URL(request.url).origin) for (const name of ['authorization', 'cookie', 'host']) headers.delete(name);
  const asGet = (status === 303 && request.method !== 'HEAD') || (status <= 302 && request.method === 'POST');
  if (asGet) for (const name of ['content-encoding', 'content-language', 'content-location', 'content-type', 'content-length']) headers.delete(name);
  const body = asGet || request.body === null ? null : await request.arrayBuffer();
  return new Request(url, { method: asGet ? 'GET' : request.method, headers, body, redirect: request.redirect, signal: request.signal });
}

/** `url` and `redirected` are read-only, and empty in a response that was made by hand. */
function described(response: Response, url: string, redirected: boolean): Response {
  return Object.defineProperties(response, { url: { value: url }, redirected: { value: redirected } });
}

function fetchFailed(cause: unknown): TypeError {
  return new TypeError('fetch failed', { cause });
}
