import { HttpResponse, type HttpHandler } from '@smithy/core/protocols';
import type { Clock } from '../clock.js';
import type { Wire, WireAnswer } from './wire.js';

/** The `requestHandler` of an SDK client. */
export type InProcessHandler = HttpHandler<object>;

/** Answers SDK clients in the same process: no socket, and no turn of the event loop beyond the clock's. */
export function createInProcessHandler(wire: Wire, clock: Clock): InProcessHandler {
  return {
    async handle(request, options) {
      const abortSignal = options?.abortSignal as AbortSignal | undefined;
      if (abortSignal?.aborted === true) throw abortError();
      const aborted = rejectedOnAbort(abortSignal);
      const answer = await whileTimePasses(clock, aborted, wire.handle({ ...request, headers: lowerCase(request.headers), body: toBytes(request.body) }));
      if (answer.kind === 'never') return aborted;
      if (answer.kind !== 'answer') throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
      return { response: new HttpResponse({ statusCode: answer.status, headers: { ...answer.headers }, body: answer.body }) };
    },
    updateHttpClientConfig: () => undefined,
    httpHandlerConfigs: () => ({}),
    destroy: () => undefined,
  };
}

/** A caller that waits for an answer makes virtual time pass, as one that sleeps does: an operation may take its time. */
async function whileTimePasses(clock: Clock, aborted: Promise<never>, answer: Promise<WireAnswer>): Promise<WireAnswer> {
  const waiting = new AbortController();
  clock.sleep(Number.POSITIVE_INFINITY, waiting.signal).catch(() => undefined);
  try {
    return await Promise.race([answer, aborted]);
  } finally {
    waiting.abort();
  }
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
