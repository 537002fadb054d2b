import type { Rule, RuleCondition } from '../aws/elbv2.js';
import type { EnvironmentDefinition } from '../environment/definition.js';
import type { Leak } from '../errors.js';
import { patterns, patternsOverlap, samplesOf } from './match.js';
import { forwardedTargetGroups, isDefaultRule, priorityOf, type GateHeader, gatedRules } from './rules.js';

export interface LeakQuestion {
  readonly rules: readonly Rule[];
  readonly header: GateHeader;
  /** Target groups of administration services that stay on while the gate is closed. */
  readonly openTargetGroups: ReadonlySet<string>;
  /** Target group -> the service behind it. */
  readonly serviceOf: ReadonlyMap<string, string>;
  readonly services: EnvironmentDefinition['services'];
  readonly fallbackHost: string;
}

/**
 * Where visitors of each gated rule land when all are closed, if not on the default action: on a rule further down that stays open
 * and matches some of the same requests. A default action that forwards to a service leaks everything.
 */
export function findLeaks(question: LeakQuestion): readonly Leak[] {
  const gated = gatedRules(question.rules, question.header, question.openTargetGroups);
  const open = question.rules.filter((rule) => !isDefaultRule(rule) && !gated.includes(rule) && !isForOperators(rule, question.header));
  return gated.flatMap((from) => [
    ...open.filter((to) => priorityOf(to) > priorityOf(from) && overlap(from, to)).map((to) => leak(question, from, to)),
    ...question.rules.filter((rule) => isDefaultRule(rule) && forwardedTargetGroups(rule).length > 0).map((to) => leak(question, from, to)),
  ]);
}

function isForOperators(rule: Rule, header: GateHeader): boolean {
  return (rule.Conditions ?? []).some((condition) => condition.HttpHeaderConfig?.HttpHeaderName?.toLowerCase() === header.name.toLowerCase());
}

function leak(question: LeakQuestion, from: Rule, to: Rule): Leak {
  const service = forwardedTargetGroups(to).map((arn) => question.serviceOf.get(arn)).find((name) => name !== undefined) ?? null;
  const role = service === null ? 'other' : (question.services[service]?.role ?? 'application');
  const { host, path } = samplesOf(from, question.fallbackHost)[0]!;
  return { from: priorityOf(from), to: isDefaultRule(to) ? 'default' : priorityOf(to), host, path, service, role };
}

/** Fields that both rules look at must have a value in common; what only one of them asks for is taken to hold. */
function overlap(left: Rule, right: Rule): boolean {
  return fieldsOverlap(left, right, 'host-header', 'HostHeaderConfig', (text) => text.toLowerCase()) && fieldsOverlap(left, right, 'path-pattern', 'PathPatternConfig', (text) => text);
}

function fieldsOverlap(left: Rule, right: Rule, field: string, config: 'HostHeaderConfig' | 'PathPatternConfig', fold: (text: string) => string): boolean {
  const [mine, theirs] = [conditionOf(left, field), conditionOf(right, field)];
  if (mine === undefined || theirs === undefined || mine[config]?.RegexValues?.length || theirs[config]?.RegexValues?.length) return true;
  return patterns(mine, config).some((one) => patterns(theirs, config).some((other) => patternsOverlap(fold(one), fold(other))));
}

function conditionOf(rule: Rule, field: string): RuleCondition | undefined {
  return rule.Conditions?.find((condition) => condition.Field === field);
}
