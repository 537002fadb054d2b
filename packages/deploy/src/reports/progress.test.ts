import { describe, expect, it } from 'vitest';
import { eventAt } from './events.fixture.js';
import type { DeployEventBody } from './events.js';
import { addEvent, emptyProgress, type Progress } from './progress.js';
import { renderProgress, type Screen } from './render-progress.js';

function progressOf(...events: readonly (readonly [number, DeployEventBody])[]): Progress {
  return events.reduce((progress, [at, body]) => addEvent(progress, eventAt(at, body)), emptyProgress);
}

const screenAt = (seconds: number, changes: Partial<Screen> = {}): Screen => ({ columns: 100, rows: 40, now: Date.parse('2026-11-23T08:00:00Z') + seconds * 1000, paint: (_, text) => text, ...changes });

const begun: readonly (readonly [number, DeployEventBody])[] = [
  [0, { type: 'run-started', recipe: 'deployWithMigration', resumed: false, steps: ['preflight', 'snapshot-db', 'run-migration', 'gate-off'] }],
  [0, { type: 'step-started', step: 'preflight' }],
  [3, { type: 'step-succeeded', step: 'preflight', seconds: 3, summary: '21 checks', replayed: false }],
  [3, { type: 'step-started', step: 'snapshot-db' }],
];

describe('renderProgress', () => {
  it('shows nothing before a run has begun', () => {
    expect(renderProgress(emptyProgress, screenAt(0))).toEqual([]);
  });

  it('shows what is done, what is waited for and how much longer that usually lasts, and what is ahead', () => {
    const progress = progressOf(...begun, [4, { type: 'waiting', waitingFor: 'the snapshot to be available', seen: 'creating, 10 %', usualSeconds: 240, timeoutSeconds: 7200 }], [20, { type: 'waiting', waitingFor: 'the snapshot to be available', seen: 'creating, 20 %', usualSeconds: 240, timeoutSeconds: 7200 }]);
    expect(renderProgress(progress, screenAt(84))).toEqual([
      'deployWithMigration · dev · run r1',
      '✓ preflight             3 s  21 checks',
      '▸ snapshot-db    1 min 21 s',
      '    waiting for the snapshot to be available, 1 min 20 s, about 2 min 40 s more: creating, 20 %',
      '· run-migration',
      '· gate-off',
    ]);
  });

  it('counts down to the usual end, until it has come, but for one that is known', () => {
    const wait = { type: 'waiting', waitingFor: 'it', seen: 'x', usualSeconds: 60, timeoutSeconds: 900 } as const;
    const shown = (seconds: number, more: object = {}) => renderProgress(progressOf(...begun, [4, { ...wait, ...more }]), screenAt(seconds))[3];
    expect(shown(14)).toBe('    waiting for it, 10 s, about 50 s more: x');
    expect(shown(64)).toBe('    waiting for it, 1 min 00 s (usually 1 min 00 s): x');
    expect(shown(14, { earliestEndAt: '2026-11-23T08:02:14.000Z', secondsLeft: 130 })).toBe('    waiting for it, 10 s (usually 1 min 00 s), at least 2 min 00 s more: x');
  });

  it('counts down to the earliest end, until it has come', () => {
    const progress = progressOf(...begun, [4, { type: 'waiting', waitingFor: 'visitors to have left', seen: '1 request', timeoutSeconds: 900, earliestEndAt: '2026-11-23T08:04:00.000Z', secondsLeft: 236 }]);
    const shown = (seconds: number) => renderProgress(progress, screenAt(seconds))[3];
    expect(shown(110)).toBe('    waiting for visitors to have left, 1 min 46 s, at least 2 min 10 s more: 1 request');
    expect(shown(240)).toBe('    waiting for visitors to have left, 3 min 56 s: 1 request');
  });

  it('shows the newest of several waits, and that there are more', () => {
    const wait = (name: string): DeployEventBody => ({ type: 'waiting', waitingFor: `tasks of ${name} to stop`, seen: '0 of 1', timeoutSeconds: 60 });
    const progress = progressOf(...begun, [4, wait('a')], [4, wait('b')], [5, wait('c')], [6, { type: 'wait-ended', waitingFor: 'tasks of c to stop', seconds: 1 }]);
    expect(renderProgress(progress, screenAt(7)).slice(3, 5)).toEqual(['    waiting for tasks of b to stop, 3 s: 0 of 1', '    and 1 more']);
  });

  it('shows the last lines of the migration under its step, and forgets them with the next step', () => {
    const logs = Array.from({ length: 30 }, (_, index): readonly [number, DeployEventBody] => [5, { type: 'log', source: 'migrate', line: `\u001B[31mline\u001B[0m ${index}` }]);
    const progress = progressOf(...begun, ...logs);
    expect(renderProgress(progress, screenAt(6)).slice(3, 7)).toEqual(['    │ line 26', '    │ line 27', '    │ line 28', '    │ line 29']);
    const next = addEvent(addEvent(progress, eventAt(7, { type: 'step-succeeded', step: 'snapshot-db', seconds: 4, summary: '', replayed: false })), eventAt(7, { type: 'step-started', step: 'run-migration' }));
    expect(renderProgress(next, screenAt(8)).some((line) => line.includes('│'))).toBe(false);
  });

  it('shows the change that a step made last', () => {
    const progress = progressOf(...begun, [4, { type: 'change', planned: false, resource: 'snapshot s-1', from: 'absent', to: 'available', operation: 'rds:CreateDBSnapshot', why: '' }]);
    expect(renderProgress(progress, screenAt(5))[2]).toBe('▸ snapshot-db           2 s  snapshot s-1: absent → available');
  });

  it('says of a replayed step that it was done before', () => {
    const progress = progressOf(begun[0]!, begun[1]!, [0, { type: 'step-succeeded', step: 'preflight', seconds: 3, summary: '', replayed: true }]);
    expect(renderProgress(progress, screenAt(1))[1]).toBe('✓ preflight                  done before');
  });

  it('tells steps that put things back from the steps of their name, and drops what is not ahead any more', () => {
    const progress = progressOf(
      ...begun,
      [9, { type: 'step-failed', step: 'snapshot-db', seconds: 6, message: 'the snapshot failed', remedy: '' }],
      [9, { type: 'undoing', why: 'snapshot-db failed' }],
      [9, { type: 'step-started', step: 'gate-off' }],
      [10, { type: 'step-succeeded', step: 'gate-off', seconds: 1, summary: '', replayed: false }],
    );
    expect(renderProgress(progress, screenAt(10))).toEqual([
      'deployWithMigration · dev · run r1',
      '✓ preflight            3 s  21 checks',
      '✗ snapshot-db          6 s  the snapshot failed',
      '✓ ↩ gate-off           1 s',
    ]);
  });

  it('never draws a line wider than the screen, nor more lines than it has, and keeps the open step', () => {
    const steps = Array.from({ length: 30 }, (_, index) => `step-${index}`);
    const progress = progressOf(
      [0, { type: 'run-started', recipe: 'long', resumed: false, steps }],
      ...steps.slice(0, 25).flatMap((step): (readonly [number, DeployEventBody])[] => [[0, { type: 'step-started', step }], [1, { type: 'step-succeeded', step, seconds: 1, summary: '長い説明'.repeat(20), replayed: false }]]),
      [2, { type: 'step-started', step: 'step-25' }],
      [2, { type: 'waiting', waitingFor: 'something with a long name '.repeat(5), seen: 'nothing', timeoutSeconds: 9 }],
    );
    const lines = renderProgress(progress, screenAt(3, { columns: 40, rows: 10 }));
    expect(lines).toHaveLength(10);
    expect(lines.some((line) => line.startsWith('▸ step-25'))).toBe(true);
    expect(lines.filter((line) => line.includes('長')).length).toBeGreaterThan(3);
    for (const line of lines) expect([...line].reduce((width, character) => width + (/[\u3000-\u9FFF]/.test(character) ? 2 : 1), 0)).toBeLessThanOrEqual(40);
  });

  it('gives each glyph its colour, and the rest none or a dim one', () => {
    const progress = progressOf(...begun);
    const painted = renderProgress(progress, screenAt(4, { paint: (style, text) => `<${style}>${text}</>` }));
    expect(painted[1]).toBe('<green>✓</> preflight             3 s  <dim>21 checks</>');
    expect(painted[3]).toBe('<dim>· run-migration            </>');
  });
});
