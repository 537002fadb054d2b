import { err, ok, okAsync, type ResultAsync, safeTry } from 'neverthrow';
import { describeTargetGroupAttributes, describeTargetGroups, modifyTargetGroup, modifyTargetGroupAttributes, type TargetGroup } from '../aws/elbv2.js';
import { notFound } from '../aws/map-error.js';
import { type Environment, internals } from '../environment/environment.js';
import type { Aborted, AwsError, AwsWriteError, Conflict, RunStoreFailed, TimedOut } from '../errors.js';
import { announce } from '../reports/announce.js';
import type { BaselineTargetGroup } from '../runs/baseline.js';
import { putBack } from '../states/baseline.js';
import { waitUntil } from '../wait.js';
import { readGate } from './read-gate.js';
import { isClosed } from './rules.js';

export type TuneTargetGroupsError = AwsWriteError | RunStoreFailed | TimedOut | Aborted | Conflict;

/**
 * While visitors are kept out nobody waits for a connection to end, and a new target need not be looked at only once a minute: the
 * deregistration delay is what old tasks spend in DEACTIVATING, interval times threshold what new ones spend before they are healthy.
 */
const tuned: BaselineTargetGroup = { deregistrationDelaySeconds: 5, healthCheckIntervalSeconds: 5, healthCheckTimeoutSeconds: 4 };
const readBackTimeoutSeconds = 60;

const attribute = 'deregistration_delay.timeout_seconds';

/** Shortens the waits of the services' target groups. Does nothing unless every gated rule is closed. */
export function tuneTargetGroups(env: Environment, services: readonly string[]): ResultAsync<void, TuneTargetGroupsError> {
  return safeTry(async function* () {
    const gate = yield* readGate(env, { alsoClosed: services });
    if (!gate.gated.every((rule) => isClosed(rule, gate.header))) return ok(undefined);
    for (const arn of targetGroupsOf(env, services)) {
      const found = env[internals].run?.baseline()?.targetGroups[arn] ?? (yield* readSettings(env, arn));
      yield* journal(env, arn, found);
      yield* applySettings(env, arn, shortest(found), 'nobody is connected while the gate is closed');
    }
    return ok(undefined);
  });
}

/** Puts back what `tuneTargetGroups` changed, and reads it back: a gate never opens on shortened settings. */
export function restoreTargetGroups(env: Environment): ResultAsync<void, TuneTargetGroupsError> {
  const baseline = env[internals].run?.baseline() ?? null;
  const arns = Object.keys(baseline?.targetGroups ?? {}).filter((arn) => baseline?.putAside.includes(key(arn)));
  return safeTry(async function* () {
    for (const arn of arns) {
      const found = baseline!.targetGroups[arn]!;
      yield* applySettings(env, arn, found, 'as it was found');
      yield* awaitSettings(env, arn, found);
      yield* putBack(env, [key(arn)]);
    }
    return ok(undefined);
  });
}

function key(arn: string): string {
  return `target-group:${arn}`;
}

function targetGroupsOf(env: Environment, services: readonly string[]): readonly string[] {
  return [...new Set(services.flatMap((name) => (env[internals].found.targetGroupsOf[name] ?? []).map((group) => group.targetGroupArn)))];
}

function shortest(found: BaselineTargetGroup): BaselineTargetGroup {
  return {
    deregistrationDelaySeconds: Math.min(found.deregistrationDelaySeconds, tuned.deregistrationDelaySeconds),
    healthCheckIntervalSeconds: Math.min(found.healthCheckIntervalSeconds, tuned.healthCheckIntervalSeconds),
    healthCheckTimeoutSeconds: Math.min(found.healthCheckTimeoutSeconds, tuned.healthCheckTimeoutSeconds),
  };
}

function journal(env: Environment, arn: string, found: BaselineTargetGroup) {
  const run = env[internals].run;
  const baseline = run?.baseline() ?? null;
  if (run === null || baseline === null) return okAsync(undefined);
  return run.saveBaseline({ ...baseline, targetGroups: { ...baseline.targetGroups, [arn]: found }, putAside: [...new Set([...baseline.putAside, key(arn)])] });
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
  };
}

function applySettings(env: Environment, arn: string, settings: BaselineTargetGroup, why: string): ResultAsync<void, AwsWriteError> {
  const name = arn.split('/').at(-2) ?? arn;
  const { deregistrationDelaySeconds, healthCheckIntervalSeconds, healthCheckTimeoutSeconds } = settings;
  return safeTry(async function* () {
    const to = `delay ${deregistrationDelaySeconds} s, interval ${healthCheckIntervalSeconds} s`;
    announce(env, { resource: `target group ${name}`, from: 'its settings', to, operation: 'elasticloadbalancing:ModifyTargetGroupAttributes', why });
    yield* modifyTargetGroupAttributes(env, arn, { [attribute]: String(deregistrationDelaySeconds) });
    yield* modifyTargetGroup(env, { TargetGroupArn: arn, HealthCheckIntervalSeconds: healthCheckIntervalSeconds, HealthCheckTimeoutSeconds: healthCheckTimeoutSeconds });
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
