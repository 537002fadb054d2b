import { describe, expect, it } from 'vitest';
import { refuseOlderCode } from './refuse-older-code.js';

const deploying = { of: '', doing: 'deployed' };
const schema = { version: 'v1.54.8', outcome: 'migrated', at: '2026-11-23T10:00:00.000Z', run: 'run-1' } as const;

describe('refuseOlderCode', () => {
  it('lets the schema’s own version pass, and later ones', () => {
    expect(refuseOlderCode(schema, { ...deploying, version: 'v1.54.8' }).isOk()).toBe(true);
    expect(refuseOlderCode(schema, { ...deploying, version: 'v1.55.0' }).isOk()).toBe(true);
    expect(refuseOlderCode(null, { ...deploying, version: 'v0.1.0' }).isOk()).toBe(true);
  });

  it('refuses an older one unless it is known to fit', () => {
    expect(refuseOlderCode(schema, { ...deploying, version: 'v1.54.7' })._unsafeUnwrapErr()).toMatchObject({
      kind: 'Refused',
      rule: 'old-code-on-new-schema',
      lift: 'oldCodeFits',
      message: 'v1.54.7 is older than the schema, which was migrated to v1.54.8 (2026-11-23T10:00:00.000Z): nothing was deployed',
    });
    expect(refuseOlderCode(schema, { ...deploying, version: 'v1.54.7', oldCodeFits: true }).isOk()).toBe(true);
    expect(refuseOlderCode({ ...schema, outcome: 'unknown' }, { ...deploying, version: 'v1.54.7' })._unsafeUnwrapErr().message).toContain('which may have been changed by a migration to v1.54.8');
  });

  it('names no deployment that the hold of a run would refuse', () => {
    expect(refuseOlderCode(schema, { ...deploying, version: 'v1.54.7', held: true })._unsafeUnwrapErr().remedy).toBe(
      'Go on with the run that holds the environment, or restore the database: other code can be deployed once that run is let go of (releaseHold). If v1.54.7 is known to work on the new schema, pass oldCodeFits: true.',
    );
  });

  it('refuses code whose version nothing tells', () => {
    expect(refuseOlderCode(schema, { version: null, of: ' service core', doing: 'started' })._unsafeUnwrapErr()).toMatchObject({
      message: 'nothing tells which version service core is on, and the schema was migrated to v1.54.8 (2026-11-23T10:00:00.000Z): nothing was started',
      remedy: 'Deploy v1.54.8 or later with deployWithoutMigration, or restore the database. If that code is known to work on the new schema, pass oldCodeFits: true.',
    });
  });
});
