import type { Clock } from '../clock.js';
import type { Redacted } from '../redacted.js';
import { signatureOf } from './webhook-signature.js';

export interface Endpoint {
  readonly url: Redacted;
  /** What requests are signed with; null: they are not. */
  readonly key: Redacted | null;
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
}

export interface Delivery {
  /** The same at each try, so that who gets it twice can tell. */
  readonly id: string;
  readonly body: string;
}

export interface DeliverySignals {
  /** From now on nothing is waited for between tries: there is one more. */
  readonly hurry: AbortSignal;
  /** Nothing is sent any more. */
  readonly stop: AbortSignal;
}

const tries = 5;
/** How long an answer may take. */
const patienceMs = 10_000;

/** Sends something, tries again where that may help; null once it was taken, else why it was not. Never rejects. */
export async function deliver(endpoint: Endpoint, delivery: Delivery, signals: DeliverySignals): Promise<string | null> {
  let trouble = '';
  for (let attempt = 1; attempt <= tries; attempt += 1) {
    const hurried = signals.hurry.aborted;
    const answered = await send(endpoint, delivery, signals.stop);
    if (answered.status !== null && answered.status >= 200 && answered.status < 300) return null;
    trouble = answered.trouble;
    const passing = answered.status === null || answered.status === 429 || answered.status >= 500;
    if (!passing || hurried || signals.stop.aborted || attempt === tries) break;
    await pause(endpoint.clock, 1000 * 2 ** (attempt - 1), signals.hurry);
  }
  return trouble;
}

interface Answered {
  /** null: there was no answer. */
  readonly status: number | null;
  readonly trouble: string;
}

async function send({ url, key, fetch, clock }: Endpoint, { id, body }: Delivery, stop: AbortSignal): Promise<Answered> {
  const answered = new AbortController();
  const late = new AbortController();
  // in virtual time nothing passes for the sake of a report
  void (clock.background ?? clock).sleep(patienceMs, AbortSignal.any([answered.signal, stop])).then(() => late.abort(), () => undefined);
  try {
    const timestamp = Math.floor(clock.now() / 1000);
    const signature = key === null ? {} : { 'webhook-signature': await signatureOf(key, { id, timestamp, body }) };
    const headers = { 'content-type': 'application/json', 'webhook-id': id, 'webhook-timestamp': String(timestamp), ...signature };
    const signal = AbortSignal.any([late.signal, stop]);
    const response = await untilAborted(fetch(url.reveal(), { method: 'POST', headers, body, redirect: 'manual', signal }), signal);
    // what is not read keeps its connection
    void response.body?.cancel().catch(() => undefined);
    return { status: response.status, trouble: `answers ${response.status}` };
  } catch (cause) {
    return { status: null, trouble: late.signal.aborted ? `does not answer within ${patienceMs / 1000} s` : `does not answer${codeOf(cause)}` };
  } finally {
    answered.abort();
  }
}

/** Also where a `fetch` does not look at its signal. */
function untilAborted<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(new Error('nobody waits any more'));
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    answer.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

/** ` (ECONNREFUSED)`: a message could have the address in it. */
function codeOf(thrown: unknown): string {
  const { code } = ((thrown as { readonly cause?: unknown } | null)?.cause ?? {}) as { readonly code?: unknown };
  return typeof code === 'string' && /^[A-Z0-9_]+$/.test(code) ? ` (${code})` : '';
}

/** Half of it is by chance. */
async function pause(clock: Clock, ms: number, hurry: AbortSignal): Promise<void> {
  await (clock.background ?? clock).sleep(Math.round(ms * (0.5 + clock.random() / 2)), hurry).catch(() => undefined);
}
