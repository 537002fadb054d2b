import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, describe, it } from 'node:test';
import { untilItAnswers } from './site.mjs';

const running = { exitCode: null };
const server = createServer((_, response) => response.writeHead(503).end()).listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${server.address().port}/`;
after(() => server.close());

describe('the server of the site', () => {
  it('is not waited for without an end: what it said last is told', async () => {
    await assert.rejects(untilItAnswers(url, running, 1), { message: `docusaurus serve did not answer at ${url} within 1 s: 503` });
  });

  it('is not waited for once it has ended', async () => {
    await assert.rejects(untilItAnswers(url, { exitCode: 1 }, 60), /docusaurus serve ended with 1/);
  });
});
