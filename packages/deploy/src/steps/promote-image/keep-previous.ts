import { ok, type ResultAsync, safeTry } from 'neverthrow';
import { batchGetImage } from '../../aws/ecr.js';
import { missingIsNull } from '../../aws/map-error.js';
import type { Environment } from '../../environment/environment.js';
import type { AwsWriteError, Conflict, WaitError } from '../../errors.js';
import { digestOfTag, putTag } from '../put-tag.js';
import { runningDigest } from './running-digest.js';
import { digestsOf, type SourceImage } from './source-image.js';

/** The image that runs now, kept by a tag of its own. */
export interface PreviousImage {
  /** `core-previous` */
  readonly tag: string;
  readonly digest: string;
  /** Where the tag was; null when it was nowhere, and the digest itself when it was there already. */
  readonly from: string | null;
}

/**
 * Tags what runs now, so that no clean-up of the repository takes away the way back. Nothing is tagged where the version to promote runs
 * already: what ran before it is what the tag is on.
 */
export function keepPrevious(env: Environment, repository: string, image: SourceImage, timeoutSeconds: number): ResultAsync<PreviousImage | null, AwsWriteError | WaitError | Conflict> {
  const tag = image.previousTag;
  return safeTry<PreviousImage | null, AwsWriteError | WaitError | Conflict>(async function* () {
    for (const place of image.runsIn) {
      const digest = yield* runningDigest(env, repository, place);
      if (digest === null || digestsOf(image).includes(digest)) continue;
      const kept = yield* missingIsNull(batchGetImage(env, repository, { digest }));
      if (kept === null) {
        env.emit({ type: 'warning', message: `${place.container} of ${place.service} runs ${digest}, which the repository ${repository} no longer has: there is no way back to it` });
        continue;
      }
      const from = yield* digestOfTag(env, repository, tag);
      if (from !== digest) yield* putTag(env, { repository, tag, from, digest, manifest: kept.imageManifest ?? '', mediaType: kept.imageManifestMediaType, why: `${place.container} of ${place.service} runs it, and it has to stay there to go back to`, timeoutSeconds });
      return ok({ tag, digest, from });
    }
    return ok(null);
  });
}
