// What an sqlTask runs: the SQL that it is told, in each of the databases that it is told, a line for each.
import pg from 'pg';

const { DB_CONNECTION, DEPLOY_SQL, DEPLOY_DATABASES = '' } = process.env;
const databases = DEPLOY_DATABASES.split(' ').filter((name) => name !== '');

for (const database of databases.length === 0 ? [undefined] : databases) {
  try {
    console.log(await answerOf(database));
  } catch (error) {
    console.error(`${database ?? 'the database'}: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(1);
  }
}

/** @param {string | undefined} database one of the server's; else the connection's own */
async function answerOf(database) {
  const connection = new URL(DB_CONNECTION);
  if (database !== undefined) connection.pathname = `/${encodeURIComponent(database)}`;
  const client = new pg.Client({ connectionString: connection.toString(), connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    // of several statements the last one answers
    const { rows } = [await client.query(DEPLOY_SQL)].flat().at(-1);
    return Object.values(rows[0])[0];
  } finally {
    await client.end();
  }
}
