import { ok, okAsync, type ResultAsync, safeTry } from 'neverthrow';
import { registerScalableTarget } from '../aws/autoscaling.js';
import { type Environment, internals } from '../environment/environment.js';
import type { AwsWriteError, RunStoreFailed } from '../errors.js';
import { announce } from '../reports/announce.js';
import { putAside, putBack } from '../states/baseline.js';

export type ScalingError = AwsWriteError | RunStoreFailed;

const everything = { dynamicScalingIn: true, dynamicScalingOut: true, scheduledScaling: true };

/**
 * Takes a service out of the hands of Application Auto Scaling before its desired count is set to 0: suspended, and with a minimum of 0,
 * because any RegisterScalableTarget call pulls a service into [min, max] ("RegisterScalableTarget").
 */
export function suspendScaling(env: Environment, service: string): ResultAsync<void, ScalingError> {
  const scaling = env[internals].run?.baseline()?.services[service]?.scaling ?? null;
  if (scaling === null) return okAsync(undefined);
  return safeTry(async function* () {
    yield* putAside(env, [`scaling:${service}`]);
    announceScaling(env, service, `${scaling.minCapacity} to ${scaling.maxCapacity}`, 'suspended, minimum 0', 'nothing but this run may start tasks');
    yield* registerScalableTarget(env, { resourceId: scaling.resourceId, minCapacity: 0, maxCapacity: scaling.maxCapacity, suspended: everything });
    yield* expectSuspended(env, service, true);
    return ok(undefined);
  });
}

/** Puts the scaling of a service back exactly as it was found. Only once the service runs its tasks again: the call clamps. */
export function restoreScaling(env: Environment, service: string): ResultAsync<void, ScalingError> {
  const baseline = env[internals].run?.baseline() ?? null;
  const scaling = baseline?.services[service]?.scaling ?? null;
  if (scaling === null || !baseline?.putAside.includes(`scaling:${service}`)) return okAsync(undefined);
  return safeTry(async function* () {
    announceScaling(env, service, 'suspended, minimum 0', `${scaling.minCapacity} to ${scaling.maxCapacity}`, 'as it was found');
    yield* registerScalableTarget(env, scaling);
    yield* expectSuspended(env, service, false);
    yield* putBack(env, [`scaling:${service}`]);
    return ok(undefined);
  });
}

function announceScaling(env: Environment, service: string, from: string, to: string, why: string): void {
  announce(env, { resource: `scaling of service ${service}`, from, to, operation: 'application-autoscaling:RegisterScalableTarget', why });
}

function expectSuspended(env: Environment, service: string, suspended: boolean): ResultAsync<void, RunStoreFailed | AwsWriteError> {
  const run = env[internals].run;
  return run === null ? okAsync(undefined) : run.expect({ suspendedScaling: { ...run.expectations.suspendedScaling, [service]: suspended } });
}
