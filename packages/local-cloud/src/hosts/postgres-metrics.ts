import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import type { Client } from 'pg';

import type { DatabaseMetrics } from './host.js';

/** Counters that only rise, at a moment of the wall clock. */
export interface MetricsSample {
  readonly atMs: number;
  readonly reads: number;
  readonly writes: number;
  /** Of the server with all its backends; undefined where the system does not tell. */
  readonly cpuSeconds: number | undefined;
}

// Linux reports processor time to programs in hundredths of a second.
const TICKS_PER_SECOND = 100;

const SQL = `
  SELECT (SELECT coalesce(sum(reads), 0) FROM pg_stat_io)::float8 AS reads,
         (SELECT coalesce(sum(coalesce(writes, 0) + coalesce(extends, 0)), 0) FROM pg_stat_io)::float8
           + (SELECT wal_write FROM pg_stat_wal)::float8 AS writes,
         count(*) FILTER (WHERE state = 'active')::int AS active,
         count(*) FILTER (WHERE wait_event_type = 'IO')::int AS waiting,
         count(*) FILTER (WHERE backend_type = 'client backend')::int AS connections
    FROM pg_stat_activity WHERE pid <> pg_backend_pid()`;

interface Row {
  readonly reads: number;
  readonly writes: number;
  readonly active: number;
  readonly waiting: number;
  readonly connections: number;
}

/**
 * What CloudWatch would show of a server, as rates since the sample before, per second of the wall clock: a disk is not
 * faster because the cloud's clock is. CPU is a share of all this machine's cores. Where the system does not tell
 * processor time (macOS) it is estimated from the active backends. The queue is the number of backends that wait for I/O.
 */
export async function readMetrics(client: Client, postmasterPid: number, before: MetricsSample | undefined): Promise<{ readonly metrics: DatabaseMetrics; readonly sample: MetricsSample }> {
  const row = (await client.query<Row>(SQL)).rows[0] as Row;
  const sample: MetricsSample = { atMs: Date.now(), reads: row.reads, writes: row.writes, cpuSeconds: await cpuSeconds(postmasterPid) };
  const seconds = before === undefined ? 0 : (sample.atMs - before.atMs) / 1_000;
  const rate = (now: number, then: number): number => (seconds > 0 ? Math.max(0, now - then) / seconds : 0);
  const metrics = {
    cpuPercent: Math.min(100, (busyCores(row, sample, before, rate) / availableParallelism()) * 100),
    readIops: rate(sample.reads, before?.reads ?? 0),
    writeIops: rate(sample.writes, before?.writes ?? 0),
    diskQueueDepth: row.waiting,
    connections: row.connections,
    activeSessions: row.active,
  };
  return { metrics, sample };
}

function busyCores(row: Row, sample: MetricsSample, before: MetricsSample | undefined, rate: (now: number, then: number) => number): number {
  return sample.cpuSeconds === undefined ? row.active : rate(sample.cpuSeconds, before?.cpuSeconds ?? sample.cpuSeconds);
}

/** Of the postmaster, of its children that have ended (which it counts), and of those that live. */
async function cpuSeconds(postmasterPid: number): Promise<number | undefined> {
  const postmaster = await processTimes(postmasterPid);
  if (postmaster === undefined) return undefined;
  const children = await childrenOf(postmasterPid);
  if (children === undefined) return undefined;
  const times = await Promise.all(children.map(processTimes));
  const ticks = times.reduce((sum, child) => sum + (child?.own ?? 0), postmaster.own + postmaster.ofEndedChildren);
  return ticks / TICKS_PER_SECOND;
}

/** Told by the system: to look through every process of the machine for them once a second costs more than the server does. */
async function childrenOf(pid: number): Promise<readonly string[] | undefined> {
  const list = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => undefined);
  return list?.split(' ').filter((child) => child !== '');
}

async function processTimes(pid: number | string): Promise<{ own: number; ofEndedChildren: number } | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // The second field, in parentheses, is a name that may hold anything.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ').map(Number);
  if (fields === undefined) return undefined;
  const field = (number: number): number => fields[number - 3] ?? 0;
  return { own: field(14) + field(15), ofEndedChildren: field(16) + field(17) };
}
