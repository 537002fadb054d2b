import type { ResultAsync } from 'neverthrow';
import { internals, type Environment } from '../environment/environment.js';
import type { AwsError } from '../errors.js';
import { read } from './call.js';
import type { DatedAnswer } from './clients.js';

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

/** AWS's time to the second, milliseconds since the epoch: the date of an answer that needs no permission. This machine's where the answer does not tell, as in a page. */
export function readAwsTime(env: Environment): ResultAsync<number, AwsError> {
  return read(env, { action: 'sts:GetCallerIdentity' }, async () => {
    const { sdk, client } = await env[internals].clients.sts();
    const { $metadata } = (await client.send(new sdk.GetCallerIdentityCommand({}))) as DatedAnswer;
    return Date.parse($metadata?.date ?? '');
  }).map((told) => (Number.isNaN(told) ? env.clock.now() : told));
}

export interface CredentialsLife {
  /** With a session token: they end some time, told or not. */
  readonly temporary: boolean;
  /** null: their provider does not tell, or they do not expire. */
  readonly expiresAt: Date | null;
  /** Asked anew, their provider gave another session: its end, in whole seconds, may still be the same. */
  readonly renewed: boolean;
}

/** How long the credentials in use last; `anew`: those that their provider gives when it is asked again. No secret leaves this function. */
export function readCredentialsLife(env: Environment, { anew }: { readonly anew: boolean }): ResultAsync<CredentialsLife, AwsError> {
  return read(env, { action: 'sts:GetCallerIdentity' }, async () => {
    const { client } = await env[internals].clients.sts();
    const before = await client.config.credentials();
    const { sessionToken, expiration } = anew ? await client.config.credentials({ forceRefresh: true }) : before;
    return { temporary: sessionToken !== undefined, expiresAt: expiration ?? null, renewed: sessionToken !== before.sessionToken };
  });
}
