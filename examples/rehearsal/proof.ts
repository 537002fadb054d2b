import pg from 'pg';

/** Which of the two schemas of the examples a database has; `unknown` is neither, and must never be seen. */
export type Schema = 'before' | 'after' | 'unknown';

export interface DatabaseContent {
  readonly schema: Schema;
  readonly tables: readonly TableContent[];
}

/** What a table holds, said so that it is the same before and after the migration when nothing was lost. */
export interface TableContent {
  readonly table: string;
  readonly rows: number;
  /** MD5 over every row in a canonical form: names joined, labels of paths without underscores. */
  readonly checksum: string;
}

export interface ContentOptions {
  /** Only rows created until then, as PostgreSQL prints a timestamp: what a database held at a moment, though it has been written to since. */
  readonly until?: string | undefined;
}

/** Reads what the application's database holds. Rejects when the database cannot be reached or has a schema that is neither the one before nor the one after the migration. */
export async function contentOf(connectionString: string, options: ContentOptions = {}): Promise<DatabaseContent> {
  return withClient(connectionString, async (client) => {
    // One transaction sees one moment, whatever is being written meanwhile.
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const schema = await schemaOf(client);
    if (schema === 'unknown') throw new Error('The database has neither the schema before the migration nor the one after it.');
    const tables: TableContent[] = [];
    for (const [table, row] of Object.entries(canonicalRows[schema])) tables.push(await tableContent(client, table, row, options.until));
    return { schema, tables };
  });
}

/** When the newest row of the application's tables was created; null in an empty database. */
export async function newestRowAt(connectionString: string): Promise<string | null> {
  return withClient(connectionString, async (client) => {
    const newest = Object.keys(canonicalRows.before).map((table) => `SELECT max(created_at) AS at FROM ${table}`);
    const { rows } = await client.query<{ at: string | null }>(`SELECT max(at)::text AS at FROM (${newest.join(' UNION ALL ')}) AS newest`);
    return rows[0]?.at ?? null;
  });
}

export interface Lost {
  readonly table: string;
  readonly expected: TableContent;
  readonly found: TableContent | undefined;
}

/** Tables whose rows are not the same in both: empty when nothing was lost, added or changed. The schemas may differ. */
export function differences(expected: DatabaseContent, found: DatabaseContent): readonly Lost[] {
  return expected.tables.flatMap((table) => {
    const other = found.tables.find((candidate) => candidate.table === table.table);
    return other?.rows === table.rows && other.checksum === table.checksum ? [] : [{ table: table.table, expected: table, found: other }];
  });
}

export interface Writer {
  readonly version: string;
  readonly rows: number;
  readonly first: string;
  readonly last: string;
}

/** Which version wrote actions, and between when: old code that still wrote after the migration would show here. */
export async function writersOf(connectionString: string): Promise<readonly Writer[]> {
  return withClient(connectionString, async (client) => {
    const { rows } = await client.query<Writer>(
      `SELECT written_by AS version, count(*)::int AS rows, min(created_at)::text AS first, max(created_at)::text AS last
       FROM action GROUP BY written_by ORDER BY min(created_at)`,
    );
    return rows;
  });
}

/** A row of each table as text, for either schema; both texts of a row are equal when the migration kept it. */
const canonicalRows = {
  before: {
    member: `row(id, name, email, created_at)::text`,
    item: `row(id, name, replace(path::text, '_', ''), creator_id, created_at)::text`,
    item_membership: `row(id, replace(item_path::text, '_', ''), member_id, permission, created_at)::text`,
    action: `row(id, item_id, member_id, type, written_by, created_at)::text`,
    admin_audit: `row(id, note, created_at)::text`,
  },
  after: {
    member: `row(id, trim(first_name || ' ' || last_name), email, created_at)::text`,
    item: `row(id, name, replace(path::text, '_', ''), author_id, created_at)::text`,
    item_membership: `row(id, replace(item_path::text, '_', ''), member_id, permission, created_at)::text`,
    action: `row(id, item_id, member_id, type, written_by, created_at)::text`,
    admin_audit: `row(id, note, created_at)::text`,
  },
} as const;

async function schemaOf(client: pg.Client): Promise<Schema> {
  const { rows } = await client.query<{ columns: readonly string[] }>(
    `SELECT coalesce(array_agg(table_name || '.' || column_name), '{}') AS columns FROM information_schema.columns
     WHERE table_schema = 'public' AND (table_name, column_name) IN
       (('member', 'name'), ('item', 'creator_id'), ('member', 'first_name'), ('item', 'author_id'), ('item_publication', 'id'))`,
  );
  const columns = [...(rows[0]?.columns ?? [])].sort().join(' ');
  if (columns === 'item.creator_id member.name') return 'before';
  if (columns === 'item.author_id item_publication.id member.first_name') return 'after';
  return 'unknown';
}

async function tableContent(client: pg.Client, table: string, row: string, until: string | undefined): Promise<TableContent> {
  const { rows } = await client.query<{ rows: number; checksum: string }>(
    `SELECT count(*)::int AS rows, md5(coalesce(string_agg(md5(${row}), '' ORDER BY id), '')) AS checksum
     FROM ${table} WHERE created_at <= coalesce($1::timestamptz, 'infinity')`,
    [until ?? null],
  );
  const content = rows[0];
  if (content === undefined) throw new Error(`${table} could not be counted.`);
  return { table, ...content };
}

async function withClient<T>(connectionString: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString, options: '-c timezone=UTC' });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}
