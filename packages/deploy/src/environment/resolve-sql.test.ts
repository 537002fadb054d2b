import { afterEach, describe, expect, it, vi } from 'vitest';
import { environmentRedactor } from '../reports/redact.js';
import { definition, testEnvironment } from './environment.fixture.js';
import { openSql } from './open-sql.js';
import { resolveSql } from './resolve-sql.js';

afterEach(() => vi.unstubAllEnvs());

const withSql = { ...definition, sqlConnection: { fromEnv: 'DATABASE_URL' } };

function problemsOf(url: string | undefined): readonly string[] {
  vi.stubEnv('DATABASE_URL', url);
  return resolveSql(withSql).problems;
}

describe('resolveSql', () => {
  it('is nothing without a connection', () => expect(resolveSql(definition)).toEqual({ connection: null, problems: [] }));

  it('reads the variable, and hides it', () => {
    expect(problemsOf('postgresql://watcher:l0ng%26secret@db.internal:5432/shop?sslmode=verify-full')).toEqual([]);
    expect(JSON.stringify(resolveSql(withSql).connection)).toBe('"[redacted]"');
  });

  it.each<readonly [string | undefined, string]>([
    [undefined, 'sqlConnection: expected environment variable DATABASE_URL to be set, got nothing'],
    ['db.internal', 'sqlConnection (environment variable DATABASE_URL): expected a URL like postgresql://user:password@host:5432/database, got 11 characters that are none'],
    ['mysql://watcher:l0ng-secret@db/shop', 'sqlConnection (environment variable DATABASE_URL): expected a URL like postgresql://user:password@host:5432/database, got one that begins otherwise'],
    ['postgresql://db.internal', 'sqlConnection (environment variable DATABASE_URL): expected a URL like postgresql://user:password@host:5432/database, got one without user, database'],
    ['postgresql://watcher:graasp@db/shop', 'sqlConnection (environment variable DATABASE_URL): expected as its password a secret that is no part of the definition'],
    ['postgresql://watcher:20261123@db/shop', 'sqlConnection (environment variable DATABASE_URL): expected as its password something else than digits, which times and identifiers consist of'],
  ])('says of %j what is wrong, without repeating it', (url, problem) => expect(problemsOf(url)).toEqual([problem]));
});

describe('openSql', () => {
  it('names the command that installs what is missing', async () => {
    vi.stubEnv('DATABASE_URL', 'postgresql://watcher:l0ng-secret@db/shop');
    expect((await openSql(withSql, () => Promise.resolve(null)))._unsafeUnwrapErr()).toMatchObject({ kind: 'InvalidInput', problems: ['sqlConnection needs the package pg, which is not installed beside @graasp/deploy: npm install pg'] });
  });

  it('hides the password from then on, as it is and as it stands in the URL', async () => {
    vi.stubEnv('DATABASE_URL', 'postgresql://watcher:l0ng%26secret@db/shop');
    const sql = (await openSql(withSql))._unsafeUnwrap();
    const redact = environmentRedactor(testEnvironment({ internals: { sql } }));
    expect(redact(['l0ng&secret', 'l0ng%26secret', 'watcher at db'])).toEqual(['[redacted]', '[redacted]', 'watcher at db']);
  });
});
