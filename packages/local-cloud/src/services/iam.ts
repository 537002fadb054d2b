import type { GetRoleRequest, GetRoleResponse, SimulatePolicyResponse, SimulatePrincipalPolicyRequest } from '@aws-sdk/client-iam';
import { type CloudContext, type Operations, ServiceFault } from '../context.js';
import { role } from '../iam/authorizer.js';
import type { AccessRequest } from '../iam/policy.js';

const defaultPage = 100;

/** IAM: the caller's role, and what its policy would say. */
export function createIam(context: CloudContext): { readonly operations: Operations } {
  return {
    operations: {
      GetRole: (input: GetRoleRequest): GetRoleResponse => getRole(context, input),
      SimulatePrincipalPolicy: (input: SimulatePrincipalPolicyRequest): SimulatePolicyResponse => simulate(context, input),
    },
  };
}

function getRole({ authorizer }: CloudContext, { RoleName }: GetRoleRequest): GetRoleResponse {
  if (RoleName !== role.name) throw new ServiceFault('NoSuchEntity', `The role with name ${RoleName} cannot be found.`, 404);
  return { Role: { Arn: authorizer.roleArn, RoleName, Path: role.path, RoleId: 'AROAREHEARSALXXXXXXXX', CreateDate: new Date('2026-01-01T00:00:00Z') } };
}

function simulate({ authorizer }: CloudContext, { PolicySourceArn, ActionNames = [], ResourceArns = ['*'], ContextEntries = [], MaxItems = defaultPage, Marker = '0' }: SimulatePrincipalPolicyRequest): SimulatePolicyResponse {
  if (PolicySourceArn !== authorizer.caller.principal) throw new ServiceFault('NoSuchEntity', `${PolicySourceArn} cannot be found.`, 404);
  const context = Object.fromEntries(ContextEntries.map(({ ContextKeyName = '', ContextKeyValues = [] }) => [ContextKeyName, ContextKeyValues.length === 1 ? ContextKeyValues[0]! : ContextKeyValues]));
  const from = Number(Marker);
  const page = ActionNames.slice(from, from + MaxItems);
  const next = from + page.length;
  return {
    EvaluationResults: page.map((action) => evaluate(authorizer, action, ResourceArns, context)),
    IsTruncated: next < ActionNames.length,
    ...(next < ActionNames.length ? { Marker: String(next) } : {}),
  };
}

/** One result an action, and in it one for each resource, which the whole is not allowed without. */
function evaluate(authorizer: CloudContext['authorizer'], action: string, resources: readonly string[], context: AccessRequest['context']): NonNullable<SimulatePolicyResponse['EvaluationResults']>[number] {
  const specific = resources.map((resource) => {
    const request = { action, resource, context };
    return { EvalResourceName: resource, EvalResourceDecision: authorizer.decide(request), MissingContextValues: [...authorizer.missingKeys(request)] };
  });
  const decisions = specific.map(({ EvalResourceDecision }) => EvalResourceDecision);
  const decision = decisions.find((one) => one === 'explicitDeny') ?? decisions.find((one) => one === 'implicitDeny') ?? 'allowed';
  return { EvalActionName: action, EvalResourceName: resources[0], EvalDecision: decision, MatchedStatements: [], MissingContextValues: specific[0]?.MissingContextValues ?? [], ResourceSpecificResults: specific };
}
