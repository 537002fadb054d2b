import { ok, okAsync, type ResultAsync, safeTry } from 'neverthrow';
import { describeScalableTargets, type ScalableTarget } from '../aws/autoscaling.js';
import { describeServices, type Service } from '../aws/ecs.js';
import { describeRules } from '../aws/elbv2.js';
import { type Environment, internals } from '../environment/environment.js';
import type { AwsError, LockLost, RunStoreFailed } from '../errors.js';
import { closedBehaviors, readDistributions } from '../gate/read-distributions.js';
import { isDefaultRule, ruleHasHeader } from '../gate/rules.js';
import { type Baseline, type BaselineScaling, type BaselineService, databaseAside } from '../runs/baseline.js';
import { isoTime } from '../clock.js';

type BaselineError = AwsError | RunStoreFailed | LockLost;

/**
 * The baseline of the environment: what is there now, journalled before anything is changed; for what an unfinished release has put aside
 * what that found.
 */
export function ensureBaseline(env: Environment): ResultAsync<Baseline, BaselineError> {
  const run = env[internals].run;
  const known = run?.baseline() ?? null;
  if (known !== null && (known.byRun === run?.id || known.renewedBy === run?.id)) return okAsync(known);
  return captureBaseline(env)
    .map((now) => (known === null ? now : renewed(known, now)))
    .andThen((baseline) => (run === null ? okAsync(baseline) : run.saveBaseline(baseline).map(() => baseline)));
}

/** What an earlier run found counts for what is away still; the rest may have changed since. */
function renewed(known: Baseline, now: Baseline): Baseline {
  const away = stillAway(known, now);
  if (away.length === 0) return now;
  const gateIsAway = away.some((key) => key.startsWith('gate'));
  return {
    ...known,
    // a schema that has moved since concerns whom this one may start or let in
    takenAt: gateIsAway || away.some((key) => key.startsWith('service:')) ? known.takenAt : now.takenAt,
    renewedBy: now.byRun,
    gate: gateIsAway ? known.gate : now.gate,
    distributions: gateIsAway ? known.distributions : now.distributions,
    services: mapValues(now.services, (name, service) => renewedService(known.services[name], service, (kind) => away.includes(`${kind}:${name}`))),
    targetGroups: onlyAway(known.targetGroups, (arn) => away.includes(`target-group:${arn}`)),
    rollbacks: onlyAway(known.rollbacks ?? {}, (name) => away.includes(rollbackKey(name))),
    putAside: away,
  };
}

/** Rules that are open again, by the infrastructure's code for instance, are not away any more. */
function stillAway({ gate, distributions = {}, putAside }: Baseline, now: Baseline): readonly string[] {
  const foundOpen = Object.keys(gate).filter((arn) => gate[arn] === false);
  const distributionsAreBack = Object.entries(now.distributions ?? {}).every(([id, closed]) => closed.every((behavior) => distributions[id]?.includes(behavior) === true));
  const openAgain = foundOpen.length > 0 && foundOpen.every((arn) => now.gate[arn] !== true) && distributionsAreBack;
  return openAgain ? putAside.filter((key) => !key.startsWith('gate')) : putAside;
}

function renewedService(known: BaselineService | undefined, now: BaselineService, isAway: (kind: 'service' | 'scaling') => boolean): BaselineService {
  if (known === undefined) return now;
  return { ...(isAway('service') ? known : now), scaling: isAway('scaling') ? known.scaling : now.scaling };
}

function mapValues<T>(values: Readonly<Record<string, T>>, change: (name: string, value: T) => T): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, change(name, value)]));
}

function onlyAway<T>(values: Readonly<Record<string, T>>, isAway: (name: string) => boolean): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => isAway(name)));
}

/** Key of the baseline under which it is put aside that ECS may roll a service back. */
export function rollbackKey(service: string): string {
  return `rollback:${service}`;
}

/** Journals, before it is changed, that something is about to be away from what was found. */
export function putAside(env: Environment, keys: readonly string[]): ResultAsync<void, RunStoreFailed | LockLost> {
  return rewrite(env, (putAside) => [...new Set([...putAside, ...keys])]);
}

/** Journals, before a restore exchanges the instances, which one was in use. */
export function putDatabaseAside(env: Environment, resourceId: string): ResultAsync<void, RunStoreFailed | LockLost> {
  const run = env[internals].run;
  const baseline = run?.baseline() ?? null;
  if (run === null || baseline === null) return okAsync(undefined);
  return run.saveBaseline({ ...baseline, database: resourceId, putAside: [...new Set([...baseline.putAside, databaseAside])] });
}

/** Journals, after it was read back, that something is again as it was found. */
export function putBack(env: Environment, keys: readonly string[]): ResultAsync<void, RunStoreFailed | LockLost> {
  return rewrite(env, (putAside) => putAside.filter((key) => !keys.includes(key)));
}

/** Whether a run keeps visitors out: it has closed the gate, or goes by the baseline of one that has. */
export function gateIsAside(env: Environment): boolean {
  return env[internals].run?.baseline()?.putAside.includes('gate') ?? false;
}

function rewrite(env: Environment, change: (putAside: readonly string[]) => readonly string[]): ResultAsync<void, RunStoreFailed | LockLost> {
  const run = env[internals].run;
  const baseline = run?.baseline() ?? null;
  if (run === null || baseline === null) return okAsync(undefined);
  const next = change(baseline.putAside);
  return next.length === baseline.putAside.length ? okAsync(undefined) : run.saveBaseline({ ...baseline, putAside: next });
}

function captureBaseline(env: Environment): ResultAsync<Baseline, AwsError> {
  return safeTry(async function* () {
    const { found, header, run } = env[internals];
    const names = Object.keys(env.definition.services);
    const rules = yield* describeRules(env, found.listenerArn);
    const services = yield* describeServices(env, names);
    const targets = yield* describeScalableTargets(env, names.map((name) => scalingResourceId(env, name)));
    const distributions = yield* readDistributions(env);
    return ok({
      takenAt: isoTime(env.clock),
      byRun: run?.id ?? '',
      gate: Object.fromEntries(rules.filter((rule) => !isDefaultRule(rule)).map((rule) => [rule.RuleArn!, ruleHasHeader(rule, header.name)])),
      ...(distributions.length === 0 ? {} : { distributions: Object.fromEntries(distributions.map((one) => [one.id, closedBehaviors(env, one)])) }),
      services: Object.fromEntries(services.map((service) => [service.serviceName!, baselineService(env, service, targets)])),
      targetGroups: {},
      putAside: [],
    });
  });
}

/** Services that a run has put aside and nobody has put back. */
export function servicesAside(env: Environment): readonly string[] {
  const { putAside = [] } = env[internals].run?.baseline() ?? {};
  return Object.keys(env.definition.services).filter((name) => putAside.includes(`service:${name}`));
}

/** Those, and services that run and that ECS may not roll back yet. */
export function servicesToPutBack(env: Environment): readonly string[] {
  const { putAside = [] } = env[internals].run?.baseline() ?? {};
  const aside = servicesAside(env);
  return Object.keys(env.definition.services).filter((name) => aside.includes(name) || putAside.includes(rollbackKey(name)));
}

export function scalingResourceId(env: Environment, service: string): string {
  return `service/${env.definition.cluster}/${service}`;
}

function baselineService(env: Environment, service: Service, targets: readonly ScalableTarget[]): BaselineService {
  const target = targets.find((candidate) => candidate.ResourceId === scalingResourceId(env, service.serviceName!));
  return { desiredCount: service.desiredCount ?? 0, taskDefinition: service.taskDefinition!, scaling: target === undefined ? null : baselineScaling(target) };
}

/** A scaling target in the words of the baseline. */
export function baselineScaling(target: ScalableTarget): BaselineScaling {
  return {
    resourceId: target.ResourceId!,
    minCapacity: target.MinCapacity!,
    maxCapacity: target.MaxCapacity!,
    suspended: {
      dynamicScalingIn: target.SuspendedState?.DynamicScalingInSuspended ?? false,
      dynamicScalingOut: target.SuspendedState?.DynamicScalingOutSuspended ?? false,
      scheduledScaling: target.SuspendedState?.ScheduledScalingSuspended ?? false,
    },
  };
}
