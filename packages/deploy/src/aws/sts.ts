import type { ResultAsync } from 'neverthrow';
import { internals, type Environment } from '../environment/environment.js';
import type { AwsError } from '../errors.js';
import { read } from './call.js';

export interface CallerIdentity {
  readonly accountId: string;
  readonly arn: string;
}

/** Needs no permission: answers whenever the credentials are valid ("GetCallerIdentity"). */
export function getCallerIdentity(env: Environment): ResultAsync<CallerIdentity, AwsError> {
  return read(env, { action: 'sts:GetCallerIdentity' }, async () => {
    const { sdk, client } = await env[internals].clients.sts();
    return client.send(new sdk.GetCallerIdentityCommand({}));
  }).map(({ Account = '', Arn = '' }) => ({ accountId: Account, arn: Arn }));
}
