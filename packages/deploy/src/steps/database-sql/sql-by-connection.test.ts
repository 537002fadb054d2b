import { describe, expect, it } from 'vitest';
import { definition, testEnvironment } from '../../environment/environment.fixture.js';
import type { SqlStatements } from '../../sql-connection.js';
import { sqlByConnection } from './sql-by-connection.js';
import { analyzeStatements } from './statements.js';

const question = { operation: 'sql:SELECT', text: 'SELECT 1', timeoutSeconds: 30 } as const;

function by(databases: readonly string[] | undefined, answer: (database: string | null) => Promise<string>) {
  const asked: SqlStatements[] = [];
  const { databases: _, ...graasp } = { databases: undefined, ...definition.services['graasp']! };
  const env = testEnvironment({ definition: { ...definition, services: { graasp: { ...graasp, ...(databases === undefined ? {} : { databases }) } } } });
  const ask = (statements: SqlStatements) => (asked.push(statements), answer(statements.database));
  return { env, asked, way: sqlByConnection(env, { ask }) };
}

describe('sqlByConnection', () => {
  it('asks one declared database after the other, in the order of their names', async () => {
    const { env, way, asked } = by(['umami', 'shop'], (database) => Promise.resolve(`of ${database}`));
    expect((await way.prepare()).isOk()).toBe(true);
    expect((await way.ask(question))._unsafeUnwrap()).toEqual(['of shop', 'of umami']);
    expect(asked).toEqual(['shop', 'umami'].map((database) => ({ database, text: 'SELECT 1', timeoutSeconds: 30, signal: env.signal })));
    expect([way.kind, way.told, way.secondsBetweenLooks]).toEqual(['connection', 'over sqlConnection', 15]);
  });

  it('asks the one of the connection where none is declared', async () => {
    const { way, asked } = by(undefined, () => Promise.resolve('answer'));
    expect((await way.ask(question))._unsafeUnwrap()).toEqual(['answer']);
    expect(asked.map(({ database }) => database)).toEqual([null]);
  });

  it('ends with the first that fails, and says which', async () => {
    const { way, asked } = by(['shop', 'umami'], () => Promise.reject(Object.assign(new Error('no such column'), { code: '42703' })));
    expect((await way.ask(question))._unsafeUnwrapErr()).toMatchObject({ kind: 'Unexpected', operation: 'sql:SELECT', message: 'database shop of graasp-dev: no such column' });
    expect(asked).toHaveLength(1);
  });
});

describe('analyzeStatements', () => {
  it('gives ANALYZE its time in whole milliseconds', () => {
    expect(analyzeStatements(1800)).toContain('SET statement_timeout = 1800000; ANALYZE; SELECT ');
    expect(analyzeStatements(0.0001)).toContain('SET statement_timeout = 1;');
  });

  it('ends for a client that is gone, and answers with the database’s own time', () => {
    expect(analyzeStatements(1)).toMatch(/^SELECT set_config\(name, '5s', false\) FROM pg_settings WHERE name = 'client_connection_check_interval'; SET /);
    expect(analyzeStatements(1)).toMatch(/'at', to_char\(now\(\) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS\.US"Z"'\)\)::text AS answer$/);
  });
});
