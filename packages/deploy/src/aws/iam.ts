import type { EvaluationResult } from '@aws-sdk/client-iam';
import type { ResultAsync } from 'neverthrow';
import { internals, type Environment } from '../environment/environment.js';
import type { AwsError } from '../errors.js';
import { missingPackage } from '../optional-package.js';
import { read } from './call.js';
import { allPages } from './paging.js';

/** Whether IAM can be asked: its package is an optional peer of this one. */
export async function canAskIam(env: Environment): Promise<boolean> {
  return (await env[internals].clients.iam()) !== null;
}

/** ARN of a role by its name: with its path, which the ARN of its sessions does not have ("IAM identifiers"). */
export function getRoleArn(env: Environment, roleName: string): ResultAsync<string, AwsError> {
  return read(env, { action: 'iam:GetRole', resource: { kind: 'role', name: roleName } }, async () => {
    const { sdk, client } = await iam(env);
    return client.send(new sdk.GetRoleCommand({ RoleName: roleName }));
  }).map(({ Role }) => Role?.Arn ?? '');
}

/** What is to be known of a principal, in one call: every action on every resource. */
export interface Simulation {
  /** ARN of a user or role. */
  readonly principal: string;
  readonly actions: readonly string[];
  /** ARNs, or `*`. */
  readonly resources: readonly string[];
  /** condition key -> value */
  readonly context: Readonly<Record<string, string>>;
}

export interface SimulatedAccess {
  readonly action: string;
  readonly resource: string;
  readonly decision: 'allowed' | 'explicitDeny' | 'implicitDeny';
  /** Condition keys that its policies go by and the simulation was given no value of. */
  readonly missingKeys: readonly string[];
}

/**
 * What the policies of a principal, and those of its organization, say ("SimulatePrincipalPolicy"). Neither session policies nor policies of
 * resources are in it.
 */
export function simulatePrincipalPolicy(env: Environment, { principal, actions, resources, context }: Simulation): ResultAsync<readonly SimulatedAccess[], AwsError> {
  const ContextEntries = Object.entries(context).map(([ContextKeyName, value]) => ({ ContextKeyName, ContextKeyType: 'string' as const, ContextKeyValues: [value] }));
  return allPages((marker) =>
    read(env, { action: 'iam:SimulatePrincipalPolicy', resource: { kind: 'principal', name: principal } }, async () => {
      const { sdk, client } = await iam(env);
      const input = { PolicySourceArn: principal, ActionNames: [...actions], ResourceArns: [...resources], ContextEntries, ...(marker === undefined ? {} : { Marker: marker }) };
      const page = await client.send(new sdk.SimulatePrincipalPolicyCommand(input));
      return { items: page.EvaluationResults ?? [], next: page.IsTruncated === true ? page.Marker : undefined };
    }),
  ).map((results) => results.flatMap(simulated));
}

/** What holds for a resource is told beside the whole: there the resource is a template of its type, or `*`. */
function simulated({ EvalActionName: action = '', EvalDecision, EvalResourceName = '*', MissingContextValues = [], ResourceSpecificResults = [] }: EvaluationResult): readonly SimulatedAccess[] {
  if (ResourceSpecificResults.length === 0) return [{ action, resource: EvalResourceName, decision: EvalDecision ?? 'implicitDeny', missingKeys: MissingContextValues }];
  return ResourceSpecificResults.map((specific) => ({
    action,
    resource: specific.EvalResourceName ?? '*',
    decision: specific.EvalResourceDecision ?? 'implicitDeny',
    missingKeys: [...new Set([...MissingContextValues, ...(specific.MissingContextValues ?? [])])],
  }));
}

async function iam(env: Environment) {
  const loaded = await env[internals].clients.iam();
  if (loaded === null) throw new Error(missingPackage('asking IAM', '@aws-sdk/client-iam'));
  return loaded;
}
