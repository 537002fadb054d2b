import type { DeployEvent, WaitingEvent } from '@graasp/deploy';

/** A run as its events have told it so far. */
export interface RunLook {
  readonly recipe: string;
  readonly runId: string | null;
  readonly steps: readonly StepLook[];
  /** Steps now put things back after a failure. */
  readonly puttingBack: boolean;
}

export interface StepLook {
  readonly name: string;
  /** It puts something back. */
  readonly undoes: boolean;
  readonly status: 'ahead' | 'open' | 'done' | 'failed';
  /** Milliseconds of the cloud's time. */
  readonly startedAt: number | null;
  readonly seconds: number | null;
  /** What became of it. */
  readonly detail: string;
  readonly waits: readonly WaitLook[];
}

export interface WaitLook {
  readonly waitingFor: string;
  readonly seen: string;
  /** Before when it cannot be over, where that is known. */
  readonly earliestEndAt: number | null;
}

/** The one that is at work. */
export function openStep(run: RunLook | null): StepLook | undefined {
  return run?.steps.find(({ status }) => status === 'open');
}

const ahead = { undoes: false, status: 'ahead', startedAt: null, seconds: null, detail: '', waits: [] } as const;

export function withEvent(run: RunLook | null, event: DeployEvent): RunLook | null {
  if (event.type === 'run-started') return { recipe: event.recipe, runId: event.runId, puttingBack: false, steps: event.steps.map((name) => ({ name, ...ahead })) };
  return run === null ? null : changed(run, event);
}

function changed(run: RunLook, event: DeployEvent): RunLook {
  switch (event.type) {
    case 'undoing':
      return { ...run, puttingBack: true, steps: run.steps.filter(({ status }) => status !== 'ahead') };
    case 'step-started':
      return withStep(run, event.step, { ...ahead, status: 'open', startedAt: Date.parse(event.at) });
    case 'step-succeeded':
      return withStep(run, event.step, { status: 'done', seconds: event.replayed ? null : event.seconds, detail: event.replayed ? 'done before' : event.summary, waits: [] });
    case 'step-failed':
      return withStep(run, event.step, { status: 'failed', seconds: event.seconds, detail: event.message, waits: [] });
    case 'waiting':
      return withOpenStep(run, (step) => ({ ...step, waits: [...others(step, event.waitingFor), waitOf(event)] }));
    case 'wait-ended':
      return withOpenStep(run, (step) => ({ ...step, waits: others(step, event.waitingFor) }));
    default:
      return run;
  }
}

/** A step that puts back is another than the step of the recipe that has its name. */
function withStep(run: RunLook, name: string, change: Partial<StepLook>): RunLook {
  const isIt = (step: StepLook) => step.name === name && step.undoes === run.puttingBack;
  const steps = run.steps.some(isIt) ? run.steps : [...run.steps, { name, ...ahead }].map((step, index, all) => (index === all.length - 1 ? { ...step, undoes: run.puttingBack } : step));
  return { ...run, steps: steps.map((step) => (isIt(step) ? { ...step, ...change, undoes: run.puttingBack } : step)) };
}

function withOpenStep(run: RunLook, change: (step: StepLook) => StepLook): RunLook {
  return { ...run, steps: run.steps.map((step) => (step.status === 'open' ? change(step) : step)) };
}

function others({ waits }: StepLook, waitingFor: string): readonly WaitLook[] {
  return waits.filter((wait) => wait.waitingFor !== waitingFor);
}

function waitOf({ waitingFor, seen, earliestEndAt }: WaitingEvent): WaitLook {
  return { waitingFor, seen, earliestEndAt: earliestEndAt === undefined ? null : Date.parse(earliestEndAt) };
}

/** When a step was at work. */
export interface StepSpan {
  readonly name: string;
  readonly undoes: boolean;
  /** Milliseconds of the cloud's time. */
  readonly from: number;
  /** null: it still is, or nobody knows. */
  readonly to: number | null;
  readonly failed: boolean;
}

/** Steps of every run, oldest first. One that was answered from the journal is not done again. */
export function withStepSpan(spans: readonly StepSpan[], event: DeployEvent, undoes: boolean): readonly StepSpan[] {
  const at = Date.parse(event.at);
  if (event.type === 'step-started') return [...spans, { name: event.step, undoes, from: at, to: null, failed: false }];
  if (event.type !== 'step-succeeded' && event.type !== 'step-failed') return spans;
  return spans.map((span) => (span.name === event.step && span.to === null ? { ...span, to: at, failed: event.type === 'step-failed' } : span));
}

/** `9 s`, `2 min 05 s`. */
export function durationText(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
}

/** `08:04:10`, UTC. */
export function timeText(at: number): string {
  return new Date(at).toISOString().slice(11, 19);
}
