import type { Clock } from '../clock.js';
import type { ModelDatabaseContent } from '../inspection.js';
import type { DatabaseHost, DatabaseMetrics } from './host.js';

/** For how long a committed migration is followed by vacuuming and analysing. */
const aftermathMs = 3 * 60_000;

export interface ModelDatabases extends DatabaseHost {
  inspect(resourceId: string): ModelDatabaseContent | undefined;
  /** The database that a container's environment names; undefined when it names none of this host. */
  connect(environment: Readonly<Record<string, string>>): ModelDatabase | undefined;
}

/** A server as its clients see it. */
export interface ModelDatabase {
  readonly isRunning: boolean;
  readonly schema: string;
  /** Adds rows. */
  write(by: string, rows: number): void;
  /** Opens a backend: a connection that the metrics count until it is closed. A stop of the server ends it, unless its client connects again by itself. */
  open(client: 'connects-again' | 'gives-up'): ModelBackend;
  /** Commits a migration; the server is busy afterwards. */
  migrate(from: string, to: string): void;
  /** What a statement that failed leaves in the server's log. */
  logError(message: string, statement: string): void;
}

export interface ModelBackend {
  /** The server was stopped under it: what it was about is rolled back. */
  readonly isLost: boolean;
  close(): void;
}

interface Server extends ModelDatabase {
  isRunning: boolean;
  content: MutableContent;
  readonly lines: string[];
  readonly backends: Set<{ readonly client: 'connects-again' | 'gives-up'; isLost: boolean }>;
  migratedAt: number | undefined;
  /** Rows; all of them before the first snapshot. */
  writtenSinceSnapshot: number;
}

type MutableContent = { -readonly [K in keyof ModelDatabaseContent]: ModelDatabaseContent[K] extends readonly (infer Entry)[] ? Entry[] : ModelDatabaseContent[K] };

/** Databases that are a schema's name and a number of rows: no process and no socket. */
export function createModelDatabases(clock: Clock): ModelDatabases {
  const servers = new Map<string, Server>();
  const snapshots = new Map<string, MutableContent>();
  const server = (resourceId: string): Server => {
    const found = servers.get(resourceId);
    if (found === undefined) throw new Error(`There is no database ${resourceId} on this host.`);
    return found;
  };

  return {
    create: async (spec) => void servers.set(spec.resourceId, newServer(clock, { schema: spec.model?.schema ?? 'empty', rows: spec.model?.rows ?? 0, appliedMigrations: [], writesLog: [] })),
    start: async (resourceId) => power(clock, server(resourceId), true),
    stop: async (resourceId) => power(clock, server(resourceId), false),
    async snapshot(resourceId, snapshotArn) {
      const source = server(resourceId);
      if (!source.isRunning) throw new Error(`The database ${resourceId} is not running.`);
      const { writtenSinceSnapshot: written, content } = source;
      snapshots.set(snapshotArn, structuredClone(content));
      source.writtenSinceSnapshot = 0;
      return { databaseTime: clock.now(), changed: Math.min(1, written / Math.max(1, content.rows)) };
    },
    async restore(snapshotArn, resourceId) {
      const content = snapshots.get(snapshotArn);
      if (content === undefined) throw new Error(`There is no snapshot ${snapshotArn} on this host.`);
      servers.set(resourceId, newServer(clock, structuredClone(content)));
    },
    restoreMoment: async (source, at, resourceId) => void servers.set(resourceId, newServer(clock, contentAt(server(source).content, at))),
    deleteInstance: async (resourceId) => void servers.delete(resourceId),
    deleteSnapshot: async (snapshotArn) => void snapshots.delete(snapshotArn),
    address: (resourceId) => (servers.has(resourceId) ? { host: modelHost(resourceId), port: 5432 } : undefined),
    log: async (resourceId) => server(resourceId).lines.map((line) => `${line}\n`).join(''),
    metrics: async (resourceId) => metricsOf(clock, server(resourceId)),
    inspect: (resourceId) => structuredClone(servers.get(resourceId)?.content),
    connect: (environment) => [...servers].find(([resourceId]) => Object.values(environment).some((value) => value.includes(`${modelHost(resourceId)}:5432`)))?.[1],
  };
}

/** What was committed by then: all that changes a content is logged in it. */
function contentAt({ schema, rows, appliedMigrations, writesLog }: MutableContent, at: number): MutableContent {
  const later = <Entry extends { readonly at: number }>(log: readonly Entry[]) => log.filter((entry) => entry.at > at);
  const earlier = <Entry extends { readonly at: number }>(log: readonly Entry[]) => structuredClone(log.filter((entry) => entry.at <= at));
  const [undone] = later(appliedMigrations);
  return { schema: undone?.from ?? schema, rows: rows - later(writesLog).reduce((sum, entry) => sum + entry.rows, 0), appliedMigrations: earlier(appliedMigrations), writesLog: earlier(writesLog) };
}

function modelHost(resourceId: string): string {
  return `${resourceId.toLowerCase()}.model`;
}

function newServer(clock: Clock, content: MutableContent): Server {
  const created: Server = {
    isRunning: true,
    content,
    lines: [],
    backends: new Set(),
    migratedAt: undefined,
    writtenSinceSnapshot: Number.POSITIVE_INFINITY,
    get schema() {
      return created.content.schema;
    },
    write(by, rows) {
      created.content.rows += rows;
      created.writtenSinceSnapshot += rows;
      created.content.writesLog.push({ at: clock.now(), by, rows, schema: created.content.schema });
    },
    open(client) {
      const backend = { client, isLost: false, close: () => void created.backends.delete(backend) };
      created.backends.add(backend);
      return backend;
    },
    migrate(from, to) {
      created.content.schema = to;
      // as one that rewrites its tables
      created.writtenSinceSnapshot += created.content.rows;
      created.content.appliedMigrations.push({ at: clock.now(), from, to });
      created.migratedAt = clock.now();
      created.lines.push(`${stamp(clock)}LOG:  checkpoint starting: time`);
    },
    logError(message, statement) {
      created.lines.push(`${stamp(clock)}ERROR:  ${message}`, `${stamp(clock)}STATEMENT:  ${statement}`);
    },
  };
  created.lines.push(`${stamp(clock)}LOG:  database system is ready to accept connections`);
  return created;
}

function power(clock: Clock, server: Server, on: boolean): void {
  server.isRunning = on;
  for (const backend of on ? [] : server.backends) {
    if (backend.client === 'connects-again') continue;
    backend.isLost = true;
    server.backends.delete(backend);
  }
  server.lines.push(`${stamp(clock)}LOG:  ${on ? 'database system is ready to accept connections' : 'database system is shut down'}`);
}

/** RDS's `log_line_prefix`: time, client, user@database, process. */
function stamp(clock: Clock): string {
  return `${new Date(clock.now()).toISOString().slice(0, 19).replace('T', ' ')} UTC:10.0.0.1(5432):graasper@graasp:[1]:`;
}

/** Quiet, unless a migration was committed within the last minutes. */
function metricsOf(clock: Clock, { backends, migratedAt, isRunning }: Server): DatabaseMetrics {
  if (!isRunning) throw new Error('The database is not running.');
  const sinceMigration = migratedAt === undefined ? aftermathMs : clock.now() - migratedAt;
  const load = Math.max(0, 1 - sinceMigration / aftermathMs);
  return { cpuPercent: 4 + 70 * load, readIops: 2 + 300 * load, writeIops: 3 + 500 * load, diskQueueDepth: load * 8, connections: backends.size, activeSessions: load * 8 };
}
