import pg from 'pg';

const database = new pg.Client({ connectionString: process.env.DATABASE_URL });
await database.connect();
await database.query('CREATE TABLE IF NOT EXISTS purchase (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, paid boolean)');
await database.query('ALTER TABLE purchase ADD COLUMN IF NOT EXISTS refunded boolean NOT NULL DEFAULT false');
console.log('purchase has refunded');
await database.end();
