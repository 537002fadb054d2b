import type { DeployEvent } from './events.js';
import { shortDigests } from './render-event.js';

/** A run as far as its events have told it. Pure: a reporter adds each event and draws. */
export interface Progress {
  readonly recipe: string | null;
  readonly environment: string;
  readonly runId: string | null;
  readonly steps: readonly StepProgress[];
  /** Output of the migration, newest last. */
  readonly logs: readonly string[];
  /** Steps now put things back after a failure. */
  readonly puttingBack: boolean;
  readonly over: boolean;
}

export interface StepProgress {
  readonly name: string;
  readonly status: 'ahead' | 'open' | 'done' | 'failed';
  /** ISO time; null while it is ahead. */
  readonly startedAt: string | null;
  /** null while it is not over. */
  readonly seconds: number | null;
  /** What became of it, or what it changed last. */
  readonly detail: string;
  /** What it waits for, the newest last. */
  readonly waits: readonly WaitProgress[];
}

export interface WaitProgress {
  readonly waitingFor: string;
  readonly seen: string;
  readonly startedAt: string;
  readonly usualSeconds: number | undefined;
  /** ISO time before which it cannot be over, where that is known. */
  readonly earliestEndAt?: string | undefined;
}

export const emptyProgress: Progress = { recipe: null, environment: '', runId: null, steps: [], logs: [], puttingBack: false, over: false };

const logsKept = 20;
const ahead = { status: 'ahead', startedAt: null, seconds: null, detail: '', waits: [] } as const;

export function addEvent(progress: Progress, event: DeployEvent): Progress {
  switch (event.type) {
    case 'run-started':
      return { ...emptyProgress, recipe: event.recipe, environment: event.environment, runId: event.runId, steps: event.steps.map((name) => ({ name, ...ahead })) };
    case 'run-succeeded':
    case 'run-failed':
      return { ...progress, over: true };
    case 'undoing':
      return progress.recipe === null ? progress : { ...progress, puttingBack: true, steps: progress.steps.filter(({ status }) => status !== 'ahead') };
    case 'step-started':
      return withStep({ ...progress, logs: [] }, event.step, { ...ahead, status: 'open', startedAt: event.at });
    case 'step-succeeded':
      return withStep(progress, event.step, { status: 'done', seconds: event.replayed ? null : event.seconds, detail: event.replayed ? 'done before' : event.summary, waits: [] });
    case 'step-failed':
      return withStep(progress, event.step, { status: 'failed', seconds: event.seconds, detail: event.message, waits: [] });
    case 'change':
      return withOpenStep(progress, (step) => ({ ...step, detail: `${event.resource}: ${shortDigests(event.from)} → ${shortDigests(event.to)}` }));
    case 'waiting':
      return withOpenStep(progress, (step) => ({ ...step, waits: withWait(step.waits, event) }));
    case 'wait-ended':
      return withOpenStep(progress, (step) => ({ ...step, waits: step.waits.filter(({ waitingFor }) => waitingFor !== event.waitingFor) }));
    case 'log':
      return { ...progress, logs: [...progress.logs, event.line].slice(-logsKept) };
    default:
      return progress;
  }
}

/** A step of putting back is another than the step of the recipe that has its name. */
function withStep(progress: Progress, step: string, change: Partial<StepProgress>): Progress {
  const name = progress.puttingBack ? `↩ ${step}` : step;
  const steps = progress.steps.some((known) => known.name === name) ? progress.steps : [...progress.steps, { name, ...ahead }];
  return { ...progress, steps: steps.map((known) => (known.name === name ? { ...known, ...change } : known)) };
}

function withOpenStep(progress: Progress, change: (step: StepProgress) => StepProgress): Progress {
  return { ...progress, steps: progress.steps.map((step) => (step.status === 'open' ? change(step) : step)) };
}

function withWait(waits: readonly WaitProgress[], { at, waitingFor, seen, usualSeconds, earliestEndAt }: Extract<DeployEvent, { type: 'waiting' }>): readonly WaitProgress[] {
  const startedAt = waits.find((wait) => wait.waitingFor === waitingFor)?.startedAt ?? at;
  return [...waits.filter((wait) => wait.waitingFor !== waitingFor), { waitingFor, seen, startedAt, usualSeconds, earliestEndAt }];
}
