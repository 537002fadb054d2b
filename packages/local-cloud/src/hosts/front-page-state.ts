import type { InspectedDatabase, InspectedService, InspectedSnapshot, InspectedTask } from '../inspection.js';
import type { LocalCloud } from '../local-cloud.js';
import { type FrontPageRequests, requestsOf } from './front-page-requests.js';
import { type FrontPageRule, ruleOf } from './front-page-rules.js';
import { type FrontPageFact, summaryOf } from './front-page-summary.js';
import { type FrontPageRoute, routesOf } from './front-page-visitors.js';

/** What of a cloud the page is told. */
export type ShownCloud = Pick<LocalCloud, 'inspect' | 'clock' | 'requests'>;

/** What the front page shows, as JSON. Times are ISO strings of the cloud's clock. */
export interface FrontPageState {
  readonly at: string;
  /** The whole at a glance. */
  readonly summary: readonly FrontPageFact[];
  readonly services: readonly FrontPageService[];
  readonly databases: readonly FrontPageDatabase[];
  readonly snapshots: readonly FrontPageSnapshot[];
  readonly rules: readonly FrontPageRule[];
  readonly visitors: readonly FrontPageRoute[];
  readonly requests: FrontPageRequests;
  /** Tasks that no service started, and tasks that have ended: newest first. */
  readonly tasks: readonly FrontPageTask[];
}

export interface FrontPageService {
  readonly name: string;
  readonly status: string;
  readonly desired: number;
  readonly running: number;
  readonly revision: string;
  readonly rollout: string;
  /** Statuses of its tasks that have not ended, oldest task first. */
  readonly tasks: readonly string[];
}

export interface FrontPageDatabase {
  readonly identifier: string;
  readonly status: string;
  readonly address: string | null;
}

export interface FrontPageSnapshot {
  readonly identifier: string;
  readonly of: string;
  readonly status: string;
  readonly percentProgress: number;
  readonly created: string;
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

const TASKS_SHOWN = 30;

/** Reads what the page shows. Left out is whatever may be secret: values of headers, inputs of requests, passwords. */
export function frontPageState({ inspect, clock, requests }: ShownCloud): FrontPageState {
  const [services, tasks, rules, databases, snapshots] = [inspect.services(), inspect.tasks(), inspect.rules(), inspect.databases(), inspect.snapshots()];
  return {
    at: isoTime(clock.now()),
    summary: summaryOf({ services, tasks, rules, databases, snapshots }),
    services: services.map((service) => serviceOf(service, tasks)),
    databases: databases.map(databaseOf),
    snapshots: snapshots.map(snapshotOf),
    rules: rules.map(ruleOf),
    visitors: routesOf(inspect.visits, rules),
    requests: requestsOf(requests, rules),
    tasks: tasks.filter((task) => task.lastStatus === 'STOPPED' || !isOfService(task)).sort((one, other) => other.createdAt - one.createdAt).slice(0, TASKS_SHOWN).map(taskOf),
  };
}

const isoTime = (ms: number): string => new Date(ms).toISOString();

const lastPart = (arn: string): string => arn.slice(arn.lastIndexOf('/') + 1);

const isOfService = ({ group }: InspectedTask): boolean => group.startsWith('service:');

function serviceOf(service: InspectedService, tasks: readonly InspectedTask[]): FrontPageService {
  const primary = service.deployments.find(({ status }) => status === 'PRIMARY');
  const own = tasks.filter(({ group, lastStatus }) => group === `service:${service.name}` && lastStatus !== 'STOPPED');
  return {
    name: service.name,
    status: service.status,
    desired: service.desiredCount,
    running: service.runningCount,
    revision: lastPart(service.taskDefinition),
    rollout: primary?.rolloutState ?? '',
    tasks: own.map(({ lastStatus }) => lastStatus),
  };
}

function databaseOf({ identifier, status, address }: InspectedDatabase): FrontPageDatabase {
  return { identifier, status, address: address === undefined ? null : `${address.host}:${address.port}` };
}

function snapshotOf({ identifier, instance, status, percentProgress, createdAt }: InspectedSnapshot): FrontPageSnapshot {
  return { identifier, of: instance, status, percentProgress, created: isoTime(createdAt) };
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
