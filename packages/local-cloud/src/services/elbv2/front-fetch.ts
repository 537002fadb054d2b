import { whileTimePasses, type Clock } from '../../clock.js';
import type { FrontHost, FrontRequest, FrontResponse } from '../../hosts/host.js';
import type { Elbv2, ServedListener } from './elbv2.js';
import { errorPage, textResponse } from './evaluate-rules.js';

/**
 * A `fetch` that leads to the balancers, in process; every other host is a `TypeError: fetch failed`. `elbv2` is called at every
 * request. While a visitor waits, the time of `clock` passes: a target that never answers ends in a 502.
 */
export function createFrontFetch(elbv2: () => Iterable<Elbv2>, front: FrontHost, clock: Clock): typeof fetch {
  return async (input, init) => {
    let request = new Request(input, init);
    for (let redirects = 0; ; redirects += 1) {
      const response = await whileTimePasses(clock, visit(elbv2, front, request));
      const location = response.headers.get('location');
      if (location === null || request.redirect === 'manual') return response;
      if (request.redirect === 'error' || redirects === 20) throw fetchFailed(request.redirect === 'error' ? 'unexpected redirect' : 'redirect count exceeded');
      request = new Request(new URL(location, request.url), { headers: request.headers, signal: request.signal, ...(request.method === 'HEAD' ? { method: 'HEAD' } : {}) });
    }
  };
}

async function visit(elbv2: () => Iterable<Elbv2>, front: FrontHost, request: Request): Promise<Response> {
  request.signal.throwIfAborted();
  const url = new URL(request.url);
  const listener = [...elbv2()].map((service) => service.listenerOf(url)).find((found) => found !== undefined);
  if (listener === undefined) throw fetchFailed(`getaddrinfo ENOTFOUND ${url.hostname}`);
  const answer = await answerOf(listener, front, await frontRequest(request, url, listener));
  request.signal.throwIfAborted();
  return toResponse(answer, request);
}

function fetchFailed(reason: string): TypeError {
  return new TypeError('fetch failed', { cause: new Error(reason) });
}

async function frontRequest(request: Request, url: URL, { protocol }: ServedListener): Promise<FrontRequest> {
  const headers = { ...Object.fromEntries(request.headers), host: url.host };
  const body = request.body === null ? undefined : new Uint8Array(await request.arrayBuffer());
  return { method: request.method, protocol, host: url.host, path: `${url.pathname}${url.search}`, headers, body };
}

/** The balancer's idle timeout: a target that answers nothing for so long has failed. */
const idleTimeoutMs = 60_000;

async function answerOf({ handler }: ServedListener, front: FrontHost, request: FrontRequest): Promise<FrontResponse> {
  handler.connectionOpened();
  try {
    const routed = handler.route(request);
    if (routed.kind === 'respond') {
      handler.answered(routed, routed.response.status, 'balancer');
      return routed.response;
    }
    try {
      const response = await front.forward(routed.endpoint, routed.request, idleTimeoutMs);
      handler.answered(routed, response.status, 'target');
      return response;
    } catch {
      handler.answered(routed, 502, 'balancer');
      return textResponse(502, errorPage('502 Bad Gateway'));
    }
  } finally {
    handler.connectionClosed();
  }
}

/** Statuses that may not have a body: `Response` refuses one. */
const bodiless = [101, 204, 205, 304];

function toResponse({ status, headers, body }: FrontResponse, request: Request): Response {
  const content = bodiless.includes(status) || request.method === 'HEAD' ? null : Uint8Array.from(body);
  const response = new Response(content, { status, headers: { ...headers } });
  Object.defineProperty(response, 'url', { value: request.url });
  return response;
}
