import type { ResultAsync } from 'neverthrow';
import { steadyNow } from '../../clock.js';
import type { DBSnapshot } from '../../aws/rds.js';
import type { Environment } from '../../environment/environment.js';
import type { Aborted, Conflict, TimedOut } from '../../errors.js';
import { okAsync } from 'neverthrow';
import { waitUntil } from '../../wait.js';

/** RDS archives the WAL every five minutes, and writes on its own account: by then a snapshot shows a later transaction even of an idle database. */
const secondsToLaterTransaction = 5 * 60;

/** Whether the snapshot's last transaction ("SnapshotDatabaseTime") is older than the end of the last writer. */
export function predates(snapshot: DBSnapshot, writersStoppedAt: string | null): boolean {
  const holdsUntil = snapshot.SnapshotDatabaseTime ?? snapshot.SnapshotCreateTime;
  return writersStoppedAt !== null && holdsUntil !== undefined && holdsUntil.getTime() < Date.parse(writersStoppedAt);
}

/** Waits until a snapshot taken now can prove that it comes after the last writer. */
export function awaitLaterTransaction(env: Environment, writersStoppedAt: string, timeoutSeconds: number): ResultAsync<void, TimedOut | Aborted | Conflict> {
  const until = Date.parse(writersStoppedAt) + secondsToLaterTransaction * 1000;
  // no longer than that even where this machine's clock is behind
  const steadyUntil = steadyNow(env.clock) + Math.min(until - env.clock.now(), secondsToLaterTransaction * 1000);
  return waitUntil<void, never, never>(env, {
    waitingFor: 'a transaction after the last writer stopped',
    timeoutSeconds,
    intervalSeconds: 30,
    probe: () =>
      okAsync(steadyNow(env.clock) >= steadyUntil ? { status: 'done' as const, value: undefined } : { status: 'pending' as const, seen: `until ${new Date(until).toISOString()}` }),
  });
}
