import { ok, okAsync, type ResultAsync, safeTry } from 'neverthrow';
import { type DBInstance, describeDbInstance } from '../aws/rds.js';
import { isoTime, steadyNow } from '../clock.js';
import { type Environment, internals } from '../environment/environment.js';
import { expectedGot, waitProblems } from '../environment/validate.js';
import type { AwsError, Conflict, InvalidInput, RunError, WaitError } from '../errors.js';
import { asRun, type Known } from '../runs/as-run.js';
import { type Probe, waitUntil } from '../wait.js';
import { judgeLoad, type LoadJudgement, type MetricWindow } from './await-db-settled/judge-load.js';
import { firstMinuteFrom, type MetricName, metricsOf, minuteMs, readMetrics } from './await-db-settled/metrics.js';
import { type Bound, boundOf, type SettledThresholds, thresholdProblems } from './await-db-settled/thresholds.js';
import { secondsSince } from './deadline.js';
import { instanceCondition } from './instance-status.js';

export type { LoadThreshold, SettledThresholds } from './await-db-settled/thresholds.js';

export interface AwaitDbSettledOptions {
  /** How long every metric must stay within its threshold, in whole minutes; default 300. */
  readonly settledSeconds?: number | undefined;
  readonly thresholds?: SettledThresholds | undefined;
  /** ISO time from which minutes count; default the end of this run's migration, else now. */
  readonly since?: string | undefined;
  /** default 7200 */
  readonly timeoutSeconds?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface SettledReport {
  /** ISO time from which minutes counted. */
  readonly since: string;
  readonly instanceStatus: string;
  /** In the minutes that settled it. */
  readonly metrics: readonly SettledMetric[];
  /** There is no way to the database's SQL from here: a vacuum that causes no load is not seen. */
  readonly vacuum: 'not observed';
  readonly seconds: number;
}

export interface SettledMetric {
  readonly metric: MetricName;
  readonly worst: number;
  /** What it had to stay below, or above; null where it was not bound so. */
  readonly atMost: number | null;
  readonly atLeast: number | null;
}

export type AwaitDbSettledError = InvalidInput | AwsError | WaitError | Conflict | RunError;

const defaultSettledSeconds = 5 * 60;
/** Vacuum and analyze after a large migration take from minutes to an hour or two. */
const defaultTimeoutSeconds = 2 * 60 * 60;
/** RDS reports once a minute, a minute or two late. */
const secondsBetweenReads = 15;
const hourMs = 60 * minuteMs;

/**
 * Waits until the load that a migration leaves behind is over: the instance usable with nothing pending, and CPU, disk queue, read and write
 * IOPS (DBLoad where Performance Insights is on) within their thresholds for `settledSeconds`, the credit balance of a burstable class not
 * exhausted. Only minutes that begin after the migration's end count, so that the calm before it is not taken for the calm after it; a
 * minute that CloudWatch has no datum for is unknown, but for DBLoad, which is not published of an idle database. Changes nothing. Running vacuum is *not observed*: there is no SQL here.
 *
 * Errors: InvalidInput, also for a `since` that is still to come; NotFound for the instance; Conflict (`resource-busy`) when the instance is in a status that does not pass, or a
 * foreign change; TimedOut, with what was still too high; Aborted; any AwsError.
 */
export function awaitDbSettled(env: Environment, options: AwaitDbSettledOptions = {}): ResultAsync<SettledReport, AwaitDbSettledError> {
  return asRun(env, { name: 'awaitDbSettled', changes: false, refusedByHold: false, known: { settledSeconds: true, thresholds: true, since: true, timeoutSeconds: true, signal: true } satisfies Known<AwaitDbSettledOptions>, problems: () => problems(env, options), options }, (env) =>
    safeTry<SettledReport, AwaitDbSettledError>(async function* () {
      const startedAt = steadyNow(env.clock);
      const since = sinceOf(env, options);
      const instance = yield* describeDbInstance(env, env.definition.database);
      if (env[internals].mode === 'plan') return ok(reportOf(since, instance, [], 0));
      const bounds = yield* boundsOf(env, instance, options.thresholds ?? {}, hourBefore(env, since));
      const settled = yield* awaitLoad(env, { since, bounds, settledSeconds: options.settledSeconds ?? defaultSettledSeconds }, options.timeoutSeconds ?? defaultTimeoutSeconds);
      env.emit({ type: 'note', message: `${env.definition.database} has settled by its metrics; vacuum was not observed, because there is no SQL connection to it.` });
      return ok(reportOf(since, settled.instance, settled.metrics, secondsSince(env, startedAt)));
    }),
  );
}

function problems(env: Environment, options: AwaitDbSettledOptions): readonly string[] {
  const { settledSeconds, since, thresholds } = options;
  const badSeconds = settledSeconds !== undefined && !(typeof settledSeconds === 'number' && Number.isFinite(settledSeconds) && settledSeconds > 0);
  return [
    ...waitProblems(options),
    ...(badSeconds ? [`settledSeconds: ${expectedGot('a positive number', settledSeconds)}`] : []),
    ...sinceProblems(env, since),
    ...thresholdProblems(thresholds),
  ];
}

/** No minute counts from a time that is still to come: a mistake about the zone would be waited for. */
function sinceProblems(env: Environment, since: string | undefined): readonly string[] {
  if (since === undefined) return [];
  const at = typeof since === 'string' ? Date.parse(since) : Number.NaN;
  if (Number.isNaN(at)) return [`since: ${expectedGot('an ISO time', since)}`];
  return at > env.clock.now() ? [`since: ${expectedGot(`an ISO time that is past (it is ${isoTime(env.clock)})`, since)}`] : [];
}

function sinceOf(env: Environment, { since }: AwaitDbSettledOptions): number {
  const migrated = env[internals].run?.recallFact('migrationEndedAt');
  const at = since ?? (typeof migrated === 'string' ? migrated : undefined);
  return at === undefined ? env.clock.now() : Date.parse(at);
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

interface SettleQuestion {
  readonly since: number;
  readonly settledSeconds: number;
  readonly bounds: ReadonlyMap<MetricName, Bound>;
}

interface Settled {
  readonly instance: DBInstance;
  readonly metrics: readonly MetricWindow[];
}

function awaitLoad(env: Environment, question: SettleQuestion, timeoutSeconds: number): ResultAsync<Settled, AwaitDbSettledError> {
  const measure = (instance: DBInstance): ResultAsync<Probe<Settled, never>, AwsError> => {
    // CloudWatch refuses a range without a period in it
    if (env.clock.now() < firstMinuteFrom(question.since) + minuteMs) return okAsync({ status: 'pending', seen: 'no whole minute yet', progress: 0 });
    return readMetrics(env, [...question.bounds.keys()], { from: question.since, to: env.clock.now() }).map((series) => {
      const judged = judgeLoad(series, question);
      if (judged.settled) return { status: 'done', value: { instance, metrics: judged.metrics }, seen: 'settled' };
      return { status: 'pending', seen: describe(judged), progress: (judged.settledMinutes * 60) / (question.settledSeconds + 60) };
    });
  };
  return waitUntil<Settled, Conflict, AwsError>(env, {
    waitingFor: 'the database to settle',
    timeoutSeconds,
    intervalSeconds: secondsBetweenReads,
    probe: () =>
      describeDbInstance(env, env.definition.database).andThen((instance): ResultAsync<Probe<Settled, Conflict>, AwsError> => {
        const status = instance.DBInstanceStatus ?? 'unknown';
        const pending = pendingModifications(instance);
        const condition = instanceCondition(status);
        if (condition === 'stuck') return okAsync({ status: 'failed', error: stuck(env, status) });
        if (condition === 'passing') return okAsync({ status: 'pending', seen: `${env.definition.database} is ${status}` });
        if (pending.length > 0) return okAsync({ status: 'pending', seen: `modification pending: ${pending.join(', ')}` });
        return measure(instance);
      }),
  });
}

function pendingModifications({ PendingModifiedValues: pending = {} }: DBInstance): readonly string[] {
  const empty = (value: unknown) => value === undefined || (typeof value === 'object' && value !== null && Object.keys(value).length === 0);
  return Object.entries(pending).flatMap(([key, value]: [string, unknown]) => (empty(value) ? [] : [key]));
}

/** What keeps it from being settled, worst first told. */
function describe({ metrics, settledMinutes }: LoadJudgement): string {
  const outside = metrics.filter(({ known, within }) => known && !within).map(({ metric, worst, bound }) => `${metric} ${rounded(worst!)} (${bound.atMost === undefined ? `at least ${rounded(bound.atLeast!)}` : `at most ${rounded(bound.atMost)}`})`);
  if (outside.length > 0) return outside.join(', ');
  const unknown = metrics.filter(({ known }) => !known).map(({ metric }) => metric);
  return unknown.length > 0 ? `no data yet of ${unknown.join(', ')}` : `calm for ${settledMinutes} min`;
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}

function reportOf(since: number, instance: DBInstance, metrics: readonly MetricWindow[], seconds: number): SettledReport {
  return {
    since: new Date(since).toISOString(),
    instanceStatus: instance.DBInstanceStatus ?? 'unknown',
    metrics: metrics.map(({ metric, worst, bound }) => ({ metric, worst: worst ?? 0, atMost: bound.atMost ?? null, atLeast: bound.atLeast ?? null })),
    vacuum: 'not observed',
    seconds,
  };
}

function stuck(env: Environment, status: string): Conflict {
  return {
    kind: 'Conflict',
    reason: 'resource-busy',
    message: `database instance ${env.definition.database} is ${status}: it will not settle by itself`,
    remedy: `Bring the instance back to available ("Viewing Amazon RDS DB instance status" says what ${status} means), then resume.`,
  };
}

