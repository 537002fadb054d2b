import { describe, expect, it } from 'vitest';
import { definition, testEnvironment } from '../environment/environment.fixture.js';
import { Redacted } from '../redacted.js';
import { umamiOf } from './active-visitors.js';

const url = 'https://umami.dev.graasp.org';
const websiteId = '86d4095c-a2a8-4fc8-9521-103e858e2b41';

interface Asked {
  readonly url: string;
  readonly init: RequestInit;
}

/** Umami behind a fetch that answers one after the other, the last one for ever. */
function umami(answers: readonly (Response | Error | (() => Promise<Response>))[], more: { readonly url?: string; readonly signal?: AbortSignal; readonly impatient?: boolean } = {}) {
  const asked: Asked[] = [];
  const env = testEnvironment({
    definition: { ...definition, umami: { url: more.url ?? url, websiteId, username: 'viewer', password: { fromEnv: 'UMAMI_PASSWORD' } } },
    ...(more.signal === undefined ? {} : { signal: more.signal }),
    internals: {
      umami: { username: new Redacted('viewer'), password: new Redacted('pass-of-umami') },
      fetch: (input, init = {}) => {
        const next = answers[Math.min(asked.length, answers.length - 1)]!;
        asked.push({ url: input as string, init });
        if (typeof next === 'function') return next();
        return next instanceof Error ? Promise.reject(next) : Promise.resolve(next.clone());
      },
    },
  });
  const clock = more.impatient === true ? { ...env.clock, background: { ...env.clock.background!, sleep: () => Promise.resolve() } } : env.clock;
  return { asked, umami: umamiOf({ ...env, clock })! };
}

const token = Response.json({ token: 'token-of-umami', user: { username: 'viewer' } });
const json = (body: unknown, status = 200) => Response.json(body, { status });
const never = () => new Promise<Response>(() => undefined);

const noError = 'closed' as unknown as Error;

describe('activeVisitors', () => {
  it('logs in, and asks with the token', async () => {
    const { asked, umami: opened } = umami([token, json({ visitors: 5 })]);
    expect((await opened.activeVisitors())._unsafeUnwrap()).toBe(5);
    expect(asked.map(({ url, init }) => [init.method ?? 'GET', url])).toEqual([
      ['POST', `${url}/api/auth/login`],
      ['GET', `${url}/api/websites/${websiteId}/active`],
    ]);
    expect(JSON.parse(asked[0]!.init.body as string)).toEqual({ username: 'viewer', password: 'pass-of-umami' });
    expect(asked[1]!.init).toMatchObject({ headers: { authorization: 'Bearer token-of-umami' }, redirect: 'manual' });
  });

  it('asks with the same token again', async () => {
    const { asked, umami: opened } = umami([token, json({ visitors: 5 })]);
    await opened.activeVisitors();
    expect((await opened.activeVisitors())._unsafeUnwrap()).toBe(5);
    expect(asked).toHaveLength(3);
  });

  it('goes below the path of the address', async () => {
    const { asked, umami: opened } = umami([token, json({ visitors: 5 })], { url: 'https://graasp.org/stats/' });
    await opened.activeVisitors();
    expect(asked.map(({ url }) => url)).toEqual(['https://graasp.org/stats/api/auth/login', `https://graasp.org/stats/api/websites/${websiteId}/active`]);
  });

  it.each([
    ['of version 3', { visitors: 3 }, 3],
    ['of version 2', { x: 2 }, 2],
    ['of version 1', [{ x: 1 }], 1],
    ['of a database driver that counts in texts', { x: '12' }, 12],
    ['of nobody', { visitors: 0 }, 0],
  ])('reads the answer %s', async (_, body, count) => {
    expect((await umami([token, json(body)]).umami.activeVisitors())._unsafeUnwrap()).toBe(count);
  });

  it('logs in again once when the login is over', async () => {
    const { asked, umami: opened } = umami([token, json({}, 401), Response.json({ token: 'second' }), json({ visitors: 1 })]);
    expect((await opened.activeVisitors())._unsafeUnwrap()).toBe(1);
    expect(asked.at(-1)!.init.headers).toMatchObject({ authorization: 'Bearer second' });
  });

  it('takes a second refusal for lasting', async () => {
    const { asked, umami: opened } = umami([token, json({}, 401), token, json({}, 401)]);
    expect((await opened.activeVisitors())._unsafeUnwrapErr()).toEqual({ problem: `umami.dev.graasp.org does not show website ${websiteId} to umami.username (401)`, lasting: true });
    expect(asked).toHaveLength(4);
  });

  it.each([400, 401, 403])('takes a login that is refused with %i for lasting', async (status) => {
    const problem = `umami.dev.graasp.org refuses the login with umami.username and umami.password (${status})`;
    expect((await umami([json({ message: 'incorrect-username-password' }, status)]).umami.activeVisitors())._unsafeUnwrapErr()).toEqual({ problem, lasting: true });
  });

  it.each([
    ['a server that fails', [new Response('', { status: 503 })], 'answers 503'],
    ['a gate that was closed before it', [Response.redirect('https://maintenance.dev.graasp.org/', 302)], 'answers 302 to https://maintenance.dev.graasp.org/'],
    ['a login without a token', [json({ user: {} })], 'answers the login without a token'],
    ['a token that no header can hold', [json({ token: 'two\nlines' })], 'answers the login without a token'],
    ['a page instead of JSON', [token, new Response('<html>')], 'answers what is no JSON'],
    ['no JSON object', [token, json(null)], 'answers no number of active visitors'],
    ['an empty list', [token, json([])], 'answers no number of active visitors'],
    ['half a visitor', [token, json({ visitors: 0.5 })], 'answers no number of active visitors'],
    ['less than nobody', [token, json({ x: -1 })], 'answers no number of active visitors'],
    ['a website that is gone', [token, json({}, 404)], 'answers 404'],
    ['no network', [new TypeError('fetch failed', { cause: new Error('getaddrinfo ENOTFOUND') })], 'does not answer: fetch failed (getaddrinfo ENOTFOUND)'],
    ['a fetch that throws a text', [() => Promise.reject(noError)], 'does not answer: closed'],
  ])('tells of %s, which may pass', async (_, answers, problem) => {
    expect((await umami(answers).umami.activeVisitors())._unsafeUnwrapErr()).toEqual({ problem: `umami.dev.graasp.org ${problem}`, lasting: false });
  });

  it('waits half a minute for an answer, and cancels the request then', async () => {
    const { asked, umami: opened } = umami([never], { impatient: true });
    expect((await opened.activeVisitors())._unsafeUnwrapErr()).toEqual({ problem: 'umami.dev.graasp.org does not answer within 30 s', lasting: false });
    expect(asked[0]!.init.signal?.aborted).toBe(true);
  });

  it('ends with the environment', async () => {
    const abort = new AbortController();
    const asking = umami([never], { signal: abort.signal }).umami.activeVisitors();
    abort.abort(new Error('SIGINT'));
    expect((await asking).isErr()).toBe(true);
  });

  it('shows neither password nor token of an error that repeats them', async () => {
    const { umami: opened } = umami([token, new Error('sent "Bearer token-of-umami" for pass-of-umami')]);
    expect((await opened.activeVisitors())._unsafeUnwrapErr().problem).toBe('umami.dev.graasp.org does not answer: sent "Bearer [redacted]" for [redacted]');
  });
});

describe('umamiOf', () => {
  it('is null where the definition has none', () => expect(umamiOf(testEnvironment())).toBeNull());
});
