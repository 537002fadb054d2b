import type { Rule, RuleCondition } from '../aws/elbv2.js';

/** What the gate knows of itself: the header that lets an operator through. */
export interface GateHeader {
  readonly name: string;
  readonly value: string;
}

/** "Quotas for your Application Load Balancers": condition values per rule, not adjustable. */
export const conditionValuesPerRule = 5;

export function isDefaultRule(rule: Rule): boolean {
  return rule.IsDefault === true || rule.Priority === 'default';
}

export function priorityOf(rule: Rule): number {
  return Number(rule.Priority);
}

export function isHeaderCondition(condition: RuleCondition, headerName: string): boolean {
  return condition.Field === 'http-header' && condition.HttpHeaderConfig?.HttpHeaderName?.toLowerCase() === headerName.toLowerCase();
}

/** Whether visitors are kept from a rule: it asks for our header, whatever the value. */
export function ruleHasHeader(rule: Rule, headerName: string): boolean {
  return (rule.Conditions ?? []).some((condition) => isHeaderCondition(condition, headerName));
}

/** Whether a rule is closed exactly as this gate closes it: operators of today get through. */
export function isClosed(rule: Rule, header: GateHeader): boolean {
  const ours = (rule.Conditions ?? []).filter((condition) => isHeaderCondition(condition, header.name));
  const values = ours[0]?.HttpHeaderConfig?.Values ?? [];
  return ours.length === 1 && values.length === 1 && values[0] === header.value;
}

/** The rules the gate closes: all but the default one, those that only operators reach anyway, and those of `open` target groups. */
export function gatedRules(rules: readonly Rule[], header: GateHeader, openTargetGroups: ReadonlySet<string>): readonly Rule[] {
  return rules.filter((rule) => !isDefaultRule(rule) && !isOperatorsOnly(rule, header.name) && !forwardsOnlyTo(rule, openTargetGroups));
}

/** A rule with no condition but our header: made by somebody for operators. Without the header nothing would be left of it. */
function isOperatorsOnly(rule: Rule, headerName: string): boolean {
  return (rule.Conditions ?? []).every((condition) => isHeaderCondition(condition, headerName));
}

/** Whether a rule forwards, and to none but these target groups. */
export function forwardsOnlyTo(rule: Rule, targetGroups: ReadonlySet<string>): boolean {
  const forwarded = forwardedTargetGroups(rule);
  return forwarded.length > 0 && forwarded.every((arn) => targetGroups.has(arn));
}

export function forwardedTargetGroups(rule: Rule): readonly string[] {
  return (rule.Actions ?? [])
    .filter((action) => action.Type === 'forward')
    .flatMap((action) => [action.TargetGroupArn, ...(action.ForwardConfig?.TargetGroups ?? []).map((group) => group.TargetGroupArn)])
    .filter((arn) => arn !== undefined);
}

/** Conditions of the rule once closed. ModifyRule replaces the whole list: the others stay as they are. */
export function closedConditions(rule: Rule, header: GateHeader): RuleCondition[] {
  return [...openConditions(rule, header.name), { Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: header.name, Values: [header.value] } }];
}

/** Conditions of the rule once open: only ours is taken out. */
export function openConditions(rule: Rule, headerName: string): RuleCondition[] {
  return (rule.Conditions ?? []).filter((condition) => !isHeaderCondition(condition, headerName)).map(asInput);
}

/**
 * DescribeRules tells a host or path both as `Values` and as a `…Config`; a request that carries both is refused
 * ("You cannot provide both Values and 'HostHeaderConfig'"), and only the Config can hold regular expressions.
 */
function asInput(condition: RuleCondition): RuleCondition {
  const { Values, ...withConfig } = condition;
  const hasConfig = Object.keys(withConfig).some((key) => key.endsWith('Config') && withConfig[key as keyof typeof withConfig] !== undefined);
  return hasConfig ? withConfig : condition;
}

/** Two lists of conditions that mean the same to the balancer, in whichever form they were told. */
export function sameConditions(left: readonly RuleCondition[], right: readonly RuleCondition[]): boolean {
  const canonical = (conditions: readonly RuleCondition[]) => conditions.map((condition) => canonicalCondition(condition)).sort().join('\n');
  return canonical(left) === canonical(right);
}

function canonicalCondition(condition: RuleCondition): string {
  const config = condition.HostHeaderConfig ?? condition.PathPatternConfig;
  const values = config?.Values ?? condition.Values ?? [];
  const rest = [condition.HttpHeaderConfig, condition.HttpRequestMethodConfig, condition.QueryStringConfig, condition.SourceIpConfig];
  return JSON.stringify([condition.Field, [...values].sort(), config?.RegexValues ?? [], rest]);
}

export function countConditionValues(conditions: readonly RuleCondition[]): number {
  return conditions.map(asInput).reduce((sum, condition) => sum + valuesOf(condition).length, 0);
}

function valuesOf(condition: RuleCondition): readonly unknown[] {
  const { HostHeaderConfig, PathPatternConfig, HttpHeaderConfig, HttpRequestMethodConfig, QueryStringConfig, SourceIpConfig, Values } = condition;
  const configured = [HostHeaderConfig, PathPatternConfig, HttpHeaderConfig].flatMap((config) => [...(config?.Values ?? []), ...(config?.RegexValues ?? [])]);
  return [...configured, ...(HttpRequestMethodConfig?.Values ?? []), ...(QueryStringConfig?.Values ?? []), ...(SourceIpConfig?.Values ?? []), ...(Values ?? [])];
}

/** Rules that have no room for one more condition value, by priority. */
export function rulesWithoutRoom(rules: readonly Rule[], header: GateHeader): readonly Rule[] {
  return rules.filter((rule) => countConditionValues(closedConditions(rule, header)) > conditionValuesPerRule);
}

/** From the least specific to the most: no visitor falls into a less specific open rule between two calls. */
export function closingOrder(rules: readonly Rule[]): readonly Rule[] {
  return [...rules].sort((left, right) => priorityOf(right) - priorityOf(left));
}

export function openingOrder(rules: readonly Rule[]): readonly Rule[] {
  return [...closingOrder(rules)].reverse();
}

/** `rule 7 (dev.graasp.org/api/*)`: how a rule is called in reports and errors. */
export function ruleName(rule: Rule): string {
  const values = (field: string) => (rule.Conditions ?? []).filter((condition) => condition.Field === field).flatMap((condition) => valuesOf(asInput(condition)));
  const where = `${values('host-header').join(',')}${values('path-pattern').join(',')}`;
  return where === '' ? `rule ${rule.Priority}` : `rule ${rule.Priority} (${where})`;
}
