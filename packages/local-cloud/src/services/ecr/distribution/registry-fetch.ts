import { whileTimePasses, type Clock } from '../../../clock.js';
import type { RegistryDoor } from './registry-door.js';

/** A `fetch` that leads to the registries in process; every other host is `otherwise`'s. */
export function createRegistryFetch(door: RegistryDoor, clock: Clock, otherwise: typeof fetch): typeof fetch {
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input.toString());
    if (!door.serves(url.hostname)) return otherwise(input, init);
    const request = new Request(input, init);
    return whileTimePasses(clock, visit(door, request, url));
  };
}

async function visit(door: RegistryDoor, request: Request, url: URL): Promise<Response> {
  request.signal.throwIfAborted();
  const body = request.body === null ? new Uint8Array() : new Uint8Array(await request.arrayBuffer());
  const sent = { method: request.method, path: url.pathname, query: url.searchParams, headers: Object.fromEntries(request.headers), body };
  const answered = await Promise.race([door.handle(url.hostname, sent), rejectedOnAbort(request.signal)]);
  if (answered.kind === 'never') return rejectedOnAbort(request.signal);
  if (answered.kind !== 'answer') throw new TypeError('fetch failed', { cause: Object.assign(new Error('other side closed'), { code: 'ECONNRESET' }) });
  const content = request.method === 'HEAD' ? null : Uint8Array.from(answered.body);
  const response = new Response(content, { status: answered.status, headers: { ...answered.headers } });
  Object.defineProperty(response, 'url', { value: request.url });
  return response;
}

function rejectedOnAbort(signal: AbortSignal): Promise<never> {
  const aborted = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
  aborted.catch(() => undefined);
  return aborted;
}
