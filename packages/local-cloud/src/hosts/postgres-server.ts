import { spawn, type ChildProcess } from 'node:child_process';
import { open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { freePort } from './free-port.js';
import { postgresEnvironment } from './initialise-postgres.js';
import type { PostgresProgram } from './locate-postgres.js';
import type { Reaper } from './reaper.js';

// Wall-clock, and generous: recovery on a slow and busy machine is not a failure.
const START_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 60_000;
const POLL_MS = 20;
const PORT_ATTEMPTS = 5;

/** As on RDS where it can be seen from outside; small, since laptops run it beside everything else. */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  shared_buffers: '32MB',
  max_connections: '100',
  max_wal_size: '256MB',
  // Nothing here outlives the machine's memory. A copy reads what was written through the same cache.
  fsync: 'off',
  autovacuum: 'on',
  logging_collector: 'off',
  log_destination: 'stderr',
  log_line_prefix: '%m:%r:%u@%d:[%p]:',
  log_min_messages: 'warning',
  log_min_error_statement: 'error',
  log_timezone: 'UTC',
  timezone: 'UTC',
};

/** A running server. */
export interface PostgresServer {
  readonly pid: number;
  readonly port: number;
  /** Resolves when the server's first process has ended, for whatever reason. */
  readonly ended: Promise<void>;
  /** `fast` ends sessions and writes everything down; `immediate` just ends, for data that nobody needs any more. */
  stop(how: 'fast' | 'immediate'): Promise<void>;
}

/**
 * Starts a server on a data directory, its log appended to `logFile`; resolves once it accepts connections. Takes `wantedPort`
 * when it is free, else another: PostgreSQL cannot choose one itself.
 */
export async function startPostgres(program: PostgresProgram, dataDirectory: string, logFile: string, reaper: Reaper, wantedPort?: number): Promise<PostgresServer> {
  for (let attempt = 1; ; attempt++) {
    const port = attempt === 1 && wantedPort !== undefined ? wantedPort : await freePort();
    const logStart = await stat(logFile).then(({ size }) => size, () => 0);
    const server = await spawnServer(program, dataDirectory, logFile, reaper, port);
    if (await becomesReady(server, dataDirectory)) return server;
    const log = (await readFile(logFile)).subarray(logStart).toString();
    const portTaken = log.includes('could not create any TCP/IP sockets');
    if (!portTaken || attempt === PORT_ATTEMPTS) throw new Error(`PostgreSQL did not start: ${log.trim().split('\n').slice(-5).join(' | ')}`);
  }
}

async function spawnServer(program: PostgresProgram, dataDirectory: string, logFile: string, reaper: Reaper, port: number): Promise<PostgresServer> {
  const log = await open(logFile, 'a');
  const settings = Object.entries({ ...SETTINGS, port: String(port) }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = spawn(program.postgres, ['-D', dataDirectory, ...settings], {
    ...program.account,
    cwd: '/',
    detached: true,
    env: postgresEnvironment(),
    stdio: ['ignore', log.fd, log.fd],
  });
  if (child.pid !== undefined) reaper.watch('postmaster', child.pid);
  await log.close();
  return serverOf(child, port, reaper);
}

function serverOf(child: ChildProcess, port: number, reaper: Reaper): PostgresServer {
  const ended = new Promise<void>((resolve) => {
    child.once('error', () => resolve());
    child.once('exit', () => {
      reaper.forget(child.pid as number);
      resolve();
    });
  });
  return {
    pid: child.pid ?? 0,
    port,
    ended,
    async stop(how) {
      child.kill(how === 'fast' ? 'SIGINT' : 'SIGQUIT');
      const timer = setTimeout(() => child.kill('SIGQUIT'), STOP_TIMEOUT_MS);
      await ended;
      clearTimeout(timer);
    },
  };
}

/** The eighth line of `postmaster.pid` says `ready`, as `pg_ctl` waits for it. False when the server ended first. */
async function becomesReady(server: PostgresServer, dataDirectory: string): Promise<boolean> {
  let over = false;
  void server.ended.then(() => (over = true));
  const until = Date.now() + START_TIMEOUT_MS;
  while (!over && Date.now() < until) {
    const lines = (await readFile(join(dataDirectory, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
    if (lines[0] === String(server.pid) && lines[7]?.trim() === 'ready') return true;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  if (!over) await server.stop('immediate');
  return false;
}
