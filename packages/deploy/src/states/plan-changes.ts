import type { EnvironmentDefinition } from '../environment/definition.js';
import type { PlannedChange } from '../runs/plan.js';
import { instanceCondition } from '../steps/instance-status.js';
import { startingRanks, stoppingRanks } from '../steps/ranks.js';
import { stateDefinitions, type StateName } from './state-definitions.js';

/** Steps of a transition, in the order in which they are taken: closing, then opening. */
export const transitionStepNames = ['gate-on', 'stop-services', 'stop-db', 'start-db', 'start-services', 'open-administration', 'settle-scaling', 'verify-deployment', 'gate-off'] as const;
export type TransitionStepName = (typeof transitionStepNames)[number];

/** One listener rule of the gate. */
export interface FoundRule {
  /** `rule 7 (dev.graasp.org/api/*)` */
  readonly name: string;
  readonly priority: number;
  readonly closed: boolean;
  /** Administration services that it forwards to, when it forwards to no other: open while these are on. */
  readonly administration: readonly string[];
}

export interface FoundService {
  readonly desiredCount: number;
  readonly runningCount: number;
  /** null: Auto Scaling has nothing to do with it. */
  readonly scaling: { readonly minCapacity: number; readonly maxCapacity: number; readonly suspended: boolean } | null;
}

/** Everything of an environment that a state is about, as it was read. */
export interface FoundConfiguration {
  readonly definition: Pick<EnvironmentDefinition, 'database' | 'services'>;
  readonly rules: readonly FoundRule[];
  /** Of the gate of distributions, where it is declared. */
  readonly distributions?: readonly { readonly name: string; readonly closed: boolean }[] | undefined;
  readonly services: Readonly<Record<string, FoundService>>;
  readonly databaseStatus: string;
}

export interface TransitionChanges {
  readonly steps: readonly { readonly name: TransitionStepName; readonly changes: readonly PlannedChange[] }[];
  /** Why the state cannot be reached from here by itself. */
  readonly refusals: readonly string[];
}

/**
 * What has to change, in order, for an environment to be in a state; pure. Closing begins with the gate and ends with the database, opening
 * begins with the database and ends with the gate; so no visitor meets an error, or a door without a sign. Nothing has to change: no steps.
 */
export function planChanges(found: FoundConfiguration, to: StateName): TransitionChanges {
  const changes: Readonly<Record<TransitionStepName, readonly PlannedChange[]>> = {
    'gate-on': [...closedRules(found, to, (rule) => !isOfRunningAdministration(found, rule)), ...changedDistributions(found, to, 'closed')],
    'stop-services': [...closedRules(found, to, (rule) => isOfRunningAdministration(found, rule)), ...stoppedServices(found, to)],
    'stop-db': stoppedDatabase(found, to),
    'start-db': startedDatabase(found, to),
    'start-services': startedServices(found, to),
    'open-administration': openedRules(found, to, isAdministrationRule),
    'settle-scaling': settledScaling(found, to),
    'verify-deployment': [],
    'gate-off': [...changedDistributions(found, to, 'open'), ...openedRules(found, to, isApplicationRule)],
  };
  const verifies = isOn(to, 'application') && (changes['start-services'].length > 0 || changes['gate-off'].length > 0);
  const steps = transitionStepNames.filter((name) => changes[name].length > 0 || (name === 'verify-deployment' && verifies));
  return { steps: steps.map((name) => ({ name, changes: changes[name] })), refusals: refusalsOf(found, to) };
}

/** Services that have tasks, and are to have none. */
export function servicesToStop({ definition, services }: Pick<FoundConfiguration, 'definition' | 'services'>, to: StateName): readonly string[] {
  const off = Object.keys(definition.services).filter((name) => !isOn(to, definition.services[name]!.role));
  const stop = off.filter((name) => (services[name]?.desiredCount ?? 0) > 0 || (services[name]?.runningCount ?? 0) > 0);
  return stoppingRanks(definition.services, stop).flat();
}

/** Services that have fewer tasks than they are to have. Scaling may have taken one above its count, never below. */
export function servicesToStart({ definition, services }: Pick<FoundConfiguration, 'definition' | 'services'>, to: StateName): readonly string[] {
  const on = Object.keys(definition.services).filter((name) => isOn(to, definition.services[name]!.role));
  const start = on.filter((name) => (services[name]?.desiredCount ?? 0) < definition.services[name]!.desiredCount);
  return startingRanks(definition.services, start).flat();
}

/** The limits of scaling that go with a state: AWS has forgotten a service's minimum once it was set to 0 for it to be off. */
export function settledLimits({ definition }: Pick<FoundConfiguration, 'definition'>, name: string, scaling: NonNullable<FoundService['scaling']>, to: StateName): { readonly minCapacity: number; readonly maxCapacity: number } {
  const { role, desiredCount, minCapacity = desiredCount } = definition.services[name]!;
  return { minCapacity: isOn(to, role) ? minCapacity : 0, maxCapacity: scaling.maxCapacity };
}

function isOn(to: StateName, role: 'application' | 'administration'): boolean {
  return stateDefinitions[to][role] === 'on';
}

function isAdministrationRule({ administration }: FoundRule): boolean {
  return administration.length > 0;
}

function isApplicationRule(rule: FoundRule): boolean {
  return !isAdministrationRule(rule);
}

/** Its door closes when the service stops; that of one which is off already closes with the gate. */
function isOfRunningAdministration({ services }: FoundConfiguration, { administration }: FoundRule): boolean {
  return administration.some((name) => (services[name]?.desiredCount ?? 0) > 0);
}

function isClosedIn(to: StateName, rule: FoundRule): boolean {
  return stateDefinitions[to].gate === 'closed' && !(isAdministrationRule(rule) && isOn(to, 'administration'));
}

/** From the least specific to the most: no visitor falls into a less specific open rule between two calls. */
function closedRules({ rules }: FoundConfiguration, to: StateName, which: (rule: FoundRule) => boolean): readonly PlannedChange[] {
  const close = rules.filter((rule) => which(rule) && !rule.closed && isClosedIn(to, rule)).sort((left, right) => right.priority - left.priority);
  return close.map(({ name }) => ruleChange(name, 'closed', 'visitors see the maintenance page; operators get through with the header'));
}

function openedRules({ rules }: FoundConfiguration, to: StateName, which: (rule: FoundRule) => boolean): readonly PlannedChange[] {
  const open = rules.filter((rule) => which(rule) && rule.closed && !isClosedIn(to, rule)).sort((left, right) => left.priority - right.priority);
  return open.map((rule) => ruleChange(rule.name, 'open', isAdministrationRule(rule) ? `${rule.administration.join(' and ')} is on in ${to}` : 'visitors get through again'));
}

/** What pages load closes after them, and opens before them. */
function changedDistributions({ distributions = [] }: FoundConfiguration, to: StateName, become: 'closed' | 'open'): readonly PlannedChange[] {
  if (stateDefinitions[to].gate !== become) return [];
  const why = become === 'closed' ? 'visitors are sent to the maintenance page' : 'visitors get through again';
  const change = { from: become === 'closed' ? 'open' : 'closed', to: become, operation: 'cloudfront:UpdateDistribution', why };
  return distributions.filter(({ closed }) => closed !== (become === 'closed')).map(({ name }) => ({ resource: name, ...change }));
}

function ruleChange(name: string, to: 'closed' | 'open', why: string): PlannedChange {
  return { resource: name, from: to === 'closed' ? 'open' : 'closed', to, operation: 'elasticloadbalancing:ModifyRule', why };
}

function stoppedServices(found: FoundConfiguration, to: StateName): readonly PlannedChange[] {
  return servicesToStop(found, to).map((name) => ({
    resource: `service ${name}`,
    from: tasks(found.services[name]!.desiredCount),
    to: tasks(0),
    operation: 'ecs:UpdateService',
    why: `off in ${to}${found.definition.services[name]!.volatile === true ? `; ${name}: contents are lost` : ''}`,
  }));
}

function startedServices(found: FoundConfiguration, to: StateName): readonly PlannedChange[] {
  return servicesToStart(found, to).map((name) => ({
    resource: `service ${name}`,
    from: tasks(found.services[name]?.desiredCount ?? 0),
    to: tasks(found.definition.services[name]!.desiredCount),
    operation: 'ecs:UpdateService',
    why: `on in ${to}`,
  }));
}

function settledScaling(found: FoundConfiguration, to: StateName): readonly PlannedChange[] {
  return Object.keys(found.definition.services).flatMap((name) => {
    const scaling = found.services[name]?.scaling ?? null;
    if (scaling === null) return [];
    const wanted = settledLimits(found, name, scaling, to);
    const [before, after] = [limits(scaling), limits({ ...wanted, suspended: false })];
    return before === after ? [] : [{ resource: `scaling of service ${name}`, from: before, to: after, operation: 'application-autoscaling:RegisterScalableTarget', why: `as the infrastructure code has it in ${to}` }];
  });
}

function limits({ minCapacity, maxCapacity, suspended }: NonNullable<FoundService['scaling']>): string {
  return `${minCapacity} to ${maxCapacity}${suspended ? ', suspended' : ''}`;
}

function tasks(count: number): string {
  return `${count} ${count === 1 ? 'task' : 'tasks'}`;
}

function stoppedDatabase({ definition, databaseStatus }: FoundConfiguration, to: StateName): readonly PlannedChange[] {
  if (isOnDatabase(to) || databaseStatus === 'stopped') return [];
  return [{ resource: `database instance ${definition.database}`, from: databaseStatus, to: 'stopped', operation: 'rds:StopDBInstance', why: `off in ${to}; AWS starts it again after 7 days` }];
}

function startedDatabase({ definition, databaseStatus }: FoundConfiguration, to: StateName): readonly PlannedChange[] {
  if (!isOnDatabase(to) || instanceCondition(databaseStatus) === 'usable') return [];
  return [{ resource: `database instance ${definition.database}`, from: databaseStatus, to: 'available', operation: 'rds:StartDBInstance', why: `on in ${to}` }];
}

function isOnDatabase(to: StateName): boolean {
  return stateDefinitions[to].database === 'on';
}

function refusalsOf({ definition, services, databaseStatus }: FoundConfiguration, to: StateName): readonly string[] {
  const passes = ['stopped', 'stopping'].includes(databaseStatus) || instanceCondition(databaseStatus) !== 'stuck';
  return [
    ...(passes ? [] : [`database instance ${definition.database} is ${databaseStatus}: waiting does not cure that`]),
    ...Object.keys(definition.services).flatMap((name) => (services[name] === undefined && isOn(to, definition.services[name]!.role) ? [`service ${name} is not in the cluster`] : [])),
  ];
}
