import { whileTimePasses, type Clock } from '../../clock.js';
import type { FrontResponse } from '../../hosts/host.js';
import type { Edges } from './edge.js';

/** A `fetch` that leads to distributions in process; every other host is `otherwise`'s. */
export function createEdgeFetch(edges: Edges, clock: Clock, otherwise: typeof fetch): typeof fetch {
  const visit: typeof fetch = async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input.toString());
    if (!edges.serves(url.hostname)) return otherwise(input, init);
    const request = new Request(input, init);
    request.signal.throwIfAborted();
    const headers = { ...Object.fromEntries(request.headers), host: url.host };
    const asked = { method: request.method, protocol: url.protocol === 'http:' ? 'http' : 'https', host: url.host, path: `${url.pathname}${url.search}`, headers } as const;
    const answer = toResponse(await whileTimePasses(clock, Promise.resolve(edges.answer(asked))), request);
    const location = answer.headers.get('location');
    return location === null || request.redirect !== 'follow' ? answer : visit(new URL(location, url), { headers: request.headers, signal: request.signal });
  };
  return visit;
}

function toResponse({ status, headers, body }: FrontResponse, request: Request): Response {
  const response = new Response(request.method === 'HEAD' ? null : Uint8Array.from(body), { status, headers: { ...headers } });
  return Object.defineProperty(response, 'url', { value: request.url });
}
