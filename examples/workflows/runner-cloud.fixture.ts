import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { type CloudDescription, type LocalCloud, startLocalCloud } from '@graasp/local-cloud';
import { graaspBlueprint } from '../environments/graasp-blueprint.js';
import { graaspImages, patchImages } from '../environments/graasp-images.js';
import type { Settings } from './runner.fixture.js';

const bucket = 'graasp-dev-runs';
/** As rehearsals: a lock that is good for two minutes outlives two seconds in which this machine does something else. */
const scale = 60;

export const secrets = { MAINTENANCE_HEADER_NAME: 'x-graasp-operator', MAINTENANCE_HEADER_SECRET: 'not-to-be-seen-4711' };

/** Graasp's dev environment, as jobs on GitHub's runners reach it: over HTTP, with tokens of GitHub's own for its role. */
export interface RunnerCloud extends AsyncDisposable {
  readonly cloud: LocalCloud;
  readonly settings: Settings;
  /** Variables of every job, which GitHub does not let a workflow set. */
  readonly job: Readonly<Record<string, string>>;
}

export async function startRunnerCloud(): Promise<RunnerCloud> {
  const cloud = await startLocalCloud({ blueprint: { ...graaspBlueprint('dev'), buckets: [bucket] }, images: [...graaspImages(), ...patchImages()], http: true, clock: 'scaled', scale });
  const front = await listen((request, response) => {
    void answerAsVisitor(cloud, request).then(
      ({ status, headers, body }) => response.writeHead(status, headers).end(body),
      () => response.destroy(),
    );
  });
  const github = await listen((_, response) => void response.end(JSON.stringify({ value: `e30.${Buffer.from('{"aud":"sts.amazonaws.com"}').toString('base64url')}.x` })));
  const description: CloudDescription = {
    endpoint: cloud.url!,
    pageUrl: cloud.pageUrl!,
    listeners: [{ protocol: 'https', port: 443, localPort: portOf(front), hosts: ['*'] }],
    registryHosts: [],
    clock: { machineTime: performance.timeOrigin + performance.now(), cloudTime: cloud.clock.now(), scale },
  };
  return {
    cloud,
    settings: { vars: { RELEASE_ROLE: 'arn:aws:iam::123456789012:role/release', RUNS_BUCKET: bucket }, secrets },
    job: {
      LOCAL_CLOUD: JSON.stringify(description),
      AWS_ENDPOINT_URL: cloud.url!,
      ACTIONS_ID_TOKEN_REQUEST_URL: `http://127.0.0.1:${portOf(github)}/?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'of-the-job',
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([close(front), close(github), cloud.stop()]);
    },
  };
}

/** Model hosts have no socket: whoever comes over HTTP is handed to them. */
async function answerAsVisitor({ connection }: LocalCloud, request: Parameters<RequestListener>[0]) {
  const { host = '', ...headers } = request.headers;
  const body = await buffer(request);
  const answer = await connection.fetch(`https://${host}${request.url ?? '/'}`, {
    method: request.method ?? 'GET',
    headers: Object.entries(headers).map(([name, value]) => [name, String(value)] as [string, string]),
    redirect: 'manual',
    ...(body.length === 0 ? {} : { body }),
  });
  return { status: answer.status, headers: Object.fromEntries(answer.headers), body: await answer.text() };
}

async function listen(listener: RequestListener): Promise<Server> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
