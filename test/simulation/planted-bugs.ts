import type { Clock, RunStore } from '@graasp/deploy';
import type { LocalCloud } from '@graasp/local-cloud';
import { forgetsTargetGroups } from './planted/forgets-target-groups.js';
import { opensFromTheHighest } from './planted/opens-from-the-highest.js';
import { sendsMigrationAnew } from './planted/sends-migration-anew.js';
import { trustsRunningCount } from './planted/trusts-running-count.js';
import { waitsForNoSnapshot } from './planted/waits-for-no-snapshot.js';

export interface Handler {
  handle(request: unknown, options?: unknown): Promise<unknown>;
}

/** A library with a defect, made of the one without: by what it sends, what it makes of an answer, or what it does with the run store. */
export interface PlantedBug {
  readonly name: string;
  /** The checker that is to find it. */
  readonly foundBy: string;
  handler?(inner: Handler, cloud: LocalCloud): Handler;
  store?(inner: RunStore, clock: Pick<Clock, 'now'>): RunStore;
}

export const plantedBugs: readonly PlantedBug[] = [opensFromTheHighest, trustsRunningCount, forgetsTargetGroups, sendsMigrationAnew, waitsForNoSnapshot];
