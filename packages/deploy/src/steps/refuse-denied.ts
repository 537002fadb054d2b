import { err, ok, type ResultAsync, safeTry } from 'neverthrow';
import { canAskIam } from '../aws/iam.js';
import { getCallerIdentity } from '../aws/sts.js';
import { systemClock } from '../clock.js';
import type { Environment } from '../environment/environment.js';
import type { AccessDenied, Aborted, CredentialsExpired } from '../errors.js';
import { accessOfSteps, kindsOfSteps } from '../permissions/needed-access.js';
import { type Resources, resourcesOf } from '../permissions/resources.js';
import { type DeniedAccess, deniedOf, principalOf, simulateAll, unlessEnded } from '../permissions/simulate-access.js';
import type { StepName } from '../permissions/step-actions.js';
import { readOnce } from './preflight/read-once.js';

/** IAM's endpoint is a global one, which private networks often do not lead to: nothing waits longer for it, on the machine's time. */
const askWithinMs = 20_000;

/**
 * AccessDenied where IAM's simulation tells that a later step will be denied something, before anything is changed. Nothing is refused where
 * IAM may not be asked, does not answer in time, or says that it depends on what a simulation does not know: the call itself is denied then.
 * In a plan nobody is asked. `also`: what this call is on besides what any call of these steps is.
 */
export function refuseDenied(env: Environment, steps: readonly StepName[], also: Partial<Resources> = {}): ResultAsync<void, AccessDenied | CredentialsExpired | Aborted> {
  return safeTry<void, AccessDenied | CredentialsExpired | Aborted>(async function* () {
    if (steps.length === 0 || env.planning || !(await canAskIam(env))) return ok(undefined);
    const end = new AbortController();
    const asked = findDenied({ ...env, signal: AbortSignal.any([env.signal, end.signal]) }, steps, also);
    const tooLong = (env.clock.background ?? systemClock).sleep(askWithinMs, end.signal).catch(() => undefined);
    const found = await Promise.race([asked, tooLong.then(() => null)]);
    end.abort();
    return found?.andThen((denied) => (denied === null ? ok(undefined) : err(denied))) ?? ok(undefined);
  });
}

function findDenied(env: Environment, steps: readonly StepName[], also: Partial<Resources>): ResultAsync<AccessDenied | null, CredentialsExpired | Aborted> {
  return safeTry<AccessDenied | null, CredentialsExpired | Aborted>(async function* () {
    const caller = yield* unlessEnded(getCallerIdentity(env));
    if (caller.isErr()) return ok(null);
    const principal = yield* principalOf(env, caller.value.arn);
    if ('unknown' in principal) return ok(null);
    const resources = yield* unlessEnded(resourcesOf(env, readOnce(env), kindsOfSteps(env, steps)));
    if (resources.isErr()) return ok(null);
    const needed = accessOfSteps(env, steps, withOthers(resources.value, also));
    const simulated = yield* unlessEnded(simulateAll(env, principal.arn, needed));
    const denied = simulated.isErr() ? [] : deniedOf(needed, simulated.value).filter(({ denied }) => denied.every(({ missingKeys }) => missingKeys.length === 0));
    return ok(denied.length === 0 ? null : accessDenied(principal.arn, denied));
  });
}

function withOthers(resources: Resources, also: Partial<Resources>): Resources {
  const both = Object.entries(also).map(([kind, arns]) => [kind, [...resources[kind as keyof Resources], ...arns]]);
  return { ...resources, ...(Object.fromEntries(both) as Partial<Resources>) };
}

function accessDenied(principal: string, all: readonly DeniedAccess[]): AccessDenied {
  const on = ({ action, denied }: DeniedAccess) => `${action} on ${denied.map(({ resource }) => resource).join(', ')}`;
  const [first] = all;
  return {
    kind: 'AccessDenied',
    action: first!.action,
    resource: first!.denied[0]!.resource,
    message: `${principal} may not ${all.map(on).join('; nor ')}: a later call would be denied. Nothing was changed.`,
    remedy: `Allow it in the policies of ${principal}; requiredPermissions gives them.`,
  };
}
