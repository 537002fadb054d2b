import { describe, expect, it } from 'vitest';
import { activityOf, describeActivity, isQuiet } from './activity.js';
import { quietLook, vacuumOf } from './look.fixture.js';
import { parseAnalyzed, parseLook } from './parse-answer.js';
import { analyzeStatements, lookStatement } from './statements.js';

describe('activityOf', () => {
  it('names a table as its own database does, and counts a session once', () => {
    const looks = [{ ...quietLook, running: [vacuumOf(null)] }, { ...quietLook, database: 'umami', running: [vacuumOf('visits')] }];
    expect(activityOf(looks).running).toEqual([vacuumOf('visits')]);
  });

  it('is quiet where nothing runs, waits, stays open or is due', () => {
    expect(isQuiet(activityOf([quietLook]))).toBe(true);
    const busy = [{ running: [vacuumOf('items')] }, { transactions: [{ pid: 1, user: null, database: null, state: null, seconds: null }] }, { waiting: [{ pid: 1, table: null }] }, { due: [{ table: 'items', operation: 'vacuum', rows: 2, bound: 1 }] }];
    expect(busy.map((changes) => isQuiet(activityOf([{ ...quietLook, ...changes }])))).toEqual([false, false, false, false]);
  });
});

describe('describeActivity', () => {
  it('tells what, of what, how far and for how long', () => {
    const look = {
      ...quietLook,
      running: [vacuumOf('items'), vacuumOf(null, { pid: 8, operation: null, phase: null, done: null, total: null, seconds: null, automatic: null })],
      transactions: [{ pid: 9, user: 'anna', database: 'shop', state: 'idle in transaction', seconds: 75 }],
      waiting: [{ pid: 10, table: 'items' }, { pid: 11, table: null }],
      due: [{ table: 'members', operation: 'analyze', rows: 501, bound: 150.4 }],
    };
    expect(describeActivity(activityOf([look])).split('; ')).toEqual([
      'vacuum of items in shop: scanning heap, 12 % (automatic, for 12 s)',
      'a rewrite of a table in shop',
      'anna has a transaction open in shop for 75 s (pid 9, idle in transaction)',
      '2 sessions wait for a lock on items',
      'analyze of members in shop is due (501 rows, over 150)',
    ]);
  });
});

describe('what a database answers', () => {
  it('is a look, or none', () => {
    expect(parseLook(JSON.stringify(quietLook))).toEqual(quietLook);
    expect([parseLook('{"database":"shop"}'), parseLook('psql: error'), parseAnalyzed('{}')]).toEqual([null, null, null]);
  });
});

describe('the statements', () => {
  it.each([lookStatement({ analyzedSince: quietLook.at }), analyzeStatements(1800)])('fit into what a task may be told, on one line', (text) => {
    const command = ['sh', '-c', 'for d in $DEPLOY_DATABASES; do psql -XAtq -v ON_ERROR_STOP=1 -d "$d" -c "$DEPLOY_SQL" || exit 1; done'];
    const environment = [{ name: 'DEPLOY_SQL', value: text }, { name: 'DEPLOY_DATABASES', value: Array.from({ length: 10 }, () => 'a-database-of-thirty-characters').join(' ') }];
    expect(JSON.stringify({ containerOverrides: [{ name: 'migrate', command, environment }] }).length).toBeLessThan(8192);
    expect(text).not.toContain('\n');
  });
});

describe('what a user is not told', () => {
  it('is said as such, and nothing is made of it', () => {
    const look = { ...quietLook, transactions: [{ pid: 9, user: null, database: null, state: null, seconds: null }], waiting: [{ pid: 10, table: null }], running: [vacuumOf(null, { database: null, operation: null, phase: null, done: 5, total: 0, automatic: false, seconds: 3 })] };
    expect(describeActivity(activityOf([look]))).toBe('a rewrite of a table in no database (for 3 s); somebody has a transaction open in no database for 0 s (pid 9, state unknown); 1 session waits for a lock');
  });
});
