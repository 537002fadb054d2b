import { expect, it } from 'vitest';
import type { Facts } from './facts.js';
import { tellFacts } from './tell-facts.js';
import type { StepTimes } from './step-times.js';
import type { TimelineEntry } from './timeline.js';
import type { VisitKind } from './visitors.js';

const none = { old: 0, maintenance: 0, new: 0, unversioned: 0, leak: 0, error: 0 };

function timeline(...seconds: readonly (readonly VisitKind[])[]): readonly TimelineEntry[] {
  return seconds.map((kinds, from) => ({ from, counts: { ...none, ...Object.fromEntries(kinds.map((kind) => [kind, 1])) } }));
}

const failing = [{ step: 'gate-on', seconds: 30, failed: false }, { step: 'deploy-core', seconds: 65, failed: true }];

function told(application: readonly TimelineEntry[], others: readonly TimelineEntry[], steps: StepTimes['steps'] = failing): readonly string[] {
  const facts = { visits: { application, others, leaks: [], verdict: { maintenance: { seconds: 90 } } } } as unknown as Facts;
  return tellFacts(facts, { verdicts: [{ what: 'rows', held: true, seen: 'all' }, { what: 'no error', held: false, seen: 'one' }], version: 'v1.55.0', steps }).split('\n');
}

it('says what held and what did not, what visitors saw second by second, and how long it took', () => {
  expect(told(timeline(['old'], ['old', 'maintenance'], ['maintenance'], [], ['error'], ['new']), timeline(['unversioned'], ['maintenance']))).toEqual([
    'What was proven',
    '  ✔ rows: all',
    '  ✘ no error: one',
    '',
    'What visitors saw, a character a second (in the cloud a minute)',
    '  application  1~· !2',
    '  the others   =·',
    '  1 v1.54.8   · maintenance page   2 v1.55.0   = other services',
    '  ~ more than one of these: hosts close and open one after the other',
    '  ! error or the wrong service   blank: nobody was answered',
    "  The application's visitors:",
    '      0 – 1 s  v1.54.8                                 1 answers',
    '      1 – 2 s  v1.54.8, then maintenance page          2 answers',
    '      2 – 4 s  maintenance page                        1 answers',
    '      4 – 5 s  errors                                  1 answers',
    '      5 – 6 s  v1.55.0                                 1 answers',
    '',
    'How long it took in the cloud, whose time passes 60 times as fast',
    '  gate-on                  30 s',
    '  deploy-core              1 min 05 s, then failed',
    '  all steps                1 min 35 s (1.6 s here)',
    '  maintenance window       1 min 30 s (1.5 s here)',
    '  The window is what visitors met.',
  ]);
});

it('says that visitors are still kept out, and that pauses count, after an attempt that was resumed and failed', () => {
  const steps = [{ step: 'gate-on', seconds: null, failed: false }, { step: 'run-migration', seconds: 65, failed: true }];

  expect(told(timeline(['old'], ['maintenance'], []), [], steps).slice(-6)).toEqual([
    '  gate-on                  done before',
    '  run-migration            1 min 05 s, then failed',
    '  steps of this attempt    1 min 05 s (1.1 s here)',
    '  maintenance window       1 min 30 s (1.5 s here) so far, still closed',
    '  The window is what visitors met, pauses between attempts included, and goes on',
    '  until they are let in.',
  ]);
});

it('keeps within 80 columns however long the rehearsal waited', () => {
  const lines = told(timeline(...Array.from({ length: 601 }, (): VisitKind[] => ['maintenance'])), []);

  expect(lines).toContain('What visitors saw, a character 10 seconds (in the cloud 10 minutes)');
  expect(lines).toContain(`  application  ${'·'.repeat(61)}`);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
});
