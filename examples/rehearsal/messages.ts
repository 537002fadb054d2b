import type { Handle } from './handle.js';
import type { Fault } from './rehearsal.js';

/** How far the start of a rehearsal has got: `watchable` once there is a page that shows its cloud live. */
export type Progress = { readonly type: 'doing'; readonly doing: string } | { readonly type: 'watchable'; readonly pageUrl: string };

/** What the rehearsal's process tells the one that started it, until it is ready. */
export type FromRehearsal =
  | Progress
  | { readonly type: 'ready'; readonly handle: Handle }
  | { readonly type: 'failed'; readonly message: string };

/** What `GET status` of its control endpoint answers. */
export interface RehearsalStatus {
  readonly fault: Fault | null;
  /** The version that is released. */
  readonly version: string;
  /** Identifiers of the processes that work with it now. */
  readonly attached: readonly number[];
  /** The run that was begun last. */
  readonly runId: string | null;
  /** The run that ended in a hold which nobody has let go of; null: there is none. */
  readonly held: string | null;
  /** Whether the cause of the failure that was asked for is still there. */
  readonly broken: boolean;
  /** AWS requests so far that were no reads. */
  readonly writes: number;
}
