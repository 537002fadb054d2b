import type { Facts, LeakFacts, Sample } from './facts.js';
import type { TableContent } from './proof.js';
import type { TimelineEntry } from './timeline.js';
import type { VisitKind } from './visitors.js';

/** How a release ended, as it says itself: `schema` is what the database must have, `visitors` what they must meet in the end. */
export interface Expectation {
  readonly schema: 'before' | 'after';
  /** How many migrations must have been applied besides those from before; none counts with the schema from before. */
  readonly migrations: number;
  readonly visitors: 'old' | 'maintenance' | 'new';
  /** Whether a snapshot must exist. */
  readonly snapshot: boolean;
}

/** Something that was to be proven. */
export interface Verdict {
  readonly what: string;
  readonly held: boolean;
  /** What was seen; for what did not hold, what is wrong. */
  readonly seen: string;
}

/**
 * A gap of Graasp's rules that exists today: while administration's rules are open, requests to this rule fall through to them. Preflight
 * warns of it, and what it leads to is told apart from what would be a defect of the release.
 */
const knownLeak = { host: 'dev.graasp.org', path: '/api/items', service: 'admin' };

export function judge(facts: Facts, expected: Expectation): readonly Verdict[] {
  return [rows(facts), schema(facts, expected), ...snapshot(facts, expected), noErrors(facts), keptOut(facts), noOldCode(facts, expected), noLeak(facts), inTheEnd(facts, expected), noDefects(facts)];
}

/** Requests that met the gap that preflight warns of. */
export function knownLeaks({ visits }: Facts): number {
  return visits.leaks.filter(isKnown).reduce((sum, { count }) => sum + count, 0);
}

function isKnown({ host, path, service }: LeakFacts): boolean {
  return host === knownLeak.host && path === knownLeak.path && service === knownLeak.service;
}

function rows({ rows: { before, lost } }: Facts): Verdict {
  if (lost.length === 0) return { what: 'rows', held: true, seen: `every row from before is there and unchanged: ${counts(before)}` };
  return { what: 'rows', held: false, seen: lost.map(({ table, expected, found }) => `${table} had ${expected.rows} rows and has ${found?.rows ?? 0} of them, or other ones`).join('; ') };
}

function counts(tables: readonly TableContent[]): string {
  return tables.filter((table) => table.rows > 0).map((table) => `${table.table} ${table.rows.toLocaleString('en')}`).join(', ');
}

function schema({ rows: { schemaBefore, schemaAfter }, migrationsApplied: applied, migrationsRun, restored }: Facts, expected: Expectation): Verdict {
  const [more, run] = expected.schema === 'after' ? [expected.migrations, 1] : [0, 0];
  const held = schemaBefore === 'before' && schemaAfter === expected.schema && applied.after === applied.before + more && (restored || migrationsRun === run);
  const tasks = migrationsRun === 0 ? 'no task' : migrationsRun === 1 ? 'one task' : `${migrationsRun} tasks`;
  const ran = `${tasks} migrated with success`;
  if (held && restored && schemaAfter === 'before') {
    return { what: 'schema', held, seen: `as before, ${applied.after} migrations applied: the database was restored${migrationsRun === 0 ? '' : ` after ${tasks} had migrated it`}` };
  }
  const seen = schemaAfter === 'after' ? `migrated: ${applied.before} migrations applied before, ${applied.after} after; ${ran}` : `untouched: ${applied.after} migrations applied, as before; ${ran}`;
  return { what: 'schema', held, seen: held ? seen : `${seen}; expected ${more === 0 ? 'nothing new' : more === 1 ? 'one migration more' : `${more} migrations more`}` };
}

function snapshot({ snapshot: taken }: Facts, expected: Expectation): readonly Verdict[] {
  if (taken === null) return expected.snapshot ? [{ what: 'snapshot', held: false, seen: 'there is none' }] : [];
  const right = taken.schema === 'before' && taken.lost.length === 0;
  const seen = `${taken.id}, restored aside, has the schema from before and ${counts(taken.tables)}`;
  return [{ what: 'snapshot', held: right, seen: right ? `${seen}: the same as in use now` : `${seen}; differs in ${taken.lost.map(({ table }) => table).join(', ') || 'its schema'}` }];
}

function noErrors({ visits: { total, errors } }: Facts): Verdict {
  return errors.count === 0
    ? { what: 'no error', held: true, seen: `none of ${total.toLocaleString('en')} visitors' requests failed` }
    : { what: 'no error', held: false, seen: `${errors.count} of ${total.toLocaleString('en')} visitors' requests failed: ${examples(errors)}` };
}

function keptOut({ visits: { letIn } }: Facts): Verdict {
  const what = 'kept out';
  if (letIn.count === 0) return { what, held: true, seen: 'nobody was let in before maintenance was over' };
  return { what, held: false, seen: `${letIn.count} requests were let in in the middle of maintenance: ${examples(letIn)}` };
}

function examples({ first }: Sample): string {
  return first.map(({ route, problem, version }) => `${route.method} ${route.host}${route.path} ${problem === '' ? `answered by ${version ?? 'no version'}` : problem}`).join('; ');
}

function noOldCode({ writers, oldTasks, visits }: Facts, expected: Expectation): Verdict {
  const what = 'no old code on the new schema';
  if (expected.schema === 'before') return { what: 'no new code on the old schema', held: visits.verdict.counts.new === 0, seen: `${visits.verdict.counts.new} answers of the new version` };
  const [old, next] = writers;
  const overlap = old !== undefined && next !== undefined && old.last > next.first;
  const wrong = [
    ...oldTasks.map((task) => `${task} ran`),
    ...(overlap ? [`${old.version} still wrote when ${next.version} did`] : []),
    ...(visits.oldAfterNew.count > 0 ? [`${visits.oldAfterNew.count} answers of the old version after the first of the new: ${examples(visits.oldAfterNew)}`] : []),
  ];
  return wrong.length > 0 ? { what, held: false, seen: wrong.join('; ') } : { what, held: true, seen: 'every old task had stopped before the migration, and none came back' };
}

function noLeak({ visits: { leaks } }: Facts): Verdict {
  const unknown = leaks.filter((leak) => !isKnown(leak));
  const seen = unknown.map(({ host, path, service, count }) => `${count} requests for ${host}${path} were answered by ${service}`).join('; ');
  return { what: 'no leak', held: unknown.length === 0, seen: unknown.length === 0 ? 'no request for the application was answered by another service, but for the known gap' : seen };
}

function inTheEnd({ visits: { application } }: Facts, { visitors }: Expectation): Verdict {
  const met = kindsOf(lastSeen(application));
  const names = { old: 'the old version', new: 'the new version', maintenance: 'the maintenance page' } as const;
  return { what: 'in the end', held: met.length === 1 && met[0] === visitors, seen: `visitors meet ${met.map((kind) => names[kind as keyof typeof names] ?? kind).join(' and ') || 'nothing'}` };
}

/** The last span of time in which somebody was answered. */
export function lastSeen(timeline: readonly TimelineEntry[]): TimelineEntry | undefined {
  return timeline.findLast((entry) => kindsOf(entry).length > 0);
}

export function kindsOf(entry: TimelineEntry | undefined): readonly VisitKind[] {
  return (Object.entries(entry?.counts ?? {}) as [VisitKind, number][]).filter(([, count]) => count > 0).map(([kind]) => kind);
}

function noDefects({ defects }: Facts): Verdict {
  return { what: 'local cloud', held: defects.length === 0, seen: defects.length === 0 ? 'without a defect of its own' : defects.join('; ') };
}
