import { afterEach, describe, expect, it, vi } from 'vitest';
import { eventAt } from './events.fixture.js';
import type { DeployEvent } from './events.js';
import { jsonLinesReporter } from './json-lines-reporter.js';
import { renderEvent } from './render-event.js';
import { terminalReporter, type Terminal } from './terminal-reporter.js';

/** What a person sees in the end: cursor movements carried out. */
function screen(): Terminal & { readonly lines: () => readonly string[]; readonly raw: () => string } {
  let lines: string[] = [];
  let row = 0;
  let raw = '';
  return {
    isTTY: true,
    columns: 80,
    rows: 24,
    write(text) {
      raw += text;
      for (const part of text.split(/(\u001B\[\d*[AJ]|\r|\n)/)) {
        const up = /^\u001B\[(\d+)A$/.exec(part);
        if (up !== null) row -= Number(up[1]);
        else if (part === '\u001B[J') lines = lines.slice(0, row);
        else if (part === '\n') row += 1;
        else if (part !== '' && part !== '\r') lines[row] = (lines[row] ?? '') + part;
      }
    },
    lines: () => lines,
    raw: () => raw,
  };
}

const release: readonly DeployEvent[] = [
  eventAt(0, { type: 'run-started', recipe: 'deployWithMigration', resumed: false, steps: ['preflight', 'snapshot-db'] }),
  eventAt(0, { type: 'step-started', step: 'preflight' }),
  eventAt(1, { type: 'warning', message: 'redis: contents are lost' }),
  eventAt(3, { type: 'step-succeeded', step: 'preflight', seconds: 3, summary: '', replayed: false }),
  eventAt(3, { type: 'step-started', step: 'snapshot-db' }),
  eventAt(4, { type: 'waiting', waitingFor: 'the snapshot', seen: '10 %', timeoutSeconds: 60 }),
  eventAt(9, { type: 'wait-ended', waitingFor: 'the snapshot', seconds: 5 }),
  eventAt(9, { type: 'step-succeeded', step: 'snapshot-db', seconds: 6, summary: 's-1', replayed: false }),
  eventAt(9, { type: 'run-succeeded', recipe: 'deployWithMigration', seconds: 9, summary: '' }),
];

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

describe('terminalReporter on a terminal', () => {
  it('draws one table in place, with warnings above it, and leaves the finished one', () => {
    const terminal = screen();
    const reporter = terminalReporter({ terminal, color: false });
    for (const event of release) reporter.report(event);
    expect(terminal.lines()).toEqual([
      'warning: redis: contents are lost',
      'deployWithMigration · dev · run r1',
      '✓ preflight            3 s',
      '✓ snapshot-db          6 s  s-1',
      'deployWithMigration succeeded in 9 s',
    ]);
  });

  it('tells what a run that has succeeded leaves to be done, each command in one line', () => {
    const terminal = { ...screen(), columns: 40 };
    const reporter = terminalReporter({ terminal, color: false });
    const command = 'npx tsx examples/migrate.ts --roll-back v1.54.8 --environment dev';
    const report = { summary: 'visitors are kept out', nextActions: [{ text: 'Bring the code back to the version of before', command }] };
    reporter.report(eventAt(0, { type: 'run-started', recipe: 'restoreDb', resumed: false, steps: ['look'] }));
    reporter.report(eventAt(9, { type: 'run-succeeded', recipe: 'restoreDb', seconds: 9, summary: report.summary, report }));
    expect(terminal.lines().slice(-6)).toEqual(['are kept out', '', 'Next:', '  Bring the code back to the version of', '  before:', `    ${command}`].map((line) => line || undefined));
  });

  it('leaves the whole table at the end, also where the terminal is small or does not know its size', () => {
    for (const size of [{ rows: 5, columns: 80 }, { rows: 0, columns: 0 }]) {
      const terminal = { ...screen(), ...size };
      const reporter = terminalReporter({ terminal, color: false });
      const steps = Array.from({ length: 9 }, (_, index) => `step-${index}`);
      reporter.report(eventAt(0, { type: 'run-started', recipe: 'deploy', resumed: false, steps }));
      for (const step of steps) reporter.report(eventAt(1, { type: 'step-succeeded', step, seconds: 1, summary: '', replayed: false }));
      reporter.report(eventAt(9, { type: 'run-succeeded', recipe: 'deploy', seconds: 9, summary: 'v1.55.0 is deployed' }));
      expect(terminal.lines().filter((line) => line.startsWith('✓ step-'))).toHaveLength(9);
      expect(terminal.lines().at(-1)).toBe('deploy succeeded in 9 s: v1.55.0 is deployed');
    }
  });

  it('wraps warnings and the name of the run, which is to be copied', () => {
    const terminal = { ...screen(), columns: 40 };
    const reporter = terminalReporter({ terminal, color: false });
    reporter.report({ ...eventAt(0, { type: 'run-started', recipe: 'deployWithMigration', resumed: false, steps: ['preflight'] }), runId: '20261125-234949-abcd' });
    reporter.report(eventAt(1, { type: 'warning', message: 'nothing keeps an apply from changing rules' }));
    expect(terminal.lines()).toEqual(['warning: nothing keeps an apply from', 'changing rules', 'deployWithMigration · dev · run', '20261125-234949-abcd', '· preflight']);
  });

  it('keeps a command in one line, which is to be copied', () => {
    const terminal = { ...screen(), columns: 40 };
    const reporter = terminalReporter({ terminal, color: false });
    const command = 'npx tsx examples/migrate.ts --reopen 20261125-234949-abcd --environment dev';
    reporter.report(eventAt(0, { type: 'note', message: 'Put back what is away and let visitors in', command }));
    expect(terminal.lines()).toEqual(['Put back what is away and let visitors', 'in:', `  ${command}`]);
    expect(renderEvent(eventAt(0, { type: 'note', message: 'Put back', command }))).toBe(`Put back: ${command}`);
  });

  it('writes no time beside what is of no run: one log has one clock', () => {
    let written = '';
    const reporter = terminalReporter({ terminal: { write: (text) => (written += text) } });
    for (const event of release.slice(0, 2)) reporter.report(event);
    reporter.report({ type: 'note', at: '2031-01-01T11:12:13.000Z', environment: '', runId: null, message: 'SIGINT: stopping.' });
    expect(written.split('\n').at(-2)).toBe('         SIGINT: stopping.');
  });

  it('tells a note above the table without taking its time for the run’s, on a terminal that does not know its size', () => {
    const { columns: _, rows: __, ...terminal } = screen();
    const reporter = terminalReporter({ terminal, color: false });
    for (const event of release.slice(0, 2)) reporter.report(event);
    reporter.report({ type: 'note', at: '2031-01-01T00:00:00.000Z', environment: '', runId: null, message: 'SIGINT: stopping.' });
    expect(terminal.lines()).toEqual(['SIGINT: stopping.', 'deployWithMigration · dev · run r1', '▸ preflight            0 s', '· snapshot-db']);
    void reporter.end!();
  });

  it('lets the durations go on between events, from the time that the events tell', () => {
    vi.useFakeTimers();
    let now = 0;
    const terminal = screen();
    const reporter = terminalReporter({ terminal, color: false, clock: { now: () => now } });
    for (const event of release.slice(0, 6)) reporter.report(event);
    now += 70_000;
    vi.advanceTimersByTime(1_000);
    expect(terminal.lines().slice(-2)).toEqual(['▸ snapshot-db   1 min 11 s', '    waiting for the snapshot, 1 min 10 s: 10 %']);
    void reporter.end!();
    const drawn = terminal.raw();
    vi.advanceTimersByTime(5_000);
    expect(terminal.raw()).toBe(drawn);
  });

  it('draws the table of the next run below', () => {
    const terminal = screen();
    const reporter = terminalReporter({ terminal, color: false });
    for (const event of [...release, ...release]) reporter.report(event);
    expect(terminal.lines().filter((line) => line.startsWith('deployWithMigration ·'))).toHaveLength(2);
  });

  it('colours unless NO_COLOR is set', () => {
    const escape = '\u001B[32m';
    const coloured = screen();
    vi.stubEnv('NO_COLOR', '');
    for (const event of release) terminalReporter({ terminal: coloured }).report(event);
    expect(coloured.raw()).toContain('\u001B[33m');
    const plain = screen();
    vi.stubEnv('NO_COLOR', '1');
    const reporter = terminalReporter({ terminal: plain });
    for (const event of release) reporter.report(event);
    expect(plain.raw()).not.toContain(escape);
  });
});

describe('terminalReporter without a terminal', () => {
  it('writes one plain line an event, with its time, and nothing where a line would say nothing new', () => {
    let written = '';
    const reporter = terminalReporter({ terminal: { write: (text) => (written += text) } });
    for (const event of release) reporter.report(event);
    expect(written.split('\n')).toEqual([
      '08:00:00 run r1: deployWithMigration begins on dev',
      '08:00:00 preflight …',
      '08:00:01 warning: redis: contents are lost',
      '08:00:03 preflight ✓ 3 s',
      '08:00:03 snapshot-db …',
      '08:00:04 waiting for the snapshot: 10 %',
      '08:00:09 snapshot-db ✓ 6 s  s-1',
      '08:00:09 deployWithMigration succeeded in 9 s',
      '',
    ]);
  });

  it.each<readonly [DeployEvent, string]>([
    [eventAt(0, { type: 'run-started', recipe: 'r', resumed: true, steps: [] }), 'run r1: r is resumed on dev'],
    [eventAt(0, { type: 'step-succeeded', step: 's', seconds: 1, summary: 'x', replayed: true }), 's ✓ done before  x'],
    [eventAt(0, { type: 'step-failed', step: 's', seconds: 1, message: 'no', remedy: '' }), 's ✗ no'],
    [eventAt(0, { type: 'change', planned: true, resource: 'service a', from: '1', to: '0', operation: 'o', why: 'w' }), 'would change service a: 1 → 0'],
    [eventAt(0, { type: 'change', planned: false, resource: 'service a', from: '1', to: '0', operation: 'o', why: 'w' }), 'change service a: 1 → 0'],
    [eventAt(0, { type: 'change', planned: false, resource: 'tag a', from: `sha256:${'0123456789abcdef'.repeat(4)}`, to: 'none', operation: 'o', why: 'w' }), 'change tag a: sha256:0123456789ab… → none'],
    [eventAt(0, { type: 'waiting', waitingFor: 'x', seen: 'y', usualSeconds: 3_725, timeoutSeconds: 1 }), 'waiting for x: y (usually 1 h 02 min)'],
    [eventAt(0, { type: 'waiting', waitingFor: 'x', seen: 'y', timeoutSeconds: 1, earliestEndAt: '2026-11-23T08:04:00.000Z', secondsLeft: 240 }), 'waiting for x: y; over at 08:04:00 at the earliest, in 4 min 00 s'],
    [eventAt(0, { type: 'log', source: 'm', line: '\u001B[2J\u001B[1;31mred\u001B[0m\talert\u0007\r' }), '| red alert'],
    [eventAt(0, { type: 'log', source: 'm', line: '[⣷] applying...\u001B[2K\u001B[1A\u001B[2K\u001B[G[⣯] applying...\r[✓] applied\u001B[?25h' }), '| [✓] applied'],
    [eventAt(0, { type: 'log', source: 'm', line: '10 %\r20 %\u001B[2K\u001B[G' }), '| 20 %'],
    [eventAt(0, { type: 'note', message: 'so be it' }), 'so be it'],
    [eventAt(0, { type: 'undoing', why: 'drain failed' }), 'putting back: drain failed'],
    [eventAt(0, { type: 'hold-set', reason: 'it broke', nextActions: [] }), 'held: it broke'],
    [eventAt(0, { type: 'run-failed', recipe: 'r', seconds: 125, error: { kind: 'K', message: 'm', remedy: 'r' }, situation: { step: 's', state: 'unknown', maintenance: 'on', schema: 'unknown', left: 'hold', nextActions: [] } }), 'r failed in s after 2 min 05 s'],
  ])('writes %o as a line', (event, line) => {
    let written = '';
    terminalReporter({ terminal: { write: (text) => (written += text) } }).report(event);
    expect(written).toBe(`08:00:00 ${line}\n`);
  });
});

describe('jsonLinesReporter', () => {
  it('writes each event as one line of JSON', () => {
    const lines: string[] = [];
    const reporter = jsonLinesReporter((line) => lines.push(line));
    for (const event of release) reporter.report(event);
    expect(lines.every((line) => line.endsWith('\n') && line.indexOf('\n') === line.length - 1)).toBe(true);
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(release);
  });
});
