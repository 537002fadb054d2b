import process from 'node:process';
import { styleText } from 'node:util';
import type { DeployEvent, Reporter } from './events.js';
import { addEvent, emptyProgress, type Progress, stepLines } from './progress.js';
import { durationText, plainLine } from './render-event.js';

/** The terminal, as far as the reporter looks at it. */
export interface Terminal {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

export interface TerminalReporterOptions {
  /** default standard output */
  readonly terminal?: Terminal | undefined;
  /** default: on a terminal, unless `NO_COLOR` is set */
  readonly color?: boolean | undefined;
}

const logLinesShown = 4;

/**
 * Shows a run on a terminal: a live table of its steps with their durations, what is being waited for and for how long that usually lasts,
 * and the last lines of the migration. Warnings and notes stay above the table. Where output is no terminal: one plain line an event.
 * Colours are left out when `NO_COLOR` is set (no-color.org).
 */
export function terminalReporter(options: TerminalReporterOptions = {}): Reporter {
  const terminal = options.terminal ?? process.stdout;
  const live = terminal.isTTY === true;
  const noColor = process.env['NO_COLOR'] !== undefined && process.env['NO_COLOR'] !== '';
  const paint = (options.color ?? (live && !noColor)) ? style : (_: Style, text: string) => text;
  return live ? liveReporter(terminal, paint) : { report: (event) => writePlain(terminal, event) };
}

type Style = 'green' | 'red' | 'yellow' | 'cyan' | 'dim' | 'bold';

function style(name: Style, text: string): string {
  return styleText(name, text, { validateStream: false });
}

function writePlain(terminal: Terminal, event: DeployEvent): void {
  const line = plainLine(event);
  if (line !== null) terminal.write(`${event.at.slice(11, 19)} ${line}\n`);
}

function liveReporter(terminal: Terminal, paint: (name: Style, text: string) => string): Reporter {
  let progress: Progress = emptyProgress;
  let drawn = 0;
  const draw = (above: readonly string[]): void => {
    const columns = Math.max(40, terminal.columns ?? 80);
    const table = tableOf(progress, columns, paint);
    const up = drawn === 0 ? '' : `\u001B[${drawn}A`;
    terminal.write(`${up}\r\u001B[J${[...above, ...table].map((line) => `${line}\n`).join('')}`);
    drawn = table.length;
  };
  return {
    report(event) {
      progress = addEvent(progress, event);
      const above = event.type === 'warning' || event.type === 'note' ? wrapped(paint(event.type === 'warning' ? 'yellow' : 'dim', plainLine(event) ?? '')) : [];
      draw(above);
      if (event.type === 'run-succeeded' || event.type === 'run-failed') drawn = 0;
    },
    end: () => undefined,
  };
}

function wrapped(text: string): readonly string[] {
  return text === '' ? [] : [text];
}

const glyphs: Readonly<Record<string, readonly [string, Style]>> = {
  done: ['✓', 'green'],
  failed: ['✗', 'red'],
  open: ['▸', 'cyan'],
  ahead: ['·', 'dim'],
};

function tableOf(progress: Progress, columns: number, paint: (name: Style, text: string) => string): readonly string[] {
  const rows = stepLines(progress).map(({ name, status, seconds, detail }) => {
    const [glyph, color] = glyphs[status] ?? ['·', 'dim'];
    const time = seconds === null ? '' : durationText(seconds);
    const room = Math.max(0, columns - 1 - 32);
    const text = `${name.padEnd(20)} ${time.padStart(8)}`;
    return `${paint(color, glyph)} ${status === 'ahead' ? paint('dim', text) : text} ${paint('dim', clipped(detail, room))}`;
  });
  const logs = progress.logs.slice(-logLinesShown).map((line) => paint('dim', `  │ ${clipped(line, columns - 6)}`));
  const title = progress.recipe === null ? [] : [paint('bold', clipped(`${progress.recipe} · ${progress.environment} · run ${progress.runId ?? ''}`, columns - 1))];
  return [...title, ...rows, ...logs];
}

function clipped(text: string, room: number): string {
  const oneLine = text.replace(/\s+/g, ' ');
  return oneLine.length <= room ? oneLine : `${oneLine.slice(0, Math.max(0, room - 1))}…`;
}
