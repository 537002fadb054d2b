import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Secret } from './definition.js';
import { definition } from './environment.fixture.js';
import { resolveUmami } from './resolve-umami.js';

afterEach(() => vi.unstubAllEnvs());

function resolve(password: string | undefined, username: string | Secret = { fromEnv: 'UMAMI_USERNAME' }) {
  vi.stubEnv('UMAMI_USERNAME', 'viewer');
  vi.stubEnv('UMAMI_PASSWORD', password);
  return resolveUmami({ ...definition, umami: { url: 'https://umami.dev.graasp.org', websiteId: 'w-1', username, password: { fromEnv: 'UMAMI_PASSWORD' } } });
}

describe('resolveUmami', () => {
  it('is nothing without Umami', () => expect(resolveUmami(definition)).toEqual({ credentials: null, problems: [] }));

  it('reads the variables, and hides both', () => {
    const { credentials, problems } = resolve('long-and-secret');
    expect(problems).toEqual([]);
    expect([credentials?.username.reveal(), credentials?.password.reveal()]).toEqual(['viewer', 'long-and-secret']);
    expect(JSON.stringify(credentials)).toBe('{"username":"[redacted]","password":"[redacted]"}');
  });

  it('takes a user name that stands in the definition', () => expect(resolve('long-and-secret', 'admin').credentials?.username.reveal()).toBe('admin'));

  it.each([undefined, ''])('names a variable that is %j', (value) => {
    expect(resolve(value, { fromEnv: 'UMAMI_NOBODY' }).problems).toEqual([
      'umami.username: expected environment variable UMAMI_NOBODY to be set, got nothing',
      'umami.password: expected environment variable UMAMI_PASSWORD to be set, got nothing',
    ]);
  });

  it('refuses the password that Umami comes with, without repeating it: hiding it would blot out the service of that name', () => {
    const expected = 'umami.password (environment variable UMAMI_PASSWORD): expected a password that is no word of the definition, got one that stands there in the clear';
    expect(resolve('umami').problems).toEqual([expected]);
    expect(resolve('Admin').problems).toEqual([expected]);
  });
});
