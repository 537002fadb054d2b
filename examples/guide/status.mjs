import pg from 'pg';

// changes nothing, which the database sees to
const database = new pg.Client({ connectionString: process.env.DATABASE_URL, options: '-c default_transaction_read_only=on' });
await database.connect();
const { rows } = await database.query("SELECT column_name FROM information_schema.columns WHERE table_name = 'purchase' ORDER BY ordinal_position");
// the last line tells the schema: the same text for the same schema, and another one for another
console.log(`purchase: ${rows.map((row) => row.column_name).join(', ') || 'absent'}`);
await database.end();
