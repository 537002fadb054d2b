// What every little application has in common: JSON answers that name who gave them, and an orderly end on SIGTERM.
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * @typedef {{ status: number, body: unknown }} Answer
 * @typedef {{ method: string, path: string, headers: import('node:http').IncomingHttpHeaders, body: string }} Asked
 * @typedef {(request: Asked) => Promise<Answer>} Handler
 * @param {{ name: string, version?: string | undefined, port: number, handle: Handler }} service
 */
export function serve({ name, version, port, handle }) {
  const server = createServer(async (request, response) => {
    const { status, body } = await answer(handle, request);
    response.writeHead(status, {
      'content-type': 'application/json',
      'x-service': name,
      ...(version === undefined ? {} : { 'x-version': version }),
    });
    response.end(JSON.stringify(body));
  });
  server.listen(port, '127.0.0.1', () => console.log(`${name} ${version ?? ''} listens on ${port}`));
  return server;
}

/**
 * Ends as ECS asks for it: nothing new is accepted, what was begun is answered, then the process ends with 0.
 * @param {() => Promise<unknown>} close
 */
export function endOnSigterm(close) {
  process.once('SIGTERM', async () => {
    console.log('SIGTERM: finishing');
    await close();
    process.exit(0);
  });
}

/**
 * Does something again and again, never twice at once.
 * @param {number} pauseMs between the end of one and the begin of the next
 * @param {() => Promise<unknown>} work
 * @returns {() => Promise<void>} stops; resolves when the last has ended
 */
export function repeat(pauseMs, work) {
  const stopped = new AbortController();
  const loop = (async () => {
    while (!stopped.signal.aborted) {
      await work();
      await sleep(pauseMs, undefined, { signal: stopped.signal }).catch(() => undefined);
    }
  })();
  return () => {
    stopped.abort();
    return loop;
  };
}

/** @param {import('node:http').Server} server */
export function closed(server) {
  return new Promise((resolve) => server.close(resolve));
}

/**
 * @param {Handler} handle
 * @param {import('node:http').IncomingMessage} request
 * @returns {Promise<Answer>}
 */
async function answer(handle, request) {
  try {
    const path = new URL(request.url ?? '/', 'http://service').pathname;
    return await handle({ method: request.method ?? 'GET', path, headers: request.headers, body: await text(request) });
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    return { status: 500, body: { error: 'internal' } };
  }
}

/** @param {import('node:http').IncomingMessage} request */
async function text(request) {
  let body = '';
  for await (const chunk of request) body += chunk;
  return body;
}
