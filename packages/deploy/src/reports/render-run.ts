import type { RunReport, RunReportFailure } from '../runs/run-report.js';
import { printableText } from './render-event.js';
import { actionLines, migrationLines } from './render-failure.js';
import { factsOf, lastedText, outcomeOf, stepGlyphs } from './run-report-facts.js';
import { momentText, type Timeline, timelineOf, type TimelineRow } from './run-timeline.js';
import { clipped, textWidth, wrapped } from './text-width.js';

const barColumns = 20;

/**
 * A run as a timeline for a terminal or a log: how it ended, what people ask first, a line a step and a line a wait in it with its beginning
 * (UTC), how long it lasted and where in the run it lies, what failed, what to do next. In `columns` columns, but for commands, which are to
 * be copied.
 */
export function renderRun(report: RunReport, columns = 80): string {
  const { recipe, environment, summary, failure, outcome, nextActions } = report;
  const lines = [
    ...indented('', `${recipe} on ${environment}: ${outcomeOf(report)}`, columns),
    ...(summary === '' ? [] : indented('', summary, columns)),
    '',
    ...factLines(report, columns),
    '',
    ...timelineLines(timelineOf(report), columns),
    ...(failure === null || outcome === 'succeeded' ? [] : failureLines(failure, columns)),
    ...actionLines(nextActions, columns),
  ];
  return `${lines.join('\n')}\n`;
}

function failureLines(failure: RunReportFailure, columns: number): readonly string[] {
  const { kind, step, message, remedy } = failure;
  return ['', ...indented('', `${kind} in ${step}: ${message}`, columns), ...(remedy === '' ? [] : indented('What to do: ', remedy, columns)), ...migrationLines(failure)];
}

function factLines(report: RunReport, columns: number): readonly string[] {
  const facts = factsOf(report);
  const nameColumns = Math.max(...facts.map(([name]) => name.length));
  return facts.flatMap(([name, value]) => indented(`${name.padEnd(nameColumns)}  `, value, columns));
}

function timelineLines(timeline: Timeline, columns: number): readonly string[] {
  const timeColumns = momentText(timeline, timeline.from).length;
  return timeline.rows.map((row) => {
    const when = `${momentText(timeline, row.from).padStart(timeColumns)} ${lastedText(row.seconds).padStart(11)} `;
    const nameColumns = Math.max(12, columns - when.length - barColumns - 2);
    const name = clipped(row.kind === 'step' ? `${stepGlyphs[row.status]} ${printableText(row.name)}` : `    ${printableText(row.name)}`, nameColumns);
    const filling = ' '.repeat(nameColumns - textWidth(name));
    return `${when} ${name}${filling} ${bar(timeline, row)}`.trimEnd();
  });
}

/** Where in the run's time it lies: at least one column, however short it was. */
function bar({ from: begin, to: end }: Timeline, { kind, from, to }: TimelineRow): string {
  if (from === null || to === null) return '';
  const column = (ms: number) => Math.round(((ms - begin) / Math.max(1, end - begin)) * barColumns);
  const start = Math.min(barColumns - 1, column(from));
  return `${' '.repeat(start)}${(kind === 'step' ? '█' : '░').repeat(Math.max(1, column(to) - start))}`;
}

/** Wrapped, with `first` before it and as much space before its other lines. */
function indented(first: string, text: string, columns: number): readonly string[] {
  return wrapped(printableText(text), columns - first.length).map((line, index) => `${index === 0 ? first : ' '.repeat(first.length)}${line}`);
}
