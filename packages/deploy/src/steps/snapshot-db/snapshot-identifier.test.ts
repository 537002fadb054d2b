import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { snapshotIdentifier } from './snapshot-identifier.js';

const run = '20261123-231744-k3f9';

describe('snapshotIdentifier', () => {
  it('names database, version and run', () => {
    expect(snapshotIdentifier({ database: 'graasp-dev', version: 'v1.54.8', run, purpose: 'restore-point', attempt: 1 })).toBe('graasp-dev-v1-54-8-20261123-231744-k3f9');
  });

  it('numbers a second snapshot of the same run', () => {
    expect(snapshotIdentifier({ database: 'graasp-dev', version: 'v3.56.2-rc1', run, purpose: 'restore-point', attempt: 2 })).toBe('graasp-dev-v3-56-2-rc1-20261123-231744-k3f9-2');
  });

  it('does without a version', () => {
    expect(snapshotIdentifier({ database: 'Graasp--Dev', run, purpose: 'restore-point', attempt: 1 })).toBe('graasp-dev-20261123-231744-k3f9');
  });

  test.prop([fc.string(), fc.option(fc.string(), { nil: undefined }), fc.stringMatching(/^[a-z0-9]{1,40}$/), fc.integer({ min: 1, max: 99 })])(
    'is what RDS takes for an identifier, whatever it is made of, and ends in the run',
    (database, version, id, attempt) => {
      const identifier = snapshotIdentifier({ database: database.repeat(40), version, run: id, purpose: 'restore-point', attempt });
      expect(identifier).toMatch(/^[a-z](?:-?[a-z0-9])*$/);
      expect(identifier.length).toBeLessThanOrEqual(255);
      if ((version ?? '').length < 100) expect(identifier.endsWith(attempt === 1 ? id : `${id}-${attempt}`)).toBe(true);
    },
  );
});
