import { err, ok, okAsync, ResultAsync, safeTry } from 'neverthrow';
import { isoTime, steadyNow } from '../clock.js';
import type { Environment } from '../environment/environment.js';
import { expectedGot, waitProblems } from '../environment/validate.js';
import type { Aborted, AwsError, Conflict, InvalidInput, Refused, RunError, TimedOut } from '../errors.js';
import { readGate, type Gate } from '../gate/read-gate.js';
import { forwardedTargetGroups } from '../gate/rules.js';
import { asRun, type Known } from '../runs/as-run.js';
import { type Probe, waitUntil } from '../wait.js';
import { earliestQuiet, minutesSince, quietMinute, type Minute } from './await-drained/drain-minutes.js';
import { describeTraffic, type DrainedReport, drainedReport } from './await-drained/drained-report.js';
import { readTraffic, type Traffic } from './await-drained/read-traffic.js';
import { doneWithoutAfterMs, type SeenVisitors, type VisitorsVerdict, visitorsVerdict, type VisitorsWatch, watchVisitors } from './await-drained/watch-visitors.js';
import { anyClosed } from './set-maintenance.js';

export type { DrainedMinute, DrainedReport, DrainedUmami } from './await-drained/drained-report.js';

export interface AwaitDrainedOptions {
  /** ISO time from which visitors were seen to be kept out (`provenAt` of `setMaintenance`); default: now. */
  readonly provenAt?: string | undefined;
  /** Requests a minute, all target groups together, that are taken for operators'; default 0. */
  readonly ignoreBelow?: number | undefined;
  /** Active visitors, by Umami, that are taken for operators who look at pages; default 0. */
  readonly ignoreVisitorsBelow?: number | undefined;
  /** `continue` (default): the time being over is not a failure, because the snapshot comes after the shutdown. */
  readonly onTimeout?: 'continue' | 'fail' | undefined;
  /**
   * Default 900. A quiet environment takes four to five minutes: one whole minute, and three until nothing more is reported of it. With Umami
   * five to six: it counts a visitor for five minutes after the last page.
   */
  readonly timeoutSeconds?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export type AwaitDrainedError = InvalidInput | AwsError | TimedOut | Aborted | Conflict | Refused | RunError;

const defaultTimeoutSeconds = 900;
/** Metrics come once a minute. */
const intervalSeconds = 15;

/**
 * Waits until the gated target groups have got no requests for a whole minute and, where the definition has Umami, until that says that no
 * visitor is active. Reads only; changes nothing. A minute without a datum is a zero once it has been over for three minutes, and unknown
 * before; minutes from before the gate was proven closed do not count. `waiting` events tell when it can be over at the earliest.
 *
 * Umami counts a visitor for five minutes after the last page (https://umami.is/docs/api/website-stats-api). It never ends the wait with an
 * error: one that does not answer for a minute, or refuses the login, is warned of, and the metrics alone decide; the report says so.
 *
 * - InvalidInput: a negative `ignoreBelow` or `ignoreVisitorsBelow`, a `provenAt` that is no time.
 * - Refused (`gate-open`): no rule is closed: visitors keep coming.
 * - TimedOut: with `onTimeout: 'fail'`; `lastSeen` has the last minute, the connections and the active visitors.
 * - Conflict: somebody else opened the gate meanwhile, or holds the environment. Aborted; any AwsError.
 */
export function awaitDrained(env: Environment, options: AwaitDrainedOptions = {}): ResultAsync<DrainedReport, AwaitDrainedError> {
  const spec = { name: 'awaitDrained', changes: false, refusedByHold: false, known: { provenAt: true, ignoreBelow: true, ignoreVisitorsBelow: true, onTimeout: true, timeoutSeconds: true, signal: true } satisfies Known<AwaitDrainedOptions>, problems: () => drainProblems(env, options), options };
  return asRun<DrainedReport, AwaitDrainedError>(env, spec, (env) => drain(env, options));
}

function drainProblems({ planning }: Environment, { ignoreBelow, ignoreVisitorsBelow, onTimeout, provenAt, ...wait }: AwaitDrainedOptions): readonly string[] {
  const amount = (name: string, of: string, value: unknown) => (value === undefined || (typeof value === 'number' && value >= 0) ? [] : [`${name}: ${expectedGot(`a number of ${of}, 0 or more`, value)}`]);
  return [
    ...waitProblems(wait),
    ...amount('ignoreBelow', 'requests', ignoreBelow),
    ...amount('ignoreVisitorsBelow', 'visitors', ignoreVisitorsBelow),
    ...(onTimeout === undefined || ['continue', 'fail'].includes(onTimeout) ? [] : [`onTimeout: ${expectedGot("'continue' or 'fail'", onTimeout)}`]),
    // a plan proves nothing: there `setMaintenance` has no time to give
    ...(provenAt === undefined || (planning && provenAt === '') || !Number.isNaN(Date.parse(provenAt)) ? [] : [`provenAt: ${expectedGot('an ISO time', provenAt)}`]),
  ];
}

function drain(env: Environment, options: AwaitDrainedOptions): ResultAsync<DrainedReport, AwaitDrainedError> {
  if (env.planning) return okAsync(drainedReport({ minutes: [], connections: null, visitors: null }, 'nothing', 0));
  const startedAt = env.clock.now();
  const steadyStart = steadyNow(env.clock);
  // a clock that jumps makes no minutes: those without requests would be taken for quiet ones
  const now = () => startedAt + (steadyNow(env.clock) - steadyStart);
  return safeTry<DrainedReport, AwaitDrainedError>(async function* () {
    const gate = yield* readGate(env);
    if (!anyClosed(gate)) return err(gateIsOpen(env));
    const seen = watching(env, gate, { provenAt: options.provenAt === undefined ? startedAt : Date.parse(options.provenAt), now });
    const waited = await awaitQuiet(env, seen, options);
    if (waited.isErr()) {
      if (waited.error.kind !== 'TimedOut' || options.onTimeout === 'fail') return err(waited.error);
      env.emit({ type: 'warning', message: `going on although visitors may not all have left: ${waited.error.lastSeen}` });
    }
    const seconds = Math.round((now() - startedAt) / 1000);
    return ok(drainedReport(seen, waited.isOk() ? waited.value : 'time-over', seconds));
  });
}

/** What is looked at, and what was seen of it last. */
interface Watching {
  readonly targetGroups: readonly string[];
  readonly provenAt: number;
  readonly now: () => number;
  readonly watch: VisitorsWatch;
  readonly visitors: SeenVisitors | null;
  minutes: readonly Minute[];
  connections: number | null;
}

/** Every target group that a gated rule forwards to, also one that no ECS service is behind. */
function watching(env: Environment, gate: Gate, { provenAt, now }: Pick<Watching, 'provenAt' | 'now'>): Watching {
  env.emit({ type: 'note', message: `waiting for visitors to leave; they are kept out since ${new Date(provenAt).toISOString()}` });
  const watch = watchVisitors(env);
  return {
    targetGroups: [...new Set(gate.gated.flatMap(forwardedTargetGroups))],
    provenAt,
    now,
    watch,
    get visitors() {
      return watch.seen;
    },
    minutes: [],
    connections: null,
  };
}

function awaitQuiet(env: Environment, seen: Watching, options: AwaitDrainedOptions) {
  return waitUntil(env, {
    waitingFor: 'visitors to have left',
    timeoutSeconds: options.timeoutSeconds ?? defaultTimeoutSeconds,
    intervalSeconds,
    probe: () =>
      ResultAsync.combine([readTraffic(env, seen.targetGroups, { from: seen.provenAt, to: seen.now() }), seen.watch.look()]).map(([traffic]) => {
        observe(seen, traffic);
        return judge(seen, options);
      }),
  });
}

function observe(seen: Watching, { requests, connections }: Traffic): void {
  seen.minutes = minutesSince({ provenAt: seen.provenAt, now: seen.now(), reported: requests });
  seen.connections = connections;
}

function judge(seen: Watching, { ignoreBelow = 0, ignoreVisitorsBelow = 0, ...options }: AwaitDrainedOptions): Probe<DrainedReport['decidedBy'], never> {
  const isQuiet = quietMinute(seen.minutes, ignoreBelow) !== null;
  const visitors = visitorsVerdict(seen.visitors, ignoreVisitorsBelow);
  if (isQuiet && visitors === 'gone') return { status: 'done', value: 'metrics-and-umami' };
  if (isQuiet && visitors === 'not-told') return { status: 'done', value: 'metrics' };
  const earliestEnd = isQuiet ? endOfPatience(seen, visitors) : earliestQuiet(seen.provenAt, seen.minutes, ignoreBelow);
  // how long Umami has not answered is known here alone, as is since when visitors are kept out unless that was told
  const suspendable = options.provenAt !== undefined && (seen.visitors === null || seen.visitors.trouble === null);
  return { status: 'pending', seen: describeTraffic(seen), earliestEnd, suspendable };
}

/** When an Umami that does not answer is done without. How soon active visitors leave is not known. */
function endOfPatience({ visitors }: Watching, verdict: VisitorsVerdict): number | undefined {
  const since = visitors?.trouble?.since;
  return verdict === 'unknown' && since !== undefined ? since + doneWithoutAfterMs : undefined;
}

function gateIsOpen(env: Environment): Refused {
  return {
    kind: 'Refused',
    rule: 'gate-open',
    message: `${env.definition.name} is open to visitors at ${isoTime(env.clock)}: they will keep coming.`,
    remedy: "Call setMaintenance(env, 'on') first.",
  };
}
