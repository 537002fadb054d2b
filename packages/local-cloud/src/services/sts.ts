import type { CloudContext, Operations } from '../context.js';

/** STS: who is calling. */
export function createSts(context: CloudContext): { readonly operations: Operations } {
  return {
    operations: {
      GetCallerIdentity: () => ({ Account: context.accountId, Arn: context.authorizer.caller.arn, UserId: context.authorizer.caller.id }),
    },
  };
}
