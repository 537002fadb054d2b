import type { Progress, StepProgress, WaitProgress } from './progress.js';
import { durationText, printableText, usual } from './render-event.js';
import { clipped, textWidth, wrapped } from './text-width.js';

export type Style = 'green' | 'red' | 'yellow' | 'cyan' | 'dim' | 'bold';
export type Paint = (style: Style, text: string) => string;

export interface Screen {
  readonly columns: number;
  /** Lines that may be drawn; those that do not fit are left out, far from the open step first. */
  readonly rows: number;
  /** Milliseconds since the epoch, on the clock of the events. */
  readonly now: number;
  readonly paint: Paint;
}

const glyphs = {
  done: ['✓', 'green'],
  failed: ['✗', 'red'],
  open: ['▸', 'cyan'],
  ahead: ['·', 'dim'],
} as const;

const logLinesShown = 4;

/** A run as a table: one line a step with its duration; below the open one what it waits for and what the migration prints. */
export function renderProgress(progress: Progress, screen: Screen): readonly string[] {
  if (progress.recipe === null) return [];
  const { columns, paint } = screen;
  // whole, because the run's id is what a resume is told
  const title = wrapped(`${progress.recipe} · ${progress.environment}${progress.runId === null ? '' : ` · run ${progress.runId}`}`, columns).map((line) => paint('bold', line));
  const nameColumns = Math.max(12, ...progress.steps.map(({ name }) => textWidth(name)));
  const lines = progress.steps.flatMap((step) => [
    { open: step.status === 'open', text: stepLine(step, nameColumns, screen) },
    ...(step.status === 'open' ? belowOpenStep(step, progress.logs, screen).map((text) => ({ open: true, text })) : []),
  ]);
  return [...title, ...around(lines, screen.rows - title.length)];
}

function stepLine({ name, status, seconds, startedAt, detail }: StepProgress, nameColumns: number, { columns, now, paint }: Screen): string {
  const [glyph, style] = glyphs[status];
  const lasted = status === 'open' ? elapsed(startedAt, now) : seconds;
  const time = (lasted === null ? '' : durationText(lasted)).padStart(11);
  const head = `${glyph} ${name}${' '.repeat(nameColumns - textWidth(name))} ${time}`;
  const rest = clipped(printableText(detail), columns - textWidth(head) - 2);
  const painted = status === 'ahead' ? paint('dim', clipped(head, columns)) : `${paint(style, glyph)}${clipped(head, columns).slice(1)}`;
  return rest === '' ? painted.trimEnd() : `${painted}  ${paint('dim', rest)}`;
}

function belowOpenStep({ waits }: StepProgress, logs: readonly string[], { columns, now, paint }: Screen): readonly string[] {
  const newest = waits.at(-1);
  const more = waits.length > 1 ? [`and ${waits.length - 1} more`] : [];
  const waiting = newest === undefined ? [] : [waitLine(newest, now), ...more];
  return [
    ...waiting.map((text) => paint('cyan', clipped(`    ${printableText(text)}`, columns))),
    ...logs.slice(-logLinesShown).map((line) => paint('dim', clipped(`    │ ${printableText(line)}`, columns))),
  ];
}

/** `waiting for the snapshot to be available, 1 min 20 s, about 2 min 40 s more: creating, 20 %` */
function waitLine({ waitingFor, seen, startedAt, usualSeconds, earliestEndAt }: WaitProgress, now: number): string {
  const waited = elapsed(startedAt, now) ?? 0;
  const known = countdown(earliestEndAt, now);
  const more = known === '' ? untilUsual(usualSeconds, waited) : `${usual(usualSeconds)}${known}`;
  return `waiting for ${waitingFor}, ${durationText(waited)}${more}: ${seen}`;
}

/** `, about 2 min 40 s more`, until it has lasted as long as in earlier runs; from then on how long that is. */
function untilUsual(usualSeconds: number | undefined, waited: number): string {
  const seconds = (usualSeconds ?? 0) - waited;
  return seconds > 0 ? `, about ${durationText(seconds)} more` : usual(usualSeconds);
}

/** `, at least 2 min 10 s more`, where that is known and not over. */
function countdown(earliestEndAt: string | undefined, now: number): string {
  const seconds = earliestEndAt === undefined ? 0 : (Date.parse(earliestEndAt) - now) / 1000;
  return seconds > 0 ? `, at least ${durationText(seconds)} more` : '';
}

function elapsed(startedAt: string | null, now: number): number | null {
  return startedAt === null ? null : Math.max(0, (now - Date.parse(startedAt)) / 1000);
}

/** As many lines as fit: those of the open step, then what comes right before, then what comes after. */
function around(lines: readonly { readonly open: boolean; readonly text: string }[], rows: number): readonly string[] {
  if (lines.length <= rows) return lines.map(({ text }) => text);
  const lastOpen = lines.findLastIndex(({ open }) => open);
  const end = Math.min(lines.length, Math.max(lastOpen + 1, rows));
  return lines.slice(Math.max(0, end - rows), end).map(({ text }) => text);
}
