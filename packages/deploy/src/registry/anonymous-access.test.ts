import { describe, expect, it } from 'vitest';
import { testEnvironment } from '../environment/environment.fixture.js';
import { anonymousAccess, bearerChallenge } from './anonymous-access.js';

const challenge = (realm: string, more = '') => new Response('{}', { status: 401, headers: { 'www-authenticate': `Bearer realm="${realm}"${more}` } });

function ask(answer: (url: string) => Response, registry = 'registry.test') {
  const asked: string[] = [];
  const fetch = (async (input: string) => {
    asked.push(input);
    return answer(input);
  }) as typeof globalThis.fetch;
  return { asked, access: anonymousAccess(testEnvironment({ internals: { fetch } }), registry, 'alias/graasp') };
}

describe('anonymousAccess', () => {
  it('gets a token where the challenge says, for the repository', async () => {
    const { asked, access } = ask((url) => (url.endsWith('/v2/') ? challenge('https://auth.test/token', ',service="registry.test"') : Response.json({ access_token: 'abc', expires_in: 300 })));
    const got = (await access)._unsafeUnwrap();
    expect(asked).toEqual(['https://registry.test/v2/', 'https://auth.test/token?service=registry.test&scope=repository%3Aalias%2Fgraasp%3Apull']);
    expect([got.origin, got.authorization?.reveal()]).toEqual(['https://registry.test', 'Bearer abc']);
    expect(JSON.stringify(got)).not.toContain('abc');
  });

  it('takes the scope that the challenge names', async () => {
    const { asked, access } = ask((url) => (url.endsWith('/v2/') ? challenge('https://public.ecr.aws/token/', ',scope="aws"') : Response.json({ token: 'abc' })));
    await access;
    expect(asked[1]).toBe('https://public.ecr.aws/token/?scope=aws');
  });

  it('needs none where nobody is asked', async () => {
    const { access, asked } = ask(() => new Response('{}'), 'localhost:5000');
    expect((await access)._unsafeUnwrap()).toMatchObject({ origin: 'http://localhost:5000', authorization: null });
    expect(asked).toEqual(['http://localhost:5000/v2/']);
  });

  it.each([
    ['a password', new Response('{}', { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } }), 'AccessDenied', 'nobody may pull from registry.test of registry.test without credentials: it asks for a user and a password'],
    ['a place without HTTPS', challenge('http://auth.test/'), 'CredentialsExpired', 'pull from registry.test of registry.test: the registry does not accept the token it was sent'],
    ['something else', new Response('', { status: 418 }), 'Unexpected', 'pull from registry.test of registry.test failed: HTTP 418'],
  ])('is not let in where it is asked for %s', async (_, answer, kind, message) => {
    expect((await ask(() => answer).access)._unsafeUnwrapErr()).toMatchObject({ kind, message });
  });

  it.each([
    ['no token', () => Response.json({}), 'Unexpected'],
    ['no proper answer', () => new Response('later', { status: 503 }), 'Unreachable'],
  ])('says it when there is %s', async (_, token, kind) => {
    expect((await ask((url) => (url.endsWith('/v2/') ? challenge('https://auth.test/') : token())).access)._unsafeUnwrapErr().kind).toBe(kind);
  });
});

describe('bearerChallenge', () => {
  it.each(['', 'Basic realm="x"', 'Bearer service="x"', 'Bearer realm="not an address"'])('finds none in %j', (header) => expect(bearerChallenge(header)).toBeNull());
});
