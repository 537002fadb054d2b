import process from 'node:process';
import { styleText } from 'node:util';
import { type Clock, every, systemClock } from '../clock.js';
import type { NextAction } from '../errors.js';
import type { DeployEvent, Reporter } from './events.js';
import { addEvent, emptyProgress, type Progress } from './progress.js';
import { printableText, renderEvent } from './render-event.js';
import { type Paint, renderProgress } from './render-progress.js';
import { actionLines } from './render-failure.js';
import { factsAfter, noFacts } from './run-facts.js';
import { wrapped } from './text-width.js';

/** The terminal, as far as the reporter looks at it. */
export interface Terminal {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}

export interface TerminalReporterOptions {
  /** default standard output */
  readonly terminal?: Terminal | undefined;
  /** default: on a terminal, unless `NO_COLOR` is set */
  readonly color?: boolean | undefined;
  /** How the table's durations go on between two events; default the machine's. */
  readonly clock?: Pick<Clock, 'now'> | undefined;
}

const redrawnEveryMs = 1_000;

/**
 * Shows a run on a terminal: a live table of its steps with their durations, what is being waited for and for how long that usually lasts,
 * and the last lines of the migration. Warnings and notes stay above the table. Where output is no terminal: one plain line an event, with
 * its time. Colours are left out when `NO_COLOR` is set (no-color.org). What a run that
 * has succeeded leaves to be done is told below it; why one failed and what to do then, by `runScript`.
 */
export function terminalReporter(options: TerminalReporterOptions = {}): Reporter {
  const terminal = options.terminal ?? process.stdout;
  const live = terminal.isTTY === true;
  const noColor = (process.env['NO_COLOR'] ?? '') !== '';
  const paint: Paint = (options.color ?? (live && !noColor)) ? (style, text) => styleText(style, text, { validateStream: false }) : (_, text) => text;
  return live ? liveReporter(terminal, paint, options.clock ?? systemClock) : { report: (event) => writePlain(terminal, event) };
}

/** What is of no run has the machine's time, and what is of one the environment's: a local cloud's is another, and one log has one clock. */
function writePlain(terminal: Terminal, event: DeployEvent): void {
  const line = renderEvent(event);
  const next = nextOf(event).map(({ text, command }) => printableText(`next: ${text}: ${command}`));
  const time = event.environment === '' ? ' '.repeat(8) : event.at.slice(11, 19);
  for (const told of [...(line === null ? [] : [line]), ...next]) terminal.write(`${time} ${told}\n`);
}

function liveReporter(terminal: Terminal, paint: Paint, clock: Pick<Clock, 'now'>): Reporter {
  let progress: Progress = emptyProgress;
  let drawn = 0;
  // events may tell another time than the machine's: a local cloud's runs faster
  let latest = { told: 0, seen: 0 };
  let stop: (() => void) | null = null;

  // a terminal that does not know its size says 0
  const columns = (): number => Math.max(20, (terminal.columns || 80) - 1);
  const draw = (above: readonly string[], below: readonly string[] = []): void => {
    const now = latest.told + (clock.now() - latest.seen);
    // what is drawn last is not drawn over: it may scroll
    const rows = progress.over ? Infinity : Math.max(5, (terminal.rows || 24) - 1);
    const table = renderProgress(progress, { columns: columns(), rows, now, paint });
    const up = drawn === 0 ? '' : `\u001B[${drawn}A`;
    terminal.write(`${up}\r\u001B[J${[...above, ...table, ...below].map((line) => `${line}\n`).join('')}`);
    drawn = table.length;
  };
  const leave = (): void => {
    stop?.();
    stop = null;
    // what was drawn stays, and the next run draws below it
    drawn = 0;
    progress = emptyProgress;
  };

  return {
    report(event) {
      // what `runScript` tells is of no run, and has the machine's time
      if (event.environment !== '') latest = { told: Date.parse(event.at), seen: clock.now() };
      progress = addEvent(progress, event);
      draw(aboveTable(event, columns(), paint), belowTable(event, columns(), paint));
      if (progress.over) return leave();
      if (progress.recipe !== null) stop ??= every(redrawnEveryMs, () => draw([]));
    },
    end: leave,
  };
}

function aboveTable(event: DeployEvent, columns: number, paint: Paint): readonly string[] {
  const lines = event.type === 'note' ? noteLines(event, columns) : wrapped(renderEvent(event) ?? '', columns);
  switch (event.type) {
    case 'warning':
    case 'undoing':
    case 'hold-set':
      return lines.map((line) => paint('yellow', line));
    case 'note':
    case 'interrupted':
      return lines.map((line) => paint('dim', line));
    default:
      return [];
  }
}

/** A command is to be copied: it is not broken. */
function noteLines({ message, command }: Extract<DeployEvent, { type: 'note' }>, columns: number): readonly string[] {
  const lines = wrapped(printableText(command === undefined ? message : `${message}:`), columns);
  return command === undefined ? lines : [...lines, `  ${printableText(command)}`];
}

/** Why a run failed, and what to do then, is told by `runScript`; that it succeeded, with what, and what is left to do, here. */
function belowTable(event: DeployEvent, columns: number, paint: Paint): readonly string[] {
  if (event.type !== 'run-succeeded') return [];
  return [...wrapped(renderEvent(event) ?? '', columns).map((line) => paint('green', line)), ...actionLines(nextOf(event), columns)];
}

/** What a run that has succeeded leaves to be done, as a restore does: visitors are still kept out. */
function nextOf(event: DeployEvent): readonly NextAction[] {
  return event.type === 'run-succeeded' ? factsAfter(noFacts, event.report).nextActions : [];
}
