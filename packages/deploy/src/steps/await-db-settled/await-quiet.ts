import { err, ok, okAsync, type ResultAsync } from 'neverthrow';
import { type DBInstance, describeDbInstance } from '../../aws/rds.js';
import type { Environment } from '../../environment/environment.js';
import type { AwsError, Conflict, WaitError } from '../../errors.js';
import { type Probe, waitUntil } from '../../wait.js';
import type { LookError } from '../database-sql/look-at-databases.js';
import { instanceCondition } from '../instance-status.js';
import { judgeLoad, type LoadJudgement, type MetricWindow } from './judge-load.js';
import { firstMinuteFrom, type MetricName, minuteMs, readMetrics } from './metrics.js';
import type { Bound } from './thresholds.js';
import type { ActivityWatch, Quiet } from './watch-activity.js';

export interface SettleQuestion {
  readonly since: number;
  /** It is the same whenever it is asked for: a fact of the run, or told by the caller. */
  readonly sinceIsKnown: boolean;
  readonly settledSeconds: number;
  readonly bounds: ReadonlyMap<MetricName, Bound>;
  /** null: there is no way to the database's SQL. */
  readonly activity: ActivityWatch | null;
  readonly timeoutSeconds: number;
  readonly intervalSeconds: number;
}

export interface Settled {
  readonly instance: DBInstance;
  readonly metrics: readonly MetricWindow[];
}

/** Data that come later than this are not waited for: of a `since` of last week only the end is asked for. */
const latestMs = 60 * minuteMs;

type LoadSeen = { readonly settled: false; readonly seen: string; readonly progress: number } | { readonly settled: true; readonly metrics: readonly MetricWindow[] };

/** Waits until the instance is usable, its load is within its bounds, and the database, where it can be asked, tells of nothing at work: each for long enough. */
export function awaitQuiet(env: Environment, question: SettleQuestion): ResultAsync<Settled, AwsError | WaitError | Conflict | LookError> {
  const { activity } = question;
  const measure = (instance: DBInstance): ResultAsync<Probe<Settled, LookError>, AwsError> =>
    lookAt(activity).andThen((quiet): ResultAsync<Probe<Settled, LookError>, AwsError> => {
      if (quiet.isErr()) return okAsync({ status: 'failed', error: quiet.error });
      return measureLoad(env, question).map((load) => judge(instance, load, quiet.value, question));
    });
  return waitUntil<Settled, Conflict | LookError, AwsError>(env, {
    waitingFor: 'the database to settle',
    timeoutSeconds: question.timeoutSeconds,
    intervalSeconds: question.intervalSeconds,
    probe: () =>
      describeDbInstance(env, env.definition.database).andThen((instance): ResultAsync<Probe<Settled, Conflict | LookError>, AwsError> => {
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

/** An Err of a look is the end: what passes has been waited for. */
function lookAt(activity: ActivityWatch | null) {
  if (activity === null) return okAsync(ok<Quiet | null, LookError>(null));
  return activity.look().map((quiet) => ok<Quiet | null, LookError>(quiet)).orElse((error) => ok(err<Quiet | null, LookError>(error)));
}

function measureLoad(env: Environment, question: SettleQuestion): ResultAsync<LoadSeen, AwsError> {
  const { since, bounds, settledSeconds } = question;
  // CloudWatch refuses a range without a period in it
  const now = env.clock.now();
  if (now < firstMinuteFrom(since) + minuteMs) return okAsync({ settled: false, seen: 'no whole minute yet', progress: 0 });
  return readMetrics(env, [...bounds.keys()], { from: Math.max(since, now - settledSeconds * 1000 - latestMs), to: now }).map((series) => {
    const judged = judgeLoad(series, question);
    return judged.settled ? { settled: true, metrics: judged.metrics } : { settled: false, seen: describe(judged), progress: (judged.settledMinutes * 60) / (settledSeconds + 60) };
  });
}

function judge(instance: DBInstance, load: LoadSeen, quiet: Quiet | null, { settledSeconds, sinceIsKnown }: SettleQuestion): Probe<Settled, never> {
  const isQuiet = quiet === null || quiet.quietSeconds >= settledSeconds;
  if (load.settled && isQuiet) return { status: 'done', value: { instance, metrics: load.metrics }, seen: 'settled' };
  const calm = quiet === null || quiet.seen !== '' ? [] : [`nothing at work in it for ${Math.floor(quiet.quietSeconds / 60)} min`];
  const seen = [...(quiet === null || quiet.seen === '' ? [] : [quiet.seen]), ...(load.settled ? ['its load is over'] : [load.seen]), ...calm];
  const progress = Math.min(load.settled ? 1 : load.progress, quiet === null ? 1 : quiet.quietSeconds / settledSeconds);
  // for how long nothing was at work in the database is known here alone
  return { status: 'pending', seen: seen.join('; '), progress, suspendable: sinceIsKnown && quiet === null };
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

function stuck(env: Environment, status: string): Conflict {
  return {
    kind: 'Conflict',
    reason: 'resource-busy',
    message: `database instance ${env.definition.database} is ${status}: it will not settle by itself`,
    remedy: `Bring the instance back to available ("Viewing Amazon RDS DB instance status" says what ${status} means), then resume.`,
  };
}
