// Stands for an application of others (Etherpad): answers 200 to everything, and writes to its own database on the instance.
import { openPool } from '../database.mjs';
import { closed, endOnSigterm, repeat, serve } from '../service.mjs';

const name = process.env.SERVICE_NAME ?? 'plain';
const TABLE = `CREATE TABLE IF NOT EXISTS event (
  id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY, what text NOT NULL, created_at timestamptz NOT NULL DEFAULT now())`;

const pool = openPool(2);
/** @type {Promise<unknown> | undefined} */
let prepared;

const stop = repeat(Number(process.env.WORK_EVERY_MS ?? 500), () => write('on its own'));
const server = serve({ name, port: Number(process.env.PORT), handle });
endOnSigterm(async () => {
  await stop();
  await closed(server);
  await pool.end();
});

/** @type {import('../service.mjs').Handler} */
async function handle({ path }) {
  await write(`visit ${path}`);
  return { status: 200, body: { service: name, path } };
}

async function prepare() {
  // two at once would be in each other's way
  prepared ??= pool.query(TABLE).catch((error) => {
    prepared = undefined;
    throw error;
  });
  await prepared;
}

/** @param {string} what */
async function write(what) {
  try {
    await prepare();
    await pool.query('INSERT INTO event (what) VALUES ($1)', [what]);
  } catch (error) {
    console.error(`database: ${error instanceof Error ? error.message : String(error)}`);
  }
}
