import type { ResultAsync } from 'neverthrow';
import { describeRules, modifyRule, type Rule } from '../aws/elbv2.js';
import { internals, type Environment } from '../environment/environment.js';
import { announce } from '../reports/announce.js';
import { openDoors } from './open-doors.js';
import { closedConditions, closingOrder, ruleHasHeader, ruleName } from './rules.js';

const mostLooks = 6;
/** A read that is fresh may be followed by one that is stale still, seconds after a write. */
const betweenLooksMs = 5_000;

/** Rules that were closed again, and those that could not be, by name. */
export interface ClosedAgain {
  readonly closed: readonly string[];
  readonly stillOpen: readonly string[];
}

/**
 * Closes the rules that somebody opened, or added, under a run which had closed the gate: what comes after is for people to decide, but not
 * with visitors on a half-migrated database. Whatever else the rules ask for now stays. Never fails; says what stayed open.
 */
export async function closeAgain(env: Environment, ruleArns: readonly string[]): Promise<ClosedAgain> {
  const { found, header } = env[internals];
  const rules = await describeRules(env, found.listenerArn);
  if (rules.isErr()) return { closed: [], stillOpen: ruleArns };
  const doors = openDoors(env, rules.value);
  const opened = closingOrder(rules.value.filter((rule) => doors.includes(rule) || (ruleArns.includes(rule.RuleArn ?? '') && !ruleHasHeader(rule, header.name))));
  const results: { readonly rule: Rule; readonly closed: boolean }[] = [];
  for (const rule of opened) results.push({ rule, closed: (await closeRule(env, rule)).isOk() });
  await seenClosed(env, results.flatMap(({ rule, closed }) => (closed ? [rule.RuleArn!] : [])));
  const named = (closed: boolean) => results.filter((result) => result.closed === closed).map(({ rule }) => ruleName(rule));
  return { closed: named(true), stillOpen: named(false) };
}

/** Reads are stale for seconds: whoever puts things back next would take what was just closed for open, and open only the others. */
async function seenClosed(env: Environment, ruleArns: readonly string[]): Promise<void> {
  const { found, header } = env[internals];
  for (let look = 0; look < mostLooks && ruleArns.length > 0 && !env.signal.aborted; look += 1) {
    await env.clock.sleep(betweenLooksMs, env.signal).catch(() => undefined);
    const rules = await describeRules(env, found.listenerArn).unwrapOr([]);
    const closed = rules.filter((rule) => ruleHasHeader(rule, header.name)).map(({ RuleArn }) => RuleArn);
    if (ruleArns.every((arn) => closed.includes(arn))) return;
  }
}

function closeRule(env: Environment, rule: Rule): ResultAsync<void, unknown> {
  const { name, value } = env[internals].header;
  announce(env, { resource: ruleName(rule), from: 'open', to: 'closed', operation: 'elasticloadbalancing:ModifyRule', why: 'somebody else opened it during the run' });
  return modifyRule(env, { ruleArn: rule.RuleArn ?? '', conditions: closedConditions(rule, { name, value: value.reveal() }) });
}
