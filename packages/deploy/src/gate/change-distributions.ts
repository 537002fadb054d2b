import { err, errAsync, ok, okAsync, type ResultAsync, safeTry } from 'neverthrow';
import { steadyNow } from '../clock.js';
import { describeLiveFunction, type FoundDistribution, getDistribution, updateDistribution } from '../aws/cloudfront.js';
import type { CloudFrontGateDefinition } from '../environment/definition.js';
import { type Environment, internals, type JsonValue } from '../environment/environment.js';
import type { Aborted, AwsError, AwsWriteError, Conflict, LockLost, PartialChange, Refused, RunStoreFailed, TimedOut, WaitError } from '../errors.js';
import { announce } from '../reports/announce.js';
import { waitUntil } from '../wait.js';
import { abortedWaitingFor } from './change-rules.js';
import { behaviorsOf, closedConfig, distributionName, openConfig } from './distributions.js';
import { mayOpenAgain } from './may-open-again.js';
import { proveDistributions } from './prove-distributions.js';
import { declaredGate, readDistributions } from './read-distributions.js';

export type ChangeDistributionsError = AwsWriteError | Conflict | Refused | Aborted | TimedOut | RunStoreFailed | PartialChange;

export interface DistributionChange {
  readonly to: 'closed' | 'open';
  /** When opening: behaviors that stay closed, by distribution. */
  readonly staying?: Readonly<Record<string, readonly string[]>> | undefined;
  /** For the propagation, and for the proof. */
  readonly timeoutSeconds?: number | undefined;
}

/** AWS gives no bound for how long a changed distribution takes to reach every edge location: minutes as a rule. */
const propagationSeconds = 1_800;
const proofSeconds = 180;
const propagationIntervalSeconds = 10;
/** Reads lag behind writes by seconds: what is not seen after so long is somebody else's doing. */
const staleSeconds = 60;
const staleIntervalSeconds = 2;

/**
 * Associates the gate's function with every cache behavior of the declared distributions, or takes it away, waits until every edge location
 * has it, looks at it from outside, and goes on with `then`. What is about to be changed is journalled first. A failure, of `then` too, gives back
 * what this step of this run has changed, and no other distribution; what was closed stays closed where opening it is not safe.
 * Answers with the names of the distributions that were changed.
 */
export function changeDistributions<T, E extends { readonly message: string }>(env: Environment, change: DistributionChange, then: (changed: readonly string[]) => ResultAsync<T, E>): ResultAsync<T, E | ChangeDistributionsError> {
  const gate = declaredGate(env);
  if (gate === null) return then([]);
  const { to } = change;
  const earlier = recorded(env, to);
  const touched = new Set(gate.distributions.filter((id) => earlier.includes(id)));
  return changeAll(env, gate, change, touched)
    .andThen((changed) => awaitDeployed(env, gate, change).andThen(() => proveDistributions(env, change, change.timeoutSeconds ?? proofSeconds)).map(() => changed))
    .andThen(then)
    .orElse((error: E | ChangeDistributionsError) => giveBack<T, E | ChangeDistributionsError>(env, gate, { ...change, touched: [...touched], error }));
}

/** Before anything is changed: the distributions that are open still. Refused when one of them cannot be closed, NotFound without the function. */
export function distributionsToClose(env: Environment): ResultAsync<readonly FoundDistribution[], AwsError | Refused> {
  const gate = declaredGate(env);
  if (gate === null) return okAsync([]);
  return safeTry(async function* () {
    yield* describeLiveFunction(env, gate.functionName);
    const found = yield* readDistributions(env);
    for (const distribution of found) yield* refuseTaken(distribution, gate, { to: 'closed' });
    return ok(found.filter((distribution) => isChange(distribution, gate, { to: 'closed' })));
  });
}

/** What waits watch from now on: the distributions that are to be closed or open, where none stays otherwise; null: none. */
export function expectDistributions(env: Environment, change: DistributionChange | null): ResultAsync<void, RunStoreFailed | LockLost> {
  const gate = declaredGate(env);
  const { run } = env[internals];
  if (gate === null || run === null) return okAsync(undefined);
  if (change === null) return run.expect({ distributions: null });
  const ids = gate.distributions.filter((id) => change.to === 'closed' || (change.staying?.[id] ?? []).length === 0);
  return run.expect({ distributions: { closed: change.to === 'closed' ? ids : [], open: change.to === 'open' ? ids : [] } });
}

/** Every distribution is looked at before the first is changed: one that cannot be closed refuses the gate as a whole. */
function changeAll(env: Environment, gate: CloudFrontGateDefinition, change: DistributionChange, touched: Set<string>): ResultAsync<readonly string[], ChangeDistributionsError> {
  return safeTry(async function* () {
    const found = yield* readDistributions(env);
    const arn = change.to === 'closed' ? (yield* describeLiveFunction(env, gate.functionName)).arn : '';
    for (const distribution of found) yield* refuseTaken(distribution, gate, change);
    const wanted = found.filter((distribution) => isChange(distribution, gate, change));
    if (wanted.length > 0) yield* record(env, change.to, [...touched, ...wanted.map(({ id }) => id)]);
    for (const distribution of wanted) {
      if (env.signal.aborted) return err(abortedWaitingFor(`distributions to be ${change.to}`));
      const result = await changeOne(env, gate, { ...change, arn }, distribution);
      if (result.isOk() || mayBeCarriedOut(result.error)) touched.add(distribution.id);
      if (result.isErr()) return err(result.error);
    }
    return ok(wanted.map(distributionName));
  });
}

function isChange({ config, id }: FoundDistribution, { functionName }: CloudFrontGateDefinition, { to, staying }: DistributionChange): boolean {
  const behaviors = behaviorsOf(config, functionName);
  return to === 'closed' ? behaviors.some(({ state }) => state !== 'closed') : behaviors.some(({ state, name }) => state === 'closed' && staying?.[id]?.includes(name) !== true);
}

function refuseTaken(distribution: FoundDistribution, { functionName }: CloudFrontGateDefinition, { to }: DistributionChange) {
  const taken = takenBehaviors(distribution, functionName);
  return to === 'open' || taken.length === 0 ? ok(undefined) : err(refusedTaken(distribution, taken));
}

/** Behaviors whose viewer requests something else answers. */
export function takenBehaviors({ config }: FoundDistribution, functionName: string): readonly string[] {
  return behaviorsOf(config, functionName).flatMap(({ name, state }) => (state === 'taken' ? [name] : []));
}

interface ArmedChange extends DistributionChange {
  readonly arn: string;
  /** It was changed a moment ago: a read that shows it to be right already may be older than that, which the version tells once it is sent. */
  readonly justChanged?: boolean | undefined;
}

/**
 * The whole configuration is replaced, so it is sent with the version that was read. When somebody was quicker, or the answer of an earlier
 * attempt was lost, the change is made once more to what is there now; a second time it is left to people. False: it was right already.
 */
function changeOne(env: Environment, gate: CloudFrontGateDefinition, change: ArmedChange, first: FoundDistribution): ResultAsync<boolean, AwsWriteError | WaitError | Conflict | Refused> {
  return safeTry(async function* () {
    for (let found = first, attempt = 1; ; attempt += 1) {
      yield* refuseTaken(found, gate, change);
      if (!isChange(found, gate, change) && !(change.justChanged === true && attempt === 1)) return ok(attempt > 1);
      announceChange(env, found, change.to);
      const config = change.to === 'closed' ? closedConfig(found.config, change.arn) : openConfig(found.config, gate.functionName, change.staying?.[found.id] ?? []);
      if ((yield* updateDistribution(env, { ...found, config })) !== null) return ok(true);
      if (attempt === 2) return err(changedByOthers(found));
      found = yield* newerThan(env, found);
    }
  });
}

/** A distribution whose version was refused: a read may lag behind whatever has made a newer one, also when that was the change itself. */
function newerThan(env: Environment, refused: FoundDistribution): ResultAsync<FoundDistribution, AwsError | WaitError | Conflict> {
  return waitUntil(env, {
    waitingFor: `${distributionName(refused)} to be read as it is now`,
    timeoutSeconds: staleSeconds,
    intervalSeconds: staleIntervalSeconds,
    probe: () => getDistribution(env, refused.id).map((found) => (found.eTag === refused.eTag ? { status: 'pending' as const, seen: 'a version that was changed since' } : { status: 'done' as const, value: found })),
  });
}

function announceChange(env: Environment, distribution: FoundDistribution, to: 'closed' | 'open'): void {
  announce(env, {
    resource: distributionName(distribution),
    from: to === 'closed' ? 'open' : 'closed',
    to,
    operation: 'cloudfront:UpdateDistribution',
    why: to === 'closed' ? 'its function sends visitors to the maintenance page; operators get through with the header' : 'visitors get through again',
  });
}

/** One that is not as wanted is, for some seconds, one that was read too early. */
function awaitDeployed(env: Environment, gate: CloudFrontGateDefinition, change: DistributionChange): ResultAsync<void, AwsError | TimedOut | Aborted | Conflict> {
  const { to, timeoutSeconds = propagationSeconds } = change;
  const startedAt = steadyNow(env.clock);
  return waitUntil<void, Conflict, AwsError>(env, {
    waitingFor: `distributions to be ${to} at every edge location`,
    timeoutSeconds,
    intervalSeconds: propagationIntervalSeconds,
    planned: () => undefined,
    probe: () =>
      readDistributions(env).map((found) => {
        const otherwise = found.filter((one) => isChange(one, gate, change));
        if (otherwise.length > 0 && steadyNow(env.clock) - startedAt > staleSeconds * 1000) return { status: 'failed', error: undoneByOthers(otherwise, to) };
        const under = found.filter((one) => one.status !== 'Deployed' || otherwise.includes(one));
        if (under.length === 0) return { status: 'done', value: undefined };
        const seen = under.map((one) => `${distributionName(one)} is ${otherwise.includes(one) ? `not seen to be ${to} yet` : one.status}`).join('; ');
        return { status: 'pending', seen, progress: (found.length - under.length) / found.length };
      }),
  });
}

interface GivingBack<E> extends DistributionChange {
  readonly touched: readonly string[];
  readonly error: E;
}

function giveBack<T, E extends { readonly message: string }>(env: Environment, gate: CloudFrontGateDefinition, { to, touched, error }: GivingBack<E>): ResultAsync<T, E | PartialChange | RunStoreFailed | LockLost> {
  return (to === 'open' ? okAsync<boolean, never>(true) : mayOpenAgain(env)).andThen((may) => {
    if (may) return undo(env, gate, to, touched).andThen(() => errAsync(error));
    const stay = touched.length === 0 ? '' : ` ${touched.map((id) => `distribution ${id}`).join(', ')} ${touched.length === 1 ? 'stays' : 'stay'} closed.`;
    return record(env, to, touched).andThen(() => errAsync({ ...error, message: `${error.message}${stay}` }));
  });
}

/** Goes on after an abort, and past a distribution that cannot be given back. Assets open before pages: the rules are given back once every edge has them, unless nobody waits any more. */
function undo(env: Environment, gate: CloudFrontGateDefinition, to: 'closed' | 'open', touched: readonly string[]): ResultAsync<void, PartialChange | RunStoreFailed | LockLost> {
  if (touched.length === 0) return record(env, to, []);
  const unstoppable: Environment = { ...env, signal: new AbortController().signal };
  const back = to === 'closed' ? 'open' : 'closed';
  env.emit({ type: 'undoing', why: `${touched.length} ${touched.length === 1 ? 'distribution was' : 'distributions were'} ${to} before the failure` });
  return safeTry(async function* () {
    const results: { readonly id: string; readonly done: boolean }[] = [];
    for (const id of [...touched].reverse()) results.push({ id, done: (await setOne(unstoppable, gate, id, { to: back, justChanged: true })).isOk() });
    const named = (done: boolean) => results.filter((result) => result.done === done).map(({ id }) => id);
    yield* record(unstoppable, to, named(false));
    if (named(false).length > 0) return err(partialChange(named(false), named(true), to));
    if (back === 'open' && !env.signal.aborted) yield* awaitDeployed(env, gate, { to: back, staying: foundClosed(env) }).orElse(() => ok(undefined));
    return ok(undefined);
  });
}

function setOne(env: Environment, gate: CloudFrontGateDefinition, id: string, { to, justChanged }: Pick<ArmedChange, 'to' | 'justChanged'>): ResultAsync<boolean, AwsWriteError | WaitError | Conflict | Refused> {
  return safeTry(async function* () {
    const found = yield* getDistribution(env, id);
    const arn = to === 'closed' ? (yield* describeLiveFunction(env, gate.functionName)).arn : '';
    return changeOne(env, gate, { to, arn, justChanged, staying: foundClosed(env) }, found);
  });
}

/** Behaviors that were closed before a run changed anything, by distribution. */
export function foundClosed(env: Environment): Readonly<Record<string, readonly string[]>> {
  return env[internals].run?.baseline()?.distributions ?? {};
}

/** Closes the distributions that somebody opened under a run which had closed them. Never fails; says what stayed open. */
export async function closeDistributionsAgain(env: Environment, ids: readonly string[]): Promise<{ readonly closed: readonly string[]; readonly stillOpen: readonly string[] }> {
  const gate = declaredGate(env);
  if (gate === null || ids.length === 0) return { closed: [], stillOpen: [] };
  const closed: string[] = [];
  const stillOpen: string[] = [];
  for (const id of ids) {
    const result = await setOne(env, gate, id, { to: 'closed' });
    if (result.isErr()) stillOpen.push(`distribution ${id}`);
    else if (result.value) closed.push(`distribution ${id}`);
  }
  return { closed, stillOpen };
}

const recordOf = { closed: 'distributionsClosed', open: 'distributionsOpened' } as const;

function recorded(env: Environment, to: 'closed' | 'open'): readonly JsonValue[] {
  const ids = env[internals].run?.recall(recordOf[to]);
  return Array.isArray(ids) ? (ids as readonly JsonValue[]) : [];
}

function record(env: Environment, to: 'closed' | 'open', ids: readonly string[]): ResultAsync<void, RunStoreFailed | LockLost> {
  return env[internals].run?.record(recordOf[to], [...new Set(ids)]) ?? okAsync(undefined);
}

/** Whether steps have changed distributions that were not given back, from what they recorded. */
export function distributionsAreAway(steps: readonly { readonly records: Readonly<Record<string, JsonValue>> }[]): boolean {
  return steps.some(({ records }) => Object.values(recordOf).some((key) => Array.isArray(records[key]) && records[key].length > 0));
}

/** A call whose answer was lost may have been; one that AWS has refused was not. */
function mayBeCarriedOut({ kind }: { readonly kind: string }): boolean {
  return !['AccessDenied', 'NotFound', 'Conflict', 'Refused'].includes(kind);
}

function refusedTaken(distribution: FoundDistribution, taken: readonly string[]): Refused {
  return {
    kind: 'Refused',
    rule: 'viewer-request-taken',
    message: `${distributionName(distribution)} cannot be closed: another function, or Lambda@Edge, answers viewers at ${taken.join(', ')}. It was not changed.`,
    remedy: 'A behavior takes one function for viewer requests: let that function do what the gate does, or take it away from these behaviors.',
  };
}

function changedByOthers(distribution: FoundDistribution): Conflict {
  return {
    kind: 'Conflict',
    reason: 'foreign-change',
    changes: [distributionName(distribution)],
    message: `Somebody else changed ${distributionName(distribution)} twice while the gate was being changed. Their changes were not overwritten.`,
    remedy: 'Find out who changes the distribution (an apply of the infrastructure code?), let it finish, then run again.',
  };
}

function undoneByOthers(distributions: readonly FoundDistribution[], to: 'closed' | 'open'): Conflict {
  const names = distributions.map(distributionName);
  return {
    kind: 'Conflict',
    reason: 'foreign-change',
    changes: names,
    message: `Somebody else changed ${names.join(', ')} right after ${names.length === 1 ? 'it was' : 'they were'} ${to}: ${names.length === 1 ? 'it is' : 'they are'} not ${to} any more.`,
    remedy: 'Find out who changes the distribution (an apply of the infrastructure code?), let it finish, then run again.',
  };
}

function partialChange(stuck: readonly string[], undone: readonly string[], to: 'closed' | 'open'): PartialChange {
  const named = (ids: readonly string[]) => ids.map((id) => `distribution ${id}`);
  return {
    kind: 'PartialChange',
    changed: named(stuck),
    undone: named(undone),
    message: `The gate could not be ${to}, and ${named(stuck).join(', ')} could not be given back: ${stuck.length === 1 ? 'it is' : 'they are'} still ${to}.`,
    remedy: `Run setMaintenance(env, '${to === 'closed' ? 'off' : 'on'}') once CloudFront can be reached.`,
  };
}
