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
