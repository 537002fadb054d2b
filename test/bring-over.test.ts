import { execFile } from 'node:child_process';
import { chmod, chown, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { DescribeDBInstancesCommand, RDSClient } from '@aws-sdk/client-rds';
import { connect, defineEnvironment, memoryRunStore, restoreDb, type RestoreDbReport, snapshotDb } from '@graasp/deploy';
import type { LocalCloud } from '@graasp/local-cloud';
import pg from 'pg';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { initialisePostgres } from '../packages/local-cloud/src/hosts/initialise-postgres.js';
import { type PostgresServer, startPostgres } from '../packages/local-cloud/src/hosts/postgres-server.js';
import { type Reaper, startReaper } from '../packages/local-cloud/src/hosts/reaper.js';
import { awsCommandLine, awsVersion } from './awscli/aws-command-line.js';
import { saySkipped } from './awscli/client-environment.js';
import { findPostgresPrograms } from './postgres-programs.js';
import { shop, startShopCloud } from './shop.js';

vi.setConfig({ testTimeout: 120_000 });

const directory = await mkdtemp(path.join(tmpdir(), 'bring-over-'));
// for the account that runs PostgreSQL
await chmod(directory, 0o755);
const programs = await findPostgresPrograms(directory);
if (typeof programs === 'string') saySkipped(`${programs}, so nothing runs the lines that bring other databases over in this run`);
const aws = await awsVersion();

const password = 'not a secret';
const run = promisify(execFile);
let numbered = 0;
const clouds: LocalCloud[] = [];
let reaper: Reaper;
const servers: PostgresServer[] = [];
beforeEach(async () => {
  reaper = await startReaper(path.join(directory, `run-${++numbered}`));
});
afterEach(async () => {
  for (const cloud of clouds.splice(0)) await cloud.stop();
  await Promise.all(servers.splice(0).map((server) => server.stop('immediate')));
  await reaper.dispose();
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** What a restore says of the office's database, which is on the same instance. */
async function restored(cloud: LocalCloud): Promise<RestoreDbReport> {
  clouds.push(cloud);
  const definition = defineEnvironment({ ...shop, services: { ...shop.services, office: { ...shop.services.office, databases: ['stats'] } } });
  const env = (await connect(definition, { ...cloud.connection, runStore: memoryRunStore() }))._unsafeUnwrap();
  const { restorePoint } = (await snapshotDb(env))._unsafeUnwrap();
  return (await restoreDb(env, { confirm: 'shop', from: restorePoint, acceptLostWrites: true }))._unsafeUnwrap();
}

async function on<T>({ port }: PostgresServer, sql: string, database = 'stats', user = 'keeper'): Promise<readonly T[]> {
  const client = new pg.Client({ host: '127.0.0.1', port, user, password, database });
  await client.connect();
  try {
    return (await client.query(sql)).rows as T[];
  } finally {
    await client.end();
  }
}

/** As an instance of RDS: its master user owns the databases, may create roles and databases, and is no superuser. */
async function startServer(name: string): Promise<PostgresServer> {
  if (typeof programs === 'string') throw new Error(programs);
  const { account } = programs.server;
  const own = path.join(directory, `${name}-${numbered}`);
  await mkdir(own, { mode: 0o700 });
  if (account !== undefined) await chown(own, account.uid, account.gid);
  await initialisePostgres(programs.server, path.join(own, 'data'), 'rdsadmin', password, reaper);
  const started = await startPostgres(programs.server, path.join(own, 'data'), path.join(own, 'log'), reaper);
  servers.push(started);
  await on(started, `CREATE ROLE keeper LOGIN CREATEDB CREATEROLE PASSWORD '${password}'`, 'postgres', 'rdsadmin');
  for (const database of ['shop', 'stats']) await on(started, `CREATE DATABASE ${database} OWNER keeper`, 'postgres', 'rdsadmin');
  return started;
}

/** The instance set aside, with what was there before and what has come since, and the one in place, with what was there before. */
async function startServers(before: string, since: string) {
  const [aside, inPlace] = await Promise.all([startServer('aside'), startServer('in-place')]);
  for (const each of [aside, inPlace]) await on(each, before);
  await on(aside, since);
  return { aside, inPlace };
}

/** Runs what is printed word for word, but for where the servers are. */
async function runLines({ bringOver, setAside, endpoint }: RestoreDbReport, { aside, inPlace }: { readonly aside: PostgresServer; readonly inPlace: PostgresServer }): Promise<void> {
  const lines = bringOver.filter((line) => line.startsWith('pg_'));
  expect(lines).toHaveLength(2);
  const at = (host: string, { port }: PostgresServer) => [`--host=${host} --port=5432 `, `--host=127.0.0.1 --port=${port} `] as const;
  for (const line of lines) {
    const here = line.replace(...at(setAside.endpoint, aside)).replace(...at(endpoint, inPlace));
    expect(here).not.toBe(line);
    await run('sh', ['-c', here], { cwd: directory, env: { PATH: process.env['PATH'], LC_ALL: 'C', PGPASSWORD: password } });
  }
}

const rows = 'SELECT * FROM visit ORDER BY id';

describe.skipIf(typeof programs === 'string')(`the lines that bring a database over (${typeof programs === 'string' ? 'not run' : `pg_dump ${programs.version}`})`, () => {
  it('make it what it is on the instance set aside, also what was made or dropped there since, and leave the others', async () => {
    const lines = await restored(await startShopCloud());
    const both = await startServers(
      `CREATE EXTENSION citext; CREATE TYPE kind AS ENUM ('page');
       CREATE TABLE site (id serial PRIMARY KEY, name citext); CREATE TABLE visit (id bigserial PRIMARY KEY, site int REFERENCES site, kind kind);
       CREATE TABLE outdated (site int REFERENCES site);
       INSERT INTO site (name) VALUES ('Shop'); INSERT INTO visit (site, kind) VALUES (1, 'page'); INSERT INTO outdated VALUES (1)`,
      `DROP TABLE outdated; INSERT INTO visit (site, kind) VALUES (1, 'page'); CREATE TABLE event AS SELECT 1 AS id; CREATE VIEW busy AS SELECT count(*) FROM visit`,
    );
    await on(both.aside, 'CREATE TABLE entry AS SELECT 1 AS id', 'shop');

    await runLines(lines, both);

    expect(await on(both.inPlace, rows)).toEqual(await on(both.aside, rows));
    const tables = "SELECT relname, relkind FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1";
    expect(await on(both.inPlace, tables)).toEqual(await on(both.aside, tables));
    await on(both.inPlace, "INSERT INTO visit (site, kind) VALUES (1, 'page')");
    expect(await on(both.inPlace, 'SELECT max(id) FROM visit')).toEqual([{ max: '3' }]);
    expect(await on(both.inPlace, "SELECT to_regclass('entry') AS entry", 'shop')).toEqual([{ entry: null }]);
  });

  it('can be run again, also after they have failed', async () => {
    const lines = await restored(await startShopCloud());
    const both = await startServers('CREATE TABLE visit AS SELECT 1 AS id', 'INSERT INTO visit VALUES (2)');
    await runLines(lines, both);
    await on(both.aside, 'INSERT INTO visit VALUES (3)');
    await on(both.inPlace, 'CREATE TABLE visits AS SELECT 1 AS id; DROP TABLE visit');
    await runLines(lines, both);
    expect(await on(both.inPlace, "SELECT to_regclass('visits') AS visits")).toEqual([{ visits: null }]);
    expect(await on(both.inPlace, rows)).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }]);
  });
});

describe.skipIf(aws === undefined)('the line before them', () => {
  it('lets the machine that runs them in to the instance set aside', async () => {
    const cloud = await startShopCloud({ http: true });
    const { bringOver, setAside } = await restored(cloud);
    const line = bringOver.find((each) => each.startsWith('aws '))!;
    const { aws, end } = await awsCommandLine(cloud.url!);
    await aws(line.replace(/^aws /, '').replace('GROUP-OF-THAT-MACHINE', 'sg-machine')).finally(end);
    await cloud.clock.sleep(600_000);
    const { DBInstances } = await new RDSClient({ region: shop.region, ...cloud.connection.aws } as object).send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: setAside.identifier }));
    expect(DBInstances![0]!.VpcSecurityGroups?.map(({ VpcSecurityGroupId }) => VpcSecurityGroupId)).toEqual(['sg-machine']);
  });
});
