import { err, ok, okAsync, type ResultAsync, safeTry } from 'neverthrow';
import { isoTime } from '../clock.js';
import { internals, type Environment } from '../environment/environment.js';
import { expectedGot, waitProblems } from '../environment/validate.js';
import type { Aborted, AwsError, Conflict, InvalidInput, Refused, RunError, TimedOut } from '../errors.js';
import { readGate, type Gate } from '../gate/read-gate.js';
import { forwardedTargetGroups } from '../gate/rules.js';
import { asRun, type Known } from '../runs/as-run.js';
import { type Probe, waitUntil } from '../wait.js';
import { minutesSince, quietMinute, type Minute } from './await-drained/drain-minutes.js';
import { readTraffic, type Traffic } from './await-drained/read-traffic.js';
import { anyClosed } from './set-maintenance.js';

export interface AwaitDrainedOptions {
  /** ISO time from which visitors were seen to be kept out (`provenAt` of `setMaintenance`); default: now. */
  readonly provenAt?: string | undefined;
  /** Requests a minute, all target groups together, that are taken for operators'; default 0. */
  readonly ignoreBelow?: number | undefined;
  /** `continue` (default): the time being over is not a failure, because the snapshot comes after the shutdown. */
  readonly onTimeout?: 'continue' | 'fail' | undefined;
  /** Default 900. A quiet environment takes four to five minutes: one whole minute, and three until nothing more is reported of it. */
  readonly timeoutSeconds?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface DrainedReport {
  /** false: the time was over, or in a plan nothing was waited for. */
  readonly drained: boolean;
  readonly seconds: number;
  /** The newest minute of which all is reported, and its requests. */
  readonly lastMinute: { readonly at: string; readonly requests: number } | null;
  /** Connections the balancer still has; WebSockets among them survive a rule change, and end with `stopServices`. */
  readonly connections: number | null;
}

export type AwaitDrainedError = InvalidInput | AwsError | TimedOut | Aborted | Conflict | Refused | RunError;

const defaultTimeoutSeconds = 900;
/** Metrics come once a minute. */
const intervalSeconds = 10;

/**
 * Waits until the gated target groups have got no requests for a whole minute. Reads metrics only; changes nothing.
 * A minute without a datum is a zero once it has been over for three minutes, and unknown before; minutes from before the gate was
 * proven closed do not count.
 *
 * - InvalidInput: a negative `ignoreBelow`, a `provenAt` that is no time.
 * - Refused (`gate-open`): no rule is closed: visitors keep coming.
 * - TimedOut: with `onTimeout: 'fail'`; `lastSeen` has the last minute and the connections.
 * - Conflict: somebody else opened the gate meanwhile, or holds the environment. Aborted; any AwsError.
 */
export function awaitDrained(env: Environment, options: AwaitDrainedOptions = {}): ResultAsync<DrainedReport, AwaitDrainedError> {
  const spec = { name: 'awaitDrained', changes: false, refusedByHold: false, known: { provenAt: true, ignoreBelow: true, onTimeout: true, timeoutSeconds: true, signal: true } satisfies Known<AwaitDrainedOptions>, problems: () => drainProblems(options), options };
  return asRun<DrainedReport, AwaitDrainedError>(env, spec, (env) => drain(env, options));
}

function drainProblems({ ignoreBelow, onTimeout, provenAt, ...wait }: AwaitDrainedOptions): readonly string[] {
  return [
    ...waitProblems(wait),
    ...(ignoreBelow === undefined || (typeof ignoreBelow === 'number' && ignoreBelow >= 0) ? [] : [`ignoreBelow: ${expectedGot('a number of requests, 0 or more', ignoreBelow)}`]),
    ...(onTimeout === undefined || ['continue', 'fail'].includes(onTimeout) ? [] : [`onTimeout: ${expectedGot("'continue' or 'fail'", onTimeout)}`]),
    ...(provenAt === undefined || !Number.isNaN(Date.parse(provenAt)) ? [] : [`provenAt: ${expectedGot('an ISO time', provenAt)}`]),
  ];
}

function drain(env: Environment, options: AwaitDrainedOptions): ResultAsync<DrainedReport, AwaitDrainedError> {
  if (env[internals].mode === 'plan') return okAsync({ drained: false, seconds: 0, lastMinute: null, connections: null });
  const startedAt = env.clock.now();
  return safeTry<DrainedReport, AwaitDrainedError>(async function* () {
    const gate = yield* readGate(env);
    if (!anyClosed(gate)) return err(gateIsOpen(env));
    const seen = watching(env, gate, options.provenAt === undefined ? startedAt : Date.parse(options.provenAt));
    const waited = await awaitQuiet(env, seen, options);
    if (waited.isErr()) {
      if (waited.error.kind !== 'TimedOut' || options.onTimeout === 'fail') return err(waited.error);
      env.emit({ type: 'warning', message: `going on although visitors may not all have left: ${waited.error.lastSeen}` });
    }
    return ok({ drained: waited.isOk(), seconds: Math.round((env.clock.now() - startedAt) / 1000), ...lastSeen(seen) });
  });
}

/** What is looked at, and what was seen of it last. */
interface Watching {
  readonly targetGroups: readonly string[];
  readonly provenAt: number;
  minutes: readonly Minute[];
  connections: number | null;
}

/** Every target group that a gated rule forwards to, also one that no ECS service is behind. */
function watching(env: Environment, gate: Gate, provenAt: number): Watching {
  env.emit({ type: 'note', message: `waiting for visitors to leave; they are kept out since ${new Date(provenAt).toISOString()}` });
  return { targetGroups: [...new Set(gate.gated.flatMap(forwardedTargetGroups))], provenAt, minutes: [], connections: null };
}

function awaitQuiet(env: Environment, seen: Watching, { ignoreBelow = 0, timeoutSeconds = defaultTimeoutSeconds }: AwaitDrainedOptions) {
  return waitUntil(env, {
    waitingFor: 'visitors to have left',
    timeoutSeconds,
    intervalSeconds,
    probe: () =>
      readTraffic(env, seen.targetGroups, seen.provenAt).map((traffic): Probe<void, never> => {
        observe(env, seen, traffic);
        return quietMinute(seen.minutes, ignoreBelow) === null ? { status: 'pending', seen: describeTraffic(seen) } : { status: 'done', value: undefined };
      }),
  });
}

function observe(env: Environment, seen: Watching, { requests, connections }: Traffic): void {
  seen.minutes = minutesSince({ provenAt: seen.provenAt, now: env.clock.now(), reported: requests });
  seen.connections = connections;
}

function describeTraffic(seen: Watching): string {
  const known = seen.minutes.filter(({ requests }) => requests !== null).at(-1);
  const connections = seen.connections === null ? '' : `; ${seen.connections} connections`;
  if (known === undefined) return `nothing reported yet since the gate was closed${connections}`;
  return `${known.requests} requests in the minute from ${timeOf(known)}${connections}`;
}

function timeOf({ at }: Minute): string {
  return new Date(at).toISOString().slice(11, 16);
}

function lastSeen({ minutes, connections }: Watching): Pick<DrainedReport, 'lastMinute' | 'connections'> {
  const newest = minutes.filter(({ settled }) => settled).at(-1);
  return { lastMinute: newest === undefined ? null : { at: new Date(newest.at).toISOString(), requests: newest.requests ?? 0 }, connections };
}

function gateIsOpen(env: Environment): Refused {
  return {
    kind: 'Refused',
    rule: 'gate-open',
    message: `${env.definition.name} is open to visitors at ${isoTime(env.clock)}: they will keep coming.`,
    remedy: "Call setMaintenance(env, 'on') first.",
  };
}
