import { ok, type ResultAsync, safeTry } from 'neverthrow';
import { describeServices, type Service } from '../aws/ecs.js';
import { type Environment, internals } from '../environment/environment.js';
import { serviceProblems, waitProblems } from '../environment/validate.js';
import type { AwsWriteError, Conflict, DeploymentFailed, InvalidInput, PartialChange, Refused, RunError, WaitError } from '../errors.js';
import { openAdministrationRules } from '../gate/administration-rules.js';
import { administrationServices } from '../gate/read-gate.js';
import { restoreTargetGroups } from '../gate/tune-target-groups.js';
import { asRun, type Known } from '../runs/as-run.js';
import { ensureBaseline, putBack, servicesAside, servicesToPutBack } from '../states/baseline.js';
import { awaitServiceSteady } from './await-service-steady.js';
import { startDeadline } from './deadline.js';
import { expectCount } from './expect-count.js';
import { startingRanks } from './ranks.js';
import { refuseDatabaseAway } from './refuse-database-away.js';
import { refuseMisfits } from './refuse-misfits.js';
import { requestTasks } from './request-tasks.js';
import { restoreRollback } from './rollback.js';
import { restoreScaling } from './scaling.js';
import { sideBySide } from './side-by-side.js';

export interface StartServicesOptions<S extends string = string> {
  /** default: every service that is away from what was found; where no run has found anything yet, every declared one */
  readonly services?: readonly S[] | undefined;
  /** Starts services whose revision is older than the schema: the caller knows that the old code works on it. Default false. */
  readonly oldCodeFits?: boolean | undefined;
  /** For all services together; default 1200. */
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
 * Starts services on the revision they have, with the desired count that was found when they were stopped, what they depend on first, and waits
 * until each runs and is healthy. One whose deployment ECS has given up gets a new one. A service that no run has stopped keeps its count, or gets the definition's when that is 0. Then scaling is put back as it was found (after: any RegisterScalableTarget call clamps), shortened
 * target group settings and ECS's rollback too, and administration's rules are opened again. Does not open the gate.
 *
 * Errors: InvalidInput; Refused (`old-code-on-new-schema`) when a released service is on a version older than what the last migration made
 * of the schema, or on one that neither its revision nor its images' tags tell; Refused (`new-code-on-old-schema`) when a restore has undone the migration that its version came with, or (`database-away`) is in the middle of exchanging the instance; DeploymentFailed when tasks keep failing; Conflict on a hold, a lock or a foreign change; TimedOut; Aborted;
 * PartialChange from administration's rules; LockLost, RunStoreFailed; any AwsError. Services started before a failure stay started.
 */
export function startServices<S extends string>(env: Environment<S>, options: StartServicesOptions<NoInfer<S>> = {}): ResultAsync<StartServicesReport, StartServicesError> {
  const problems = () => [...waitProblems(options), ...serviceProblems(env, options.services)];
  const spec = { name: 'startServices', changes: true, refusedByHold: true, known: { services: true, oldCodeFits: true, timeoutSeconds: true, signal: true } satisfies Known<StartServicesOptions>, problems, options };
  return asRun(env, spec, (env) => start(env, options, desiredCountOf));
}

/** As `startServices`, but no service stays below the count of its definition. For who brings an environment into a state. */
export function startAsDefined(env: Environment, options: StartServicesOptions): ResultAsync<StartServicesReport, StartServicesError> {
  return start(env, options, (env, service) => Math.max(desiredCountOf(env, service), env.definition.services[service.serviceName!]!.desiredCount));
}

function start(env: Environment, options: StartServicesOptions, countOf: (env: Environment, service: Service) => number): ResultAsync<StartServicesReport, StartServicesError> {
  return safeTry(async function* () {
    const secondsLeft = startDeadline(env, options.timeoutSeconds ?? defaultTimeoutSeconds);
    yield* refuseDatabaseAway(env);
    const names = options.services ?? servicesToStart(env);
    const services = yield* describeServices(env, names);
    yield* refuseMisfits(env, services, options.oldCodeFits);
    const starts = services.map((service) => ({ service, desiredCount: countOf(env, service) }));
    yield* ensureBaseline(env);
    yield* startInRanks(env, starts, secondsLeft);
    yield* restoreTargetGroups(env);
    const administration = administrationServices(env);
    yield* openAdministrationRules(env, names.filter((name) => administration.includes(name)));
    return ok(reportOf(starts));
  });
}

interface Start {
  readonly service: Service;
  readonly desiredCount: number;
}

/** What an earlier change has put aside, and be it nothing; where nothing was changed yet, all that are declared. */
function servicesToStart(env: Environment): readonly string[] {
  const nothingFound = (env[internals].run?.baseline() ?? null) === null;
  return nothingFound ? Object.keys(env.definition.services) : servicesToPutBack(env);
}

/** What was found, and be it 0, if it was stopped since; else what it has, or the definition's where that is nothing. */
function desiredCountOf(env: Environment, { serviceName = '', desiredCount = 0 }: Service): number {
  const found = env[internals].run?.baseline()?.services[serviceName];
  if (found !== undefined && servicesAside(env).includes(serviceName)) return found.desiredCount;
  return desiredCount > 0 ? desiredCount : env.definition.services[serviceName]!.desiredCount;
}

function reportOf(starts: readonly Start[]): StartServicesReport {
  return { started: Object.fromEntries(starts.map(({ service, desiredCount }) => [service.serviceName!, desiredCount])) };
}

function startInRanks(env: Environment, starts: readonly Start[], secondsLeft: () => number): ResultAsync<void, StartServicesError> {
  return safeTry(async function* () {
    for (const rank of startingRanks(env.definition.services, starts.map(({ service }) => service.serviceName!))) {
      const ready = starts.filter(({ service }) => rank.includes(service.serviceName!));
      yield* sideBySide(env, ready, (env, start) => startService(env, start, secondsLeft()));
    }
    return ok(undefined);
  });
}

/** Starts one service and waits until it is healthy, then gives it back to scaling. */
function startService(env: Environment, start: Start, timeoutSeconds: number): ResultAsync<void, StartServicesError> {
  const { service, desiredCount } = start;
  const name = service.serviceName!;
  return safeTry(async function* () {
    yield* requestTasks(env, service, desiredCount);
    yield* expectCount(env, name, desiredCount);
    yield* awaitServiceSteady(env, { service: name, desiredCount, timeoutSeconds });
    yield* restoreScaling(env, name, desiredCount);
    yield* restoreRollback(env, name);
    yield* putBack(env, [`service:${name}`]);
    return ok(undefined);
  });
}
