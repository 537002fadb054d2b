import { err, ok, type ResultAsync, safeTry } from 'neverthrow';
import { describeTaskDefinition, type NetworkConfiguration } from '../../aws/ecs.js';
import type { MigrationDefinition } from '../../environment/definition.js';
import type { Environment } from '../../environment/environment.js';
import type { AwsWriteError, InvalidInput, MigrationFailed } from '../../errors.js';
import { findReleaseImage, imageReference, platformOf, type ReleaseImage, releaseTag, runsOn } from '../images.js';
import { reviseTaskDefinition } from '../revise-task-definition.js';
import { type Attempt, schemaLeftBefore } from './migration-journal.js';
import { containerOf, networkOf } from './one-off-place.js';
import { schemaText } from './schema-text.js';
import { type LogDestination, logDestination } from './task-log.js';
import { retryText } from './retry-text.js';

/** What a migration, or its status command, is run with. */
export interface MigrationTarget {
  /** ARN of the revision that names the image of the version by digest. */
  readonly revision: string;
  /** The container whose exit code decides. */
  readonly container: string;
  readonly network: NetworkConfiguration;
  /** null: the container does not log to CloudWatch. */
  readonly log: LogDestination | null;
}

export type MigrationTargetError = AwsWriteError | InvalidInput | MigrationFailed;

/** The revision of an attempt that has begun is told by it; else one is derived from the family's latest. */
export function findMigrationTarget(env: Environment, migration: MigrationDefinition, version: string, { number, revision }: Pick<Attempt, 'number' | 'revision'>): ResultAsync<MigrationTarget, MigrationTargetError> {
  return safeTry<MigrationTarget, MigrationTargetError>(async function* () {
    const current = yield* describeTaskDefinition(env, revision ?? migration.taskDefinitionFamily);
    const place = { step: 'runMigration', part: 'migration', task: migration };
    const container = yield* containerOf(current, place);
    const network = yield* networkOf(env, place);
    const log = logDestination(current, container);
    if (revision !== null) return ok({ revision, container, network, log });
    const image = yield* findReleaseImage(env, env.definition.images!.repository, releaseTag(migration.tag, version));
    if (!runsOn(image, platformOf(current))) return err(wrongPlatform(env, { image, platform: platformOf(current), version, attempt: number, schema: schemaLeftBefore(env, number) }));
    const now = current.containerDefinitions?.find(({ name }) => name === container)?.image ?? '';
    const next = yield* reviseTaskDefinition(env, current, { images: { [container]: imageReference(env, now, image, { digest: true }) }, version });
    return ok({ revision: next, container, network, log });
  });
}

interface WrongPlatform {
  readonly image: ReleaseImage;
  readonly platform: string;
  readonly version: string;
  readonly attempt: number;
  readonly schema: MigrationFailed['schema'];
}

function wrongPlatform(env: Environment, { image, platform, version, attempt, schema }: WrongPlatform): MigrationFailed {
  return {
    kind: 'MigrationFailed',
    reason: 'image',
    exitCode: null,
    taskArn: null,
    schema,
    lastLines: [],
    databaseErrors: [],
    message: `the migration to ${version} was not started: image ${image.repository}:${image.tag} is built for ${image.platforms?.join(', ')}, and the task runs on ${platform}; ${schemaText(schema, null)}`,
    remedy: `Build and push the image for ${platform}, then ${attempt === 1 ? 'resume' : retryText(env)}.`,
  };
}
