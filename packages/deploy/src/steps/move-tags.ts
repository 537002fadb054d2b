import { ok, okAsync, type ResultAsync, safeTry } from 'neverthrow';
import { batchGetImage } from '../aws/ecr.js';
import type { VersionTag } from '../environment/definition.js';
import type { Environment } from '../environment/environment.js';
import { expectedGot, versionProblems, waitProblems } from '../environment/validate.js';
import type { AwsWriteError, Conflict, InvalidInput, RunError, WaitError } from '../errors.js';
import { asRun, type Known } from '../runs/as-run.js';
import { startDeadline } from './deadline.js';
import { releaseTag } from './images.js';
import { digestOfTag, putTag } from './put-tag.js';

export interface MoveTagsOptions {
  /** Until each tag is read back on its image; default 60. */
  readonly timeoutSeconds?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface MoveTagsReport {
  /** Tags that were not there already. */
  readonly moved: readonly MovedTag[];
}

export interface MovedTag {
  readonly tag: string;
  readonly digest: string;
  /** Where the tag was; null when it was nowhere. */
  readonly from: string | null;
}

export type MoveTagsError = InvalidInput | AwsWriteError | WaitError | Conflict | RunError;

const defaultTimeoutSeconds = 60;

/**
 * Moves the mutable tags of the released containers (`core-latest`) to the images of a version, byte for byte, and reads them back. Once a
 * migration has succeeded `deployCore` does this before any service starts: from then on neither a Spot replacement nor a scale-out nor an
 * apply of the infrastructure's code brings old code onto the new schema. Without a migration it comes after verification. Tags that are
 * there already are left alone; tags that were moved before a failure stay moved, and a second call goes on.
 *
 * Errors: InvalidInput; NotFound for an image that was not promoted; Unexpected when the repository's tags are immutable ("Image tag
 * mutability"); Conflict on a hold, a lock or a foreign change; TimedOut; Aborted; LockLost; any AwsError.
 */
export function moveTags(env: Environment, version: string, options: MoveTagsOptions = {}): ResultAsync<MoveTagsReport, MoveTagsError> {
  const spec = { name: 'moveTags', changes: true, refusedByHold: true, known: { timeoutSeconds: true, signal: true } satisfies Known<MoveTagsOptions>, problems: () => problems(env, version, options), options };
  return asRun(env, spec, (env) => moveMutableTags(env, version, options.timeoutSeconds).map((moved) => ({ moved })));
}

/** As `moveTags`, where the definition has mutable tags at all. */
export function moveTagsIfAny(env: Environment, version: string, options: MoveTagsOptions): ReturnType<typeof moveTags> {
  return env.definition.images?.mutableTags === undefined ? okAsync({ moved: [] }) : moveTags(env, version, options);
}

function problems(env: Environment, version: string, options: MoveTagsOptions): readonly string[] {
  const without = env?.definition !== undefined && env.definition.images?.mutableTags === undefined;
  return [...versionProblems(version), ...waitProblems(options), ...(without ? [`images.mutableTags: ${expectedGot('tags by container in the definition', undefined)}`] : [])];
}

/** @internal */
export function moveMutableTags(env: Environment, version: string, timeoutSeconds = defaultTimeoutSeconds): ResultAsync<readonly MovedTag[], AwsWriteError | WaitError | Conflict> {
  const { images } = env.definition;
  return safeTry<readonly MovedTag[], AwsWriteError | WaitError | Conflict>(async function* () {
    const secondsLeft = startDeadline(env, timeoutSeconds);
    const moved: MovedTag[] = [];
    for (const [container, tag] of Object.entries(images?.mutableTags ?? {})) {
      const released = tagOfContainer(env, container);
      if (images === undefined || released === undefined) continue;
      moved.push(...(yield* moveTag(env, { repository: images.repository, tag, to: releaseTag(released, version), timeoutSeconds: secondsLeft() })));
    }
    return ok(moved);
  });
}

function tagOfContainer(env: Environment, container: string): VersionTag | undefined {
  const { services, migration } = env.definition;
  const released = Object.values(services).flatMap((service) => service.release?.[container]?.tag ?? []);
  return released[0] ?? (migration !== undefined && (migration.container ?? migration.taskDefinitionFamily) === container ? migration.tag : undefined);
}

interface Move {
  readonly repository: string;
  readonly tag: string;
  readonly to: string;
  readonly timeoutSeconds: number;
}

function moveTag(env: Environment, { repository, tag, to, timeoutSeconds }: Move): ResultAsync<readonly MovedTag[], AwsWriteError | WaitError | Conflict> {
  return safeTry<readonly MovedTag[], AwsWriteError | WaitError | Conflict>(async function* () {
    const image = yield* batchGetImage(env, repository, { tag: to });
    const digest = image.imageId?.imageDigest ?? '';
    const from = yield* digestOfTag(env, repository, tag);
    if (from === digest) return ok([]);
    yield* putTag(env, { repository, tag, from, digest, manifest: image.imageManifest ?? '', mediaType: image.imageManifestMediaType, why: `whatever starts from this tag is to run ${to}`, timeoutSeconds });
    return ok([{ tag, digest, from }]);
  });
}
