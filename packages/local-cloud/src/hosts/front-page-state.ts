import type { InspectedRule, InspectedService, InspectedTask } from '../inspection.js';
import type { LocalCloud } from '../local-cloud.js';

/** What the front page shows, as JSON. Times are ISO strings of the cloud's clock. */
export interface FrontPageState {
  readonly at: string;
  readonly database: { readonly identifier: string; readonly status: string; readonly address: string | null } | null;
  readonly services: readonly FrontPageService[];
  readonly tasks: readonly FrontPageTask[];
  readonly rules: readonly FrontPageRule[];
  /** The last ones, newest first. */
  readonly requests: readonly { readonly at: string; readonly operation: string; readonly answer: string }[];
}

export interface FrontPageService {
  readonly name: string;
  readonly status: string;
  readonly desired: number;
  readonly running: number;
  readonly pending: number;
  readonly revision: string;
  readonly rollout: string;
}

export interface FrontPageTask {
  readonly id: string;
  readonly group: string;
  readonly revision: string;
  readonly status: string;
  readonly capacity: string;
  readonly created: string;
  /** Why it stopped, with exit codes; empty while it runs. */
  readonly end: string;
}

export interface FrontPageRule {
  readonly listener: string;
  readonly priority: string;
  readonly name: string;
  readonly when: string;
  readonly then: string;
}

const REQUESTS_SHOWN = 30;
const TASKS_SHOWN = 60;

/** Reads what the page shows. Values of header conditions are left out: the maintenance header's is a secret. */
export function frontPageState({ inspect, clock, requests }: Pick<LocalCloud, 'inspect' | 'clock' | 'requests'>): FrontPageState {
  const database = inspect.database();
  return {
    at: isoTime(clock.now()),
    database: database === undefined ? null : { identifier: database.identifier, status: database.status, address: addressOf(database.address) },
    services: inspect.services().map(serviceOf),
    tasks: [...inspect.tasks()].sort((one, other) => other.createdAt - one.createdAt).slice(0, TASKS_SHOWN).map(taskOf),
    rules: inspect.rules().map(ruleOf),
    requests: requests.slice(-REQUESTS_SHOWN).reverse().map(({ at, operation, status, error }) => ({ at: isoTime(at), operation, answer: error ?? String(status) })),
  };
}

const isoTime = (ms: number): string => new Date(ms).toISOString();

const lastPart = (arn: string): string => arn.slice(arn.lastIndexOf('/') + 1);

function addressOf(address: { readonly host: string; readonly port: number } | undefined): string | null {
  return address === undefined ? null : `${address.host}:${address.port}`;
}

function serviceOf(service: InspectedService): FrontPageService {
  const primary = service.deployments.find(({ status }) => status === 'PRIMARY');
  return {
    name: service.name,
    status: service.status,
    desired: service.desiredCount,
    running: service.runningCount,
    pending: service.pendingCount,
    revision: lastPart(service.taskDefinition),
    rollout: primary?.rolloutState ?? '',
  };
}

function taskOf(task: InspectedTask): FrontPageTask {
  const exits = task.containers.flatMap(({ name, exitCode, reason }) => (exitCode === undefined && reason === undefined ? [] : [`${name}: ${exitCode ?? 'no exit code'}${reason === undefined ? '' : ` (${reason})`}`]));
  return {
    id: lastPart(task.arn),
    group: task.group,
    revision: lastPart(task.taskDefinition),
    status: task.lastStatus,
    capacity: task.capacityProvider ?? '',
    created: isoTime(task.createdAt),
    end: [task.stoppedReason, ...exits].filter((part) => part !== undefined).join('; '),
  };
}

function ruleOf(rule: InspectedRule): FrontPageRule {
  return {
    // …:listener/app/NAME/BALANCER/LISTENER
    listener: lastPart(rule.listenerArn),
    priority: rule.priority,
    name: rule.name ?? '',
    when: rule.conditions.map((condition) => conditionOf(condition as Condition)).join(' and '),
    then: rule.actions.map((action) => actionOf(action as Action)).join(', '),
  };
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
  if (condition.Field === 'http-header') return `header ${condition.HttpHeaderConfig?.HttpHeaderName ?? ''} has its value`;
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
  // …:targetgroup/NAME/ID
  return arns.map((arn) => arn.split('/')[1] ?? arn);
}

function redirectOf({ Protocol = '#{protocol}', Host = '#{host}', Port = '#{port}', Path = '/#{path}', Query = '#{query}' }: NonNullable<Action['RedirectConfig']> = {}): string {
  return `${Protocol}://${Host}:${Port}${Path}${Query === '' ? '' : `?${Query}`}`;
}
