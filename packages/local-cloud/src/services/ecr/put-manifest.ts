import { ServiceFault } from '../../context.js';
import { digestOf, indexMediaType } from './build-image.js';
import { imageByTag, type Registry, type Repository, type StoredImage } from './registry.js';

export interface ManifestToPut {
  /** Byte for byte: its digest is the image's. */
  readonly text: string;
  /** Needed where the manifest itself does not say it. */
  readonly mediaType?: string | undefined;
  readonly tag?: string | undefined;
  /** Refused when the manifest has another. */
  readonly digest?: string | undefined;
}

export interface PutManifest {
  readonly image: StoredImage;
  /** The manifest was there, with this tag if one was given: nothing has changed. */
  readonly unchanged: boolean;
}

/** Stores a manifest whose parts are all there, and moves the tag to it unless the repository's tags are immutable. */
export function putManifest(registry: Registry, repository: Repository, accountId: string, { text, tag, ...given }: ManifestToPut): PutManifest {
  const digest = digestOf(text);
  const mediaType = given.mediaType ?? mediaTypeOf(text);
  if (given.digest !== undefined && given.digest !== digest) throw new ServiceFault('ImageDigestDoesNotMatchException', `The specified image digest '${given.digest}' does not match the digest '${digest}' of the manifest`);
  refuseMissingParts(repository, text);

  const present = repository.images.get(digest);
  const tagged = tag === undefined ? undefined : imageByTag(repository, tag);
  if (present !== undefined && tagged === (tag === undefined ? undefined : present)) return { image: present, unchanged: true };
  if (repository.immutable && tagged !== undefined) {
    throw new ServiceFault('ImageTagAlreadyExistsException', `The image tag '${tag}' already exists ${whereIs(repository, accountId)} and cannot be overwritten because the tag is immutable.`);
  }
  return { image: registry.store(repository, { digest, mediaType, text }, tag), unchanged: false };
}

export function whereIs({ name }: Repository, accountId: string): string {
  return `in the repository with name '${name}' in registry with id '${accountId}'`;
}

interface ManifestParts {
  readonly mediaType?: string;
  readonly manifests?: readonly { readonly digest: string }[];
  readonly config?: { readonly digest: string; readonly size?: number };
  readonly layers?: readonly { readonly digest: string; readonly size?: number }[];
}

function parseManifest(text: string): ManifestParts {
  try {
    return JSON.parse(text) as ManifestParts;
  } catch {
    throw new ServiceFault('InvalidParameterException', "Invalid parameter at 'ImageManifest' failed to satisfy constraint: 'Invalid JSON syntax'");
  }
}

function mediaTypeOf(text: string): string {
  const { mediaType } = parseManifest(text);
  if (mediaType === undefined) throw new ServiceFault('InvalidParameterException', 'imageManifestMediaType is required for a manifest without mediaType.');
  return mediaType;
}

/** An index needs its manifests in the repository, a manifest its configuration and layers. */
function refuseMissingParts(repository: Repository, text: string): void {
  const { manifests, config, layers = [] } = parseManifest(text);
  const absent = (manifests ?? []).filter(({ digest }) => !repository.images.has(digest));
  if (absent.length > 0) throw new ServiceFault('ReferencedImagesNotFoundException', `Images with digests '${listed(absent)}' required for pushing image into repository with name '${repository.name}' do not exist`);
  if (manifests !== undefined) return;
  const missing = [config ?? { digest: '' }, ...layers].filter(({ digest }) => !repository.blobs.has(digest));
  if (missing.length > 0) throw new ServiceFault('LayersNotFoundException', `Layers with digests '${listed(missing)}' required for pushing image into repository with name '${repository.name}' do not exist`);
}

function listed(parts: readonly { readonly digest: string }[]): string {
  return `[${parts.map(({ digest }) => digest).join(', ')}]`;
}

/** Digests of an index's manifests; none for an image of one platform. */
export function childrenOf({ mediaType, text }: StoredImage): string[] {
  if (mediaType !== indexMediaType && !mediaType.includes('manifest.list')) return [];
  return (parseManifest(text).manifests ?? []).map(({ digest }) => digest);
}

/** "ImageDetail": what its blobs weigh; of an index, what its heaviest image does. */
export function sizeOf(repository: Repository, image: StoredImage): number {
  const children = childrenOf(image).flatMap((digest) => repository.images.get(digest) ?? []);
  if (children.length > 0) return Math.max(...children.map((child) => sizeOf(repository, child)));
  const { config, layers = [] } = parseManifest(image.text);
  return [...(config === undefined ? [] : [config]), ...layers].reduce((sum, { size = 0 }) => sum + size, 0);
}
