import type { RunHandle } from '../environment/environment.js';
import type { BaselineKeeper } from './baseline-keeper.js';
import { factOf } from './journal.js';
import { type JournalKeeper, type StepList, withStep } from './journal-keeper.js';
import type { HeldLock } from './lock.js';

export interface RunParts {
  readonly lock: HeldLock;
  readonly journal: JournalKeeper;
  readonly baseline: BaselineKeeper;
  readonly usualSeconds: (waitingFor: string) => number | undefined;
}

/** What a run lends to one of its steps. */
export function runHandle(parts: RunParts, list: StepList, step: string): RunHandle {
  const { lock, journal, baseline } = parts;
  const records = (name: string) => [...journal.journal[list], ...journal.journal.steps].find((entry) => entry.name === name)?.records;
  return {
    id: journal.journal.run,
    recipe: journal.journal.recipe,
    step,
    puttingBack: list === 'putBack',
    assertLock: () =>
      lock.hold().map(() => {
        journal.note(withStep(list, step, (entry) => (entry.changed ? entry : { ...entry, changed: true })));
      }),
    carry: (send) => lock.carry(send),
    record: (key, value) => lock.whileHere(() => journal.enter(withStep(list, step, (entry) => ({ ...entry, records: { ...entry.records, [key]: value } })))),
    recall: (key) => records(step)?.[key],
    recallFact: (key) => factOf(journal.journal, key),
    baseline: () => baseline.baseline,
    saveBaseline: (next) =>
      lock.whileHere(() => {
        journal.note((before) => ({ ...before, baselineTakenAt: next.takenAt }));
        return baseline.save(next);
      }),
    get expectations() {
      return journal.journal.expectations;
    },
    expect: (change) => lock.whileHere(() => journal.enter((before) => ({ ...before, expectations: { ...before.expectations, ...change } }))),
    usualSeconds: parts.usualSeconds,
    suspend: (execution, seconds) => {
      const keep = () => journal.enter((before) => before);
      return keep().andThen(() => lock.suspend(execution, seconds, keep));
    },
  };
}
