import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import type { Rule, RuleCondition } from '../aws/elbv2.js';
import { findLeaks } from './find-leaks.js';
import { firstMatch } from './match.js';
import { closedConditions, closingOrder, type GateHeader, gatedRules, isClosed, openConditions, openingOrder, priorityOf, sameConditions } from './rules.js';

const header: GateHeader = { name: 'X-Maintenance', value: 'let-me-in' };
const hosts = ['a.example.org', 'b.example.org', 'c.b.example.org', 'other.example.com'];
const paths = ['/', '/api/', '/api/items', '/admin', '/api/items/1'];
const hostPatterns = [...hosts, '*.example.org', '?.example.org', '*'];
const pathPatterns = ['/api/*', '/*', '/admin', '/api/items', '/???'];

const valuesOf = (patterns: readonly string[]) => fc.uniqueArray(fc.constantFrom(...patterns), { minLength: 1, maxLength: 2 });
const asConfig = fc.boolean();
const hostCondition = fc.tuple(valuesOf(hostPatterns), asConfig).map(([Values, config]): RuleCondition => (config ? { Field: 'host-header', Values, HostHeaderConfig: { Values } } : { Field: 'host-header', Values }));
const pathCondition = fc.tuple(valuesOf(pathPatterns), asConfig).map(([Values, config]): RuleCondition => (config ? { Field: 'path-pattern', Values, PathPatternConfig: { Values } } : { Field: 'path-pattern', Values }));
const conditions = fc
  .tuple(fc.option(hostCondition, { nil: undefined }), fc.option(pathCondition, { nil: undefined }))
  .map((list) => list.filter((condition) => condition !== undefined))
  .filter((list) => list.length > 0);

const listener = fc
  .uniqueArray(fc.tuple(fc.integer({ min: 1, max: 99 }), conditions, fc.constantFrom('core', 'workers', 'admin')), { minLength: 1, maxLength: 8, selector: ([priority]) => priority })
  .map((rules): Rule[] => [
    ...rules.map(([priority, Conditions, group]): Rule => ({ RuleArn: `rule/${priority}`, Priority: String(priority), Conditions, Actions: [{ Type: 'forward', TargetGroupArn: group }] })),
    { RuleArn: 'rule/default', Priority: 'default', IsDefault: true, Conditions: [], Actions: [{ Type: 'redirect', RedirectConfig: { Host: 'maintenance.example.org', StatusCode: 'HTTP_302' } }] },
  ]);

const administration = new Set(['admin']);
const close = (rule: Rule): Rule => ({ ...rule, Conditions: closedConditions(rule, header) });
const visits = hosts.flatMap((host) => paths.map((path) => ({ host, path, headers: {} })));

/** The listener after each of a series of single changes. */
function prefixes(rules: readonly Rule[], order: readonly Rule[], change: (rule: Rule) => Rule): readonly (readonly Rule[])[] {
  return order.map((_, index) => {
    const changed = new Set(order.slice(0, index + 1).map((rule) => rule.RuleArn));
    return rules.map((rule) => (changed.has(rule.RuleArn) ? change(rule) : rule));
  });
}

describe('the gate over any listener', () => {
  test.prop([listener])('gives every rule back exactly once opened again', (rules) => {
    for (const rule of gatedRules(rules, header, administration)) {
      const reopened = openConditions(close(rule), header.name);
      expect(sameConditions(reopened, rule.Conditions ?? [])).toBe(true);
      expect(isClosed(close(rule), header)).toBe(true);
    }
  });

  test.prop([listener])('never sends a request with Values and a Config for the same condition', (rules) => {
    for (const rule of gatedRules(rules, header, administration)) {
      for (const condition of [...closedConditions(rule, header), ...openConditions(rule, header.name)]) {
        expect(condition.Values !== undefined && (condition.HostHeaderConfig ?? condition.PathPatternConfig) !== undefined).toBe(false);
      }
    }
  });

  test.prop([listener])('sends each visitor to their own rule, to the default action or to a leak it reports, whichever prefix of the closing is done', (rules) => {
    const gated = gatedRules(rules, header, administration);
    const leaks = leaksOf(rules);
    expectVisitorsSafe(rules, prefixes(rules, closingOrder(gated), close), leaks);
  });

  test.prop([listener])('does the same whichever prefix of the opening is done', (rules) => {
    const gated = gatedRules(rules, header, administration);
    const closed = rules.map((rule) => (gated.includes(rule) ? close(rule) : rule));
    const leaks = leaksOf(rules);
    const original = (rule: Rule) => rules.find((one) => one.RuleArn === rule.RuleArn)!;
    expectVisitorsSafe(rules, prefixes(closed, openingOrder(closed.filter((rule) => isClosed(rule, header))), original), leaks);
  });

  test.prop([listener])('lets an operator with the header reach the same rule closed as open', (rules) => {
    const gated = gatedRules(rules, header, administration);
    const closed = rules.map((rule) => (gated.includes(rule) ? close(rule) : rule));
    for (const visit of visits) {
      const operator = { ...visit, headers: { 'x-maintenance': header.value } };
      expect(firstMatch(closed, operator)?.RuleArn).toBe(firstMatch(rules, operator)?.RuleArn);
    }
  });
});

function leaksOf(rules: readonly Rule[]) {
  const services = { core: { role: 'application', desiredCount: 1 }, admin: { role: 'administration', desiredCount: 1 } } as const;
  return findLeaks({ rules, header, openTargetGroups: administration, serviceOf: new Map(Object.keys(services).map((name) => [name, name])), services, fallbackHost: 'lb' });
}

function expectVisitorsSafe(open: readonly Rule[], states: readonly (readonly Rule[])[], leaks: ReturnType<typeof leaksOf>): void {
  for (const visit of visits) {
    const own = firstMatch(open, visit)!;
    for (const state of states) {
      const landed = firstMatch(state, visit)!;
      const reported = leaks.some((leak) => leak.from === priorityOf(own) && leak.to === priorityOf(landed));
      if (landed.RuleArn !== own.RuleArn && landed.IsDefault !== true && !reported) expect.fail(`${visit.host}${visit.path}: rule ${own.Priority} -> rule ${landed.Priority}`);
    }
  }
}
