import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect, githubOidcCredentials, memoryRunStore, preflight, systemClock } from '@graasp/deploy';
import type { LocalCloud } from '@graasp/local-cloud';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { nextVersion, shop, startShopCloud } from './shop.js';

const role = 'arn:aws:iam::123456789012:role/release';
const tokenFor = (claims: object) => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`;

/** GitHub's own end of it: a token for who has the job's secret, another each time. */
interface TokenEndpoint {
  readonly server: Server;
  readonly asked: { readonly url: string; readonly authorization: string | undefined }[];
  answer: (request: IncomingMessage) => { readonly status: number; readonly body: string };
}

describe('githubOidcCredentials', () => {
  let cloud: LocalCloud;
  let endpoint: TokenEndpoint;
  const good: TokenEndpoint['answer'] = (request) => ({ status: 200, body: JSON.stringify({ value: tokenFor({ aud: new URL(request.url ?? '', 'http://x').searchParams.get('audience'), sub: 'repo:graasp/deploy:environment:dev' }) }) });

  beforeAll(async () => {
    cloud = await startShopCloud({ http: true });
    const server = createServer((request, response) => {
      endpoint.asked.push({ url: request.url ?? '', authorization: request.headers.authorization });
      const { status, body } = endpoint.answer(request);
      response.writeHead(status, { 'content-type': 'application/json' }).end(body);
    });
    endpoint = { server, asked: [], answer: good };
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    endpoint.server.closeAllConnections();
    await new Promise((resolve) => endpoint.server.close(resolve));
    await cloud.stop();
  });
  beforeEach(() => {
    vi.stubEnv('AWS_ENDPOINT_URL_STS', cloud.url);
    vi.stubEnv('ACTIONS_ID_TOKEN_REQUEST_URL', `http://127.0.0.1:${(endpoint.server.address() as AddressInfo).port}/token?api-version=2.0`);
    vi.stubEnv('ACTIONS_ID_TOKEN_REQUEST_TOKEN', 'the-secret-of-the-job');
    vi.stubEnv('GITHUB_RUN_ID', '4711');
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    endpoint.asked.length = 0;
    endpoint.answer = good;
    cloud.faults.clear();
  });

  const options = { roleArn: role, region: shop.region };
  const sessions = () => cloud.requests.filter(({ operation }) => operation === 'sts:AssumeRoleWithWebIdentity');
  const open = (credentials: ReturnType<typeof githubOidcCredentials>) => connect(shop, { ...cloud.connection, aws: { endpoint: cloud.url, credentials }, runStore: memoryRunStore() });

  it('gives a session of the role for a token of the job, made for AWS', async () => {
    const before = sessions().length;
    expect(await githubOidcCredentials(options)()).toEqual({
      accessKeyId: expect.stringMatching(/^ASIA/) as string,
      secretAccessKey: expect.stringContaining('local-cloud') as string,
      sessionToken: expect.stringContaining('local-cloud') as string,
      expiration: expect.any(Date) as Date,
    });
    expect(endpoint.asked).toEqual([{ url: '/token?api-version=2.0&audience=sts.amazonaws.com', authorization: 'Bearer the-secret-of-the-job' }]);
    expect(sessions().slice(before).map(({ input }) => input)).toMatchObject([{ RoleArn: role, RoleSessionName: 'graasp-deploy-4711' }]);
  });

  it('lets every secret be hidden before it is used', async () => {
    const hidden: string[] = [];
    const { secretAccessKey, sessionToken } = await githubOidcCredentials({ ...options, hide: (secrets) => void hidden.push(...secrets) })();
    expect(hidden).toEqual([tokenFor({ aud: 'sts.amazonaws.com', sub: 'repo:graasp/deploy:environment:dev' }), secretAccessKey, sessionToken]);
  });

  it('begins a new session with a new token whenever one has ended, in the middle of what goes on', async () => {
    // the cloud's time is behind the machine's: by the SDK, which goes by the machine's, each session has ended already
    const env = (await open(githubOidcCredentials({ ...options, sessionSeconds: 900 })))._unsafeUnwrap();
    const [tokens, begun] = [endpoint.asked.length, sessions().length];
    const looked = await preflight(env, { version: nextVersion });
    expect(endpoint.asked.length).toBeGreaterThan(tokens);
    expect(endpoint.asked.length - tokens).toBe(sessions().length - begun);
    expect(looked.map(({ checks }) => checks.filter(({ group }) => group === 'credentials'))._unsafeUnwrap()[1]).toMatchObject({ name: 'expiry', status: 'ok', detail: expect.stringContaining('their provider gives others in time') as string });
  });

  it('begins one session for all who ask at once', async () => {
    const credentials = githubOidcCredentials(options);
    const [first, second] = await Promise.all([credentials(), credentials()]);
    expect(second).toEqual(first);
    expect(await credentials()).not.toEqual(first);
    expect(endpoint.asked).toHaveLength(2);
  });

  it.each([
    ['GitHub refuses', () => (endpoint.answer = () => ({ status: 401, body: '{}' }))],
    ['GitHub is broken', () => (endpoint.answer = () => ({ status: 503, body: '' }))],
    ['STS refuses', () => void cloud.faults.add({ kind: 'access-denied', operation: 'sts:AssumeRoleWithWebIdentity', occurrence: 1, times: 9 })],
  ])('goes on with the session that it has while %s, until a minute before that ends', async (_, arrange) => {
    const credentials = githubOidcCredentials({ ...options, sessionSeconds: 900 });
    const begun = await credentials();
    const endsAt = begun.expiration!.getTime();
    const now = vi.spyOn(systemClock, 'now').mockReturnValue(endsAt - 5 * 60_000);
    arrange();
    expect(await credentials()).toEqual(begun);
    now.mockReturnValue(endsAt - 60_000);
    await expect(credentials()).rejects.toThrow(/when it was asked for a token|gives this job no session/);

    // and takes another as soon as there is one
    cloud.faults.clear();
    endpoint.answer = good;
    expect(await credentials()).not.toEqual(begun);
    now.mockRestore();
  });

  it('is asked again when GitHub or STS is busy or broken', async () => {
    let refusals = 2;
    endpoint.answer = (request) => (refusals-- > 0 ? { status: refusals === 1 ? 503 : 429, body: '' } : good(request));
    cloud.faults.add({ kind: 'throttle', operation: 'sts:AssumeRoleWithWebIdentity', occurrence: 1 });
    expect((await open(githubOidcCredentials(options))).isOk()).toBe(true);
  });

  it('waits less for GitHub than a lock has to spare, and asks again', async () => {
    const sleep = vi.spyOn(systemClock, 'sleep').mockResolvedValueOnce();
    expect((await open(githubOidcCredentials(options))).isOk()).toBe(true);
    expect([sleep.mock.calls[0]?.[0], endpoint.asked.length > 1]).toEqual([10_000, true]);
    sleep.mockRestore();
  });

  it.each([
    ['the job may ask for none', () => vi.stubEnv('ACTIONS_ID_TOKEN_REQUEST_URL', ''), options, 'GitHub offers this process no token: the job needs `permissions: id-token: write`, and this has to run in it'],
    ['GitHub refuses', () => (endpoint.answer = () => ({ status: 401, body: '{}' })), options, 'GitHub answered 401 when it was asked for a token'],
    ['GitHub says nothing', () => (endpoint.answer = () => ({ status: 200, body: '{}' })), options, 'GitHub answered without a token when it was asked for one'],
    ['GitHub answers with what is no JSON', () => (endpoint.answer = () => ({ status: 200, body: '<html>' })), options, 'GitHub answered without a token when it was asked for one'],
    ['the role does not trust it', () => undefined, { ...options, roleArn: 'arn:aws:iam::210987654321:role/release' }, 'STS gives this job no session of arn:aws:iam::210987654321:role/release: AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity. Its trust policy has to allow'],
    ['a session is to last longer than the role allows', () => undefined, { ...options, sessionSeconds: 43_201 }, 'Look at roleArn, which is the ARN of a role, and at sessionSeconds, from 900 to what the role has as MaxSessionDuration'],
    ['the token is for somebody else', () => (endpoint.answer = () => ({ status: 200, body: JSON.stringify({ value: tokenFor({ aud: 'x' }) }) })), options, 'InvalidIdentityTokenException: Incorrect token audience'],
  ])('says what is missing when %s', async (_, arrange, given, message) => {
    arrange();
    const error = (await open(githubOidcCredentials(given)))._unsafeUnwrapErr();
    expect(error.kind).toBe('CredentialsExpired');
    expect(error.message).toContain(message);
    expect(error.remedy).toBe('Mend what it says, and start the job again; a run goes on with resume.');
  });
});
