import { ok, okAsync, type Result, ResultAsync, safeTry } from 'neverthrow';
import type { ImageReference } from '../../aws/ecr.js';
import type { Service, TaskDefinition } from '../../aws/ecs.js';
import type { VersionTag } from '../../environment/definition.js';
import type { Environment } from '../../environment/environment.js';
import type { PreflightCheck } from '../../errors.js';
import { findReleaseImage, platformOf, releaseTag, runsOn } from '../images.js';
import type { ImageInUse } from '../version-in-use.js';
import { checksOf, found, type PreflightError } from './check.js';
import { findPublishedImage, type WantedImage } from './published-image.js';
import type { Question } from './question.js';

const { ok: right, skip, warning, failed } = checksOf('images');

interface Wanted {
  /** `core of graasp` */
  readonly name: string;
  readonly tag: VersionTag;
  /** undefined: the task definition's only container */
  readonly container: string | undefined;
  readonly taskDefinition: string;
}

/** Every image of the version is there and runs on the architecture of the tasks it is meant for; what runs now can be gone back to. */
export function checkImages(env: Environment, question: Question): ResultAsync<readonly PreflightCheck[], PreflightError> {
  const repository = env.definition.images?.repository;
  if (repository === undefined) return okAsync([skip('images', 'the definition names no images.repository')]);
  return safeTry(async function* () {
    // that they cannot be read is told once, with the services
    const read = yield* found('images', 'services', question.reads.services());
    if (read.isErr()) return ok([skip('images', 'the services could not be read')]);
    const services = read.value.filter(({ serviceName }) => env.definition.services[serviceName!]?.release !== undefined);
    const running = yield* ResultAsync.combine(services.map((service) => checkRunning(env, question, service)));
    const ofVersion = yield* checkVersion(env, question, { repository, services });
    return ok([...ofVersion, ...running.flat()]);
  });
}

interface Released {
  readonly repository: string;
  /** Those with a release image. */
  readonly services: readonly Service[];
}

function checkVersion(env: Environment, question: Question, { repository, services }: Released): ResultAsync<readonly PreflightCheck[], PreflightError> {
  const { version, purpose } = question;
  if (version === null) return okAsync([skip('images', 'no version is released')]);
  const wanted = [...services.flatMap((service) => wantedOf(env, service)), ...(purpose === 'migration' ? wantedMigration(env) : [])];
  if (wanted.length === 0) return okAsync([skip('images', `no service has a release image${purpose === 'migration' ? ', and there is no migration' : ''}`)]);
  return ResultAsync.combine(wanted.map((image) => checkImage(env, question, { image, repository, version })));
}

function wantedOf({ definition }: Environment, { serviceName = '', taskDefinition = '' }: Service): readonly Wanted[] {
  return Object.entries(definition.services[serviceName]?.release ?? {}).map(([container, { tag }]) => ({ name: `${container} of ${serviceName}`, tag, container, taskDefinition }));
}

function wantedMigration({ definition: { migration } }: Environment): readonly Wanted[] {
  return migration === undefined ? [] : [{ name: 'migration', tag: migration.tag, container: migration.container, taskDefinition: migration.taskDefinitionFamily }];
}

interface Looked {
  readonly image: Wanted;
  readonly repository: string;
  readonly version: string;
}

function checkImage(env: Environment, { reads }: Question, { image: { name, tag, container, taskDefinition }, repository, version }: Looked): ResultAsync<PreflightCheck, PreflightError> {
  return safeTry(async function* () {
    const image = yield* findImage(env, name, repository, releaseTag(tag, version));
    if (image.isErr()) return ok(image.error);
    const definition = yield* found('images', name, reads.taskDefinition(taskDefinition));
    return ok(judgeImage(name, container, image.value, definition));
  });
}

/** In the private repository, or where it is published if a recipe copies it from there before anything else. */
function findImage(env: Environment, name: string, repository: string, tag: string): ResultAsync<Result<WantedImage, PreflightCheck>, PreflightError> {
  const source = env.definition.images?.source;
  if (source !== undefined) return findPublishedImage(env, { name, repository, tag, source });
  return found('images', name, findReleaseImage(env, repository, tag)).map((image) =>
    image.map((there) => ({ ...there, what: `${repository}:${tag} is ${there.digest}`, note: '' })),
  );
}

/** A task definition that cannot be read is told once, with the definition. */
function judgeImage(name: string, container: string | undefined, { what, note, platforms }: WantedImage, read: Result<TaskDefinition, PreflightCheck>): PreflightCheck {
  if (read.isErr()) return skip(name, `${what}; what it is to run in could not be read`);
  const definition = read.value;
  const revision = `${definition.family}:${definition.revision}`;
  const containers = (definition.containerDefinitions ?? []).map((one) => one.name ?? '');
  if (container === undefined && containers.length > 1) return failed(name, `task definition ${revision} has the containers ${containers.join(', ')}`, 'Name the one that migrates in migration.container.');
  if (container !== undefined && !containers.includes(container)) return failed(name, `task definition ${revision} has no container ${container}, but ${containers.join(', ')}`, 'Correct the name of the container in the definition.');
  const platform = platformOf(definition);
  if (!runsOn({ platforms }, platform)) return failed(name, `${what}, for ${platforms?.join(', ')}; task definition ${revision} runs on ${platform}`, `Build the image for ${platform} and push it again.`);
  if (platforms === null) return warning(name, `${what}; it is of one platform, which its manifest does not tell`, `See that it was built for ${platform}, or push an index.`);
  return right(name, `${what}, for ${platform}${note}`);
}

/** Until the release has ended, what runs now is what is gone back to, and what a replaced task comes up on. */
function checkRunning(env: Environment, { reads }: Question, service: Service): ResultAsync<readonly PreflightCheck[], PreflightError> {
  const { serviceName = '', taskDefinition = '' } = service;
  return safeTry<readonly PreflightCheck[], PreflightError>(async function* () {
    const definition = yield* found('images', serviceName, reads.taskDefinition(taskDefinition));
    if (definition.isErr()) return ok([]);
    const images = yield* found('images', `running images of ${serviceName}`, reads.imagesInUse(service));
    return ok(images.isErr() ? [images.error] : images.value.map((image) => judgeRunning(env, serviceName, image)));
  });
}

function judgeRunning({ definition }: Environment, service: string, { container, image, inRepository, version }: ImageInUse): PreflightCheck {
  const name = `running ${container} of ${service}`;
  const pattern = definition.services[service]!.release![container]!.tag;
  if (image === null) return skip(name, `it is not on an image of ${definition.images!.repository}`);
  const what = referenceText(definition.images!.repository, image);
  if (!inRepository) return warning(name, `${what} is no longer in the repository: no task of it could start`, 'Push that version again, or know that there is no way back to it.');
  if (version === null) return warning(name, `${what} has no version's tag: a rule that cleans up the repository may remove it`, `Give it its version's tag (${pattern}) before the release: it is what is gone back to.`);
  return right(name, `${what} is ${releaseTag(pattern, version)}`);
}

function referenceText(repository: string, image: ImageReference): string {
  return 'tag' in image ? `${repository}:${image.tag}` : `${repository}@${image.digest}`;
}
