import { ok, type ResultAsync, safeTry } from 'neverthrow';
import { describeScalableTargets } from '../aws/autoscaling.js';
import { describeServices } from '../aws/ecs.js';
import { type Environment, internals } from '../environment/environment.js';
import type { Conflict, LockLost, RunStoreFailed, WaitError } from '../errors.js';
import { restoreTargetGroups } from '../gate/tune-target-groups.js';
import { type BaselineScaling, isSuspended } from '../runs/baseline.js';
import { baselineScaling, putBack, scalingResourceId } from '../states/baseline.js';
import { settledLimits } from '../states/plan-changes.js';
import type { StateName } from '../states/state-definitions.js';
import { setScaling, type ScalingError } from './scaling.js';

export interface SettleReport {
  /** Services whose scaling was changed. */
  readonly changed: readonly string[];
}

/**
 * Gives what a transition leaves behind the settings that go with the state: scaling limits, not suspended, and target groups as they were
 * found. What is off, or closed, is meant to be so from then on: nothing of it is put back any more.
 */
export function settleScaling(env: Environment, to: StateName): ResultAsync<SettleReport, ScalingError | WaitError | Conflict | RunStoreFailed | LockLost> {
  return safeTry(async function* () {
    const names = Object.keys(env.definition.services);
    const services = yield* describeServices(env, names);
    const targets = yield* describeScalableTargets(env, names.map((name) => scalingResourceId(env, name)));
    const changed: string[] = [];
    for (const name of names) {
      const target = targets.find(({ ResourceId }) => ResourceId === scalingResourceId(env, name));
      if (target === undefined) continue;
      const found = baselineScaling(target);
      const wanted = { ...found, ...settledLimits(env, name, { ...found, suspended: isSuspended(found) }, to), suspended: active };
      if (same(found, wanted)) continue;
      const desiredCount = services.find(({ serviceName }) => serviceName === name)?.desiredCount ?? 0;
      yield* setScaling(env, name, { found, wanted, desiredCount, why: `as the infrastructure code has it in ${to}` });
      changed.push(name);
    }
    yield* restoreTargetGroups(env);
    yield* putBack(env, env[internals].run?.baseline()?.putAside ?? []);
    return ok({ changed });
  });
}

const active = { dynamicScalingIn: false, dynamicScalingOut: false, scheduledScaling: false };

function same(left: BaselineScaling, right: BaselineScaling): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}
