import { err, ok, okAsync, type Result, ResultAsync } from 'neverthrow';
import { getRoleArn, type SimulatedAccess, simulatePrincipalPolicy } from '../aws/iam.js';
import { type Environment, internals } from '../environment/environment.js';
import type { Aborted, AwsError, CredentialsExpired } from '../errors.js';
import type { NeededAccess } from './needed-access.js';

/** With these nothing else could be found out either. */
export type AskingEnded = CredentialsExpired | Aborted;

export function unlessEnded<T>(asked: ResultAsync<T, AwsError>): ResultAsync<Result<T, AwsError>, AskingEnded> {
  return asked.map((value): Result<T, AwsError> => ok(value)).orElse((error) => (error.kind === 'CredentialsExpired' || error.kind === 'Aborted' ? err(error) : ok<Result<T, AwsError>, AskingEnded>(err(error))));
}

export type Principal = { readonly arn: string } | { readonly unknown: string };

/** Sessions are simulated by their role, whose path the ARN of a session does not have ("IAM identifiers"). */
export function principalOf(env: Environment, caller: string): ResultAsync<Principal, AskingEnded> {
  const [, partition, account, roleName] = /^arn:([^:]+):sts::(\d+):assumed-role\/([^/]+)\//.exec(caller) ?? [];
  if (roleName === undefined) return okAsync(/:user\//.test(caller) ? { arn: caller } : { unknown: `IAM simulates users and roles, not ${caller}` });
  return unlessEnded(getRoleArn(env, roleName)).map((asked): Principal => {
    if (asked.isOk()) return { arn: asked.value };
    return asked.error.kind === 'AccessDenied' ? { arn: `arn:${partition}:iam::${account}:role/${roleName}` } : { unknown: asked.error.message };
  });
}

/** Every action is simulated on every resource of a call, and judged by its own: those of a service go together, unless a key has two values. */
export function simulateAll(env: Environment, principal: string, needed: readonly NeededAccess[]): ResultAsync<readonly SimulatedAccess[], AwsError> {
  const calls = togetherOf(needed).map(({ all, context }) => simulatePrincipalPolicy(env, { principal, actions: unique(all.map(({ action }) => action)), resources: unique(all.flatMap(({ resources }) => resources)), context }));
  return ResultAsync.combine(calls).map((answers) => believable(env, answers.flat()));
}

/**
 * Without what cannot be true: a run has written its documents by the time that it asks. Where a simulation denies it that, a policy of the bucket
 * allows it, which no simulation sees, and the rest that is said of the bucket is worth as much.
 */
function believable(env: Environment, simulated: readonly SimulatedAccess[]): readonly SimulatedAccess[] {
  if (env[internals].run === null || env.planning) return simulated;
  const unseen = new Set(simulated.flatMap(({ action, resource, decision }) => (action === 's3:PutObject' && decision !== 'allowed' && resource.includes('/') ? [bucketOf(resource)] : [])));
  return simulated.filter(({ action, resource }) => !action.startsWith('s3:') || !unseen.has(bucketOf(resource)));
}

/** Of an object's ARN, or the bucket's own. */
function bucketOf(arn: string): string {
  return arn.split('/')[0]!;
}

interface Together {
  readonly service: string | undefined;
  readonly all: readonly NeededAccess[];
  readonly context: NeededAccess['context'];
}

function togetherOf(needed: readonly NeededAccess[]): readonly Together[] {
  const groups: Together[] = [];
  for (const access of needed) {
    const service = access.action.split(':')[0];
    const index = groups.findIndex((group) => group.service === service && Object.entries(access.context).every(([key, value]) => (group.context[key] ?? value) === value));
    const { all = [], context = {} } = groups[index] ?? {};
    groups.splice(index === -1 ? groups.length : index, 1, { service, all: [...all, access], context: { ...context, ...access.context } });
  }
  return groups;
}

export interface DeniedAccess {
  readonly action: string;
  readonly denied: readonly SimulatedAccess[];
}

/** By action, which may be denied on some of its resources alone. */
export function deniedOf(needed: readonly NeededAccess[], simulated: readonly SimulatedAccess[]): readonly DeniedAccess[] {
  return unique(needed.map(({ action }) => action)).flatMap((action) => {
    const resources = needed.filter((access) => access.action === action).flatMap((access) => access.resources);
    const denied = resources.flatMap((resource) => simulated.filter((one) => one.action === action && one.resource === resource && one.decision !== 'allowed'));
    return denied.length === 0 ? [] : [{ action, denied }];
  });
}

export function unique(all: readonly string[]): readonly string[] {
  return [...new Set(all)];
}
