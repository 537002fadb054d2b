import type {
  CreateRepositoryCommandInput,
  DescribeRepositoriesCommandInput,
  GetAuthorizationTokenCommandInput,
  GetDownloadUrlForLayerCommandInput,
} from '@aws-sdk/client-ecr';
import { toBase64 } from '@smithy/core/serde';
import type { ImageDeclaration } from '../../blueprint.js';
import { ServiceFault, type CloudContext, type Operations, type Siblings } from '../../context.js';
import { page } from '../paging.js';
import { createImageOperations } from './image-operations.js';
import { createRegistry, type Registry, type Repository } from './registry.js';

type RegistrySibling = Siblings['ecr'];
export interface Ecr extends RegistrySibling {
  readonly operations: Operations;
  /** What the registries hold, for those who speak to them over the distribution protocol. */
  readonly registry: Registry;
  /**
   * Pushes what a declaration describes: into the private repository that its reference names (`repository:tag`, created by
   * CreateRepository before), or else as an image of an outside registry. Moves the tag when it exists.
   */
  pushImage(declaration: ImageDeclaration): { readonly digest: string };
}

/** User and password at the private registry, for everybody and for ever. */
export const registryLogin = 'AWS:rehearsal';

/** ECR: real manifests of OCI indexes, and the blobs they refer to; the digest of each is that of its bytes. */
export function createEcr(context: CloudContext): Ecr {
  const registry = createRegistry(context);
  return {
    registry,
    pushImage: (declaration) => registry.push(declaration),
    resolveImage: (reference) => registry.resolve(reference),
    operations: {
      ...createImageOperations(registry, context),
      CreateRepository: (input: CreateRepositoryCommandInput) => createRepository(registry, context, input),
      DescribeRepositories: (input: DescribeRepositoriesCommandInput) => describeRepositories(registry, context, input),
      GetAuthorizationToken: (_input: GetAuthorizationTokenCommandInput) => authorizationToken(context),
      GetDownloadUrlForLayer: (input: GetDownloadUrlForLayerCommandInput) => downloadUrl(registry, input),
    },
  };
}

function createRepository(registry: Registry, context: CloudContext, { repositoryName = '', imageTagMutability }: CreateRepositoryCommandInput): object {
  if (registry.repositories.has(repositoryName)) {
    throw new ServiceFault('RepositoryAlreadyExistsException', `The repository with name '${repositoryName}' already exists in the registry with id '${context.accountId}'`);
  }
  return { repository: describeRepository(context, registry.createRepository(repositoryName, imageTagMutability === 'IMMUTABLE')) };
}

function describeRepositories(registry: Registry, context: CloudContext, { repositoryNames, nextToken, maxResults = 100 }: DescribeRepositoriesCommandInput): object {
  const found = repositoryNames === undefined ? [...registry.repositories.values()] : repositoryNames.map((name) => registry.repository(name));
  const invalid = (): ServiceFault => new ServiceFault('InvalidParameterException', 'Invalid parameter: nextToken');
  const { items, next } = page(found, { token: nextToken, size: maxResults, invalid });
  return { repositories: items.map((repository) => describeRepository(context, repository)), nextToken: next };
}

function describeRepository({ accountId }: CloudContext, { name, arn, uri, createdAt, immutable }: Repository): object {
  return {
    repositoryArn: arn,
    registryId: accountId,
    repositoryName: name,
    repositoryUri: uri,
    createdAt: new Date(createdAt),
    imageTagMutability: immutable ? 'IMMUTABLE' : 'MUTABLE',
    imageScanningConfiguration: { scanOnPush: false },
    encryptionConfiguration: { encryptionType: 'AES256' },
  };
}

function authorizationToken({ accountId, region, clock }: CloudContext): object {
  const authorization = { authorizationToken: toBase64(registryLogin), expiresAt: new Date(clock.now() + 12 * 3_600_000), proxyEndpoint: `https://${accountId}.dkr.ecr.${region}.amazonaws.com` };
  return { authorizationData: [authorization] };
}

/** A `data:` URL, which every fetch can read. */
function downloadUrl(registry: Registry, { repositoryName, layerDigest = '' }: GetDownloadUrlForLayerCommandInput): object {
  const content = registry.repository(repositoryName).blobs.get(layerDigest);
  if (content === undefined) throw new ServiceFault('LayerInaccessibleException', `the repository ${repositoryName} has no layer ${layerDigest}`);
  return { downloadUrl: `data:application/octet-stream;base64,${toBase64(content)}`, layerDigest };
}
