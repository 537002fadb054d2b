import { matchesWildcards } from '../services/elbv2/evaluate-rules.js';

/** An identity-based policy of the caller, as JSON ("IAM JSON policy reference"). */
export interface IamPolicy {
  readonly Version?: string | undefined;
  readonly Statement: readonly IamStatement[];
}

export interface IamStatement {
  readonly Sid?: string | undefined;
  readonly Effect: 'Allow' | 'Deny';
  readonly Action?: string | readonly string[] | undefined;
  readonly NotAction?: string | readonly string[] | undefined;
  readonly Resource?: string | readonly string[] | undefined;
  readonly NotResource?: string | readonly string[] | undefined;
  /**
   * Operator -> key -> values: `StringEquals`, `StringLike`, `ArnEquals`, `ArnLike`, each with `ForAllValues:` or `ForAnyValue:` before it or
   * `IfExists` behind it; and `Null`.
   */
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>> | undefined;
}

export type AccessContext = Readonly<Record<string, string | readonly string[]>>;

/** One thing that a caller wants to do. */
export interface AccessRequest {
  /** `ecs:UpdateService` */
  readonly action: string;
  /** ARN, or `*` where the action has no resources. */
  readonly resource: string;
  /** condition key -> value, or values where it has several (`aws:TagKeys`) */
  readonly context: AccessContext;
}

export type Decision = 'allowed' | 'explicitDeny' | 'implicitDeny';

/** What a policy says of a request: a statement that denies wins, and what none allows is denied ("Policy evaluation logic"). */
export function decide({ Statement }: IamPolicy, request: AccessRequest): Decision {
  const effects = Statement.filter((statement) => applies(statement, request)).map(({ Effect }) => Effect);
  if (effects.includes('Deny')) return 'explicitDeny';
  return effects.includes('Allow') ? 'allowed' : 'implicitDeny';
}

/** Keys of the conditions of those statements that would apply if these keys had values. */
export function missingKeys({ Statement }: IamPolicy, { action, resource, context }: AccessRequest): readonly string[] {
  const keys = Statement.filter((statement) => names(statement, action, resource)).flatMap(({ Condition = {} }) => Object.values(Condition).flatMap(Object.keys));
  return [...new Set(keys)].filter((key) => valueOf(context, key) === undefined);
}

/** Throws for what is no policy, or has conditions that are not evaluated here: it would not say what it seems to. */
export function checkPolicy(policy: unknown): asserts policy is IamPolicy {
  const { Statement } = (policy ?? {}) as Partial<IamPolicy>;
  if (!Array.isArray(Statement)) throw new Error('iam.policy: expected { Statement: [...] }, an IAM policy.');
  for (const [index, statement] of (Statement as readonly IamStatement[]).entries()) {
    const { Effect, Action, NotAction, Resource, NotResource, Condition = {} } = statement;
    const where = `iam.policy: statement ${index}`;
    if (Effect !== 'Allow' && Effect !== 'Deny') throw new Error(`${where}: expected Effect 'Allow' or 'Deny', got ${JSON.stringify(Effect)}.`);
    if ((Action === undefined) === (NotAction === undefined)) throw new Error(`${where}: expected Action or NotAction.`);
    if ((Resource === undefined) === (NotResource === undefined)) throw new Error(`${where}: expected Resource or NotResource.`);
    const unknown = Object.keys(Condition).filter((operator) => operator !== 'Null' && operatorOf(operator) === undefined);
    if (unknown.length > 0) throw new Error(`${where}: the local cloud evaluates ${[...Object.keys(comparisons), 'Null'].join(', ')}, not ${unknown.join(', ')}.`);
  }
}

const comparisons: Readonly<Record<string, (value: string, wanted: string) => boolean>> = {
  StringEquals: (value, wanted) => value === wanted,
  StringLike: (value, wanted) => matchesWildcards(value, wanted, ''),
  ArnEquals: (value, wanted) => matchesWildcards(value, wanted, ''),
  ArnLike: (value, wanted) => matchesWildcards(value, wanted, ''),
};

interface Operator {
  readonly compare: (value: string, wanted: string) => boolean;
  readonly every: boolean;
  /** What it says of a key without a value ("IfExists", "Multivalued context keys"). */
  readonly withoutValue: boolean;
}

function operatorOf(operator: string): Operator | undefined {
  const [, set = '', name = '', ifExists = ''] = /^(ForAllValues:|ForAnyValue:)?([A-Za-z]+?)(IfExists)?$/.exec(operator) ?? [];
  const compare = Object.hasOwn(comparisons, name) ? comparisons[name] : undefined;
  const every = set === 'ForAllValues:';
  return compare && { compare, every, withoutValue: every || ifExists !== '' };
}

function applies(statement: IamStatement, { action, resource, context }: AccessRequest): boolean {
  return names(statement, action, resource) && Object.entries(statement.Condition ?? {}).every(([operator, keys]) => Object.entries(keys).every(([key, wanted]) => holds(operator, valueOf(context, key), wanted)));
}

function names({ Action, NotAction, Resource, NotResource }: IamStatement, action: string, resource: string): boolean {
  const isOf = (patterns: string | readonly string[], text: string, flags: 'i' | '') => listOf(patterns).some((pattern) => matchesWildcards(text, pattern, flags));
  const actionFits = Action === undefined ? !isOf(NotAction ?? [], action, 'i') : isOf(Action, action, 'i');
  return actionFits && (Resource === undefined ? !isOf(NotResource ?? [], resource, '') : isOf(Resource, resource, ''));
}

function holds(operator: string, value: string | readonly string[] | undefined, wanted: string | readonly string[]): boolean {
  if (operator === 'Null') return listOf(wanted).includes(String(value === undefined));
  const known = operatorOf(operator);
  if (known === undefined || value === undefined) return known?.withoutValue === true;
  const fits = (one: string) => listOf(wanted).some((pattern) => known.compare(one, pattern));
  return known.every ? listOf(value).every(fits) : listOf(value).some(fits);
}

/** Names of keys are not case-sensitive. */
function valueOf(context: AccessContext, key: string): string | readonly string[] | undefined {
  return Object.entries(context).find(([name]) => name.toLowerCase() === key.toLowerCase())?.[1];
}

function listOf(value: string | readonly string[]): readonly string[] {
  return typeof value === 'string' ? [value] : value;
}
