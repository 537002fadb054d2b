import { buildQueryString, HttpResponse, type HttpHandler } from '@smithy/core/protocols';
import { whileTimePasses, type Clock } from '../clock.js';
import { loadRestService, restServiceOf } from './rest-models.js';
import type { Wire } from './wire.js';

/** The `requestHandler` of an SDK client. */
export type InProcessHandler = HttpHandler<object>;

/** Answers SDK clients in the same process: no socket, and no turn of the event loop beyond the clock's. */
export function createInProcessHandler(wire: Wire, clock: Clock): InProcessHandler {
  return {
    async handle(request, options) {
      const abortSignal = options?.abortSignal as AbortSignal | undefined;
      if (abortSignal?.aborted === true) throw abortError();
      const aborted = rejectedOnAbort(abortSignal);
      const asked = { ...request, query: new URLSearchParams(buildQueryString(request.query)), headers: lowerCase(request.headers), body: await toBytes(request.body) };
      const restService = restServiceOf(asked);
      if (restService !== undefined) await loadRestService(restService);
      const answer = await whileTimePasses(clock, Promise.race([wire.handle(asked), aborted]));
      if (answer.kind === 'never') return aborted;
      if (answer.kind !== 'answer') throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
      return { response: new HttpResponse({ statusCode: answer.status, headers: { ...answer.headers }, body: restService === undefined ? answer.body : asStream(answer.body) }) };
    },
    updateHttpClientConfig: () => undefined,
    httpHandlerConfigs: () => ({}),
    destroy: () => undefined,
  };
}

/** Of an object the SDK hands its caller the stream. */
function asStream(body: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(body);
      controller.close();
    },
  });
}

function rejectedOnAbort(signal: AbortSignal | undefined): Promise<never> {
  const aborted = new Promise<never>((_resolve, reject) => {
    signal?.addEventListener('abort', () => reject(abortError()), { once: true });
  });
  aborted.catch(() => undefined);
  return aborted;
}

function abortError(): Error {
  return Object.assign(new Error('Request aborted'), { name: 'AbortError' });
}

function lowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

/** Of a stream everything that it gives. */
async function toBytes(body: unknown): Promise<Uint8Array> {
  if (body instanceof Uint8Array) return body;
  if (typeof body !== 'object' || body === null) return new TextEncoder().encode(typeof body === 'string' ? body : '');
  return new Uint8Array(await new Response(body as BodyInit).arrayBuffer());
}
