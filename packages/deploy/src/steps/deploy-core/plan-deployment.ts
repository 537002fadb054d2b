import { ok, type ResultAsync, safeTry } from 'neverthrow';
import type { Service } from '../../aws/ecs.js';
import type { Environment } from '../../environment/environment.js';
import type { AwsWriteError } from '../../errors.js';
import { announce } from '../../reports/announce.js';
import type { DeployedService, DeployReport } from '../deploy-core.js';
import type { MovedTag } from '../move-tags.js';
import { deploymentChange } from './begin-deployment.js';
import { countToDeploy, prepareDeployment } from './deploy-wave.js';
import type { ServiceRelease } from './release-images.js';

export interface DeploymentPlan {
  readonly version: string;
  readonly waves: readonly (readonly string[])[];
  readonly all: readonly Service[];
  readonly releases: ReadonlyMap<string, ServiceRelease>;
  readonly movedTags: readonly MovedTag[];
}

/** Tells what would be changed, in order. */
export function planDeployment<S extends string>(env: Environment, { version, waves, all, releases, movedTags }: DeploymentPlan): ResultAsync<DeployReport<S>, AwsWriteError> {
  return safeTry<DeployReport<S>, AwsWriteError>(async function* () {
    const services: Record<string, DeployedService> = {};
    const started: Record<string, number> = {};
    for (const name of waves.flat()) {
      const release = releases.get(name);
      const service = all.find(({ serviceName }) => serviceName === name)!;
      if (release === undefined) {
        started[name] = countToDeploy(env, service);
        announce(env, { resource: `service ${name}`, from: `${service.desiredCount} tasks`, to: `${started[name]} tasks`, operation: 'ecs:UpdateService', why: 'as it was found' });
      } else {
        const request = yield* prepareDeployment(env, release, version);
        announce(env, deploymentChange(request));
        services[name] = { taskDefinition: request.revision, deploymentId: '', desiredCount: request.desiredCount, images: digestsOf(release), adopted: false };
      }
    }
    return ok({ version, services: services as Record<S, DeployedService>, started, movedTags, seconds: 0 });
  });
}

function digestsOf({ images }: ServiceRelease): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(images).map(([container, { digest }]) => [container, digest]));
}
