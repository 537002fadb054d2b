import { okAsync, type ResultAsync } from 'neverthrow';
import { type CountLimits, type Environment, internals } from '../environment/environment.js';
import type { LockLost, RunStoreFailed } from '../errors.js';
import { type BaselineScaling, isSuspended } from '../runs/baseline.js';

/** Tells the run how many tasks a service now wants, so that every wait notices when somebody else wants another number. */
export function expectCount(env: Environment, service: string, desiredCount: number): ResultAsync<void, RunStoreFailed | LockLost> {
  const run = env[internals].run;
  return run === null ? okAsync(undefined) : run.expect({ desiredCounts: { ...run.expectations.desiredCounts, [service]: expectedCount(env, service, desiredCount) } });
}

/** Tells the run that a service is off for good: of which revision ECS's rollback decides. */
export function expectOff(env: Environment, service: string): ResultAsync<void, RunStoreFailed | LockLost> {
  const run = env[internals].run;
  if (run === null) return okAsync(undefined);
  const { desiredCounts, taskDefinitions: { [service]: _, ...taskDefinitions } } = run.expectations;
  return run.expect({ desiredCounts: { ...desiredCounts, [service]: 0 }, taskDefinitions });
}

/** The count that was set; while the service is in the hands of Auto Scaling whatever that may make of it. */
export function expectedCount(env: Environment, service: string, desiredCount: number): number | CountLimits {
  const baseline = env[internals].run?.baseline() ?? null;
  const scaling = baseline?.services[service]?.scaling ?? null;
  return scaling === null || baseline?.putAside.includes(`scaling:${service}`) === true ? desiredCount : countUnder(scaling, desiredCount);
}

/** What Auto Scaling with these limits may make of a desired count. Outside of the limits it stays until something scales. */
export function countUnder(scaling: BaselineScaling, desiredCount: number): number | CountLimits {
  if (isSuspended(scaling)) return desiredCount;
  return { min: Math.min(scaling.minCapacity, desiredCount), max: Math.max(scaling.maxCapacity, desiredCount) };
}
