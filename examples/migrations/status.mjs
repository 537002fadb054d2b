// The status command of the migration: says what has been applied, changes nothing.
import pg from 'pg';

const APPLIED = `select count(*)::int as count, coalesce((array_agg(hash order by created_at desc))[1], '') as last
  from drizzle.__drizzle_migrations`;
const UNDEFINED_TABLE = '42P01';

const client = new pg.Client({ connectionString: process.env.DB_CONNECTION, options: '-c default_transaction_read_only=on' });
try {
  await client.connect();
  console.log(JSON.stringify(await applied()));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
} finally {
  await client.end();
}

/** @returns {Promise<{ applied: number, last: string | null }>} how many migrations were applied, and the hash of the last */
async function applied() {
  try {
    const { rows } = await client.query(APPLIED);
    return { applied: rows[0].count, last: rows[0].last || null };
  } catch (error) {
    if (error.code === UNDEFINED_TABLE) return { applied: 0, last: null };
    throw error;
  }
}
