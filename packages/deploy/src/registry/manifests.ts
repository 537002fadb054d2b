import type { ResultAsync } from 'neverthrow';
import { read, write } from '../aws/call.js';
import type { Environment } from '../environment/environment.js';
import type { AwsError, AwsWriteError } from '../errors.js';
import { addressOf, askRegistry, withAccess } from './ask-registry.js';
import { digestOfText } from './digest-of-text.js';
import { watchIdleness } from './idle-watch.js';
import { manifestMediaTypes, type ParsedManifest, parseManifest } from './oci-manifest.js';
import { faultOf, RegistryFault } from './registry-fault.js';
import type { Repository } from './registry.js';
import { type RegistrySubject, tellRegistryError } from './tell-registry-error.js';

/** A manifest as its registry keeps it, byte for byte. */
export interface Manifest {
  readonly digest: string;
  readonly mediaType: string;
  readonly text: string;
  readonly parsed: ParsedManifest;
}

const accept = manifestMediaTypes.join(', ');

/** Reads a manifest by tag or digest, and checks that it has the digest that it is known by. */
export function getManifest(env: Environment, repository: Repository, reference: string): ResultAsync<Manifest, AwsError> {
  const subject = subjectOf(repository, reference, repository.isPrivate ? 'ecr:BatchGetImage' : 'pull');
  return withAccess(env, [repository], ([access]) =>
    read(env, { ...subject, tell: tellRegistryError(env, subject) }, () =>
      watched(env, async (signal) => {
        const response = await askRegistry(env, access!, { method: 'GET', url: addressOf(access!, repository, `manifests/${reference}`), headers: { accept }, signal });
        if (!response.ok) throw await faultOf(response);
        return manifestOf(response, reference);
      }),
    ),
  );
}

async function manifestOf(response: Response, reference: string): Promise<Manifest> {
  const text = await response.text();
  const digest = await digestOfText(text);
  const expected = reference.startsWith('sha256:') ? reference : (response.headers.get('docker-content-digest') ?? digest);
  if (expected !== digest) throw new RegistryFault(response.status, 'DIGEST_INVALID', `the registry says that its digest is ${expected}, and it is ${digest}`);
  const mediaType = mediaTypeOf(response, text);
  const parsed = parseManifest(text, mediaType);
  if (parsed.isErr()) throw new RegistryFault(response.status, 'MANIFEST_INVALID', `this is no manifest that can be copied: ${parsed.error}`);
  return { digest, mediaType, text, parsed: parsed.value };
}

/** What the manifest says of itself is part of its digest; older ones say nothing. */
function mediaTypeOf(response: Response, text: string): string {
  const own = /"mediaType"\s*:\s*"([^"]+)"/.exec(text.slice(0, 200))?.[1];
  const sent = (response.headers.get('content-type') ?? '').split(';', 1)[0]!.trim();
  return manifestMediaTypes.includes(sent) ? sent : (own ?? sent);
}

/** Whether a repository has a manifest. */
export function hasManifest(env: Environment, repository: Repository, digest: string): ResultAsync<boolean, AwsError> {
  return has(env, repository, `manifests/${digest}`, subjectOf(repository, digest, repository.isPrivate ? 'ecr:BatchGetImage' : 'pull'));
}

/** Whether a repository has a blob. */
export function hasBlob(env: Environment, repository: Repository, digest: string): ResultAsync<boolean, AwsError> {
  return has(env, repository, `blobs/${digest}`, subjectOf(repository, digest, repository.isPrivate ? 'ecr:BatchCheckLayerAvailability' : 'pull', 'blob'));
}

function has(env: Environment, repository: Repository, rest: string, subject: RegistrySubject): ResultAsync<boolean, AwsError> {
  return withAccess(env, [repository], ([access]) =>
    read(env, { ...subject, tell: tellRegistryError(env, subject) }, () =>
      watched(env, async (signal) => {
        const response = await askRegistry(env, access!, { method: 'HEAD', url: addressOf(access!, repository, rest), headers: { accept }, signal });
        if (response.status === 404) return false;
        if (!response.ok) throw await faultOf(response);
        return true;
      }),
    ),
  );
}

/** Pushes a manifest by its digest, without a tag. What it refers to has to be there. */
export function putManifest(env: Environment, repository: Repository, { digest, mediaType, text }: Manifest): ResultAsync<void, AwsWriteError> {
  const subject = subjectOf(repository, digest, 'ecr:PutImage');
  return withAccess(env, [repository], ([access]) =>
    write(env, { ...subject, tell: tellRegistryError(env, subject) }, () =>
      watched(env, async (signal) => {
        const response = await askRegistry(env, access!, { method: 'PUT', url: addressOf(access!, repository, `manifests/${digest}`), headers: { 'content-type': mediaType }, body: text, signal });
        if (!response.ok) throw await faultOf(response);
      }),
    ),
  );
}

/** `image public.ecr.aws/alias/graasp:core-v1.55.0` */
export function subjectOf({ name, isPrivate }: Repository, reference: string, action: string, kind = 'image'): RegistrySubject {
  return { action, resource: { kind, name: `${name}${reference.includes(':') ? '@' : ':'}${reference}` }, isPrivate };
}

async function watched<T>(env: Environment, ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const watch = watchIdleness(env);
  try {
    return await ask(watch.signal);
  } finally {
    watch.end();
  }
}
