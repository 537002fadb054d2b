import { describe, expect, it } from 'vitest';
import type { Facts, VisitFacts } from './facts.js';
import { type Expectation, judge, knownLeaks } from './judge.js';
import type { Visit } from './visitors.js';

const released: Expectation = { schema: 'after', migrations: 1, visitors: 'new', snapshot: true };
const held: Expectation = { schema: 'before', migrations: 1, visitors: 'maintenance', snapshot: false };

const items = { table: 'item', rows: 5_000, checksum: 'a' };
const none = { old: 0, maintenance: 0, new: 0, unversioned: 0, leak: 0, error: 0 };
const visit: Visit = {
  route: { rule: 'graasp', method: 'GET', host: 'api.dev.graasp.org', path: '/api/items', released: true },
  askedAt: 1,
  at: 2,
  kind: 'error',
  status: 503,
  location: null,
  version: null,
  service: null,
  problem: 'HTTP 503',
};
const visits: VisitFacts = {
  total: 1_200,
  verdict: { counts: { ...none, new: 3 }, maintenance: undefined, neverInMaintenance: [] },
  errors: { count: 0, first: [] },
  leaks: [],
  oldAfterNew: { count: 0, first: [] },
  letIn: { count: 0, first: [] },
  application: [
    { from: 0, counts: { ...none, old: 2 } },
    { from: 1, counts: { ...none, maintenance: 2 } },
    { from: 2, counts: { ...none, new: 2 } },
    { from: 3, counts: none },
  ],
  others: [],
};
const facts: Facts = {
  rows: { schemaBefore: 'before', schemaAfter: 'after', before: [items], lost: [] },
  snapshot: { id: 'snap-1', schema: 'before', tables: [items], lost: [] },
  migrationsApplied: { before: 3, after: 4 },
  migrationsRun: 1,
  restored: false,
  writers: [
    { version: 'v1.54.8', rows: 2, first: '2026-11-23 08:00:00+00', last: '2026-11-23 08:00:09+00' },
    { version: 'v1.55.0', rows: 2, first: '2026-11-23 08:00:20+00', last: '2026-11-23 08:00:22+00' },
  ],
  oldTasks: [],
  visits,
  defects: [],
};

describe('judge', () => {
  it('finds that everything held in a release that is as it should be', () => {
    expect(judge(facts, released).filter((verdict) => !verdict.held)).toEqual([]);
    expect(judge(facts, released)[0]).toEqual({ what: 'rows', held: true, seen: 'every row from before is there and unchanged: item 5,000' });
  });

  it('finds that everything held in a release that stopped before its migration had changed anything', () => {
    const stopped: Facts = {
      ...facts,
      rows: { ...facts.rows, schemaAfter: 'before' },
      migrationsApplied: { before: 3, after: 3 },
      migrationsRun: 0,
      visits: { ...visits, verdict: { ...visits.verdict, counts: none }, application: visits.application.slice(0, 2) },
    };

    expect(judge(stopped, held).filter((verdict) => !verdict.held)).toEqual([]);
  });

  it('tells of a database that was restored, and not of one that nobody has touched', () => {
    const restored: Facts = { ...facts, rows: { ...facts.rows, schemaAfter: 'before' }, migrationsApplied: { before: 3, after: 3 }, restored: true };

    expect(judge(restored, held).find(({ what }) => what === 'schema')).toEqual({ what: 'schema', held: true, seen: 'as before, 3 migrations applied: the database was restored after one task had migrated it' });
  });

  it.each<[string, Partial<Facts>, string]>([
    ['lost rows', { rows: { ...facts.rows, lost: [{ table: 'item', expected: items, found: { ...items, rows: 4_999 } }] } }, 'rows: item had 5000 rows and has 4999 of them, or other ones'],
    ['a migration that was not applied', { rows: { ...facts.rows, schemaAfter: 'before' }, migrationsApplied: { before: 3, after: 3 } }, 'schema: untouched: 3 migrations applied, as before; one task migrated with success; expected one migration more'],
    ['a migration that was applied twice', { migrationsApplied: { before: 3, after: 5 } }, 'schema: migrated: 3 migrations applied before, 5 after; one task migrated with success; expected one migration more'],
    ['a migration that was run twice', { migrationsRun: 2 }, 'schema: migrated: 3 migrations applied before, 4 after; 2 tasks migrated with success; expected one migration more'],
    ['a visitor who was let in in the middle of maintenance', { visits: { ...visits, letIn: { count: 1, first: [{ ...visit, problem: '', version: 'v1.55.0' }] } } }, 'kept out: 1 requests were let in in the middle of maintenance: GET api.dev.graasp.org/api/items answered by v1.55.0'],
    ['a missing snapshot', { snapshot: null }, 'snapshot: there is none'],
    ['a snapshot of other rows', { snapshot: { id: 'snap-1', schema: 'before', tables: [items], lost: [{ table: 'item', expected: items, found: undefined }] } }, 'snapshot: snap-1, restored aside, has the schema from before and item 5,000; differs in item'],
    ['a visitor who met an error', { visits: { ...visits, errors: { count: 1, first: [visit] } } }, "no error: 1 of 1,200 visitors' requests failed: GET api.dev.graasp.org/api/items HTTP 503"],
    ['an old task on the new schema', { oldTasks: ['service:graasp arn:1'] }, 'no old code on the new schema: service:graasp arn:1 ran'],
    ['an old writer that overlaps the new one', { writers: [{ ...facts.writers[0]!, last: '2026-11-23 08:00:21+00' }, facts.writers[1]!] }, 'no old code on the new schema: v1.54.8 still wrote when v1.55.0 did'],
    ['an application that another service answered for', { visits: { ...visits, leaks: [{ host: 'api.dev.graasp.org', path: '/api/items', service: 'admin', count: 2 }] } }, 'no leak: 2 requests for api.dev.graasp.org/api/items were answered by admin'],
    ['visitors who still meet the maintenance page', { visits: { ...visits, application: visits.application.slice(0, 2) } }, 'in the end: visitors meet the maintenance page'],
    ['a defect of the local cloud', { defects: ['ecs: broken'] }, 'local cloud: ecs: broken'],
  ])('finds %s', (_title, changed, expected) => {
    const failed = judge({ ...facts, ...changed }, released).filter((verdict) => !verdict.held);

    expect(failed.map(({ what, seen }) => `${what}: ${seen}`)).toEqual([expected]);
  });

  it('expects as many migrations as the version has', () => {
    const two: Facts = { ...facts, migrationsApplied: { before: 3, after: 5 } };

    expect(judge(two, { ...released, migrations: 2 }).filter((verdict) => !verdict.held)).toEqual([]);
    expect(judge(facts, { ...released, migrations: 2 }).find((verdict) => !verdict.held)?.seen).toContain('expected 2 migrations more');
  });

  it('tells the gap that preflight warns of apart', () => {
    const leaking: Facts = { ...facts, visits: { ...visits, leaks: [{ host: 'dev.graasp.org', path: '/api/items', service: 'admin', count: 7 }] } };

    expect(judge(leaking, released).filter((verdict) => !verdict.held)).toEqual([]);
    expect(knownLeaks(leaking)).toBe(7);
  });
});
