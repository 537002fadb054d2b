import { err, ok, okAsync, ResultAsync, type Result } from 'neverthrow';
import { sleepSteadily, steadyNow } from './clock.js';
import type { Environment } from './environment/environment.js';
import { internals } from './environment/environment.js';
import type { Aborted, Conflict, TimedOut } from './errors.js';
import type { SuspendedWait } from './runs/suspension.js';
import { watchForeignChanges } from './runs/watch.js';

/** What a probe saw: go on waiting, done, or a failure that waiting will not cure. */
export type Probe<T, E> =
  | PendingProbe
  | { readonly status: 'done'; readonly value: T; readonly seen?: string | undefined }
  | { readonly status: 'failed'; readonly error: E };

export interface PendingProbe {
  readonly status: 'pending';
  readonly seen: string;
  readonly progress?: number | undefined;
  /** When it can be over at the earliest, milliseconds since the epoch, where that is known: reporters count down to it. */
  readonly earliestEnd?: number | undefined;
  /** A run may be suspended here: nothing that this wait has seen is needed again, and the step, called anew, comes back to it without beginning anything anew. */
  readonly suspendable?: boolean | undefined;
}

export interface WaitPolicy<T, E, P> {
  /** What is waited for, for people: `snapshot graasp-dev-… to be available`. */
  readonly waitingFor: string;
  readonly timeoutSeconds: number;
  /** Between probes; stretched when AWS throttles, shortened near the usual end. */
  readonly intervalSeconds: number;
  /** Ends this wait, besides the environment's own. */
  readonly signal?: AbortSignal | undefined;
  /** What a plan, which waits for nothing, takes for seen. Without it a plan looks once. */
  planned?(): T;
  probe(): ResultAsync<Probe<T, E>, P>;
}

/**
 * The only loop of this library. Probes until done, failed, timed out or aborted; emits a `waiting` event when what was seen changed;
 * takes a throttled or unreachable probe for pending; probes once more when the time is over; in a run that has closed the gate, re-reads
 * what the run has set and ends with Conflict (`foreign-change`) when somebody else changed it. In a plan it never waits: it answers with
 * `planned`, without one it looks once.
 *
 * - TimedOut: `timeoutSeconds` went by; `lastSeen` is the last probe's. In a plan: pending at its only look.
 * - Aborted: the environment's or the policy's signal was.
 * - Conflict: a foreign change, confirmed by a later read.
 */
export function waitUntil<T, E, P>(env: Environment, policy: WaitPolicy<T, E, P>): ResultAsync<T, E | P | TimedOut | Aborted | Conflict> {
  if (env.planning && policy.planned !== undefined) return okAsync(policy.planned());
  return new ResultAsync(loop(env, policy));
}

async function loop<T, E, P>(env: Environment, policy: WaitPolicy<T, E, P>): Promise<Result<T, E | P | TimedOut | Aborted | Conflict>> {
  const result = await probeToTheEnd(env, policy, beginWait(env, policy));
  env[internals].suspension?.end(policy.waitingFor);
  return result;
}

async function probeToTheEnd<T, E, P>(env: Environment, policy: WaitPolicy<T, E, P>, wait: Wait): Promise<Result<T, E | P | TimedOut | Aborted | Conflict>> {
  for (;;) {
    if (wait.signal.aborted) return err(aborted(policy.waitingFor, wait.seen));
    const last = steadyNow(env.clock) >= wait.deadline;
    const probed = await probeInTime(env, policy, wait);
    await env[internals].suspension?.wakeUp();
    if (wait.signal.aborted) return err(aborted(policy.waitingFor, wait.seen));
    tellJump(env, wait);
    if (probed === null) return err(timedOut(policy, wait, `${wait.seen}, and the last look at it was not answered`));
    const ended = settle(env, policy, wait, probed);
    if (ended !== null) return ended;
    if (env.planning) return err(notInAPlan(policy, wait.seen));
    if (last) return err(timedOut(policy, wait, wait.seen));
    const watched = await watchForeignChanges(env);
    if (watched.isErr()) return err(watched.error);
    await pause(env, policy, wait);
  }
}

/** Its times are steady ones: a clock that jumps neither ends a wait nor makes it longer. */
interface Wait {
  readonly startedAt: number;
  readonly deadline: number;
  /** How far the clock is ahead of steady time. */
  ahead: number;
  /** How far it has jumped during this wait, all together. */
  jumpedMs: number;
  readonly signal: AbortSignal;
  readonly usualSeconds: number | undefined;
  /** how many times as long as usual to pause, after throttled probes */
  stretch: number;
  seen: string;
  earliestEnd: number | undefined;
  announced: boolean;
  suspendable: boolean;
}

function beginWait<T, E, P>(env: Environment, policy: WaitPolicy<T, E, P>): Wait {
  const { since, seen, earliestEnd } = sinceWhen(env, policy.waitingFor);
  const startedAt = steadyNow(env.clock) - (env.clock.now() - since);
  return {
    startedAt,
    deadline: startedAt + policy.timeoutSeconds * 1000,
    ahead: env.clock.now() - steadyNow(env.clock),
    jumpedMs: 0,
    // one of its own: a dozen waits that listen to the same signal look like a leak to Node
    signal: AbortSignal.any([env.signal, ...(policy.signal === undefined ? [] : [policy.signal])]),
    usualSeconds: env[internals].run?.usualSeconds(policy.waitingFor),
    stretch: 1,
    seen,
    earliestEnd,
    announced: seen !== nothingYet,
    suspendable: false,
  };
}

const nothingYet = 'nothing yet';

/** A wait that its run was suspended in goes on. */
function sinceWhen(env: Environment, waitingFor: string): SuspendedWait {
  const begun = { waitingFor, since: env.clock.now(), seen: nothingYet };
  return env[internals].suspension?.begin(env, begun) ?? begun;
}

/** A look that hangs ends with the wait: at once when that is aborted, soon after its time is over. null: it was not answered. */
async function probeInTime<T, E, P>(env: Environment, policy: WaitPolicy<T, E, P>, wait: Wait): Promise<Result<Probe<T, E>, P> | null> {
  const answered = new AbortController();
  const patienceMs = Math.max(0, wait.deadline - steadyNow(env.clock)) + lastProbeMs;
  const tooLong = (env.clock.background ?? env.clock).sleep(patienceMs, AbortSignal.any([wait.signal, answered.signal])).then(
    () => null,
    () => null,
  );
  const probed = await Promise.race([policy.probe(), tooLong]);
  answered.abort();
  return probed;
}

/** null: go on waiting. */
function settle<T, E, P>(env: Environment, policy: WaitPolicy<T, E, P>, wait: Wait, probed: Result<Probe<T, E>, P>): Result<T, E | P> | null {
  if (probed.isErr()) return passing(probed.error) ? stretched(wait) : err(probed.error);
  const probe = probed.value;
  switch (probe.status) {
    case 'pending':
      wait.stretch = 1;
      wait.suspendable = probe.suspendable === true;
      observe(env, policy, wait, probe);
      return null;
    case 'failed':
      return err(probe.error);
    case 'done':
      if (wait.announced) env.emit({ type: 'wait-ended', waitingFor: policy.waitingFor, seconds: (steadyNow(env.clock) - wait.startedAt) / 1000 });
      return ok(probe.value);
  }
}

function observe<T, E, P>(env: Environment, policy: WaitPolicy<T, E, P>, wait: Wait, probe: PendingProbe): void {
  if (wait.announced && probe.seen === wait.seen && probe.earliestEnd === wait.earliestEnd) return;
  wait.seen = probe.seen;
  env[internals].suspension?.see(policy.waitingFor, { seen: probe.seen, earliestEnd: probe.earliestEnd });
  wait.earliestEnd = probe.earliestEnd;
  wait.announced = true;
  const { waitingFor, timeoutSeconds } = policy;
  const { usualSeconds } = wait;
  env.emit({
    type: 'waiting',
    waitingFor,
    seen: probe.seen,
    timeoutSeconds,
    ...(probe.progress === undefined ? {} : { progress: probe.progress }),
    ...(usualSeconds === undefined ? {} : { usualSeconds }),
    ...countdown(env, probe),
  });
}

function countdown({ clock }: Environment, { earliestEnd }: PendingProbe): { readonly earliestEndAt?: string; readonly secondsLeft?: number } {
  if (earliestEnd === undefined) return {};
  return { earliestEndAt: new Date(earliestEnd).toISOString(), secondsLeft: Math.max(0, Math.round((earliestEnd - clock.now()) / 1000)) };
}

const longestStretch = 8;
/** What a look that began in time may take beyond it. */
const lastProbeMs = 60_000;

function stretched(wait: Wait): null {
  wait.stretch = Math.min(longestStretch, wait.stretch * 2);
  return null;
}

/** The call itself was tried several times; a wait has longer. */
function passing(error: unknown): boolean {
  const kind = (error as { readonly kind?: unknown } | null)?.kind;
  return kind === 'Throttled' || kind === 'Unreachable';
}

/** Twice as often from four fifths of the usual duration to six fifths; a tenth by chance either way. */
async function pause<T, E, P>(env: Environment, policy: WaitPolicy<T, E, P>, wait: Wait): Promise<void> {
  const begun = steadyNow(env.clock);
  const elapsed = (begun - wait.startedAt) / 1000;
  const { usualSeconds } = wait;
  const nearTheEnd = usualSeconds !== undefined && elapsed > usualSeconds * 0.8 && elapsed < usualSeconds * 1.2;
  const jitter = 0.9 + 0.2 * env.clock.random();
  const ms = Math.round(policy.intervalSeconds * 1000 * wait.stretch * jitter * (nearTheEnd ? 0.5 : 1));
  const sleepMs = Math.max(0, Math.min(ms, wait.deadline - begun));
  await env[internals].suspension?.pause(env, { waitingFor: policy.waitingFor, ms: sleepMs, suspendable: wait.suspendable });
  await sleepSteadily(env.clock, sleepMs, wait.signal);
  await env[internals].suspension?.wakeUp();
}

/** Clocks are corrected by less all the time. */
const smallestJumpMs = 30_000;

function tellJump(env: Environment, wait: Wait): void {
  const ahead = env.clock.now() - steadyNow(env.clock);
  const jumped = ahead - wait.ahead;
  if (Math.abs(jumped) < smallestJumpMs) return;
  wait.ahead = ahead;
  wait.jumpedMs += jumped;
  env.emit({ type: 'warning', message: `${jumpText(jumped)}. That is not counted as waiting.` });
}

function jumpText(ms: number): string {
  return `the clock of this machine jumped ${Math.round(Math.abs(ms) / 1000)} s ${ms > 0 ? 'forward (it slept, or its clock was set)' : 'back (its clock was set)'}`;
}

function aborted(waitingFor: string, seen: string): Aborted {
  return {
    kind: 'Aborted',
    waitingFor,
    message: `aborted while waiting for ${waitingFor}; last seen: ${seen}`,
    remedy: 'Nothing is undone by an abort: read the state, then resume the run or release its hold.',
  };
}

function timedOut<T, E, P>(policy: WaitPolicy<T, E, P>, { jumpedMs }: Wait, lastSeen: string): TimedOut {
  const { waitingFor, timeoutSeconds } = policy;
  const jumped = jumpedMs === 0 ? '' : `; ${jumpText(jumpedMs)} meanwhile, which is not counted`;
  return {
    kind: 'TimedOut',
    waitingFor,
    lastSeen,
    timeoutSeconds,
    message: `${waitingFor}: not within ${timeoutSeconds} s; last seen: ${lastSeen}${jumped}`,
    remedy: 'Find out what holds it up; if it only needs longer, call again with a greater timeoutSeconds.',
  };
}

function notInAPlan<T, E, P>(policy: WaitPolicy<T, E, P>, lastSeen: string): TimedOut {
  const { waitingFor } = policy;
  return {
    kind: 'TimedOut',
    waitingFor,
    lastSeen,
    timeoutSeconds: 0,
    message: `${waitingFor}: a plan does not wait for it; seen: ${lastSeen}`,
    remedy: 'Give the wait what a plan is to go on with: planned, in what waitUntil is told.',
  };
}
