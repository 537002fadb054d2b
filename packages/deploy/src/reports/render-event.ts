import type { DeployEvent } from './events.js';

/** `9 s`, `2 min 05 s`, `1 h 07 min`. */
export function durationText(seconds: number): string {
  const whole = Math.round(seconds);
  const two = (value: number) => String(value).padStart(2, '0');
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`;
}

/** An event as one line of text; null where a line would say nothing new. */
export function plainLine(event: DeployEvent): string | null {
  switch (event.type) {
    case 'run-started':
      return `run ${event.runId ?? ''}: ${event.recipe} ${event.resumed ? 'is resumed' : 'begins'} on ${event.environment}`;
    case 'run-succeeded':
      return `${event.summary} (${durationText(event.seconds)})`;
    case 'run-failed':
      return `${event.recipe} failed in ${event.situation.step} after ${durationText(event.seconds)}`;
    case 'step-started':
      return `${event.step} …`;
    case 'step-succeeded':
      return `${event.step} ✓ ${event.replayed ? 'done before' : `${durationText(event.seconds)}  ${event.summary}`}`;
    case 'step-failed':
      return `${event.step} ✗ ${event.message}`;
    case 'change':
      return `${event.planned ? 'would change' : 'change'} ${event.resource}: ${event.from} → ${event.to}`;
    case 'waiting':
      return `waiting for ${event.waitingFor}: ${event.seen}${event.usualSeconds === undefined ? '' : ` (usually ${durationText(event.usualSeconds)})`}`;
    case 'wait-ended':
      return null;
    case 'log':
      return `| ${event.line}`;
    case 'warning':
      return `warning: ${event.message}`;
    case 'note':
      return event.message;
    case 'undoing':
      return `putting back: ${event.why}`;
    case 'hold-set':
      return `held: ${event.reason}`;
  }
}
