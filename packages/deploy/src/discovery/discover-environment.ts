import { errAsync, type ResultAsync } from 'neverthrow';
import type { AwsConnection } from '../aws/clients.js';
import type { Clock } from '../clock.js';
import { openEnvironment } from '../environment/connect.js';
import { type EnvironmentDefinition, secretFromEnv } from '../environment/definition.js';
import { definitionProblems } from '../environment/definition-problems.js';
import { expectedGot, objectProblems, unknownOptionProblems, waitProblems } from '../environment/validate.js';
import type { AwsError, InvalidInput } from '../errors.js';
import { invalidInput, type Known } from '../runs/as-run.js';
import { draftDefinition, toBeNamed } from './draft-definition.js';
import type { DraftNote } from './draft-notes.js';
import { readAccount } from './read-account.js';
import { renderDefinition } from './render-definition.js';

export interface DiscoverEnvironmentOptions {
  readonly region: string;
  /** Name of the ECS cluster. */
  readonly cluster: string;
  /** Name of the Application Load Balancer; default the one with target groups of most services. */
  readonly loadBalancer?: string | undefined;
  /** Identifier of the RDS instance; default the one that task definitions name, else the only one. */
  readonly database?: string | undefined;
  /** How to reach AWS; default the SDK's own chain of credentials and endpoints. */
  readonly aws?: AwsConnection | undefined;
  /** Taken so that a local cloud's `connection` can be given as it is; nothing is asked by it. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  readonly clock?: Clock | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface DiscoveredEnvironment {
  /** A file of TypeScript that exports the definition as `environment`, with a comment at each guess and each unknown. */
  readonly source: string;
  /** The same as data, for `connect` once it was reviewed. `TODO` stands where a name is not known. */
  readonly definition: EnvironmentDefinition;
  /** What is in the draft, and why, without being certain. */
  readonly guesses: readonly DraftNote[];
  /** What AWS does not tell: questions to a person. */
  readonly unknowns: readonly DraftNote[];
}

export type DiscoverEnvironmentError = InvalidInput | AwsError;

/**
 * Drafts the definition of an environment from what is in an account: a beginning for a person, who reviews every comment of it. Reads, and
 * changes nothing. It begins at the cluster: its services, their task definitions, scaling and target groups, from these the balancer, its
 * listener and rules, from the task definitions the instance, the repository and how its tags are made of versions. A service is taken for
 * administration only by its name or host, and never taken not to use the database: a wrong guess keeps too much closed, not too little,
 * but for that name. No value of a variable or secret gets into the draft, save the names of databases.
 *
 * Needs `ecs:ListServices`, `ecs:DescribeServices`, `ecs:DescribeTaskDefinition`, `ecs:ListTaskDefinitionFamilies`,
 * `application-autoscaling:DescribeScalableTargets`, `elasticloadbalancing:DescribeTargetGroups`, `…:DescribeListeners`, `…:DescribeRules`
 * (`…:DescribeLoadBalancers` where `loadBalancer` is given), `rds:DescribeDBInstances`, and `ecr:DescribeImages` of the repositories whose images run.
 * Security groups are not looked at: which instance belongs to the cluster is known by what task definitions name.
 *
 * Errors: InvalidInput, before any call; NotFound of the cluster or the balancer; any other AwsError.
 */
export function discoverEnvironment(options: DiscoverEnvironmentOptions): ResultAsync<DiscoveredEnvironment, DiscoverEnvironmentError> {
  const problems = optionProblems(options);
  if (problems.length > 0) return errAsync(invalidInput('discoverEnvironment', problems));
  const { region, cluster, loadBalancer, database, ...ways } = options;
  const env = openEnvironment(stub(options), ways, null);
  return readAccount(env, loadBalancer)
    .mapErr((error): DiscoverEnvironmentError => (error.kind === 'NotFound' ? { ...error, remedy: 'Check the names that discoverEnvironment was given, the region, and whose credentials are in use.' } : error))
    .map((account) => {
      const draft = draftDefinition(account, database);
      return { source: renderDefinition(draft), definition: draft.definition, guesses: draft.notes.guesses, unknowns: draft.notes.unknowns };
    });
}

/** As much of a definition as calls go by, with names that pass where none was given. */
function stub({ region, cluster, loadBalancer = toBeNamed, database = toBeNamed }: DiscoverEnvironmentOptions): EnvironmentDefinition {
  const services: EnvironmentDefinition['services'] = { any: { role: 'application', desiredCount: 1 } };
  return { name: 'discovery', region, cluster, loadBalancer, database, services, maintenance: { headerName: 'x', headerValue: secretFromEnv('NONE') } };
}

const known = { region: true, cluster: true, loadBalancer: true, database: true, aws: true, fetch: true, clock: true, signal: true } satisfies Known<DiscoverEnvironmentOptions>;

function optionProblems(options: DiscoverEnvironmentOptions): readonly string[] {
  const noOptions = objectProblems('options', options);
  if (noOptions.length > 0) return noOptions;
  const { aws, fetch, clock, signal } = options;
  return [
    ...unknownOptionProblems(options, Object.keys(known)),
    ...definitionProblems(stub(options)),
    ...(aws === undefined ? [] : objectProblems('aws', aws)),
    ...(fetch === undefined || typeof fetch === 'function' ? [] : [`fetch: ${expectedGot('a function like fetch', fetch)}`]),
    ...(clock === undefined || typeof (clock as Partial<Clock> | null)?.sleep === 'function' ? [] : [`clock: ${expectedGot('a Clock', clock)}`]),
    ...waitProblems({ signal }),
  ];
}
