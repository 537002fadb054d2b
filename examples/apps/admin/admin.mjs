// The administration: works in the application's own database, with whatever schema it has, and writes there on its own.
import { openPool } from '../database.mjs';
import { closed, endOnSigterm, repeat, serve } from '../service.mjs';

const pool = openPool(2);

const stop = repeat(Number(process.env.WORK_EVERY_MS ?? 500), () => audit('periodic check'));
const server = serve({ name: 'admin', port: Number(process.env.PORT), handle });
endOnSigterm(async () => {
  await stop();
  await closed(server);
  await pool.end();
});

/**
 * Every path but the health check is the one page of an application in the browser.
 * @type {import('../service.mjs').Handler}
 */
async function handle({ path }) {
  if (path !== '/up') await audit(`page ${path}`);
  return { status: 200, body: { service: 'admin', path } };
}

/** @param {string} note */
async function audit(note) {
  try {
    await pool.query('INSERT INTO admin_audit (note) VALUES ($1)', [note]);
  } catch (error) {
    console.error(`database: ${error instanceof Error ? error.message : String(error)}`);
  }
}
