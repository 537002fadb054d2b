import type { OtherTasksPolicy } from '../other-tasks.js';
import type { Reads } from './read-once.js';
import type { WorstCase } from './worst-case.js';

/** What is about to be done: what only another of them needs is skipped. */
export type PreflightPurpose = 'migration' | 'deployment' | 'transition';

/** What is made of an overlap with something that comes at its own time: a failed check, or a warning. */
export type CalendarPolicy = 'refuse' | 'warn';

/** What every group of checks goes by. */
export interface Question {
  readonly purpose: PreflightPurpose;
  /** null: nothing is released. */
  readonly version: string | null;
  /** A snapshot is taken before the one of the window. */
  readonly warm: boolean;
  readonly otherTasks: OtherTasksPolicy;
  readonly calendar: CalendarPolicy;
  /** A schema of which nobody knows what an earlier migration made of it is migrated all the same. */
  readonly retryMigration: boolean;
  readonly worstCase: WorstCase;
  readonly reads: Reads;
}

/** Why a check that only a migration needs is skipped. */
export const nothingMigrated = 'nothing is migrated';
