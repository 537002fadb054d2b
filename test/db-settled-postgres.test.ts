import { awaitDbSettled, type AwaitDbSettledOptions, connect, type DeployEvent, type Environment, type EnvironmentDefinition, memoryRunStore, secretFromEnv } from '@graasp/deploy';
import { type Blueprint, type ImageDeclaration, type LocalCloud, startLocalCloud } from '@graasp/local-cloud';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { connectionString } from '../examples/rehearsal/connection-string.js';
import { shop, shopBlueprint } from './shop.js';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

/** Nothing but the database is real here, and a task that asks it: no service has a task. */
const blueprint: Blueprint = {
  ...shopBlueprint,
  services: shopBlueprint.services.map(({ autoScaling: _, ...service }) => ({ ...service, desiredCount: 0 })),
  tasks: shopBlueprint.tasks.map((task) => ({ ...task, containers: task.containers.map((container) => ({ ...container, environment: { DB_CONNECTION: '{database:shop}' } })) })),
  // a second here is a minute of the cloud's, in which autovacuum looks once
  database: { ...shopBlueprint.database, parameters: { autovacuum_naptime: '1s' } },
};
const command = [process.execPath, fileURLToPath(new URL('../examples/migrations/sql.mjs', import.meta.url))];
const sql: ImageDeclaration = { reference: 'shop:migrate-latest', process: { command } };
/** No right to any table; the one is told what others do. */
const watcher = 'watcher:is-told-of-others';
const blind = 'blind:is-not-told-of-others';

let cloud: LocalCloud;
let owner: pg.Client;
const clients: pg.Client[] = [];

beforeAll(async () => {
  cloud = await startLocalCloud({ blueprint, images: [sql, ...['shop:web-latest', 'shop:jobs-latest', 'office:1'].map((reference) => ({ reference }))], hosts: 'real', seed: 1 });
  owner = await session();
  await owner.query("CREATE ROLE watcher LOGIN PASSWORD 'is-told-of-others' IN ROLE pg_monitor; CREATE ROLE blind LOGIN PASSWORD 'is-not-told-of-others'");
});

afterEach(async () => {
  for (const client of clients.splice(0)) await client.end();
});

afterAll(async () => {
  await owner?.end();
  await cloud?.stop();
});

function urlOf(): string {
  return connectionString(blueprint, cloud.inspect.database()!.address!);
}

const urlAs = (user: string) => urlOf().replace(/\/\/.*@/, `//${user}@`);

async function session(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: urlOf() });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

async function anotherSession(): Promise<pg.Client> {
  const client = await session();
  clients.push(client);
  return client;
}

interface Settling {
  readonly env: Environment;
  readonly events: readonly DeployEvent[];
  readonly seen: () => readonly string[];
}

async function settling(changes: Partial<EnvironmentDefinition>, url = urlOf()): Promise<Settling> {
  process.env['SHOP_SQL'] = url;
  const events: DeployEvent[] = [];
  const definition = { ...shop, ...changes } as typeof shop;
  const env = (await connect(definition, { ...cloud.connection, reporters: [{ report: (event) => void events.push(event) }], runStore: memoryRunStore() }))._unsafeUnwrap();
  return { env, events, seen: () => events.flatMap((event) => (event.type === 'waiting' ? [event.seen] : [])) };
}

const byConnection = { sqlConnection: secretFromEnv('SHOP_SQL') };
const byTask = { sqlTask: { taskDefinitionFamily: 'migrate', networkOf: 'web', command } } as const;
/** A machine that is busy with other tests is no database under load. */
const aMinute: AwaitDbSettledOptions = { settledSeconds: 60, thresholds: { cpuPercent: { atMost: 100 } } };

async function rowsOf(text: string): Promise<readonly Record<string, unknown>[]> {
  return (await owner.query<Record<string, unknown>>(text)).rows;
}

async function until(text: string): Promise<void> {
  await vi.waitFor(async () => expect((await rowsOf(text)).length).toBeGreaterThan(0), { timeout: 60_000, interval: 50 });
}

const vacuuming = "SELECT 1 FROM pg_stat_progress_vacuum WHERE relid = 'things'::regclass";

describe('awaitDbSettled with a real PostgreSQL', () => {
  it('waits for an autovacuum that the metrics do not show', async () => {
    await owner.query("CREATE TABLE things AS SELECT id, repeat(md5(id::text), 10) AS name FROM generate_series(1, 20000) id");
    // so slow that it would take an hour
    await owner.query('ALTER TABLE things SET (autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1)');
    await owner.query("UPDATE things SET name = name || '!'");
    await until(vacuuming);

    const [byMetrics, asking] = [await settling({}), await settling(byConnection, urlAs(watcher))];
    let isOver = false;
    const asked = awaitDbSettled(asking.env, aMinute).map((report) => ((isOver = true), report));
    expect((await awaitDbSettled(byMetrics.env, aMinute))._unsafeUnwrap()).toMatchObject({ vacuum: 'not observed', sql: null, ran: [] });
    expect(await rowsOf(vacuuming)).toHaveLength(1);
    expect(isOver).toBe(false);

    // takes a lock that autovacuum gives way to; it begins anew, as fast as it can
    await owner.query('ALTER TABLE things SET (autovacuum_vacuum_cost_delay = 0)');
    const report = (await asked)._unsafeUnwrap();
    expect(report).toMatchObject({ vacuum: 'finished', sql: 'connection', notSeen: [], analyzed: null });
    expect(report.ran).toContainEqual({ operation: 'vacuum', table: 'things', database: 'shop', automatic: true, seconds: expect.any(Number) as number });
    expect(await rowsOf(vacuuming)).toEqual([]);
    expect(await rowsOf("SELECT n_dead_tup::int AS dead, last_autovacuum IS NOT NULL AS vacuumed FROM pg_stat_user_tables WHERE relname = 'things'")).toEqual([{ dead: 0, vacuumed: true }]);
    expect(asking.seen().join('\n')).toMatch(/vacuum of things in shop: scanning heap, \d+ % \(automatic, for \d+ s\)/);
    expect(asking.events.at(-1)).toMatchObject({ type: 'note', message: expect.stringMatching(/^shop has settled by its metrics and by what it told over sqlConnection: .*vacuum of things in shop \(\d+ s\).* (is|are) over\.$/) as string });
  });

  it('analyzes first where it is told to', async () => {
    await owner.query('CREATE TABLE never_analyzed AS SELECT 1 AS one');
    const { env, events } = await settling(byConnection);
    const { analyzed } = (await awaitDbSettled(env, { ...aMinute, analyze: true }))._unsafeUnwrap();
    expect(analyzed).toMatchObject({ databases: ['shop'], missed: 0 });
    expect(await rowsOf("SELECT last_analyze IS NOT NULL AS analyzed FROM pg_stat_user_tables WHERE relname = 'never_analyzed'")).toEqual([{ analyzed: true }]);
    expect(events).toContainEqual(expect.objectContaining({ type: 'change', operation: 'sql:ANALYZE', resource: 'statistics of shop' }));
  });

  it('asks, and analyzes, by a task in the VPC', async () => {
    await owner.query('CREATE TABLE analyzed_by_task AS SELECT 1 AS one');
    const { env, events } = await settling(byTask);
    const report = (await awaitDbSettled(env, { ...aMinute, analyze: true }))._unsafeUnwrap();
    expect(report).toMatchObject({ sql: 'task', analyzed: { databases: ['shop'], missed: 0 } });
    expect(await rowsOf("SELECT last_analyze IS NOT NULL AS analyzed FROM pg_stat_user_tables WHERE relname = 'analyzed_by_task'")).toEqual([{ analyzed: true }]);
    expect(events.filter((event) => event.type === 'change').map(({ operation }) => operation)).toEqual(['ecs:RunTask', 'sql:ANALYZE']);
    expect(events.filter(({ type }) => type === 'warning')).toEqual([]);
  });

  it('tells an open transaction and a session that waits for a lock, and is over once they are', async () => {
    await owner.query('CREATE TABLE locked AS SELECT 1 AS one');
    const [holder, waiter] = [await anotherSession(), await anotherSession()];
    await holder.query('BEGIN; LOCK TABLE locked IN ACCESS EXCLUSIVE MODE');
    const waiting = waiter.query('SELECT * FROM locked');
    const { env, seen } = await settling(byConnection);
    const asked = awaitDbSettled(env, aMinute);
    await vi.waitFor(() => expect(seen().join('\n')).toContain('1 session waits for a lock on locked'), { timeout: 60_000 });
    await holder.query('COMMIT');
    await waiting;
    expect((await asked).isOk()).toBe(true);
  });

  it('cancels ANALYZE in the server on an abort, and when its time is over', async () => {
    await owner.query('CREATE TABLE kept AS SELECT 1 AS one');
    const holder = await anotherSession();
    await holder.query('BEGIN; LOCK TABLE kept IN ACCESS EXCLUSIVE MODE');
    const analyzing = "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%ANALYZE;%' AND state = 'active' AND pid <> pg_backend_pid()";
    const { env } = await settling(byConnection);
    const abort = new AbortController();
    const aborted = awaitDbSettled(env, { ...aMinute, analyze: true, signal: abort.signal });
    await until(analyzing);
    abort.abort();
    expect((await aborted)._unsafeUnwrapErr()).toMatchObject({ kind: 'Aborted', message: 'aborted while sql:ANALYZE was asked of database shop of shop; the statement was cancelled there' });
    expect(await rowsOf(analyzing)).toEqual([]);
    expect((await awaitDbSettled(env, { ...aMinute, analyze: true, analyzeTimeoutSeconds: 0.2 }))._unsafeUnwrapErr()).toMatchObject({ kind: 'TimedOut', message: 'sql:ANALYZE in database shop of shop: not within 0.2 s, and cancelled there' });
    expect(await rowsOf(analyzing)).toEqual([]);
    await holder.query('COMMIT');
  });

  it('says what a user without pg_monitor does not see, and which tables it could not analyze', async () => {
    const { env, events } = await settling(byConnection, urlAs(blind));
    const report = (await awaitDbSettled(env, { ...aMinute, analyze: true }))._unsafeUnwrap();
    expect(report.notSeen).toEqual(['long transactions', 'which tables are vacuumed', 'how far that is']);
    expect(report.analyzed?.missed).toBe(report.analyzed?.tables);
    expect(events).toContainEqual(expect.objectContaining({ type: 'warning', message: "The user that asks shop is not told of others' sessions: long transactions, which tables are vacuumed, how far that is are not seen. Grant it pg_monitor or pg_read_all_stats." }));
  });

  it('ends at once with a password that is refused, and does not tell it', async () => {
    const { env, events } = await settling(byConnection, urlOf().replace('not%20a%20secret', 'hunter-two'));
    const error = (await awaitDbSettled(env, aMinute))._unsafeUnwrapErr();
    expect(error).toMatchObject({ kind: 'AccessDenied', action: 'sql:SELECT', message: 'database shop of shop refused: password authentication failed for user "keeper"' });
    expect(JSON.stringify([error, events])).not.toContain('hunter-two');
  });
});
