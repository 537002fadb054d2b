import { escapedHtml } from './escaped-html.js';
import { printableText } from './render-event.js';
import { lastedText } from './run-report-facts.js';
import { momentText, ticksOf, type Timeline, type TimelineRow } from './run-timeline.js';
import { clipped } from './text-width.js';

const width = 1000;
const labelWidth = 300;
/** So that half of the last time fits below its line. */
const rightMargin = 30;
const rowHeight = 20;
const axisHeight = 24;
const labelColumns = 44;
/** What lasted no time is seen all the same. */
const leastWidth = 2;

/** Steps and waits of a run as bars in its time, as SVG; colours are the page's. A line that nobody knows the time of has no bar. */
export function ganttOf(timeline: Timeline): string {
  const { from, to, rows, window } = timeline;
  const moment = (ms: number): string => momentText(timeline, ms);
  const height = axisHeight + rows.length * rowHeight;
  const x = (ms: number): number => Math.round((labelWidth + ((ms - from) / Math.max(1, to - from)) * (width - labelWidth - rightMargin)) * 10) / 10;
  return [
    `<svg viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="gantt-title gantt-what">`,
    '<title id="gantt-title">Steps and waits of the run in time</title>',
    `<desc id="gantt-what">From ${moment(from)} to ${moment(to)} UTC.${window === null ? '' : ` Visitors were kept out from ${moment(window.from)} to ${moment(window.to)}.`} The table below says the same.</desc>`,
    ...(window === null ? [] : [`<rect class="window" x="${x(window.from)}" y="${axisHeight}" width="${barWidth(x, window)}" height="${height - axisHeight}"><title>visitors kept out</title></rect>`]),
    ...ticksOf(timeline).map((ms) => `<line x1="${x(ms)}" x2="${x(ms)}" y1="${axisHeight - 6}" y2="${height}"/><text class="soft" x="${x(ms)}" y="12" text-anchor="middle">${moment(ms)}</text>`),
    ...rows.map((row, index) => rowSvg(row, { y: axisHeight + index * rowHeight, x, moment })),
    '</svg>',
  ].join('\n');
}

interface Place {
  readonly y: number;
  readonly x: (ms: number) => number;
  readonly moment: (ms: number) => string;
}

function rowSvg(row: TimelineRow, { y, x, moment }: Place): string {
  const { kind, status, from, to, seconds } = row;
  const name = printableText(row.name);
  const label = `<text${kind === 'wait' ? ' class="soft"' : ''} x="${kind === 'wait' ? 16 : 0}" y="${y + 14}">${escapedHtml(clipped(name, labelColumns))}</text>`;
  if (from === null || to === null) return label;
  const [top, height] = kind === 'wait' ? [y + 6, rowHeight - 12] : [y + 3, rowHeight - 6];
  const told = escapedHtml(`${name}: ${moment(from)}${seconds === null ? ', not ended' : `, ${lastedText(seconds)}`}`);
  return `${label}<rect class="bar-${kind === 'wait' ? 'wait' : status}" x="${x(from)}" y="${top}" width="${barWidth(x, { from, to })}" height="${height}" rx="2"><title>${told}</title></rect>`;
}

function barWidth(x: (ms: number) => number, { from, to }: { readonly from: number; readonly to: number }): number {
  return Math.max(leastWidth, Math.round((x(to) - x(from)) * 10) / 10);
}
