import type { Image, ImageDetail, ImageIdentifier } from '@aws-sdk/client-ecr';
import { err, ok, type ResultAsync } from 'neverthrow';
import { internals, type Environment } from '../environment/environment.js';
import type { AwsError, AwsWriteError } from '../errors.js';
import { Redacted } from '../redacted.js';
import { read, write } from './call.js';
import { notFound } from './map-error.js';

export type { Image, ImageDetail } from '@aws-sdk/client-ecr';

/** An image of a repository, by one of the two. */
export type ImageReference = { readonly tag: string } | { readonly digest: string };

/** An index of several platforms as well as an image of one, or one platform would be taken for the whole. */
export const manifestMediaTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];

const ecr = (env: Environment) => env[internals].clients.ecr();

export function describeImage(env: Environment, repository: string, image: ImageReference): ResultAsync<ImageDetail, AwsError> {
  const resource = { kind: 'image', name: imageName(repository, image) };
  return read(env, { action: 'ecr:DescribeImages', resource }, async () => {
    const { sdk, client } = await ecr(env);
    return client.send(new sdk.DescribeImagesCommand({ repositoryName: repository, imageIds: [identifier(image)] }));
  }).mapErr(unlessRepository(env, repository)).andThen(({ imageDetails }) => (imageDetails?.[0] === undefined ? err(notFound(env, resource)) : ok(imageDetails[0])));
}

/** The manifest, byte for byte. */
export function batchGetImage(env: Environment, repository: string, image: ImageReference): ResultAsync<Image, AwsError> {
  const resource = { kind: 'image', name: imageName(repository, image) };
  return read(env, { action: 'ecr:BatchGetImage', resource }, async () => {
    const { sdk, client } = await ecr(env);
    return client.send(new sdk.BatchGetImageCommand({ repositoryName: repository, imageIds: [identifier(image)], acceptedMediaTypes: manifestMediaTypes }));
  }).mapErr(unlessRepository(env, repository)).andThen(({ images }) => (images?.[0] === undefined ? err(notFound(env, resource)) : ok(images[0])));
}

export interface ImageToPut {
  readonly manifest: string;
  /** Needed where the manifest itself does not say it (OCI). */
  readonly mediaType?: string | undefined;
  readonly tag: string;
  /** AWS refuses a manifest of another digest. */
  readonly digest?: string | undefined;
}

/** Moves or adds a tag. The tag being there already, on the same image, is success. */
export function putImage(env: Environment, repository: string, image: ImageToPut): ResultAsync<void, AwsWriteError> {
  return write(env, { action: 'ecr:PutImage', resource: { kind: 'repository', name: repository } }, async () => {
    const { sdk, client } = await ecr(env);
    const input = {
      repositoryName: repository,
      imageManifest: image.manifest,
      imageTag: image.tag,
      ...(image.mediaType === undefined ? {} : { imageManifestMediaType: image.mediaType }),
      ...(image.digest === undefined ? {} : { imageDigest: image.digest }),
    };
    return client.send(new sdk.PutImageCommand(input)).catch((thrown: unknown) => {
      if (thrown instanceof sdk.ImageAlreadyExistsException) return undefined;
      throw thrown;
    });
  }).map(() => undefined);
}

export interface RegistryLogin {
  /** Address of the private registry. */
  readonly endpoint: string;
  /** What stands behind `Basic`. */
  readonly login: Redacted;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** How to speak to the account's private registry over the distribution protocol, for twelve hours. */
export function getAuthorizationToken(env: Environment): ResultAsync<RegistryLogin, AwsError> {
  return read(env, { action: 'ecr:GetAuthorizationToken' }, async () => {
    const { sdk, client } = await ecr(env);
    const { authorizationData } = await client.send(new sdk.GetAuthorizationTokenCommand({}));
    const { authorizationToken, proxyEndpoint = '', expiresAt } = authorizationData?.[0] ?? {};
    if (authorizationToken === undefined || !URL.canParse(proxyEndpoint)) throw new Error('the answer has no token, or does not say for which registry');
    return { endpoint: proxyEndpoint, login: new Redacted(authorizationToken), expiresAt: expiresAt?.getTime() ?? 0 };
  });
}

/** Without its repository it is not the image that is to be pushed. */
function unlessRepository(env: Environment, repository: string): (error: AwsError) => AwsError {
  return (error) => (error.kind === 'NotFound' && error.cause?.name === 'RepositoryNotFoundException' ? notFound(env, { kind: 'repository', name: repository }, error.cause) : error);
}

function identifier(image: ImageReference): ImageIdentifier {
  return 'tag' in image ? { imageTag: image.tag } : { imageDigest: image.digest };
}

function imageName(repository: string, image: ImageReference): string {
  return 'tag' in image ? `${repository}:${image.tag}` : `${repository}@${image.digest}`;
}
