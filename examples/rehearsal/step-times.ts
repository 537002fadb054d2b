import type { DeployEvent, Reporter } from '@graasp/deploy';

/** Notes how long each step lasted. */
export interface StepTimes extends Reporter {
  readonly steps: readonly { readonly step: string; readonly seconds: number; readonly failed: boolean }[];
}

export function stepTimes(): StepTimes {
  const steps: { step: string; seconds: number; failed: boolean }[] = [];
  return {
    steps,
    report(event: DeployEvent) {
      if (event.type === 'step-succeeded' || event.type === 'step-failed') steps.push({ step: event.step, seconds: event.seconds, failed: event.type === 'step-failed' });
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
