import type { ResultAsync } from 'neverthrow';
import { write } from '../aws/call.js';
import type { SdkError } from '../aws/classify.js';
import type { Environment } from '../environment/environment.js';
import type { AwsError, AwsWriteError } from '../errors.js';
import { addressOf, askRegistry, withAccess } from './ask-registry.js';
import { type IdleWatch, watchIdleness } from './idle-watch.js';
import { subjectOf } from './manifests.js';
import type { Descriptor } from './oci-manifest.js';
import { faultOf, RegistryFault } from './registry-fault.js';
import type { Access, Repository } from './registry.js';
import { type RegistrySubject, tellRegistryError } from './tell-registry-error.js';

export interface BlobToCopy {
  readonly blob: Descriptor;
  readonly from: Repository;
  readonly to: Repository;
  /** Told how many bytes have gone, as they go; negative when an attempt failed and they have to go again. */
  readonly onBytes: (bytes: number) => void;
}

/**
 * Copies one blob in one PUT: of an upload in parts ECR loses all but the first (aws/containers-roadmap#2831). Bytes pass through as they come
 * where the platform can send a stream whose length it says; a page holds the blob. The registry checks the digest. An attempt that fails is
 * begun anew; before, it is looked whether the one whose answer was lost has succeeded.
 */
export function copyBlob(env: Environment, { blob, from, to, onBytes }: BlobToCopy): ResultAsync<void, AwsWriteError> {
  return withAccess<void, AwsWriteError>(env, [from, to], ([source, target]) => {
    const transfer = newTransfer(env, { blob, from, to, source: source!, target: target!, onBytes });
    return write(env, { action: 'ecr:CompleteLayerUpload', tell: transfer.tell }, transfer.attempt);
  });
}

interface Ends {
  readonly blob: Descriptor;
  readonly from: Repository;
  readonly to: Repository;
  readonly source: Access;
  readonly target: Access;
  readonly onBytes: (bytes: number) => void;
}

interface Transfer {
  attempt(): Promise<void>;
  /** What failed last, in words: it may be either registry's. */
  tell(thrown: SdkError): AwsError;
}

function newTransfer(env: Environment, ends: Ends): Transfer {
  const { blob, from, to, source, target } = ends;
  const at = (repository: Repository, action: string): RegistrySubject => subjectOf(repository, blob.digest, action, 'blob');
  let about = at(to, 'ecr:InitiateLayerUpload');
  let attempts = 0;

  const arrived = async (signal: AbortSignal): Promise<boolean> => {
    about = at(to, 'ecr:BatchCheckLayerAvailability');
    const { ok } = await askRegistry(env, target, { method: 'HEAD', url: addressOf(target, to, `blobs/${blob.digest}`), signal });
    return ok;
  };
  const beginUpload = async (signal: AbortSignal): Promise<URL> => {
    about = at(to, 'ecr:InitiateLayerUpload');
    const url = addressOf(target, to, 'blobs/uploads/');
    const response = await askRegistry(env, target, { method: 'POST', url, signal });
    const location = response.headers.get('location');
    if (!response.ok || location === null) throw await faultOf(response);
    const upload = new URL(location, url);
    upload.searchParams.set('digest', blob.digest);
    return upload;
  };
  const openSource = async (signal: AbortSignal): Promise<ReadableStream<Uint8Array>> => {
    about = at(from, from.isPrivate ? 'ecr:GetDownloadUrlForLayer' : 'pull');
    const response = await askRegistry(env, source, { method: 'GET', url: addressOf(source, from, `blobs/${blob.digest}`), signal });
    if (!response.ok) throw await faultOf(response);
    return response.body ?? new ReadableStream({ start: (controller) => controller.close() });
  };
  const send = async (url: URL, stream: ReadableStream<Uint8Array>, signal: AbortSignal): Promise<void> => {
    about = at(to, 'ecr:CompleteLayerUpload');
    const body = sendsStreams() ? stream : await new Response(stream).blob();
    const response = await askRegistry(env, target, { method: 'PUT', url, headers: { 'content-type': 'application/octet-stream', 'content-length': String(blob.size) }, body, signal });
    if (!response.ok) throw await faultOf(response);
  };
  const attempt = async (): Promise<void> => {
    const watch = watchIdleness(env);
    const over = new AbortController();
    const signal = AbortSignal.any([watch.signal, over.signal]);
    const counted = countBytes(blob.size, watch, ends.onBytes);
    attempts += 1;
    try {
      if (attempts > 1 && (await arrived(signal))) return ends.onBytes(blob.size);
      const url = await beginUpload(signal);
      const stream = await openSource(signal);
      await send(url, stream.pipeThrough(counted.through), signal);
    } catch (thrown) {
      ends.onBytes(-counted.bytes());
      over.abort();
      throw counted.broken() ?? thrown;
    } finally {
      watch.end();
    }
  };
  return { attempt, tell: (thrown) => tellRegistryError(env, about)(thrown) };
}

interface CountedBytes {
  readonly through: TransformStream<Uint8Array, Uint8Array>;
  bytes(): number;
  /** What was wrong with the bytes that came: the request that sent them on fails without saying it. */
  broken(): Error | null;
}

function countBytes(size: number, watch: IdleWatch, onBytes: (bytes: number) => void): CountedBytes {
  let bytes = 0;
  let broken: Error | null = null;
  const through = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      watch.alive();
      bytes += chunk.byteLength;
      onBytes(chunk.byteLength);
      if (bytes <= size) return controller.enqueue(chunk);
      broken = new RegistryFault(200, 'SIZE_INVALID', `it is larger than the ${size} bytes that its manifest says`);
      controller.error(broken);
    },
    flush(controller) {
      if (bytes >= size) return;
      broken = Object.assign(new Error(`it ended after ${bytes} of ${size} bytes`), { code: 'ECONNRESET' });
      controller.error(broken);
    },
  });
  return { through, bytes: () => bytes, broken: () => broken };
}

/** Whether a request keeps the length that is said of its stream: in Node it does, and a page may not say it. */
function sendsStreams(): boolean {
  const init: RequestInit & { readonly duplex: 'half' } = { method: 'PUT', headers: { 'content-length': '1' }, body: new ReadableStream(), duplex: 'half' };
  try {
    return new Request('https://registry.invalid/', init).headers.get('content-length') === '1';
  } catch {
    return false;
  }
}
