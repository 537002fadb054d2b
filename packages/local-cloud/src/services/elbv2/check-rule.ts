import type { Action, RuleCondition, RuleTransform } from '@aws-sdk/client-elastic-load-balancing-v2';
import { ServiceFault } from '../../context.js';
import { forwardedTo } from './balancer-state.js';

/** "Quotas for your Application Load Balancers"; of the two limits on wildcards that AWS documents, the lower one. */
export const ruleLimits = { conditionValues: 5, conditionWildcards: 5, rules: 100, targetGroupsPerAction: 5 };

const invalid = (message: string): ServiceFault => new ServiceFault('ValidationError', message);

/** Conditions as DescribeRules echoes them: host and path in both forms. Throws what AWS answers to conditions that it does not take. */
export function checkConditions(conditions: readonly RuleCondition[]): RuleCondition[] {
  if (conditions.length === 0) throw invalid('A condition must be specified');
  for (const field of ['host-header', 'path-pattern', 'http-request-method', 'source-ip']) {
    if (conditions.filter(({ Field }) => Field === field).length > 1) throw invalid(`A rule can only have one '${field}' condition`);
  }
  const checked = conditions.map(checkCondition);
  const values = checked.flatMap(valuesOf);
  if (values.length > ruleLimits.conditionValues) throw invalid(`A rule can only have '${ruleLimits.conditionValues}' condition values`);
  const wildcards = values.join('').replace(/[^*?]/g, '').length;
  if (wildcards > ruleLimits.conditionWildcards) throw invalid(`A rule can only have '${ruleLimits.conditionWildcards}' condition wildcards`);
  return checked;
}

function valuesOf(condition: RuleCondition): string[] {
  const { Values, HostHeaderConfig, PathPatternConfig, HttpHeaderConfig, HttpRequestMethodConfig, QueryStringConfig } = condition;
  const config = HostHeaderConfig ?? PathPatternConfig ?? HttpHeaderConfig;
  if (config !== undefined) return [...(config.Values ?? []), ...(config.RegexValues ?? [])];
  return HttpRequestMethodConfig?.Values ?? QueryStringConfig?.Values?.map(({ Key = '', Value = '' }) => `${Key}${Value}`) ?? Values ?? [];
}

function checkCondition(condition: RuleCondition): RuleCondition {
  switch (condition.Field) {
    case 'host-header':
      return checkHost(condition);
    case 'path-pattern':
      return checkPath(condition);
    case 'http-header':
      return checkHeader(condition);
    case 'http-request-method':
      return { Field: condition.Field, HttpRequestMethodConfig: { Values: someOf(condition.HttpRequestMethodConfig?.Values, 40, condition.Field) } };
    case 'query-string':
      if ((condition.QueryStringConfig?.Values ?? []).length === 0) throw invalid("A condition value must be specified for 'query-string'");
      return { Field: condition.Field, QueryStringConfig: condition.QueryStringConfig };
    case 'source-ip':
      throw new ServiceFault('NotImplemented', 'local cloud does not implement source-ip conditions', 501);
    default:
      throw invalid(`Condition field '${condition.Field}' must be one of '[path-pattern, host-header, http-header, http-request-method, query-string, source-ip]'`);
  }
}

function checkHost({ Field, Values, HostHeaderConfig }: RuleCondition): RuleCondition {
  const values = eitherForm(Field, Values, HostHeaderConfig);
  for (const host of HostHeaderConfig?.RegexValues === undefined ? someOf(values, 128, Field) : []) {
    if (!/^[a-zA-Z0-9\-.*?]+\.[a-zA-Z*?]+$/.test(host)) throw invalid(`The host name '${host}' is not valid`);
  }
  return { Field, Values: values, HostHeaderConfig: HostHeaderConfig?.RegexValues === undefined ? { Values: values } : { ...HostHeaderConfig } };
}

function checkPath({ Field, Values, PathPatternConfig }: RuleCondition): RuleCondition {
  const values = eitherForm(Field, Values, PathPatternConfig);
  for (const path of PathPatternConfig?.RegexValues === undefined ? someOf(values, 128, Field) : []) {
    if (!/^[a-zA-Z0-9_\-.$/~"'@:+&()!,;=*?\\]+$/.test(path)) throw invalid(`The path pattern '${path}' is not valid`);
  }
  return { Field, Values: values, PathPatternConfig: PathPatternConfig?.RegexValues === undefined ? { Values: values } : { ...PathPatternConfig } };
}

/** Callers may give back what DescribeRules echoed: both forms, as long as they say the same. */
function eitherForm(field: string | undefined, values: readonly string[] | undefined, config: { readonly Values?: readonly string[] | undefined } | undefined): string[] {
  const [plain, configured] = [values ?? [], config?.Values ?? []];
  if (plain.length > 0 && configured.length > 0 && JSON.stringify(plain) !== JSON.stringify(configured)) {
    throw invalid(`Condition '${field}' has different values in Values and in its configuration`);
  }
  return [...(configured.length > 0 ? configured : plain)];
}

function checkHeader({ Field, Values, HttpHeaderConfig }: RuleCondition): RuleCondition {
  const { HttpHeaderName: name = '', Values: values, RegexValues } = HttpHeaderConfig ?? {};
  if (Values !== undefined && Values.length > 0) throw invalid("Condition 'http-header' takes no Values but those of HttpHeaderConfig");
  if (!/^[\w!#$%&'*+\-.^`|~]{1,40}$/.test(name)) throw invalid(`The http-header name '${name}' is not valid: 1 to 40 characters of RFC 7230`);
  if (name.includes('*')) throw invalid(`The http-header name '${name}' is not valid: no wildcards`);
  if (name.toLowerCase() === 'host') throw invalid("The http-header name 'Host' is not allowed: use a host-header condition");
  if (RegexValues === undefined) someOf(values, 128, Field);
  return { Field, HttpHeaderConfig: { HttpHeaderName: name, ...(values === undefined ? {} : { Values: [...values] }), ...(RegexValues === undefined ? {} : { RegexValues }) } };
}

function someOf(values: readonly string[] | undefined, longest: number, field: string | undefined): string[] {
  if (values === undefined || values.length === 0) throw invalid(`A condition value must be specified for '${field}'`);
  const tooLong = values.find((value) => value.length > longest || value.length === 0);
  if (tooLong !== undefined) throw invalid(`The condition value '${tooLong}' for '${field}' must have 1 to ${longest} characters`);
  return [...values];
}

/** Actions as DescribeRules echoes them: a forward in both forms. Target groups are looked up by the caller. */
export function checkActions(actions: readonly Action[], listenerProtocol: 'HTTP' | 'HTTPS'): Action[] {
  const ordered = actions.map((action, index) => ({ action, order: action.Order ?? index + 1 })).sort((a, b) => a.order - b.order);
  const routing = actions.filter(({ Type }) => Type === 'forward' || Type === 'redirect' || Type === 'fixed-response');
  if (routing.length !== 1 || ordered.at(-1)?.action !== routing[0]) throw new ServiceFault('InvalidLoadBalancerAction', 'A rule must have exactly one forward, redirect or fixed-response action, and it must be the last');
  if (actions.length > 1) throw new ServiceFault('NotImplemented', 'local cloud does not implement authenticate actions', 501);
  return actions.map((action) => checkAction(action, listenerProtocol));
}

function checkAction(action: Action, listenerProtocol: 'HTTP' | 'HTTPS'): Action {
  if (action.Type === 'forward') return checkForward(action);
  if (action.Type === 'redirect') checkRedirect(action, listenerProtocol);
  else checkFixedResponse(action);
  return { ...action, Order: action.Order ?? 1 };
}

function checkForward(action: Action): Action {
  const groups = forwardedTo([action]);
  if (groups.length === 0 || groups.some(({ arn }) => arn === '')) throw invalid('A target group ARN must be specified');
  if (groups.length > ruleLimits.targetGroupsPerAction) throw new ServiceFault('TooManyUniqueTargetGroupsPerLoadBalancer', `A forward action can have at most ${ruleLimits.targetGroupsPerAction} target groups`);
  if (groups.some(({ weight }) => weight < 0 || weight > 999)) throw invalid('The weight of a target group must be from 0 to 999');
  if (action.TargetGroupArn !== undefined && (groups.length > 1 || groups[0]?.arn !== action.TargetGroupArn)) {
    throw new ServiceFault('InvalidLoadBalancerAction', 'You cannot specify both a target group ARN and a ForwardConfig with other target groups');
  }
  const only = groups.length === 1 ? groups[0] : undefined;
  return {
    Type: 'forward',
    Order: action.Order ?? 1,
    ...(only === undefined ? {} : { TargetGroupArn: only.arn }),
    ForwardConfig: { TargetGroups: groups.map(({ arn, weight }) => ({ TargetGroupArn: arn, Weight: weight })), TargetGroupStickinessConfig: action.ForwardConfig?.TargetGroupStickinessConfig ?? { Enabled: false } },
  };
}

function checkRedirect({ RedirectConfig: config }: Action, listenerProtocol: 'HTTP' | 'HTTPS'): void {
  if (config?.StatusCode !== 'HTTP_301' && config?.StatusCode !== 'HTTP_302') throw invalid('A redirect must have the status code HTTP_301 or HTTP_302');
  const { Protocol = '#{protocol}', Host = '#{host}', Port = '#{port}', Path = '/#{path}' } = config;
  if (Protocol === '#{protocol}' && Host === '#{host}' && Port === '#{port}' && Path === '/#{path}') {
    throw new ServiceFault('InvalidLoadBalancerAction', 'The redirect configuration must change at least one of protocol, host, port and path');
  }
  if (listenerProtocol === 'HTTPS' && Protocol === 'HTTP') throw new ServiceFault('InvalidLoadBalancerAction', 'A redirect from HTTPS to HTTP is not allowed');
  const long = [Host, Path, config.Query ?? ''].find((part) => part.length > 128);
  if (long !== undefined) throw invalid(`The redirect part '${long}' has more than 128 characters`);
}

const contentTypes = ['text/plain', 'text/css', 'text/html', 'application/javascript', 'application/json'];

function checkFixedResponse({ FixedResponseConfig: config }: Action): void {
  if (!/^[245]\d\d$/.test(config?.StatusCode ?? '')) throw invalid(`The fixed response status code '${config?.StatusCode}' must be 2XX, 4XX or 5XX`);
  if ((config?.MessageBody?.length ?? 0) > 1024) throw invalid('The fixed response message body has more than 1024 characters');
  if (config?.ContentType !== undefined && !contentTypes.includes(config.ContentType)) throw invalid(`The fixed response content type '${config.ContentType}' must be one of '${contentTypes.join(', ')}'`);
}

export function checkTransforms(transforms: readonly RuleTransform[]): RuleTransform[] {
  if (new Set(transforms.map(({ Type }) => Type)).size < transforms.length) throw invalid('A rule can have one transform of each type');
  for (const { Type, UrlRewriteConfig, HostHeaderRewriteConfig } of transforms) {
    const rewrite = (Type === 'url-rewrite' ? UrlRewriteConfig : HostHeaderRewriteConfig)?.Rewrites?.[0];
    if (rewrite?.Regex === undefined || rewrite.Replace === undefined) throw invalid(`The transform '${Type}' needs a regex and a replacement`);
    if (rewrite.Regex.length > 1024 || rewrite.Replace.length > 1024) throw invalid(`The transform '${Type}' has more than 1024 characters`);
  }
  return [...transforms];
}
