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
  /**
   * Pushes what a declaration describes: into the private repository that its reference names (`repository:tag`, created by
   * CreateRepository before), or else as an image of an outside registry. Moves the tag when it exists.
   */
  pushImage(declaration: ImageDeclaration): { readonly digest: string };
}

/** ECR: real manifests of OCI indexes, whose digests are those of their bytes. Layers have digests, but no content. */
export function createEcr(context: CloudContext): Ecr {
  const registry = createRegistry(context);
  return {
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
  const authorization = { authorizationToken: toBase64('AWS:rehearsal'), expiresAt: new Date(clock.now() + 12 * 3_600_000), proxyEndpoint: `https://${accountId}.dkr.ecr.${region}.amazonaws.com` };
  return { authorizationData: [authorization] };
}

/** A `data:` URL, which every fetch can read; only configurations have content. */
function downloadUrl(registry: Registry, { repositoryName, layerDigest = '' }: GetDownloadUrlForLayerCommandInput): object {
  registry.repository(repositoryName);
  const config = registry.config(layerDigest);
  if (config === undefined) throw new ServiceFault('LayerInaccessibleException', `local cloud keeps no content of the layer ${layerDigest}`);
  return { downloadUrl: `data:application/json;base64,${toBase64(config)}`, layerDigest };
}
