import { err, ok, type Result, ResultAsync } from 'neverthrow';
import type { UmamiDefinition } from '../environment/definition.js';
import { type Environment, internals } from '../environment/environment.js';
import type { UmamiCredentials } from '../environment/resolve-umami.js';
import { Redacted } from '../redacted.js';
import { redactor } from '../reports/redact.js';

/** Umami as one wait asks it: logged in to at the first question, and again when Umami says that the login is over. */
export interface Umami {
  /**
   * How many visitors are active: those of whom Umami has heard within the last five minutes ("Number of unique visitors within the last
   * 5 minutes", https://umami.is/docs/api/website-stats-api). Whoever leaves is still counted for five minutes.
   */
  activeVisitors(): ResultAsync<number, UmamiTrouble>;
}

/** Why Umami does not tell. Holds nothing of what it answered, and no secret. */
export interface UmamiTrouble {
  /** `umami.example.org answers 503`. */
  readonly problem: string;
  /** Asking again will not help: the user or the website is wrong. */
  readonly lasting: boolean;
}

/** How long an answer may take, a login before it included, in milliseconds of the environment's clock. */
const patienceMs = 30_000;

/** The environment's Umami; null where its definition has none. */
export function umamiOf(env: Environment): Umami | null {
  const { umami: definition } = env.definition;
  const { umami: credentials } = env[internals];
  return definition === undefined || credentials === null ? null : openUmami(env, definition, credentials);
}

function openUmami(env: Environment, definition: UmamiDefinition, credentials: UmamiCredentials): Umami {
  const { host } = new URL(definition.url);
  const base = definition.url.replace(/\/+$/, '');
  const secrets = [credentials.password.reveal()];
  let token: Redacted | null = null;

  const logIn: Question<Redacted> = async (signal) => {
    const body = JSON.stringify({ username: credentials.username.reveal(), password: credentials.password.reveal() });
    const answered = await send(env, `${base}/api/auth/login`, { method: 'POST', headers: { accept: 'application/json', 'content-type': 'application/json' }, body, signal });
    if (answered.isErr()) return err(answered.error);
    const { status } = answered.value;
    if (status === 400 || status === 401 || status === 403) return err({ problem: `${host} refuses the login with umami.username and umami.password (${status})`, lasting: true });
    return tokenOf(answered.value, host).map((given) => {
      secrets.push(given.reveal());
      return (token = given);
    });
  };
  const ask: Question<Answer> = async (signal) => {
    const given = token === null ? await logIn(signal) : ok(token);
    if (given.isErr()) return err(given.error);
    return send(env, `${base}/api/websites/${definition.websiteId}/active`, { headers: { accept: 'application/json', authorization: `Bearer ${given.value.reveal()}` }, signal });
  };
  const askAgain: Question<Answer> = (signal) => {
    token = null;
    return ask(signal);
  };
  const countVisitors: Question<number> = async (signal) => {
    const first = await ask(signal);
    const answered = first.isOk() && first.value.status === 401 ? await askAgain(signal) : first;
    if (answered.isErr()) return err(answered.error);
    const { status } = answered.value;
    if (status === 401 || status === 403) return err({ problem: `${host} does not show website ${definition.websiteId} to umami.username (${status})`, lasting: true });
    return visitorsIn(answered.value, host);
  };
  return { activeVisitors: () => new ResultAsync(inTime(env, host, countVisitors)).mapErr((trouble) => redactor(secrets)(trouble)) };
}

interface Answer {
  readonly status: number;
  readonly location: string | null;
  readonly body: string;
}

type Question<T> = (signal: AbortSignal) => Promise<Result<T, UmamiTrouble>>;

/** Ends with the environment's signal, or when Umami takes too long, logging in included: whoever asks waits for other things too. */
async function inTime<T>(env: Environment, host: string, question: Question<T>): Promise<Result<T, UmamiTrouble>> {
  const over = new AbortController();
  const signal = AbortSignal.any([env.signal, over.signal]);
  const tooLate = (env.clock.background ?? env.clock).sleep(patienceMs, signal).then(
    () => err(passing(`${host} does not answer within ${patienceMs / 1000} s`)),
    () => err(passing(`${host} was not waited for`)),
  );
  const answered = await Promise.race([question(signal), tooLate]);
  over.abort('answered');
  return answered;
}

/** One request, redirects not followed: what is sent is for Umami alone. */
async function send(env: Environment, url: string, init: RequestInit): Promise<Result<Answer, UmamiTrouble>> {
  try {
    const response = await env[internals].fetch(url, { ...init, redirect: 'manual', cache: 'no-store' });
    return ok({ status: response.status, location: response.headers.get('location'), body: await response.text() });
  } catch (cause) {
    return err(passing(`${new URL(url).host} does not answer: ${whyOf(cause)}`));
  }
}

/** `fetch failed (getaddrinfo ENOTFOUND umami.example.org)`. */
function whyOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  return thrown.cause instanceof Error && thrown.cause.message !== '' ? `${thrown.message} (${thrown.cause.message})` : thrown.message;
}

function passing(problem: string): UmamiTrouble {
  return { problem, lasting: false };
}

/** `{ "token": "eyTMj…", "user": { … } }` (https://umami.is/docs/api/authentication). What no header can hold is no token. */
function tokenOf(answered: Answer, host: string): Result<Redacted, UmamiTrouble> {
  return jsonOf(answered, host).andThen((body) => {
    const token = (body as { readonly token?: unknown } | null)?.token;
    return typeof token === 'string' && /^[\x21-\x7e]+$/.test(token) ? ok(new Redacted(token)) : err(passing(`${host} answers the login without a token`));
  });
}

/** `{ "x": 5 }` up to version 2, `{ "visitors": 5 }` since; the first version answered a list with the one in it. */
function visitorsIn(answered: Answer, host: string): Result<number, UmamiTrouble> {
  return jsonOf(answered, host).andThen((body) => {
    const { visitors, x } = ((Array.isArray(body) ? body[0] : body) ?? {}) as { readonly visitors?: unknown; readonly x?: unknown };
    const told = visitors ?? x;
    const count = typeof told === 'string' && /^\d+$/.test(told) ? Number(told) : told;
    return typeof count === 'number' && Number.isInteger(count) && count >= 0 ? ok(count) : err(passing(`${host} answers no number of active visitors`));
  });
}

function jsonOf({ status, location, body }: Answer, host: string): Result<unknown, UmamiTrouble> {
  if (status !== 200) return err(passing(`${host} answers ${status}${location === null ? '' : ` to ${location}`}`));
  try {
    return ok(JSON.parse(body) as unknown);
  } catch {
    return err(passing(`${host} answers what is no JSON`));
  }
}
