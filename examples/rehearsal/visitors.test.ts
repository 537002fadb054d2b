import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { VisitedRoute } from './visited-routes.js';
import { sendVisitors, type Visit, type VisitorsClock } from './visitors.js';

const items: VisitedRoute = { rule: 'graasp-rule', method: 'GET', host: 'api.example.org', path: '/api/items', released: true };
const library: VisitedRoute = { rule: 'library', method: 'GET', host: 'library.example.org', path: '/', released: false };

describe('sendVisitors', () => {
  it('says what each answer was: old, maintenance, new, without version, leak or error', async () => {
    const answers: readonly [VisitedRoute, Response, Visit['kind'], string][] = [
      [items, answer(200, { 'x-version': 'v1' }), 'old', ''],
      [items, answer(302, { location: 'https://maintenance.example.org:443/api/items' }), 'maintenance', ''],
      [items, answer(201, { 'x-version': 'v2' }), 'new', ''],
      [items, answer(200, { 'x-service': 'admin' }), 'leak', 'meant for the application, answered by admin'],
      [items, answer(200, { 'x-version': 'v0' }), 'error', 'answered by version v0, which is neither the old nor the new one'],
      [items, answer(500, { 'x-version': 'v1' }), 'error', 'HTTP 500'],
      [library, answer(200, {}), 'unversioned', ''],
      [library, answer(301, { location: 'https://example.org/library' }), 'unversioned', ''],
      [library, answer(503, {}), 'error', 'HTTP 503'],
    ];
    for (const [route, response, kind, problem] of answers) {
      expect(await firstVisit(route, async () => response)).toMatchObject({ kind, problem, status: response.status, route });
    }
  });

  it('records a request that nobody answers as an error with its cause', async () => {
    const refused = async (): Promise<Response> => Promise.reject(new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') }));

    expect(await firstVisit(items, refused)).toMatchObject({ kind: 'error', status: 0, problem: 'fetch failed: connect ECONNREFUSED' });
  });

  it('gives up a request after the timeout', async () => {
    const { clock, advance } = manualClock();
    const home = new AbortController();
    const visits = sendVisitors({ ...defaults, clock, routes: [items], timeoutMs: 5_000, signal: home.signal, fetch: never, onVisit: () => home.abort() });

    await advance(4_999);
    await advance(1);

    expect(await visits).toMatchObject([{ kind: 'error', askedAt: 0, at: 5_000, problem: 'no answer within 5 s' }]);
  });

  it('asks each route over and over, without the maintenance header and without following redirects, until told to go', async () => {
    const { clock, advance } = manualClock();
    const home = new AbortController();
    const asked: [string, RequestInit | undefined][] = [];
    const visits = sendVisitors({
      ...defaults,
      clock,
      routes: [items, { ...items, method: 'POST' }],
      pauseMs: 1_000,
      signal: home.signal,
      fetch: async (url, init) => {
        asked.push([new Request(url).url, init]);
        return answer(200, { 'x-version': 'v1' });
      },
    });

    await advance(1_000);
    await advance(1_000);
    home.abort();

    expect((await visits).map(({ at, route }) => [at, route.method])).toEqual([[0, 'GET'], [0, 'POST'], [1_000, 'GET'], [1_000, 'POST'], [2_000, 'GET'], [2_000, 'POST']]);
    expect(asked[0]).toEqual(['https://api.example.org/api/items', { method: 'GET', body: null, redirect: 'manual', signal: expect.any(AbortSignal) as AbortSignal }]);
    expect(asked[1]?.[1]?.body).toBe('{"name":"Item of a visitor"}');
  });

  it('leaves out the request that the end of the visit interrupts', async () => {
    const { clock, advance } = manualClock();
    const home = new AbortController();
    const visits = sendVisitors({ ...defaults, clock, routes: [items], signal: home.signal, fetch: never });

    await advance(10);
    home.abort();

    expect(await visits).toEqual([]);
  });
});

const defaults = { versions: { old: 'v1', new: 'v2' }, maintenanceHost: 'maintenance.example.org' };

async function firstVisit(route: VisitedRoute, fetch: typeof globalThis.fetch): Promise<Visit | undefined> {
  const home = new AbortController();
  const first = new Promise<Visit>((resolve) => {
    void sendVisitors({ ...defaults, clock: manualClock().clock, routes: [route], signal: home.signal, fetch, onVisit: resolve });
  });
  const visit = await first;
  home.abort();
  return visit;
}

function answer(status: number, headers: Readonly<Record<string, string>>): Response {
  return new Response(null, { status, headers });
}

/** As a server that accepts and stays silent. */
const never: typeof fetch = (_url, init) =>
  new Promise((_resolve, reject) => init?.signal?.addEventListener('abort', () => reject(init.signal?.reason as Error)));

/** Time passes when told. */
function manualClock(): { readonly clock: VisitorsClock; readonly advance: (ms: number) => Promise<void> } {
  let now = 0;
  const sleepers = new Set<{ readonly due: number; readonly wake: () => void }>();
  const clock: VisitorsClock = {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted === true) return reject(signal.reason as Error);
        const sleeper = { due: now + ms, wake: resolve };
        sleepers.add(sleeper);
        signal?.addEventListener('abort', () => {
          sleepers.delete(sleeper);
          reject(signal.reason as Error);
        });
      }),
  };
  return {
    clock,
    advance: async (ms) => {
      await turn();
      now += ms;
      for (const sleeper of [...sleepers].filter(({ due }) => due <= now)) {
        sleepers.delete(sleeper);
        sleeper.wake();
      }
      await turn();
    },
  };
}
