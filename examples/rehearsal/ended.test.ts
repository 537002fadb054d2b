import { err, ok, type Situation } from '@graasp/deploy';
import { describe, expect, it } from 'vitest';
import { doneBy, endOf, waits } from './ended.js';

const held: Situation = { step: 'deploy-core', state: 'db-only', maintenance: 'on', schema: 'migrated', left: 'hold', nextActions: [] };
const succeeded = ok({});

describe('doneBy', () => {
  it('takes a resumed run for what it does, and not for a release', () => {
    expect(doneBy({ does: 'resume' }, 'restoreDb')).toBe('restore');
    expect(doneBy({ does: 'resume' }, 'rollBack')).toBe('roll-back');
    expect(doneBy({ does: 'resume' }, 'reopen')).toBe('reopen');
    expect(doneBy({ does: 'resume' }, 'deployWithMigration')).toBe('resume');
    expect(doneBy({ does: 'resume' }, undefined)).toBe('resume');
    expect(doneBy({ does: 'release' }, undefined)).toBe('release');
  });
});

describe.each(['restoreDb', 'rollBack'])('a %s that is resumed and succeeds', (recipe) => {
  const does = doneBy({ does: 'resume' }, recipe);

  it('is not taken for a release that visitors must meet', () => {
    expect(endOf(succeeded, does)).toBeNull();
  });

  it('leaves the local cloud waiting for what is next', () => {
    expect(waits(succeeded, does)).toBe(true);
  });
});

describe('endOf', () => {
  it('expects what is reopened to be the version that was there, whoever goes on with it', () => {
    expect(endOf(succeeded, doneBy({ does: 'resume' }, 'reopen'))).toEqual({ left: 'as-found', schema: 'unknown' });
  });

  it('expects the new version after a release that is resumed', () => {
    expect(endOf(succeeded, doneBy({ does: 'resume' }, 'deployWithMigration'))).toEqual({ left: 'released', schema: 'migrated' });
  });

  it('expects what a failure says, unless it changed nothing', () => {
    expect(endOf(err({ situation: held }), 'restore')).toBe(held);
    expect(endOf(err({ situation: { ...held, left: 'untouched' as const } }), 'restore')).toBeNull();
    expect(endOf(err({}), 'release')).toBeNull();
  });
});

describe('waits', () => {
  it('for who goes on from a hold, and for who was refused', () => {
    expect(waits(err({ situation: held }), 'release')).toBe(true);
    expect(waits(err({ situation: { ...held, left: 'as-found' as const } }), 'release')).toBe(false);
    expect(waits(err({ situation: { ...held, left: 'untouched' as const } }), 'restore')).toBe(true);
    expect(waits(succeeded, 'release')).toBe(false);
    expect(waits(succeeded, 'resume')).toBe(false);
  });
});
