import { execFile } from 'node:child_process';
import { access, readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { locatePostgres, type PostgresProgram } from '../packages/local-cloud/src/hosts/locate-postgres.js';

const run = promisify(execFile);

export interface PostgresPrograms {
  /** Of `pg_dump`. */
  readonly version: string;
  /** A server that they read: `pg_dump` refuses one that is newer than itself. */
  readonly server: PostgresProgram;
}

/** PostgreSQL's client programs as they are installed, with the server of the local cloud, or else the one that they came with; a string tells why there are none. */
export async function findPostgresPrograms(directory: string): Promise<PostgresPrograms | string> {
  const version = await versionOf('pg_dump');
  if (version === undefined || (await versionOf('pg_restore')) === undefined) return '`pg_dump` and `pg_restore` are not installed here (on Debian: apt-get install postgresql)';
  const embedded = await locatePostgres(directory);
  if (majorOf(version) >= majorOf((await versionOf(embedded.postgres)) ?? '')) return { version, server: embedded };
  const bin = `/usr/lib/postgresql/${majorOf(version)}/bin`;
  const server = { initdb: path.join(bin, 'initdb'), postgres: path.join(bin, 'postgres'), account: await accountOf('postgres') };
  const isThere = await access(server.initdb).then(() => true, () => false);
  return isThere ? { version, server } : `pg_dump ${version} reads no server of the local cloud, which is newer, and there is no server of its own version beside it (on Debian: apt-get install postgresql)`;
}

async function versionOf(program: string): Promise<string | undefined> {
  const told = await run(program, ['--version']).catch(() => undefined);
  return /\d+(\.\d+)?/.exec(told?.stdout ?? '')?.[0];
}

function majorOf(version: string): number {
  return Number.parseInt(version, 10);
}

/** Who runs a server for root. */
async function accountOf(name: string): Promise<PostgresProgram['account']> {
  if (process.getuid?.() !== 0) return undefined;
  const line = (await readFile('/etc/passwd', 'utf8')).split('\n').find((each) => each.startsWith(`${name}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  return { uid: Number(uid), gid: Number(gid) };
}
