import type { DBInstance } from '../../aws/rds.js';
import type { Environment } from '../../environment/environment.js';
import type { AnalyzedReport, SettledReport } from '../await-db-settled.js';
import type { SqlWay } from '../database-sql/sql-way.js';
import type { AnalyzedDatabases } from './analyze-databases.js';
import type { MetricWindow } from './judge-load.js';
import { type ActivityWatch, notToldOf, type RanOperation } from './watch-activity.js';

interface SettledFacts {
  readonly since: number;
  readonly instance: DBInstance;
  readonly metrics: readonly MetricWindow[];
  readonly way: SqlWay | null;
  readonly activity: ActivityWatch | null;
  readonly analyzed: AnalyzedDatabases | null;
  readonly seconds: number;
}

/** A way that was not looked by yet, in a plan, has seen nothing. */
export function settledReport({ since, instance, metrics, way, activity, analyzed, seconds }: SettledFacts): SettledReport {
  const ran = activity?.ran ?? [];
  return {
    since: new Date(since).toISOString(),
    instanceStatus: instance.DBInstanceStatus ?? 'unknown',
    metrics: metrics.map(({ metric, worst, bound }) => ({ metric, worst: worst ?? 0, atMost: bound.atMost ?? null, atLeast: bound.atLeast ?? null })),
    vacuum: way === null ? 'not observed' : ran.length > 0 ? 'finished' : 'none seen',
    sql: way?.kind ?? null,
    ran,
    analyzed: analyzed === null ? null : analyzedReport(analyzed, activity),
    notSeen: notSeenBy(way, activity),
    seconds,
  };
}

function analyzedReport({ databases, seconds }: AnalyzedDatabases, activity: ActivityWatch | null): AnalyzedReport {
  const sum = (of: 'tables' | 'missed') => (activity?.looks ?? []).reduce((all, look) => all + (look[of] ?? 0), 0);
  return { databases, tables: sum('tables'), missed: sum('missed'), seconds };
}

function notSeenBy(way: SqlWay | null, activity: ActivityWatch | null): readonly string[] {
  if (way === null) return ['vacuum and analyze', 'index builds', 'long transactions', 'sessions that wait for locks'];
  return activity?.looks.some(({ seesOthers }) => !seesOthers) === true ? notToldOf : [];
}

/** One sentence for people. */
export function settledNote({ definition: { database } }: Environment, way: SqlWay | null, { ran, analyzed }: SettledReport): string {
  if (way === null) return `${database} has settled by its metrics; vacuum was not observed: the definition has neither sqlConnection nor sqlTask.`;
  const work = ran.length === 0 ? 'nothing was seen at work in it' : `${ran.map(describeRan).join(', ')} ${ran.length === 1 ? 'is' : 'are'} over`;
  const statistics = analyzed === null ? '' : `; ${analyzed.tables - analyzed.missed} of ${analyzed.tables} tables were analyzed first${analyzed.missed === 0 ? '' : ', because the user does not own the others'}`;
  return `${database} has settled by its metrics and by what it told ${way.told}: ${work}${statistics}.`;
}

function describeRan({ operation, table, database, seconds }: RanOperation): string {
  return `${operation ?? 'a rewrite'} of ${table ?? 'a table'} in ${database ?? 'no database'}${seconds === null ? '' : ` (${seconds} s)`}`;
}
