import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seed } from '../apps/seed.js';
import { graaspImages, mendedMigration } from '../environments/graasp-images.js';
import { contentOf } from '../rehearsal/proof.js';
import { query, startTestDatabase, type TestDatabase } from './test-database.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await startTestDatabase();
}, 60_000);
afterAll(() => database.stop());

describe('the migrate images', () => {
  it('migrate a seeded database of v1.54.8 to v1.55.0 and keep every row', { timeout: 60_000 }, async () => {
    const connection = await database.create();
    await seed(connection);
    const before = await contentOf(connection);

    const migration = await runMigrateImage('v1.55.0', connection);

    expect(migration).toEqual({ exitCode: 0, output: expect.stringContaining('migrations applied successfully!') as string });
    expect(await contentOf(connection)).toEqual({ ...before, schema: 'after' });
    expect(before.tables.map(({ table, rows }) => [table, rows])).toEqual([['member', 1_000], ['item', 5_000], ['item_membership', 215], ['action', 0], ['admin_audit', 0]]);
    expect(await query(connection, `SELECT first_name, last_name FROM member WHERE email IN ('member.1@graasp.example', 'member.50@graasp.example') ORDER BY email`)).toEqual([
      { first_name: 'Basile', last_name: 'da Silva' },
      { first_name: 'Chiara', last_name: '' },
    ]);
    expect(await query(connection, `SELECT count(*)::int AS underscored FROM item WHERE ltree2text(path) LIKE '%\\_%'`)).toEqual([{ underscored: 0 }]);
    expect(await query(connection, 'SELECT count(*)::int AS published FROM item_publication')).toEqual([{ published: 5 }]);
  });

  it('apply nothing the second time, and say success again', { timeout: 60_000 }, async () => {
    const connection = await database.create();
    await seed(connection, { items: 50, members: 10 });
    await runMigrateImage('v1.55.0', connection);
    const once = await status(connection, 'v1.55.0');

    const again = await runMigrateImage('v1.55.0', connection);

    expect(again).toEqual({ exitCode: 0, output: expect.stringContaining('migrations applied successfully!') as string });
    expect(await status(connection, 'v1.55.0')).toEqual(once);
  });

  it('leave nothing behind of a migration whose third statement fails, print no reason, and leave the reason in the log of the database', { timeout: 60_000 }, async () => {
    const connection = await database.create();
    await seed(connection);
    const before = await contentOf(connection);
    const statusBefore = await status(connection, 'v1.56.0-rc1');

    const migration = await runMigrateImage('v1.56.0-rc1', connection);

    expect(migration.exitCode).toBe(1);
    expect(migration.output).not.toContain('member_full_name_key');
    expect(database.log()).toContain('ERROR:  could not create unique index "member_full_name_key"');
    expect(await contentOf(connection)).toEqual(before);
    expect(await status(connection, 'v1.56.0-rc1')).toEqual(statusBefore);
  });

  it('of the broken version migrate once it is mended, and keep every row', { timeout: 60_000 }, async () => {
    const connection = await database.create();
    await seed(connection);
    const before = await contentOf(connection);

    const migration = await runMigrateImage('v1.56.0-rc1-mended', connection);

    expect(migration).toEqual({ exitCode: 0, output: expect.stringContaining('migrations applied successfully!') as string });
    expect(await contentOf(connection)).toEqual({ ...before, schema: 'after' });
  });

  it('hold the same migrations as the version before, unchanged, and one more', () => {
    expect(migrationsOf('v1.55.0')).toEqual([...migrationsOf('v1.54.8'), ['0003_split_names_and_publish.sql', expect.any(String)]]);
    expect(migrationsOf('v1.56.0-rc1')).toEqual([...migrationsOf('v1.55.0'), ['0004_unique_full_names.sql', expect.any(String)]]);
  });
});

describe('status.mjs', () => {
  it('prints the number of applied migrations and the hash of the last, on one line', { timeout: 60_000 }, async () => {
    const connection = await database.create();

    expect(await status(connection, 'v1.54.8')).toEqual({ exitCode: 0, output: '{"applied":0,"last":null}\n' });

    await seed(connection, { items: 10, members: 5 });
    expect(await status(connection, 'v1.54.8')).toEqual({ exitCode: 0, output: expect.stringMatching(/^\{"applied":3,"last":"[0-9a-f]{64}"\}\n$/) as string });
  });

  it('exits with 1 and says why when there is no database', async () => {
    expect(await status('postgres://nobody@127.0.0.1:1/graasp', 'v1.54.8')).toEqual({ exitCode: 1, output: 'connect ECONNREFUSED 127.0.0.1:1\n' });
  });
});

function migrationsOf(version: string): readonly (readonly [string, string])[] {
  const directory = fileURLToPath(new URL(version, import.meta.url));
  return readdirSync(directory)
    .filter((file) => file.endsWith('.sql'))
    .sort()
    .map((file) => [file, readFileSync(`${directory}/${file}`, 'utf8')]);
}

function status(connection: string, version: string): Promise<Ended> {
  return runMigrateImage(version, connection, ['node', 'status.mjs']);
}

interface Ended {
  readonly exitCode: number | null;
  readonly output: string;
}

/** As a task does: the image's program and environment, or the task's command in the image's directory. */
function runMigrateImage(version: string, connection: string, command?: readonly string[]): Promise<Ended> {
  const image = [...graaspImages(), mendedMigration()].find(({ reference }) => reference === `graasp:migrate-${version}`)?.process;
  if (image === undefined) throw new Error(`no migrate image of ${version}`);
  const [program = '', ...args] = command ?? image.command;
  const child = spawn(program, args, { cwd: image.cwd, env: { PATH: process.env.PATH, ...image.environment, DB_CONNECTION: connection } });
  let output = '';
  child.stdout.on('data', (data) => (output += String(data)));
  child.stderr.on('data', (data) => (output += String(data)));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode) => resolve({ exitCode, output }));
  });
}
