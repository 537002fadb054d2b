import { errAsync, ResultAsync } from 'neverthrow';
import { type Environment, internals } from '../environment/environment.js';
import type { AwsError } from '../errors.js';
import type { Access, Repository } from './registry.js';

export interface RegistryRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: BodyInit | undefined;
  readonly signal: AbortSignal;
}

/** One request. The platform follows redirects, and takes the token off on its way to another origin. */
export function askRegistry(env: Environment, access: Access, { method, url, headers = {}, body, signal }: RegistryRequest): Promise<Response> {
  const { authorization, origin } = access;
  const login = authorization === null || url.origin !== origin ? {} : { authorization: authorization.reveal() };
  // a body that is a stream has to be said to be one; DOM's types do not know of it
  const init: RequestInit & { readonly duplex?: 'half' } = { method, headers: { ...headers, ...login }, signal, ...(body === undefined ? {} : { body, duplex: 'half' }) };
  return env[internals].fetch(url.href, init);
}

/** Address of something in a repository. */
export function addressOf(access: Access, { path }: Repository, rest: string): URL {
  return new URL(`/v2/${path}/${rest}`, access.origin);
}

/**
 * Calls with the access of each repository, and once more with new ones when they are not accepted: a token ends when it ends. A refusal
 * without words (of a HEAD) may mean just that, so it is tried again too.
 */
export function withAccess<T, E extends { readonly kind: string }>(env: Environment, repositories: readonly Repository[], call: (accesses: readonly Access[]) => ResultAsync<T, E>): ResultAsync<T, E | AwsError> {
  const ask = () => ResultAsync.combine(repositories.map((repository) => repository.access(env)));
  return ask().andThen((accesses) =>
    call(accesses).orElse((error): ResultAsync<T, E | AwsError> => {
      if (error.kind !== 'CredentialsExpired' && error.kind !== 'AccessDenied') return errAsync(error);
      repositories.forEach((repository, index) => repository.forget(accesses[index]!));
      return ask().andThen(call);
    }),
  );
}
