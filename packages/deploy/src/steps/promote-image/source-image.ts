import { ok, type ResultAsync, safeTry } from 'neverthrow';
import type { Environment } from '../../environment/environment.js';
import type { AwsError } from '../../errors.js';
import { getManifest, hasManifest, type Manifest } from '../../registry/manifests.js';
import type { Descriptor } from '../../registry/oci-manifest.js';
import type { Repository } from '../../registry/registry.js';
import type { ReleasedImage } from './released-images.js';

/** An image of the version as it is published. */
export interface SourceImage extends ReleasedImage {
  readonly root: Manifest;
  /** `os/architecture` of each image in an index; null for an image of one platform, whose manifest does not say it. */
  readonly platforms: readonly string[] | null;
}

export function readSourceImage(env: Environment, from: Repository, image: ReleasedImage): ResultAsync<SourceImage, AwsError> {
  return getManifest(env, from, image.tag).map((root) => ({ ...image, root, platforms: platformsOf(root) }));
}

/** `os/architecture` of each image in an index; attestations beside them call their platform unknown. */
export function platformsOf({ parsed }: Manifest): readonly string[] | null {
  return parsed.kind === 'index' ? parsed.manifests.flatMap(({ platform }) => (platform === null || platform.startsWith('unknown/') ? [] : [platform])) : null;
}

/** The digest of the image, and of each that it holds. */
export function digestsOf({ root }: SourceImage): readonly string[] {
  return [root.digest, ...(root.parsed.kind === 'index' ? root.parsed.manifests.map(({ digest }) => digest) : [])];
}

/** What of an image is not in the private repository, in the order in which it has to come there. */
export interface MissingParts {
  readonly blobs: readonly Descriptor[];
  /** Those that others refer to first. */
  readonly manifests: readonly Manifest[];
}

/** A manifest that is there has all its parts there: a registry takes none before, and ECR deletes none from under it. */
export function findMissingParts(env: Environment, ends: { readonly from: Repository; readonly to: Repository }, manifest: Manifest): ResultAsync<MissingParts, AwsError> {
  return safeTry<MissingParts, AwsError>(async function* () {
    if (yield* hasManifest(env, ends.to, manifest.digest)) return ok({ blobs: [], manifests: [] });
    if (manifest.parsed.kind === 'image') return ok({ blobs: manifest.parsed.blobs, manifests: [manifest] });
    const parts: MissingParts[] = [];
    for (const { digest } of manifest.parsed.manifests) parts.push(yield* getManifest(env, ends.from, digest).andThen((child) => findMissingParts(env, ends, child)));
    return ok({ blobs: parts.flatMap(({ blobs }) => blobs), manifests: [...parts.flatMap(({ manifests }) => manifests), manifest] });
  });
}
