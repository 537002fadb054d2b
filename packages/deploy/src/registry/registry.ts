import { okAsync, type ResultAsync } from 'neverthrow';
import { getAuthorizationToken } from '../aws/ecr.js';
import type { ImageSource } from '../environment/definition.js';
import type { Environment } from '../environment/environment.js';
import type { AwsError } from '../errors.js';
import { anonymousAccess } from './anonymous-access.js';
import type { Redacted } from '../redacted.js';

/** One repository of a registry that speaks the OCI distribution protocol. */
export interface Repository {
  /** For people: `public.ecr.aws/alias/graasp`. */
  readonly name: string;
  /** As the registry calls it. */
  readonly path: string;
  /** Its registry is the account's own: calls are named by the IAM action that they need. */
  readonly isPrivate: boolean;
  /** Asked for before every call; known while it lasts. */
  access(env: Environment): ResultAsync<Access, AwsError>;
  /** Lets go of an access that the registry did not accept. */
  forget(refused: Access): void;
}

export interface Access {
  /** `https://public.ecr.aws` */
  readonly origin: string;
  /** Value of the Authorization header; null for a registry that asks for none. Never sent to another origin. */
  readonly authorization: Redacted | null;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** A repository that anybody may pull from. */
export function publicRepository({ registry, repository }: ImageSource): Repository {
  const name = `${registry}/${repository}`;
  return { name, path: repository, isPrivate: false, ...known((env) => anonymousAccess(env, registry, repository)) };
}

/** A private ECR repository of the environment's account and region. */
export function privateRepository(repository: string): Repository {
  const access = (env: Environment) => getAuthorizationToken(env).map(({ endpoint, login, expiresAt }) => ({ origin: new URL(endpoint).origin, authorization: login.with('Basic '), expiresAt }));
  return { name: `the private repository ${repository}`, path: repository, isPrivate: true, ...known(access) };
}

/** A token that ends while a blob is on its way would be noticed at its end. */
const marginMs = 60_000;

function known(ask: (env: Environment) => ResultAsync<Access, AwsError>): Pick<Repository, 'access' | 'forget'> {
  let asked: ResultAsync<Access, AwsError> | null = null;
  let refused: Access | null = null;
  const isGood = (env: Environment, access: Access): boolean => access !== refused && access.expiresAt - marginMs > env.clock.now();
  const askAnew = (env: Environment): ResultAsync<Access, AwsError> => {
    asked = ask(env).mapErr((error) => {
      asked = null;
      return error;
    });
    return asked;
  };
  return {
    access: (env) => {
      const before = asked;
      // several calls at once find the same access used up: the first asks anew, for all
      return before === null ? askAnew(env) : before.andThen((access) => (isGood(env, access) ? okAsync(access) : asked === before || asked === null ? askAnew(env) : asked));
    },
    forget: (access) => void (refused = access),
  };
}
