import type { DeployEvent, NextAction } from '@graasp/deploy';
import { spell } from './commands';
import { withEventLine } from './log';
import type { LaptopClosed, LogLine } from './look';
import { versions } from './shop';
import { type RunLook, type StepSpan, withEvent, withStepSpan } from './steps';

/** What the events of all runs have told. */
export interface Told {
  readonly run: RunLook | null;
  readonly log: readonly LogLine[];
  readonly stepSpans: readonly StepSpan[];
  /** What goes on with the run if its process dies. */
  readonly resumedBy: NextAction | null;
  /** Recipes by run. */
  readonly recipes: Readonly<Record<string, string>>;
}

export const nothingTold: Told = { run: null, log: [], stepSpans: [], resumedBy: null, recipes: {} };

export function told(before: Told, event: DeployEvent): Told {
  const run = withEvent(before.run, event);
  const heard = { ...before, run, log: withEventLine(before.log, event), stepSpans: withStepSpan(before.stepSpans, event, run?.puttingBack === true) };
  if (event.type !== 'run-started' || event.runId === null) return heard;
  return { ...heard, resumedBy: event.resumedBy ?? null, recipes: { ...before.recipes, [event.runId]: event.recipe } };
}

const begin: NextAction = { text: 'Nothing was begun yet: start the release', command: spell('deploy', { version: versions.new }) };

/** Nobody is left to tell how it ended: what can be done is what the run has said at its beginning, or what could be done `before`. */
export function afterLaptop({ run, resumedBy }: Told, before: readonly NextAction[]): LaptopClosed {
  // it can still be done, since no run has begun
  if (run === null) return { kind: 'laptop-closed', step: '', nextActions: before.length === 0 ? [begin] : before };
  const open = run.steps.find(({ status }) => status === 'open')?.name ?? '';
  const letGo = { text: 'Let go of the environment as it is, after looking at it', command: spell('releaseHold', { run: run.runId ?? '' }) };
  return { kind: 'laptop-closed', step: open, nextActions: [...(resumedBy === null ? [] : [resumedBy]), letGo] };
}
