import { describe, expect, it } from 'vitest';
import { failureTable } from '../recipes/failure-table.js';
import { failureAction, type FailureRow } from './failure-action.js';

const version = 'v1.0.0';

describe('failureAction', () => {
  const failed = { step: 's', schema: 'untouched', changed: true, options: { bold: true } } as const;
  const row = (changes: Partial<FailureRow<{ readonly bold: boolean }>>): FailureRow<{ readonly bold: boolean }> => ({ step: 's', does: 'reopen', leaves: '', ...changes });

  it('takes the first row that fits', () => {
    expect(failureAction([row({ step: 'other', does: 'undone' }), row({}), row({ does: 'hold' })], failed)).toBe('reopen');
    expect(failureAction([row({ schema: 'migrated', does: 'undone' }), row({})], failed)).toBe('reopen');
    expect(failureAction([row({ when: ({ bold }) => !bold, does: 'undone' }), row({})], failed)).toBe('reopen');
  });

  it('holds where no row fits, and does nothing where nothing was changed', () => {
    expect(failureAction([], failed)).toBe('hold');
    expect(failureAction([row({})], { ...failed, changed: false })).toBe('nothing');
  });
});

describe('failureTable', () => {
  it.each([
    ['preflight', 'untouched', 'nothing'],
    ['promote-image', 'untouched', 'nothing'],
    ['warm-snapshot', 'untouched', 'nothing'],
    ['preflight-again', 'untouched', 'nothing'],
    ['gate-on', 'untouched', 'undone'],
    ['await-drained', 'untouched', 'reopen'],
    ['stop-services', 'untouched', 'start-and-reopen'],
    ['snapshot-db', 'untouched', 'start-and-reopen'],
    ['run-migration', 'untouched', 'hold'],
    ['run-migration', 'migrated', 'hold'],
    ['run-migration', 'unknown', 'hold'],
    ['await-db-settled', 'migrated', 'hold'],
    ['start-administration', 'migrated', 'hold'],
    ['deploy-core', 'migrated', 'hold'],
    ['verify-deployment', 'migrated', 'hold'],
    ['gate-off', 'migrated', 'close-and-hold'],
  ] as const)('after %s with the schema %s: %s', (step, schema, does) => {
    expect(failureAction(failureTable, { step, schema, changed: true, options: { version } })).toBe(does);
  });

  it('puts the old version back after a failed migration only when told to, and only when the schema is untouched', () => {
    const options = { version, onMigrationFailure: 'reopen-when-untouched' } as const;
    const after = (schema: 'untouched' | 'migrated' | 'unknown') => failureAction(failureTable, { step: 'run-migration', schema, changed: true, options });
    expect([after('untouched'), after('migrated'), after('unknown')]).toEqual(['start-and-reopen', 'hold', 'hold']);
  });
});
