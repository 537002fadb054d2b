import { err, errAsync, ok, okAsync, type ResultAsync, safeTry } from 'neverthrow';
import { describeRulesByArn, modifyRule, type Rule } from '../aws/elbv2.js';
import { type Environment, internals, type JsonValue } from '../environment/environment.js';
import type { Aborted, AwsError, AwsWriteError, Conflict, LockLost, PartialChange, RunStoreFailed } from '../errors.js';
import { announce } from '../reports/announce.js';
import { mayOpenAgain } from './may-open-again.js';
import { closedConditions, closingOrder, type GateHeader, isClosed, openConditions, openingOrder, ruleHasHeader, ruleName, sameConditions } from './rules.js';

export type ChangeRulesError = AwsWriteError | Conflict | Aborted | RunStoreFailed;

/** Rules that still have to be changed for the gate to be as wanted, in the order in which that is safe. */
export function rulesToClose(rules: readonly Rule[], header: GateHeader): readonly Rule[] {
  return closingOrder(rules.filter((rule) => !isClosed(rule, header)));
}

export function rulesToOpen(rules: readonly Rule[], header: GateHeader): readonly Rule[] {
  return openingOrder(rules.filter((rule) => ruleHasHeader(rule, header.name)));
}

function announceRule(env: Environment, rule: Rule, to: 'closed' | 'open'): void {
  announce(env, {
    resource: ruleName(rule),
    from: to === 'closed' ? 'open' : 'closed',
    to,
    operation: 'elasticloadbalancing:ModifyRule',
    why: to === 'closed' ? 'visitors see the maintenance page; operators get through with the header' : 'visitors get through again',
  });
}

export interface RuleChange {
  /** Those that still have to be changed, in the order in which that is safe. */
  readonly rules: readonly Rule[];
  /** All that are to be so in the end. */
  readonly among: readonly Rule[];
  readonly to: 'closed' | 'open';
}

/**
 * Changes rules one after the other, and has the whole proven. What is about to be changed is journalled first: a failure of either gives
 * back the rules that this step of this run has changed, by this call or before its process died, and no other; so no half-closed gate is
 * left, and no rule that was found closed is opened. What was closed stays closed where opening it is not safe (`mayOpenAgain`).
 */
export function changeRules<T, E extends { readonly message: string }>(
  env: Environment,
  header: GateHeader,
  change: RuleChange,
  prove: () => ResultAsync<T, E>,
): ResultAsync<T, E | ChangeRulesError | PartialChange> {
  const { rules, among, to } = change;
  const earlier = recorded(env, to);
  const changed: Rule[] = among.filter((rule) => earlier.includes(rule.RuleArn!) && !rules.includes(rule));
  return recordRules(env, to, [...changed, ...rules])
    .andThen(() => changeEach(env, header, { rules, to, changed }))
    .andThen(prove)
    .orElse((error) => giveBack<T, E | ChangeRulesError>(env, header, { changed, to, error }));
}

function changeEach(
  env: Environment,
  header: GateHeader,
  { rules, to, changed }: { readonly rules: readonly Rule[]; readonly to: 'closed' | 'open'; readonly changed: Rule[] },
): ResultAsync<void, ChangeRulesError> {
  return safeTry(async function* () {
    for (const rule of rules) {
      if (env.signal.aborted) return err(abortedWaitingFor(`the gate to be ${to}`));
      yield* refuseForeignChange(env, rule);
      announceRule(env, rule, to);
      const result = await modifyRule(env, { ruleArn: rule.RuleArn!, conditions: to === 'closed' ? closedConditions(rule, header) : openConditions(rule, header.name) });
      if (result.isOk() || mayBeCarriedOut(result.error)) changed.push(rule);
      if (result.isErr()) return err(result.error);
    }
    return ok(undefined);
  });
}

function giveBack<T, E extends { readonly message: string }>(
  env: Environment,
  header: GateHeader,
  { changed, to, error }: { readonly changed: readonly Rule[]; readonly to: 'closed' | 'open'; readonly error: E },
): ResultAsync<T, E | PartialChange | RunStoreFailed | LockLost> {
  return mayGiveBack(env, to, error).andThen((may) => {
    if (may) return undoRules(env, header, changed, to).andThen(() => errAsync(error));
    const stay = changed.length === 0 ? '' : ` ${changed.map(ruleName).join(', ')} ${changed.length === 1 ? 'stays' : 'stay'} closed.`;
    return recordRules(env, to, changed).andThen(() => errAsync({ ...error, message: `${error.message}${stay}` }));
  });
}

/** Closing again what was opened is always safe. Pages do not open while a distribution that they load from could not be given back. */
function mayGiveBack(env: Environment, to: 'closed' | 'open', error: object): ResultAsync<boolean, never> {
  if (to === 'open') return okAsync(true);
  return 'kind' in error && error.kind === 'PartialChange' ? okAsync(false) : mayOpenAgain(env);
}

const recordOf = { closed: 'rulesClosed', open: 'rulesOpened' } as const;

/** ARNs of the rules that this step of this run has changed, or was about to. */
function recorded(env: Environment, to: 'closed' | 'open'): readonly JsonValue[] {
  const arns = env[internals].run?.recall(recordOf[to]);
  return Array.isArray(arns) ? (arns as readonly JsonValue[]) : [];
}

function recordRules(env: Environment, to: 'closed' | 'open', rules: readonly Rule[]): ResultAsync<void, RunStoreFailed | LockLost> {
  return env[internals].run?.record(recordOf[to], rules.map((rule) => rule.RuleArn!)) ?? okAsync(undefined);
}

/** Whether steps have changed rules that were not given back, from what they recorded. */
export function rulesAreAway(steps: readonly { readonly records: Readonly<Record<string, JsonValue>> }[]): boolean {
  return steps.some(({ records }) => Object.values(recordOf).some((key) => Array.isArray(records[key]) && records[key].length > 0));
}

/** Between two of the gate's changes. */
export function abortedWaitingFor(waitingFor: string): Aborted {
  return { kind: 'Aborted', message: `Aborted while waiting for ${waitingFor}.`, remedy: 'Resume the run, or start it again.', waitingFor };
}

/** A call whose answer was lost may have been; one that AWS has refused was not. */
function mayBeCarriedOut({ kind }: AwsWriteError): boolean {
  return kind !== 'AccessDenied' && kind !== 'NotFound';
}

/** ModifyRule replaces the whole list of conditions, so the rule is read once more: what somebody changed since is not overwritten. */
function refuseForeignChange(env: Environment, rule: Rule): ResultAsync<void, AwsError | Conflict> {
  return describeRulesByArn(env, [rule.RuleArn!]).andThen(([now]) => (now !== undefined && sameConditions(now.Conditions ?? [], rule.Conditions ?? []) ? ok(undefined) : err(changedByOthers(rule))));
}

function changedByOthers(rule: Rule): Conflict {
  return {
    kind: 'Conflict',
    reason: 'foreign-change',
    changes: [ruleName(rule)],
    message: `Somebody else changed ${ruleName(rule)} while the gate was being changed. Their change was not overwritten.`,
    remedy: 'Find out who changes the listener (an apply of the infrastructure code?), let it finish, then run again.',
  };
}

/**
 * Takes our condition away from rules again, or gives it back, in the opposite order; what somebody else has changed of them since stays. Goes on
 * after an abort, and past a rule that cannot be undone.
 */
function undoRules(env: Environment, header: GateHeader, changed: readonly Rule[], to: 'closed' | 'open'): ResultAsync<void, PartialChange | RunStoreFailed | LockLost> {
  if (changed.length === 0) return recordRules(env, to, []);
  const unstoppable: Environment = { ...env, signal: new AbortController().signal };
  env.emit({ type: 'undoing', why: `${changed.length} ${changed.length === 1 ? 'rule was' : 'rules were'} ${to} before the failure` });
  return safeTry(async function* () {
    const undone: Rule[] = [];
    const stuck: Rule[] = [];
    for (const rule of [...changed].reverse()) {
      announceRule(unstoppable, rule, to === 'closed' ? 'open' : 'closed');
      const result = await undoRule(unstoppable, header, rule, to);
      (result.isOk() ? undone : stuck).push(rule);
    }
    yield* recordRules(unstoppable, to, stuck);
    return stuck.length === 0 ? ok(undefined) : err(partialChange(stuck.map(ruleName), undone.map(ruleName), to));
  });
}

/** One that is gone meanwhile is not to be undone. */
function undoRule(env: Environment, header: GateHeader, rule: Rule, to: 'closed' | 'open'): ResultAsync<void, AwsWriteError> {
  const ruleArn = rule.RuleArn!;
  return describeRulesByArn(env, [ruleArn])
    .andThen(([now]) => (now === undefined ? okAsync(undefined) : modifyRule(env, { ruleArn, conditions: originalConditions(now, header, to) })))
    .orElse((error) => (error.kind === 'NotFound' ? ok(undefined) : err(error)));
}

function originalConditions(rule: Rule, header: GateHeader, to: 'closed' | 'open') {
  return to === 'closed' ? openConditions(rule, header.name) : closedConditions(rule, header);
}

function partialChange(stuck: readonly string[], undone: readonly string[], to: 'closed' | 'open'): PartialChange {
  return {
    kind: 'PartialChange',
    changed: stuck,
    undone,
    message: `The gate could not be ${to}, and ${stuck.join(', ')} could not be given back: ${stuck.length === 1 ? 'it is' : 'they are'} still ${to}.`,
    remedy: `Run setMaintenance(env, '${to === 'closed' ? 'off' : 'on'}') once the balancer can be reached.`,
  };
}

/** Whether this environment runs under a run whose gate expectations should follow. */
export function expectGate(env: Environment, gate: { readonly closed: readonly Rule[]; readonly open: readonly Rule[] } | null): ResultAsync<void, RunStoreFailed | import('../errors.js').LockLost> {
  const run = env[internals].run;
  if (run === null) return okAsync(undefined);
  const arns = (rules: readonly Rule[]) => rules.map((rule) => rule.RuleArn!);
  return run.expect({ gate: gate === null ? null : { closed: arns(gate.closed), open: arns(gate.open) } });
}
