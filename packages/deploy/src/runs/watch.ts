import { err, ok, okAsync, ResultAsync, type Result } from 'neverthrow';
import { steadyNow } from '../clock.js';
import { describeScalableTargets } from '../aws/autoscaling.js';
import { findServices, isDeleted, type Service } from '../aws/ecs.js';
import { describeRules, type Rule } from '../aws/elbv2.js';
import { type CountLimits, internals, type Environment, type Expectations, type RunHandle } from '../environment/environment.js';
import type { AwsError, Conflict } from '../errors.js';
import { closeDistributionsAgain } from '../gate/change-distributions.js';
import { closeAgain } from '../gate/close-again.js';
import { openDoors } from '../gate/open-doors.js';
import { readDistributionGate } from '../gate/read-distributions.js';
import { forwardedTargetGroups, isDefaultRule, ruleHasHeader, ruleName } from '../gate/rules.js';
import { baselineScaling, scalingResourceId } from '../states/baseline.js';
import { isSuspended } from './baseline.js';

/** Between two looks at what the run has set; a look costs up to four calls, and one a declared distribution. */
const watchIntervalMs = 20_000;
/** Reads lag behind writes by seconds: only what a later read still shows is somebody's change. */
export const confirmations = 2;
export const confirmationIntervalMs = 5_000;

/** When the environment was last looked at, shared by the waits of a run, which follow one another and may be short. */
const lastWatch = new WeakMap<object, { at: number }>();

/**
 * Compares rules, desired counts, scaling and revisions with what the open run last set, at most every 20 s, at the first
 * wait after a suspension, or `atOnce`. Called by every wait.
 * With the gate closed a rule that was added open, and a default action that forwards, are differences too. Conflict (`foreign-change`) names
 * each that three reads, 5 s apart, have shown; rules that somebody opened, or added, are closed first. What cannot be read is not judged.
 * A step therefore tells `run.expect` right after its write, not before.
 */
export function watchForeignChanges(env: Environment, { atOnce = false }: { readonly atOnce?: boolean } = {}): ResultAsync<void, Conflict> {
  return new ResultAsync(watch(env, atOnce));
}

async function watch(env: Environment, atOnce: boolean): Promise<Result<void, Conflict>> {
  const { run, clients, suspension } = env[internals];
  if (run === null || env.planning) return ok(undefined);
  const due = isDue(clients, steadyNow(env.clock), (suspension?.at ?? null) !== null);
  if (!due && !atOnce) return ok(undefined);
  return judge<never>(env, run, () => ResultAsync.combine(readings(env, run.expectations).map((reading) => reading.orElse(() => ok([])))));
}

/**
 * The same comparison at once, for what must not begin beside a foreign change: here what cannot be read is an error.
 */
export function confirmAsSet(env: Environment): ResultAsync<void, Conflict | AwsError> {
  const { run } = env[internals];
  if (run === null || env.planning) return okAsync(undefined);
  return new ResultAsync(judge(env, run, () => ResultAsync.combine(readings(env, run.expectations))));
}

/** Each read is compared with what the run has set by then: steps side by side go on setting things meanwhile. */
async function judge<E>(env: Environment, run: Pick<RunHandle, 'expectations'>, read: () => ResultAsync<readonly (readonly string[])[], E>): Promise<Result<void, Conflict | E>> {
  let differences: readonly string[] | null = null;
  for (let confirmed = 0; confirmed <= confirmations && differences?.length !== 0; confirmed += 1) {
    if (confirmed > 0) await env.clock.sleep(confirmationIntervalMs, env.signal).catch(() => undefined);
    const found = await read();
    if (found.isErr()) return err(found.error);
    const seen = found.value.flat();
    differences = differences === null ? seen : differences.filter((difference) => seen.includes(difference));
  }
  return differences === null || differences.length === 0 ? ok(undefined) : err(foreignChange(differences, await keepVisitorsOut(env, run.expectations)));
}

/** What is said of the gate in the error. */
async function keepVisitorsOut(env: Environment, { gate, distributions }: Expectations): Promise<string> {
  const closedDistributions = distributions?.closed ?? [];
  const rules = gate === null || gate.closed.length === 0 ? { closed: [], stillOpen: [] } : await closeAgain(env, gate.closed);
  const assets = await closeDistributionsAgain(env, closedDistributions);
  const [closed, stillOpen] = [[...rules.closed, ...assets.closed], [...rules.stillOpen, ...assets.stillOpen]];
  const done = closed.length === 0 ? '' : `; closed again: ${closed.join(', ')}`;
  return stillOpen.length === 0 ? done : `${done}; could not be closed again, visitors may come in: ${stillOpen.join(', ')}`;
}

/** `goesOn`: the run was suspended, in a wait whose other looks were another process's. */
function isDue(key: object, now: number, goesOn: boolean): boolean {
  const last = lastWatch.get(key);
  if (last !== undefined && now - last.at < watchIntervalMs) return false;
  lastWatch.set(key, { at: now });
  // the first wait of an environment begins the count: right after the first change there is nothing to see yet but stale reads
  return last !== undefined || goesOn;
}

function readings(env: Environment, expected: Expectations): readonly ResultAsync<readonly string[], AwsError>[] {
  return [gateDifferences(env, expected), distributionDifferences(env, expected), serviceDifferences(env, expected), scalingDifferences(env, expected)];
}

function gateDifferences(env: Environment, { gate }: Expectations): ResultAsync<readonly string[], AwsError> {
  const { found, header } = env[internals];
  if (gate === null) return new ResultAsync(Promise.resolve(ok([])));
  return describeRules(env, found.listenerArn).map((rules) => [
    ...gate.closed.flatMap((arn) => ruleDifference(rules, arn, header.name, true)),
    ...gate.open.flatMap((arn) => ruleDifference(rules, arn, header.name, false)),
    ...(gate.closed.length === 0 ? [] : newDoors(env, rules, gate.closed)),
  ]);
}

function distributionDifferences(env: Environment, { distributions }: Expectations): ResultAsync<readonly string[], AwsError> {
  if (distributions === null || distributions === undefined) return okAsync([]);
  const { closed, open } = distributions;
  return readDistributionGate(env).map((entries) =>
    entries.flatMap((entry) => {
      const id = [...closed, ...open].find((one) => entry.name.startsWith(`distribution ${one} `));
      if (id === undefined || entry.closed === closed.includes(id)) return [];
      return [entry.closed ? `${entry.name}: open -> closed` : `${entry.name}: closed -> open`];
    }),
  );
}

/** What lets visitors past a closed gate without a rule of it having been opened. */
function newDoors(env: Environment, rules: readonly Rule[], closed: readonly string[]): readonly string[] {
  const added = openDoors(env, rules).filter(({ RuleArn = '' }) => !closed.includes(RuleArn));
  const forwarding = rules.some((rule) => isDefaultRule(rule) && forwardedTargetGroups(rule).length > 0);
  return [...added.map((rule) => `${ruleName(rule)}: not there -> open`), ...(forwarding ? ['default action: keeps visitors out -> forwards them'] : [])];
}

function ruleDifference(rules: readonly Rule[], arn: string, headerName: string, closed: boolean): readonly string[] {
  const rule = rules.find(({ RuleArn }) => RuleArn === arn);
  const word = (isClosed: boolean) => (isClosed ? 'closed' : 'open');
  if (rule === undefined) return [`rule ${arn}: ${word(closed)} -> gone`];
  const isClosed = ruleHasHeader(rule, headerName);
  return isClosed === closed ? [] : [`${ruleName(rule)}: ${word(closed)} -> ${word(isClosed)}`];
}

function serviceDifferences(env: Environment, { desiredCounts, taskDefinitions }: Expectations): ResultAsync<readonly string[], AwsError> {
  const names = [...new Set([...Object.keys(desiredCounts), ...Object.keys(taskDefinitions)])];
  return findServices(env, names).map(({ services }) =>
    names.flatMap((name) => {
      const service = services.find(({ serviceName }) => serviceName === name);
      if (service === undefined || isDeleted(service)) return [`service ${name}: there -> gone`];
      return [...countDifference(name, desiredCounts[name], service.desiredCount), ...revisionDifference(name, taskDefinitions[name], service)];
    }),
  );
}

function countDifference(name: string, expected: number | CountLimits | undefined, seen = 0): readonly string[] {
  if (expected === undefined) return [];
  const { min, max } = typeof expected === 'number' ? { min: expected, max: expected } : expected;
  return seen >= min && seen <= max ? [] : [`service ${name}: desired count ${min === max ? min : `${min} to ${max}`} -> ${seen}`];
}

/** The circuit breaker of ECS is nobody else: a rolled back deployment is for who waits for it to tell. */
function revisionDifference(name: string, expected: string | undefined, service: Service): readonly string[] {
  const rolledBack = (service.deployments ?? []).some(({ rolloutState, rolloutStateReason }) => rolloutState === 'FAILED' || /roll(ing|ed) back/i.test(rolloutStateReason ?? ''));
  return expected === undefined || expected === service.taskDefinition || rolledBack ? [] : [`service ${name}: task definition ${revisionName(expected)} -> ${revisionName(service.taskDefinition)}`];
}

function revisionName(arn: string | undefined): string {
  return arn?.split('/').at(-1) ?? 'none';
}

function scalingDifferences(env: Environment, { suspendedScaling }: Expectations): ResultAsync<readonly string[], AwsError> {
  const idOf = (name: string) => scalingResourceId(env, name);
  const names = Object.keys(suspendedScaling);
  if (names.length === 0) return new ResultAsync(Promise.resolve(ok([])));
  return describeScalableTargets(env, names.map(idOf)).map((targets) =>
    names.flatMap((name) => {
      const target = targets.find(({ ResourceId }) => ResourceId === idOf(name));
      const word = (suspended: boolean | undefined) => (suspended === true ? 'suspended' : 'active');
      if (target === undefined) return [`service ${name}: scaling ${word(suspendedScaling[name])} -> gone`];
      const suspended = isSuspended(baselineScaling(target));
      return suspended === suspendedScaling[name] ? [] : [`service ${name}: scaling ${word(suspendedScaling[name])} -> ${word(suspended)}`];
    }),
  );
}

function foreignChange(changes: readonly string[], gate: string): Conflict {
  return {
    kind: 'Conflict',
    reason: 'foreign-change',
    changes,
    message: `somebody else changed what this run has set: ${changes.join('; ')}${gate}`,
    remedy: 'Find who did (an apply of the infrastructure code, a schedule, a person), have it stopped, undo what is named here, then resume the run; or release its hold.',
  };
}
