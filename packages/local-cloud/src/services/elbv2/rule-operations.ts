import type { CreateRuleCommandInput, DeleteRuleCommandInput, DescribeRulesCommandInput, ModifyRuleCommandInput, Rule, SetRulePrioritiesCommandInput } from '@aws-sdk/client-elastic-load-balancing-v2';
import { ServiceFault, type CloudContext, type Operations } from '../../context.js';
import { page } from '../paging.js';
import { findListener, findRule, rulesOf, type BalancerState, type ListenerState, type RuleState } from './balancer-state.js';
import { checkActions, checkConditions, checkTransforms, ruleLimits } from './check-rule.js';
import type { ListenerHooks } from './listener-operations.js';
import { invalidMarker, tagNew } from './load-balancer-operations.js';
import { refuseUnusableGroups } from './refuse-unusable-groups.js';

export function createRuleOperations(_context: CloudContext, state: BalancerState, hooks: Pick<ListenerHooks, 'changed'>): Operations {
  return {
    CreateRule: (input: CreateRuleCommandInput) => createRule(state, hooks, input),
    DescribeRules: (input: DescribeRulesCommandInput) => describeRules(state, input),
    ModifyRule: (input: ModifyRuleCommandInput) => modifyRule(state, hooks, input),
    DeleteRule: (input: DeleteRuleCommandInput) => deleteRule(state, hooks, input),
    SetRulePriorities: (input: SetRulePrioritiesCommandInput) => setRulePriorities(state, hooks, input),
  };
}

type Hooks = Pick<ListenerHooks, 'changed'>;

function createRule(state: BalancerState, hooks: Hooks, input: CreateRuleCommandInput): object {
  const listener = findListener(state, input.ListenerArn);
  const priority = checkPriority(input.Priority);
  if ([...listener.rules.values()].some((rule) => rule.priority === priority)) throw new ServiceFault('PriorityInUse', `Priority '${priority}' is currently in use`);
  const rulesOfBalancer = [...state.listeners.values()].filter(({ loadBalancerArn }) => loadBalancerArn === listener.loadBalancerArn).reduce((sum, { rules }) => sum + rules.size, 0);
  if (rulesOfBalancer >= ruleLimits.rules) throw new ServiceFault('TooManyRules', `The maximum number of rules for the load balancer has been reached: ${ruleLimits.rules}`);

  const actions = checkActions(input.Actions ?? [], listener.protocol);
  refuseUnusableGroups(state, listener.loadBalancerArn, actions);
  const rule: RuleState = {
    arn: `${listener.arn.replace(':listener/', ':listener-rule/')}/${state.newId()}`,
    priority,
    conditions: checkConditions(input.Conditions ?? []),
    actions,
    transforms: checkTransforms(input.Transforms ?? []),
  };
  listener.rules.set(rule.arn, rule);
  tagNew(state, rule.arn, input.Tags);
  hooks.changed(listener);
  return { Rules: [describeRule(rule)] };
}

function checkPriority(priority: number | undefined): number {
  if (priority === undefined || !Number.isInteger(priority) || priority < 1 || priority > 50_000) throw new ServiceFault('ValidationError', `The priority '${priority}' must be from 1 to 50000`);
  return priority;
}

/** Exactly one of a listener and rules. The default rule comes last. */
function describeRules(state: BalancerState, { ListenerArn, RuleArns, Marker, PageSize = 400 }: DescribeRulesCommandInput): object {
  if ((ListenerArn === undefined) === (RuleArns === undefined || RuleArns.length === 0)) throw new ServiceFault('ValidationError', 'You must specify either listener rule ARNs or a listener ARN');
  if (PageSize < 1 || PageSize > 400) throw new ServiceFault('ValidationError', `The page size '${PageSize}' must be from 1 to 400`);
  const wanted = ListenerArn === undefined ? (RuleArns ?? []).map((arn) => findRule(state, arn).rule) : rulesOf(findListener(state, ListenerArn));
  const { items, next } = page(wanted, { token: Marker, size: PageSize, invalid: invalidMarker });
  return { Rules: items.map(describeRule), NextMarker: next };
}

export function describeRule({ arn, priority, conditions, actions, transforms }: RuleState): Rule {
  const isDefault = priority === Number.POSITIVE_INFINITY;
  return {
    RuleArn: arn,
    Priority: isDefault ? 'default' : String(priority),
    Conditions: [...conditions],
    Actions: [...actions],
    IsDefault: isDefault,
    ...(transforms.length > 0 ? { Transforms: [...transforms] } : {}),
  };
}

/** What is not given stays; a given list replaces the whole one. Nothing changes unless everything is valid. */
function modifyRule(state: BalancerState, hooks: Hooks, input: ModifyRuleCommandInput): object {
  const { listener, rule } = changeableRule(state, input.RuleArn, 'modified');
  if (input.Conditions === undefined && input.Actions === undefined && input.Transforms === undefined && input.ResetTransforms !== true) {
    throw new ServiceFault('ValidationError', 'Either conditions, actions or transforms must be specified');
  }
  if (input.Transforms !== undefined && input.ResetTransforms === true) throw new ServiceFault('ValidationError', 'You cannot specify both transforms and reset transforms');
  const conditions = input.Conditions === undefined ? rule.conditions : checkConditions(input.Conditions);
  const actions = input.Actions === undefined ? rule.actions : checkActions(input.Actions, listener.protocol);
  if (input.Actions !== undefined) refuseUnusableGroups(state, listener.loadBalancerArn, actions);
  const transforms = input.ResetTransforms === true ? [] : input.Transforms === undefined ? rule.transforms : checkTransforms(input.Transforms);
  Object.assign(rule, { conditions, actions, transforms });
  hooks.changed(listener);
  return { Rules: [describeRule(rule)] };
}

function changeableRule(state: BalancerState, arn: string | undefined, done: string): { readonly listener: ListenerState; readonly rule: RuleState } {
  const found = findRule(state, arn);
  if (found.rule === found.listener.defaultRule) throw new ServiceFault('OperationNotPermitted', `Default rule '${arn}' cannot be ${done}`);
  return found;
}

function deleteRule(state: BalancerState, hooks: Hooks, { RuleArn }: DeleteRuleCommandInput): object {
  const { listener, rule } = changeableRule(state, RuleArn, 'deleted');
  listener.rules.delete(rule.arn);
  state.tags.delete(rule.arn);
  hooks.changed(listener);
  return {};
}

/** All at once: two rules can swap their priorities. Rules that are not named keep theirs. */
function setRulePriorities(state: BalancerState, hooks: Hooks, { RulePriorities = [] }: SetRulePrioritiesCommandInput): object {
  const wanted = RulePriorities.map(({ RuleArn, Priority }) => ({ ...changeableRule(state, RuleArn, 'reprioritized'), priority: checkPriority(Priority) }));
  for (const listener of new Set(wanted.map((entry) => entry.listener))) {
    const after = [...listener.rules.values()].map((rule) => wanted.find((entry) => entry.rule === rule)?.priority ?? rule.priority);
    const twice = after.find((priority, index) => after.indexOf(priority) !== index);
    if (twice !== undefined) throw new ServiceFault('PriorityInUse', `Priority '${twice}' is currently in use`);
  }
  for (const { rule, priority } of wanted) rule.priority = priority;
  for (const listener of new Set(wanted.map((entry) => entry.listener))) hooks.changed(listener);
  return { Rules: wanted.map(({ rule }) => describeRule(rule)) };
}
