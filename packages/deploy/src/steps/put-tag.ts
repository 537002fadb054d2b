import { ok, type ResultAsync, safeTry } from 'neverthrow';
import { describeImage, putImage } from '../aws/ecr.js';
import { missingIsNull } from '../aws/map-error.js';
import type { Environment } from '../environment/environment.js';
import type { AwsError, AwsWriteError, Conflict, WaitError } from '../errors.js';
import { announce } from '../reports/announce.js';
import { waitUntil } from '../wait.js';

export interface TagToPut {
  readonly repository: string;
  readonly tag: string;
  /** Where it is now; null when it is nowhere. */
  readonly from: string | null;
  readonly digest: string;
  /** Byte for byte. */
  readonly manifest: string;
  readonly mediaType: string | undefined;
  readonly why: string;
  readonly timeoutSeconds: number;
}

/** Adds or moves a tag to an image of the same repository, and reads it back. */
export function putTag(env: Environment, { repository, tag, from, digest, manifest, mediaType, why, timeoutSeconds }: TagToPut): ResultAsync<void, AwsWriteError | WaitError | Conflict> {
  return safeTry<void, AwsWriteError | WaitError | Conflict>(async function* () {
    announce(env, { resource: `tag ${repository}:${tag}`, from: from ?? 'absent', to: digest, operation: 'ecr:PutImage', why });
    yield* putImage(env, repository, { manifest, mediaType, tag, digest });
    yield* waitUntil<void, never, AwsError>(env, {
      waitingFor: `tag ${tag} to read back on its image`,
      timeoutSeconds,
      intervalSeconds: 1,
      probe: () => digestOfTag(env, repository, tag).map((now) => (now === digest ? { status: 'done' as const, value: undefined } : { status: 'pending' as const, seen: `${tag} is ${now ?? 'nowhere'}` })),
    });
    return ok(undefined);
  });
}

/** The image that a tag is on; null when it is on none. */
export function digestOfTag(env: Environment, repository: string, tag: string): ResultAsync<string | null, AwsError> {
  return missingIsNull(describeImage(env, repository, { tag })).map((detail) => detail?.imageDigest ?? null);
}
