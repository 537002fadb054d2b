import { renderEvent, renderFailure, type DeployEvent, type Failure } from '@graasp/deploy';
import type { LogLine, Tone } from './look';

const linesKept = 400;
const columns = 80;

const tones: Partial<Readonly<Record<DeployEvent['type'], Tone>>> = {
  'run-started': 'plain',
  'run-succeeded': 'good',
  'step-succeeded': 'good',
  'run-failed': 'bad',
  'step-failed': 'bad',
  warning: 'warning',
  undoing: 'warning',
  'hold-set': 'warning',
  waiting: 'quiet',
  log: 'quiet',
  note: 'quiet',
};

/** An event as the terminal reporter tells it where it writes lines. */
export function withEventLine(log: readonly LogLine[], event: DeployEvent): readonly LogLine[] {
  const text = renderEvent(event);
  if (text === null) return log;
  return withLines(saysMore(log.at(-1), event) ? log.slice(0, -1) : log, [text], Date.parse(event.at), tones[event.type] ?? 'plain');
}

/** What a wait sees now takes the place of what it saw before, as on a terminal that is drawn over. */
function saysMore(last: LogLine | undefined, event: DeployEvent): boolean {
  return event.type === 'waiting' && last?.text.startsWith(`waiting for ${event.waitingFor}:`) === true;
}

/** A failure as `runScript` tells it at the end. */
export function withFailure(log: readonly LogLine[], failure: Failure): readonly LogLine[] {
  return withLines(log, renderFailure(failure, columns).trimEnd().split('\n'), null, 'bad');
}

export function withLines(log: readonly LogLine[], texts: readonly string[], at: number | null, tone: Tone): readonly LogLine[] {
  const next = (log.at(-1)?.id ?? 0) + 1;
  return [...log, ...texts.map((text, index) => ({ id: next + index, at, text, tone }))].slice(-linesKept);
}
