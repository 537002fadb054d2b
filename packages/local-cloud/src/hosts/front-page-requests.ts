import type { InspectedRule } from '../inspection.js';
import type { RecordedRequest } from '../local-cloud.js';
import { targetGroupName } from './front-page-rules.js';

/** The log of AWS requests. */
export interface FrontPageRequests {
  /** How many there were, and how many of them were no reads. */
  readonly total: number;
  readonly changes: number;
  /** The last of all, newest first. */
  readonly latest: readonly FrontPageRequest[];
  /** The last ones that were no reads, newest first. */
  readonly latestChanges: readonly FrontPageRequest[];
}

export interface FrontPageRequest {
  /** Counts from 1, the oldest. */
  readonly number: number;
  readonly at: string;
  readonly operation: string;
  /** What it was about. */
  readonly on: string;
  readonly answer: string;
}

const SHOWN = 60;
const NAMES_SHOWN = 3;

export function requestsOf(requests: readonly RecordedRequest[], rules: readonly InspectedRule[]): FrontPageRequests {
  const numbered = requests.map((request, index) => ({ request, number: index + 1 }));
  const changes = numbered.filter(({ request }) => !isRead(request.operation));
  const newest = (some: typeof numbered) => some.slice(-SHOWN).reverse().map(({ request, number }) => requestOf(request, number, rules));
  return { total: numbered.length, changes: changes.length, latest: newest(numbered), latestChanges: newest(changes) };
}

function isRead(operation: string): boolean {
  return /:(Describe|List|Get|BatchGet|Filter|Download|Simulate)/.test(operation);
}

function requestOf({ at, operation, input, status, error }: RecordedRequest, number: number, rules: readonly InspectedRule[]): FrontPageRequest {
  return { number, at: new Date(at).toISOString(), operation, on: aboutOf(input, rules), answer: error ?? String(status) };
}

/** The only parts of an input that are shown: names, and how many. Everything else may hold a secret. */
const shownFields = [
  'service', 'services', 'serviceName', 'family', 'taskDefinition', 'task', 'tasks', 'ResourceId',
  'DBInstanceIdentifier', 'DBSnapshotIdentifier', 'RuleArn', 'RuleArns', 'TargetGroupArn', 'repositoryName', 'imageTag', 'logGroupName',
] as const;

function aboutOf(input: unknown, rules: readonly InspectedRule[]): string {
  const fields = (input ?? {}) as Readonly<Record<string, unknown>>;
  const names = shownFields.flatMap((field) => {
    const value = fields[field];
    const some = (Array.isArray(value) ? value : [value]).filter((each): each is string => typeof each === 'string').map((each) => nameOf(each, rules));
    return some.length > NAMES_SHOWN ? [...some.slice(0, NAMES_SHOWN), `${some.length - NAMES_SHOWN} more`] : some;
  });
  const desired = fields['desiredCount'];
  return [...names, ...(typeof desired === 'number' ? [`${desired} desired`] : [])].join(', ');
}

/** An ARN or a resource's identifier is long: what it names, by its own name. */
function nameOf(value: string, rules: readonly InspectedRule[]): string {
  if (!value.startsWith('arn:')) return value.replace(/^service\/[^/]+\//, '');
  if (value.includes(':targetgroup/')) return targetGroupName(value);
  const rule = rules.find(({ ruleArn }) => ruleArn === value);
  return rule === undefined ? value.slice(value.lastIndexOf('/') + 1) : `rule ${rule.priority} ${rule.name ?? ''}`.trimEnd();
}
