import { okAsync, type ResultAsync } from 'neverthrow';
import { type Service, updateService } from '../aws/ecs.js';
import { type Environment, internals } from '../environment/environment.js';
import type { AwsWriteError, LockLost } from '../errors.js';
import { announce } from '../reports/announce.js';
import { servicesAside } from '../states/baseline.js';
import { hasGivenUp } from './has-given-up.js';

/**
 * Asks for a service's tasks on the revision that it has. A deployment that ECS has given up starts none, whatever count it is given
 * ("Deployment": FAILED launches no new tasks): that one is made anew.
 */
export function requestTasks(env: Environment, service: Service, desiredCount: number): ResultAsync<void, AwsWriteError> {
  const name = service.serviceName!;
  const given = { resource: `service ${name}`, to: `${desiredCount} ${desiredCount === 1 ? 'task' : 'tasks'}`, operation: 'ecs:UpdateService' };
  if (desiredCount > 0 && hasGivenUp(service)) {
    announce(env, { ...given, from: 'a deployment that has failed', why: 'it starts no tasks any more' });
    return updateService(env, { service: name, desiredCount, forceNewDeployment: true }).map(() => undefined);
  }
  if (service.desiredCount === desiredCount) return servicesAside(env).includes(name) ? goOn(env) : okAsync(undefined);
  announce(env, { ...given, from: `${service.desiredCount} tasks`, why: 'as it was found' });
  return updateService(env, { service: name, desiredCount }).map(() => undefined);
}

/** What an earlier run has asked for is this one's to wait for: when that fails it has not left things untouched. */
function goOn(env: Environment): ResultAsync<void, LockLost> {
  const { run } = env[internals];
  return env.planning || run === null ? okAsync(undefined) : okAsync(undefined).andThen(() => run.assertLock());
}
