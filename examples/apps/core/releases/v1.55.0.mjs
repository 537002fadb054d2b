// The queries of v1.55.0: a member has two names, an item an author and perhaps a publication, and labels are bare hexadecimal.

/** @param {import('pg').Pool} pool */
export async function listMembers(pool) {
  const { rows } = await pool.query(
    'SELECT id, first_name AS "firstName", last_name AS "lastName", email FROM member ORDER BY created_at, id LIMIT 20',
  );
  return rows;
}

/** @param {import('pg').Pool} pool */
export async function listItems(pool) {
  const { rows } = await pool.query(
    `SELECT item.id, item.name, item.path::text, trim(member.first_name || ' ' || member.last_name) AS author,
       item_publication.id IS NOT NULL AS published
     FROM item
     LEFT JOIN member ON member.id = item.author_id
     LEFT JOIN item_publication ON item_publication.item_id = item.id
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
     INSERT INTO item (id, name, path, author_id)
     SELECT created.id, $1::text,
       coalesce((SELECT path FROM item WHERE id = $2::uuid), '') || text2ltree(replace(created.id::text, '-', '')),
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
     SELECT item.id, item.author_id, 'view by ' || member.last_name, $1::text
     FROM item JOIN member ON member.id = item.author_id ORDER BY random() LIMIT 1`,
    [version],
  );
}
