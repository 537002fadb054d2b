import { type Clock, systemClock } from './clock.js';
import type { Redacted } from './redacted.js';
import type { SqlConnection, SqlStatements } from './sql-connection.js';

/** What is used of `pg`: its own types would have to be installed by everybody who uses this library. */
export interface PostgresModule {
  readonly Client: new (config: { readonly connectionString: string; readonly [option: string]: unknown }) => PostgresClient;
}

interface PostgresClient {
  connect(): Promise<unknown>;
  query(text: string, values?: readonly unknown[]): Promise<PostgresResult | readonly PostgresResult[]>;
  end(): Promise<void>;
  on(event: 'error', listener: () => void): unknown;
}

interface PostgresResult {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

/** Wall-clock time until a connection is there: a security group that lets nobody in says nothing at all. */
const connectTimeoutMs = 10_000;
/** Beyond what the server gives a statement: over a connection that is gone without a word its answer never comes. */
const lateMs = 30_000;
/** For connecting, and for the statement to end, once it is to be cancelled. */
const cancelMs = connectTimeoutMs + 5_000;
/** More is none at all for a timer. */
const longestTimerMs = 2 ** 31 - 1;

/** By a name that bundlers do not look into: who has no connection need not have the package, and a page cannot. */
const importPostgres = (name = 'pg') => import(/* webpackIgnore: true */ /* @vite-ignore */ name) as Promise<PostgresModule & { readonly default?: PostgresModule }>;

/** `pg`, once it is needed; null where it is not installed. */
export async function loadPostgres(load: typeof importPostgres = importPostgres): Promise<PostgresModule | null> {
  const loaded = await load().catch(() => null);
  // as a module of CommonJS it is all in the default
  return loaded === null ? null : (loaded.default ?? loaded);
}

/** Connects anew for each question: hours may pass between two, in which a connection is lost without a word. */
export function postgresConnection(postgres: PostgresModule, url: Redacted, clock: Pick<Clock, 'sleep'> = systemClock): SqlConnection {
  const open = (database: string | null, timeoutSeconds: number): PostgresClient => {
    const client = new postgres.Client({
      connectionString: database === null ? url.reveal() : inDatabase(url.reveal(), database),
      application_name: '@graasp/deploy',
      connectionTimeoutMillis: connectTimeoutMs,
      statement_timeout: timeoutSeconds * 1000,
      query_timeout: Math.min(timeoutSeconds * 1000 + lateMs, longestTimerMs),
    });
    // a connection that is lost while nothing is asked would end the process
    client.on('error', () => undefined);
    return client;
  };
  return {
    ask: async ({ database, text, timeoutSeconds, signal }: SqlStatements) => {
      const client = open(database, timeoutSeconds);
      let pid: string | null = null;
      const answer = async () => {
        await client.connect();
        pid = firstOf(await client.query('SELECT pg_backend_pid()'));
        signal.throwIfAborted();
        return firstOf(await client.query(text));
      };
      const letGo = async (answered: AbortSignal) => {
        if (pid !== null) void cancel(open(database, timeoutSeconds), pid);
        await clock.sleep(cancelMs, answered);
        await client.end();
      };
      try {
        return await cancelledOn(signal, (answered) => letGo(answered).catch(() => undefined), answer());
      } finally {
        await client.end().catch(() => undefined);
      }
    },
  };
}

/** With several statements `pg` answers with a result for each. */
function firstOf(answer: PostgresResult | readonly PostgresResult[]): string {
  const last = 'rows' in answer ? answer : answer.at(-1);
  const value = Object.values(last?.rows.at(-1) ?? {})[0];
  return typeof value === 'string' ? value : JSON.stringify(value ?? '');
}

/** The question rejects once the server has let go of it, or cannot be heard any more. */
async function cancelledOn<T>(signal: AbortSignal, cancel: (answered: AbortSignal) => Promise<void>, question: Promise<T>): Promise<T> {
  const answered = new AbortController();
  const onAbort = () => void cancel(answered.signal);
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await question;
  } finally {
    answered.abort();
    signal.removeEventListener('abort', onAbort);
  }
}

/** From another connection of the same user, who may ("Server Signaling Functions"). Where that fails, `statement_timeout` ends the statement. */
async function cancel(client: PostgresClient, pid: string): Promise<void> {
  try {
    await client.connect();
    await client.query('SELECT pg_cancel_backend($1)', [pid]);
  } catch {
    // the question itself tells what became of it
  } finally {
    await client.end().catch(() => undefined);
  }
}

function inDatabase(url: string, database: string): string {
  return Object.assign(new URL(url), { pathname: `/${encodeURIComponent(database)}` }).toString();
}
