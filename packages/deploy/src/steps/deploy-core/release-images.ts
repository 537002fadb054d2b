import { err, ok, type ResultAsync, safeTry } from 'neverthrow';
import { describeTaskDefinition, type Service, type TaggedTaskDefinition } from '../../aws/ecs.js';
import type { Environment } from '../../environment/environment.js';
import type { AwsError, DeploymentFailed } from '../../errors.js';
import { deploymentFailed } from '../await-service-steady.js';
import { findReleaseImage, imageReference, type ImageStrategy, platformOf, type ReleaseImage, releaseTag, runsOn } from '../images.js';

/** What a service is to run. */
export interface ServiceRelease {
  readonly service: Service;
  /** The revision in use. */
  readonly current: TaggedTaskDefinition;
  /** container -> image of the version */
  readonly images: Readonly<Record<string, ReleaseImage>>;
}

/** Images of a version for the containers of a service that follow it, checked against what its tasks run on. */
export function findServiceRelease(env: Environment, service: Service, version: string): ResultAsync<ServiceRelease, AwsError | DeploymentFailed> {
  const name = service.serviceName!;
  const release = Object.entries(env.definition.services[name]?.release ?? {});
  return safeTry<ServiceRelease, AwsError | DeploymentFailed>(async function* () {
    const current = yield* describeTaskDefinition(env, service.taskDefinition!);
    const images: Record<string, ReleaseImage> = {};
    for (const [container, { tag }] of release) {
      const image = yield* findReleaseImage(env, env.definition.images!.repository, releaseTag(tag, version));
      if (!runsOn(image, platformOf(current))) return err(wrongPlatform(name, image, platformOf(current)));
      images[container] = image;
    }
    return ok({ service, current, images });
  });
}

/** container -> image as the revision is to name it */
export function imagesByStrategy(env: Environment, { current, images }: ServiceRelease, strategy: ImageStrategy): Readonly<Record<string, string>> {
  const now = (container: string) => current.containerDefinitions?.find(({ name }) => name === container)?.image ?? '';
  const mutableTags = env.definition.images?.mutableTags ?? {};
  return Object.fromEntries(
    Object.entries(images).map(([container, image]) => [container, imageReference(env, now(container), image, strategy === 'retag' ? { tag: mutableTags[container]! } : { digest: true })]),
  );
}

function wrongPlatform(service: string, image: ReleaseImage, platform: string): DeploymentFailed {
  const failed = deploymentFailed(service, 'image', { stoppedTasks: [], targetHealth: [], events: [], lastLines: [] });
  return {
    ...failed,
    message: `service ${service} was not deployed: image ${image.repository}:${image.tag} is built for ${image.platforms?.join(', ')}, and its tasks run on ${platform}`,
    remedy: `Build and push the image for ${platform}, then resume.`,
  };
}
