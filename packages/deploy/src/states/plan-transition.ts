import { ok, type ResultAsync, safeTry } from 'neverthrow';
import { describeScalableTargets, type ScalableTarget } from '../aws/autoscaling.js';
import { findServices, isDeleted, type Service } from '../aws/ecs.js';
import { describeRules, type Rule } from '../aws/elbv2.js';
import { describeDbInstance } from '../aws/rds.js';
import { type Environment, internals } from '../environment/environment.js';
import { expectedGot, waitProblems } from '../environment/validate.js';
import type { AwsError, InvalidInput, RunError, RunStoreFailed } from '../errors.js';
import { readDistributionGate } from '../gate/read-distributions.js';
import { administrationServices, gateOf } from '../gate/read-gate.js';
import { forwardedTargetGroups, forwardsOnlyTo, priorityOf, ruleHasHeader, ruleName } from '../gate/rules.js';
import { asRun, type Known } from '../runs/as-run.js';
import { isSuspended } from '../runs/baseline.js';
import type { PlannedChange } from '../runs/plan.js';
import { readRefusals } from '../runs/refusals.js';
import { readUsualStepSeconds } from '../runs/usual-seconds.js';
import { baselineScaling, scalingResourceId } from './baseline.js';
import { gateState, judgeState } from './judge-state.js';
import { type FoundConfiguration, type FoundRule, type FoundService, planChanges, type TransitionStepName } from './plan-changes.js';
import { stateDefinitions, type StateName, stateNames } from './state-definitions.js';

/** What moving an environment to a state would do. Plain JSON; `renderTransition` makes text or Markdown of it. */
export interface TransitionPlan {
  readonly environment: string;
  readonly from: StateName | 'mixed';
  readonly to: StateName;
  /** In order. None: it is there already. */
  readonly steps: readonly TransitionStep[];
  /** All steps together. */
  readonly expectedSeconds: number;
  /** What visitors meet meanwhile, and afterwards. */
  readonly visitors: string;
  /** Why it would be refused as things are now; nothing is changed then. */
  readonly refusals: readonly string[];
  /** In which ways the result will differ from what the infrastructure code makes of that state. */
  readonly differs: readonly string[];
}

export interface TransitionStep {
  readonly name: TransitionStepName;
  readonly changes: readonly PlannedChange[];
  readonly expectedSeconds: number;
  /** Where that figure comes from. */
  readonly basis: string;
}

export type PlanTransitionError = InvalidInput | AwsError | RunStoreFailed | RunError;

/**
 * Reads an environment and tells what moving it to a state would do: the changes in order, why, how long they usually take, what visitors
 * will see meanwhile, and what would be refused. Changes nothing.
 *
 * Durations are the median of the same steps in earlier runs of this environment, where its run store knows any, else figures observed at AWS.
 *
 * Errors: InvalidInput for what is no state or no environment; RunStoreFailed; any AwsError.
 */
export function planTransition(env: Environment, to: StateName, options: { readonly signal?: AbortSignal | undefined } = {}): ResultAsync<TransitionPlan, PlanTransitionError> {
  const problems = () => [...stateProblems(to), ...waitProblems(options)];
  const spec = { name: 'planTransition', changes: false, refusedByHold: false, known: { signal: true } satisfies Known<typeof options>, problems, options };
  return asRun(env, spec, (env) =>
    safeTry(async function* () {
      const planned = yield* planFromHere(env, to);
      const refusals = yield* readRefusals(env);
      return ok({ ...planned, refusals: [...planned.refusals, ...refusals] });
    }),
  );
}

export function stateProblems(to: unknown): readonly string[] {
  return stateNames.some((name) => name === to) ? [] : [`to: ${expectedGot(stateNames.map((name) => `'${name}'`).join(' or '), to)}`];
}

/** The plan without what locks and holds say: they were asked when the run began. */
export function planFromHere(env: Environment, to: StateName): ResultAsync<TransitionPlan, AwsError> {
  return safeTry(async function* () {
    const found = yield* readConfiguration(env);
    const { steps, refusals } = planChanges(found, to);
    const usual = yield* readUsualStepSeconds(env);
    const timed = steps.map((step) => ({ ...step, ...expectation(step.name, usual(step.name)) }));
    return ok({
      environment: env.definition.name,
      from: stateOf(env, found),
      to,
      steps: timed,
      expectedSeconds: timed.reduce((sum, { expectedSeconds }) => sum + expectedSeconds, 0),
      visitors: visitorsMeet(found, to),
      refusals,
      differs: differences(env),
    });
  });
}

/** Everything that a state is about. */
function readConfiguration(env: Environment): ResultAsync<FoundConfiguration, AwsError> {
  return safeTry(async function* () {
    const names = Object.keys(env.definition.services);
    const rules = yield* describeRules(env, env[internals].found.listenerArn);
    const { services } = yield* findServices(env, names);
    const targets = yield* describeScalableTargets(env, names.map((name) => scalingResourceId(env, name)));
    const { DBInstanceStatus = 'unknown' } = yield* describeDbInstance(env, env.definition.database);
    return ok({
      definition: env.definition,
      rules: gateOf(env, rules, []).gated.map((rule) => foundRule(env, rule)),
      distributions: yield* readDistributionGate(env),
      services: Object.fromEntries(services.filter((service) => !isDeleted(service)).map((service) => [service.serviceName!, foundService(env, service, targets)])),
      databaseStatus: DBInstanceStatus,
    });
  });
}

function foundRule(env: Environment, rule: Rule): FoundRule {
  const { targetGroupsOf } = env[internals].found;
  const groupsOf = (name: string) => (targetGroupsOf[name] ?? []).map(({ targetGroupArn }) => targetGroupArn);
  const administration = administrationServices(env);
  const theirs = forwardsOnlyTo(rule, new Set(administration.flatMap(groupsOf))) ? administration.filter((name) => groupsOf(name).some((arn) => forwardedTargetGroups(rule).includes(arn))) : [];
  return { name: ruleName(rule), priority: priorityOf(rule), closed: ruleHasHeader(rule, env[internals].header.name), administration: theirs };
}

function foundService(env: Environment, service: Service, targets: readonly ScalableTarget[]): FoundService {
  const target = targets.find(({ ResourceId }) => ResourceId === scalingResourceId(env, service.serviceName!));
  const scaling = target === undefined ? null : baselineScaling(target);
  return {
    desiredCount: service.desiredCount ?? 0,
    runningCount: service.runningCount ?? 0,
    scaling: scaling === null ? null : { minCapacity: scaling.minCapacity, maxCapacity: scaling.maxCapacity, suspended: isSuspended(scaling) },
  };
}

function stateOf(env: Environment, { rules, distributions = [], services, databaseStatus }: FoundConfiguration): StateName | 'mixed' {
  const isOn = (name: string) => (services[name]?.desiredCount ?? 0) > 0;
  const gated = rules.filter(({ administration }) => administration.length === 0 || !administration.every(isOn));
  const desired = Object.fromEntries(Object.entries(services).map(([name, { desiredCount }]) => [name, { desired: desiredCount }]));
  return judgeState({ definition: env.definition, gate: gateState([...gated, ...distributions]), services: desired, databaseStatus, putAside: [] }).state;
}

/** Observed at AWS, in the region and with the sizes of a small environment: what to expect before an environment has runs of its own. */
const observedSeconds: Readonly<Record<TransitionStepName, readonly [seconds: number, basis: string]>> = {
  'gate-on': [30, 'a call a rule, then the proof at every door'],
  'stop-services': [120, 'draining of 5 s while tuned, 30 s until a task is killed, half a minute to clear away, for each rank of services'],
  'stop-db': [300, 'minutes, by the documentation of AWS'],
  'start-db': [300, 'minutes, by the documentation of AWS'],
  'start-services': [180, 'a minute from a task’s creation to a registered target, then its health checks, for each rank of services'],
  'open-administration': [20, 'a call a rule, then the proof at its doors'],
  'settle-scaling': [5, 'a call a service, read back'],
  'verify-deployment': [10, 'a request a check'],
  'gate-off': [30, 'a call a rule, then the proof at every door'],
};

function expectation(step: TransitionStepName, usual: { readonly seconds: number; readonly runs: number } | undefined): Pick<TransitionStep, 'expectedSeconds' | 'basis'> {
  const [seconds, basis] = observedSeconds[step];
  if (usual === undefined) return { expectedSeconds: seconds, basis: `estimate: ${basis}` };
  return { expectedSeconds: Math.round(usual.seconds), basis: `median of ${usual.runs} earlier ${usual.runs === 1 ? 'run' : 'runs'}` };
}

function visitorsMeet({ rules }: FoundConfiguration, to: StateName): string {
  const gated = rules.filter(({ administration }) => administration.length === 0);
  const open = gated.filter(({ closed }) => !closed).length;
  const closing = stateDefinitions[to].gate === 'closed';
  if (closing) return open === 0 ? 'Visitors meet the maintenance page, as before.' : 'Visitors meet the maintenance page from the first step on, until the environment is running again.';
  if (open === gated.length) return 'Visitors are let in, as before.';
  return 'Visitors meet the maintenance page until everything is up and verified; the last step lets them in.';
}

function differences({ definition }: Environment): readonly string[] {
  const released = Object.entries(definition.services).flatMap(([name, { release }]) => (release === undefined ? [] : [name]));
  if (released.length === 0 || definition.images?.strategy === 'retag') return [];
  return [`${released.join(', ')}: the revision that was deployed last, with its images by digest`];
}
