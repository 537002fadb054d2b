import type { NeededAccess } from './needed-access.js';
import type { PolicyCondition } from './conditions.js';

/** An identity-based policy, as IAM takes it ("IAM JSON policy reference"). Plain JSON. */
export interface PolicyDocument {
  readonly Version: '2012-10-17';
  readonly Statement: readonly PolicyStatement[];
}

export interface PolicyStatement {
  /** What the actions are on, and by which keys they are narrowed. */
  readonly Sid: string;
  readonly Effect: 'Allow';
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: PolicyCondition | undefined;
}

/** "IAM and AWS STS quotas": characters of a managed policy, white space not counted. */
const mostCharacters = 6_144;

/** What IAM counts of a policy. */
export function charactersOf(policy: PolicyDocument): number {
  return JSON.stringify(policy).length;
}

/** Policies that allow this and nothing else, each short enough for a managed policy. */
export function policiesOf(needed: readonly NeededAccess[], others: readonly PolicyStatement[] = []): readonly PolicyDocument[] {
  const policies: PolicyDocument[] = [];
  for (const statement of [...statementsOf(needed).flatMap(shortEnough), ...others]) {
    const last = policies.at(-1);
    const longer = last && withStatement(last, statement);
    if (longer !== undefined && charactersOf(longer) <= mostCharacters) policies[policies.length - 1] = longer;
    else policies.push(policyOf(statement));
  }
  return policies;
}

const policyOf = (...Statement: readonly PolicyStatement[]): PolicyDocument => ({ Version: '2012-10-17', Statement });
const withStatement = ({ Statement }: PolicyDocument, statement: PolicyStatement) => policyOf(...Statement, statement);

/** Actions that are on the same things under the same condition share a statement. */
function statementsOf(needed: readonly NeededAccess[]): readonly PolicyStatement[] {
  const statements = new Map<string, PolicyStatement>();
  for (const { action, resources, kinds, condition } of united(needed)) {
    const Resource = uncovered(resources);
    const key = JSON.stringify([Resource, condition ?? null]);
    const Action = [...(statements.get(key)?.Action ?? []), action];
    const Sid = statements.get(key)?.Sid ?? sidOf(kinds, condition);
    statements.set(key, { Sid, Effect: 'Allow', Action, Resource, ...(condition === undefined ? {} : { Condition: condition }) });
  }
  return [...statements.values()].map((statement, index, all) => (all.findIndex(({ Sid }) => Sid === statement.Sid) === index ? statement : { ...statement, Sid: `${statement.Sid}${String(index)}` }));
}

/** What several recipes need of an action under the same condition, in the order of actions. */
function united(needed: readonly NeededAccess[]): readonly NeededAccess[] {
  const found = new Map<string, NeededAccess>();
  for (const access of needed) {
    const key = JSON.stringify([access.action, access.condition ?? null]);
    const { resources = [], kinds = [] } = found.get(key) ?? {};
    found.set(key, { ...access, resources: [...new Set([...resources, ...access.resources])].sort(), kinds: [...new Set([...kinds, ...access.kinds])] });
  }
  return [...found.values()].sort((one, other) => (one.action < other.action ? -1 : 1));
}

/** Without those that another's wildcards stand for. */
function uncovered(resources: readonly string[]): readonly string[] {
  return resources.filter((resource) => !resources.some((other) => other !== resource && covers(other, resource)));
}

function covers(pattern: string, resource: string): boolean {
  const text = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&')).join('.*');
  return new RegExp(`^${text}$`).test(resource);
}

/** Letters and digits alone ("IAM JSON policy elements: Sid"): `ServiceAndTaskByCluster`. */
function sidOf(kinds: NeededAccess['kinds'], condition: PolicyCondition = {}): string {
  const keys = Object.values(condition).flatMap(Object.keys).map((key) => key.split(/[:/]/).at(-1) ?? '');
  return kinds.map((kind) => (kind === 'any' ? 'AwsTellsNoResourcesApart' : inPascalCase(kind))).join('And') + (keys.length === 0 ? '' : `By${keys.map(inPascalCase).join('And')}`);
}

function inPascalCase(words: string): string {
  return words.split(/[ -]/).map((word) => word.slice(0, 1).toUpperCase() + word.slice(1)).join('');
}

/** One that no policy has room for is said in parts. */
function shortEnough(statement: PolicyStatement): readonly PolicyStatement[] {
  const { Resource, Sid } = statement;
  if (Resource.length < 2 || charactersOf(policyOf(statement)) <= mostCharacters) return [statement];
  const half = Math.ceil(Resource.length / 2);
  return [
    { ...statement, Sid: `${Sid}A`, Resource: Resource.slice(0, half) },
    { ...statement, Sid: `${Sid}B`, Resource: Resource.slice(half) },
  ].flatMap(shortEnough);
}
