import { ok, ResultAsync, safeTry } from 'neverthrow';
import { describeServices, type Service, updateService } from '../aws/ecs.js';
import { type Environment, internals } from '../environment/environment.js';
import { serviceProblems, waitProblems } from '../environment/validate.js';
import type { AwsWriteError, Conflict, DeploymentFailed, InvalidInput, PartialChange, Refused, RunError, RunStoreFailed, WaitError } from '../errors.js';
import { openAdministrationRules } from '../gate/administration-rules.js';
import { administrationServices } from '../gate/read-gate.js';
import { restoreTargetGroups } from '../gate/tune-target-groups.js';
import { announce } from '../reports/announce.js';
import { asRun } from '../runs/as-run.js';
import { readSchema } from '../runs/schema-record.js';
import { ensureBaseline, putBack } from '../states/baseline.js';
import { awaitServiceSteady } from './await-service-steady.js';
import { expectCount } from './expect-count.js';
import { startingRanks } from './ranks.js';
import { refuseOlderCode } from './refuse-older-code.js';
import { restoreScaling } from './scaling.js';
import { versionInUse } from './version-in-use.js';

export interface StartServicesOptions<S extends string = string> {
  /** default: every declared service that is away from what was found, else every one */
  readonly services?: readonly S[] | undefined;
  /** Starts services whose revision is older than the schema: the caller knows that the old code works on it. Default false. */
  readonly oldCodeFits?: boolean | undefined;
  /** default 1200 */
  readonly timeoutSeconds?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface StartServicesReport {
  /** service -> tasks that run */
  readonly started: Readonly<Record<string, number>>;
}

export type StartServicesError = InvalidInput | AwsWriteError | WaitError | Conflict | Refused | DeploymentFailed | PartialChange | RunError;

const defaultTimeoutSeconds = 1200;

/**
 * Starts services on the revision they have, with the desired count that was found (else the definition's), what they depend on first, and
 * waits until each runs and is healthy. Then scaling is put back as it was found (after: any RegisterScalableTarget call clamps), shortened
 * target group settings too, and administration's rules are opened again. Does not open the gate.
 *
 * Errors: InvalidInput; Refused (`old-code-on-new-schema`) when a released service is on a version older than what the last migration made
 * of the schema, or on one that neither its revision nor its images' tags tell; DeploymentFailed when tasks keep failing; Conflict on a hold, a lock or a foreign change; TimedOut; Aborted;
 * PartialChange from administration's rules; LockLost, RunStoreFailed; any AwsError. Services started before a failure stay started.
 */
export function startServices<S extends string>(env: Environment<S>, options: StartServicesOptions<NoInfer<S>> = {}): ResultAsync<StartServicesReport, StartServicesError> {
  const problems = [...waitProblems(options), ...serviceProblems(env, options.services)];
  const spec = { name: 'startServices', changes: true, refusedByHold: true, problems, options };
  return asRun(env, spec, (env) =>
    safeTry(async function* () {
      const names = options.services ?? servicesAway(env);
      const services = yield* describeServices(env, names);
      yield* refuseOldCode(env, services, options.oldCodeFits);
      yield* ensureBaseline(env);
      yield* startInRanks(env, services, options.timeoutSeconds ?? defaultTimeoutSeconds);
      yield* restoreTargetGroups(env);
      const administration = administrationServices(env);
      yield* openAdministrationRules(env, names.filter((name) => administration.includes(name)));
      return ok(reportOf(env, services));
    }),
  );
}

/** In a run that has put services aside: those. Else all that are declared. */
function servicesAway(env: Environment): readonly string[] {
  const all = Object.keys(env.definition.services);
  const away = all.filter((name) => env[internals].run?.baseline()?.putAside.includes(`service:${name}`));
  return away.length > 0 ? away : all;
}

/** What was found; where nothing was running then, what the definition wants. */
export function desiredCountOf(env: Environment, service: string): number {
  const baseline = env[internals].run?.baseline() ?? null;
  const found = baseline?.putAside.includes(`service:${service}`) ? baseline.services[service]?.desiredCount : undefined;
  return found ?? env.definition.services[service]!.desiredCount;
}

function reportOf(env: Environment, services: readonly Service[]): StartServicesReport {
  return { started: Object.fromEntries(services.map((service) => [service.serviceName!, desiredCountOf(env, service.serviceName!)])) };
}

/** What is known of the schema outlives the run. */
function refuseOldCode(env: Environment, services: readonly Service[], oldCodeFits: boolean | undefined): ResultAsync<void, AwsWriteError | Refused | RunStoreFailed> {
  const released = services.filter((service) => env.definition.services[service.serviceName!]!.release !== undefined);
  return safeTry(async function* () {
    const schema = yield* readSchema(env);
    if (schema === null || oldCodeFits === true) return ok(undefined);
    for (const service of released) {
      const version = yield* versionInUse(env, service);
      const of = ` ${version === null ? '' : 'of '}service ${service.serviceName}`;
      yield* refuseOlderCode(schema, { version, of, doing: 'started' });
    }
    return ok(undefined);
  });
}

function startInRanks(env: Environment, services: readonly Service[], timeoutSeconds: number): ResultAsync<void, StartServicesError> {
  return safeTry(async function* () {
    for (const rank of startingRanks(env.definition.services, services.map((service) => service.serviceName!))) {
      yield* ResultAsync.combine(rank.map((name) => startService(env, services.find((service) => service.serviceName === name)!, timeoutSeconds)));
    }
    return ok(undefined);
  });
}

/** Starts one service and waits until it is healthy, then gives it back to scaling. */
export function startService(env: Environment, service: Service, timeoutSeconds: number): ResultAsync<void, StartServicesError> {
  const name = service.serviceName!;
  const desiredCount = desiredCountOf(env, name);
  return safeTry(async function* () {
    if (service.desiredCount !== desiredCount) {
      announceStart(env, service);
      yield* updateService(env, { service: name, desiredCount });
    }
    yield* expectCount(env, name, desiredCount);
    yield* awaitServiceSteady(env, { service: name, desiredCount, timeoutSeconds });
    yield* restoreScaling(env, name);
    yield* putBack(env, [`service:${name}`]);
    return ok(undefined);
  });
}

function announceStart(env: Environment, service: Service): void {
  const desiredCount = desiredCountOf(env, service.serviceName!);
  if (service.desiredCount === desiredCount) return;
  announce(env, {
    resource: `service ${service.serviceName}`,
    from: `${service.desiredCount} tasks`,
    to: `${desiredCount} ${desiredCount === 1 ? 'task' : 'tasks'}`,
    operation: 'ecs:UpdateService',
    why: 'as it was found',
  });
}
