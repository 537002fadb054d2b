/** What a service does: writes a row to the database that its environment names. Exits with 1 where it cannot. */
import pg from 'pg';

const client = new pg.Client({ connectionString: process.env['DB'], connectionTimeoutMillis: 5_000 });
try {
  await client.connect();
  await client.query("INSERT INTO entry (text) VALUES ('written by a task')");
} catch (error) {
  console.log(String(error));
  process.exitCode = 1;
} finally {
  await client.end().catch(() => undefined);
}
