import { ok, Result, type ResultAsync, safeTry } from 'neverthrow';
import { batchGetImage, describeImage } from '../aws/ecr.js';
import type { VersionTag } from '../environment/definition.js';
import { type Environment, internals } from '../environment/environment.js';
import type { AwsError } from '../errors.js';

/** How a revision names the image of a release: by digest, or by a mutable tag that is moved. */
export type ImageStrategy = 'pin' | 'retag';

export interface ReleaseImage {
  readonly repository: string;
  /** `core-v1.54.8` */
  readonly tag: string;
  readonly digest: string;
  /** `os/architecture` of each image in an index; null for an image of one platform, whose manifest does not say it. */
  readonly platforms: readonly string[] | null;
  /** The digest, and those of an index's images: what a running task may report. */
  readonly digests: readonly string[];
}

/** `core-{version}` and `v1.54.8` make `core-v1.54.8`. */
export function releaseTag(tag: VersionTag, version: string): string {
  return tag.replaceAll('{version}', version);
}

/** The image of a release in the private registry. NotFound when the version was not promoted to it. */
export function findReleaseImage(env: Environment, repository: string, tag: string): ResultAsync<ReleaseImage, AwsError> {
  return safeTry<ReleaseImage, AwsError>(async function* () {
    const { imageDigest: digest } = yield* describeImage(env, repository, { tag });
    const image = yield* batchGetImage(env, repository, { digest: digest! });
    const index = indexOf(image.imageManifest ?? '');
    return ok({ repository, tag, digest: digest!, platforms: index?.platforms ?? null, digests: [digest!, ...(index?.digests ?? [])] });
  });
}

interface ImageIndex {
  readonly platforms: readonly string[];
  readonly digests: readonly string[];
}

interface Manifest {
  readonly manifests?: readonly { readonly digest?: string; readonly platform?: { readonly os?: string; readonly architecture?: string } }[];
}

const parseManifest: (text: string) => Result<Manifest, null> = Result.fromThrowable(
  (text: string) => JSON.parse(text) as Manifest,
  () => null,
);

/** What an index holds; attestations beside the images call their platform unknown. */
function indexOf(manifest: string): ImageIndex | null {
  const entries = parseManifest(manifest).unwrapOr<Manifest>({}).manifests;
  if (entries === undefined) return null;
  const images = entries.filter(({ platform }) => platform?.os !== 'unknown');
  return {
    platforms: images.map(({ platform }) => `${platform?.os ?? 'linux'}/${platform?.architecture ?? 'amd64'}`),
    digests: images.flatMap(({ digest }) => digest ?? []),
  };
}

/** The platform that tasks of a definition run on ("RuntimePlatform": X86_64 where it is not given). */
export function platformOf(definition: { readonly runtimePlatform?: { readonly cpuArchitecture?: string | undefined } | undefined }): string {
  return definition.runtimePlatform?.cpuArchitecture === 'ARM64' ? 'linux/arm64' : 'linux/amd64';
}

/** Whether an image can run on a platform, as far as its manifest says. */
export function runsOn(image: Pick<ReleaseImage, 'platforms'>, platform: string): boolean {
  return image.platforms === null || image.platforms.includes(platform);
}

/** What a container definition names: the digest, or the mutable tag. The registry's host stays as it is written now. */
export function imageReference(env: Environment, current: string, image: ReleaseImage, by: { readonly digest: true } | { readonly tag: string }): string {
  const { accountId } = env[internals];
  const { region } = env.definition;
  const now = /^([^/]+\.dkr\.ecr[^/]*)\/(.+)$/.exec(current);
  const host = now?.[1] ?? `${accountId}.dkr.ecr.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
  return 'tag' in by ? `${host}/${image.repository}:${by.tag}` : `${host}/${image.repository}@${image.digest}`;
}
