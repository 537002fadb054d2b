import { ok, okAsync, type ResultAsync, safeTry } from 'neverthrow';
import { describeScalableTargets, registerScalableTarget } from '../aws/autoscaling.js';
import { type Environment, internals } from '../environment/environment.js';
import type { AwsError, AwsWriteError, Conflict, RunStoreFailed, WaitError } from '../errors.js';
import { announce } from '../reports/announce.js';
import { type BaselineScaling, isSuspended } from '../runs/baseline.js';
import { baselineScaling, putAside, putBack } from '../states/baseline.js';
import { waitUntil } from '../wait.js';
import { countUnder } from './expect-count.js';

export type ScalingError = AwsWriteError | RunStoreFailed;

const readBackTimeoutSeconds = 60;
const everything = { dynamicScalingIn: true, dynamicScalingOut: true, scheduledScaling: true };

/**
 * Takes a service out of the hands of Application Auto Scaling before its desired count is set to 0: suspended, and with a minimum of 0,
 * because any RegisterScalableTarget call pulls a service into [min, max] ("RegisterScalableTarget"). What is suspended already is left
 * alone: without a call nothing is pulled.
 */
export function suspendScaling(env: Environment, service: string): ResultAsync<void, ScalingError> {
  const scaling = env[internals].run?.baseline()?.services[service]?.scaling ?? null;
  if (scaling === null) return okAsync(undefined);
  if (isSuspended(scaling)) return expectSuspended(env, service, true);
  return safeTry(async function* () {
    yield* putAside(env, [`scaling:${service}`]);
    announceScaling(env, service, `${scaling.minCapacity} to ${scaling.maxCapacity}`, 'suspended, minimum 0', 'nothing but this run may start tasks');
    yield* registerScalableTarget(env, { resourceId: scaling.resourceId, minCapacity: 0, maxCapacity: scaling.maxCapacity, suspended: everything });
    yield* expectSuspended(env, service, true);
    return ok(undefined);
  });
}

/**
 * Puts the scaling of a service that runs `desiredCount` tasks again back as it was found, and reads it back. From then on Auto Scaling may
 * change the count. A service that stays at 0 keeps a minimum of 0: the call would start it.
 */
export function restoreScaling(env: Environment, service: string, desiredCount: number): ResultAsync<void, ScalingError | WaitError | Conflict> {
  const baseline = env[internals].run?.baseline() ?? null;
  const found = baseline?.services[service]?.scaling ?? null;
  if (found === null || !baseline?.putAside.includes(`scaling:${service}`)) return okAsync(undefined);
  const scaling = desiredCount === 0 ? { ...found, minCapacity: 0 } : found;
  if (scaling.minCapacity !== found.minCapacity) env.emit({ type: 'warning', message: minimumKept(service, found.minCapacity) });
  return setScaling(env, service, { found: { ...found, minCapacity: 0, suspended: everything }, wanted: scaling, desiredCount, why: 'as it was found' }).andThen(() => putBack(env, [`scaling:${service}`]));
}

export interface ScalingChange {
  readonly found: BaselineScaling;
  readonly wanted: BaselineScaling;
  /** Of the service now. */
  readonly desiredCount: number;
  readonly why: string;
}

/** Sets limits and suspension of a service's scaling, and reads them back. */
export function setScaling(env: Environment, service: string, { found, wanted, desiredCount, why }: ScalingChange): ResultAsync<void, ScalingError | WaitError | Conflict> {
  return safeTry(async function* () {
    announceScaling(env, service, scalingText(found), scalingText(wanted), why);
    yield* registerScalableTarget(env, wanted);
    yield* expectScaling(env, service, wanted, desiredCount);
    yield* awaitScaling(env, service, wanted);
    return ok(undefined);
  });
}

function scalingText(scaling: BaselineScaling): string {
  return isSuspended(scaling) ? `suspended, minimum ${scaling.minCapacity}` : `${scaling.minCapacity} to ${scaling.maxCapacity}`;
}

function minimumKept(service: string, minimum: number): string {
  return `Scaling of service ${service} had a minimum of ${minimum} and keeps 0: the service was found at 0 tasks, and putting the minimum back would start it. Set it when the service is to run.`;
}

function awaitScaling(env: Environment, service: string, wanted: BaselineScaling): ResultAsync<void, AwsError | WaitError | Conflict> {
  return waitUntil<void, never, AwsError>(env, {
    waitingFor: `scaling of ${service} to read back as it was put back`,
    timeoutSeconds: readBackTimeoutSeconds,
    intervalSeconds: 1,
    probe: () =>
      describeScalableTargets(env, [wanted.resourceId]).map(([target]) => {
        const now = JSON.stringify(target === undefined ? null : baselineScaling(target));
        return now === JSON.stringify(wanted) ? { status: 'done' as const, value: undefined } : { status: 'pending' as const, seen: now };
      }),
  });
}

function announceScaling(env: Environment, service: string, from: string, to: string, why: string): void {
  announce(env, { resource: `scaling of service ${service}`, from, to, operation: 'application-autoscaling:RegisterScalableTarget', why });
}

function expectScaling(env: Environment, service: string, scaling: BaselineScaling, desiredCount: number): ResultAsync<void, RunStoreFailed | AwsWriteError> {
  const run = env[internals].run;
  if (run === null) return okAsync(undefined);
  const { suspendedScaling, desiredCounts } = run.expectations;
  return run.expect({ suspendedScaling: { ...suspendedScaling, [service]: isSuspended(scaling) }, desiredCounts: { ...desiredCounts, [service]: countUnder(scaling, desiredCount) } });
}

function expectSuspended(env: Environment, service: string, suspended: boolean): ResultAsync<void, RunStoreFailed | AwsWriteError> {
  const run = env[internals].run;
  return run === null ? okAsync(undefined) : run.expect({ suspendedScaling: { ...run.expectations.suspendedScaling, [service]: suspended } });
}
