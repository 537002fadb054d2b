import { ServiceFault } from '../../../context.js';
import type { HttpAnswer, WireRequest } from '../../../wire/wire.js';
import { putManifest } from '../put-manifest.js';
import { imageByTag, type Registry, type Repository } from '../registry.js';
import type { BlobUploads } from './blob-uploads.js';
import { answer, jsonAnswer, RegistryFault } from './registry-answer.js';
import type { RegistryEndpoint } from './registry-endpoint.js';

/** A request for a repository, let in by whoever stands at the door. */
export interface RepositoryRequest extends WireRequest {
  readonly endpoint: Exclude<RegistryEndpoint, { readonly kind: 'base' } | { readonly kind: 'token' }>;
  readonly query: URLSearchParams;
}

/** Reads what is in a repository, the same at both registries. */
export function readRepository(repository: Repository, { method, endpoint }: RepositoryRequest): HttpAnswer {
  switch (endpoint.kind) {
    case 'manifest':
      return withoutBody(method, manifest(repository, endpoint.reference));
    case 'blob':
      return withoutBody(method, blob(repository, endpoint.reference));
    case 'tags':
      return jsonAnswer(200, { name: endpoint.repository, tags: [...repository.images.values()].flatMap(({ tags }) => [...tags]).sort() });
    case 'uploads':
    case 'upload':
      throw unsupported();
  }
}

export function unsupported(): RegistryFault {
  return new RegistryFault(405, 'UNSUPPORTED', 'The operation is unsupported.');
}

function manifest(repository: Repository, reference: string): HttpAnswer {
  const image = reference.startsWith('sha256:') ? repository.images.get(reference) : imageByTag(repository, reference);
  if (image === undefined) throw new RegistryFault(404, 'MANIFEST_UNKNOWN', 'Requested image not found');
  return answer(200, { 'content-type': image.mediaType, 'docker-content-digest': image.digest }, new TextEncoder().encode(image.text));
}

/** AWS sends a puller to S3 for it, with a redirect. */
function blob(repository: Repository, digest: string): HttpAnswer {
  const content = repository.blobs.get(digest);
  if (content === undefined) throw new RegistryFault(404, 'BLOB_UNKNOWN', `The blob ${digest} is not in the repository '${repository.name}'`);
  return answer(200, { 'content-type': 'application/octet-stream', 'docker-content-digest': digest }, content);
}

function withoutBody(method: string, full: HttpAnswer): HttpAnswer {
  return method === 'HEAD' ? { ...full, headers: { ...full.headers, 'content-length': String(full.body.byteLength) }, body: new Uint8Array() } : full;
}

export interface PrivateRepository {
  readonly registry: Registry;
  readonly repository: Repository;
  readonly accountId: string;
  readonly uploads: BlobUploads;
}

/** Changes a private repository. */
export function changeRepository(at: PrivateRepository, { method, endpoint, headers, query, body }: RepositoryRequest): HttpAnswer {
  const { name } = at.repository;
  const where = (id: string): Readonly<Record<string, string>> => ({ location: `/v2/${name}/blobs/uploads/${id}`, 'docker-upload-uuid': id });
  if (method === 'PUT' && endpoint.kind === 'manifest') return storeManifest(at, endpoint.reference, headers['content-type'], body);
  if (method === 'POST' && endpoint.kind === 'uploads') return answer(202, { ...where(at.uploads.begin()), range: '0-0' });
  if (method === 'PATCH' && endpoint.kind === 'upload') {
    const bytes = at.uploads.add(endpoint.id, body);
    // 201 where the specification says 202: as ECR answers
    return answer(201, { ...where(endpoint.id), range: `0-${String(bytes - 1)}` });
  }
  if (method === 'PUT' && endpoint.kind === 'upload') {
    const digest = query.get('digest') ?? '';
    at.uploads.complete(endpoint.id, body, digest, at.repository);
    return answer(201, { location: `/v2/${name}/blobs/${digest}`, 'docker-content-digest': digest });
  }
  throw unsupported();
}

function storeManifest({ registry, repository, accountId }: PrivateRepository, reference: string, mediaType: string | undefined, body: Uint8Array): HttpAnswer {
  const by = reference.startsWith('sha256:') ? { digest: reference } : { tag: reference };
  try {
    const { image } = putManifest(registry, repository, accountId, { text: new TextDecoder().decode(body), mediaType, ...by });
    return answer(201, { location: `/v2/${repository.name}/manifests/${image.digest}`, 'docker-content-digest': image.digest });
  } catch (error) {
    if (error instanceof ServiceFault) throw new RegistryFault(...(refusals[error.code] ?? [400, 'MANIFEST_INVALID']), error.message);
    throw error;
  }
}

const refusals: Readonly<Record<string, readonly [number, string]>> = {
  ImageDigestDoesNotMatchException: [400, 'DIGEST_INVALID'],
  ImageTagAlreadyExistsException: [400, 'TAG_INVALID'],
  LayersNotFoundException: [404, 'BLOB_UNKNOWN'],
  ReferencedImagesNotFoundException: [404, 'MANIFEST_BLOB_UNKNOWN'],
};
