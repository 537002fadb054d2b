import type { RunReport } from '../runs/run-report.js';
import { escaped, table } from './markdown.js';
import { actionBlocks, migrationBlocks } from './render-failure-markdown.js';
import { factsOf, lastedText, outcomeOf, stepGlyphs } from './run-report-facts.js';
import { momentText, type Timeline, timelineOf, type TimelineRow } from './run-timeline.js';

/** A run as Markdown, for an issue, a chat or the notes of a release: how it ended, what people ask first, its steps and waits, what failed, what to do next. Times are UTC. */
export function renderRunMarkdown(report: RunReport): string {
  const { recipe, environment, summary, failure, outcome, nextActions } = report;
  const timeline = timelineOf(report);
  const blocks = [
    `## ${escaped(`${recipe} on ${environment}`)}: ${escaped(outcomeOf(report))}`,
    ...(summary === '' ? [] : [escaped(summary)]),
    ...(failure === null || outcome === 'succeeded' ? [] : [escaped(`${failure.kind} in ${failure.step}: ${failure.message}`), ...(failure.remedy === '' ? [] : [escaped(failure.remedy)]), ...migrationBlocks(failure)]),
    ...table('The run', ['', ''], factsOf(report)),
    ...table('Steps and waits', ['began', 'lasted', 'step', ''], timeline.rows.map((row) => cellsOf(timeline, row))),
    ...actionBlocks(nextActions),
  ];
  return `${blocks.join('\n\n')}\n`;
}

function cellsOf(timeline: Timeline, { kind, name, status, seconds, from, summary }: TimelineRow): readonly string[] {
  return [momentText(timeline, from), lastedText(seconds), kind === 'step' ? `${stepGlyphs[status]} ${name}` : `… ${name}`, summary];
}
