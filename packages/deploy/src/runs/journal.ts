import { ResultAsync } from 'neverthrow';
import * as v from 'valibot';
import type { Expectations, JsonValue, RunFact } from '../environment/environment.js';
import type { DeployError, RunStoreFailed, Situation } from '../errors.js';
import type { FailureAction } from './failure-action.js';
import type { LockHolder, RunStore } from './run-store.js';
import { keyOf, readJson, type Shape, type Stored } from './store-document.js';

/** All that is known of a run: one JSON document, written again at every entry. */
export interface Journal {
  readonly format: 1;
  readonly run: string;
  readonly recipe: string;
  readonly environment: string;
  /** Version of this library that began it. */
  readonly library: string;
  readonly options: JsonValue;
  readonly startedAt: string;
  /** This run's processes: the first, and each that resumed it. */
  readonly attempts: readonly JournalAttempt[];
  readonly steps: readonly JournalStep[];
  /** What was done after a failure to put things back. */
  readonly putBack: readonly JournalStep[];
  readonly expectations: Expectations;
  /** When the baseline was taken that this run goes by. */
  readonly baselineTakenAt?: string | undefined;
  readonly failure?: JournalFailure | undefined;
  readonly outcome?: JournalOutcome | undefined;
  readonly released?: JournalRelease | undefined;
}

export interface JournalAttempt {
  readonly at: string;
  readonly by: LockHolder;
  readonly changedOptions?: JsonValue | undefined;
}

export interface JournalStep {
  readonly name: string;
  readonly startedAt: string;
  readonly status: 'open' | 'done' | 'failed';
  readonly seconds?: number | undefined;
  /** A change was about to be sent. */
  readonly changed: boolean;
  readonly report?: JsonValue | undefined;
  readonly error?: JournalError | undefined;
  readonly records: Readonly<Record<string, JsonValue>>;
  readonly waits: readonly JournalWait[];
  /** Attempts at it before this one, the first one first. */
  readonly earlier?: readonly JournalEarlier[] | undefined;
}

/** An attempt at a step that failed or, if it is `open`, was cut off. */
export type JournalEarlier = Pick<JournalStep, 'startedAt' | 'status' | 'seconds' | 'changed' | 'error'>;

/** A wait that came to its end, and lasted: one that saw at its first look what it waits for is none. */
export interface JournalWait {
  readonly waitingFor: string;
  readonly seconds: number;
  /** ISO time; absent in journals of before it was noted. */
  readonly endedAt?: string | undefined;
}

/** What a step records of a deployment that it has begun, before the service's name. */
export const deploymentRecord = 'deployment:';

/** Whether steps have, or may have, changed something. One that is still open was cut off, and may have without a word in the journal. */
export function mayHaveChanged(steps: readonly JournalStep[]): boolean {
  return steps.some(({ changed, status }) => changed || status === 'open');
}

export type JournalError = DeployError | { readonly kind: string; readonly message: string; readonly remedy: string };

export interface JournalFailure {
  readonly step: string;
  readonly error: JournalError;
  /** What the failure table says is to be done. */
  readonly does: FailureAction;
}

export type JournalOutcome =
  | { readonly status: 'succeeded'; readonly at: string; readonly report: JsonValue }
  | { readonly status: 'failed'; readonly at: string; readonly situation: Situation };

export interface JournalRelease {
  readonly at: string;
  readonly by: LockHolder;
  readonly reason: string;
}

const steps = v.array(v.looseObject({ name: v.string(), records: v.looseObject({}), waits: v.array(v.looseObject({})) }));
const shape: Shape<Journal> = v.looseObject({ attempts: v.array(v.looseObject({})), steps, putBack: steps });

/** The journal under a key of `keyOf.journal`, or of the list of them; null where none is. */
export function readJournal(store: RunStore, key: string): ResultAsync<Stored<Journal> | null, RunStoreFailed> {
  return readJson(store, key, shape);
}

/** The journals of an environment's runs, the oldest first. */
export function readJournals(store: RunStore, environment: string): ResultAsync<readonly Journal[], RunStoreFailed> {
  return store
    .list(keyOf.journals(environment))
    .andThen((keys) => ResultAsync.combine(keys.map((key) => readJournal(store, key))))
    .map((found) => found.flatMap((journal) => (journal === null ? [] : [journal.value])));
}

/** What any step of the run recorded under a key: the last one's. */
export function factOf({ steps }: Journal, key: RunFact): JsonValue | undefined {
  return steps.findLast(({ records }) => records[key] !== undefined)?.records[key];
}

/** Identifiers of runs begin with their time, so that they sort by age: `20261123-231744-k3f9`. */
export function newRunId(clock: { now(): number; random(): number }): string {
  const [day, time] = new Date(clock.now()).toISOString().split('T') as [string, string];
  const chance = Math.floor(clock.random() * 36 ** 4).toString(36).padStart(4, '0');
  return `${day.replaceAll('-', '')}-${time.slice(0, 8).replaceAll(':', '')}-${chance}`;
}
