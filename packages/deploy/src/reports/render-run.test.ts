import { describe, expect, it } from 'vitest';
import { renderRun } from './render-run.js';
import { renderRunHtml } from './render-run-html.js';
import { renderRunMarkdown } from './render-run-markdown.js';
import { heldRun, succeededRun } from './run-report.fixture.js';
import { ticksOf } from './run-timeline.js';
import { textWidth } from './text-width.js';

describe('renderRun', () => {
  it('tells how a run ended, what people ask first, and when it was at what', () => {
    expect(renderRun(succeededRun)).toBe(`deployWithMigration on dev: succeeded
v1.55.0 is deployed and the database migrated; visitors are let in

run                   20261123-080000-k3f9
began                 2026-11-23 08:00:00 UTC, by anna@laptop
lasted                30 min 00 s
visitors kept out     29 min 55 s, from 2026-11-23 08:00:05 UTC to 2026-11-23
                      08:30:00 UTC
version found         graasp v1.54.8
version deployed      v1.55.0
database migrated to  v1.55.0
restore point         graasp-dev-v1-55-0
library               1.2.3

08:00:00         5 s  ✓ gate-on                             █
08:00:05  5 min 00 s  ✓ await-drained                       ███
08:01:05  4 min 00 s      visitors to leave                  ░░
08:05:05 20 min 00 s  ✓ run-migration                          ██████████████
         19 min 50 s      task migrate-1 to stop
08:29:50        10 s  ✓ gate-off                                               █
`);
  });

  it('tells what failed, what holds the environment, and what to do next', () => {
    const text = renderRun(heldRun);
    expect(text).toContain('deployWithMigration on dev: failed, held as it is: nothing else starts, migrates\nor opens it\n');
    expect(text).toContain('held               since 2026-11-23 08:06:00 UTC\n');
    expect(text).toContain('visitors kept out  since 2026-11-23 08:00:05 UTC\n');
    expect(text).toContain('08:05:05        50 s  ✗ run-migration');
    expect(text).toContain('MigrationFailed in run-migration: it said <script>alert("1")</script> | and red\nWhat to do: Read the lines.\n\nLast lines of the task:\n  adding a column …\n  <b>refused</b>\n\nThe database\'s own errors:\n  ERROR:  could not create unique index\n');
    expect(text).toMatch(/\nNext:\n {2}Once the cause is gone, continue at run-migration:\n {4}npx tsx release\.ts --resume .*\n$/);
  });

  it.each([80, 60])('keeps within %d columns but for what is to be copied', (columns) => {
    for (const run of [succeededRun, heldRun]) {
      const wide = renderRun(run, columns).split('\n').filter((line) => textWidth(line) > columns && !line.startsWith('    npx'));
      expect(wide).toEqual([]);
    }
  });

  it('tells who continued a run, and what had failed before', () => {
    const continued = { ...succeededRun, failure: heldRun.failure, attempts: [...succeededRun.attempts, { at: '2026-11-23T08:10:00.000Z', actor: 'ben@desk' }] };
    expect(renderRun(continued)).toContain('continued             2026-11-23 08:10:00 UTC, by ben@desk\n');
    expect(renderRun(continued)).toContain('failed before         run-migration: it said ');
  });

  it('draws an attempt that was cut off up to the next one', () => {
    const [first, drained] = succeededRun.steps;
    const cutOff = { ...drained!, status: 'open' as const, endedAt: null, seconds: null, waits: [] };
    const [, before] = renderRun({ ...succeededRun, steps: [first!, cutOff, { ...drained!, startedAt: '2026-11-23T08:15:00.000Z', endedAt: '2026-11-23T08:30:00.000Z', seconds: 900, waits: [] }] }).split('\n\n')[2]!.split('\n');
    expect(before).toMatch(/^08:00:05 {14}▸ await-drained +█{10}$/);
  });

  it('draws a run whose clock was set back meanwhile', () => {
    const step = { ...succeededRun.steps[1]!, endedAt: '2026-11-23T07:30:00.000Z', waits: [{ waitingFor: 'visitors to leave', seconds: 240, startedAt: '2026-11-23T07:26:00.000Z', endedAt: '2026-11-23T07:30:00.000Z' }] };
    const jumped = { ...succeededRun, endedAt: '2026-11-23T07:31:00.000Z', seconds: 0, steps: [step, succeededRun.steps[3]!], window: { closedAt: '2026-11-23T08:00:05.000Z', openedAt: '2026-11-23T07:31:00.000Z', seconds: 0 } };
    expect(renderRun(jumped)).toMatch(/^07:26:00 {2}4 min 00 s {6}visitors to leave +░+$/m);
    expect(renderRunHtml(jumped)).not.toMatch(/(width|x)="-/);
  });

  it('tells the day too where a run has seen midnight', () => {
    const held = { ...succeededRun, endedAt: '2026-11-24T07:00:00.000Z', attempts: [...succeededRun.attempts, { at: '2026-11-24T07:00:00.000Z', actor: 'ben@desk' }] };
    expect(renderRun(held)).toMatch(/^11-23 08:05:05 20 min 00 s {2}✓ run-migration +█$/m);
    expect(renderRunMarkdown(held)).toContain('| 11-23 08:05:05 | 20 min 00 s | ✓ run-migration |  |');
    expect(renderRunHtml(held)).toContain('<td class="time">11-23 08:05:05</td>');
  });

  it('tells that a run was let go of, instead of that it is held', () => {
    const text = renderRun({ ...heldRun, hold: null, nextActions: [], released: { at: '2026-11-23T09:00:00.000Z', actor: 'anna@laptop', reason: 'looked at it' } });
    expect(text).toContain('deployWithMigration on dev: failed, and was let go of\n');
    expect(text).toContain('let go of          2026-11-23 09:00:00 UTC, by anna@laptop: looked at it\n');
  });
});

describe('renderRunMarkdown', () => {
  it('is headed by how the run ended, and has its steps and waits as a table', () => {
    const text = renderRunMarkdown(succeededRun);
    expect(text).toMatch(/^## deployWithMigration on dev: succeeded\n\nv1\.55\.0 is deployed/);
    expect(text).toContain('| 08:00:05 | 5 min 00 s | ✓ await-drained |  |\n| 08:01:05 | 4 min 00 s | … visitors to leave |  |\n');
  });

  it('keeps text of others from being markup, and fences commands', () => {
    const text = renderRunMarkdown(heldRun);
    expect(text).toContain('MigrationFailed in run-migration: it said \\<script\\>alert("1")\\</script\\> \\| and red');
    expect(text).not.toMatch(/[^\\]<script/);
    expect(text).toContain('#### Last lines of the task\n\n```text\nadding a column …\n<b>refused</b>\n```\n\n#### The database\'s own errors\n\n```text\nERROR:  could not create unique index\n```');
    expect(text).toMatch(/#### Next\n\n.*:\n\n```text\nnpx tsx release\.ts --resume .*\n```\n$/);
  });
});

describe('renderRunHtml', () => {
  const html = renderRunHtml(heldRun);

  it('loads nothing and runs nothing', () => {
    expect(html).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
    expect(html).not.toMatch(/<(script|link|img|iframe|object|embed|base|form)\b|\bon\w+=|(href|src)=|url\(|@import/i);
  });

  it('has text of others as text', () => {
    expect(html).toContain('it said &lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; | and red');
    expect(html).not.toContain('\u001b');
    expect(html).toContain('<h2>Last lines of the task</h2>\n<pre><code>adding a column …\n&lt;b&gt;refused&lt;/b&gt;</code></pre>');
    expect(html).toContain('<pre><code>ERROR:  could not create unique index</code></pre>');
    const hostile = `"'><svg onload=alert(1)>`;
    const attacked = renderRunHtml({ ...heldRun, run: hostile, recipe: hostile, environment: hostile, attempts: [{ at: heldRun.startedAt, actor: hostile }], steps: [{ ...heldRun.steps[0]!, name: hostile, waits: [{ waitingFor: hostile, seconds: 1, startedAt: heldRun.startedAt, endedAt: heldRun.startedAt }] }], nextActions: [{ text: hostile, command: hostile }] });
    expect(attacked).not.toContain('<svg onload');
    expect(attacked.match(/&quot;&#39;&gt;&lt;svg onload=alert\(1\)&gt;/g)!.length).toBeGreaterThan(10);
  });

  it('closes what it opens', () => {
    const open: string[] = [];
    for (const [tag, closing, name = ''] of html.matchAll(/<(\/?)([a-z0-9]+)\b[^>]*>/g)) {
      if (tag.endsWith('/>') || ['meta'].includes(name)) continue;
      if (closing === '') open.push(name);
      else expect(open.pop()).toBe(name);
    }
    expect(open).toEqual([]);
  });

  it('has a bar for each step and wait whose time is known, the window behind them, and all of it in the table too', () => {
    const page = renderRunHtml(succeededRun);
    expect(page.match(/<rect class="bar-done"/g)).toHaveLength(4);
    expect(page.match(/<rect class="bar-wait"/g)).toHaveLength(1);
    expect(page.match(/<rect class="window"/g)).toHaveLength(1);
    expect(page).toContain('<desc id="gantt-what">From 08:00:00 to 08:30:00 UTC. Visitors were kept out from 08:00:05 to 08:30:00. The table below says the same.</desc>');
    expect(page).toContain('<tr><td class="time">08:00:05</td><td class="time">5 min 00 s</td><th scope="row">✓ await-drained</th><td>done</td></tr>');
    expect(page).toContain('<td class="wait">waited for task migrate-1 to stop</td>');
  });

  it('draws a run of no time, and one that has not begun a step', () => {
    const none = { ...succeededRun, endedAt: succeededRun.startedAt, seconds: 0, steps: [], window: null };
    expect(renderRunHtml(none)).not.toContain('NaN');
    expect(renderRun(none)).not.toContain('NaN');
    expect(renderRunHtml({ ...none, outcome: 'not-ended', endedAt: null, seconds: null })).toContain('<span class="not-ended">not ended</span>');
  });

  it('is light or dark as the reader’s system is', () => {
    expect(html).toContain('@media (prefers-color-scheme: dark)');
    expect(html).toContain('<meta name="color-scheme" content="light dark">');
  });
});

describe('ticksOf', () => {
  const from = Date.parse('2026-11-23T08:00:05Z');
  const ticks = (seconds: number) => ticksOf({ from, to: from + seconds * 1000 }).map((ms) => new Date(ms).toISOString().slice(8, 19));

  it('gives round times, few enough to be read', () => {
    expect(ticks(1800)).toEqual(['23T08:05:00', '23T08:10:00', '23T08:15:00', '23T08:20:00', '23T08:25:00', '23T08:30:00']);
    expect(ticks(0)).toEqual(['23T08:00:05']);
    expect(ticks(3 * 86_400)).toEqual(['23T12:00:00', '24T00:00:00', '24T12:00:00', '25T00:00:00', '25T12:00:00', '26T00:00:00']);
    for (const seconds of [7, 90, 4000, 86_400, 40 * 86_400]) expect(ticks(seconds).length).toBeLessThanOrEqual(9);
  });
});
