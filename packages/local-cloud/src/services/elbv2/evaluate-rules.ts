import type { Action, RedirectActionConfig, RuleCondition, RuleTransform } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { FrontRequest, FrontResponse } from '../../hosts/host.js';
import { forwardedTo, type RuleState } from './balancer-state.js';

/** What the balancer does with a request: answers itself, or forwards the (possibly rewritten) request to one of the groups. */
export type Verdict =
  | { readonly kind: 'respond'; readonly ruleArn: string; readonly by: 'redirect' | 'fixed-response' | 'error'; readonly response: FrontResponse }
  | { readonly kind: 'forward'; readonly ruleArn: string; readonly targetGroups: readonly { readonly arn: string; readonly weight: number }[]; readonly request: FrontRequest };

/** The first rule, by priority, whose conditions all hold decides; conditions see the request as it came. `rules` are in order, the default rule last. */
export function evaluateRules(request: FrontRequest, port: number, rules: readonly Readonly<RuleState>[]): Verdict {
  const rule = rules.find(({ conditions }) => conditions.every((condition) => holds(condition, request)));
  const action = [...(rule?.actions ?? [])].sort((a, b) => (a.Order ?? 1) - (b.Order ?? 1)).at(-1);
  const ruleArn = rule?.arn ?? '';
  if (rule === undefined || action === undefined) return { kind: 'respond', ruleArn, by: 'error', response: textResponse(500, '') };
  if (action.Type === 'redirect') return { kind: 'respond', ruleArn, by: 'redirect', response: redirect(request, port, action.RedirectConfig) };
  if (action.Type === 'fixed-response') return { kind: 'respond', ruleArn, by: 'fixed-response', response: fixedResponse(action) };
  const rewritten = transform(request, rule.transforms);
  if (rewritten === undefined) return { kind: 'respond', ruleArn, by: 'error', response: textResponse(500, errorPage('500 Internal Server Error')) };
  return { kind: 'forward', ruleArn, targetGroups: forwardedTo([action]), request: rewritten };
}

function holds(condition: RuleCondition, request: FrontRequest): boolean {
  const { HostHeaderConfig, PathPatternConfig, HttpHeaderConfig, HttpRequestMethodConfig, QueryStringConfig } = condition;
  switch (condition.Field) {
    case 'host-header':
      return matchesAny(hostWithoutPort(request.host), HostHeaderConfig?.Values ?? condition.Values, HostHeaderConfig?.RegexValues, 'i');
    case 'path-pattern':
      return matchesAny(pathOf(request), PathPatternConfig?.Values ?? condition.Values, PathPatternConfig?.RegexValues, '');
    case 'http-header': {
      const value = request.headers[HttpHeaderConfig?.HttpHeaderName?.toLowerCase() ?? ''];
      return value !== undefined && matchesAny(value, HttpHeaderConfig?.Values, HttpHeaderConfig?.RegexValues, 'i');
    }
    case 'http-request-method':
      return HttpRequestMethodConfig?.Values?.includes(request.method) === true;
    case 'query-string':
      return queryHolds(request, QueryStringConfig?.Values ?? []);
    default:
      return false;
  }
}

function matchesAny(text: string, patterns: readonly string[] = [], regexes: readonly string[] = [], flags: 'i' | ''): boolean {
  return patterns.some((pattern) => matchesWildcards(text, pattern, flags)) || regexes.some((regex) => new RegExp(regex, flags).test(text));
}

/** `*` stands for any characters, `?` for exactly one; a backslash takes the next character as it is. */
export function matchesWildcards(text: string, pattern: string, flags: 'i' | ''): boolean {
  const key = `${flags} ${pattern}`;
  const regex = compiled.get(key) ?? wildcardRegex(pattern, flags);
  compiled.set(key, regex);
  return regex.test(text);
}

/** Every visit is compared with the patterns of every rule: few patterns, very many visits. */
const compiled = new Map<string, RegExp>();

function wildcardRegex(pattern: string, flags: 'i' | ''): RegExp {
  const regex = pattern.replace(/\\(.)|([*?])|([.+^${}()|[\]\\])/g, (_all, escaped?: string, wildcard?: string, special?: string) => {
    if (wildcard !== undefined) return wildcard === '*' ? '.*' : '.';
    return `\\${escaped ?? special ?? ''}`;
  });
  return new RegExp(`^${regex}$`, `s${flags}`);
}

function queryHolds(request: FrontRequest, wanted: readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[]): boolean {
  const pairs = [...new URLSearchParams(queryOf(request))];
  return wanted.some(({ Key, Value = '' }) => pairs.some(([key, value]) => (Key === undefined || matchesWildcards(key, Key, 'i')) && matchesWildcards(value, Value, 'i')));
}

export function hostWithoutPort(host: string): string {
  return host.replace(/:\d+$/, '').toLowerCase();
}

function pathOf({ path }: FrontRequest): string {
  return path.split('?', 1)[0] ?? '/';
}

function queryOf({ path }: FrontRequest): string {
  const mark = path.indexOf('?');
  return mark === -1 ? '' : path.slice(mark + 1);
}

/** A rewrite that does not match leaves the request as it is; undefined when one fails. */
function transform(request: FrontRequest, transforms: readonly RuleTransform[]): FrontRequest | undefined {
  let { path, host } = request;
  try {
    for (const { Type, UrlRewriteConfig, HostHeaderRewriteConfig } of transforms) {
      const { Regex = '', Replace = '' } = (UrlRewriteConfig ?? HostHeaderRewriteConfig)?.Rewrites?.[0] ?? {};
      if (Type === 'url-rewrite') path = path.replace(new RegExp(Regex), Replace);
      else host = host.replace(new RegExp(Regex), Replace);
    }
  } catch {
    return undefined;
  }
  return path.startsWith('/') ? { ...request, path, host, headers: { ...request.headers, host } } : undefined;
}

function redirect(request: FrontRequest, port: number, config: Partial<RedirectActionConfig> = {}): FrontResponse {
  const { Protocol = '#{protocol}', Host = '#{host}', Port = '#{port}', Path = '/#{path}', Query = '#{query}', StatusCode = 'HTTP_302' } = config;
  const known: Readonly<Record<string, string>> = {
    protocol: request.protocol,
    host: hostWithoutPort(request.host),
    port: String(port),
    path: pathOf(request).replace(/^\//, ''),
    query: queryOf(request),
  };
  const filled = (template: string): string => template.replace(/#\{(\w+)\}/g, (_all, name: string) => known[name] ?? '');
  const query = filled(Query);
  const location = `${filled(Protocol).toLowerCase()}://${filled(Host)}:${filled(Port)}${filled(Path)}${query === '' ? '' : `?${query}`}`;
  const title = StatusCode === 'HTTP_301' ? '301 Moved Permanently' : '302 Found';
  const response = textResponse(StatusCode === 'HTTP_301' ? 301 : 302, errorPage(title));
  return { ...response, headers: { ...response.headers, location } };
}

function fixedResponse({ FixedResponseConfig }: Action): FrontResponse {
  const { StatusCode = '200', MessageBody = '', ContentType = 'text/plain' } = FixedResponseConfig ?? {};
  return textResponse(Number(StatusCode), MessageBody, ContentType);
}

/** As the balancer's own pages look. */
export function errorPage(title: string): string {
  return `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n</body>\r\n</html>\r\n`;
}

export function textResponse(status: number, text: string, contentType = 'text/html'): FrontResponse {
  const body = new TextEncoder().encode(text);
  return { status, headers: { server: 'awselb/2.0', 'content-type': contentType, 'content-length': String(body.byteLength) }, body };
}
