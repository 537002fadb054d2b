import { err, ok, ResultAsync, safeTry } from 'neverthrow';
import type { Environment } from '../../environment/environment.js';
import type { AwsError, AwsWriteError } from '../../errors.js';
import { copyBlob } from '../../registry/copy-blob.js';
import { hasBlob, putManifest } from '../../registry/manifests.js';
import type { Descriptor } from '../../registry/oci-manifest.js';
import type { Repository } from '../../registry/registry.js';
import { announce } from '../../reports/announce.js';
import { sideBySide } from '../side-by-side.js';
import { bytesText, startCopyProgress } from './copy-progress.js';
import { findMissingParts, type MissingParts, type SourceImage } from './source-image.js';

export interface CopySpec {
  readonly from: Repository;
  readonly to: Repository;
  readonly images: readonly SourceImage[];
  readonly blobsAtOnce: number;
  readonly timeoutSeconds: number;
  /** Told what was seen last, for the error of one who is out of time. */
  readonly onSeen: (seen: string) => void;
}

export interface CopiedImages {
  readonly blobs: number;
  readonly manifests: number;
  readonly bytes: number;
}

/** Copies what is not there: blobs side by side, then manifests, each after what it refers to. No tag is touched. A plan tells what it would copy. */
export function copyImages(env: Environment, spec: CopySpec): ResultAsync<CopiedImages, AwsWriteError> {
  return safeTry<CopiedImages, AwsWriteError>(async function* () {
    const parts: MissingParts[] = [];
    for (const { root } of spec.images) parts.push(yield* findMissingParts(env, spec, root));
    const manifests = uniqueBy(parts.flatMap(({ manifests }) => manifests), ({ digest }) => digest);
    const blobs = yield* absentBlobs(env, spec, uniqueBy(parts.flatMap(({ blobs }) => blobs), ({ digest }) => digest));
    const missing = { blobs: blobs.length, manifests: manifests.length, bytes: bytesOf(blobs) };
    if (manifests.length > 0) announceCopy(env, spec, missing);
    if (env.planning) return ok(missing);
    const copied = yield* copyBlobs(env, spec, blobs);
    for (const manifest of manifests) yield* putManifest(env, spec.to, manifest);
    return ok({ ...copied, manifests: manifests.length });
  });
}

function announceCopy(env: Environment, { from, to }: CopySpec, { blobs, manifests, bytes }: CopiedImages): void {
  const what = `${blobs} ${blobs === 1 ? 'blob' : 'blobs'} (${bytesText(bytes)}) and ${manifests} ${manifests === 1 ? 'manifest' : 'manifests'} of ${from.name}`;
  announce(env, { resource: to.name, from: 'without them', to: what, operation: 'ecr:CompleteLayerUpload', why: 'tasks are started from there' });
}

function bytesOf(blobs: readonly Descriptor[]): number {
  return blobs.reduce((sum, { size }) => sum + size, 0);
}

function copyBlobs(env: Environment, spec: CopySpec, blobs: readonly Descriptor[]): ResultAsync<{ readonly blobs: number; readonly bytes: number }, AwsWriteError> {
  const { from, to, blobsAtOnce, timeoutSeconds, onSeen } = spec;
  return safeTry<{ readonly blobs: number; readonly bytes: number }, AwsWriteError>(async function* () {
    if (blobs.length === 0) return ok({ blobs: 0, bytes: 0 });
    const progress = startCopyProgress(env, { blobs: blobs.length, bytes: bytesOf(blobs), timeoutSeconds });
    yield* inLanes(env, blobs, blobsAtOnce, (env, blob) => copyBlob(env, { blob, from, to, onBytes: progress.bytes }).map(() => progress.blobDone())).mapErr((error) => {
      onSeen(progress.seen());
      progress.end();
      return error;
    });
    progress.end();
    return ok({ blobs: blobs.length, bytes: progress.copied() });
  });
}

/** The largest first: what is left at the end is then short. */
function absentBlobs(env: Environment, { to, blobsAtOnce }: CopySpec, blobs: readonly Descriptor[]): ResultAsync<readonly Descriptor[], AwsError> {
  const absent: Descriptor[] = [];
  return inLanes(env, blobs, blobsAtOnce, (env, blob) => hasBlob(env, to, blob.digest).map((there) => void (there ? undefined : absent.push(blob)))).map(() =>
    absent.sort((one, other) => other.size - one.size || one.digest.localeCompare(other.digest)),
  );
}

/** Several side by side, and not more. */
function inLanes<I, E>(env: Environment, items: readonly I[], lanes: number, act: (env: Environment, item: I) => ResultAsync<void, E>): ResultAsync<void, E> {
  const queue = [...items];
  const lane = async (env: Environment) => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
      const done = await act(env, item);
      if (done.isErr()) return err(done.error);
    }
    return ok(undefined);
  };
  return sideBySide<number, undefined, E>(env, [...Array(Math.min(lanes, items.length)).keys()], (env) => new ResultAsync(lane(env))).map(() => undefined);
}

function uniqueBy<T>(items: readonly T[], key: (item: T) => string): readonly T[] {
  return [...new Map(items.map((item) => [key(item), item])).values()];
}
