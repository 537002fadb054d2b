import { fileURLToPath } from 'node:url';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import pg from 'pg';

export interface SeedOptions {
  /** default 1,000 */
  readonly members?: number | undefined;
  /** default 5,000 */
  readonly items?: number | undefined;
}

export interface SeedReport {
  readonly members: number;
  readonly items: number;
  readonly memberships: number;
}

/**
 * Brings an empty database to the schema of v1.54.8, by the same migrations that the migrate image holds, and fills it: members (some share
 * a name, some have one word or three), a tree of items six wide, and who may do what on it. The same rows each time. Rejects when the database holds items already.
 */
export async function seed(connectionString: string, options: SeedOptions = {}): Promise<SeedReport> {
  const members = options.members ?? 1_000;
  const items = options.items ?? 5_000;
  await migrateTo(connectionString, 'v1.54.8');
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    await client.query(MEMBERS, [members]);
    await client.query(ITEMS, [items, members]);
    const memberships = await client.query(MEMBERSHIPS);
    await client.query('ANALYZE');
    return { members, items, memberships: memberships.rowCount ?? 0 };
  } finally {
    await client.end();
  }
}

/** Applies what the migrate image of a version holds, in this process: the same journal and the same rows in `drizzle.__drizzle_migrations`, a second sooner. */
export async function migrateTo(connectionString: string, version: string): Promise<void> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    await migrate(drizzle(client), { migrationsFolder: fileURLToPath(new URL(`../migrations/${version}`, import.meta.url)) });
  } finally {
    await client.end();
  }
}

const MEMBERS = `
  INSERT INTO member (id, name, email, created_at)
  SELECT md5('member-' || n)::uuid,
    (ARRAY['Ada','Basile','Chiara','Denis','Élodie','Farid','Greta','Hugo','Ines','Juan','Kim','Linus'])[1 + n % 12]
      || CASE WHEN n % 50 = 0 THEN '' ELSE
        (ARRAY[' Rochat',' da Silva',' Keller',' Nguyen',' O''Brien',' Müller',' Favre'])[1 + n % 7] END,
    'Member.' || n || '@Graasp.example',
    timestamptz '2026-01-05 08:00:00Z' + n * interval '1 minute'
  FROM generate_series(1, $1::int) AS n`;

/** Item n hangs below item n / 6, so paths grow to some five labels. */
const ITEMS = `
  WITH RECURSIVE tree AS (
    SELECT n, text2ltree(replace(md5('item-' || n)::uuid::text, '-', '_')) AS path FROM generate_series(1, LEAST(5, $1::int)) AS n
    UNION ALL
    SELECT child, tree.path || text2ltree(replace(md5('item-' || child)::uuid::text, '-', '_'))
    FROM tree, generate_series(tree.n * 6, tree.n * 6 + 5) AS child
    WHERE child <= $1::int
  )
  INSERT INTO item (id, name, path, creator_id, created_at)
  SELECT md5('item-' || n)::uuid, 'Item ' || n, path, md5('member-' || (1 + n % $2::int))::uuid,
    timestamptz '2026-02-02 08:00:00Z' + n * interval '1 minute'
  FROM tree`;

const MEMBERSHIPS = `
  INSERT INTO item_membership (item_path, member_id, permission, created_at)
  SELECT path, creator_id, 'admin', created_at FROM item WHERE nlevel(path) <= 3`;
