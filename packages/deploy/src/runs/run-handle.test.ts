import { errAsync, ok, okAsync } from 'neverthrow';
import { describe, expect, it } from 'vitest';
import { internals, type JsonValue, type RunHandle } from '../environment/environment.js';
import { defineRecipe } from './define-recipe.js';
import type { Journal } from './journal.js';
import { runHandle, type RunParts } from './run-handle.js';
import { testEnvironment } from './testing/environment.js';

describe('what a run lends to its steps', () => {
  it('keeps what each records apart, and lets all know facts, expectations and what was found', async () => {
    const { env, store, events } = testEnvironment();
    const seen: unknown[] = [];
    const look = (run: RunHandle) => seen.push([run.recipe, run.step, run.puttingBack, run.recall('attempt') ?? null, run.recallFact('gateClosed') ?? null, run.expectations, run.baseline()?.putAside ?? null]);
    const recipe = defineRecipe('records', async function* (run, _: object) {
      yield* run.step('first', (env) => {
        const own = env[internals].run!;
        return own
          .record('attempt', 1)
          .andThen(() => own.record('gateClosed', true))
          .andThen(() => own.expect({ desiredCounts: { web: 0 } }))
          .andThen(() => own.saveBaseline({ takenAt: 'then', byRun: own.id, gate: {}, services: {}, targetGroups: {}, putAside: ['gate'] }))
          .map(() => (look(own), {}));
      });
      yield* run.step('second', (env) => {
        const own = env[internals].run!;
        return own.expect({ gate: { closed: ['r1'], open: [] } }).map(() => (look(own), {}));
      });
      return ok(null);
    });
    await recipe(env, {});
    const expected = { gate: null, desiredCounts: { web: 0 }, suspendedScaling: {}, taskDefinitions: {} };
    expect(seen).toEqual([
      ['records', 'first', false, 1, true, expected, ['gate']],
      ['records', 'second', false, null, true, { ...expected, gate: { closed: ['r1'], open: [] } }, ['gate']],
    ]);
    const journal = JSON.parse((await store.read(`dev/runs/${events[0]!.runId}`))._unsafeUnwrap()!.body) as Journal;
    expect(journal.baselineTakenAt).toBe('then');
    expect(journal.steps.map(({ records, changed }) => [records, changed])).toEqual([[{ attempt: 1, gateClosed: true }, false], [{}, false]]);
  });

  it('marks a step as one that changes something once it was allowed to, and not when it was refused', async () => {
    const changes = async (allowed: boolean) => {
      let journal = { run: 'r1', steps: [{ name: 's', changed: false, records: {} }], putBack: [] } as unknown as Journal;
      const lock = { hold: () => (allowed ? okAsync(undefined) : errAsync({ kind: 'LockLost' })) };
      const keeper = { get journal() { return journal; }, note: (change: (before: Journal) => Journal) => void (journal = change(journal)) };
      await runHandle({ lock, journal: keeper } as unknown as RunParts, 'steps', 's').assertLock();
      return journal.steps[0]?.changed;
    };
    expect([await changes(true), await changes(false)]).toEqual([true, false]);
  });

  it('gives one that puts back what it recorded itself, else what the step of that name had', () => {
    const step = (name: string, records: Readonly<Record<string, JsonValue>>) => ({ name, records });
    const recalled = (putBack: readonly object[]) => {
      const journal = { journal: { run: 'r1', recipe: 'r', steps: [step('gate-on', { key: 'then' })], putBack } };
      const handle = runHandle({ journal } as unknown as RunParts, 'putBack', 'gate-on');
      return [handle.puttingBack, handle.recall('key')];
    };
    expect([recalled([step('gate-on', { key: 'now' })]), recalled([])]).toEqual([[true, 'now'], [true, 'then']]);
  });
});
