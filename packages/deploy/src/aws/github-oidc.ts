import { systemClock } from '../clock.js';
import { loadSts, patience, type AwsConnection, type AwsCredentials } from './clients.js';

/** Which role a job takes, and how. */
export interface GithubOidcOptions {
  /** The role that the job takes: `arn:aws:iam::123456789012:role/release`. Its trust policy names GitHub's provider, this repository and this environment. */
  readonly roleArn: string;
  /** Whose STS is asked: the environment's. */
  readonly region: string;
  /** How long each session lasts; default 3600, which every role allows. A run may last longer: a new session is begun before one ends. */
  readonly sessionSeconds?: number | undefined;
  /** Told each token and key before it is used, as `githubReporter` is to hide it. */
  readonly hide?: ((secrets: readonly string[]) => void) | undefined;
  /** How GitHub is asked for a token; default the platform's. */
  readonly fetch?: typeof globalThis.fetch | undefined;
}

/** What GitHub's provider is registered with at AWS, and its tokens are made for ("Configuring OpenID Connect in Amazon Web Services"). */
const audience = 'sts.amazonaws.com';

/** What is begun with a session is answered before it ends. */
const spareMs = 60_000;

/** Together less than a lock has to spare: a change that waits for them is sent, or given up, before anybody can take its run over. */
const tokenWithinMs = 10_000;
const sessionPatience = { ...patience, requestTimeout: 10_000 };

/**
 * Credentials of a role on GitHub's runner, for as long as the job lasts: `connect(…, { aws: { credentials: githubOidcCredentials(…) } })`. Each
 * time the SDK wants new ones (five minutes before the last end) GitHub is asked for a new token, and STS for a new session with it. A token
 * itself is good for minutes, and what `aws-actions/configure-aws-credentials` puts into the job's environment ends in the middle of a run that
 * lasts longer (aws-actions/configure-aws-credentials#359).
 *
 * The job needs `permissions: id-token: write`. Keeps its session and nothing else, asks nothing before the first call of AWS. While GitHub or STS gives no other, the session goes on
 * until a minute before it ends. What it cannot get after that, or at first, ends calls with CredentialsExpired, which says what is missing; throttles and broken connections, of GitHub
 * too, are retried like those of any call.
 */
export function githubOidcCredentials(options: GithubOidcOptions): NonNullable<AwsConnection['credentials']> {
  // several clients begin at once: one session is enough for them
  let asked: Promise<AwsCredentials> | null = null;
  let session: AwsCredentials | null = null;
  const renew = (): Promise<AwsCredentials> =>
    beginSession(options).then(
      (begun) => (session = begun),
      (thrown: unknown) => (session !== null && isGood(session) ? session : Promise.reject(thrown as Error)),
    );
  return () => (asked ??= renew().finally(() => (asked = null)));
}

function isGood({ expiration }: AwsCredentials): boolean {
  return expiration !== undefined && expiration.getTime() - systemClock.now() > spareMs;
}

async function beginSession(options: GithubOidcOptions): Promise<AwsCredentials> {
  const token = await requestToken(options);
  options.hide?.([token]);
  const credentials = await assumeRole(options, token);
  options.hide?.([credentials.secretAccessKey, credentials.sessionToken ?? '']);
  return credentials;
}

/** As `@actions/core` does (packages/core/src/oidc-utils.ts). */
async function requestToken({ fetch = globalThis.fetch }: GithubOidcOptions): Promise<string> {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: url = '', ACTIONS_ID_TOKEN_REQUEST_TOKEN: requestToken = '' } = globalThis.process?.env ?? {};
  if (url === '' || requestToken === '') throw noCredentials('GitHub offers this process no token: the job needs `permissions: id-token: write`, and this has to run in it');
  return inTime(async (signal) => tokenIn(await fetch(`${url}&audience=${encodeURIComponent(audience)}`, { headers: { authorization: `Bearer ${requestToken}`, accept: 'application/json' }, signal })));
}

/** On the machine's time, which every job has. */
async function inTime<T>(ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const [late, answered] = [new AbortController(), new AbortController()];
  void systemClock.sleep(tokenWithinMs, answered.signal).then(
    () => late.abort(Object.assign(new Error(`GitHub did not answer within ${tokenWithinMs / 1000} s when it was asked for a token`), { name: 'TimeoutError' })),
    () => undefined,
  );
  return ask(late.signal).finally(() => answered.abort());
}

async function tokenIn(answer: Response): Promise<string> {
  // as the SDK's errors have it: a service that is busy or broken is asked again
  if (answer.status === 429 || answer.status >= 500) throw Object.assign(new Error(`GitHub answered ${answer.status} when it was asked for a token`), { $metadata: { httpStatusCode: answer.status } });
  if (!answer.ok) throw noCredentials(`GitHub answered ${answer.status} when it was asked for a token`);
  const { value } = (await answer.json().catch((thrown: unknown) => (thrown instanceof SyntaxError ? {} : Promise.reject(thrown as Error)))) as { readonly value?: string };
  if (typeof value !== 'string' || value === '') throw noCredentials('GitHub answered without a token when it was asked for one');
  return value;
}

async function assumeRole({ roleArn, region, sessionSeconds }: GithubOidcOptions, WebIdentityToken: string): Promise<AwsCredentials> {
  const sdk = await loadSts();
  const client = new sdk.STSClient({ region, maxAttempts: 1, requestHandler: sessionPatience });
  try {
    const { Credentials } = await client.send(new sdk.AssumeRoleWithWebIdentityCommand({ RoleArn: roleArn, RoleSessionName: sessionName(), WebIdentityToken, DurationSeconds: sessionSeconds }));
    const { AccessKeyId = '', SecretAccessKey = '', SessionToken, Expiration } = Credentials ?? {};
    return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken, expiration: Expiration };
  } catch (thrown) {
    const { name, message } = thrown as Error;
    if (!refusals.has(name)) throw thrown;
    throw noCredentials(`STS gives this job no session of ${roleArn}: ${name}: ${message}. ${adviceOn(name)}`);
  } finally {
    client.destroy();
  }
}

/** What waiting does not mend. */
const refusals: ReadonlySet<string> = new Set(['AccessDenied', 'AccessDeniedException', 'InvalidIdentityTokenException', 'InvalidIdentityToken', 'IDPRejectedClaimException', 'IDPRejectedClaim', 'ValidationError', 'ValidationException']);

function adviceOn(refusal: string): string {
  if (refusal.startsWith('Validation')) return 'Look at roleArn, which is the ARN of a role, and at sessionSeconds, from 900 to what the role has as MaxSessionDuration';
  return `Its trust policy has to allow sts:AssumeRoleWithWebIdentity to GitHub's provider, for audience ${audience} and this job's repository and environment`;
}

/** Told by CloudTrail with every call: which workflow run it came from. */
function sessionName(): string {
  const { GITHUB_RUN_ID: run = '', GITHUB_RUN_ATTEMPT: attempt = '' } = globalThis.process?.env ?? {};
  return ['graasp-deploy', run, attempt].filter((part) => part !== '').join('-');
}

function noCredentials(message: string): Error {
  return Object.assign(new Error(message), { name: 'GithubOidcError' });
}
