import { ok, okAsync, type ResultAsync, safeTry } from 'neverthrow';
import { describeTaskDefinition, describeTasks, findServices, listTasks } from '../../aws/ecs.js';
import { missingIsNull } from '../../aws/map-error.js';
import type { Environment } from '../../environment/environment.js';
import type { AwsError } from '../../errors.js';
import { findReleaseImage } from '../images.js';

/**
 * The image of a repository that a container of a service runs now, of the revision in use: the digest that the revision names, or what its
 * tasks have pulled; where none runs, what they would pull. null when there is no such service, or its image is another repository's.
 */
export function runningDigest(env: Environment, repository: string, { service, container }: { readonly service: string; readonly container: string }): ResultAsync<string | null, AwsError> {
  return safeTry<string | null, AwsError>(async function* () {
    const found = yield* findServices(env, [service]);
    const revision = found.services[0]?.taskDefinition;
    if (revision === undefined) return ok(null);
    const definition = yield* describeTaskDefinition(env, revision);
    const image = definition.containerDefinitions?.find(({ name }) => name === container)?.image ?? '';
    const named = imageOf(image, repository);
    if (named === null) return ok(null);
    if ('digest' in named) return ok(named.digest);
    const pulled = yield* pulledDigest(env, { service, container, revision });
    const tagged = yield* missingIsNull(findReleaseImage(env, repository, named.tag));
    // a task may tell the digest of its platform's image: the index around it is what can be deployed again
    return ok(tagged !== null && (pulled === null || tagged.digests.includes(pulled)) ? tagged.digest : pulled);
  });
}

/** `host/repository@sha256:…` or `host/repository:tag`; null for another repository. */
function imageOf(image: string, repository: string): { readonly digest: string } | { readonly tag: string } | null {
  const [, name, tag, digest] = /^[^/]+\.dkr\.ecr[^/]*\/([^:@]+)(?::([^@]+))?(?:@(.+))?$/.exec(image) ?? [];
  if (name !== repository) return null;
  return digest === undefined ? { tag: tag ?? 'latest' } : { digest };
}

function pulledDigest(env: Environment, { service, container, revision }: { readonly service: string; readonly container: string; readonly revision: string }): ResultAsync<string | null, AwsError> {
  return listTasks(env, { serviceName: service })
    .andThen((arns) => (arns.length === 0 ? okAsync({ tasks: [] }) : describeTasks(env, arns)))
    .map(({ tasks }) => {
      const ofRevision = tasks.filter(({ taskDefinitionArn }) => taskDefinitionArn === revision);
      return ofRevision.flatMap(({ containers = [] }) => containers.filter(({ name }) => name === container).flatMap(({ imageDigest }) => imageDigest ?? []))[0] ?? null;
    });
}
