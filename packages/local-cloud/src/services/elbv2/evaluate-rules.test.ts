import type { Action, RuleCondition, RuleTransform } from '@aws-sdk/client-elastic-load-balancing-v2';
import { describe, expect, it } from 'vitest';
import type { FrontRequest } from '../../hosts/host.js';
import type { RuleState } from './balancer-state.js';
import { evaluateRules, matchesWildcards } from './evaluate-rules.js';

const forward = (name: string): Action => ({ Type: 'forward', TargetGroupArn: name, ForwardConfig: { TargetGroups: [{ TargetGroupArn: name, Weight: 1 }] } });
const hosts = (...Values: string[]): RuleCondition => ({ Field: 'host-header', Values, HostHeaderConfig: { Values } });
const paths = (...Values: string[]): RuleCondition => ({ Field: 'path-pattern', Values, PathPatternConfig: { Values } });
const header = (HttpHeaderName: string, ...Values: string[]): RuleCondition => ({ Field: 'http-header', HttpHeaderConfig: { HttpHeaderName, Values } });
const maintenance: Action = { Type: 'redirect', RedirectConfig: { Protocol: 'HTTPS', Host: 'maintenance.graasp.org', StatusCode: 'HTTP_302' } };

function rule(arn: string, conditions: RuleCondition[], action: Action = forward(arn), transforms: RuleTransform[] = []): RuleState {
  return { arn, priority: 1, conditions, actions: [action], transforms };
}

function request(url: string, headers: Record<string, string> = {}, method = 'GET'): FrontRequest {
  const { protocol, host, pathname, search } = new URL(url);
  return { method, protocol: protocol === 'https:' ? 'https' : 'http', host, path: `${pathname}${search}`, headers: { host, ...headers } };
}

function meets(conditions: RuleCondition[], url: string, headers?: Record<string, string>, method?: string): boolean {
  return evaluateRules(request(url, headers, method), 443, [rule('met', conditions), rule('default', [])]).ruleArn === 'met';
}

function location(config: Partial<NonNullable<Action['RedirectConfig']>>, url: string, port = 443): string | undefined {
  const verdict = evaluateRules(request(url), port, [rule('r', [], { Type: 'redirect', RedirectConfig: { StatusCode: 'HTTP_302', ...config } })]);
  return verdict.kind === 'respond' ? verdict.response.headers['location'] : undefined;
}

describe('evaluateRules', () => {
  it.each([
    [[hosts('api.graasp.org')], 'https://API.graasp.org/', true],
    [[hosts('api.graasp.org')], 'https://api.graasp.org:8443/', true],
    [[hosts('*.graasp.org')], 'https://a.b.graasp.org/', true],
    [[hosts('*.graasp.org')], 'https://graasp.org/', false],
    [[hosts('ap?.graasp.org')], 'https://api.graasp.org/', true],
    [[hosts('a.org', 'b.org')], 'https://b.org/', true],
    [[paths('/api/*')], 'https://a.org/api/items?x=/other', true],
    [[paths('/api/*')], 'https://a.org/API/items', false],
    [[paths('/api/*')], 'https://a.org/?/api/x', false],
    [[paths('/api')], 'https://a.org/api/', false],
    [[hosts('a.org'), paths('/api/*')], 'https://a.org/api/x', true],
    [[hosts('a.org'), paths('/api/*')], 'https://a.org/', false],
    [[{ Field: 'path-pattern', PathPatternConfig: { RegexValues: ['^/v[12]/'] } }], 'https://a.org/v2/x', true],
    [[{ Field: 'query-string', QueryStringConfig: { Values: [{ Key: 'VERSION', Value: 'v*' }] } }], 'https://a.org/?version=V1', true],
    [[{ Field: 'query-string', QueryStringConfig: { Values: [{ Value: 'other' }] } }], 'https://a.org/?version=v1', false],
  ])('holds %j against %s: %s', (conditions, url, expected) => {
    expect(meets(conditions, url)).toBe(expected);
  });

  it.each([
    [header('X-Maintenance', 'secret'), { 'x-maintenance': 'SECRET' }, true],
    [header('x-maintenance', 'a', 's?cr*'), { 'x-maintenance': 'secret' }, true],
    [header('x-maintenance', 'secret'), { 'x-maintenance': 'secret2' }, false],
    [header('x-maintenance', 'secret'), {}, false],
  ])('holds the header condition %j against %j: %s', (condition, headers, expected) => {
    expect(meets([condition], 'https://a.org/', headers)).toBe(expected);
  });

  it('compares methods as they are written', () => {
    const post: RuleCondition = { Field: 'http-request-method', HttpRequestMethodConfig: { Values: ['POST'] } };
    expect([meets([post], 'https://a.org/', {}, 'POST'), meets([post], 'https://a.org/', {}, 'GET')]).toEqual([true, false]);
  });

  it('takes the first rule that holds, and falls to a less specific one when a gated rule does not', () => {
    const rules = [rule('core', [hosts('graasp.org'), paths('/api/*'), header('x-maintenance', 'secret')]), rule('admin', [hosts('graasp.org')]), rule('default', [], maintenance)];
    const lands = (url: string, headers?: Record<string, string>) => evaluateRules(request(url, headers), 443, rules).ruleArn;

    expect(lands('https://graasp.org/api/items', { 'x-maintenance': 'secret' })).toBe('core');
    expect(lands('https://graasp.org/api/items')).toBe('admin');
    expect(lands('https://other.org/')).toBe('default');
  });

  it('rewrites the path of a forwarded request, query included, after conditions saw the original', () => {
    const prefix: RuleTransform = { Type: 'url-rewrite', UrlRewriteConfig: { Rewrites: [{ Regex: '^/(.*)$', Replace: '/api/$1' }] } };
    const host: RuleTransform = { Type: 'host-header-rewrite', HostHeaderRewriteConfig: { Rewrites: [{ Regex: '^api\\.', Replace: 'internal.' }] } };
    const rewritten = (transforms: RuleTransform[], url: string) => {
      const verdict = evaluateRules(request(url), 443, [rule('r', [paths('/items*')], forward('group'), transforms), rule('default', [], maintenance)]);
      return verdict.kind === 'forward' ? [verdict.request.host, verdict.request.path, verdict.request.headers['host']] : verdict.response.status;
    };

    expect(rewritten([prefix, host], 'https://api.graasp.org/items?x=1')).toEqual(['internal.graasp.org', '/api/items?x=1', 'internal.graasp.org']);
    expect(rewritten([{ ...prefix, UrlRewriteConfig: { Rewrites: [{ Regex: '^/none', Replace: '/' }] } }], 'https://a.org/items')).toEqual(['a.org', '/items', 'a.org']);
    expect(rewritten([{ ...prefix, UrlRewriteConfig: { Rewrites: [{ Regex: '^/', Replace: '' }] } }], 'https://a.org/items')).toBe(500);
  });

  it.each([
    [{ Protocol: 'HTTPS' as const, Host: 'maintenance.graasp.org' }, 'https://api.graasp.org/a/b?c=d', 443, 'https://maintenance.graasp.org:443/a/b?c=d'],
    [{ Protocol: 'HTTPS' as const, Port: '443' }, 'http://graasp.org/', 80, 'https://graasp.org:443/'],
    [{ Host: 'graasp.org', Path: '/account/#{path}' }, 'https://account.graasp.org/me', 443, 'https://graasp.org:443/account/me'],
    [{ Host: 'old-#{host}', Port: '8443', Path: '/x', Query: 'from=#{path}&#{query}' }, 'https://a.org/p?q=1', 443, 'https://old-a.org:8443/x?from=p&q=1'],
    [{ Path: '/x', Query: '' }, 'https://a.org/p?q=1', 443, 'https://a.org:443/x'],
  ])('redirects %j from %s (port %i) to %s', (config, url, port, expected) => {
    expect(location(config, url, port)).toBe(expected);
  });

  it('answers a fixed response, with its type and body', () => {
    const verdict = evaluateRules(request('https://a.org/'), 443, [rule('r', [], { Type: 'fixed-response', FixedResponseConfig: { StatusCode: '503', ContentType: 'application/json', MessageBody: '{}' } })]);

    expect(verdict).toMatchObject({ kind: 'respond', by: 'fixed-response', response: { status: 503, headers: { 'content-type': 'application/json' } } });
    expect(verdict.kind === 'respond' && new TextDecoder().decode(verdict.response.body)).toBe('{}');
  });
});

describe('matchesWildcards', () => {
  it('takes what a backslash precedes, and what regular expressions mean by signs, as it is', () => {
    expect(matchesWildcards('a*b', 'a\\*b', '')).toBe(true);
    expect(matchesWildcards('axb', 'a\\*b', '')).toBe(false);
    expect(matchesWildcards('a.b(c)+', 'a.b(c)+', '')).toBe(true);
    expect(matchesWildcards('axb(c)+', 'a.b(c)+', '')).toBe(false);
  });
});
