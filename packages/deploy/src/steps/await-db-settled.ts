import { ok, type ResultAsync, safeTry } from 'neverthrow';
import { type DBInstance, describeDbInstance } from '../aws/rds.js';
import { isoTime, steadyNow } from '../clock.js';
import { type Environment, internals } from '../environment/environment.js';
import { expectedGot, flagProblems, waitProblems } from '../environment/validate.js';
import type { AwsError, Conflict, InvalidInput, RunError, WaitError } from '../errors.js';
import { announce } from '../reports/announce.js';
import { asRun, type Known } from '../runs/as-run.js';
import { analyzeDatabases, announceAnalyze } from './await-db-settled/analyze-databases.js';
import { awaitQuiet } from './await-db-settled/await-quiet.js';
import { type MetricName, metricsOf, minuteMs, readMetrics } from './await-db-settled/metrics.js';
import { settledNote, settledReport } from './await-db-settled/settled-report.js';
import { type Bound, boundOf, type SettledThresholds, thresholdProblems } from './await-db-settled/thresholds.js';
import { type RanOperation, watchActivity } from './await-db-settled/watch-activity.js';
import { type SqlWay, sqlWayOf } from './database-sql/sql-way.js';
import { secondsSince } from './deadline.js';

export type { LoadThreshold, SettledThresholds } from './await-db-settled/thresholds.js';
export type { RanOperation } from './await-db-settled/watch-activity.js';

export interface AwaitDbSettledOptions {
  /** How long every metric must stay within its threshold, in whole minutes, and nothing be at work in the database; default 300. */
  readonly settledSeconds?: number | undefined;
  readonly thresholds?: SettledThresholds | undefined;
  /** ISO time from which minutes count; default the end of this run's migration, else now. */
  readonly since?: string | undefined;
  /** Runs ANALYZE first, in every database that a declared service uses, else in the one that is connected to: on the tables that the user may analyze. Default false. */
  readonly analyze?: boolean | undefined;
  /** How long ANALYZE may take in each database; default 1800. */
  readonly analyzeTimeoutSeconds?: number | undefined;
  /** Until it has settled, after any ANALYZE; default 7200. */
  readonly timeoutSeconds?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface SettledReport {
  /** ISO time from which minutes counted. */
  readonly since: string;
  readonly instanceStatus: string;
  /** In the minutes that settled it. */
  readonly metrics: readonly SettledMetric[];
  /** `finished`: a vacuum, analyze or rewrite was seen, and is over. `not observed`: there is no way to the database's SQL, so that one that causes no load was not seen. */
  readonly vacuum: 'finished' | 'none seen' | 'not observed';
  /** How the database itself was asked; null: not at all. */
  readonly sql: 'connection' | 'task' | null;
  /** What was at work since the first look. */
  readonly ran: readonly RanOperation[];
  /** null: it was not asked for. */
  readonly analyzed: AnalyzedReport | null;
  /** What may have gone on without being seen. */
  readonly notSeen: readonly string[];
  readonly seconds: number;
}

export interface SettledMetric {
  readonly metric: MetricName;
  readonly worst: number;
  /** What it had to stay below, or above; null where it was not bound so. */
  readonly atMost: number | null;
  readonly atLeast: number | null;
}

export interface AnalyzedReport {
  readonly databases: readonly string[];
  /** Of these databases. */
  readonly tables: number;
  /** Those that were not analyzed: the user does not own them. */
  readonly missed: number;
  readonly seconds: number;
}

export type AwaitDbSettledError = InvalidInput | AwsError | WaitError | Conflict | RunError;

const name = 'awaitDbSettled';
const defaultSettledSeconds = 5 * 60;
/** Vacuum and analyze after a large migration take from minutes to an hour or two. */
const defaultTimeoutSeconds = 2 * 60 * 60;
/** It reads a sample of each table: minutes for hundreds of gigabytes. */
const defaultAnalyzeTimeoutSeconds = 30 * 60;
/** RDS reports once a minute, a minute or two late. */
const secondsBetweenReads = 20;
const hourMs = 60 * minuteMs;

/**
 * Waits until the load that a migration leaves behind is over: the instance usable with nothing pending, and CPU, disk queue, read and write
 * IOPS (DBLoad where Performance Insights is on) within their thresholds for `settledSeconds`, the credit balance of a burstable class not
 * exhausted. Only minutes that begin after the migration's end count, so that the calm before it is not taken for the calm after it; a
 * minute that CloudWatch has no datum for is unknown, but for DBLoad, which is not published of an idle database.
 *
 * Metrics do not show everything: autovacuum waits a minute before it begins ("autovacuum_naptime"), and then goes so slowly that the load stays
 * low ("autovacuum_vacuum_cost_delay"). With an `sqlConnection` or an `sqlTask` in the definition the database itself is asked every 15
 * seconds, or every minute by a task: for `settledSeconds` nothing may have been at work in it (vacuum, analyze, index builds, rewrites,
 * transactions that have been open for more than a minute, sessions that wait for a lock), and autovacuum have no table left that it is to
 * begin with ("The Autovacuum Daemon"). Sessions are those of the whole instance, tables those of the databases that services declare. The
 * events tell which table is vacuumed and how far. Without either vacuum is *not observed*.
 *
 * The user that asks needs no more than CONNECT and the role `pg_monitor` or `pg_read_all_stats` ("Predefined Roles"); without the role it is
 * not told what others do, which a warning and `notSeen` say. Statistics that a crash or a restore has lost tell of nothing that is due.
 *
 * Changes nothing but with `analyze`, which an abort cancels in the server.
 *
 * Errors: InvalidInput, also for a `since` that is still to come, for `analyze` without a way to the SQL, and for an `sqlTask` that is not as
 * declared; NotFound for the instance, a database or the task's family; AccessDenied, of AWS or of the database; Conflict (`resource-busy`) when
 * the instance is in a status that does not pass, or a foreign change; TimedOut, with what was still too high or at work; Unreachable and
 * Unexpected also when the database, or the task, has failed to answer three times in a row; Aborted; any AwsError.
 */
export function awaitDbSettled(env: Environment, options: AwaitDbSettledOptions = {}): ResultAsync<SettledReport, AwaitDbSettledError> {
  return asRun(env, { name, changes: false, refusedByHold: false, known, problems: () => problems(env, options), options }, (env) =>
    safeTry<SettledReport, AwaitDbSettledError>(async function* () {
      const startedAt = steadyNow(env.clock);
      const since = sinceOf(env, options);
      const instance = yield* describeDbInstance(env, env.definition.database);
      const way = sqlWayOf(env, name);
      announceTask(env, way);
      if (env.planning) return ok(planned(env, way, { since, instance, options }));
      const analyzed = options.analyze === true && way !== null ? yield* analyzeDatabases(env, way, options.analyzeTimeoutSeconds ?? defaultAnalyzeTimeoutSeconds) : null;
      const activity = way === null ? null : watchActivity(env, way, name, analyzed?.since ?? null);
      const settled = yield* awaitQuiet(env, {
        since,
        sinceIsKnown: knownSince(env, options) !== undefined,
        settledSeconds: options.settledSeconds ?? defaultSettledSeconds,
        bounds: yield* boundsOf(env, instance, options.thresholds ?? {}, hourBefore(env, since)),
        activity,
        timeoutSeconds: options.timeoutSeconds ?? defaultTimeoutSeconds,
        intervalSeconds: way?.secondsBetweenLooks ?? secondsBetweenReads,
      });
      const report = settledReport({ since, ...settled, way, activity, analyzed, seconds: secondsSince(env, startedAt) });
      env.emit({ type: 'note', message: settledNote(env, way, report) });
      return ok(report);
    }),
  );
}

const known = { settledSeconds: true, thresholds: true, since: true, analyze: true, analyzeTimeoutSeconds: true, timeoutSeconds: true, signal: true } satisfies Known<AwaitDbSettledOptions>;

/** Told once for the tasks of all looks. */
function announceTask(env: Environment, way: SqlWay | null): void {
  const { sqlTask, database } = env.definition;
  if (way?.kind !== 'task' || sqlTask === undefined) return;
  announce(env, { resource: `SQL task ${sqlTask.taskDefinitionFamily}`, from: 'not run', to: 'run for each look', operation: 'ecs:RunTask', why: `asks ${database} what is at work in it` });
}

interface SettlingInPlan {
  readonly since: number;
  readonly instance: DBInstance;
  readonly options: AwaitDbSettledOptions;
}

function planned(env: Environment, way: SqlWay | null, { since, instance, options }: SettlingInPlan): SettledReport {
  const { database } = env.definition;
  if (way !== null && options.analyze === true) announceAnalyze(env, way);
  const message = way === null ? `${database} settles by its metrics alone, and vacuum is not observed: the definition has neither sqlConnection nor sqlTask.` : `${database} settles by its metrics, and by what it tells of itself ${way.told}.`;
  env.emit({ type: 'note', message });
  return settledReport({ since, instance, metrics: [], way, activity: null, analyzed: null, seconds: 0 });
}

function problems(env: Environment, options: AwaitDbSettledOptions): readonly string[] {
  const { settledSeconds, since, thresholds, analyze, analyzeTimeoutSeconds } = options;
  return [
    ...waitProblems(options),
    ...Object.entries({ settledSeconds, analyzeTimeoutSeconds }).flatMap(([option, seconds]) => (isPositive(seconds) ? [] : [`${option}: ${expectedGot('a positive number', seconds)}`])),
    ...flagProblems({ analyze }),
    ...(analyze === true && sqlWayOf(env, name) === null ? ['analyze: expected a definition with sqlConnection or sqlTask, by which ANALYZE could be run, got one with neither'] : []),
    ...sinceProblems(env, since),
    ...thresholdProblems(thresholds),
  ];
}

function isPositive(seconds: unknown): boolean {
  return seconds === undefined || (typeof seconds === 'number' && Number.isFinite(seconds) && seconds > 0);
}

/** No minute counts from a time that is still to come: a mistake about the zone would be waited for. */
function sinceProblems(env: Environment, since: string | undefined): readonly string[] {
  if (since === undefined) return [];
  const at = typeof since === 'string' ? Date.parse(since) : Number.NaN;
  if (Number.isNaN(at)) return [`since: ${expectedGot('an ISO time', since)}`];
  return at > env.clock.now() ? [`since: ${expectedGot(`an ISO time that is past (it is ${isoTime(env.clock)})`, since)}`] : [];
}

function sinceOf(env: Environment, options: AwaitDbSettledOptions): number {
  const at = knownSince(env, options);
  return at === undefined ? env.clock.now() : Date.parse(at);
}

function knownSince(env: Environment, { since }: AwaitDbSettledOptions): string | undefined {
  const migrated = env[internals].run?.recallFact('migrationEndedAt');
  return since ?? (typeof migrated === 'string' ? migrated : undefined);
}

/** The usual load: before this run shut visitors out, not while it was doing so. */
function hourBefore(env: Environment, since: number): { readonly from: number; readonly to: number } {
  const takenAt = Date.parse(env[internals].run?.baseline()?.takenAt ?? '');
  const to = Math.floor((Number.isNaN(takenAt) ? since : Math.min(takenAt, since)) / minuteMs) * minuteMs;
  return { from: to - hourMs, to };
}

function boundsOf(env: Environment, instance: DBInstance, thresholds: SettledThresholds, hour: { readonly from: number; readonly to: number }): ResultAsync<ReadonlyMap<MetricName, Bound>, AwsError> {
  const names = metricsOf(instance);
  return readMetrics(env, names, hour).map((before) => new Map(names.map((name) => [name, boundOf(name, thresholds, before.get(name))])));
}
