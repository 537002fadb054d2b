import { expectedGot, objectProblems } from '../environment/validate.js';
import type { FailureRow } from '../runs/failure-action.js';
import type { MigrationStepsOptions } from './migration-steps.js';

/**
 * What is done when a step of a release fails, and where that leaves the environment; the first row that fits decides. An aborted run, and
 * one that has lost its lock or its run store, puts nothing back: it holds, unless there is nothing to be done. Putting back that fails holds too, and is added to the error.
 *
 * Point of no return: the first rule opened after the migration (`gate-off`). What is put back before the migration is held instead where
 * `onFailure` says so; nothing can be told to reopen where this table holds.
 */
export const failureTable: readonly FailureRow<MigrationStepsOptions>[] = [
  { step: 'preflight', does: 'nothing', leaves: 'untouched' },
  { step: 'promote-image', does: 'nothing', leaves: 'untouched, but for images that nothing runs yet' },
  { step: 'warm-snapshot', does: 'nothing', leaves: 'untouched: visitors have noticed nothing, and the snapshot of the window would fail for the same reason, with them turned away' },
  { step: 'preflight-again', does: 'nothing', leaves: 'untouched' },
  { step: 'gate-on', does: 'undone', leaves: 'as found' },
  { step: 'await-drained', does: 'reopen', leaves: 'as found' },
  { step: 'stop-services', does: 'start-and-reopen', leaves: 'as found, or hold' },
  { step: 'snapshot-db', does: 'start-and-reopen', leaves: 'as found, or hold' },
  {
    step: 'run-migration',
    schema: 'untouched',
    when: ({ onMigrationFailure }) => onMigrationFailure === 'reopen-when-untouched',
    does: 'start-and-reopen',
    leaves: 'as found, or hold',
  },
  { step: 'run-migration', does: 'hold', leaves: 'hold in db-only: read the lines, fix and resume, or restore the database' },
  { step: 'await-db-settled', does: 'hold', leaves: 'hold in db-only' },
  { step: 'start-administration', does: 'hold', leaves: 'hold in db-only' },
  { step: 'deploy-core', does: 'hold', leaves: 'hold in db-only or restricted, or mixed: some services are up' },
  { step: 'verify-deployment', does: 'hold', leaves: 'hold in restricted' },
  { step: 'gate-off', does: 'close-and-hold', leaves: 'hold in restricted' },
];

/** The rows of a release: what it was told first, then those of `failureTable`. */
export function failureRows({ onFailure = {} }: Pick<MigrationStepsOptions, 'onFailure'>): readonly FailureRow<MigrationStepsOptions>[] {
  const told = Object.keys(onFailure).map((step) => ({ step, does: 'hold' as const, leaves: 'hold, as it was told to' }));
  return [...told, ...failureTable];
}

const putsBack = failureTable.filter(({ does, schema }) => schema === undefined && (does === 'undone' || does === 'reopen' || does === 'start-and-reopen')).map(({ step }) => step);

/** A hold is all that can be told: who reopens what this table holds may let old code onto the new schema. */
export function onFailureProblems(onFailure: unknown): readonly string[] {
  if (onFailure === undefined) return [];
  const wrong = objectProblems('onFailure', onFailure);
  if (wrong.length > 0) return wrong;
  return Object.entries(onFailure as object).flatMap(([step, does]) => {
    if (!putsBack.includes(step)) return [`onFailure.${step}: expected one of ${putsBack.join(', ')}: before those nothing is changed, and after them everything is held`];
    return does === 'hold' ? [] : [`onFailure.${step}: ${expectedGot("'hold'", does)}`];
  });
}
