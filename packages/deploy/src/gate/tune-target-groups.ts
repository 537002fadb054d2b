import { err, ok, okAsync, ResultAsync, safeTry } from 'neverthrow';
import { describeTargetGroupAttributes, describeTargetGroups, modifyTargetGroup, modifyTargetGroupAttributes, type TargetGroup } from '../aws/elbv2.js';
import { notFound } from '../aws/map-error.js';
import { type Environment, internals } from '../environment/environment.js';
import type { Aborted, AwsError, AwsWriteError, Conflict, LockLost, RunStoreFailed, TimedOut } from '../errors.js';
import { announce } from '../reports/announce.js';
import type { BaselineTargetGroup } from '../runs/baseline.js';
import { putBack } from '../states/baseline.js';
import { waitUntil } from '../wait.js';
import { readGate } from './read-gate.js';
import { isClosed } from './rules.js';

export type TuneTargetGroupsError = AwsWriteError | RunStoreFailed | TimedOut | Aborted | Conflict;

/** While visitors are kept out nobody waits for a connection to end: the deregistration delay is what old tasks spend in DEACTIVATING. */
const shortestDelaySeconds = 5;
/** "CreateTargetGroup": the least that AWS takes. */
const shortestIntervalSeconds = 5;
/** "CreateTargetGroup": the most that AWS takes. */
const mostUnhealthyChecks = 10;
const readBackTimeoutSeconds = 60;

const attribute = 'deregistration_delay.timeout_seconds';

/** Shortens the waits of the services' target groups. Does nothing unless every gated rule is closed. */
export function tuneTargetGroups(env: Environment, services: readonly string[]): ResultAsync<void, TuneTargetGroupsError> {
  return safeTry(async function* () {
    const gate = yield* readGate(env, { alsoClosed: services });
    if (!gate.gated.every((rule) => isClosed(rule, gate.header))) return ok(undefined);
    const found = yield* foundSettings(env, targetGroupsOf(env, services));
    yield* journal(env, found);
    yield* ResultAsync.combine(Object.entries(found).map(([arn, settings]) => applySettings(env, arn, shortest(settings), 'nobody is connected while the gate is closed')));
    return ok(undefined);
  });
}

/** Puts back what `tuneTargetGroups` changed, and reads it back: a gate never opens on shortened settings. */
export function restoreTargetGroups(env: Environment): ResultAsync<void, TuneTargetGroupsError> {
  const baseline = env[internals].run?.baseline() ?? null;
  const tunedGroups = Object.entries(baseline?.targetGroups ?? {}).filter(([arn]) => baseline?.putAside.includes(key(arn)));
  return ResultAsync.combine(
    tunedGroups.map(([arn, found]) => applySettings(env, arn, found, 'as it was found').andThen(() => awaitSettings(env, arn, found))),
  ).andThen(() => putBack(env, tunedGroups.map(([arn]) => key(arn))));
}

function key(arn: string): string {
  return `target-group:${arn}`;
}

function targetGroupsOf(env: Environment, services: readonly string[]): readonly string[] {
  return [...new Set(services.flatMap((name) => (env[internals].found.targetGroupsOf[name] ?? []).map((group) => group.targetGroupArn)))];
}

/**
 * A new target need not be looked at only once a minute before it is healthy. But it has as long as ever to come up, interval times
 * threshold, and each answer may take as long as ever: a slow start is no failure.
 */
function shortest(found: BaselineTargetGroup): BaselineTargetGroup {
  const toleratedSeconds = found.healthCheckIntervalSeconds * found.unhealthyThreshold;
  const interval = Math.max(shortestIntervalSeconds, Math.ceil(toleratedSeconds / mostUnhealthyChecks), found.healthCheckTimeoutSeconds + 1);
  return {
    ...found,
    deregistrationDelaySeconds: Math.min(found.deregistrationDelaySeconds, shortestDelaySeconds),
    healthCheckIntervalSeconds: interval,
    unhealthyThreshold: Math.ceil(toleratedSeconds / interval),
  };
}

/** ARN -> as it was before any run of the release changed it */
function foundSettings(env: Environment, arns: readonly string[]): ResultAsync<Readonly<Record<string, BaselineTargetGroup>>, AwsError> {
  const known = env[internals].run?.baseline()?.targetGroups ?? {};
  const reading = arns.map((arn) => (known[arn] === undefined ? readSettings(env, arn) : okAsync(known[arn])).map((settings) => [arn, settings] as const));
  return ResultAsync.combine(reading).map((settings) => Object.fromEntries(settings));
}

function journal(env: Environment, found: Readonly<Record<string, BaselineTargetGroup>>): ResultAsync<void, RunStoreFailed | LockLost> {
  const run = env[internals].run;
  const baseline = run?.baseline() ?? null;
  if (run === null || baseline === null) return okAsync(undefined);
  return run.saveBaseline({ ...baseline, targetGroups: { ...baseline.targetGroups, ...found }, putAside: [...new Set([...baseline.putAside, ...Object.keys(found).map(key)])] });
}

function readSettings(env: Environment, arn: string): ResultAsync<BaselineTargetGroup, AwsError> {
  return safeTry(async function* () {
    const [group] = yield* describeTargetGroups(env, [arn]);
    const attributes = yield* describeTargetGroupAttributes(env, arn);
    if (group === undefined) return err(notFound(env, { kind: 'target group', name: arn }));
    return ok(settingsOf(group, attributes[attribute]));
  });
}

function settingsOf(group: TargetGroup, delay: string | undefined): BaselineTargetGroup {
  return {
    // 300 s is what AWS takes when the attribute is not given ("Edit target group attributes for your Application Load Balancer")
    deregistrationDelaySeconds: Number(delay ?? 300),
    healthCheckIntervalSeconds: group.HealthCheckIntervalSeconds ?? 30,
    healthCheckTimeoutSeconds: group.HealthCheckTimeoutSeconds ?? 5,
    unhealthyThreshold: group.UnhealthyThresholdCount ?? 2,
  };
}

function applySettings(env: Environment, arn: string, settings: BaselineTargetGroup, why: string): ResultAsync<void, AwsWriteError> {
  const name = arn.split('/').at(-2) ?? arn;
  const { deregistrationDelaySeconds, healthCheckIntervalSeconds, healthCheckTimeoutSeconds, unhealthyThreshold } = settings;
  return safeTry(async function* () {
    const to = `delay ${deregistrationDelaySeconds} s, interval ${healthCheckIntervalSeconds} s, ${unhealthyThreshold} failures`;
    announce(env, { resource: `target group ${name}`, from: 'its settings', to, operation: 'elasticloadbalancing:ModifyTargetGroupAttributes', why });
    yield* modifyTargetGroupAttributes(env, arn, { [attribute]: String(deregistrationDelaySeconds) });
    yield* modifyTargetGroup(env, {
      TargetGroupArn: arn,
      HealthCheckIntervalSeconds: healthCheckIntervalSeconds,
      HealthCheckTimeoutSeconds: healthCheckTimeoutSeconds,
      UnhealthyThresholdCount: unhealthyThreshold,
    });
    return ok(undefined);
  });
}

function awaitSettings(env: Environment, arn: string, wanted: BaselineTargetGroup): ResultAsync<void, AwsError | TimedOut | Aborted | Conflict> {
  return waitUntil(env, {
    waitingFor: `target group ${arn.split('/').at(-2)} to read back as it was found`,
    timeoutSeconds: readBackTimeoutSeconds,
    intervalSeconds: 1,
    probe: () =>
      readSettings(env, arn).map((now) =>
        JSON.stringify(now) === JSON.stringify(wanted) ? { status: 'done' as const, value: undefined } : { status: 'pending' as const, seen: JSON.stringify(now) },
      ),
  });
}
