import type { Rule } from '../aws/elbv2.js';
import { type Environment, internals } from '../environment/environment.js';
import { firstMatch, type SampleRequest, samplesOf } from './match.js';
import type { Gate } from './read-gate.js';
import { openConditions } from './rules.js';

/** A place at the front door that can be looked at from outside: a request, and the rule that serves it while the gate is open. */
export interface Door {
  readonly request: SampleRequest;
  readonly rule: Rule;
}

/** One door for each host and path of the gated rules, where it is the rule itself that serves it. */
export function doorsOf(env: Environment, gate: Gate): readonly Door[] {
  const open = gate.rules.map((rule) => ({ ...rule, Conditions: openConditions(rule, gate.header.name) }));
  return gate.gated
    .flatMap((rule) => samplesOf(rule, env[internals].found.loadBalancerDnsName).map((request) => ({ rule, request })))
    .filter(({ rule, request }) => firstMatch(open, request)?.RuleArn === rule.RuleArn);
}

/** Gated rules that are not seen, or not wholly: for a regular expression, a method, a query or an address there is no request to try. */
export function unseenRules(gate: Gate, doors: readonly Door[]): readonly Rule[] {
  const seen = new Set(doors.map(({ rule }) => rule.RuleArn));
  return gate.gated.filter((rule) => !seen.has(rule.RuleArn) || (rule.Conditions ?? []).some(hasRegex));
}

function hasRegex({ HostHeaderConfig, PathPatternConfig }: NonNullable<Rule['Conditions']>[number]): boolean {
  return [HostHeaderConfig, PathPatternConfig].some((config) => (config?.RegexValues ?? []).length > 0);
}
