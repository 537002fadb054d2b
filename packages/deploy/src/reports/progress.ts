import type { DeployEvent } from './events.js';
import { durationText } from './render-event.js';

/** A run as far as its events have told it. Pure: a reporter adds each event and draws. */
export interface Progress {
  readonly recipe: string | null;
  readonly environment: string;
  readonly runId: string | null;
  readonly steps: readonly StepProgress[];
  readonly logs: readonly string[];
}

interface StepProgress {
  readonly name: string;
  readonly status: 'ahead' | 'open' | 'done' | 'failed';
  readonly startedAt: string | null;
  /** null while it is not over */
  readonly seconds: number | null;
  readonly detail: string;
}

export interface StepLine {
  readonly name: string;
  readonly status: StepProgress['status'];
  readonly seconds: number | null;
  readonly detail: string;
}

export const emptyProgress: Progress = { recipe: null, environment: '', runId: null, steps: [], logs: [] };
const logsKept = 20;

export function addEvent(progress: Progress, event: DeployEvent): Progress {
  const known = { ...progress, environment: event.environment, runId: event.runId ?? progress.runId };
  switch (event.type) {
    case 'run-started':
      return { ...known, recipe: event.recipe, steps: event.steps.map((name): StepProgress => ({ name, status: 'ahead', startedAt: null, seconds: null, detail: '' })) };
    case 'step-started':
      return withStep(known, event.step, { status: 'open', startedAt: event.at, detail: '' });
    case 'step-succeeded':
      return withStep(known, event.step, { status: 'done', seconds: event.seconds, detail: event.replayed ? 'done before' : event.summary });
    case 'step-failed':
      return withStep(known, event.step, { status: 'failed', seconds: event.seconds, detail: event.message });
    case 'change':
      return withOpenStep(known, event.at, `${event.resource}: ${event.from} → ${event.to}`);
    case 'waiting':
      return withOpenStep(known, event.at, `${event.seen}${event.usualSeconds === undefined ? '' : ` (usually ${durationText(event.usualSeconds)})`}`);
    case 'log':
      return { ...known, logs: [...known.logs, event.line].slice(-logsKept) };
    default:
      return known;
  }
}

function withStep(progress: Progress, name: string, change: Partial<StepProgress>): Progress {
  const known = progress.steps.some((step) => step.name === name);
  const steps = known ? progress.steps : [...progress.steps, { name, status: 'open', startedAt: null, seconds: null, detail: '' } as StepProgress];
  return { ...progress, logs: change.status === 'open' ? [] : progress.logs, steps: steps.map((step) => (step.name === name ? { ...step, ...change } : step)) };
}

/** How long the open step has lasted is told by the time of what is seen in it. */
function withOpenStep(progress: Progress, at: string, detail: string): Progress {
  const seconds = (startedAt: string | null) => (startedAt === null ? null : (Date.parse(at) - Date.parse(startedAt)) / 1000);
  return { ...progress, steps: progress.steps.map((step) => (step.status === 'open' ? { ...step, detail, seconds: seconds(step.startedAt) } : step)) };
}

export function stepLines({ steps }: Progress): readonly StepLine[] {
  return steps.map(({ name, status, seconds, detail }) => ({ name, status, seconds, detail }));
}
