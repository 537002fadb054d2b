import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

// Below the ranges from which Linux (32768…) and macOS (49152…) draw ports of outgoing connections: none of those can
// take a port between its choice here and its use by the process that it is meant for.
const FIRST_PORT = 15_000;
const LAST_PORT = 32_000;
const ATTEMPTS = 200;

let next = randomInt(FIRST_PORT, LAST_PORT);

/**
 * A port of 127.0.0.1 that nobody listens on, for a program that cannot choose one itself. Never the same twice in a row
 * within this process; another process may still take it first.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = next;
    next = next >= LAST_PORT ? FIRST_PORT : next + 1;
    if (await isFree(port)) return port;
  }
  throw new Error(`No free port of 127.0.0.1 found in ${ATTEMPTS} attempts between ${FIRST_PORT} and ${LAST_PORT}.`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}
