import type { Clock, DeployEvent, DeployWithMigrationOptions, RunStore } from '@graasp/deploy';
import type { LocalCloud } from '@graasp/local-cloud';
import type { FailedAttempt } from './run-seed.js';
import { believesStaleReads } from './planted/believes-stale-reads.js';
import { forgetsTargetGroups } from './planted/forgets-target-groups.js';
import { opensFromTheHighest } from './planted/opens-from-the-highest.js';
import { sendsMigrationAnew } from './planted/sends-migration-anew.js';
import { forgetsTheBaseline } from './planted/forgets-the-baseline.js';
import { forgetsTheHold } from './planted/forgets-the-hold.js';
import { goesOnWithoutItsLock } from './planted/goes-on-without-its-lock.js';
import { ignoresTheExitCode } from './planted/ignores-the-exit-code.js';
import { opensUnasked } from './planted/opens-unasked.js';
import { restoresOverTheDatabase } from './planted/restores-over-the-database.js';
import { saysUntouched } from './planted/says-untouched.js';
import { stealsExpiredLocks } from './planted/steals-expired-locks.js';
import { tellsTheSecret } from './planted/tells-the-secret.js';
import { trustsRunningCount } from './planted/trusts-running-count.js';
import { waitsForNoSnapshot } from './planted/waits-for-no-snapshot.js';
import { namesAnotherRun } from './planted/names-another-run.js';

export interface Handler {
  handle(request: unknown, options?: unknown): Promise<unknown>;
}

/** A library with a defect, made of the one without: by what it sends, what it makes of an answer, what it does with the run store, or what it tells. */
export interface PlantedBug {
  readonly name: string;
  /** The checker that is to find it, or `the way on comes to an end`, which is looked at where next actions are taken. */
  readonly foundBy: string;
  handler?(inner: Handler, cloud: LocalCloud): Handler;
  store?(inner: RunStore, clock: Pick<Clock, 'now'>): RunStore;
  /** What it tells instead. */
  event?(event: DeployEvent): DeployEvent;
  /** The error that it gives instead. */
  error?(error: FailedAttempt): FailedAttempt;
  /** The options that it goes by instead. */
  options?(options: DeployWithMigrationOptions): DeployWithMigrationOptions;
}

export const plantedBugs: readonly PlantedBug[] = [opensFromTheHighest, trustsRunningCount, forgetsTargetGroups, sendsMigrationAnew, waitsForNoSnapshot, forgetsTheBaseline, forgetsTheHold, ignoresTheExitCode, opensUnasked, restoresOverTheDatabase, saysUntouched, stealsExpiredLocks, goesOnWithoutItsLock, believesStaleReads, tellsTheSecret, namesAnotherRun];
