import { ok, okAsync, type ResultAsync, safeTry } from 'neverthrow';
import { describeServices, type Service, updateService } from '../aws/ecs.js';
import { type Environment, internals, type RunFact } from '../environment/environment.js';
import { choiceProblems, serviceProblems, waitProblems } from '../environment/validate.js';
import type { AwsWriteError, Conflict, InvalidInput, PartialChange, Refused, RunError, RunStoreFailed, WaitError } from '../errors.js';
import { closeAdministrationRules } from '../gate/administration-rules.js';
import { administrationOnDatabase, administrationServices, usesDatabase } from '../gate/read-gate.js';
import { tuneTargetGroups } from '../gate/tune-target-groups.js';
import { announce } from '../reports/announce.js';
import { asRun, type Known } from '../runs/as-run.js';
import { ensureBaseline, putAside } from '../states/baseline.js';
import { awaitTasksStopped, listServiceTasks } from './await-tasks-stopped.js';
import { startDeadline } from './deadline.js';
import { expectCount } from './expect-count.js';
import { checkOtherTasks, otherTasksPolicies, type OtherTasksPolicy } from './other-tasks.js';
import { stoppingRanks } from './ranks.js';
import { suspendScaling } from './scaling.js';
import { sideBySide } from './side-by-side.js';

export interface StopServicesOptions<S extends string = string> {
  /** default: every application service */
  readonly services?: readonly S[] | undefined;
  /** `pause` (default) also stops administration services that use the instance: they write, and hold locks a migration queues behind. */
  readonly administration?: 'pause' | 'keep' | undefined;
  /** Tasks in the cluster that no declared service owns; default `refuse`. */
  readonly otherTasks?: OtherTasksPolicy | undefined;
  /** `while-gated` (default) shortens deregistration delays while visitors are kept out; put back before the gate opens. */
  readonly tuneTargetGroups?: 'while-gated' | 'never' | undefined;
  /** For other tasks and all services together; default 1200. */
  readonly timeoutSeconds?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface StopServicesReport {
  readonly stopped: readonly string[];
  /** Administration services stopped besides. */
  readonly paused: readonly string[];
  readonly tasks: number;
  /** ISO time at which the last task that may write had stopped; null when none ran. */
  readonly lastWriterStoppedAt: string | null;
}

export type StopServicesError = InvalidInput | AwsWriteError | WaitError | Conflict | Refused | PartialChange | RunError;

/** Deregistration delay (300 s by default) and stop timeout (120 s at most) of every rank of a deep environment, with room. */
const defaultTimeoutSeconds = 1200;

/**
 * Stops services and waits until their last task is STOPPED, entry points before what they depend on. Scaling is suspended first and the
 * gate closed for administration services that pause. `runningCount` 0 is not the end: tasks behind the balancer go on in DEACTIVATING, with
 * old code that may write, for the deregistration delay ("Amazon ECS task lifecycle").
 *
 * What was found is journalled before and put back by `startServices` or `deployCore`. On a failure services stay as far stopped as they are.
 *
 * Errors: InvalidInput; Conflict for a migration or other task in flight, a lock, a foreign change; Refused for writers outside ECS that
 * nobody acknowledged; TimedOut naming the tasks that remain; Aborted; PartialChange from closing administration's rules; LockLost,
 * RunStoreFailed; any AwsError.
 */
export function stopServices<S extends string>(env: Environment<S>, options: StopServicesOptions<NoInfer<S>> = {}): ResultAsync<StopServicesReport, StopServicesError> {
  const problems = () => [...waitProblems(options), ...serviceProblems(env, options.services), ...optionProblems(options)];
  const spec = { name: 'stopServices', changes: true, refusedByHold: false, known: { services: true, administration: true, otherTasks: true, tuneTargetGroups: true, timeoutSeconds: true, signal: true } satisfies Known<StopServicesOptions>, problems, options };
  return asRun(env, spec, (env) =>
    safeTry(async function* () {
      const secondsLeft = startDeadline(env, options.timeoutSeconds ?? defaultTimeoutSeconds);
      const { stop, paused } = servicesToStop(env, options);
      yield* checkOtherTasks(env, options.otherTasks ?? 'refuse', secondsLeft());
      const services = yield* describeServices(env, [...stop, ...paused]);
      yield* ensureBaseline(env);
      yield* closeAdministrationRules(env, [...paused, ...administrationServices(env).filter((name) => stop.includes(name))]);
      if (options.tuneTargetGroups !== 'never') yield* tuneTargetGroups(env, [...stop, ...paused]);
      return stopInRanks(env, services, { stop, paused, secondsLeft });
    }),
  );
}

function optionProblems(options: StopServicesOptions): readonly string[] {
  return [
    ...choiceProblems('administration', ['pause', 'keep'], options.administration),
    ...choiceProblems('otherTasks', otherTasksPolicies, options.otherTasks),
    ...choiceProblems('tuneTargetGroups', ['while-gated', 'never'], options.tuneTargetGroups),
  ];
}

function servicesToStop(env: Environment, options: StopServicesOptions): { readonly stop: readonly string[]; readonly paused: readonly string[] } {
  const application = Object.keys(env.definition.services).filter((name) => env.definition.services[name]!.role === 'application');
  const stop = options.services ?? application;
  const paused = options.administration === 'keep' ? [] : administrationOnDatabase(env).filter((name) => !stop.includes(name));
  return { stop, paused };
}

interface Stopping {
  readonly stop: readonly string[];
  readonly paused: readonly string[];
  readonly secondsLeft: () => number;
}

function stopInRanks(env: Environment, services: readonly Service[], { stop, paused, secondsLeft }: Stopping): ResultAsync<StopServicesReport, StopServicesError> {
  return safeTry(async function* () {
    let tasks = 0;
    const writersStoppedAt: string[] = [];
    for (const rank of stoppingRanks(env.definition.services, [...stop, ...paused])) {
      const left = services.filter(({ serviceName }) => rank.includes(serviceName!));
      const stopped = yield* sideBySide(env, left, (env, service) => stopService(env, service, secondsLeft()));
      tasks += stopped.reduce((sum, { arns }) => sum + arns.length, 0);
      writersStoppedAt.push(...stopped.flatMap(({ name, lastStoppedAt }) => (lastStoppedAt !== null && usesDatabase(env, name) ? [lastStoppedAt] : [])));
    }
    const lastWriterStoppedAt = writersStoppedAt.sort().at(-1) ?? null;
    if (lastWriterStoppedAt !== null) yield* recordEnd(env, lastWriterStoppedAt);
    return ok({ stopped: stop, paused, tasks, lastWriterStoppedAt });
  });
}

function recordEnd(env: Environment, lastWriterStoppedAt: string): ResultAsync<void, RunStoreFailed | RunError> {
  return env[internals].run?.record('lastWriterStoppedAt' satisfies RunFact, lastWriterStoppedAt) ?? okAsync(undefined);
}

/** Tasks are listed before the update and after it: one that starts in between is in the second list only, one that stops at once in the first. */
function stopService(env: Environment, service: Service, timeoutSeconds: number) {
  const name = service.serviceName!;
  return safeTry(async function* () {
    const before = yield* listServiceTasks(env, name);
    yield* putAside(env, [`service:${name}`]);
    yield* suspendScaling(env, name);
    if (service.desiredCount !== 0) {
      announceStop(env, service);
      yield* updateService(env, { service: name, desiredCount: 0 });
    }
    yield* expectCount(env, name, 0);
    const stopped = yield* awaitTasksStopped(env, { service: name, known: before, timeoutSeconds });
    return ok({ name, ...stopped });
  });
}

function announceStop(env: Environment, service: Service): void {
  const definition = env.definition.services[service.serviceName!];
  announce(env, {
    resource: `service ${service.serviceName}`,
    from: `${service.desiredCount} ${service.desiredCount === 1 ? 'task' : 'tasks'}`,
    to: '0 tasks',
    operation: 'ecs:UpdateService',
    why: definition?.volatile === true ? `nothing may write while the database is worked on; ${service.serviceName}: contents are lost` : 'nothing may write while the database is worked on',
  });
}
