import { describe, expect, it } from 'vitest';
import { failureAction } from '../runs/failure-action.js';
import { failureRows, failureTable, onFailureProblems } from './failure-table.js';
import type { MigrationStepsOptions } from './migration-steps.js';

const does = (step: string, options: Partial<MigrationStepsOptions> = {}, schema: 'untouched' | 'migrated' | 'unknown' = 'untouched') =>
  failureAction(failureRows(options), { step, schema, changed: true, options: { version: 'v2.0.0', ...options } });

describe('failureRows', () => {
  it('are those of every release where nothing was told', () => {
    expect(failureRows({})).toEqual(failureTable);
  });

  it('hold after each step that was told so, and go by the others as ever', () => {
    const options = { onFailure: { 'gate-on': 'hold', 'snapshot-db': 'hold' } } as const;
    expect(failureRows(options).slice(0, 2)).toEqual([
      { step: 'gate-on', does: 'hold', leaves: 'hold, as it was told to' },
      { step: 'snapshot-db', does: 'hold', leaves: 'hold, as it was told to' },
    ]);
    expect(['gate-on', 'await-drained', 'stop-services', 'snapshot-db'].map((step) => does(step, options))).toEqual(['hold', 'reopen', 'start-and-reopen', 'hold']);
  });

  it.each([
    ['reopen-when-untouched', 'untouched', 'start-and-reopen'],
    ['reopen-when-untouched', 'unknown', 'hold'],
    ['reopen-when-untouched', 'migrated', 'hold'],
    ['hold', 'untouched', 'hold'],
    [undefined, 'untouched', 'hold'],
  ] as const)('after a failed migration, told to %s, with the schema %s: %s', (onMigrationFailure, schema, expected) => {
    expect(does('run-migration', { onMigrationFailure }, schema)).toBe(expected);
  });
});

describe('onFailureProblems', () => {
  it.each<readonly [unknown, readonly string[]]>([
    [undefined, []],
    [{}, []],
    [null, ['onFailure: expected an object, got null']],
    [{ 'gate-on': 'reopen', 'deploy-core': 'hold' }, ["onFailure.gate-on: expected 'hold', got 'reopen' (string)", 'onFailure.deploy-core: expected one of gate-on, await-drained, stop-services, snapshot-db: before those nothing is changed, and after them everything is held']],
  ])('of %j are %j', (onFailure, problems) => {
    expect(onFailureProblems(onFailure)).toEqual(problems);
  });
});
