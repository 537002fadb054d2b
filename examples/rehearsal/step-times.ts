import type { DeployEvent, Reporter } from '@graasp/deploy';

/** Notes how long each step lasted in this process. */
export interface StepTimes extends Reporter {
  readonly steps: readonly StepTime[];
}

export interface StepTime {
  readonly step: string;
  /** null: it was done in an attempt before this one. */
  readonly seconds: number | null;
  readonly failed: boolean;
}

export function stepTimes(): StepTimes {
  const steps: StepTime[] = [];
  return {
    steps,
    report(event: DeployEvent) {
      if (event.type === 'step-succeeded') steps.push({ step: event.step, seconds: event.replayed ? null : event.seconds, failed: false });
      if (event.type === 'step-failed') steps.push({ step: event.step, seconds: event.seconds, failed: true });
    },
  };
}

/** `20 s`, `4 min 12 s`, `1 h 03 min`. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  const two = (value: number) => String(value).padStart(2, '0');
  if (whole < 60) return `${whole} s`;
  if (whole < 3_600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  return `${Math.floor(whole / 3_600)} h ${two(Math.floor((whole % 3_600) / 60))} min`;
}
