// The core application: items in a tree, their members, over HTTP, and a WebSocket. APP_VERSION, set by the image, says which release it is.
import { WebSocketServer } from 'ws';
import { openPool } from '../database.mjs';
import { closed, endOnSigterm, serve } from '../service.mjs';
import { isSchemaMismatch, loadRelease } from './release.mjs';

const version = process.env.APP_VERSION ?? 'unknown';
const release = await loadRelease(version);
const pool = openPool();

const server = serve({ name: 'core', version, port: Number(process.env.PORT), handle });
const sockets = openSockets();
endOnSigterm(async () => {
  for (const socket of sockets.clients) socket.close(1001, 'the task stops');
  await closed(server);
  await pool.end();
});

/** @type {import('../service.mjs').Handler} */
async function handle(request) {
  const route = routes[`${request.method} ${request.path}`];
  if (route === undefined) return { status: 404, body: { error: 'not-found' } };
  try {
    return await route(request.body);
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    if (isSchemaMismatch(error)) return { status: 500, body: { error: 'schema-mismatch' } };
    return { status: 503, body: { error: 'database-unavailable' } };
  }
}

/** @type {Record<string, (body: string) => Promise<import('../service.mjs').Answer>>} */
const routes = {
  'GET /health': async () => ({ status: 200, body: { status: 'ok', version } }),
  'GET /api/version': async () => ({ status: 200, body: { version } }),
  'GET /api/items': async () => ({ status: 200, body: { items: await release.listItems(pool) } }),
  'GET /api/members': async () => ({ status: 200, body: { members: await release.listMembers(pool) } }),
  'POST /api/items': createItem,
};

/** @param {string} body */
async function createItem(body) {
  const item = parse(body);
  if (typeof item?.name !== 'string') return { status: 400, body: { error: 'an item has a name' } };
  return { status: 201, body: await release.createItem(pool, { name: item.name, parentId: item.parentId }) };
}

/** @param {string} body */
function parse(body) {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** `/ws` says the version at once and echoes; the balancer may have rewritten it to `/api/ws`. */
function openSockets() {
  const sockets = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, socket, head) => {
    const path = new URL(request.url ?? '/', 'http://core').pathname;
    if (path !== '/ws' && path !== '/api/ws') return socket.destroy();
    sockets.handleUpgrade(request, socket, head, (client) => {
      client.send(JSON.stringify({ version }));
      client.on('message', (message) => client.send(String(message)));
    });
  });
  return sockets;
}
