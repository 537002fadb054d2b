import type { ResultAsync } from 'neverthrow';
import { type Environment, internals } from '../environment/environment.js';
import type { LockLost, RunStoreFailed } from '../errors.js';
import { environmentRedactor, type Redact } from '../reports/redact.js';
import { documentWriter } from './document-writer.js';
import type { Journal, JournalEarlier, JournalStep } from './journal.js';
import type { HeldLock } from './lock.js';
import { keyOf } from './store-document.js';

export type StepList = 'steps' | 'putBack';

/** The journal of a run that goes on: in memory, and stored at every entry. */
export interface JournalKeeper {
  readonly journal: Journal;
  /** Enters something and stores it. */
  enter(change: (journal: Journal) => Journal): ResultAsync<void, RunStoreFailed | LockLost>;
  /** Enters something that may wait for the next entry to be stored. */
  note(change: (journal: Journal) => Journal): void;
}

/** `etag` is the version read when a run is resumed, null for a new run. What is stored holds no secret. */
export function keepJournal(env: Environment, lock: HeldLock, first: Journal, etag: string | null): JournalKeeper {
  const redact = journalRedactor(environmentRedactor(env));
  let journal = first;
  const writer = documentWriter(env[internals].runStore, keyOf.journal(env.definition.name, first.run), {
    etag,
    body: () => JSON.stringify(redact(journal), null, 1),
    lost: () => lock.lost(),
  });
  return {
    get journal() {
      return journal;
    },
    enter(change) {
      journal = change(journal);
      return writer.save();
    },
    note(change) {
      journal = change(journal);
    },
  };
}

/** A journal is stored at every entry, and steps of before never change: each is looked through once. */
function journalRedactor(redact: Redact): (journal: Journal) => Journal {
  const redacted = new WeakMap<JournalStep, JournalStep>();
  const once = (step: JournalStep): JournalStep => {
    const known = redacted.get(step) ?? redact(step);
    redacted.set(step, known);
    return known;
  };
  return (journal) => ({ ...redact({ ...journal, steps: [], putBack: [] }), steps: journal.steps.map(once), putBack: journal.putBack.map(once) });
}

/** The journal with one step of a list changed. */
export function withStep(list: StepList, name: string, change: (step: JournalStep) => JournalStep): (journal: Journal) => Journal {
  return (journal) => ({ ...journal, [list]: journal[list].map((step) => (step.name === name ? change(step) : step)) });
}

/** The journal with a step begun, or begun again: what it recorded is kept. One that was interrupted may have changed something unjournalled; one that was suspended is as it was. */
export function withStepOpened(list: StepList, name: string, { startedAt, suspendedBefore }: { readonly startedAt: string; readonly suspendedBefore: boolean }): (journal: Journal) => Journal {
  return (journal) => {
    const earlier = journal[list].find((step) => step.name === name);
    if (earlier?.status === 'open' && suspendedBefore) return journal;
    if (earlier !== undefined) return withStep(list, name, (step) => ({ ...step, startedAt, status: 'open', changed: step.changed || step.status === 'open', error: undefined, earlier: [...(step.earlier ?? []), attemptOf(step)] }))(journal);
    const opened: JournalStep = { name, startedAt, status: 'open', changed: false, records: {}, waits: [] };
    return { ...journal, [list]: [...journal[list], opened] };
  };
}

function attemptOf({ startedAt, status, seconds, changed, error }: JournalStep): JournalEarlier {
  return { startedAt, status, seconds, changed, error };
}
