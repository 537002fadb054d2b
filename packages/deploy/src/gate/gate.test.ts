import { describe, expect, it } from 'vitest';
import type { Rule, RuleCondition } from '../aws/elbv2.js';
import { leakText } from '../steps/set-maintenance.js';
import { findLeaks } from './find-leaks.js';
import { firstMatch, patternsOverlap, samplesOf } from './match.js';
import { closedConditions, gatedRules, isClosed, openConditions, ruleHasHeader, ruleName, rulesWithoutRoom } from './rules.js';

const header = { name: 'X-Maintenance', value: 'let-me-in' };
const rule = (priority: number, host: string, path: string | null, group: string): Rule => ({
  RuleArn: `rule/${priority}`,
  Priority: String(priority),
  Conditions: [
    { Field: 'host-header', Values: [host], HostHeaderConfig: { Values: [host] } },
    ...(path === null ? [] : [{ Field: 'path-pattern', Values: [path], PathPatternConfig: { Values: [path] } }]),
  ],
  Actions: [{ Type: 'forward', TargetGroupArn: group, ForwardConfig: { TargetGroups: [{ TargetGroupArn: group, Weight: 1 }] } }],
});
const byDefault: Rule = { RuleArn: 'rule/default', Priority: 'default', IsDefault: true, Conditions: [], Actions: [{ Type: 'redirect', RedirectConfig: { Host: 'maintenance.dev.graasp.org', StatusCode: 'HTTP_302' } }] };
const apexApi = rule(7, 'dev.graasp.org', '/api/*', 'graasp');
const apexAdmin = rule(8, 'dev.graasp.org', null, 'admin');
const services = { graasp: { role: 'application', desiredCount: 1 }, admin: { role: 'administration', desiredCount: 1 } } as const;
const question = (rules: readonly Rule[], open: readonly string[]) => ({
  rules,
  header,
  openTargetGroups: new Set(open),
  serviceOf: new Map([['graasp', 'graasp'], ['admin', 'admin']]),
  services,
  fallbackHost: 'lb.example.org',
});

describe('rules of the gate', () => {
  it('recognises the header condition without regard to case', () => {
    const closed = { ...apexApi, Conditions: closedConditions(apexApi, { name: 'x-MAINTENANCE', value: 'let-me-in' }) };
    expect(ruleHasHeader(closed, 'X-Maintenance')).toBe(true);
    expect(openConditions(closed, 'X-Maintenance')).toHaveLength(2);
  });

  it('takes a rule that asks for an old value of the header for closed to visitors but not as wanted', () => {
    const stale = { ...apexApi, Conditions: closedConditions(apexApi, { ...header, value: 'rotated' }) };
    expect(ruleHasHeader(stale, header.name)).toBe(true);
    expect(isClosed(stale, header)).toBe(false);
    expect(closedConditions(stale, header).filter((condition) => condition.Field === 'http-header')).toEqual([{ Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'X-Maintenance', Values: ['let-me-in'] } }]);
  });

  it('leaves a rule alone that has no condition but the header: an operators’ rule of somebody else', () => {
    const operators: Rule = { RuleArn: 'rule/3', Priority: '3', Conditions: [{ Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'x-maintenance', Values: ['let-me-in'] } }], Actions: [] };
    expect(gatedRules([operators, apexApi, byDefault], header, new Set())).toEqual([apexApi]);
  });

  it('keeps regular expressions, which only the Config form holds', () => {
    const regex: Rule = { ...apexApi, Conditions: [{ Field: 'path-pattern', PathPatternConfig: { RegexValues: ['^/v[0-9]+/'] } }] };
    expect(closedConditions(regex, header)[0]).toEqual({ Field: 'path-pattern', PathPatternConfig: { RegexValues: ['^/v[0-9]+/'] } });
  });

  it('counts a condition told in both forms once, and finds the rule that has no room for one value more', () => {
    const hosts = ['a.org', 'b.org', 'c.org', 'd.org'];
    const full: Rule = { ...apexApi, Conditions: [{ Field: 'host-header', Values: hosts, HostHeaderConfig: { Values: hosts } }, { Field: 'path-pattern', Values: ['/api/*'] }] };
    const roomy: Rule = { ...full, Conditions: full.Conditions!.slice(0, 1) };
    expect(rulesWithoutRoom([full, roomy], header)).toEqual([full]);
  });

  it('calls a rule by its priority and what it matches', () => {
    expect(ruleName(apexApi)).toBe('rule 7 (dev.graasp.org/api/*)');
  });
});

describe('findLeaks', () => {
  it('finds that visitors of the apex API land on administration while that is on', () => {
    expect(findLeaks(question([apexApi, apexAdmin, byDefault], ['admin']))).toEqual([{ from: 7, to: 8, host: 'dev.graasp.org', path: '/api/', service: 'admin', role: 'administration' }]);
  });

  it('finds none once administration is closed too', () => {
    expect(findLeaks(question([apexApi, apexAdmin, byDefault], []))).toEqual([]);
  });

  it('finds none where a more specific open rule comes first: those visitors were never the gated rule’s', () => {
    expect(findLeaks(question([rule(1, 'dev.graasp.org', '/api/status', 'admin'), apexApi, byDefault], ['admin']))).toEqual([]);
  });

  it('finds that a default action which forwards to an application lets everybody in', () => {
    const forwarding: Rule = { ...byDefault, Actions: [{ Type: 'forward', TargetGroupArn: 'graasp' }] };
    expect(findLeaks(question([apexApi, forwarding], []))).toEqual([{ from: 7, to: 'default', host: 'dev.graasp.org', path: '/api/', service: 'graasp', role: 'application' }]);
  });
});

describe('findLeaks, of what is nobody’s', () => {
  it('does not blame a service for a rule to a target group that no service registers in', () => {
    const elsewhere = rule(8, 'dev.graasp.org', null, 'lambda');
    expect(findLeaks(question([apexApi, elsewhere, byDefault], ['lambda']))).toEqual([{ from: 7, to: 8, host: 'dev.graasp.org', path: '/api/', service: null, role: 'other' }]);
    expect(leakText({ from: 7, to: 8, host: 'dev.graasp.org', path: '/api/', service: null, role: 'other' })).toBe('visitors of dev.graasp.org/api/ (rule 7) land on rule 8, not on the maintenance page');
  });
});

describe('patternsOverlap', () => {
  it.each([
    ['*a*b*', '*b*a*', true],
    ['*a*a*a*', '*b*b*b*', true],
    ['/api/*', '/*', true],
    ['*.graasp.org', 'api.*.org', true],
    ['/api/*', '/admin/*', false],
    ['a?c', 'ab*', true],
    ['a?c', 'abcd*', false],
    ['*', '', true],
  ])('tells of %s and %s: %s', (left, right, overlap) => {
    expect(patternsOverlap(left, right)).toBe(overlap);
  });
});

describe('firstMatch', () => {
  it('takes rules by the number of their priority, not by its text', () => {
    const low = rule(10, 'dev.graasp.org', null, 'admin');
    const high = rule(9, 'dev.graasp.org', null, 'graasp');
    expect(firstMatch([low, high, byDefault], { host: 'DEV.graasp.org', path: '/', headers: {} })).toBe(high);
  });

  it('compares paths with and hosts without regard to case', () => {
    const visit = { host: 'Dev.Graasp.Org', path: '/API/x', headers: {} };
    expect(firstMatch([apexApi, byDefault], visit)).toBe(byDefault);
  });

  it.each<[string, RuleCondition, boolean]>([
    ['a method that visits use', { Field: 'http-request-method', HttpRequestMethodConfig: { Values: ['GET', 'HEAD'] } }, true],
    ['a method that they do not', { Field: 'http-request-method', HttpRequestMethodConfig: { Values: ['POST'] } }, false],
    ['a query', { Field: 'query-string', QueryStringConfig: { Values: [{ Key: 'preview', Value: '*' }] } }, false],
    ['where the visitor comes from', { Field: 'source-ip', SourceIpConfig: { Values: ['10.0.0.0/8'] } }, false],
    ['a header that the visitor has', { Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'Accept-Language', Values: ['DE*'] } }, true],
    ['a header that the visitor has not', { Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'X-Preview', Values: ['*'] } }, false],
    ['a path by regular expression', { Field: 'path-pattern', PathPatternConfig: { RegexValues: ['^/v[0-9]+/'] } }, true],
    ['a host without a value', { Field: 'host-header' }, false],
  ])('knows whether a rule serves a visit that asks for %s', (_, condition, serves) => {
    const asking: Rule = { ...apexApi, Conditions: [condition] };
    expect(firstMatch([asking, byDefault], { host: 'dev.graasp.org', path: '/v2/items', headers: { 'accept-language': 'de-CH' } })).toBe(serves ? asking : byDefault);
  });

  it('visits the balancer itself for a rule without a host, and a whole path for a pattern that begins with a wildcard', () => {
    const byPath = (...Values: string[]): Rule => ({ ...apexApi, Conditions: [{ Field: 'path-pattern', Values }] });
    expect(samplesOf(byPath('*.json'), 'lb.example.org')).toEqual([{ host: 'lb.example.org', path: '/.json', headers: {} }]);
    expect(samplesOf({ ...apexApi, Conditions: [] }, 'lb.example.org')).toEqual([{ host: 'lb.example.org', path: '/', headers: {} }]);
    expect(ruleName({ ...apexApi, Conditions: [] })).toBe('rule 7');
  });

  it('fills in the wildcards of a sample', () => {
    expect(samplesOf(rule(1, '*.graasp.org', '/api/*', 'graasp'), 'lb')).toEqual([{ host: 'any.graasp.org', path: '/api/', headers: {} }]);
  });

  it('gives a sample for each host and path of a rule', () => {
    const hosts = { Field: 'host-header', HostHeaderConfig: { Values: ['one.org', 'two.org'] } };
    const paths = { Field: 'path-pattern', PathPatternConfig: { Values: ['/api/*', '/ws'] } };
    expect(samplesOf({ Conditions: [hosts, paths] }, 'lb').map(({ host, path }) => `${host}${path}`)).toEqual(['one.org/api/', 'one.org/ws', 'two.org/api/', 'two.org/ws']);
  });
});
