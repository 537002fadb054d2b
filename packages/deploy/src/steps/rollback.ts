import { ok, okAsync, type ResultAsync, safeTry } from 'neverthrow';
import { type DeploymentConfiguration, describeServices, type Service, updateService } from '../aws/ecs.js';
import { type Environment, internals } from '../environment/environment.js';
import type { AwsError, AwsWriteError, Conflict, LockLost, RunStoreFailed, WaitError } from '../errors.js';
import { announce } from '../reports/announce.js';
import type { BaselineRollback } from '../runs/baseline.js';
import { putBack, rollbackKey } from '../states/baseline.js';
import { waitUntil } from '../wait.js';

export type RestoreRollbackError = AwsWriteError | RunStoreFailed | WaitError | Conflict;

const readBackTimeoutSeconds = 60;
/** Its tasks run already when this is waited for. */
const rolledOutTimeoutSeconds = 600;

/**
 * The deployment configuration of a service with which ECS does not go back to the revision before by itself, when this library has long
 * stopped looking; undefined where it does not anyway. What was found is journalled first.
 */
export function withoutRollback(env: Environment, service: Service): ResultAsync<DeploymentConfiguration | undefined, RunStoreFailed | LockLost> {
  const { deploymentConfiguration = {} } = service;
  const { deploymentCircuitBreaker, alarms } = deploymentConfiguration;
  if (deploymentCircuitBreaker?.rollback !== true && alarms?.rollback !== true) return okAsync(undefined);
  const breaker = (changes: object) => (deploymentCircuitBreaker === undefined ? {} : { deploymentCircuitBreaker: { ...deploymentCircuitBreaker, ...changes } });
  const alarm = (changes: object) => (alarms === undefined ? {} : { alarms: { ...alarms, ...changes } });
  const off = { rollback: false };
  return journal(env, service.serviceName!, { ...breaker({}), ...alarm({}) }).map(() => ({ ...deploymentConfiguration, ...breaker(off), ...alarm(off) }));
}

function journal(env: Environment, service: string, found: BaselineRollback): ResultAsync<void, RunStoreFailed | LockLost> {
  const run = env[internals].run;
  const baseline = run?.baseline() ?? null;
  if (run === null || baseline === null || baseline.putAside.includes(rollbackKey(service))) return okAsync(undefined);
  return run.saveBaseline({ ...baseline, rollbacks: { ...baseline.rollbacks, [service]: found }, putAside: [...baseline.putAside, rollbackKey(service)] });
}

/**
 * Lets ECS roll a service back again as it was found to, and reads it back. Not before its deployment has ended: until then the revision
 * before is what a failure would bring back.
 */
export function restoreRollback(env: Environment, service: string): ResultAsync<void, RestoreRollbackError> {
  const baseline = env[internals].run?.baseline() ?? null;
  const found = baseline?.rollbacks?.[service];
  if (found === undefined || baseline?.putAside.includes(rollbackKey(service)) !== true) return okAsync(undefined);
  return safeTry<void, RestoreRollbackError>(async function* () {
    const { deploymentConfiguration } = yield* awaitService(env, service, {
      waitingFor: `the deployment of ${service} to have ended`,
      timeoutSeconds: rolledOutTimeoutSeconds,
      until: ({ deployments = [] }) => deployments.every(({ rolloutState }) => rolloutState !== 'IN_PROGRESS'),
    });
    announce(env, { resource: `service ${service}`, from: 'no rollback by ECS', to: 'rollback by ECS', operation: 'ecs:UpdateService', why: 'as it was found' });
    yield* updateService(env, { service, deploymentConfiguration: { ...deploymentConfiguration, ...found } });
    yield* awaitService(env, service, {
      waitingFor: `rollback of ${service} to read back as it was found`,
      timeoutSeconds: readBackTimeoutSeconds,
      until: ({ deploymentConfiguration: now }) => now?.deploymentCircuitBreaker?.rollback === found.deploymentCircuitBreaker?.rollback && now?.alarms?.rollback === found.alarms?.rollback,
    });
    yield* putBack(env, [rollbackKey(service)]);
    return ok(undefined);
  });
}

interface ServiceQuestion {
  readonly waitingFor: string;
  readonly timeoutSeconds: number;
  readonly until: (service: Service) => boolean;
}

function awaitService(env: Environment, name: string, { waitingFor, timeoutSeconds, until }: ServiceQuestion): ResultAsync<Service, AwsError | WaitError | Conflict> {
  return waitUntil<Service, never, AwsError>(env, {
    waitingFor,
    timeoutSeconds,
    intervalSeconds: 2,
    probe: () => describeServices(env, [name]).map(([service]) => (until(service!) ? { status: 'done' as const, value: service! } : { status: 'pending' as const, seen: 'not yet' })),
  });
}
