import { ok, okAsync } from 'neverthrow';
import { testEnvironment, type TestEnvironment, type TestEnvironmentOptions, testRun } from '../environment/environment.fixture.js';
import type { Expectations, JsonValue, RunFact, RunHandle } from '../environment/environment.js';
import type { Baseline } from '../runs/baseline.js';

/** What unit tests of steps share: a run that remembers, as a journal does. */
export interface RecordingRun extends RunHandle {
  /** What was recorded, in order. */
  readonly entries: { readonly key: string; readonly value: JsonValue }[];
}

export interface RecordingRunOptions {
  readonly id?: string;
  readonly step?: string;
  readonly recipe?: string;
  readonly records?: Readonly<Record<string, JsonValue>>;
  /** What other steps recorded. */
  readonly facts?: Readonly<Partial<Record<RunFact, JsonValue>>>;
  readonly baseline?: Baseline;
}

export function recordingRun(options: RecordingRunOptions = {}): RecordingRun {
  const records = new Map<string, JsonValue>(Object.entries(options.records ?? {}));
  const entries: RecordingRun['entries'] = [];
  return {
    ...testRun(),
    id: options.id ?? 'run-1',
    step: options.step ?? 'step',
    recipe: options.recipe ?? 'test',
    entries,
    assertLock: () => ok(undefined),
    carry: (send) => send(),
    record: (key, value) => {
      records.set(key, value);
      entries.push({ key, value });
      return okAsync(undefined);
    },
    recall: (key) => records.get(key),
    recallFact: (key) => records.get(key) ?? options.facts?.[key],
    baseline: () => options.baseline ?? null,
  };
}

/** One that keeps, of what it found and of what it expects, the latest. */
export function keepingRun(baseline: Baseline, expectations: Expectations): { readonly run: RecordingRun; readonly kept: { baseline: Baseline; expectations: Expectations } } {
  const kept = { baseline, expectations };
  const run: RecordingRun = {
    ...recordingRun(),
    baseline: () => kept.baseline,
    saveBaseline: (next) => okAsync(void (kept.baseline = next)),
    get expectations() {
      return kept.expectations;
    },
    expect: (change) => okAsync(void (kept.expectations = { ...kept.expectations, ...change })),
  };
  return { run, kept };
}

/** An environment in the hands of a run. */
export function environmentInRun(run: RecordingRun, options: TestEnvironmentOptions = {}): TestEnvironment {
  return { ...testEnvironment({ ...options, internals: { run, ...options.internals } }), runId: run.id };
}
