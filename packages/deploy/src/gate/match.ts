import type { Rule, RuleCondition } from '../aws/elbv2.js';
import { isDefaultRule, priorityOf } from './rules.js';

/** A request as far as listener rules look at it. */
export interface SampleRequest {
  readonly host: string;
  readonly path: string;
  /** names in lower case */
  readonly headers: Readonly<Record<string, string>>;
}

/** The rule that serves a request: the first in order of priority all of whose conditions hold, else the default rule. */
export function firstMatch(rules: readonly Rule[], request: SampleRequest): Rule | undefined {
  const ordered = rules.filter((rule) => !isDefaultRule(rule)).sort((left, right) => priorityOf(left) - priorityOf(right));
  return ordered.find((rule) => matches(rule, request)) ?? rules.find(isDefaultRule);
}

export function matches(rule: Rule, request: SampleRequest): boolean {
  return (rule.Conditions ?? []).every((condition) => conditionHolds(condition, request));
}

function conditionHolds(condition: RuleCondition, request: SampleRequest): boolean {
  switch (condition.Field) {
    case 'host-header':
      return patterns(condition, 'HostHeaderConfig').some((pattern) => wildcard(pattern.toLowerCase()).test(request.host.toLowerCase())) || regexes(condition.HostHeaderConfig?.RegexValues, request.host);
    case 'path-pattern':
      return patterns(condition, 'PathPatternConfig').some((pattern) => wildcard(pattern).test(request.path)) || regexes(condition.PathPatternConfig?.RegexValues, request.path);
    case 'http-header': {
      const value = request.headers[condition.HttpHeaderConfig?.HttpHeaderName?.toLowerCase() ?? ''];
      return value !== undefined && (condition.HttpHeaderConfig?.Values ?? []).some((pattern) => wildcard(pattern.toLowerCase()).test(value.toLowerCase()));
    }
    case 'http-request-method':
      return (condition.HttpRequestMethodConfig?.Values ?? []).includes('GET');
    default:
      // query strings and source addresses: a sample request satisfies neither
      return false;
  }
}

export function patterns(condition: RuleCondition, config: 'HostHeaderConfig' | 'PathPatternConfig'): readonly string[] {
  return condition[config]?.Values ?? condition.Values ?? [];
}

function regexes(values: readonly string[] | undefined, text: string): boolean {
  return (values ?? []).some((value) => new RegExp(value).test(text));
}

/** `*` is any run of characters, `?` any one ("Condition types for listener rules"). */
function wildcard(pattern: string): RegExp {
  const source = [...pattern].map((character) => (character === '*' ? '.*' : character === '?' ? '.' : character.replace(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)));
  return new RegExp(`^${source.join('')}$`, 's');
}

/** Whether some text matches both patterns. */
export function patternsOverlap(left: string, right: string): boolean {
  const seen = new Set<number>();
  const stack: (readonly [number, number])[] = [[0, 0]];
  while (stack.length > 0) {
    const [l, r] = stack.pop()!;
    const key = l * (right.length + 1) + r;
    if (seen.has(key)) continue;
    seen.add(key);
    if (l === left.length && r === right.length) return true;
    stack.push(...overlapMoves(left, right, l, r));
  }
  return false;
}

function overlapMoves(left: string, right: string, l: number, r: number): (readonly [number, number])[] {
  const a = left[l];
  const b = right[r];
  const moves: (readonly [number, number])[] = [];
  if (a === '*') moves.push([l + 1, r]);
  if (b === '*') moves.push([l, r + 1]);
  if (a === '*' && b !== undefined && b !== '*') moves.push([l, r + 1]);
  if (b === '*' && a !== undefined && a !== '*') moves.push([l + 1, r]);
  if (a !== undefined && b !== undefined && a !== '*' && b !== '*' && (a === b || a === '?' || b === '?')) moves.push([l + 1, r + 1]);
  return moves;
}

/** Requests that a rule is meant for: one for each of its hosts and paths, with the wildcards filled in; at least one. */
export function samplesOf(rule: Rule, fallbackHost: string): readonly SampleRequest[] {
  const hosts = patternsOf(rule, 'host-header', 'HostHeaderConfig').map((host) => host.replaceAll('*', 'any').replaceAll('?', 'a'));
  const paths = patternsOf(rule, 'path-pattern', 'PathPatternConfig').map((path) => path.replaceAll('*', '').replaceAll('?', 'a'));
  return orElse(hosts, fallbackHost).flatMap((host) => orElse(paths, '/').map((path) => ({ host, path: path.startsWith('/') ? path : `/${path}`, headers: {} })));
}

function patternsOf(rule: Rule, field: string, config: 'HostHeaderConfig' | 'PathPatternConfig'): readonly string[] {
  return (rule.Conditions ?? []).filter((condition) => condition.Field === field).flatMap((condition) => patterns(condition, config));
}

function orElse(values: readonly string[], otherwise: string): readonly string[] {
  return values.length > 0 ? values : [otherwise];
}
