import { constants } from 'node:fs';
import { chown, copyFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from 'pg';

import type { Account } from './locate-postgres.js';

/** Directories whose contents a copy leaves out (documentation: "Making a Base Backup Using the Low Level API"). */
const LEFT_EMPTY = ['pg_wal', 'pg_replslot', 'pg_dynshmem', 'pg_notify', 'pg_serial', 'pg_snapshots', 'pg_stat_tmp', 'pg_subtrans'];
const LEFT_OUT = /^(postmaster\.(pid|opts)|pg_internal\.init.*|pgsql_tmp.*)$/;

/**
 * Copies the data directory of a running server; a server started on the copy recovers to the moment at which this ended.
 * `client` is a superuser's session, used for nothing else meanwhile. `moment` is called at that moment.
 */
export async function copyOnline<Moment>(client: Client, from: string, to: string, account: Account | undefined, moment: () => Moment): Promise<Moment> {
  // The slot keeps the WAL of the copy from being recycled before it is copied. It ends with the session.
  await client.query(`SELECT pg_create_physical_replication_slot('copy_' || pg_backend_pid(), true, true)`);
  const first = await one<{ file: string }>(client, `SELECT pg_walfile_name(pg_backup_start('local cloud', true)) AS file`);
  await copyTree(from, to, account, (name) => LEFT_OUT.test(name), LEFT_EMPTY);
  const reached = moment();
  const end = await one<{ label: string; tablespaces: string; file: string }>(
    client,
    `SELECT labelfile AS label, spcmapfile AS tablespaces, pg_walfile_name(lsn) AS file FROM pg_backup_stop(false)`,
  );
  // Recovery replays all WAL that it finds. Ending a backup also ends its last file, so that no later transaction is in it.
  await copyTree(join(from, 'pg_wal'), join(to, 'pg_wal'), account, (name) => !(name >= first.file && name <= end.file), ['archive_status']);
  await writeOwned(join(to, 'backup_label'), end.label, account);
  if (end.tablespaces !== '') await writeOwned(join(to, 'tablespace_map'), end.tablespaces, account);
  return reached;
}

/** Copies a data directory that no server uses. */
export function copyOffline(from: string, to: string, account: Account | undefined): Promise<void> {
  return copyTree(from, to, account, () => false, []);
}

async function copyTree(from: string, to: string, account: Account | undefined, leftOut: (name: string) => boolean, leftEmpty: readonly string[]): Promise<void> {
  await makeDirectory(to, account);
  const entries = await readdir(from, { withFileTypes: true }).catch(ignoreMissing);
  await Promise.all(
    (entries ?? []).map(async (entry) => {
      const [source, target] = [join(from, entry.name), join(to, entry.name)];
      if (entry.isDirectory()) await (leftEmpty.includes(entry.name) ? makeDirectory(target, account) : copyTree(source, target, account, leftOut, leftEmpty));
      else if (!leftOut(entry.name)) await copyOwned(source, target, account).catch(ignoreMissing);
    }),
  );
}

/** What is dropped while it is copied: the WAL says so too. */
function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

async function makeDirectory(path: string, account: Account | undefined): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  await own(path, account);
}

async function copyOwned(from: string, to: string, account: Account | undefined): Promise<void> {
  await copyFile(from, to, constants.COPYFILE_FICLONE);
  await own(to, account);
}

async function writeOwned(path: string, text: string, account: Account | undefined): Promise<void> {
  await writeFile(path, text, { mode: 0o600 });
  await own(path, account);
}

async function own(path: string, account: Account | undefined): Promise<void> {
  if (account !== undefined) await chown(path, account.uid, account.gid);
}

async function one<Row extends object>(client: Client, sql: string): Promise<Row> {
  return (await client.query<Row>(sql)).rows[0] as Row;
}
