import { ok, okAsync, type ResultAsync, safeTry } from 'neverthrow';
import { type Environment, internals } from '../environment/environment.js';
import type { AwsError, LockLost, PartialChange, RunStoreFailed, TimedOut } from '../errors.js';
import { gateIsAside, putAside, putBack } from '../states/baseline.js';
import { changeRules, type ChangeRulesError, expectGate, rulesToClose, rulesToOpen } from './change-rules.js';
import { proveClosed, proveOpen } from './prove-gate.js';
import { administrationServices, type Gate, readGate } from './read-gate.js';
import { forwardsOnlyTo } from './rules.js';
import type { Rule } from '../aws/elbv2.js';

export type AdministrationRulesError = ChangeRulesError | AwsError | PartialChange | TimedOut;

/** Key of the baseline under which the rules of paused administration services are put aside. */
const aside = 'gate:administration';
const proofTimeoutSeconds = 180;

/** Closes the doors of administration services that are about to stop, so that their visitors meet the maintenance page and not an error. */
export function closeAdministrationRules(env: Environment, paused: readonly string[]): ResultAsync<void, AdministrationRulesError> {
  if (paused.length === 0) return okAsync(undefined);
  return safeTry(async function* () {
    const gate = yield* readGate(env, { alsoClosed: paused });
    const theirs = rulesOf(env, gate, paused);
    if (theirs.length === 0) return ok(undefined);
    const rules = rulesToClose(theirs, gate.header);
    if (rules.length > 0) yield* putAside(env, [aside]);
    yield* watchOthers(env, gate, theirs);
    yield* changeRules(env, gate.header, { rules, among: theirs, to: 'closed' }, () => proveClosed(env, { ...gate, gated: theirs }, proofTimeoutSeconds));
    if (gateIsAside(env)) yield* expectGate(env, { closed: gate.gated, open: [] });
    return ok(undefined);
  });
}

/**
 * Opens them again once the services answer: those named, and those that a stop which ended early closed the door of without reaching them.
 * Rules that were closed before the run stay closed.
 */
export function openAdministrationRules(env: Environment, services: readonly string[]): ResultAsync<void, AdministrationRulesError> {
  const baseline = env[internals].run?.baseline() ?? null;
  if (baseline === null || !baseline.putAside.includes(aside)) return okAsync(undefined);
  const administration = administrationServices(env);
  const on = administration.filter((name) => services.includes(name) || !baseline.putAside.includes(`service:${name}`));
  return openRules(env, on, (rule) => baseline.gate[rule.RuleArn!] === false).andThen(() => (on.length === administration.length ? putBack(env, [aside]) : okAsync(undefined)));
}

/** Opens every rule of administration services that are on, whatever was found: for who brings an environment into a state. */
export function openRulesOfAdministration(env: Environment): ResultAsync<void, AdministrationRulesError> {
  return openRules(env, administrationServices(env), () => true).andThen(() => putBack(env, [aside]));
}

function openRules(env: Environment, on: readonly string[], which: (rule: Rule) => boolean): ResultAsync<void, AdministrationRulesError> {
  return safeTry(async function* () {
    const gate = yield* readGate(env, { alsoClosed: on });
    const theirs = rulesOf(env, gate, on).filter(which);
    yield* watchOthers(env, gate, theirs);
    const rules = rulesToOpen(theirs, gate.header);
    yield* changeRules(env, gate.header, { rules, among: theirs, to: 'open' }, () => proveOpen(env, { ...gate, gated: theirs }, theirs, proofTimeoutSeconds));
    return ok(undefined);
  });
}

/** While administration's doors change the others stay watched, also by a process that takes over from one that died meanwhile. */
function watchOthers(env: Environment, gate: Gate, theirs: readonly Rule[]): ResultAsync<void, RunStoreFailed | LockLost> {
  return expectGate(env, gateIsAside(env) ? { closed: gate.gated.filter((rule) => !theirs.includes(rule)), open: [] } : null);
}

function rulesOf(env: Environment, gate: Gate, services: readonly string[]): readonly Rule[] {
  const targetGroups = new Set(services.flatMap((name) => (env[internals].found.targetGroupsOf[name] ?? []).map((group) => group.targetGroupArn)));
  return gate.gated.filter((rule) => forwardsOnlyTo(rule, targetGroups));
}
