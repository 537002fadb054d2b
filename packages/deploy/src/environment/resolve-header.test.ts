import { afterEach, describe, expect, it, vi } from 'vitest';
import { definition } from './environment.fixture.js';
import { resolveHeader } from './resolve-header.js';

afterEach(() => vi.unstubAllEnvs());

function resolve(name: string, value: string | undefined) {
  vi.stubEnv('MAINTENANCE_HEADER_NAME', name);
  vi.stubEnv('MAINTENANCE_HEADER_SECRET', value);
  return resolveHeader({ ...definition, maintenance: { headerName: { fromEnv: 'MAINTENANCE_HEADER_NAME' }, headerValue: { fromEnv: 'MAINTENANCE_HEADER_SECRET' } } });
}

describe('resolveHeader', () => {
  it('reads the variables, and hides the value', () => {
    const { header, problems } = resolve('x-maintenance', 'open-sesame');
    expect(problems).toEqual([]);
    expect(header.name).toBe('x-maintenance');
    expect(header.value.reveal()).toBe('open-sesame');
    expect(JSON.stringify(header)).not.toContain('open-sesame');
    expect(String(header.value)).toBe('[redacted]');
  });

  it.each([undefined, ''])('names a variable that is %j', (value) => {
    expect(resolve('x-maintenance', value).problems).toEqual(['maintenance.headerValue: expected environment variable MAINTENANCE_HEADER_SECRET to be set, got nothing']);
  });

  it('takes 40 characters for a name and 128 for a value', () => expect(resolve('x'.repeat(40), 'y'.repeat(128)).problems).toEqual([]));

  it.each([
    ['x'.repeat(41), '41 characters'],
    ['x maintenance', '13 characters, not all of them allowed'],
    ['x-*', '3 characters, not all of them allowed'],
    ['x:y', '3 characters, not all of them allowed'],
  ])('refuses %j for a name', (name, got) => {
    expect(resolve(name, 'open-sesame').problems).toEqual([`maintenance.headerName (environment variable MAINTENANCE_HEADER_NAME): expected a header name of at most 40 letters, digits and hyphens (RFC 7230), got ${got}`]);
  });

  it('refuses Host, in whatever case', () => {
    expect(resolve('HOST', 'open-sesame').problems).toEqual(['maintenance.headerName (environment variable MAINTENANCE_HEADER_NAME): expected another header than Host, for which listener rules have a condition of its own']);
  });

  it.each([
    ['x-key', '1234567', 'headerValue', 'SECRET', 'expected a secret of at least 8 characters, got 7'],
    ['x-key', '20261123', 'headerValue', 'SECRET', 'expected something else than digits, which times and identifiers consist of'],
    ['x-key', 'GRAASP-dev', 'headerValue', 'SECRET', 'expected a secret that is no part of the definition'],
    ['x-key', 'listener-rule', 'headerValue', 'SECRET', 'expected a secret that is no word which journals and reports of this library consist of'],
    ['Restricted', 'open-sesame', 'headerName', 'NAME', 'expected a secret that is no word which journals and reports of this library consist of'],
  ])('refuses %j: %j, which could not be told from what a run goes by', (name, value, key, variable, problem) => {
    expect(resolve(name, value).problems).toEqual([`maintenance.${key} (environment variable MAINTENANCE_HEADER_${variable}): ${problem}`]);
  });

  it.each([
    ['y'.repeat(129), '129 characters'],
    ['*', '1 characters, not all of them allowed'],
    ['sesame?', '7 characters, not all of them allowed'],
    ['open sesame', '11 characters, not all of them allowed'],
  ])('refuses %j for a value, without repeating it', (value, got) => {
    expect(resolve('x-maintenance', value).problems).toEqual([`maintenance.headerValue (environment variable MAINTENANCE_HEADER_SECRET): expected at most 128 visible characters, * and ? not among them, got ${got}`]);
  });
});
