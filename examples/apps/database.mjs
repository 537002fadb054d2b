import pg from 'pg';

/** A pool on the database of DB_CONNECTION. A connection that the server drops is logged and replaced, never fatal. */
export function openPool(max = 5) {
  const pool = new pg.Pool({ connectionString: process.env.DB_CONNECTION, max, connectionTimeoutMillis: 5000 });
  pool.on('error', (error) => console.error(`database: ${error.message}`));
  return pool;
}
