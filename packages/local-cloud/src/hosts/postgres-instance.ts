import { randomBytes } from 'node:crypto';
import { chown, mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';

import { copyOffline, copyOnline } from './copy-postgres.js';
import type { DatabaseMetrics, DatabaseSpec, HostSnapshot } from './host.js';
import { initialisePostgres } from './initialise-postgres.js';
import type { PostgresProgram } from './locate-postgres.js';
import { readMetrics, type MetricsSample } from './postgres-metrics.js';
import { startPostgres, type PostgresServer } from './postgres-server.js';
import type { Reaper } from './reaper.js';

// As on RDS, the only superuser is not the customer's. A restored database has it from the snapshot, hence one password for all.
const SUPERUSER = 'rdsadmin';
const PASSWORD = randomBytes(24).toString('base64url');

/** One database server: its directory, and the process while it runs. */
export class PostgresInstance {
  readonly name: string;
  readonly #directory: string;
  readonly #program: PostgresProgram;
  readonly #reaper: Reaper;
  #server: PostgresServer | undefined;
  #port: number | undefined;
  #sample: MetricsSample | undefined;
  /** Bytes of WAL when it was last copied. */
  #copiedAt: number | undefined;

  constructor(name: string, directory: string, program: PostgresProgram, reaper: Reaper) {
    this.name = name;
    this.#directory = directory;
    this.#program = program;
    this.#reaper = reaper;
  }

  /** Stays over a `fast` stop, unless somebody else takes it meanwhile; undefined before the first start. */
  get port(): number | undefined {
    return this.#port;
  }

  /** Makes its databases, and the users that RDS makes. Leaves it running. */
  async create(spec: DatabaseSpec): Promise<void> {
    await this.#makeDirectory();
    await initialisePostgres(this.#program, this.#data, SUPERUSER, PASSWORD, this.#reaper);
    await this.start();
    await this.#asSuperuser('postgres', (client) => createUsersAndDatabases(client, spec));
    await this.#asSuperuser('postgres', (client) => setParameters(client, spec.parameters ?? {}));
    const [first] = spec.databases;
    if (first !== undefined) await this.#asSuperuser(first, (client) => createExtensions(client, spec.extensions));
  }

  /** Takes its data from a copy. Leaves it running. */
  async restore(copy: string): Promise<void> {
    await this.#makeDirectory();
    await copyOffline(copy, this.#data, this.#program.account);
    await this.start();
  }

  async start(): Promise<void> {
    if (this.#server !== undefined) return;
    const server = await startPostgres(this.#program, this.#data, this.#logFile, this.#reaper, this.#port);
    this.#server = server;
    this.#port = server.port;
    void server.ended.then(() => {
      if (this.#server === server) this.#server = undefined;
    });
    this.#sample = undefined;
    await this.metrics();
  }

  async stop(how: 'fast' | 'immediate'): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (how === 'immediate') this.#port = undefined;
    await server?.stop(how);
  }

  /** Copies the running database; `now` is called when everything committed so far is in the copy. */
  copyTo(directory: string, now: () => number): Promise<HostSnapshot> {
    return this.#asSuperuser('postgres', async (client) => {
      const { written, size } = await readVolume(client);
      const databaseTime = await copyOnline(client, this.#data, directory, this.#program.account, now);
      const changed = this.#copiedAt === undefined ? 1 : Math.min(1, (written - this.#copiedAt) / size);
      // ending a backup ends a file of the WAL, and so counts as written
      this.#copiedAt = (await readVolume(client)).written;
      return { databaseTime, changed };
    });
  }

  log(): Promise<string> {
    return readFile(this.#logFile, 'utf8');
  }

  async metrics(): Promise<DatabaseMetrics> {
    const { pid } = this.#running;
    const { metrics, sample } = await this.#asSuperuser('postgres', (client) => readMetrics(client, pid, this.#sample));
    this.#sample = sample;
    return metrics;
  }

  async delete(): Promise<void> {
    await this.stop('immediate');
    await removeDirectory(this.#directory);
  }

  get #data(): string {
    return join(this.#directory, 'data');
  }

  get #logFile(): string {
    return join(this.#directory, 'postgresql.log');
  }

  get #running(): PostgresServer {
    if (this.#server === undefined) throw new Error(`The database ${this.name} is not running.`);
    return this.#server;
  }

  async #makeDirectory(): Promise<void> {
    const { account } = this.#program;
    await mkdir(this.#directory, { mode: 0o700 });
    if (account !== undefined) await chown(this.#directory, account.uid, account.gid);
  }

  async #asSuperuser<Value>(database: string, use: (client: pg.Client) => Promise<Value>): Promise<Value> {
    const client = new pg.Client({ host: '127.0.0.1', port: this.#running.port, user: SUPERUSER, password: PASSWORD, database, application_name: SUPERUSER });
    // When the server is stopped meanwhile, the query that is under way rejects.
    client.on('error', () => undefined);
    await client.connect();
    try {
      return await use(client);
    } finally {
      await client.end();
    }
  }
}

/** Bytes written so far, to the WAL, and bytes of all databases. */
async function readVolume(client: pg.Client): Promise<{ readonly written: number; readonly size: number }> {
  const sql = `SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8 AS written, (SELECT sum(pg_database_size(oid)) FROM pg_database)::float8 AS size`;
  return (await client.query<{ written: number; size: number }>(sql)).rows[0]!;
}

export function removeDirectory(directory: string): Promise<void> {
  return rm(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
}

async function createUsersAndDatabases(client: pg.Client, spec: DatabaseSpec): Promise<void> {
  const master = pg.escapeIdentifier(spec.masterUsername);
  await client.query('CREATE ROLE rds_superuser NOLOGIN');
  await client.query('GRANT pg_monitor, pg_signal_backend, pg_checkpoint TO rds_superuser WITH ADMIN OPTION');
  await client.query(`CREATE ROLE ${master} LOGIN CREATEDB CREATEROLE PASSWORD ${pg.escapeLiteral(spec.masterPassword)} IN ROLE rds_superuser`);
  for (const name of spec.databases) await client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)} OWNER ${master}`);
}

async function createExtensions(client: pg.Client, extensions: readonly string[]): Promise<void> {
  for (const extension of extensions) await client.query(`CREATE EXTENSION IF NOT EXISTS ${pg.escapeIdentifier(extension)}`);
}

async function setParameters(client: pg.Client, parameters: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, value] of Object.entries(parameters)) await client.query(`ALTER SYSTEM SET ${pg.escapeIdentifier(name)} = ${pg.escapeLiteral(value)}`);
  await client.query('SELECT pg_reload_conf()');
}
