import { ok, okAsync, ResultAsync, safeTry } from 'neverthrow';
import { describeImage, type ImageReference } from '../aws/ecr.js';
import { describeServiceRevision, describeTaskDefinition, type Service, type TaskDefinition } from '../aws/ecs.js';
import { missingIsNull } from '../aws/map-error.js';
import type { VersionTag } from '../environment/definition.js';
import type { Environment } from '../environment/environment.js';
import { versionProblems } from '../environment/validate.js';
import type { AwsError } from '../errors.js';
import { hasGivenUp } from './has-given-up.js';
import { findReleaseImage } from './images.js';
import { compareVersions } from '../runs/compare-versions.js';
import { markedVersion } from './version-tag.js';

/**
 * The released version that a service's next task would run; null when nothing tells it. A revision that this library made says it itself.
 * Of any other the images are asked: the tags that an image has in the repository name its version. What counts under a mutable tag is the
 * digest that the service's deployment has resolved it to, not where the tag is now ("Container image resolution"); but where ECS has given
 * that deployment up, the next one resolves the tag anew.
 */
export function versionInUse(env: Environment, service: Service): ResultAsync<string | null, AwsError> {
  return safeTry<string | null, AwsError>(async function* () {
    const definition = yield* describeTaskDefinition(env, service.taskDefinition!);
    const marked = markedVersion(definition, Object.keys(env.definition.services[service.serviceName!]?.release ?? {}));
    if (marked !== undefined) return ok(marked);
    return ok(versionOf(yield* imagesInUse(env, service, definition)));
  });
}

/** The image that a released container of a service is on. */
export interface ImageInUse {
  readonly container: string;
  /** In the repository of release images; null: of another, or no such container. */
  readonly image: ImageReference | null;
  readonly inRepository: boolean;
  /** The newest version that its tags name; null: none. */
  readonly version: string | null;
}

/** What the released containers of a service's next task would run. The digest that a revision does not name is asked of the service's revision. */
export function imagesInUse(env: Environment, service: Service, definition: TaskDefinition): ResultAsync<readonly ImageInUse[], AwsError> {
  const repository = env.definition.images?.repository ?? '';
  const named = Object.entries(env.definition.services[service.serviceName!]?.release ?? {}).map(([container, { tag }]) => {
    const { image = '' } = definition.containerDefinitions?.find(({ name }) => name === container) ?? {};
    return { container, pattern: tag, image: referenceIn(image, repository) };
  });
  return safeTry<readonly ImageInUse[], AwsError>(async function* () {
    const byTag = named.some(({ image }) => image !== null && 'tag' in image);
    const resolved = byTag ? yield* resolvedDigests(env, service) : {};
    return ok(yield* ResultAsync.combine(named.map((one) => findImage(env, repository, { ...one, resolved: resolved[one.container] }))));
  });
}

/** The version that all of these images are of, or later. */
export function versionOf(images: readonly ImageInUse[]): string | null {
  return oldest(images.map(({ version }) => version));
}

/** One container whose version is not known leaves the service's unknown. */
function oldest(versions: readonly (string | null)[]): string | null {
  const known = versions.filter((version) => version !== null);
  return known.length < versions.length ? null : (known.sort(compareVersions)[0] ?? null);
}

/** container -> digest; a container is absent until a first task has resolved its image */
function resolvedDigests(env: Environment, service: Service): ResultAsync<Readonly<Record<string, string>>, AwsError> {
  const current = service.currentServiceRevisions?.[0];
  if (current?.arn === undefined || hasGivenUp(service)) return okAsync({});
  return describeServiceRevision(env, current.arn).map(({ containerImages = [] }) =>
    Object.fromEntries(containerImages.flatMap(({ containerName, imageDigest }) => (containerName === undefined || imageDigest === undefined ? [] : [[containerName, imageDigest]]))),
  );
}

interface NamedImage {
  readonly container: string;
  readonly pattern: VersionTag;
  readonly image: ImageReference | null;
  readonly resolved: string | undefined;
}

function findImage(env: Environment, repository: string, { container, pattern, image: named, resolved }: NamedImage): ResultAsync<ImageInUse, AwsError> {
  if (named === null) return okAsync({ container, image: null, inRepository: false, version: null });
  const image = resolved === undefined || !('tag' in named) ? named : { digest: resolved };
  return safeTry<ImageInUse, AwsError>(async function* () {
    const tags = yield* tagsOf(env, repository, image);
    const version = newest(tags ?? [], pattern);
    const found = { container, image, inRepository: tags !== null, version };
    // a digest of one platform has no tag of its own: its index has
    if (version !== null || image === named || !('tag' in named)) return ok(found);
    const index = yield* missingIsNull(findReleaseImage(env, repository, named.tag));
    if (index?.digests.includes(resolved!) !== true) return ok(found);
    return ok({ ...found, inRepository: true, version: newest((yield* tagsOf(env, repository, named)) ?? [], pattern) });
  });
}

/** `…/graasp@sha256:…` or `…/graasp:core-latest`; null for an image of another repository. */
function referenceIn(image: string, repository: string): ImageReference | null {
  const [, name = '', tag, digest] = /^(.+?)(?::([^:/@]+))?(?:@(sha256:.+))?$/.exec(image) ?? [];
  if (name !== repository && !name.endsWith(`/${repository}`)) return null;
  return digest === undefined ? { tag: tag ?? 'latest' } : { digest };
}

/** null: it is not in the repository. */
function tagsOf(env: Environment, repository: string, image: ImageReference): ResultAsync<readonly string[] | null, AwsError> {
  return missingIsNull(describeImage(env, repository, image)).map((detail) => (detail === null ? null : (detail.imageTags ?? [])));
}

/** Of `core-v1.54.8` and `core-latest`, with the pattern `core-{version}`, that is `v1.54.8`. */
function newest(tags: readonly string[], pattern: VersionTag): string | null {
  const [before = '', after = ''] = pattern.split('{version}');
  const versions = tags.filter((tag) => tag.startsWith(before) && tag.endsWith(after)).map((tag) => tag.slice(before.length, tag.length - after.length));
  return versions.filter((version) => versionProblems(version).length === 0).sort(compareVersions).at(-1) ?? null;
}
