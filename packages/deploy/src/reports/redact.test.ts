import { describe, expect, it } from 'vitest';
import { definition, headerValue, testEnvironment } from '../environment/environment.fixture.js';
import { Redacted } from '../redacted.js';
import { environmentRedactor, redactor } from './redact.js';

describe('redactor', () => {
  const redact = redactor(['open-sesame', 'X-Maintenance-Key']);

  it('takes a known secret out of every string, in whatever case it is written', () => {
    expect(redact({ message: 'header x-maintenance-key: OPEN-sesame', lines: ['a', 'open-sesame'] })).toEqual({
      message: 'header [redacted]: [redacted]',
      lines: ['a', '[redacted]'],
    });
  });

  it('takes a known secret out of the names of properties', () => {
    expect(redact({ headers: { 'x-maintenance-key': 1 } })).toEqual({ headers: { '[redacted]': 1 } });
  });

  it('leaves names of properties that are the library’s own', () => {
    expect(redactor(['maintenance'])({ maintenance: 'off', 'x-maintenance': 'maintenance' })).toEqual({ maintenance: 'off', 'x-[redacted]': '[redacted]' });
  });

  it.each([
    ['AKIAIOSFODNN7EXAMPLE is the key', '[redacted] is the key'],
    ['aws_secret_access_key = wJalrXUtnFEMI/K7MDENG', 'aws_secret_access_key = [redacted]'],
    ['{"SessionToken":"abc/def=="}', '{"SessionToken":"[redacted]"}'],
    ['postgres://graasp:hunter2@db:5432/graasp', 'postgres://graasp:[redacted]@db:5432/graasp'],
    ['postgres://graasp:p/ss@word@db:5432/graasp was refused', 'postgres://graasp:[redacted]@db:5432/graasp was refused'],
    ['{"body":"{\\"password\\":\\"hunter2\\"}"}', '{"body":"{\\"password\\":\\"[redacted]\\"}"}'],
    ['https://operator:hunter2@api.dev.graasp.org/', 'https://operator:[redacted]@api.dev.graasp.org/'],
    ['https://api.dev.graasp.org:443/members/anna@graasp.org', 'https://api.dev.graasp.org:443/members/anna@graasp.org'],
    ['https://api.dev.graasp.org:443/api/status', 'https://api.dev.graasp.org:443/api/status'],
    ['arn:aws:ecs:eu-central-1:123456789012:task/graasp-dev/0123456789abcdef0123456789abcdef', 'arn:aws:ecs:eu-central-1:123456789012:task/graasp-dev/0123456789abcdef0123456789abcdef'],
  ])('makes %s into %s', (text, expected) => {
    expect(redact(text)).toBe(expected);
  });

  it('takes out what a property of a telling name holds', () => {
    expect(redact({ password: 'hunter2', secretAccessKey: 'abc', DB_PASSWORD: 'hunter2', passwordRules: 'eight letters', attempts: 2 })).toEqual({
      password: '[redacted]',
      secretAccessKey: '[redacted]',
      DB_PASSWORD: '[redacted]',
      passwordRules: 'eight letters',
      attempts: 2,
    });
  });

  it('takes out a known secret that was encoded for a URL', () => {
    expect(redactor(['open sesame+1'])('https://x.org/?key=open%20sesame%2B1')).toBe('https://x.org/?key=[redacted]');
  });

  it('leaves errors and dates as they are', () => {
    const error = new Error('broken');
    expect(redact({ error }).error).toBe(error);
  });

  it('keeps what is not a string, and finds secrets that hold characters of regular expressions', () => {
    expect(redactor(['a.b*c('])({ count: 3, none: null, text: 'a.b*c( aXbbc(' })).toEqual({ count: 3, none: null, text: '[redacted] aXbbc(' });
  });

  it('leaves words alone when a secret is too short to be one', () => {
    expect(redactor(['a', ''])('a banana')).toBe('a banana');
  });
});

describe('environmentRedactor', () => {
  const redactOf = (username: string | { readonly fromEnv: string }, resolved: string) => {
    const umami = { url: 'https://umami.dev.graasp.org', websiteId: 'w-1', username, password: { fromEnv: 'UMAMI_PASSWORD' } };
    return environmentRedactor(testEnvironment({ definition: { ...definition, umami }, internals: { umami: { username: new Redacted(resolved), password: new Redacted('pass-of-umami') } } }));
  };

  it('hides how Umami is logged in to', () => {
    expect(redactOf({ fromEnv: 'UMAMI_USERNAME' }, 'viewer')(`${headerValue}: viewer, pass-of-umami`)).toBe('[redacted]: [redacted], [redacted]');
  });

  it('keeps a user name that stands in the definition, or is the name of something there', () => {
    expect(redactOf('viewer', 'viewer')('viewer')).toBe('viewer');
    expect(redactOf({ fromEnv: 'UMAMI_USERNAME' }, 'admin')('service admin')).toBe('service admin');
  });
});
