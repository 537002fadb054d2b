import { ok, ResultAsync, safeTry } from 'neverthrow';
import { describeServices, describeTaskDefinition, type Service } from '../../aws/ecs.js';
import type { Environment } from '../../environment/environment.js';
import type { PreflightCheck } from '../../errors.js';
import { checksOf, found, type PreflightError } from './check.js';

const { ok: right, skip, warning, failed } = checksOf('services');

/** Which images run now, and that nobody is deploying. */
export function checkServices(env: Environment): ResultAsync<readonly PreflightCheck[], PreflightError> {
  return safeTry(async function* () {
    const services = yield* found('services', 'services', describeServices(env, Object.keys(env.definition.services)));
    if (services.isErr()) return ok([services.error]);
    const running = yield* ResultAsync.combine(releasedServices(env).map((name) => runningImages(env, name, services.value)));
    const unclaimed = releasedServices(env).length === 0 ? [skip('running versions', 'no service has a release image')] : [];
    return ok([...unclaimed, ...running, deploymentsCheck(services.value), tasksCheck(services.value)]);
  });
}

function releasedServices(env: Environment): readonly string[] {
  return Object.entries(env.definition.services).flatMap(([name, { release }]) => (release === undefined ? [] : [name]));
}

function runningImages(env: Environment, name: string, services: readonly Service[]): ResultAsync<PreflightCheck, PreflightError> {
  const check = `running version of ${name}`;
  const taskDefinition = services.find(({ serviceName }) => serviceName === name)?.taskDefinition ?? '';
  return found('services', check, describeTaskDefinition(env, taskDefinition)).map((definition) => {
    if (definition.isErr()) return definition.error;
    const released = Object.keys(env.definition.services[name]?.release ?? {});
    const images = (definition.value.containerDefinitions ?? []).filter((container) => released.includes(container.name ?? '')).map((container) => `${container.name} ${container.image?.split('/').at(-1)}`);
    return right(check, `${definition.value.family}:${definition.value.revision} with ${images.join(', ') || 'no released container'}`);
  });
}

function deploymentsCheck(services: readonly Service[]): PreflightCheck {
  const deploying = services.filter(({ deployments = [] }) => deployments.length > 1 || deployments.some(({ rolloutState }) => rolloutState === 'IN_PROGRESS'));
  const names = deploying.map(({ serviceName }) => serviceName).join(', ');
  if (deploying.length === 0) return right('deployments', 'none in progress');
  return failed('deployments', `in progress: ${names}`, 'Wait until they are complete, or find out why they are not.');
}

function tasksCheck(services: readonly Service[]): PreflightCheck {
  const short = services.filter(({ desiredCount = 0, runningCount = 0 }) => runningCount < desiredCount);
  if (short.length === 0) return right('tasks', 'every service runs its desired count');
  const detail = short.map(({ serviceName, desiredCount, runningCount }) => `${serviceName} ${runningCount} of ${desiredCount}`).join(', ');
  return warning('tasks', `missing: ${detail}`, 'Find out why they do not run: a release does not heal what is broken before it.');
}
