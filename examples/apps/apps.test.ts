import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { graaspImages } from '../environments/graasp-images.js';
import { localUmami } from '../environments/umami-model.js';
import { freePort, query, startTestDatabase, type TestDatabase } from '../migrations/test-database.js';
import { migrateTo, seed } from './seed.js';

let database: TestDatabase;
let connection: string;
const running: Application[] = [];

beforeAll(async () => {
  database = await startTestDatabase();
}, 60_000);
afterAll(() => database.stop());
beforeEach(async () => {
  connection = await database.create();
});
afterEach(async () => {
  for (const application of running.splice(0)) await application.stop();
});

describe('core v1.54.8', () => {
  it('serves and creates items on the schema of its version, with its version on every answer', async () => {
    await seed(connection, small);
    const core = await start('graasp:core-v1.54.8');

    const created = await core.request('/api/items', { method: 'POST', body: JSON.stringify({ name: 'Mine' }) });
    const child = await core.request('/api/items', { method: 'POST', body: JSON.stringify({ name: 'Below', parentId: created.body.id }) });

    expect(created).toMatchObject({ status: 201, version: 'v1.54.8', body: { name: 'Mine', path: expect.stringMatching(/^[0-9a-f]{8}(_[0-9a-f]{4,12}){4}$/) as string } });
    expect(child.body.path).toBe(`${String(created.body.path)}.${String(child.body.id).replaceAll('-', '_')}`);
    expect(await core.request('/api/items')).toMatchObject({ status: 200, version: 'v1.54.8', body: { items: expect.arrayContaining([expect.objectContaining({ name: 'Mine', creator: 'Basile da Silva' })]) as unknown } });
    expect(await core.request('/api/members')).toMatchObject({ status: 200, body: { members: expect.arrayContaining([expect.objectContaining({ name: 'Basile da Silva', email: 'Member.1@Graasp.example' })]) as unknown } });
    expect(await core.request('/api/version')).toEqual({ status: 200, version: 'v1.54.8', body: { version: 'v1.54.8' } });
    expect(await core.request('/health')).toEqual({ status: 200, version: 'v1.54.8', body: { status: 'ok', version: 'v1.54.8' } });
    expect(await core.request('/nowhere')).toEqual({ status: 404, version: 'v1.54.8', body: { error: 'not-found' } });
    expect(await core.request('/api/items', { method: 'POST', body: 'no JSON' })).toMatchObject({ status: 400, body: { error: 'an item has a name' } });
  });

  it('answers schema-mismatch on the schema of v1.55.0, and stays healthy', async () => {
    await seed(connection, small);
    await migrateTo(connection, 'v1.55.0');
    const core = await start('graasp:core-v1.54.8');

    await expectMismatch(core, 'v1.54.8');
  });
});

describe('core v1.55.0', () => {
  it('serves and creates items on the schema of its version', async () => {
    await seed(connection, small);
    await migrateTo(connection, 'v1.55.0');
    const core = await start('graasp:core-v1.55.0');

    const created = await core.request('/api/items', { method: 'POST', body: '{"name":"Mine"}' });

    expect(created).toMatchObject({ status: 201, version: 'v1.55.0', body: { path: String(created.body.id).replaceAll('-', '') } });
    expect(await core.request('/api/items')).toMatchObject({ status: 200, version: 'v1.55.0', body: { items: expect.arrayContaining([expect.objectContaining({ name: 'Mine', author: 'Basile da Silva', published: false })]) as unknown } });
    expect(await core.request('/api/members')).toMatchObject({ status: 200, body: { members: expect.arrayContaining([expect.objectContaining({ firstName: 'Basile', lastName: 'da Silva' })]) as unknown } });
  });

  it('answers schema-mismatch on the schema of v1.54.8, and stays healthy', async () => {
    await seed(connection, small);
    const core = await start('graasp:core-v1.55.0');

    await expectMismatch(core, 'v1.55.0');
  });
});

describe('core', () => {
  it('answers 503 while there is no database', async () => {
    connection = 'postgres://nobody@127.0.0.1:1/graasp';
    const core = await start('graasp:core-v1.54.8');

    expect(await core.request('/api/items')).toEqual({ status: 503, version: 'v1.54.8', body: { error: 'database-unavailable' } });
  });

  it.each(['v1.54.8', 'v1.55.0'])('of %s answers 503 while its database is empty', async (version) => {
    const core = await start(`graasp:core-${version}`);

    expect(await core.request('/api/items')).toEqual({ status: 503, version, body: { error: 'database-unavailable' } });
    expect(await core.request('/api/members')).toEqual({ status: 503, version, body: { error: 'database-unavailable' } });
  });

  it('says its version over a WebSocket and echoes, and on SIGTERM closes it and exits with 0', async () => {
    const core = await start('graasp:core-v1.54.8');
    const socket = new WebSocket(`ws://127.0.0.1:${core.port}/ws`);
    const [greeting] = (await once(socket, 'message')) as [Buffer];
    socket.send('hello');
    const [echo] = (await once(socket, 'message')) as [Buffer];
    const closed = once(socket, 'close') as Promise<[number, Buffer]>;

    const exitCode = await core.stop();

    expect([String(greeting), String(echo)]).toEqual(['{"version":"v1.54.8"}', 'hello']);
    expect((await closed)[0]).toBe(1001);
    expect(exitCode).toBe(0);
  });

  it('does not start as a version that it has no code for', async () => {
    const child = spawn(process.execPath, [fileURLToPath(new URL('core/core.mjs', import.meta.url))], { env: { APP_VERSION: 'v0.0.1', PORT: '0' } });

    expect(await once(child, 'exit')).toEqual([1, null]);
  });
});

describe('the workers', () => {
  it.each([
    ['v1.54.8', 'v1.54.8'],
    ['v1.55.0', 'v1.55.0'],
  ])('of %s write rows that carry their version, and end with 0 on SIGTERM', async (version, schema) => {
    await seed(connection, small);
    await migrateTo(connection, schema);
    const worker = await start(`graasp:workers-${version}`);

    await untilRows(`SELECT 1 FROM action WHERE written_by = '${version}' AND type LIKE 'view by %'`);

    expect(await worker.stop()).toBe(0);
  });

  it('say schema-mismatch and write nothing on a schema that does not fit', async () => {
    await seed(connection, small);
    await migrateTo(connection, 'v1.55.0');
    const worker = await start('graasp:workers-v1.54.8');

    await worker.untilOutput('schema-mismatch: column');

    expect(await query(connection, 'SELECT 1 FROM action')).toEqual([]);
  });
});

describe('the administration', () => {
  it.each(['v1.54.8', 'v1.55.0'])('writes on its own and for each page on the schema of %s', async (version) => {
    await seed(connection, small);
    await migrateTo(connection, version);
    const admin = await start('graasp/admin:latest');

    expect(await admin.request('/up')).toMatchObject({ status: 200, version: null });
    await admin.request('/members');

    await untilRows(`SELECT 1 FROM admin_audit WHERE note = 'page /members'`);
    await untilRows(`SELECT 1 FROM admin_audit WHERE note = 'periodic check'`);
    expect(await query(connection, `SELECT 1 FROM admin_audit WHERE note = 'page /up'`)).toEqual([]);
    expect(await admin.stop()).toBe(0);
  });
});

describe('umami', () => {
  it('writes to its own database on its own and for each visit', async () => {
    const umami = await start('umami');

    expect(await umami.request('/script.js')).toEqual({ status: 200, version: null, body: { service: 'umami', path: '/script.js' } });

    await untilRows(`SELECT 1 FROM event WHERE what = 'visit /script.js'`);
    await untilRows(`SELECT 1 FROM event WHERE what = 'on its own'`);
    expect(await umami.stop()).toBe(0);
  });

  it('tells who has logged in how many visitors were on a page within five minutes', async () => {
    const umami = await start('umami');
    const { websiteId, username, password } = localUmami;
    const active = (token: unknown) => umami.request(`/api/websites/${websiteId}/active`, { headers: { authorization: `Bearer ${String(token)}` } });
    const page = (url: string, visitor: string, website = websiteId) =>
      umami.request('/api/send', { method: 'POST', headers: { 'user-agent': visitor }, body: JSON.stringify({ type: 'event', payload: { website, hostname: 'dev.graasp.org', url } }) });
    const logIn = (body: object) => umami.request('/api/auth/login', { method: 'POST', body: JSON.stringify(body) });

    expect(await logIn({ username, password: 'wrong' })).toMatchObject({ status: 401, body: { message: 'incorrect-username-password' } });
    expect(await active('made-up')).toMatchObject({ status: 401 });
    const { body } = await logIn({ username, password });
    expect(await active(body['token'])).toMatchObject({ status: 200, body: { visitors: 0 } });

    for (const [url, visitor, website] of [['/', 'ada'], ['/home', 'ada'], ['/', 'basile'], ['/', 'chiara', 'another']] as const) expect(await page(url, visitor, website)).toMatchObject({ status: 200 });
    expect(await active(body['token'])).toMatchObject({ status: 200, body: { visitors: 2 } });

    await query(connection, `UPDATE event SET created_at = now() - interval '5 minutes' WHERE what = 'page /' AND visitor IN (SELECT visitor FROM event WHERE what = 'page /home')`);
    await query(connection, `UPDATE event SET created_at = now() - interval '5 minutes' WHERE what = 'page /home'`);
    expect(await active(body['token'])).toMatchObject({ status: 200, body: { visitors: 1 } });
  });
});

const small = { members: 10, items: 50 };

async function expectMismatch(core: Application, version: string): Promise<void> {
  const mismatch = { status: 500, version, body: { error: 'schema-mismatch' } };
  expect(await core.request('/api/items')).toEqual(mismatch);
  expect(await core.request('/api/members')).toEqual(mismatch);
  expect(await core.request('/api/items', { method: 'POST', body: '{"name":"Mine"}' })).toEqual(mismatch);
  expect(await core.request('/health')).toMatchObject({ status: 200, body: { version } });
}

interface Application {
  readonly port: number;
  request(path: string, init?: RequestInit): Promise<{ readonly status: number; readonly version: string | null; readonly body: Record<string, unknown> }>;
  untilOutput(text: string): Promise<void>;
  /** Ends with SIGTERM; the exit code. */
  stop(): Promise<number | null>;
}

/** Runs an image as a container host does. */
async function start(reference: string): Promise<Application> {
  const image = graaspImages().find((candidate) => candidate.reference === reference)?.process;
  if (image === undefined) throw new Error(`${reference} has no process`);
  const port = await freePort();
  const [program = '', ...args] = image.command;
  const child = spawn(program, args, { cwd: image.cwd, env: { ...image.environment, DB_CONNECTION: connection, PORT: String(port) } });
  let output = '';
  child.stdout.on('data', (data) => (output += String(data)));
  child.stderr.on('data', (data) => (output += String(data)));
  const application: Application = {
    port,
    async request(path, init) {
      const response = await fetch(`http://127.0.0.1:${port}${path}`, init);
      return { status: response.status, version: response.headers.get('x-version'), body: (await response.json()) as Record<string, unknown> };
    },
    untilOutput: (text) => until(async () => output.includes(text), () => `"${text}" in: ${output}`),
    stop: () => ended(child),
  };
  running.push(application);
  await until(async () => / listens on | works\n/.test(output), () => `${reference} to start: ${output}`);
  return application;
}

async function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
  return child.exitCode;
}

function untilRows(sql: string): Promise<void> {
  return until(async () => (await query(connection, sql)).length > 0, () => sql);
}

/** Real processes tell nobody when they are ready: looks every 20 ms. */
async function until(holds: () => Promise<boolean>, what: () => string): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    if (await holds()) return;
    await pause(20);
  }
  throw new Error(`waited in vain for ${what()}`);
}
