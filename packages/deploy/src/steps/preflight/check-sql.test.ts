import { describe, expect, it } from 'vitest';
import { definition, testEnvironment } from '../../environment/environment.fixture.js';
import { Redacted } from '../../redacted.js';
import { quietLook } from '../database-sql/look.fixture.js';
import type { DatabaseLook } from '../database-sql/parse-answer.js';
import { checkSql } from './check-sql.js';

function checked(answer: () => Partial<DatabaseLook>, signal?: AbortSignal) {
  const ask = async () => JSON.stringify({ ...quietLook, ...answer() });
  return checkSql(testEnvironment({ definition, ...(signal === undefined ? {} : { signal }), internals: { sql: { connection: { ask }, url: new Redacted('postgresql://watcher:l0ng-secret@db/shop') } } }));
}

describe('checkSql', () => {
  it('is nothing where the database is not to be asked', async () => expect((await checkSql(testEnvironment()))._unsafeUnwrap()).toEqual([]));

  it('tells what answers', async () => expect((await checked(() => ({})))._unsafeUnwrap()).toEqual([{ group: 'database', name: 'sql', status: 'ok', detail: 'over sqlConnection, shop' }]));

  it('warns of a user that does not see enough', async () => {
    expect((await checked(() => ({ seesOthers: false })))._unsafeUnwrap()).toMatchObject([{ status: 'warning', detail: "over sqlConnection, shop: the user is not told of others' sessions, and long transactions will not be seen", remedy: 'Grant it pg_monitor or pg_read_all_stats.' }]);
  });

  it('fails where it cannot be asked, before the gate is closed instead of after the migration', async () => {
    const refused = () => {
      throw Object.assign(new Error('connect ECONNREFUSED 10.0.0.1:5432'), { code: 'ECONNREFUSED' });
    };
    expect((await checked(refused))._unsafeUnwrap()).toMatchObject([{ status: 'failed', detail: 'database instance graasp-dev cannot be asked: connect ECONNREFUSED 10.0.0.1:5432' }]);
    expect((await checked(refused, AbortSignal.abort()))._unsafeUnwrapErr()).toMatchObject({ kind: 'Aborted' });
  });
});
