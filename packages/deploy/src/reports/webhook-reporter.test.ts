import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as idle } from 'node:timers/promises';
import { ok } from 'neverthrow';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { connectProblems } from '../environment/connect-problems.js';
import { definition } from '../environment/environment.fixture.js';
import { internals } from '../environment/environment.js';
import { defineRecipe } from '../runs/define-recipe.js';
import { testClock } from '../runs/testing/clock.js';
import { changing, testEnvironment } from '../runs/testing/environment.js';
import type { DeployEvent } from './events.js';
import { eventAt } from './events.fixture.js';
import { webhookReporter, type WebhookReporterOptions } from './webhook-reporter.js';

beforeEach(() => void vi.stubEnv('WEBHOOK_SECRET', 'a-secret-of-ours').stubEnv('WEBHOOK_URL', 'https://hooks.example.org/T000/B000/very-secret').stubEnv('MAINTENANCE_HEADER_SECRET', 'open-sesame-0123456789'));
afterEach(() => void vi.unstubAllEnvs());

const begins = eventAt(0, { type: 'run-started', recipe: 'deploy', resumed: false, steps: ['a'] });
const log = (line: string) => eventAt(1, { type: 'log', source: 'core', line });
const answer = (status: number) => Promise.resolve(new Response(null, { status }));
const idOf = (init: RequestInit | undefined) => new Headers(init?.headers).get('webhook-id');

interface Request {
  readonly at: number;
  readonly id: string | null;
  readonly event: DeployEvent;
}

/** A reporter in a time of its own, whose requests are answered one after the other; the last answer stands for all that follow. */
function start(answers: readonly (() => Promise<Response>)[], options: Partial<WebhookReporterOptions> = {}) {
  const clock = testClock(0);
  const requests: Request[] = [];
  const told: string[] = [];
  const fetch = ((_: string, init: RequestInit) => {
    requests.push({ at: clock.now() / 1000, id: idOf(init), event: JSON.parse(init.body as string) as DeployEvent });
    return (answers[requests.length - 1] ?? answers.at(-1))!();
  }) as typeof globalThis.fetch;
  const reporter = webhookReporter({ url: { fromEnv: 'WEBHOOK_URL' }, fetch, clock, write: (line) => void told.push(line), ...options });
  return { reporter, clock, requests, told, types: () => requests.map(({ event }) => event.type) };
}

describe('webhookReporter', () => {
  it('posts events as JSON to a server, signed so that who has the secret can verify them', async () => {
    const received: { readonly method: string | undefined; readonly headers: IncomingHttpHeaders; readonly body: string }[] = [];
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => void chunks.push(chunk)).on('end', () => {
        received.push({ method: request.method, headers: request.headers, body: Buffer.concat(chunks).toString() });
        response.writeHead(204).end();
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const told: string[] = [];
    const reporter = webhookReporter({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/deploys`, secret: { fromEnv: 'WEBHOOK_SECRET' }, write: (line) => void told.push(line) });
    reporter.report(begins);
    await reporter.end!();
    server.closeAllConnections();
    server.close();
    expect(told).toEqual([]);
    const [{ method, headers, body }] = received as [(typeof received)[number]];
    expect([method, headers['content-type'], JSON.parse(body)]).toEqual(['POST', 'application/json', begins]);
    const expected = createHmac('sha256', 'a-secret-of-ours').update(`${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`).digest('base64');
    expect(headers['webhook-signature']).toBe(`v1,${expected}`);
  });

  it('signs with the key that a secret in the form of Standard Webhooks stands for', async () => {
    // the example of the specification's libraries
    vi.stubEnv('WEBHOOK_SECRET', 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
    const headers: Headers[] = [];
    const { reporter } = start([], { secret: { fromEnv: 'WEBHOOK_SECRET' }, fetch: (_, init) => (headers.push(new Headers(init?.headers)), answer(200)) });
    reporter.report(begins);
    await reporter.end!();
    const [sent] = headers as [Headers];
    const key = Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64');
    expect(sent.get('webhook-signature')).toBe(`v1,${createHmac('sha256', key).update(`${sent.get('webhook-id')}.${sent.get('webhook-timestamp')}.${JSON.stringify(begins)}`).digest('base64')}`);
  });

  it('sends, in their order, what people want to be woken by, or what it is told to', async () => {
    const events = [begins, log('x'), eventAt(2, { type: 'step-failed', step: 'a', seconds: 1, message: '', remedy: '' }), eventAt(3, { type: 'hold-set', reason: '', nextActions: [] }), eventAt(4, { type: 'interrupted', message: '' })];
    const byDefault = start([() => answer(200)]);
    const chosen = start([() => answer(200)], { events: ['log'] });
    for (const { reporter } of [byDefault, chosen]) {
      for (const event of events) reporter.report(event);
      await reporter.end!();
    }
    expect(byDefault.types()).toEqual(['run-started', 'step-failed', 'hold-set', 'interrupted']);
    expect(new Set(byDefault.requests.map(({ id }) => id)).size).toBe(4);
    expect(chosen.types()).toEqual(['log']);
  });

  it('tries again what could not be sent, and what answers 429 or 5xx, later each time and by the same id', async () => {
    const { reporter, clock, requests, told } = start([() => answer(503), () => Promise.reject(new TypeError('fetch failed')), () => answer(429), () => answer(200)]);
    reporter.report(begins);
    await clock.advance(60);
    expect(requests.map(({ id }) => id)).toEqual(Array.from({ length: 4 }, () => 'r1-1795420800000-1'));
    const pauses = requests.slice(1).map(({ at }, index) => at - requests[index]!.at);
    for (const [index, seconds] of pauses.entries()) expect([seconds >= 2 ** index / 2, seconds <= 2 ** index]).toEqual([true, true]);
    await reporter.end!();
    expect(told).toEqual([]);
  });

  it('gives up after five tries, goes on with what follows, and says at the end what was lost, without the address', async () => {
    const { reporter, clock, requests, told, types } = start([...Array.from({ length: 5 }, () => () => Promise.reject(Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNREFUSED' } }))), () => answer(200)], { events: ['run-started', 'log'] });
    reporter.report(begins);
    reporter.report(log('x'));
    await clock.advance(60);
    expect(types()).toEqual([...Array.from({ length: 5 }, () => 'run-started'), 'log']);
    await reporter.end!();
    await reporter.end!();
    expect(told).toEqual(['webhook hooks.example.org: 1 of 2 events were not delivered: does not answer (ECONNREFUSED)']);
    expect(requests).toHaveLength(6);
  });

  it.each([400, 401, 404, 302])('does not try again what answers %d', async (status) => {
    const { reporter, clock, requests, told } = start([() => answer(status)]);
    reporter.report(begins);
    await clock.advance(60);
    await reporter.end!();
    expect(requests).toHaveLength(1);
    expect(told).toEqual([`webhook hooks.example.org: 1 of 1 events were not delivered: answers ${status}`]);
  });

  it('tries again what is not answered within ten seconds', async () => {
    const { reporter, clock, requests } = start([() => new Promise(() => undefined), () => answer(200)]);
    reporter.report(begins);
    await clock.advance(9);
    expect(requests).toHaveLength(1);
    await clock.advance(2);
    expect(requests).toHaveLength(2);
  });

  it('ends within four seconds of the clock where nobody answers, and says so', async () => {
    const { reporter, clock, told } = start([() => new Promise(() => undefined)], { events: ['log'] });
    for (const line of ['a', 'b', 'c']) reporter.report(log(line));
    const ended = Promise.resolve(reporter.end!());
    await clock.advance(4);
    await ended;
    expect(told).toEqual(['webhook hooks.example.org: 3 of 3 events were not delivered: not within 4 s of the end']);
  });

  it('does not wait out a pause at the end: what is left is tried once more, at once', async () => {
    const { reporter, clock, requests, told } = start([() => answer(503), () => answer(503), () => answer(200)]);
    reporter.report(begins);
    await clock.advance(0);
    reporter.report(eventAt(9, { type: 'run-succeeded', recipe: 'deploy', seconds: 9, summary: '' }));
    await reporter.end!();
    expect(requests.map(({ event }) => event.type)).toEqual(['run-started', 'run-started', 'run-succeeded']);
    expect(clock.now()).toBe(0);
    expect(told).toEqual(['webhook hooks.example.org: 1 of 2 events were not delivered: answers 503']);
  });

  it('keeps a hundred events that wait, the newest', async () => {
    let let1: (response: Response) => void = () => undefined;
    const { reporter, requests, told } = start([() => new Promise<Response>((resolve) => (let1 = resolve)), () => answer(200)], { events: ['log'] });
    for (let index = 0; index <= 150; index += 1) reporter.report(log(String(index)));
    await idle();
    let1(new Response(null, { status: 200 }));
    await reporter.end!();
    expect(requests.map(({ event }) => (event as { readonly line?: string }).line)).toEqual(['0', ...Array.from({ length: 100 }, (_, index) => String(index + 51))]);
    expect(told).toEqual(['webhook hooks.example.org: 50 of 151 events were not delivered: too many were waiting']);
  });

  it('does not hold up a run whose webhook never answers', async () => {
    const { env, clock } = testEnvironment();
    const fetch = () => new Promise<never>(() => undefined);
    const reporter = webhookReporter({ url: { fromEnv: 'WEBHOOK_URL' }, fetch, clock, write: () => undefined });
    const before = clock.now();
    const recipe = defineRecipe('recipe', async function* (run, _: object) {
      yield* run.step('first', changing({}));
      return ok('done');
    });
    expect((await recipe({ ...env, [internals]: { ...env[internals], reporters: [reporter] } }, {}))._unsafeUnwrap()).toBe('done');
    expect(clock.now()).toBe(before);
  });

  it('has connect refuse everything that is wrong with it, without a secret in it', () => {
    vi.stubEnv('WEBHOOK_SECRET', 'whsec_not base64');
    const reporter = webhookReporter({ url: 'http://hooks.example.org/very-secret', secret: { fromEnv: 'WEBHOOK_SECRET' }, events: 'all', fetch: 1, clock: {}, write: 'x', retries: 3 } as never);
    expect(() => reporter.report(begins)).not.toThrow();
    expect(connectProblems(definition, { aws: { endpoint: 'http://localhost:1' }, reporters: [{ report: () => undefined }, reporter] })).toEqual([
      'reporters[1].retries: unknown option; known are url, secret, events, fetch, clock, write',
      'reporters[1].url: expected https:, got http: of hooks.example.org',
      'reporters[1].secret (environment variable WEBHOOK_SECRET): expected base64 after whsec_',
      "reporters[1].events: expected a list of types of events, got 'all' (string)",
      'reporters[1].fetch: expected a function like fetch, got 1 (number)',
      'reporters[1].clock: expected a Clock, got one (object)',
      "reporters[1].write: expected a function, got 'x' (string)",
    ]);
  });

  it.each([
    [undefined, ['options: expected an object, got nothing']],
    [{}, ["url: expected an address, or secretFromEnv('…'), got nothing"]],
    [{ url: 'very-secret' }, ['url: expected an address like https://hooks.example.org/deploys, got another text']],
    [{ url: { fromEnv: 'NOT_SET' } }, ['url: expected environment variable NOT_SET to be set, got nothing']],
    [{ url: 'https://me:very-secret@hooks.example.org' }, ['url: expected an address without user and password, which fetch refuses']],
    [{ url: 'https://hooks.example.org', secret: 'very-secret' }, ["secret: expected secretFromEnv('…')"]],
    [{ url: 'https://hooks.example.org', secret: { fromEnv: 'NOT_SET' } }, ['secret: expected environment variable NOT_SET to be set, got nothing']],
    [
      { url: 'https://hooks.example.org', events: ['run-failed', 'run-fail', 1] },
      ["'run-fail' (string)", '1 (number)'].map((got) => `events: expected one of run-started, run-succeeded, run-failed, step-started, step-succeeded, step-failed, change, waiting, wait-ended, log, warning, note, interrupted, script-failed, undoing, hold-set, got ${got}`),
    ],
    [{ url: 'http://[::1]:8080/x' }, undefined],
  ])('is told what is wrong with %j', (options, problems) => {
    expect(webhookReporter(options as never).problems).toEqual(problems);
  });
});
