import { ok, ResultAsync, safeTry } from 'neverthrow';
import { type Environment, internals, type RunFact } from '../../environment/environment.js';
import type { AwsError, RunStoreFailed } from '../../errors.js';
import { readGate } from '../../gate/read-gate.js';
import { isClosed } from '../../gate/rules.js';
import type { Journal } from '../../runs/journal.js';
import { keyOf, readJson } from '../../runs/store-document.js';

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
export function visitorsSince(env: Environment, taken: number): ResultAsync<LetIn | null, AwsError | RunStoreFailed> {
  return safeTry<LetIn | null, AwsError | RunStoreFailed>(async function* () {
    const openings = (yield* openingsSince(env, taken)).sort();
    const { gated, header } = yield* readGate(env);
    const now = gated.some((rule) => !isClosed(rule, header));
    const since = openings[0] ?? (now ? new Date(taken).toISOString() : undefined);
    return ok(since === undefined ? null : { since, now, seconds: Math.round((env.clock.now() - Date.parse(since)) / 1000) });
  });
}

/** ISO times since which visitors were let in: runs began to open the gate then, or found it open later and closed it. */
function openingsSince(env: Environment, taken: number): ResultAsync<string[], RunStoreFailed> {
  const { runStore } = env[internals];
  const prefix = keyOf.journals(env.definition.name);
  return runStore
    .list(prefix)
    .andThen((keys) => ResultAsync.combine(keys.map((key) => readJson<Journal>(runStore, key))))
    .map((journals) => journals.flatMap((journal) => (journal === null ? [] : openingsOf(journal.value, taken))));
}

const opened: RunFact = 'gateOpenedAt';
const closed: RunFact = 'gateClosed';

function openingsOf({ steps, putBack }: Journal, taken: number): readonly string[] {
  return [...steps, ...putBack].flatMap(({ records, startedAt }) => [
    ...(typeof records[opened] === 'string' && Date.parse(records[opened]) > taken ? [records[opened]] : []),
    ...(records[closed] === true && Date.parse(startedAt) > taken ? [new Date(taken).toISOString()] : []),
  ]);
}
