// Stands for Umami: writes to its own database on the instance, on its own and for every visit, and speaks as much of its documented API as a
// release asks of it (https://umami.is/docs/api): pages are told to /api/send, who has logged in is told how many visitors are active.
import { createHash, randomUUID } from 'node:crypto';
import { openPool } from '../database.mjs';
import { closed, endOnSigterm, repeat, serve } from '../service.mjs';

const { UMAMI_WEBSITE_ID: websiteId, UMAMI_USERNAME: username, UMAMI_PASSWORD: password } = process.env;
/** How many times as fast as the machine's the time passes around it. */
const timeScale = Number(process.env.TIME_SCALE ?? 1);
const TABLE = `CREATE TABLE IF NOT EXISTS event (
  id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY, what text NOT NULL, visitor text, created_at timestamptz NOT NULL DEFAULT now())`;
const ACTIVE = `SELECT count(DISTINCT visitor)::int AS visitors FROM event WHERE created_at > now() - $1::float * interval '1 minute'`;
const ACTIVE_MINUTES = 5;

const pool = openPool(2);
const tokens = new Set();
/** @type {Promise<unknown> | undefined} */
let prepared;

const stop = repeat(Number(process.env.WORK_EVERY_MS ?? 500), () => write('on its own'));
const server = serve({ name: 'umami', port: Number(process.env.PORT), handle });
endOnSigterm(async () => {
  await stop();
  await closed(server);
  await pool.end();
});

/** @type {import('../service.mjs').Handler} */
async function handle(request) {
  const { method, path } = request;
  if (method === 'POST' && path === '/api/auth/login') return logIn(request);
  if (method === 'POST' && path === '/api/send') return hear(request);
  if (method === 'GET' && path === `/api/websites/${websiteId}/active`) return countActive(request);
  await write(`visit ${path}`);
  return { status: 200, body: { service: 'umami', path } };
}

/** @type {import('../service.mjs').Handler} */
async function logIn({ body }) {
  const given = JSON.parse(body);
  if (given.username !== username || given.password !== password) return { status: 401, body: { message: 'incorrect-username-password' } };
  const token = randomUUID();
  tokens.add(token);
  return { status: 200, body: { token, user: { username } } };
}

/**
 * Whoever has the same address and the same browser is the same visitor.
 * @type {import('../service.mjs').Handler}
 */
async function hear({ headers, body }) {
  const { payload } = JSON.parse(body);
  const visitor = createHash('sha256').update(`${headers['x-forwarded-for']} ${headers['user-agent']}`).digest('hex');
  if (payload.website === websiteId) await write(`page ${payload.url}`, visitor);
  return { status: 200, body: { ok: true } };
}

/** @type {import('../service.mjs').Handler} */
async function countActive({ headers }) {
  if (!tokens.has(headers.authorization?.replace(/^Bearer /, ''))) return { status: 401, body: { error: 'Unauthorized' } };
  await prepare();
  const { rows } = await pool.query(ACTIVE, [ACTIVE_MINUTES / timeScale]);
  return { status: 200, body: rows[0] };
}

/**
 * @param {string} what
 * @param {string | null} visitor
 */
async function write(what, visitor = null) {
  try {
    await prepare();
    await pool.query('INSERT INTO event (what, visitor) VALUES ($1, $2)', [what, visitor]);
  } catch (error) {
    console.error(`database: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function prepare() {
  // two at once would be in each other's way
  prepared ??= pool.query(TABLE).catch((error) => {
    prepared = undefined;
    throw error;
  });
  await prepared;
}
