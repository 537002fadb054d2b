import { describe, expect, it } from 'vitest';
import { testEnvironment } from '../../environment/environment.fixture.js';
import { quietLook } from '../database-sql/look.fixture.js';
import type { SqlWay } from '../database-sql/sql-way.js';
import { settledNote, settledReport } from './settled-report.js';
import type { ActivityWatch, RanOperation } from './watch-activity.js';

const way: SqlWay = { kind: 'task', told: 'by a task of sql', secondsBetweenLooks: 60, prepare: () => expect.unreachable(), ask: () => expect.unreachable() };
const vacuum: RanOperation = { operation: 'vacuum', table: 'item', database: 'shop', automatic: true, seconds: 12 };
const unknown: RanOperation = { operation: null, table: null, database: null, automatic: null, seconds: null };
const watched = (ran: readonly RanOperation[], ...looks: ActivityWatch['looks']): ActivityWatch => ({ ran, looks, look: () => expect.unreachable() });
const facts = { since: Date.parse('2026-11-23T10:00:00Z'), instance: { DBInstanceStatus: 'available' }, metrics: [], way, activity: watched([]), analyzed: null, seconds: 120 };
const env = testEnvironment();

describe('settledReport', () => {
  it('tells by metrics alone what was not looked at', () => {
    const bounded = { metric: 'CPUUtilization', worst: 12, bound: { atMost: 40 }, known: true, within: true } as const;
    const unbounded = { ...bounded, metric: 'FreeableMemory', worst: null, bound: { atLeast: 5 } } as const;
    expect(settledReport({ ...facts, instance: {}, way: null, activity: null, metrics: [bounded, unbounded] as never })).toEqual({
      since: '2026-11-23T10:00:00.000Z',
      instanceStatus: 'unknown',
      metrics: [
        { metric: 'CPUUtilization', worst: 12, atMost: 40, atLeast: null },
        { metric: 'FreeableMemory', worst: 0, atMost: null, atLeast: 5 },
      ],
      vacuum: 'not observed',
      sql: null,
      ran: [],
      analyzed: null,
      notSeen: ['vacuum and analyze', 'index builds', 'long transactions', 'sessions that wait for locks'],
      seconds: 120,
    });
  });

  it('tells by SQL what ran, and what the user is not told of', () => {
    expect(settledReport({ ...facts, activity: watched([vacuum], quietLook) })).toMatchObject({ instanceStatus: 'available', vacuum: 'finished', sql: 'task', ran: [vacuum], notSeen: [] });
    expect(settledReport({ ...facts, activity: watched([], quietLook, { ...quietLook, seesOthers: false }) })).toMatchObject({ vacuum: 'none seen', notSeen: ['long transactions', 'which tables are vacuumed', 'how far that is'] });
    expect(settledReport({ ...facts, activity: null })).toMatchObject({ vacuum: 'none seen', ran: [], notSeen: [] });
  });

  it('counts the tables of every database that was analyzed', () => {
    const analyzed = { databases: ['shop', 'umami'], seconds: 9, since: '' };
    expect(settledReport({ ...facts, analyzed, activity: watched([], { ...quietLook, tables: 3, missed: 1 }, { ...quietLook, tables: 4, missed: null }) }).analyzed).toEqual({ databases: ['shop', 'umami'], tables: 7, missed: 1, seconds: 9 });
    expect(settledReport({ ...facts, analyzed, activity: null }).analyzed).toEqual({ databases: ['shop', 'umami'], tables: 0, missed: 0, seconds: 9 });
  });
});

describe('settledNote', () => {
  const note = (changes: Partial<Parameters<typeof settledReport>[0]>) => {
    const all = { ...facts, ...changes };
    return settledNote(env, all.way, settledReport(all));
  };

  it('says in one sentence how it is known', () => {
    expect(note({ way: null, activity: null })).toBe('graasp-dev has settled by its metrics; vacuum was not observed: the definition has neither sqlConnection nor sqlTask.');
    expect(note({})).toBe('graasp-dev has settled by its metrics and by what it told by a task of sql: nothing was seen at work in it.');
    expect(note({ activity: watched([vacuum]) })).toBe('graasp-dev has settled by its metrics and by what it told by a task of sql: vacuum of item in shop (12 s) is over.');
    expect(note({ activity: watched([vacuum, unknown]) })).toBe('graasp-dev has settled by its metrics and by what it told by a task of sql: vacuum of item in shop (12 s), a rewrite of a table in no database are over.');
  });

  it('says how many tables were analyzed, and why not the others', () => {
    const analyzed = { databases: ['shop'], seconds: 9, since: '' };
    expect(note({ analyzed, activity: watched([], { ...quietLook, tables: 3, missed: 0 }) })).toBe('graasp-dev has settled by its metrics and by what it told by a task of sql: nothing was seen at work in it; 3 of 3 tables were analyzed first.');
    expect(note({ analyzed, activity: watched([], { ...quietLook, tables: 3, missed: 1 }) })).toContain('; 2 of 3 tables were analyzed first, because the user does not own the others.');
  });
});
