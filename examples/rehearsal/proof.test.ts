import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { migrateTo, seed } from '../apps/seed.js';
import { query, startTestDatabase, type TestDatabase } from '../migrations/test-database.js';
import { contentOf, differences, newestRowAt, writersOf } from './proof.js';

let database: TestDatabase;
let connection: string;
beforeAll(async () => {
  database = await startTestDatabase();
}, 60_000);
afterAll(() => database.stop());
beforeEach(async () => {
  connection = await database.create();
  await seed(connection, { members: 20, items: 60 });
});

describe('contentOf', () => {
  it('is the same before and after the migration but for the schema', async () => {
    const before = await contentOf(connection);
    await migrateTo(connection, 'v1.55.0');

    expect(await contentOf(connection)).toEqual({ ...before, schema: 'after' });
  });

  it.each([
    ['a row is lost', `DELETE FROM item_membership WHERE id = (SELECT id FROM item_membership LIMIT 1)`, 'item_membership'],
    ['a name is changed', `UPDATE member SET last_name = 'Nobody' WHERE email = 'member.1@graasp.example'`, 'member'],
    ['an item is moved', `UPDATE item SET path = subpath(path, 1) WHERE name = 'Item 6'`, 'item'],
    ['an author is lost', `UPDATE item SET author_id = NULL WHERE name = 'Item 60'`, 'item'],
  ])('differs when %s', async (_what, sql, table) => {
    const before = await contentOf(connection);
    await migrateTo(connection, 'v1.55.0');
    await query(connection, sql);

    expect(differences(before, await contentOf(connection)).map((difference) => difference.table)).toContain(table);
  });

  it('leaves out what was created after the given moment', async () => {
    const before = await contentOf(connection);
    const until = (await newestRowAt(connection)) ?? undefined;
    await query(connection, `INSERT INTO action (type, written_by) VALUES ('view', 'v1.54.8')`);

    expect(differences(before, await contentOf(connection))).toMatchObject([{ table: 'action', expected: { rows: 0 }, found: { rows: 1 } }]);
    expect(await contentOf(connection, { until })).toEqual(before);
  });

  it('rejects a schema that is neither the old nor the new one', async () => {
    await query(connection, 'ALTER TABLE member DROP COLUMN name');

    await expect(contentOf(connection)).rejects.toThrow('The database has neither the schema before the migration nor the one after it.');
  });
});

describe('newestRowAt', () => {
  it('is the moment of the last row of any table, to the microsecond', async () => {
    await query(connection, `INSERT INTO admin_audit (note, created_at) VALUES ('late', '2031-01-01T12:00:00.123456+01')`);

    expect(await newestRowAt(connection)).toBe('2031-01-01 11:00:00.123456+00');
  });

  it('is null without rows', async () => {
    const empty = await database.create();
    await migrateTo(empty, 'v1.54.8');

    expect(await newestRowAt(empty)).toBeNull();
  });
});

describe('writersOf', () => {
  it('says which version wrote how many actions, and when', async () => {
    await query(
      connection,
      `INSERT INTO action (type, written_by, created_at) VALUES
        ('view', 'v1.55.0', '2026-11-23T10:00Z'), ('view', 'v1.54.8', '2026-11-23T09:00Z'), ('view', 'v1.54.8', '2026-11-23T09:30Z')`,
    );

    expect(await writersOf(connection)).toEqual([
      { version: 'v1.54.8', rows: 2, first: '2026-11-23 09:00:00+00', last: '2026-11-23 09:30:00+00' },
      { version: 'v1.55.0', rows: 1, first: '2026-11-23 10:00:00+00', last: '2026-11-23 10:00:00+00' },
    ]);
  });
});
