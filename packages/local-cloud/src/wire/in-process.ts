import { HttpResponse, type HttpHandler } from '@smithy/core/protocols';
import { whileTimePasses, type Clock } from '../clock.js';
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
      const answer = await whileTimePasses(clock, Promise.race([wire.handle({ ...request, headers: lowerCase(request.headers), body: toBytes(request.body) }), aborted]));
      if (answer.kind === 'never') return aborted;
      if (answer.kind !== 'answer') throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
      return { response: new HttpResponse({ statusCode: answer.status, headers: { ...answer.headers }, body: answer.body }) };
    },
    updateHttpClientConfig: () => undefined,
    httpHandlerConfigs: () => ({}),
    destroy: () => undefined,
  };
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

function toBytes(body: unknown): Uint8Array {
  if (body instanceof Uint8Array) return body;
  return new TextEncoder().encode(typeof body === 'string' ? body : '');
}
