import { describe, expect, it } from 'vitest';
import { refuseUndoneCode } from './refuse-undone-code.js';

const refuse = (undone: string | null, version: string | null) => refuseUndoneCode(undone, { version, of: ' of service web', doing: 'started' });

describe('refuseUndoneCode', () => {
  it.each(['v2.0.0', 'v2.0.1', 'v3.0.0'])('keeps %s off a database from which the migration to v2.0.0 was undone', (version) => {
    expect(refuse('v2.0.0', version)._unsafeUnwrapErr()).toEqual({
      kind: 'Refused',
      rule: 'new-code-on-old-schema',
      message: `the database was restored to before its migration to v2.0.0, and ${version} of service web is not older than that: nothing was started`,
      remedy: 'Go back to the version that was there before (rollBack), or migrate again with applyMigration or deployWithMigration.',
    });
  });

  it.each([
    ['v2.0.0', 'v1.9.9'],
    ['v2.0.0', 'v2.0.0-rc1'],
    ['v2.0.0', null],
    [null, 'v3.0.0'],
  ])('lets be, with %j undone, what is on %j', (undone, version) => {
    expect(refuse(undone, version).isOk()).toBe(true);
  });
});
