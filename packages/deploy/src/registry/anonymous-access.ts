import type { ResultAsync } from 'neverthrow';
import { read } from '../aws/call.js';
import { type Environment, internals } from '../environment/environment.js';
import type { AwsError } from '../errors.js';
import { Redacted } from '../redacted.js';
import { faultOf, RegistryFault } from './registry-fault.js';
import type { Access } from './registry.js';
import { tellRegistryError } from './tell-registry-error.js';
import { watchIdleness } from './idle-watch.js';

/** "Token Response Fields": how long a token lasts that does not say it. */
const leastSeconds = 60;

/** What anybody is let in with: nothing, or a token that the registry's challenge says where to get. */
export function anonymousAccess(env: Environment, registry: string, repository: string): ResultAsync<Access, AwsError> {
  const isHere = /^(localhost|127\.\d+\.\d+\.\d+)(:|$)/.test(registry);
  const origin = `${isHere ? 'http' : 'https'}://${registry}`;
  const subject = { action: `pull from ${registry}`, resource: { kind: 'registry', name: registry } };
  return read(env, { ...subject, tell: tellRegistryError(env, { ...subject, isPrivate: false }) }, async () => {
    const watch = watchIdleness(env);
    try {
      const { fetch } = env[internals];
      const { status, headers } = await fetch(`${origin}/v2/`, { signal: watch.signal });
      const challenge = bearerChallenge(headers.get('www-authenticate') ?? '');
      if (status === 200) return { origin, authorization: null, expiresAt: Number.POSITIVE_INFINITY };
      if (status !== 401) throw new RegistryFault(status, '', `HTTP ${status}`);
      if (challenge === null) throw new RegistryFault(403, 'DENIED', 'it asks for a user and a password');
      if (!isHere && !challenge.realm.startsWith('https://')) throw new RegistryFault(401, '', 'it names a place for tokens that is not reached by HTTPS');
      return { origin, ...(await askForToken(env, fetch, { ...challenge, repository, signal: watch.signal })) };
    } finally {
      watch.end();
    }
  });
}

interface Challenge {
  readonly realm: string;
  readonly service: string | null;
  readonly scope: string | null;
}

/** `Bearer realm="https://public.ecr.aws/token/",service="public.ecr.aws",scope="aws"` */
export function bearerChallenge(header: string): Challenge | null {
  if (!/^bearer\s/i.test(header)) return null;
  const fields = new Map([...header.matchAll(/([a-z_]+)="([^"]*)"/gi)].map(([, name = '', value = '']) => [name.toLowerCase(), value]));
  const realm = fields.get('realm');
  return realm === undefined || !URL.canParse(realm) ? null : { realm, service: fields.get('service') ?? null, scope: fields.get('scope') ?? null };
}

interface TokenRequest extends Challenge {
  readonly repository: string;
  readonly signal: AbortSignal;
}

async function askForToken(env: Environment, fetch: typeof globalThis.fetch, { realm, service, scope, repository, signal }: TokenRequest): Promise<Pick<Access, 'authorization' | 'expiresAt'>> {
  const url = new URL(realm);
  if (service !== null) url.searchParams.set('service', service);
  url.searchParams.set('scope', scope ?? `repository:${repository}:pull`);
  const response = await fetch(url.href, { signal });
  if (!response.ok) throw await faultOf(response);
  const { token, access_token: other, expires_in: seconds = leastSeconds } = (await response.json()) as { readonly token?: string; readonly access_token?: string; readonly expires_in?: number };
  const given = token ?? other;
  if (given === undefined) throw new RegistryFault(response.status, '', 'its answer has no token');
  // what the token says of its own end is not read: one that is refused is asked for again
  return { authorization: new Redacted(`Bearer ${given}`), expiresAt: env.clock.now() + Math.max(leastSeconds, seconds) * 1000 + 60_000 };
}
