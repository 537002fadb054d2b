import type { RunReport } from '../runs/run-report.js';
import { printableText } from './render-event.js';
import { factsOf, lastedText, outcomeOf, stepGlyphs } from './run-report-facts.js';
import { ganttOf } from './run-gantt.js';
import { escapedHtml } from './escaped-html.js';
import { momentText, type Timeline, timelineOf, type TimelineRow } from './run-timeline.js';

/**
 * A run as one page that needs nothing beside it: no script, no font, nothing that is loaded. A picture of its steps and waits in time, with
 * the time in which visitors were kept out, the same as a table, what people ask first, what failed and what to do next. Light or dark as the
 * reader's system is; times are UTC.
 */
export function renderRunHtml(report: RunReport): string {
  const { recipe, environment, run, summary } = report;
  const timeline = timelineOf(report);
  const title = `${recipe} on ${environment}, run ${run}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${text(title)}</title>
<style>${css}</style>
</head>
<body>
<main>
<h1>${text(`${recipe} on ${environment}`)}: <span class="${report.outcome}">${text(outcomeOf(report))}</span></h1>
${summary === '' ? '' : `<p>${text(summary)}</p>\n`}${failureHtml(report)}${actionsHtml(report)}<h2>The run</h2>
<table>
${factsOf(report).map(([name, value]) => `<tr><th scope="row">${text(name)}</th><td>${text(value)}</td></tr>`).join('\n')}
</table>
<h2>When</h2>
<p class="soft hint">The picture is wider than the page: scroll it sideways.</p>
<div class="picture" role="group" tabindex="0" aria-label="Picture of the run in time">
${ganttOf(timeline)}
</div>
${timeline.window === null ? '' : '<p class="soft">Shaded: visitors were kept out.</p>\n'}<table>
<caption>The same as a table: steps, and the waits in them</caption>
<thead><tr><th scope="col">Began</th><th scope="col">Lasted</th><th scope="col">What</th><th scope="col">Outcome</th></tr></thead>
<tbody>
${timeline.rows.map((row) => rowHtml(timeline, row)).join('\n')}
</tbody>
</table>
</main>
</body>
</html>
`;
}

function failureHtml({ failure, outcome }: RunReport): string {
  if (failure === null || outcome === 'succeeded') return '';
  const { kind, step, message, remedy, lastLines, databaseErrors } = failure;
  return `<p><strong>${text(`${kind} in ${step}`)}</strong>: ${text(message)}</p>\n${remedy === '' ? '' : `<p>${text(remedy)}</p>\n`}${linesHtml('Last lines of the task', lastLines)}${linesHtml("The database's own errors", databaseErrors)}`;
}

function linesHtml(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : `<h2>${text(title)}</h2>\n<pre><code>${lines.map(text).join('\n')}</code></pre>\n`;
}

function actionsHtml({ nextActions }: RunReport): string {
  if (nextActions.length === 0) return '';
  return `<h2>Next</h2>\n<ul>\n${nextActions.map((action) => `<li>${text(action.text)}:<pre><code>${text(action.command)}</code></pre></li>`).join('\n')}\n</ul>\n`;
}

const outcomes = { done: 'done', failed: 'failed', open: 'not ended' } as const;

function rowHtml(timeline: Timeline, { kind, name, status, seconds, from, summary }: TimelineRow): string {
  const what = kind === 'step' ? `<th scope="row">${stepGlyphs[status]} ${text(name)}</th>` : `<td class="wait">waited for ${text(name)}</td>`;
  const outcome = kind === 'step' ? `${outcomes[status]}${summary === '' ? '' : `: ${summary}`}` : '';
  return `<tr><td class="time">${momentText(timeline, from)}</td><td class="time">${lastedText(seconds)}</td>${what}<td>${text(outcome)}</td></tr>`;
}

/** Text of others on one line: without what a terminal would take for commands, and no markup. */
function text(value: string): string {
  return escapedHtml(printableText(value));
}

const css = `
:root { --paper: #fff; --ink: #1b1f24; --soft: #59636e; --line: #d1d9e0; --done: #1f6feb; --failed: #c62828; --open: #9a6700; --wait: #4f84d0; --window: #fdf0d5; --good: #1a7f37; }
@media (prefers-color-scheme: dark) { :root { --paper: #0d1117; --ink: #e6edf3; --soft: #9da7b3; --line: #3d444d; --done: #4c8dff; --failed: #ff6b6b; --open: #d9a528; --wait: #6f93d0; --window: #33280f; --good: #4ac26b; } }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 66rem; margin: 0 auto; padding: 1rem; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
.soft { color: var(--soft); } .succeeded { color: var(--good); } .failed { color: var(--failed); } .not-ended { color: var(--open); }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; color: var(--soft); padding: 1rem 0 .5rem; }
th, td { text-align: left; vertical-align: top; font-weight: normal; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid var(--line); }
thead th { color: var(--soft); }
.time { white-space: nowrap; font-variant-numeric: tabular-nums; } td.wait { padding-left: 1.5rem; color: var(--soft); }
pre { white-space: pre-wrap; overflow-wrap: anywhere; border: 1px solid var(--line); padding: .5rem; }
.picture { overflow-x: auto; } svg { min-width: 44rem; width: 100%; height: auto; font: 12px system-ui, sans-serif; }
svg text { fill: var(--ink); } svg .soft { fill: var(--soft); } svg line { stroke: var(--line); }
svg .window { fill: var(--window); } svg .bar-done { fill: var(--done); } svg .bar-failed { fill: var(--failed); } svg .bar-open { fill: var(--open); } svg .bar-wait { fill: var(--wait); }
.hint { display: none; } @media (max-width: 46rem) { .hint { display: block; } }
@media (max-width: 38rem) {
  thead { display: none; } tr { display: flex; flex-wrap: wrap; column-gap: .75rem; border-bottom: 1px solid var(--line); padding: .25rem 0; }
  th, td { border: 0; padding: 0; } th, td:not(.time) { flex-basis: 100%; } td.wait { padding-left: 0; } table:not(:has(thead)) th { color: var(--soft); }
}
`;
