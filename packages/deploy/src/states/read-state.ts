import { ok, okAsync, ResultAsync, safeTry } from 'neverthrow';
import { describeServices, type Service } from '../aws/ecs.js';
import { describeRules, describeTargetHealth, type TargetHealthDescription } from '../aws/elbv2.js';
import { describeDbInstance } from '../aws/rds.js';
import { internals, type Environment } from '../environment/environment.js';
import { waitProblems } from '../environment/validate.js';
import type { AwsError, InvalidInput, RunError, RunStoreFailed } from '../errors.js';
import { readDistributionGate } from '../gate/read-distributions.js';
import { administrationServices, gateOf } from '../gate/read-gate.js';
import { asRun, type Known } from '../runs/as-run.js';
import { readBaseline } from '../runs/baseline-keeper.js';
import { readHold } from '../runs/hold.js';
import { gateState, judgeState, type GateState, type ServiceState } from './judge-state.js';
import { ruleHasHeader, ruleName } from '../gate/rules.js';
import { instanceCondition } from '../steps/instance-status.js';
import type { StateName } from './state-definitions.js';

/** What an environment is at this moment. A state is about configuration; whether it works is `health`. */
export interface EnvironmentState {
  readonly state: StateName | 'mixed';
  /** What keeps it from the nearest state; empty unless `mixed`. */
  readonly differences: readonly string[];
  /** The state itself, or when `mixed` the one with the fewest differences. */
  readonly nearest: StateName;
  readonly gate: GateState;
  readonly services: Readonly<Record<string, ServiceState>>;
  readonly database: { readonly instance: string; readonly status: string };
  readonly health: { readonly healthy: boolean; readonly problems: readonly string[] };
  /** The run that left the environment held, and why. */
  readonly hold: { readonly run: string; readonly recipe: string; readonly reason: string; readonly since: string } | null;
  /** What a run has put aside and not put back yet (`service:admin`, `scaling:graasp`, `gate`): administration paused by it is no difference. */
  readonly putAside: readonly string[];
}

export type ReadStateError = InvalidInput | AwsError | RunStoreFailed | RunError;

/**
 * Reads which state the environment is in, what it differs by, and how it is. Changes nothing.
 *
 * - InvalidInput: not an environment.
 * - RunStoreFailed: the hold or the baseline cannot be read.
 * - NotFound: a service, the listener or the instance has gone since `connect`; any other AwsError.
 */
export function readState(env: Environment, options: { readonly signal?: AbortSignal | undefined } = {}): ResultAsync<EnvironmentState, ReadStateError> {
  const spec = { name: 'readState', changes: false, refusedByHold: false, known: { signal: true } satisfies Known<typeof options>, problems: () => waitProblems(options), options };
  return asRun(env, spec, read);
}

function read(env: Environment): ResultAsync<EnvironmentState, ReadStateError> {
  return safeTry(async function* () {
    const { definition } = env;
    const names = Object.keys(definition.services);
    const [services, rules, database] = yield* ResultAsync.combine([
      describeServices(env, names),
      describeRules(env, env[internals].found.listenerArn),
      describeDbInstance(env, definition.database),
    ]);
    const [hold, baseline] = yield* ResultAsync.combine([readHold(env), readBaseline(env)]);
    const targets = yield* readTargets(env, services);
    const running = new Set(services.filter(({ desiredCount = 0 }) => desiredCount > 0).map(({ serviceName = '' }) => serviceName));
    const { gated } = gateOf(env, rules, administrationServices(env).filter((name) => running.has(name)));
    const rulesOfGate = gated.map((rule) => ({ name: ruleName(rule), closed: ruleHasHeader(rule, env[internals].header.name) }));
    const gate = gateState([...rulesOfGate, ...(yield* readDistributionGate(env))]);
    const serviceStates = Object.fromEntries(services.map((service) => [service.serviceName ?? '', serviceState(service)]));
    const status = database.DBInstanceStatus ?? 'unknown';
    const putAside = baseline?.value.putAside ?? [];
    return ok({
      ...judgeState({ definition, gate, services: serviceStates, databaseStatus: status, putAside }),
      gate,
      services: serviceStates,
      database: { instance: definition.database, status },
      health: healthOf(serviceStates, targets, status),
      hold: hold === null ? null : { run: hold.value.run, recipe: hold.value.recipe, reason: hold.value.reason, since: hold.value.since },
      putAside,
    } satisfies EnvironmentState);
  });
}

function serviceState(service: Service): ServiceState {
  const deployments = service.deployments ?? [];
  return {
    desired: service.desiredCount ?? 0,
    running: service.runningCount ?? 0,
    taskDefinition: service.taskDefinition ?? '',
    deploying: deployments.length > 1 || deployments.some(({ rolloutState }) => rolloutState === 'IN_PROGRESS'),
    failed: deployments.some(({ rolloutState, status }) => status === 'PRIMARY' && rolloutState === 'FAILED'),
  };
}

interface ServiceTargets {
  readonly service: string;
  readonly targets: readonly TargetHealthDescription[];
}

/** Of services that are on: what is off has no targets to be healthy. */
function readTargets(env: Environment, services: readonly Service[]): ResultAsync<readonly ServiceTargets[], AwsError> {
  const { targetGroupsOf } = env[internals].found;
  const on = services.filter(({ desiredCount = 0 }) => desiredCount > 0).map(({ serviceName = '' }) => serviceName);
  const groups = on.flatMap((service) => (targetGroupsOf[service] ?? []).map(({ targetGroupArn }) => ({ service, targetGroupArn })));
  if (groups.length === 0) return okAsync([]);
  return ResultAsync.combine(groups.map(({ service, targetGroupArn }) => describeTargetHealth(env, targetGroupArn).map((targets) => ({ service, targets }))));
}

function healthOf(services: Readonly<Record<string, ServiceState>>, targets: readonly ServiceTargets[], databaseStatus: string) {
  const problems = [
    ...Object.entries(services).flatMap(([name, { desired, running, failed }]) => [
      ...(running < desired ? [`service ${name}: ${running} of ${desired} tasks run`] : []),
      ...(failed ? [`service ${name}: its deployment has failed`] : []),
    ]),
    ...targets.filter((group) => !group.targets.some(({ TargetHealth }) => TargetHealth?.State === 'healthy')).map(({ service }) => `service ${service}: no healthy target behind the balancer`),
    ...(instanceCondition(databaseStatus) === 'usable' || databaseStatus === 'stopped' ? [] : [`database: ${databaseStatus}`]),
  ];
  return { healthy: problems.length === 0, problems };
}
