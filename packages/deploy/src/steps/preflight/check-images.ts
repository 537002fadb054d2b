import { ok, okAsync, ResultAsync, safeTry } from 'neverthrow';
import { describeServices, describeTaskDefinition, type Service, type TaskDefinition } from '../../aws/ecs.js';
import type { VersionTag } from '../../environment/definition.js';
import type { Environment } from '../../environment/environment.js';
import type { PreflightCheck } from '../../errors.js';
import { findReleaseImage, platformOf, releaseTag, runsOn, type ReleaseImage } from '../images.js';
import { checksOf, found, type PreflightError } from './check.js';

const { ok: right, skip, warning, failed } = checksOf('images');

interface Wanted {
  /** `core of graasp` */
  readonly name: string;
  readonly tag: VersionTag;
  /** undefined: the task definition's only container */
  readonly container: string | undefined;
  readonly taskDefinition: string;
}

/** Every image of the version is there, and runs on the architecture of the tasks it is meant for. */
export function checkImages(env: Environment, version: string): ResultAsync<readonly PreflightCheck[], PreflightError> {
  const repository = env.definition.images?.repository;
  if (repository === undefined) return okAsync([skip('images', 'the definition names no images.repository')]);
  return safeTry(async function* () {
    const releasing = Object.entries(env.definition.services).filter(([, { release }]) => release !== undefined);
    const services = yield* found('images', 'services', describeServices(env, releasing.map(([name]) => name)));
    if (services.isErr()) return ok([services.error]);
    const wanted = [...releasing.flatMap(([name, { release = {} }]) => wantedOf(name, release, services.value)), ...wantedMigration(env)];
    if (wanted.length === 0) return ok([skip('images', 'no service has a release image, and there is no migration')]);
    return ok(yield* ResultAsync.combine(wanted.map((image) => checkImage(env, repository, version, image))));
  });
}

function wantedOf(service: string, release: Readonly<Record<string, { readonly tag: VersionTag }>>, services: readonly Service[]): readonly Wanted[] {
  const taskDefinition = services.find(({ serviceName }) => serviceName === service)?.taskDefinition ?? '';
  return Object.entries(release).map(([container, { tag }]) => ({ name: `${container} of ${service}`, tag, container, taskDefinition }));
}

function wantedMigration({ definition: { migration } }: Environment): readonly Wanted[] {
  return migration === undefined ? [] : [{ name: 'migration', tag: migration.tag, container: migration.container, taskDefinition: migration.taskDefinitionFamily }];
}

function checkImage(env: Environment, repository: string, version: string, { name, tag, container, taskDefinition }: Wanted): ResultAsync<PreflightCheck, PreflightError> {
  return safeTry(async function* () {
    const image = yield* found('images', name, findReleaseImage(env, repository, releaseTag(tag, version)));
    if (image.isErr()) return ok({ ...image.error, remedy: `${wayThere(env, repository, releaseTag(tag, version))}, or release a version that exists.` });
    const definition = yield* found('images', name, describeTaskDefinition(env, taskDefinition));
    return ok(definition.isErr() ? definition.error : judgeImage(name, container, image.value, definition.value));
  });
}

function wayThere({ definition }: Environment, repository: string, tag: string): string {
  return definition.images?.source === undefined ? `Push ${repository}:${tag}` : `Copy ${repository}:${tag} from where it is published with promoteImage`;
}

function judgeImage(name: string, container: string | undefined, image: ReleaseImage, definition: TaskDefinition): PreflightCheck {
  const revision = `${definition.family}:${definition.revision}`;
  const containers = (definition.containerDefinitions ?? []).map((one) => one.name ?? '');
  if (container === undefined && containers.length > 1) return failed(name, `task definition ${revision} has the containers ${containers.join(', ')}`, 'Name the one that migrates in migration.container.');
  if (container !== undefined && !containers.includes(container)) return failed(name, `task definition ${revision} has no container ${container}, but ${containers.join(', ')}`, 'Correct the name of the container in the definition.');
  const platform = platformOf(definition);
  const what = `${image.repository}:${image.tag} is ${image.digest}`;
  if (!runsOn(image, platform)) return failed(name, `${what}, for ${image.platforms?.join(', ')}; task definition ${revision} runs on ${platform}`, `Build the image for ${platform} and push it again.`);
  if (image.platforms === null) return warning(name, `${what}; it is of one platform, which its manifest does not tell`, `See that it was built for ${platform}, or push an index.`);
  return right(name, `${what}, for ${platform}`);
}
