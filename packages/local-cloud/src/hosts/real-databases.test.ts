import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { createServer } from 'node:net';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { join } from 'node:path';

import { createRealDatabases, type RealDatabases } from './real-databases.js';
import { startReaper, type Reaper } from './reaper.js';

let directory: string;
let reaper: Reaper;
let databases: RealDatabases;
let time = 1_000;

const PASSWORD = `p'a"ss`;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'graasp-local-cloud-'));
  await chmod(directory, 0o711);
  reaper = await startReaper(directory);
  databases = createRealDatabases({ directory, reaper, clock: { now: () => time, sleep: () => Promise.resolve(), random: () => 0 } });
  await databases.create({ resourceId: 'db-1', identifier: 'graasp', masterUsername: 'graasp', masterPassword: PASSWORD, databases: ['docker', 'umami'], extensions: ['ltree', 'uuid-ossp', 'citext'], parameters: { autovacuum_naptime: '7s' } });
}, 120_000);

afterAll(async () => {
  await databases.dispose();
  await reaper.dispose();
  await rm(directory, { recursive: true, force: true });
}, 120_000);

describe('createRealDatabases', { timeout: 120_000 }, () => {
  it('makes the databases, owned by a master user who is no superuser, and the extensions in the first', async () => {
    await connected('db-1', 'docker', async (client) => {
      const owned = await client.query(`SELECT datname, pg_get_userbyid(datdba) AS owner FROM pg_database WHERE datname IN ('docker', 'umami') ORDER BY 1`);
      expect(owned.rows).toEqual([{ datname: 'docker', owner: 'graasp' }, { datname: 'umami', owner: 'graasp' }]);
      const role = await client.query(`SELECT rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = current_user`);
      expect(role.rows).toEqual([{ rolsuper: false, rolcreatedb: true, rolcreaterole: true }]);
      const used = await client.query(`SELECT 'a.b'::ltree <@ 'a' AS tree, uuid_generate_v4() IS NOT NULL AS uuid, 'É'::citext = 'é'::citext AS text`);
      expect(used.rows).toEqual([{ tree: true, uuid: true, text: true }]);
      const version = await client.query<{ server_version: string }>('SHOW server_version');
      expect(version.rows[0]?.server_version).toMatch(/^16\./);
      await client.query('CREATE TABLE item (id int PRIMARY KEY, path ltree)');
    });
  });

  it('has the parameters that it was made with', () =>
    connected('db-1', 'docker', async (client) => {
      expect((await client.query('SHOW autovacuum_naptime')).rows).toEqual([{ autovacuum_naptime: '7s' }]);
    }));

  it('refuses a wrong password', async () => {
    await expect(connect('db-1', 'docker', 'wrong')).rejects.toThrow('password authentication failed for user "graasp"');
  });

  it('takes a snapshot while clients write: what was committed before its time is in it, and what is committed after it is not', async () => {
    await connected('db-1', 'docker', async (client) => {
      await client.query(`CREATE TABLE entry (id serial PRIMARY KEY, pad text)`);
      await client.query(`INSERT INTO entry (pad) SELECT repeat('x', 500) FROM generate_series(1, 20000)`);
      time = 5_000;
      const writer = writeUntilStopped(client);
      const committedBefore = await writer.committed();
      const { databaseTime, changed } = await databases.snapshot('db-1', 'arn:snapshot-1');
      expect({ databaseTime, changed }).toEqual({ databaseTime: 5_000, changed: 1 });
      const committedAtEnd = await writer.stop();
      await client.query(`INSERT INTO entry (pad) VALUES ('after')`);

      await databases.restore('arn:snapshot-1', 'db-2');
      const restored = await connected('db-2', 'docker', (copy) => numberOfEntries(copy));
      expect(restored).toBeGreaterThanOrEqual(committedBefore);
      expect(restored).toBeLessThanOrEqual(committedAtEnd);
      expect(committedAtEnd).toBeGreaterThan(committedBefore);
    });
  });

  it('tells which share of a database was written since its last snapshot', async () => {
    await connected('db-1', 'docker', (client) => client.query(`UPDATE entry SET pad = repeat('y', 500) WHERE id < 2000`));
    const { changed } = await databases.snapshot('db-1', 'arn:snapshot-2');
    expect(changed).toBeGreaterThan(0.01);
    expect(changed).toBeLessThan(0.5);
    await databases.deleteSnapshot('arn:snapshot-2');
  });

  it('restores a database that lives on by itself, more than once', async () => {
    await connected('db-2', 'docker', (client) => client.query('DELETE FROM entry'));
    await databases.restore('arn:snapshot-1', 'db-3');
    expect(await connected('db-3', 'docker', numberOfEntries)).toBeGreaterThan(20_000);
    expect(await connected('db-1', 'docker', numberOfEntries)).toBeGreaterThan(20_000);
    expect(databases.address('db-3')?.port).not.toBe(databases.address('db-2')?.port);
  });

  it('keeps its address while it is stopped, where nobody answers, and has its data again when it has started', async () => {
    const address = databases.address('db-1');
    await databases.stop('db-1');
    expect(databases.address('db-1')).toEqual(address);
    await expect(connected('db-1', 'docker', numberOfEntries)).rejects.toThrow('ECONNREFUSED');
    await expect(databases.snapshot('db-1', 'arn:never')).rejects.toThrow('The database db-1 is not running.');
    await databases.start('db-1');
    expect(databases.address('db-1')).toEqual(address);
    expect(await connected('db-1', 'docker', numberOfEntries)).toBeGreaterThan(20_000);
  });

  it('takes another port when its own was taken while it was stopped', async () => {
    const port = databases.address('db-2')?.port as number;
    await databases.stop('db-2');
    const intruder = createServer().listen(port, '127.0.0.1');
    await databases.start('db-2');
    intruder.close();
    expect(databases.address('db-2')?.port).not.toBe(port);
    expect(await connected('db-2', 'docker', numberOfEntries)).toBe(0);
  });

  it("logs errors with their statements, after RDS's prefix", async () => {
    await connected('db-1', 'docker', async (client) => {
      await expect(client.query('ALTER TABLE nothing ADD COLUMN x int')).rejects.toThrow('relation "nothing" does not exist');
    });
    const log = await databases.log('db-1');
    expect(log).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC:127\.0\.0\.1\(\d+\):graasp@docker:\[\d+\]:ERROR: {2}relation "nothing" does not exist$/m);
    expect(log).toMatch(/graasp@docker:\[\d+\]:STATEMENT: {2}ALTER TABLE nothing ADD COLUMN x int$/m);
  });

  it('measures what clients do', async () => {
    await databases.metrics('db-1');
    await connected('db-1', 'docker', async (client) => {
      await client.query(`CREATE TABLE work AS SELECT g, md5(g::text) FROM generate_series(1, 300000) g`);
      await client.query('CHECKPOINT').catch(() => undefined);
      const busy = await databases.metrics('db-1');
      expect(busy.connections).toBe(1);
      expect(busy.writeIops).toBeGreaterThan(0);
      expect(busy.cpuPercent).toBeGreaterThan(0);
      expect(busy.cpuPercent).toBeLessThanOrEqual(100);
    });
  });

  it('forgets a deleted instance and a deleted snapshot', async () => {
    await databases.deleteInstance('db-3');
    expect(databases.address('db-3')).toBeUndefined();
    await expect(databases.start('db-3')).rejects.toThrow('There is no database db-3 on this host.');
    await databases.deleteSnapshot('arn:snapshot-1');
    await expect(databases.restore('arn:snapshot-1', 'db-4')).rejects.toThrow('There is no snapshot arn:snapshot-1 on this host.');
  });

  it('leaves no server when it is disposed of, also of an instance that is being created', async () => {
    const own = createRealDatabases({ directory: await ownDirectory(), reaper, clock: { now: () => time, sleep: () => Promise.resolve(), random: () => 0 } });
    const creation = own.create({ resourceId: 'db-9', identifier: 'nine', masterUsername: 'graasp', masterPassword: PASSWORD, databases: [], extensions: [] });
    const outcome = creation.then(() => 'created', (error: Error) => error.message);
    await own.dispose();
    expect(await outcome).toBeTypeOf('string');
    expect(own.address('db-9')).toBeUndefined();
    await expect(own.start('db-9')).rejects.toThrow('The local cloud has stopped.');
  });
});

async function ownDirectory(): Promise<string> {
  const own = await mkdtemp(join(directory, 'own-'));
  await chmod(own, 0o711);
  return own;
}

async function connect(resourceId: string, database: string, password = PASSWORD): Promise<pg.Client> {
  const client = new pg.Client({ ...databases.address(resourceId), user: 'graasp', password, database });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

async function connected<Value>(resourceId: string, database: string, use: (client: pg.Client) => Promise<Value>): Promise<Value> {
  const client = await connect(resourceId, database);
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

async function numberOfEntries(client: pg.Client): Promise<number> {
  return (await client.query<{ count: number }>('SELECT count(*)::int AS count FROM entry')).rows[0]?.count ?? -1;
}

/** One row per transaction, one after the other. */
function writeUntilStopped(client: pg.Client): { committed(): Promise<number>; stop(): Promise<number> } {
  let stopped = false;
  let entries = 20_000;
  let first: () => void = () => undefined;
  const started = new Promise<void>((resolve) => (first = resolve));
  const writing = (async () => {
    while (!stopped) {
      await client.query(`INSERT INTO entry (pad) VALUES ('meanwhile')`);
      entries++;
      first();
    }
  })();
  return {
    committed: () => started.then(() => entries),
    async stop() {
      stopped = true;
      await writing;
      return entries;
    },
  };
}
