import { type AccessRequest, decide, type Decision, type IamPolicy, missingKeys } from './policy.js';
import { type AccountLookups, type CallToAuthorize, requiredAccess } from './required-access.js';

/** Who calls the cloud. */
export interface Caller {
  /** As `GetCallerIdentity` and refusals name it. */
  readonly arn: string;
  /** ARN of the user or role whose policy decides. */
  readonly principal: string;
  readonly id: string;
}

/** The account's only role. */
export const role = { name: 'release', path: '/deployment/' };

/** Decides whether the caller may do what is asked. */
export interface Authorizer {
  readonly caller: Caller;
  readonly roleArn: string;
  /** `allowed` for everything where the cloud has no policy. */
  decide(request: AccessRequest): Decision;
  missingKeys(request: AccessRequest): readonly string[];
  /** The sentence in which AWS refuses a call; undefined: the caller may. */
  refusal(call: CallToAuthorize): string | undefined;
}

/** Without a policy a user who may do everything; with one a role, assumed, whose path its session does not tell. */
export function createAuthorizer(accountId: string, policy: IamPolicy | undefined, account: Omit<AccountLookups, 'roleArn'>): Authorizer {
  const user = `arn:aws:iam::${accountId}:user/rehearsal`;
  const roleArn = `arn:aws:iam::${accountId}:role${role.path}${role.name}`;
  const session = { arn: `arn:aws:sts::${accountId}:assumed-role/${role.name}/rehearsal`, principal: roleArn, id: 'AROAREHEARSALXXXXXXXX:rehearsal' };
  const caller: Caller = policy === undefined ? { arn: user, principal: user, id: 'AIDAREHEARSALXXXXXXXX' } : session;
  const decision = (request: AccessRequest): Decision => (policy === undefined ? 'allowed' : decide(policy, request));
  return {
    caller,
    roleArn,
    decide: decision,
    missingKeys: (request) => (policy === undefined ? [] : missingKeys(policy, request)),
    refusal(call) {
      if (policy === undefined) return undefined;
      const refused = requiredAccess(call, { ...account, roleArn: (name) => (name === role.name ? roleArn : `arn:aws:iam::${accountId}:role/${name}`) }).find((request) => decision(request) !== 'allowed');
      return refused === undefined ? undefined : refusalText(caller, refused, decision(refused));
    },
  };
}

/** "Troubleshoot access denied error messages". */
function refusalText({ arn }: Caller, { action, resource }: AccessRequest, decision: Decision): string {
  const why = decision === 'explicitDeny' ? 'with an explicit deny in an identity-based policy' : `because no identity-based policy allows the ${action} action`;
  return `User: ${arn} is not authorized to perform: ${action} on resource: ${resource} ${why}`;
}
