import type { Lost, Schema, TableContent, Writer } from './proof.js';
import type { TimelineEntry, VisitsVerdict } from './timeline.js';
import type { Visit } from './visitors.js';

/** What a rehearsal knows when it is asked: plain JSON, without a judgement. */
export interface Facts {
  readonly rows: RowFacts;
  /** The newest snapshot, restored aside; null when there is none. */
  readonly snapshot: SnapshotFacts | null;
  /** How many migrations the database says were applied to it. */
  readonly migrationsApplied: { readonly before: number; readonly after: number };
  /** How many tasks ran a migration to its end with exit code 0. */
  readonly migrationsRun: number;
  /** Whether the database was restored since: what a migration did is undone then. */
  readonly restored: boolean;
  /** Which version wrote rows, and between when. */
  readonly writers: readonly Writer[];
  /** Tasks of the old version that ran after the first task of the migration was created. */
  readonly oldTasks: readonly string[];
  readonly visits: VisitFacts;
  /** Defects of the local cloud itself. */
  readonly defects: readonly string[];
}

export interface RowFacts {
  readonly schemaBefore: Schema;
  readonly schemaAfter: Schema;
  /** What had been written when the rehearsal began, as it was then. */
  readonly before: readonly TableContent[];
  /** Where the same rows are not the same any more. */
  readonly lost: readonly Lost[];
}

export interface SnapshotFacts {
  readonly id: string;
  readonly schema: Schema;
  /** What is in it: everything that was written until the last writer had stopped. */
  readonly tables: readonly TableContent[];
  /** Where the database in use, without what was written since, differs from it. */
  readonly lost: readonly Lost[];
}

export interface VisitFacts {
  readonly total: number;
  readonly verdict: Omit<VisitsVerdict, 'errors' | 'leaks' | 'oldAfterNew' | 'letIn'>;
  readonly errors: Sample;
  readonly leaks: readonly LeakFacts[];
  readonly oldAfterNew: Sample;
  readonly letIn: Sample;
  /** What visitors of the released application met, second by second of the machine's time; known leaks left out. */
  readonly application: readonly TimelineEntry[];
  /** The same of everything else. */
  readonly others: readonly TimelineEntry[];
}

/** How many, and the first of them. */
export interface Sample {
  readonly count: number;
  readonly first: readonly Visit[];
}

export interface LeakFacts {
  readonly host: string;
  readonly path: string;
  /** What answered instead. */
  readonly service: string;
  readonly count: number;
}
