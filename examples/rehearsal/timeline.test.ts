import { describe, expect, it } from 'vitest';
import { judgeVisits, timelineOf } from './timeline.js';
import type { Visit, VisitKind } from './visitors.js';

describe('timelineOf', () => {
  it('counts what was seen in each second, also in a second in which nobody was answered', () => {
    const visits = [visit(10_100, 'old'), visit(10_900, 'old'), visit(12_000, 'maintenance'), visit(12_999, 'error')];

    expect(timelineOf(visits)).toEqual([
      { from: 10_000, counts: { ...none, old: 2 } },
      { from: 11_000, counts: none },
      { from: 12_000, counts: { ...none, maintenance: 1, error: 1 } },
    ]);
  });

  it('is empty when nobody came', () => {
    expect(timelineOf([])).toEqual([]);
  });
});

describe('judgeVisits', () => {
  it('finds nothing wrong with a release: old version, maintenance, new version', () => {
    const visits = [visit(0, 'old'), visit(1_000, 'maintenance'), visit(9_500, 'maintenance'), visit(10_000, 'new'), visit(10_100, 'unversioned')];

    expect(judgeVisits(visits)).toEqual({
      counts: { ...none, old: 1, maintenance: 2, new: 1, unversioned: 1 },
      errors: [],
      leaks: [],
      oldAfterNew: [],
      letIn: [],
      maintenance: { from: 1_000, to: 9_500, seconds: 8.5 },
      neverInMaintenance: [],
    });
  });

  it('names the answers of the old version to requests made after the new version had answered', () => {
    const begunBefore = { ...visit(5_100, 'old'), askedAt: 4_900 };
    const begunAfter = { ...visit(5_200, 'old'), askedAt: 5_001 };

    expect(judgeVisits([visit(5_000, 'new'), begunBefore, begunAfter]).oldAfterNew).toEqual([begunAfter]);
  });

  it('names the answers of the application between two maintenance pages of the same rule', () => {
    const letIn = visit(20_000, 'new');
    const visits = [visit(9_000, 'old'), visit(10_000, 'maintenance'), letIn, visit(30_000, 'maintenance'), visit(60_000, 'new'), visit(20_000, 'old', 'a-rule-that-closes-later'), visit(21_000, 'maintenance', 'a-rule-that-closes-later')];

    expect(judgeVisits(visits).letIn).toEqual([letIn]);
  });

  it('names errors, leaks, and rules that never met the maintenance page', () => {
    const leak = visit(1, 'leak');
    const error = visit(2, 'error');
    const elsewhere = visit(3, 'unversioned', 'admin-rule');

    const verdict = judgeVisits([leak, error, elsewhere, visit(4, 'maintenance')]);

    expect(verdict).toMatchObject({ leaks: [leak], errors: [error], neverInMaintenance: ['admin-rule'] });
  });
});

const none = { old: 0, maintenance: 0, new: 0, unversioned: 0, leak: 0, error: 0 };

function visit(at: number, kind: VisitKind, rule = 'graasp-rule'): Visit {
  const route = { rule, method: 'GET', host: 'api.example.org', path: '/api/items', released: true } as const;
  return { route, askedAt: at, at, kind, status: 200, location: null, version: null, service: null, problem: '' };
}
