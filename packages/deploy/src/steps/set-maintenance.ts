import { err, ok, okAsync, type ResultAsync, safeTry } from 'neverthrow';
import type { Rule } from '../aws/elbv2.js';
import { isoTime } from '../clock.js';
import { type Environment, internals, type RunFact } from '../environment/environment.js';
import { expectedGot, waitProblems } from '../environment/validate.js';
import type { AwsWriteError, Conflict, GateLeak, InvalidInput, Leak, LockLost, PartialChange, Refused, RunError, RunStoreFailed, WaitError } from '../errors.js';
import { changeDistributions, distributionsToClose, expectDistributions, foundClosed } from '../gate/change-distributions.js';
import { changeRules, expectGate, rulesToClose, rulesToOpen } from '../gate/change-rules.js';
import { doorsOf } from '../gate/doors.js';
import { defaultAnswer, type Proof, proveClosed, proveOpen, unseenText } from '../gate/prove-gate.js';
import { type Gate, readGate } from '../gate/read-gate.js';
import { conditionValuesPerRule, ruleHasHeader, ruleName, rulesWithoutRoom } from '../gate/rules.js';
import { restoreTargetGroups } from '../gate/tune-target-groups.js';
import { asRun, type Known } from '../runs/as-run.js';
import { ensureBaseline, putAside, putBack } from '../states/baseline.js';

export interface SetMaintenanceOptions {
  /** For each proof at a front door, default 180; and for changed distributions to reach every edge location, default 1800. */
  readonly timeoutSeconds?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface MaintenanceReport {
  readonly maintenance: 'on' | 'off';
  /** Rules that were changed, as `rule 7 (dev.graasp.org/api/*)`; empty when all were right already. */
  readonly rulesChanged: readonly string[];
  /** Distributions that were changed, as `distribution E1A2B3 (assets.graasp.org)`. */
  readonly distributionsChanged: readonly string[];
  /** ISO time from which every door of the balancer was seen to be closed, or open; empty in a plan, which looks at none. */
  readonly provenAt: string;
  /** Hosts looked at, through this many addresses of the balancer. */
  readonly hosts: readonly string[];
  readonly addresses: number;
  /**
   * Rules of which no request shows from outside whether visitors get through, or not for all they match: for a regular expression, a
   * method, a query or an address. They were changed like the others; look at them yourself.
   */
  readonly unseen: readonly string[];
  /** Doors that stay open to an administration service although their rule is closed. */
  readonly leaks: readonly Leak[];
}

export type SetMaintenanceError = InvalidInput | AwsWriteError | WaitError | Conflict | Refused | GateLeak | PartialChange | RunError;

/** AWS gives no bound for how long a changed rule takes to reach every node of the balancer; seconds as a rule. */
const defaultTimeoutSeconds = 180;

/**
 * Closes the environment to visitors, or opens it. On: every rule of the listener asks for the maintenance header besides what it
 * asked for, so that visitors fall through to the default action, except rules of administration services that run. Off: only that
 * condition is taken out again. Done when every host and path of the rules was seen closed (or open) through every address of the balancer,
 * several times in a row; a door of something that is no declared service need not work, once it is open.
 *
 * Where distributions are declared (`maintenance.cloudFront`) their function is called at the viewer requests of every cache behavior while
 * maintenance is on: everything else in their configuration stays as it is. They close after the pages and open before them, each time once
 * every edge location has the change: a visitor's page never loads from a distribution that sends visitors away.
 *
 * Rules already right are not touched. On a failure, also when the proof fails, the rules that were changed are given back (in a resumed
 * run also those that this step had changed before), never others. What was closed stays closed, and holds the environment, where visitors
 * might meet something half done: while another run holds it, or once the schema may have moved since what was found.
 *
 * Errors: InvalidInput; GateLeak when visitors would land on an application service with the gate closed; Refused when a rule has no
 * room for the condition (5 values, "Quotas for your Application Load Balancers"), the default action forwards, or none of the rules can be
 * looked at from outside, or something else answers viewer requests of a distribution; Conflict on a hold
 * (`off`), a lock, or a rule or distribution changed by somebody else meanwhile; TimedOut when the proof does not come; PartialChange when a rule could
 * or distribution could not be given back; LockLost, RunStoreFailed; any AwsError.
 */
export function setMaintenance(env: Environment, to: 'on' | 'off', options: SetMaintenanceOptions = {}): ResultAsync<MaintenanceReport, SetMaintenanceError> {
  const problems = () => [...(to === 'on' || to === 'off' ? [] : [`to: ${expectedGot("'on' or 'off'", to)}`]), ...waitProblems(options)];
  const spec = { name: 'setMaintenance', changes: true, refusedByHold: to === 'off', known: { timeoutSeconds: true, signal: true } satisfies Known<SetMaintenanceOptions>, problems, options };
  return asRun(env, spec, (env) => (to === 'on' ? close(env, options) : open(env, options, asFound)));
}

/** As `setMaintenance(env, 'off')`, with every rule opened, whatever was found. For who brings an environment into a state. */
export function openEveryRule(env: Environment, options: SetMaintenanceOptions = {}): ResultAsync<MaintenanceReport, SetMaintenanceError> {
  return open(env, options, (_, gate) => ({ rules: gate.gated, staying: {} }));
}

function close(env: Environment, options: SetMaintenanceOptions): ResultAsync<MaintenanceReport, SetMaintenanceError> {
  return safeTry(async function* () {
    const gate = yield* readGate(env);
    yield* closable(env, gate);
    const distributions = yield* distributionsToClose(env);
    const rules = rulesToClose(gate.gated, gate.header);
    yield* ensureBaseline(env);
    yield* putAside(env, ['gate']);
    yield* expectNothing(env);
    if (rules.length + distributions.length > 0) yield* recordClosing(env);
    const change = { to: 'closed', timeoutSeconds: options.timeoutSeconds } as const;
    const prove = () =>
      proveClosed(env, gate, options.timeoutSeconds ?? defaultTimeoutSeconds).andThen((proof) => changeDistributions(env, change, (distributionsChanged) => okAsync<Proven, never>({ proof, distributionsChanged })));
    const proven = yield* changeRules(env, gate.header, { rules, among: gate.gated, to: 'closed' }, prove);
    yield* expectGate(env, { closed: gate.gated, open: [] });
    yield* expectDistributions(env, change);
    return ok(report('on', gate, rules, proven));
  });
}

interface Proven {
  readonly proof: Proof;
  readonly distributionsChanged: readonly string[];
}

function expectNothing(env: Environment): ResultAsync<void, RunStoreFailed | LockLost> {
  return expectGate(env, null).andThen(() => expectDistributions(env, null));
}

/** A gate that a run found closed is not its to open when it fails. */
function recordClosing(env: Environment): ResultAsync<void, RunStoreFailed | LockLost> {
  return env[internals].run?.record('gateClosed' satisfies RunFact, true) ?? okAsync(undefined);
}

/** From then on visitors may write what a restore would lose. */
function recordOpening(env: Environment): ResultAsync<void, RunStoreFailed | LockLost> {
  const run = env[internals].run;
  const earlier = run?.recall('gateOpenedAt' satisfies RunFact);
  return earlier === undefined ? (run?.record('gateOpenedAt' satisfies RunFact, isoTime(env.clock)) ?? okAsync(undefined)) : okAsync(undefined);
}

function open(env: Environment, options: SetMaintenanceOptions, wantedOf: (env: Environment, gate: Gate) => WantedOpen): ResultAsync<MaintenanceReport, SetMaintenanceError> {
  return safeTry(async function* () {
    const gate = yield* readGate(env);
    yield* ensureBaseline(env);
    const { rules: wanted, staying } = wantedOf(env, gate);
    const rules = rulesToOpen(wanted, gate.header);
    yield* restoreTargetGroups(env);
    yield* expectNothing(env);
    const change = { to: 'open', staying, timeoutSeconds: options.timeoutSeconds } as const;
    const prove = () => proveOpen(env, gate, wanted, options.timeoutSeconds ?? defaultTimeoutSeconds);
    const openRules = () => (rules.length > 0 ? recordOpening(env) : okAsync(undefined)).andThen(() => changeRules(env, gate.header, { rules, among: gate.gated, to: 'open' }, prove));
    const proven = yield* changeDistributions(env, change, (distributionsChanged) => openRules().map((proof) => ({ proof, distributionsChanged })));
    yield* putBack(env, ['gate']);
    yield* expectGate(env, { closed: [], open: wanted });
    yield* expectDistributions(env, change);
    return ok(report('off', gate, rules, proven));
  });
}

/** What must hold before the first rule is touched. */
function closable(env: Environment, gate: Gate) {
  const full = rulesWithoutRoom(gate.gated, gate.header);
  if (full.length > 0) return err(noRoom(full));
  if (defaultAnswer(gate.rules) === null) return err(forwardingDefault());
  if (gate.gated.length > 0 && doorsOf(env, gate).length === 0) return err(noDoors(gate.gated));
  const leaks = gate.leaks.filter((leak) => leak.role === 'application');
  if (leaks.length > 0) return err(gateLeak(leaks));
  const told = env[internals].run?.recallFact('leaksTold' satisfies RunFact);
  for (const text of gate.leaks.map(leakText)) if (!Array.isArray(told) || !told.includes(text)) env.emit({ type: 'warning', message: `With the gate closed ${text}.` });
  return ok(undefined);
}

interface WantedOpen {
  readonly rules: readonly Rule[];
  /** Cache behaviors that stay closed, by distribution. */
  readonly staying: Readonly<Record<string, readonly string[]>>;
}

/** What was closed one by one before anything began stays closed; a gate found closed as a whole is opened. */
function asFound(env: Environment, gate: Gate): WantedOpen {
  const found = env[internals].run?.baseline()?.gate ?? {};
  const allClosed = gate.gated.every((rule) => found[rule.RuleArn!] !== false);
  return { rules: gate.gated.filter((rule) => allClosed || found[rule.RuleArn!] !== true), staying: allClosed ? {} : foundClosed(env) };
}

function report(maintenance: 'on' | 'off', gate: Gate, rules: readonly Rule[], { proof, distributionsChanged }: Proven): MaintenanceReport {
  return { maintenance, rulesChanged: rules.map(ruleName), distributionsChanged, ...proof, leaks: gate.leaks };
}

export function leakText(leak: Leak): string {
  const where = leak.to === 'default' ? "the listener's default action" : `rule ${leak.to}`;
  return `visitors of ${leak.host}${leak.path} (rule ${leak.from}) land on ${where}${leak.service === null ? '' : ` (${leak.service})`}, not on the maintenance page`;
}

export function gateLeak(leaks: readonly Leak[]): GateLeak {
  return {
    kind: 'GateLeak',
    leaks,
    message: `With the gate closed ${leaks.map(leakText).join('; ')}. Nothing was changed.`,
    remedy: 'Give the rule that they land on conditions which do not match their requests: another host, or a narrower path.',
  };
}

function noRoom(rules: readonly Rule[]): Refused {
  return {
    kind: 'Refused',
    rule: 'condition-values',
    message: `A listener rule takes ${conditionValuesPerRule} condition values; with the maintenance header ${rules.map(ruleName).join(', ')} would have more. Nothing was changed.`,
    remedy: 'Split these rules in two, each with fewer hosts or paths.',
  };
}

function noDoors(rules: readonly Rule[]): Refused {
  return {
    kind: 'Refused',
    rule: 'unprovable-gate',
    message: `The gate could be closed, but nobody would know: ${unseenText(rules)}. Nothing was changed.`,
    remedy: 'Give at least one rule a host or path that is no regular expression, without a condition on method, query or address.',
  };
}

function forwardingDefault(): Refused {
  return {
    kind: 'Refused',
    rule: 'default-action',
    message: "The listener's default action forwards to a target group: visitors turned away by the gate could not be told from visitors let in. Nothing was changed.",
    remedy: 'Make the default action a redirect to the maintenance page, or a fixed response.',
  };
}

/** Whether any rule of the gate is closed. */
export function anyClosed(gate: Gate): boolean {
  return gate.gated.some((rule) => ruleHasHeader(rule, gate.header.name));
}
