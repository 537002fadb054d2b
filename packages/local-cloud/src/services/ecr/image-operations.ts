import type {
  BatchDeleteImageCommandInput,
  BatchGetImageCommandInput,
  DescribeImagesCommandInput,
  ImageIdentifier,
  ListImagesCommandInput,
  PutImageCommandInput,
} from '@aws-sdk/client-ecr';
import { ServiceFault, type CloudContext, type Operations } from '../../context.js';
import { page } from '../paging.js';
import { indexMediaType } from './build-image.js';
import { childrenOf, putManifest, sizeOf, whereIs } from './put-manifest.js';
import { imageByTag, type Registry, type Repository, type StoredImage } from './registry.js';

export function createImageOperations(registry: Registry, context: CloudContext): Operations {
  return {
    BatchGetImage: (input: BatchGetImageCommandInput) => batchGetImage(registry, context, input),
    PutImage: (input: PutImageCommandInput) => putImage(registry, context, input),
    DescribeImages: (input: DescribeImagesCommandInput) => describeImages(registry, context, input),
    ListImages: (input: ListImagesCommandInput) => listImages(registry, input),
    BatchDeleteImage: (input: BatchDeleteImageCommandInput) => batchDeleteImage(registry, input),
  };
}

const invalidToken = (): ServiceFault => new ServiceFault('InvalidParameterException', 'Invalid parameter: nextToken');

function find(repository: Repository, { imageDigest, imageTag }: ImageIdentifier): StoredImage | undefined {
  const image = imageDigest === undefined ? imageByTag(repository, imageTag ?? '') : repository.images.get(imageDigest);
  return imageDigest !== undefined && imageTag !== undefined && image?.tags.has(imageTag) !== true ? undefined : image;
}

const notFound = (imageId: ImageIdentifier): object => ({ imageId, failureCode: 'ImageNotFound', failureReason: 'Requested image not found' });

/** A miss is a failure in an answer of 200. A caller that accepts no index gets the first platform's manifest. */
function batchGetImage(registry: Registry, { accountId }: CloudContext, { repositoryName, imageIds = [], acceptedMediaTypes }: BatchGetImageCommandInput): object {
  const repository = registry.repository(repositoryName);
  const asked = imageIds.map((imageId) => ({ imageId, image: find(repository, imageId) }));
  return {
    images: asked.flatMap(({ imageId, image }) => {
      if (image === undefined) return [];
      const shown = acceptable(repository, image, acceptedMediaTypes);
      return [{ registryId: accountId, repositoryName, imageId: { imageDigest: shown.digest, imageTag: imageId.imageTag }, imageManifest: shown.text, imageManifestMediaType: shown.mediaType }];
    }),
    failures: asked.flatMap(({ imageId, image }) => (image === undefined ? [notFound(imageId)] : [])),
  };
}

function acceptable(repository: Repository, image: StoredImage, accepted: readonly string[] | undefined): StoredImage {
  if (accepted === undefined || accepted.length === 0 || accepted.includes(image.mediaType) || image.mediaType !== indexMediaType) return image;
  return repository.images.get(childrenOf(image)[0] ?? '') ?? image;
}

/** Takes the manifest byte for byte: its digest is the image's. */
function putImage(registry: Registry, { accountId }: CloudContext, input: PutImageCommandInput): object {
  const { imageManifest = '', imageTag } = input;
  const repository = registry.repository(input.repositoryName);
  const { image, unchanged } = putManifest(registry, repository, accountId, { text: imageManifest, mediaType: input.imageManifestMediaType, tag: imageTag, digest: input.imageDigest });
  if (unchanged) {
    throw new ServiceFault('ImageAlreadyExistsException', `Image with digest '${image.digest}'${imageTag === undefined ? '' : ` and tag '${imageTag}'`} already exists ${whereIs(repository, accountId)}`);
  }
  return { image: { registryId: accountId, repositoryName: repository.name, imageId: { imageDigest: image.digest, imageTag }, imageManifest, imageManifestMediaType: image.mediaType } };
}

function withTagStatus(images: Iterable<StoredImage>, status: string | undefined): StoredImage[] {
  return [...images].filter(({ tags }) => status === undefined || status === 'ANY' || (status === 'TAGGED') === tags.size > 0);
}

function describeImages(registry: Registry, { accountId }: CloudContext, { repositoryName, imageIds, filter, nextToken, maxResults = 100 }: DescribeImagesCommandInput): object {
  const repository = registry.repository(repositoryName);
  const wanted = imageIds === undefined ? withTagStatus(repository.images.values(), filter?.tagStatus) : imageIds.map((imageId) => existing(repository, imageId, accountId));
  const { items, next } = page(wanted, { token: nextToken, size: maxResults, invalid: invalidToken });
  return {
    imageDetails: items.map((image) => ({
      registryId: accountId,
      repositoryName,
      imageDigest: image.digest,
      imageTags: image.tags.size > 0 ? [...image.tags] : undefined,
      imageSizeInBytes: sizeOf(repository, image),
      imagePushedAt: new Date(image.pushedAt),
      imageManifestMediaType: image.mediaType,
    })),
    nextToken: next,
  };
}

function existing(repository: Repository, imageId: ImageIdentifier, accountId: string): StoredImage {
  const image = find(repository, imageId);
  if (image !== undefined) return image;
  const named = `{imageDigest:'${imageId.imageDigest ?? 'null'}', imageTag:'${imageId.imageTag ?? 'null'}'}`;
  throw new ServiceFault('ImageNotFoundException', `The image with imageId ${named} does not exist within the repository with name '${repository.name}' in the registry with id '${accountId}'`);
}

function listImages(registry: Registry, { repositoryName, filter, nextToken, maxResults = 100 }: ListImagesCommandInput): object {
  const images = withTagStatus(registry.repository(repositoryName).images.values(), filter?.tagStatus);
  const ids = images.flatMap(({ digest, tags }): ImageIdentifier[] => (tags.size === 0 ? [{ imageDigest: digest }] : [...tags].map((imageTag) => ({ imageDigest: digest, imageTag }))));
  const { items, next } = page(ids, { token: nextToken, size: maxResults, invalid: invalidToken });
  return { imageIds: items, nextToken: next };
}

/** By tag: removes the tag, and the image when that was its last one. By digest: removes the image with all its tags. */
function batchDeleteImage(registry: Registry, { repositoryName, imageIds = [] }: BatchDeleteImageCommandInput): object {
  const repository = registry.repository(repositoryName);
  const results = imageIds.map((imageId) => deleteImage(repository, imageId));
  return { imageIds: results.flatMap(({ deleted }) => deleted ?? []), failures: results.flatMap(({ failure }) => failure ?? []) };
}

function deleteImage(repository: Repository, imageId: ImageIdentifier): { readonly deleted?: ImageIdentifier[]; readonly failure?: object } {
  const image = find(repository, imageId);
  if (image === undefined) return { failure: notFound(imageId) };
  const { imageTag } = imageId;
  if (imageTag !== undefined && image.tags.size > 1) {
    image.tags.delete(imageTag);
    return { deleted: [{ imageDigest: image.digest, imageTag }] };
  }
  const parent = [...repository.images.values()].find((other) => childrenOf(other).includes(image.digest));
  if (parent !== undefined) return { failure: { imageId, failureCode: 'ImageReferencedByManifestList', failureReason: `Requested image referenced by manifest list: [${parent.digest}]` } };
  repository.images.delete(image.digest);
  return { deleted: image.tags.size === 0 ? [{ imageDigest: image.digest }] : [...image.tags].map((tag) => ({ imageDigest: image.digest, imageTag: tag })) };
}
