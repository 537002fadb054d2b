import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { asideIdentifier, asideIdentifierPattern } from './instance-names.js';

const identifier = fc.array(fc.stringMatching(/^[a-z][a-z0-9]{0,20}$/), { minLength: 1, maxLength: 9 }).map((words) => words.join('-').slice(0, 63).replace(/-$/, ''));
const run = '20261123-231744-k3f9';

describe('asideIdentifier', () => {
  it('says whose it is, what for, and by which run', () => {
    expect(asideIdentifier('graasp-dev', 'before', run)).toBe('graasp-dev-before-20261123-231744-k3f9');
  });

  test.prop([identifier, fc.constantFrom('before', 'restored', 'rehearsal')])('is a name that RDS takes, however long the database’s', (database, what) => {
    const name = asideIdentifier(database, what, run);
    expect(name).toMatch(/^[a-z](?!.*--)[a-z0-9-]{0,62}$/);
    expect(name.endsWith(`-${what}-${run}`)).toBe(true);
  });
});

describe('asideIdentifierPattern', () => {
  test.prop([identifier, fc.constantFrom('before', 'restored', 'rehearsal')])('is what the names of every run begin with, also where the database’s is cut', (database, what) => {
    const [start = '', rest] = asideIdentifierPattern(database, what).split('*');
    expect(rest).toBe('');
    expect(asideIdentifier(database, what, run).startsWith(start)).toBe(true);
    expect(start.endsWith(`-${what}-`)).toBe(true);
  });
});
