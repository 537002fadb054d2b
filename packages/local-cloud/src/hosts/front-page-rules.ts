import type { InspectedRule } from '../inspection.js';

export interface FrontPageRule {
  readonly listener: string;
  readonly priority: string;
  readonly name: string;
  /** Whether it asks for a header, which visitors do not send. */
  readonly visitors: 'open' | 'closed';
  /** Its other conditions; empty when there are none. */
  readonly when: string;
  readonly then: string;
}

/** A rule in words. Neither name nor value of a header is among them: the maintenance header's are secret. */
export function ruleOf(rule: InspectedRule): FrontPageRule {
  return {
    // …:listener/app/NAME/BALANCER/LISTENER
    listener: rule.listenerArn.slice(rule.listenerArn.lastIndexOf('/') + 1),
    priority: rule.priority,
    name: rule.name ?? '',
    visitors: headersOf(rule).length > 0 ? 'closed' : 'open',
    when: rule.conditions.map((condition) => condition as Condition).filter(({ Field }) => Field !== 'http-header').map(conditionOf).join(' and '),
    then: rule.actions.map((action) => actionOf(action as Action)).join(', '),
  };
}

/** Names of the headers that a rule asks for, in lower case. */
export function headersOf({ conditions }: InspectedRule): readonly string[] {
  return conditions.flatMap((condition) => {
    const name = (condition as Condition).HttpHeaderConfig?.HttpHeaderName;
    return name === undefined ? [] : [name.toLowerCase()];
  });
}

/** ….:targetgroup/NAME/ID */
export function targetGroupName(arn: string): string {
  return arn.split('/')[1] ?? arn;
}

type Values = { readonly Values?: readonly string[] | undefined } | undefined;

/** The parts of ELBv2's RuleCondition that are shown. */
interface Condition {
  readonly Field?: string | undefined;
  readonly Values?: readonly string[] | undefined;
  readonly HostHeaderConfig?: Values;
  readonly PathPatternConfig?: Values;
  readonly HttpHeaderConfig?: { readonly HttpHeaderName?: string | undefined } | undefined;
}

function conditionOf(condition: Condition): string {
  const values = condition.HostHeaderConfig?.Values ?? condition.PathPatternConfig?.Values ?? condition.Values ?? [];
  return `${(condition.Field ?? '').replace('-header', '').replace('-pattern', '')} is ${values.join(' or ')}`;
}

/** The parts of ELBv2's Action that are shown. */
interface Action {
  readonly Type?: string | undefined;
  readonly TargetGroupArn?: string | undefined;
  readonly ForwardConfig?: { readonly TargetGroups?: readonly { readonly TargetGroupArn?: string | undefined }[] | undefined } | undefined;
  readonly RedirectConfig?: { readonly Protocol?: string; readonly Host?: string; readonly Port?: string; readonly Path?: string; readonly Query?: string; readonly StatusCode?: string } | undefined;
  readonly FixedResponseConfig?: { readonly StatusCode?: string | undefined } | undefined;
}

function actionOf(action: Action): string {
  if (action.Type === 'forward') return `forward to ${targetGroupsOf(action).join(', ')}`;
  if (action.Type === 'redirect') return `redirect to ${redirectOf(action.RedirectConfig)}`;
  return `answer ${action.FixedResponseConfig?.StatusCode ?? ''}`;
}

function targetGroupsOf({ TargetGroupArn, ForwardConfig }: Action): string[] {
  const arns = TargetGroupArn === undefined ? (ForwardConfig?.TargetGroups ?? []).map((group) => group.TargetGroupArn ?? '') : [TargetGroupArn];
  return arns.map(targetGroupName);
}

function redirectOf({ Protocol = '#{protocol}', Host = '#{host}', Port = '#{port}', Path = '/#{path}', Query = '#{query}' }: NonNullable<Action['RedirectConfig']> = {}): string {
  return `${Protocol}://${Host}:${Port}${Path}${Query === '' ? '' : `?${Query}`}`;
}
