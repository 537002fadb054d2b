import { describe, expect, it } from 'vitest';
import { testEnvironment } from '../../environment/environment.fixture.js';
import { mapSqlError } from './map-sql-error.js';

const asked = { operation: 'sql:SELECT', database: 'shop', timeoutSeconds: 30 };
const postgres = (code: string | undefined, message: string) => Object.assign(new Error(message), code === undefined ? {} : { code });

describe('mapSqlError', () => {
  it.each<readonly [string, unknown, object]>([
    ['a refused password', postgres('28P01', 'password authentication failed for user "watcher"'), { kind: 'AccessDenied', action: 'sql:SELECT', resource: 'database shop of graasp-dev', message: 'database shop of graasp-dev refused: password authentication failed for user "watcher"' }],
    ['a database that is not there', postgres('3D000', 'database "shop" does not exist'), { kind: 'NotFound', resource: 'database', name: 'shop', region: 'eu-central-1' }],
    ['a statement that took too long', postgres('57014', 'canceling statement due to statement timeout'), { kind: 'TimedOut', timeoutSeconds: 30, message: 'sql:SELECT in database shop of graasp-dev: not within 30 s, and cancelled there' }],
    ['a server that starts', postgres('57P03', 'the database system is starting up'), { kind: 'Unreachable', operation: 'sql:SELECT' }],
    ['a port that nobody listens on', postgres('ECONNREFUSED', 'connect ECONNREFUSED 10.0.0.1:5432'), { kind: 'Unreachable', message: 'database shop of graasp-dev cannot be asked: connect ECONNREFUSED 10.0.0.1:5432' }],
    ['several addresses that nobody listens on', Object.assign(new AggregateError([new Error('connect ECONNREFUSED ::1:5432'), new Error('connect ECONNREFUSED 127.0.0.1:5432')]), { code: 'ECONNREFUSED' }), { kind: 'Unreachable', message: 'database shop of graasp-dev cannot be asked: connect ECONNREFUSED ::1:5432; connect ECONNREFUSED 127.0.0.1:5432' }],
    ['a security group that says nothing', postgres(undefined, 'timeout expired'), { kind: 'Unreachable' }],
    ['whatever else', postgres('42703', 'column "x" does not exist'), { kind: 'Unexpected', code: '42703', message: 'database shop of graasp-dev: column "x" does not exist' }],
    ['what is no error', 'broken', { kind: 'Unreachable', message: 'database shop of graasp-dev cannot be asked: broken' }],
  ])('tells %s', (_, thrown, expected) => expect(mapSqlError(testEnvironment(), thrown, asked)).toMatchObject(expected));

  it('is an abort where there was one, whatever it was rejected with', () => {
    const env = testEnvironment({ signal: AbortSignal.abort() });
    expect(mapSqlError(env, postgres('57014', 'canceling statement due to user request'), { ...asked, database: null })).toMatchObject({ kind: 'Aborted', waitingFor: 'database instance graasp-dev', message: 'aborted while sql:SELECT was asked of database instance graasp-dev; the statement was cancelled there' });
  });

  it('does not say that a statement was cancelled where the server did not', () => {
    const env = testEnvironment({ signal: AbortSignal.abort() });
    expect(mapSqlError(env, postgres(undefined, 'Connection terminated'), asked)).toMatchObject({ kind: 'Aborted', message: 'aborted while sql:SELECT was asked of database shop of graasp-dev' });
  });
});

describe('what mapSqlError tells to do', () => {
  const mend = 'Mend the user, its password or its rights: it needs to connect, and the role pg_monitor or pg_read_all_stats.';
  const reach = 'Look whether its address, its port and its security groups let this machine in; from outside of its VPC an sqlTask asks it.';

  it.each([
    ['28000', 'AccessDenied', mend],
    ['28P01', 'AccessDenied', mend],
    ['42501', 'AccessDenied', mend],
    ['3D000', 'NotFound', 'Correct the databases of the services in the environment definition, or the database that sqlConnection names.'],
    ['57014', 'TimedOut', 'Find out what holds it up; if it only needs longer, call again with more time.'],
    ['53300', 'Unreachable', reach],
    ['57P01', 'Unreachable', reach],
    ['57P02', 'Unreachable', reach],
    ['57P03', 'Unreachable', reach],
    ['08006', 'Unreachable', reach],
    ['EAI_AGAIN', 'Unreachable', reach],
    ['X0800', 'Unexpected', 'Read the message, and mend what it says.'],
    ['080061', 'Unexpected', 'Read the message, and mend what it says.'],
  ])('of %s, which is %s, goes with what PostgreSQL said', (code, kind, remedy) => {
    expect(mapSqlError(testEnvironment(), postgres(code, 'no'), asked)).toMatchObject({ kind, remedy, cause: { name: 'PostgresError', message: 'no', code } });
  });

  it('names no code where there is none, and the instance where no database was asked', () => {
    expect(mapSqlError(testEnvironment(), postgres(undefined, 'timeout expired'), { ...asked, database: null })).toEqual({
      kind: 'Unreachable',
      operation: 'sql:SELECT',
      message: 'database instance graasp-dev cannot be asked: timeout expired',
      remedy: reach,
      cause: { name: 'PostgresError', message: 'timeout expired' },
    });
    expect(mapSqlError(testEnvironment(), postgres('3D000', 'no'), { ...asked, database: null })).toMatchObject({ name: '' });
    expect(mapSqlError(testEnvironment({ signal: AbortSignal.abort() }), postgres(undefined, 'no'), asked)).toMatchObject({ remedy: 'Nothing is undone by an abort: call again.' });
    expect(mapSqlError(testEnvironment(), undefined, asked)).toMatchObject({ kind: 'Unreachable', message: 'database shop of graasp-dev cannot be asked: undefined' });
  });
});
