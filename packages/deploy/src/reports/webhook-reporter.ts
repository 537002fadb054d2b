import { type Clock, systemClock } from '../clock.js';
import type { Secret } from '../environment/definition.js';
import { isSecret, resolveSecret, unsetProblem } from '../environment/resolve-secret.js';
import { expectedGot, objectProblems, unknownOptionProblems } from '../environment/validate.js';
import { Redacted } from '../redacted.js';
import type { DeployEvent, Reporter } from './events.js';
import { deliver, type Delivery, type Endpoint } from './webhook-delivery.js';
import { signingKey } from './webhook-signature.js';

/** Where events are sent to, and which. */
export interface WebhookReporterOptions {
  /** Address that takes a POST, `https:`, or `http:` of this machine; `secretFromEnv` where whoever has it may post. What a chat takes has other fields than an event: between the two stands a function of yours. */
  readonly url: string | Secret;
  /** What requests are signed with, from an environment variable: a text, or, beginning with `whsec_`, a key in base64. Default: they are not signed. */
  readonly secret?: Secret | undefined;
  /** Types of events that are sent; default `run-started`, `step-failed`, `hold-set`, `run-succeeded`, `run-failed`, `interrupted`. */
  readonly events?: readonly DeployEvent['type'][] | undefined;
  /** How requests are sent; default the platform's. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** By which it is tried again; default the machine's. */
  readonly clock?: Clock | undefined;
  /** Where it is told, once, at the end, what could not be delivered; default `console.error`. */
  readonly write?: ((line: string) => void) | undefined;
}

const sentByDefault: readonly DeployEvent['type'][] = ['run-started', 'step-failed', 'hold-set', 'run-succeeded', 'run-failed', 'interrupted'];
/** More than a run tells of these by default: what is older is dropped while nobody takes them. */
const queueLimit = 100;
/** Within the five seconds that `runScript` gives a reporter. */
const endWithinMs = 4_000;

/**
 * Sends events of runs to a webhook: each as its JSON, in the order in which they came, one at a time.
 *
 * - What could not be sent, and what answers 429 or 5xx, is tried again, five times in all, after 1, 2, 4 and 8 seconds and some chance. Any other answer but 2xx ends it; redirects are not followed.
 * - With `secret` as Standard Webhooks has it (standardwebhooks.com): `webhook-id`, the same at each try, `webhook-timestamp` and `webhook-signature`, an HMAC with
 *   SHA-256 of these two and the body; their libraries verify it. Without, there is no signature.
 * - Nothing of it is waited for by a run. 100 events wait at most; of more the oldest is dropped. `runScript` lets it send what is left for up to four seconds; who does not use that
 *   calls `end`. Then, once, it is told what was not delivered, and why: never the address, of which only the host is.
 *
 * What is wrong with the options ends `connect` in InvalidInput.
 */
export function webhookReporter(options: WebhookReporterOptions): Reporter {
  const problems = optionProblems(options);
  if (problems.length > 0) return { report: () => undefined, problems };
  const { secret, events = sentByDefault, fetch = (...request) => globalThis.fetch(...request), clock = systemClock, write = (line: string) => console.error(line) } = options;
  const url = new Redacted(resolveSecret(options.url) ?? '');
  const endpoint: Endpoint = { url, key: secret === undefined ? null : signingKey(new Redacted(resolveSecret(secret) ?? '')), fetch, clock };
  return queueingReporter(endpoint, events, write);
}

function queueingReporter(endpoint: Endpoint, events: readonly DeployEvent['type'][], write: (line: string) => void): Reporter {
  const { clock } = endpoint;
  const hurry = new AbortController();
  const stop = new AbortController();
  const waiting: Delivery[] = [];
  const lost: string[] = [];
  let accepted = 0;
  let sending: Promise<void> | null = null;

  const sendAll = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const trouble = await deliver(endpoint, next, { hurry: hurry.signal, stop: stop.signal });
      if (trouble !== null) lost.push(trouble);
    }
    sending = null;
  };
  return {
    report(event) {
      if (!events.includes(event.type)) return;
      accepted += 1;
      waiting.push({ id: `${event.runId ?? 'script'}-${Date.parse(event.at)}-${accepted}`, body: JSON.stringify(event) });
      if (waiting.length > queueLimit) {
        waiting.shift();
        lost.push('too many were waiting');
      }
      sending ??= sendAll();
    },
    async end() {
      hurry.abort();
      const over = new AbortController();
      const patience = (clock.background ?? clock).sleep(endWithinMs, over.signal).catch(() => undefined);
      await Promise.race([sending, patience]);
      const unsent = sending === null ? 0 : waiting.splice(0).length + 1;
      stop.abort();
      over.abort();
      const troubles = [...lost.splice(0), ...(unsent === 0 ? [] : Array.from({ length: unsent }, () => `not within ${endWithinMs / 1000} s of the end`))];
      if (troubles.length > 0) write(`webhook ${new URL(endpoint.url.reveal()).host}: ${troubles.length} of ${accepted} events were not delivered: ${[...new Set(troubles)].join('; ')}`);
    },
  };
}

const known = ['url', 'secret', 'events', 'fetch', 'clock', 'write'];

function optionProblems(options: WebhookReporterOptions): readonly string[] {
  const noOptions = objectProblems('options', options);
  if (noOptions.length > 0) return noOptions;
  const { url, secret, events, fetch, clock, write } = options;
  const unless = (right: boolean, name: string, expected: string, value: unknown): readonly string[] => (right ? [] : [`${name}: ${expectedGot(expected, value)}`]);
  return [
    ...unknownOptionProblems(options, known),
    ...urlProblems(url),
    ...(secret === undefined ? [] : secretProblems(secret)),
    ...eventProblems(events),
    ...unless(fetch === undefined || typeof fetch === 'function', 'fetch', 'a function like fetch', fetch),
    ...unless(clock === undefined || typeof clock?.sleep === 'function', 'clock', 'a Clock', clock),
    ...unless(write === undefined || typeof write === 'function', 'write', 'a function', write),
  ];
}

/** By which a misspelt one is found: nothing would ever be sent of it. */
const eventTypes = {
  'run-started': true, 'run-succeeded': true, 'run-failed': true, 'step-started': true, 'step-succeeded': true, 'step-failed': true, change: true, waiting: true,
  'wait-ended': true, log: true, warning: true, note: true, interrupted: true, 'script-failed': true, undoing: true, 'hold-set': true,
} satisfies Readonly<Record<DeployEvent['type'], true>>;

function eventProblems(events: unknown): readonly string[] {
  if (events === undefined) return [];
  if (!Array.isArray(events)) return [`events: ${expectedGot('a list of types of events', events)}`];
  return events.filter((type: unknown) => typeof type !== 'string' || !Object.hasOwn(eventTypes, type)).map((type) => `events: ${expectedGot(`one of ${Object.keys(eventTypes).join(', ')}`, type)}`);
}

/** The address may be a secret, and is no part of a problem. */
function urlProblems(from: unknown): readonly string[] {
  const unset = resolveSecret(from) === undefined ? unsetProblem('url', from) : [];
  if (unset.length > 0) return unset;
  const url = resolveSecret(from);
  if (url === undefined) return [`url: ${expectedGot("an address, or secretFromEnv('…')", from)}`];
  if (!URL.canParse(url)) return ['url: expected an address like https://hooks.example.org/deploys, got another text'];
  const { protocol, hostname, username, password } = new URL(url);
  const local = ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
  if (protocol !== 'https:' && !(protocol === 'http:' && local)) return [`url: expected https:, got ${protocol} of ${hostname}`];
  return username === '' && password === '' ? [] : ['url: expected an address without user and password, which fetch refuses'];
}

function secretProblems(from: unknown): readonly string[] {
  if (!isSecret(from)) return ["secret: expected secretFromEnv('…')"];
  const value = resolveSecret(from);
  if (value === undefined) return unsetProblem('secret', from);
  return signingKey(new Redacted(value)) === null ? [`secret (environment variable ${from.fromEnv}): expected base64 after whsec_`] : [];
}
