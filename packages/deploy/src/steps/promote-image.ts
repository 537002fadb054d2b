import { err, ok, type ResultAsync, safeTry } from 'neverthrow';
import { steadyNow } from '../clock.js';
import type { Environment } from '../environment/environment.js';
import { expectedGot, flagProblems, versionProblems, waitProblems } from '../environment/validate.js';
import type { AwsError, AwsWriteError, Conflict, InvalidInput, Refused, RunError, WaitError } from '../errors.js';
import { privateRepository, publicRepository, type Repository } from '../registry/registry.js';
import { asRun, type Known } from '../runs/as-run.js';
import { secondsSince, startDeadline } from './deadline.js';
import { bytesText } from './promote-image/copy-progress.js';
import { type CopiedImages, copyImages } from './promote-image/copy-images.js';
import { keepPrevious, type PreviousImage } from './promote-image/keep-previous.js';
import { releasedImages } from './promote-image/released-images.js';
import { readSourceImage, type SourceImage } from './promote-image/source-image.js';
import { digestOfTag, putTag } from './put-tag.js';
import { withinTime } from './within-time.js';

export type { CopiedImages } from './promote-image/copy-images.js';
export type { PreviousImage } from './promote-image/keep-previous.js';

export interface PromoteImageOptions {
  /** `v1.55.0`: its images are published under the tags that the definition makes of it. */
  readonly version: string;
  /** Moves a tag of the version that is on another image in the private repository; default false: Refused. */
  readonly replace?: boolean | undefined;
  /** How many blobs are on their way at a time, 1 to 16; default 4. */
  readonly blobsAtOnce?: number | undefined;
  /** Until every image is there; default 3600. */
  readonly timeoutSeconds?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface PromoteImageReport {
  readonly images: readonly PromotedImage[];
  /** What runs now and is kept; nothing of an image whose version runs already, and nothing of the migration's. */
  readonly previous: readonly PreviousImage[];
  /** What was not there already; in a plan what would be copied. */
  readonly copied: CopiedImages;
  readonly seconds: number;
  readonly summary: string;
}

export interface PromotedImage {
  /** `core-v1.55.0` */
  readonly tag: string;
  readonly digest: string;
  /** `os/architecture` of each image in an index; null for an image of one platform, whose manifest does not say it. */
  readonly platforms: readonly string[] | null;
  /** Where the tag was; null when it was nowhere, and the digest itself when it was there already. */
  readonly from: string | null;
}

export type PromoteImageError = InvalidInput | AwsWriteError | WaitError | Conflict | Refused | RunError;

const defaults = { timeoutSeconds: 3600, blobsAtOnce: 4 };
const mostBlobsAtOnce = 16;
const known = { version: true, replace: true, blobsAtOnce: true, timeoutSeconds: true, signal: true } satisfies Known<PromoteImageOptions>;

/**
 * Copies the images of a version (each released container's, and the migration's) from where they are published (`images.source`) into the
 * environment's private repository: with all their platforms, by digest, byte for byte. What is there already is not copied again, so a call
 * that was interrupted is continued by calling again. Every manifest is checked against its digest here, every blob by the registry.
 *
 * First tags what runs now (`core-previous`), so that it stays; the version's own tags (`core-v1.55.0`) come last. Mutable tags (`core-latest`)
 * stay where they are: nothing that runs or starts changes. Left behind on a failure: images that may be incomplete, and that no tag names.
 *
 * Errors: InvalidInput, also when the definition has no `images.source`; NotFound for an image that was not published, or the private
 * repository; Refused (`tag-of-another-image`) when a tag of the version is on another image already; AccessDenied with the IAM action that is
 * missing; Unexpected (`DIGEST_INVALID`) for content that is not what its digest says; TimedOut; Aborted; Throttled (the public registry's rate
 * for anonymous callers); Conflict on a lock; LockLost; any AwsError.
 */
export function promoteImage(env: Environment, options: PromoteImageOptions): ResultAsync<PromoteImageReport, PromoteImageError> {
  return asRun(env, { name: 'promoteImage', changes: true, refusedByHold: false, known, problems: () => problems(env, options), options }, (env) => {
    const timeoutSeconds = options.timeoutSeconds ?? defaults.timeoutSeconds;
    let seen = 'nothing copied yet';
    const limit = { waitingFor: `the images of ${options.version} to be copied`, timeoutSeconds, seen: () => seen, remedy: 'Call again with more time: what is there already is not copied again.' };
    return withinTime<PromoteImageReport, PromoteImageError>(env, limit, (env) => promote(env, { ...defaults, ...withoutUndefined(options) }, (now) => void (seen = now)));
  });
}

type Settings = PromoteImageOptions & typeof defaults;

function promote(env: Environment, settings: Settings, onSeen: (seen: string) => void): ResultAsync<PromoteImageReport, PromoteImageError> {
  const startedAt = steadyNow(env.clock);
  const { repository, source } = env.definition.images!;
  const [from, to] = [publicRepository(source!), privateRepository(repository)];
  const secondsLeft = startDeadline(env, settings.timeoutSeconds);
  return safeTry<PromoteImageReport, PromoteImageError>(async function* () {
    const images = yield* readSource(env, from, settings.version);
    const tagged = yield* readTags(env, repository, images);
    if (settings.replace !== true) yield* refuseOtherImages(from, to, tagged);
    const previous: PreviousImage[] = [];
    for (const image of images) previous.push(...[yield* keepPrevious(env, repository, image, secondsLeft())].filter((kept) => kept !== null));
    const copied = yield* copyImages(env, { from, to, images, blobsAtOnce: settings.blobsAtOnce, timeoutSeconds: settings.timeoutSeconds, onSeen });
    for (const image of tagged) yield* tagVersion(env, repository, settings.version, image, secondsLeft());
    return ok(reportOf(env, { tagged, previous, copied, startedAt }));
  });
}

function readSource(env: Environment, from: Repository, version: string): ResultAsync<readonly SourceImage[], AwsError> {
  return safeTry<readonly SourceImage[], AwsError>(async function* () {
    const images: SourceImage[] = [];
    for (const image of releasedImages(env, version)) images.push(yield* readSourceImage(env, from, image));
    return ok(images);
  });
}

/** With where its tag is now in the private repository. */
interface TaggedImage extends SourceImage {
  readonly from: string | null;
}

function readTags(env: Environment, repository: string, images: readonly SourceImage[]): ResultAsync<readonly TaggedImage[], AwsError> {
  return safeTry<readonly TaggedImage[], AwsError>(async function* () {
    const tagged: TaggedImage[] = [];
    for (const image of images) tagged.push({ ...image, from: yield* digestOfTag(env, repository, image.tag) });
    return ok(tagged);
  });
}

function refuseOtherImages(from: Repository, to: Repository, images: readonly TaggedImage[]) {
  const others = images.filter((image) => image.from !== null && image.from !== image.root.digest);
  if (others.length === 0) return ok(undefined);
  const what = others.map(({ tag, root, from: there }) => `${tag} is ${there} in ${to.name}, and ${root.digest} in ${from.name}`).join('; ');
  const refused: Refused = {
    kind: 'Refused',
    rule: 'tag-of-another-image',
    lift: 'replace',
    message: `a version's tag is not moved to another image: ${what}. Nothing was changed.`,
    remedy: tagOfAnotherImage,
  };
  return err(refused);
}

/** What to do about a version's tag that is on one image here and on another where it is published. */
export const tagOfAnotherImage = 'Find out which of them is the release. If it is the published one, call promoteImage with replace: true; else publish a new version.';

function tagVersion(env: Environment, repository: string, version: string, { tag, from, root }: TaggedImage, timeoutSeconds: number): ResultAsync<void, AwsWriteError | WaitError | Conflict> {
  return safeTry<void, AwsWriteError | WaitError | Conflict>(async function* () {
    if (from === root.digest) return ok(undefined);
    yield* putTag(env, { repository, tag, from, digest: root.digest, manifest: root.text, mediaType: root.mediaType, why: `${version} is deployed from it`, timeoutSeconds });
    return ok(undefined);
  });
}

interface Outcome extends Pick<PromoteImageReport, 'previous' | 'copied'> {
  readonly tagged: readonly TaggedImage[];
  readonly startedAt: number;
}

function reportOf(env: Environment, { tagged, previous, copied, startedAt }: Outcome): PromoteImageReport {
  const images = tagged.map(({ tag, root, platforms, from }) => ({ tag, digest: root.digest, platforms, from }));
  const names = images.map(({ tag }) => tag).join(', ');
  const summary = copied.manifests === 0 ? `${names}: all there already` : `${names}: ${bytesText(copied.bytes)} ${env.planning ? 'to be copied' : 'copied'}`;
  return { images, previous, copied, seconds: secondsSince(env, startedAt), summary };
}

function problems(env: Environment, options: PromoteImageOptions): readonly string[] {
  const { version, replace, blobsAtOnce } = options ?? {};
  const without = env?.definition !== undefined && env.definition.images?.source === undefined;
  const badNumber = blobsAtOnce !== undefined && !(Number.isInteger(blobsAtOnce) && blobsAtOnce >= 1 && blobsAtOnce <= mostBlobsAtOnce);
  return [
    ...versionProblems(version),
    ...waitProblems(options),
    ...flagProblems({ replace }),
    ...(badNumber ? [`blobsAtOnce: ${expectedGot(`a whole number from 1 to ${mostBlobsAtOnce}`, blobsAtOnce)}`] : []),
    ...(without ? [`images.source: ${expectedGot('where images are published, in the definition', undefined)}`] : []),
  ];
}

function withoutUndefined({ version, replace, blobsAtOnce, timeoutSeconds }: PromoteImageOptions) {
  return { version, replace, ...(blobsAtOnce === undefined ? {} : { blobsAtOnce }), ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }) };
}
