/**
 * The migration of a version, and with `status` its status command. `HOW` it goes: `well`; `fails` in its third statement; `waits` in it for a
 * lock, which whoever tests holds. Like drizzle-kit it sends everything as one transaction, and prints no reason.
 */
import pg from 'pg';

const { DB, VERSION, HOW = 'well' } = process.env;
const third = {
  well: 'SELECT 1',
  fails: "ALTER TABLE member ADD CONSTRAINT member_name_key UNIQUE (name)",
  waits: 'SELECT pg_advisory_xact_lock(1)',
}[HOW];
const migration = `ALTER TABLE member ADD COLUMN "${VERSION}" text; CREATE INDEX ON member ("${VERSION}"); ${third}; INSERT INTO applied VALUES ('${VERSION}')`;

const client = new pg.Client({ connectionString: DB, connectionTimeoutMillis: 5_000 });
try {
  await client.connect();
  const { rows } = await client.query('SELECT coalesce(array_agg(version ORDER BY version), \'{}\') AS applied FROM applied');
  const { applied } = rows[0];
  if (process.argv[2] === 'status') console.log(JSON.stringify(applied));
  else if (applied.includes(VERSION)) console.log('nothing to apply');
  else {
    console.log('applying...');
    await client.query(migration);
    console.log('applied');
  }
} catch {
  process.exitCode = 1;
} finally {
  await client.end().catch(() => undefined);
}
