import { err, ok, okAsync, type Result, ResultAsync } from 'neverthrow';
import { getRoleArn, type SimulatedAccess, simulatePrincipalPolicy } from '../aws/iam.js';
import type { Environment } from '../environment/environment.js';
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

/** Every action is simulated on every resource of a call, and judged by its own: those of a service that are called alike go together. */
export function simulateAll(env: Environment, principal: string, needed: readonly NeededAccess[]): ResultAsync<readonly SimulatedAccess[], AwsError> {
  const together = new Map<string, NeededAccess[]>();
  for (const access of needed) {
    const key = JSON.stringify([access.action.split(':')[0], access.context]);
    together.set(key, [...(together.get(key) ?? []), access]);
  }
  const calls = [...together.values()].map((same) => simulatePrincipalPolicy(env, { principal, actions: unique(same.map(({ action }) => action)), resources: unique(same.flatMap(({ resources }) => resources)), context: same[0]!.context }));
  return ResultAsync.combine(calls).map((answers) => answers.flat());
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
