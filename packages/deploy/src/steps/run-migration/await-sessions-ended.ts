import { err, ok, type ResultAsync } from 'neverthrow';
import { getMetricData } from '../../aws/cloudwatch.js';
import type { Environment } from '../../environment/environment.js';
import type { Aborted, AwsError, Conflict } from '../../errors.js';
import { waitUntil } from '../../wait.js';

const minuteMs = 60_000;
/** What was connected before: the newest of these minutes that is known. */
const minutesBefore = 15;
/** A statement that was sent is finished by the server whether its client lives or not. */
const timeoutSeconds = 20 * 60;

/**
 * Waits until the database has no more sessions than before a migration that was killed or failed: what is left of it may still commit.
 * Seen by a whole minute of `DatabaseConnections` after the end. false: sessions remain, or it cannot be seen.
 */
export function awaitSessionsEnded(env: Environment, { startedAt, endedAt }: { readonly startedAt: number; readonly endedAt: number }): ResultAsync<boolean, Aborted | Conflict> {
  const firstAfter = Math.ceil(endedAt / minuteMs) * minuteMs;
  return waitUntil<boolean, never, AwsError>(env, {
    waitingFor: "the migration's sessions to end",
    timeoutSeconds,
    intervalSeconds: 15,
    probe: () =>
      connections(env, { from: startedAt - minutesBefore * minuteMs, to: env.clock.now() }).map((byMinute) => {
        // a minute is of before when it ended by the start
        const before = latest(byMinute, (minute) => minute + minuteMs <= startedAt);
        const after = latest(byMinute, (minute) => minute >= firstAfter);
        if (after === undefined) return { status: 'pending' as const, seen: 'no minute of DatabaseConnections since the end' };
        if (after <= (before ?? 0)) return { status: 'done' as const, value: true };
        return { status: 'pending' as const, seen: `${after} connections, ${before ?? 0} before` };
      }),
  }).orElse((error) => {
    if (error.kind === 'Aborted' || error.kind === 'Conflict') return err(error);
    env.emit({ type: 'warning', message: `Whether a session of the migration is left in ${env.definition.database} is not known: ${error.message}` });
    return ok(false);
  });
}

function latest(byMinute: ReadonlyMap<number, number>, wanted: (minute: number) => boolean): number | undefined {
  const minute = Math.max(...[...byMinute.keys()].filter(wanted));
  return byMinute.get(minute);
}

function connections(env: Environment, range: { readonly from: number; readonly to: number }): ResultAsync<ReadonlyMap<number, number>, AwsError> {
  const dimensions = [{ Name: 'DBInstanceIdentifier', Value: env.definition.database }];
  const query = { Id: 'connections', MetricStat: { Metric: { Namespace: 'AWS/RDS', MetricName: 'DatabaseConnections', Dimensions: dimensions }, Period: 60, Stat: 'Maximum' } };
  return getMetricData(env, [query], { start: new Date(range.from), end: new Date(range.to) }).map(
    (results) => new Map(results.flatMap(({ Timestamps = [], Values = [] }) => Timestamps.map((at, index): [number, number] => [at.getTime(), Values[index] ?? Number.NaN]))),
  );
}
