import { ok, type ResultAsync, safeTry } from 'neverthrow';
import { type Environment, internals, type RunFact } from '../../environment/environment.js';
import type { AwsError, RunStoreFailed } from '../../errors.js';
import { readGate } from '../../gate/read-gate.js';
import { isClosed } from '../../gate/rules.js';
import { type Journal, readJournals } from '../../runs/journal.js';
import type { RestoreTarget } from './restore-target.js';

/** Visitors who have been let in since what is restored was taken: what they wrote is lost. */
export interface LetIn {
  /** ISO time since which they may have written. */
  readonly since: string;
  /** Whether some are let in now. */
  readonly now: boolean;
  readonly seconds: number;
}

/**
 * Whether visitors have been let in since a time: by a run, whose journal tells when, or by somebody else, whose rules are open now and may have
 * been so ever since.
 */
export function visitorsSince(env: Environment, { snapshotId, databaseTime }: Pick<RestoreTarget, 'snapshotId' | 'databaseTime'>): ResultAsync<LetIn | null, AwsError | RunStoreFailed> {
  return safeTry<LetIn | null, AwsError | RunStoreFailed>(async function* () {
    const taken = Date.parse(databaseTime);
    const openings = (yield* openingsSince(env, { snapshotId, taken })).sort();
    const { gated, header } = yield* readGate(env);
    const now = gated.some((rule) => !isClosed(rule, header));
    const since = openings[0] ?? (now ? databaseTime : undefined);
    return ok(since === undefined ? null : { since, now, seconds: Math.round((env.clock.now() - Date.parse(since)) / 1000) });
  });
}

interface Taken {
  readonly snapshotId: string | null;
  /** By AWS's time. */
  readonly taken: number;
}

/** ISO times since which visitors were let in: runs began to open the gate then, or found it open later and closed it. */
function openingsSince(env: Environment, { snapshotId, taken }: Taken): ResultAsync<string[], RunStoreFailed> {
  const { runStore } = env[internals];
  return readJournals(runStore, env.definition.name).map((journals) => {
    const after = Math.min(taken, ...journals.flatMap((journal) => takenBy(journal, snapshotId)));
    return journals.flatMap((journal) => openingsOf(journal, after)).map((since) => isoFrom(Math.max(taken, Date.parse(since))));
  });
}

/** When a run took the snapshot by its machine's time, which may be behind AWS's: what that machine did next is told by the same. */
function takenBy({ steps }: Journal, snapshotId: string | null): readonly number[] {
  if (snapshotId === null) return [];
  return steps.flatMap(({ records, startedAt }) => ((records[restorePoint] as { readonly snapshotId?: string } | undefined)?.snapshotId === snapshotId ? [Date.parse(startedAt)] : []));
}

const restorePoint: RunFact = 'restorePoint';
const opened: RunFact = 'gateOpenedAt';
const closed: RunFact = 'gateClosed';

function openingsOf({ steps, putBack }: Journal, taken: number): readonly string[] {
  return [...steps, ...putBack].flatMap(({ records, startedAt }) => [
    ...(typeof records[opened] === 'string' && Date.parse(records[opened]) > taken ? [records[opened]] : []),
    ...(records[closed] === true && Date.parse(startedAt) > taken ? [isoFrom(taken)] : []),
  ]);
}

function isoFrom(time: number): string {
  return new Date(time).toISOString();
}
