import type { DeployEvent, WaitingEvent } from './events.js';

/** `9 s`, `2 min 05 s`, `1 h 07 min`. */
export function durationText(seconds: number): string {
  const whole = Math.round(seconds);
  const two = (value: number) => String(value).padStart(2, '0');
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`;
}

/** An event as one line of text, as the log of a CI job has it, without the time of `at`; null where a line would say nothing new. */
export function renderEvent(event: DeployEvent): string | null {
  const line = lineOf(event);
  return line === null ? null : printableText(line);
}

function lineOf(event: DeployEvent): string | null {
  switch (event.type) {
    case 'run-started':
      return `run ${event.runId ?? ''}: ${event.recipe} ${event.resumed ? 'is resumed' : 'begins'} on ${event.environment}`;
    case 'run-succeeded':
      return `${event.recipe} succeeded in ${durationText(event.seconds)}${after(': ', event.summary)}`;
    case 'run-failed':
      return `${event.recipe} failed in ${event.situation.step} after ${durationText(event.seconds)}`;
    case 'step-started':
      return `${event.step} …`;
    case 'step-succeeded':
      return `${event.step} ✓ ${event.replayed ? 'done before' : durationText(event.seconds)}${after('  ', event.summary)}`;
    case 'step-failed':
      return `${event.step} ✗ ${event.message}`;
    case 'change':
      return `${event.planned ? 'would change' : 'change'} ${event.resource}: ${shortDigests(event.from)} → ${shortDigests(event.to)}`;
    case 'waiting':
      return `waiting for ${event.waitingFor}: ${event.seen}${usual(event.usualSeconds)}${atTheEarliest(event)}`;
    // why a script failed is told by `runScript`
    case 'wait-ended':
    case 'script-failed':
      return null;
    case 'log':
      return `| ${printableText(event.line)}`;
    case 'warning':
      return `warning: ${event.message}`;
    case 'note':
      return event.command === undefined ? event.message : `${event.message}: ${event.command}`;
    case 'interrupted':
      return event.message;
    case 'undoing':
      return `putting back: ${event.why}`;
    case 'hold-set':
      return `held: ${event.reason}`;
  }
}

function after(separator: string, text: string): string {
  return text === '' ? '' : `${separator}${text}`;
}

/** ` (usually 4 min 00 s)`, where earlier runs have told. */
export function usual(seconds: number | undefined): string {
  return seconds === undefined ? '' : ` (usually ${durationText(seconds)})`;
}

/** `; over at 10:04:00 at the earliest, in 2 min 10 s`, where that is known. */
function atTheEarliest({ earliestEndAt, secondsLeft }: WaitingEvent): string {
  return earliestEndAt === undefined ? '' : `; over at ${earliestEndAt.slice(11, 19)} at the earliest, in ${durationText(secondsLeft ?? 0)}`;
}

/** A digest is told apart by its beginning. */
export function shortDigests(text: string): string {
  return text.replace(/sha256:([0-9a-f]{12})[0-9a-f]{52}/g, 'sha256:$1…');
}

const escapes = /\u001B(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001B]*(?:\u0007|\u001B\\)|[@-Z\\-_78])/g;
const controls = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/g;
/** What a program writes to draw over what it has drawn: a return, or a move of the cursor up, back, to a column or to a place. */
const redraw = /\r|\u001B(?:\[[0-9;]*[ADEFGHfu]|8|M)/;

/**
 * Text of others (a task's output, an error of AWS) in one line, without what would move the cursor, clear the screen or colour the rest.
 * Of a line that was drawn over and over, as a spinner's, what was drawn last.
 */
export function printableText(text: string): string {
  return text.split('\n').map(lastDrawn).join(' ');
}

function lastDrawn(line: string): string {
  const drawn = line.split(redraw).map((part) => part.replace(escapes, '').replace(/\t/g, ' ').replace(controls, ''));
  return drawn.findLast((part) => part.trim() !== '') ?? '';
}
