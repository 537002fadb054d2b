import { expect, it } from 'vitest';
import type { Facts } from './facts.js';
import { tellFacts } from './tell-facts.js';
import type { TimelineEntry } from './timeline.js';
import type { VisitKind } from './visitors.js';

const none = { old: 0, maintenance: 0, new: 0, unversioned: 0, leak: 0, error: 0 };

function timeline(...seconds: readonly (readonly VisitKind[])[]): readonly TimelineEntry[] {
  return seconds.map((kinds, from) => ({ from, counts: { ...none, ...Object.fromEntries(kinds.map((kind) => [kind, 1])) } }));
}

function told(application: readonly TimelineEntry[], others: readonly TimelineEntry[]): readonly string[] {
  const facts = { visits: { application, others, leaks: [], verdict: { maintenance: { seconds: 90 } } } } as unknown as Facts;
  const steps = [{ step: 'gate-on', seconds: 30, failed: false }, { step: 'deploy-core', seconds: 65, failed: true }];
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
    '  ~ changing over   ! error or the wrong service',
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
  ]);
});

it('keeps within 80 columns however long the rehearsal waited', () => {
  const lines = told(timeline(...Array.from({ length: 601 }, (): VisitKind[] => ['maintenance'])), []);

  expect(lines).toContain('What visitors saw, a character 10 seconds (in the cloud 10 minutes)');
  expect(lines).toContain(`  application  ${'·'.repeat(61)}`);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
});
