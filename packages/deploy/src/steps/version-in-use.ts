import { ok, okAsync, ResultAsync, safeTry } from 'neverthrow';
import { describeImage, type ImageReference } from '../aws/ecr.js';
import { type ContainerDefinition, describeServiceRevision, describeTaskDefinition, type Service } from '../aws/ecs.js';
import { missingIsNull } from '../aws/map-error.js';
import type { VersionTag } from '../environment/definition.js';
import type { Environment } from '../environment/environment.js';
import { versionProblems } from '../environment/validate.js';
import type { AwsError } from '../errors.js';
import { findReleaseImage } from './images.js';
import { compareVersions } from './refuse-older-code.js';
import { versionTag } from './version-tag.js';

/**
 * The released version that a service's next task would run; null when nothing tells it. A revision that this library made says it itself.
 * Of any other the images are asked: the tags that an image has in the repository name its version. What counts under a mutable tag is the
 * digest that the service's deployment has resolved it to, not where the tag is now ("Container image resolution").
 */
export function versionInUse(env: Environment, service: Service): ResultAsync<string | null, AwsError> {
  const release = Object.entries(env.definition.services[service.serviceName!]?.release ?? {});
  return safeTry<string | null, AwsError>(async function* () {
    const definition = yield* describeTaskDefinition(env, service.taskDefinition!);
    const marked = versionTag(definition.tags);
    if (marked !== undefined) return ok(marked);
    const resolved = yield* resolvedDigests(env, service);
    const versions = yield* ResultAsync.combine(
      release.map(([container, { tag }]) => versionOfImage(env, definition.containerDefinitions?.find(({ name }) => name === container), { resolved: resolved[container], tag })),
    );
    return ok(oldest(versions));
  });
}

/** One container whose version is not known leaves the service's unknown. */
function oldest(versions: readonly (string | null)[]): string | null {
  const known = versions.filter((version) => version !== null);
  return known.length < versions.length ? null : (known.sort(compareVersions)[0] ?? null);
}

/** container -> digest; a container is absent until a first task has resolved its image */
function resolvedDigests(env: Environment, { currentServiceRevisions = [] }: Service): ResultAsync<Readonly<Record<string, string>>, AwsError> {
  const [current] = currentServiceRevisions;
  if (current?.arn === undefined) return okAsync({});
  return describeServiceRevision(env, current.arn).map(({ containerImages = [] }) =>
    Object.fromEntries(containerImages.flatMap(({ containerName, imageDigest }) => (containerName === undefined || imageDigest === undefined ? [] : [[containerName, imageDigest]]))),
  );
}

interface Resolution {
  readonly resolved: string | undefined;
  readonly tag: VersionTag;
}

function versionOfImage(env: Environment, container: ContainerDefinition | undefined, { resolved, tag }: Resolution): ResultAsync<string | null, AwsError> {
  const repository = env.definition.images?.repository ?? '';
  const named = referenceIn(container?.image ?? '', repository);
  if (named === null) return okAsync(null);
  return safeTry<string | null, AwsError>(async function* () {
    const version = newest(yield* tagsOf(env, repository, resolved === undefined ? named : { digest: resolved }), tag);
    // a digest of one platform has no tag of its own: its index has
    if (version !== null || resolved === undefined || !('tag' in named)) return ok(version);
    const index = yield* missingIsNull(findReleaseImage(env, repository, named.tag));
    return index?.digests.includes(resolved) === true ? tagsOf(env, repository, named).map((tags) => newest(tags, tag)) : ok(null);
  });
}

/** `…/graasp@sha256:…` or `…/graasp:core-latest`; null for an image of another repository. */
function referenceIn(image: string, repository: string): ImageReference | null {
  const [, name = '', tag, digest] = /^(.+?)(?::([^:/@]+))?(?:@(sha256:.+))?$/.exec(image) ?? [];
  if (name !== repository && !name.endsWith(`/${repository}`)) return null;
  return digest === undefined ? { tag: tag ?? 'latest' } : { digest };
}

function tagsOf(env: Environment, repository: string, image: ImageReference): ResultAsync<readonly string[], AwsError> {
  return missingIsNull(describeImage(env, repository, image)).map((detail) => detail?.imageTags ?? []);
}

/** Of `core-v1.54.8` and `core-latest`, with the pattern `core-{version}`, that is `v1.54.8`. */
function newest(tags: readonly string[], pattern: VersionTag): string | null {
  const [before = '', after = ''] = pattern.split('{version}');
  const versions = tags.filter((tag) => tag.startsWith(before) && tag.endsWith(after)).map((tag) => tag.slice(before.length, tag.length - after.length));
  return versions.filter((version) => versionProblems(version).length === 0).sort(compareVersions).at(-1) ?? null;
}
