// The queries of v1.54.8: a member has a name, an item a creator, and a label of a path keeps the underscores of its id.

/** @param {import('pg').Pool} pool */
export async function listMembers(pool) {
  const { rows } = await pool.query('SELECT id, name, email FROM member ORDER BY created_at, id LIMIT 20');
  return rows;
}

/** @param {import('pg').Pool} pool */
export async function listItems(pool) {
  const { rows } = await pool.query(
    `SELECT item.id, item.name, item.path::text, member.name AS creator
     FROM item LEFT JOIN member ON member.id = item.creator_id
     WHERE nlevel(item.path) = 1 ORDER BY item.created_at DESC, item.id LIMIT 20`,
  );
  return rows;
}

/**
 * @param {import('pg').Pool} pool
 * @param {{ name: string, parentId?: string | undefined }} item
 */
export async function createItem(pool, { name, parentId }) {
  const { rows } = await pool.query(
    `WITH created AS (SELECT uuid_generate_v4() AS id)
     INSERT INTO item (id, name, path, creator_id)
     SELECT created.id, $1::text,
       coalesce((SELECT path FROM item WHERE id = $2::uuid), '') || text2ltree(replace(created.id::text, '-', '_')),
       (SELECT id FROM member ORDER BY created_at, id LIMIT 1)
     FROM created
     RETURNING id, name, path::text`,
    [name, parentId ?? null],
  );
  return rows[0];
}

/**
 * What a worker does once: notes that somebody looked at an item.
 * @param {import('pg').Pool} pool
 * @param {string} version
 */
export async function recordAction(pool, version) {
  await pool.query(
    `INSERT INTO action (item_id, member_id, type, written_by)
     SELECT item.id, item.creator_id, 'view by ' || member.name, $1::text
     FROM item JOIN member ON member.id = item.creator_id ORDER BY random() LIMIT 1`,
    [version],
  );
}
