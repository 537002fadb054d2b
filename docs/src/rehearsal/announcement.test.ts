import { describe, expect, it } from 'vitest';
import { announcement } from './announcement';
import type { Failed } from './look';

const again = { text: 'Start again', command: 'deploy()' };

function announced(kind: string, step: string, nextActions: Failed['nextActions']): string {
  const situation: Failed['situation'] = { step, state: 'running', maintenance: 'off', schema: 'untouched', left: 'untouched', nextActions };
  return announcement('open', { busy: null, run: null, ending: { kind: 'failed', what: 'deployWithMigration', failure: { kind, message: '' }, situation, nextActions } });
}

describe('what is read out', () => {
  it('says where it failed, and how many ways on there are', () => {
    expect(announced('SnapshotFailed', 'snapshot-db', [again])).toBe('SnapshotFailed in snapshot-db. One thing can be done about it.');
    expect(announced('MigrationFailed', 'run-migration', [again, again])).toBe('MigrationFailed in run-migration. 2 things can be done about it.');
  });

  it('names no step where it was refused before the first', () => {
    expect(announced('Conflict', '', [again])).toBe('Conflict. One thing can be done about it.');
  });

  it('says that it could not be loaded', () => {
    expect(announcement('could-not-load', { busy: null, run: null, ending: null })).toBe('The rehearsal could not be loaded.');
  });

  it('says that the laptop is closed', () => {
    expect(announcement('open', { busy: null, run: null, ending: { kind: 'laptop-closed', step: '', nextActions: [] } })).toContain('The laptop is closed');
  });
});
