import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import type { PostgresProgram } from './locate-postgres.js';
import type { Reaper } from './reaper.js';

/** What PostgreSQL's programs get to see of this process: their messages must not depend on who starts them. */
export const postgresEnvironment = (): NodeJS.ProcessEnv => ({ PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' });

/**
 * Makes `dataDirectory`, in an existing directory that PostgreSQL's account may write to. Takes 0.7 s on a laptop, so
 * nothing is kept for the next time: a template in a shared temporary directory could be anybody's.
 */
export async function initialisePostgres(program: PostgresProgram, dataDirectory: string, superuser: string, password: string, reaper: Reaper): Promise<void> {
  const passwordFile = join(dataDirectory, '..', 'password');
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (program.account !== undefined) await chown(passwordFile, program.account.uid, program.account.gid);
  // The same collation on every machine, and close to that of RDS (en_US.UTF-8 of its C library).
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=icu', '--icu-locale=en-US'];
  // Small WAL files: each copy of a database takes some of them along.
  const flags = ['--username', superuser, '--pwfile', passwordFile, '--auth=scram-sha-256', '--no-sync', '--wal-segsize=1', ...locale];
  await runToTheEnd(program, [...flags, '--pgdata', dataDirectory], reaper);
  await rm(passwordFile);
}

async function runToTheEnd({ initdb, account }: PostgresProgram, flags: readonly string[], reaper: Reaper): Promise<void> {
  const child = spawn(initdb, flags, { ...account, cwd: '/', env: postgresEnvironment(), detached: true, stdio: ['ignore', 'ignore', 'pipe'] });
  if (child.pid !== undefined) reaper.watch('group', child.pid);
  const [messages, [code]] = await Promise.all([text(child.stderr), once(child, 'exit') as Promise<[number | null]>]);
  reaper.forget(child.pid as number);
  if (code !== 0) throw new Error(`initdb failed with code ${code}: ${messages.trim()}`);
}
