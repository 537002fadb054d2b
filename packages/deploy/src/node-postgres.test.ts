import { describe, expect, it } from 'vitest';
import { loadPostgres, type PostgresModule, postgresConnection } from './node-postgres.js';
import { Redacted } from './redacted.js';

const url = new Redacted('postgresql://watcher:l0ng-secret@db:5432/shop?sslmode=verify-full');

/** A server of which a query tells what it is told to; `log` is what it was asked, by whom. */
function server(answer: (text: string) => unknown) {
  const log: string[] = [];
  const configs: Readonly<Record<string, unknown>>[] = [];
  const Client = class {
    constructor(config: { readonly connectionString: string }) {
      configs.push(config);
    }
    terminated = (_: Error): void => undefined;
    connect = () => Promise.resolve(log.push('connect'));
    end = () => Promise.resolve(void (log.push('end'), this.terminated(new Error('Connection terminated'))));
    on = () => undefined;
    query = (text: string, values: readonly unknown[] = []) => {
      log.push([text, ...values].join(' '));
      // as pg does, which lets go of a connection that is ended while something is asked
      const ended = new Promise<never>((_, reject) => (this.terminated = reject));
      return Promise.race([Promise.resolve(text.includes('pg_backend_pid()') ? { rows: [{ pid: 42 }] } : (answer(text) as never)), ended]);
    };
  };
  return { module: { Client } as PostgresModule, log, configs };
}

const statements = (database: string | null, signal = new AbortController().signal) => ({ database, text: 'SELECT 1', timeoutSeconds: 30, signal });

describe('loadPostgres', () => {
  it('is nothing where the package is not installed', async () => expect(await loadPostgres(() => Promise.reject(new Error("Cannot find package 'pg'")))).toBeNull());

  it('finds what a module of CommonJS exports', async () => {
    const { module } = server(() => undefined);
    expect(await loadPostgres(() => Promise.resolve({ default: module } as never))).toBe(module);
  });
});

describe('postgresConnection', () => {
  it('asks a database of the server over a connection of its own, which it ends', async () => {
    const { module, log, configs } = server(() => ({ rows: [{ answer: 'yes' }] }));
    expect(await postgresConnection(module, url).ask(statements('a/b'))).toBe('yes');
    expect(configs).toMatchObject([{ connectionString: 'postgresql://watcher:l0ng-secret@db:5432/a%2Fb?sslmode=verify-full', statement_timeout: 30_000, query_timeout: 60_000 }]);
    expect(log).toEqual(['connect', 'SELECT pg_backend_pid()', 'SELECT 1', 'end']);
  });

  it('answers with the last of several statements, from the database that the URL names', async () => {
    const { module, configs } = server(() => [{ rows: [] }, { rows: [{ answer: 'last' }] }]);
    expect(await postgresConnection(module, url).ask(statements(null))).toBe('last');
    expect(configs[0]).toMatchObject({ connectionString: url.reveal() });
  });

  it('ends the connection when the question fails', async () => {
    const { module, log } = server(() => Promise.reject(new Error('broken')));
    await expect(postgresConnection(module, url).ask(statements(null))).rejects.toThrow('broken');
    expect(log.at(-1)).toBe('end');
  });

  it('cancels in the server what is aborted, over another connection', async () => {
    const abort = new AbortController();
    let cancelled = (_: Error): void => undefined;
    const { module, log } = server((text) => {
      if (text.includes('pg_cancel_backend')) return cancelled(new Error('canceling statement due to user request'));
      abort.abort();
      return new Promise((_, reject) => (cancelled = reject));
    });
    await expect(postgresConnection(module, url).ask(statements(null, abort.signal))).rejects.toThrow('canceling statement due to user request');
    expect(log).toContain('SELECT pg_cancel_backend($1) 42');
  });

  it('asks nothing of a server once it is aborted', async () => {
    const { module, log } = server(() => ({ rows: [{ answer: 'yes' }] }));
    await expect(postgresConnection(module, url).ask(statements(null, AbortSignal.abort(new Error('enough'))))).rejects.toThrow('enough');
    expect(log).toEqual(['connect', 'SELECT pg_backend_pid()', 'end']);
  });

  it('lets go of a connection over which nothing comes any more, once it is aborted', async () => {
    const abort = new AbortController();
    const { module, log } = server(() => {
      abort.abort();
      return new Promise(() => undefined);
    });
    const slept: number[] = [];
    const sleep = (ms: number) => Promise.resolve(void slept.push(ms));
    await expect(postgresConnection(module, url, { sleep }).ask(statements(null, abort.signal))).rejects.toThrow('Connection terminated');
    expect(log).toContain('SELECT pg_cancel_backend($1) 42');
    expect(slept).toEqual([15_000]);
  });
});
