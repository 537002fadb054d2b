import { applyMigration, type ConnectError, deployWithMigration, deployWithoutMigration, type Environment, errAsync, type NextAction, releaseHold, reopen, restoreDb, type Result, ResultAsync, resume, rollBack, type Situation } from '@graasp/deploy';
import type { Death } from '../mortal.js';
import { checkers } from './checkers.js';
import { choose, type Choices, type ClosedLid } from './choose.js';
import type { PlantedBug } from './planted-bugs.js';
import { loadClients } from './load-clients.js';
import { startWorld, type World } from './world.js';

/** One call of the library, by a process of its own. */
export interface Attempt {
  /** `deployWithMigration`, or the next action that it was: `resume 20261123-…`. */
  readonly call: string;
  readonly underFaults: boolean;
  /** No other process was at work when it ended. */
  readonly alone: boolean;
  /** When it began. */
  readonly schemaBefore: string | undefined;
  readonly ended: 'ok' | 'error' | 'died';
  readonly report: unknown;
  readonly error: FailedAttempt | null;
}

export interface FailedAttempt {
  readonly kind: string;
  readonly message: string;
  readonly reason?: string;
  readonly remedy?: string;
  /** The option that lifts a refusal. */
  readonly lift?: string;
  readonly runId?: string;
  readonly situation?: Situation;
}

export interface Violation {
  readonly checker: string;
  readonly what: string;
}

export interface SeedOutcome {
  readonly choices: Choices;
  readonly attempts: readonly Attempt[];
  readonly violations: readonly Violation[];
  /** Every request to AWS, in its order: two runs of a seed make the same. */
  readonly requests: readonly string[];
}

const minute = 60_000;
/** As often as somebody goes on with a release once nothing goes wrong any more. */
const mostActions = 12;

/**
 * A release and what becomes of it. First under faults: it may die, and be gone on with while they last. Then they stop, and what its own next
 * actions say is done until no hold and no lock is left.
 */
export async function runSeed(seed: number, planted: PlantedBug | null = null): Promise<SeedOutcome> {
  await loadClients();
  const choices = choose(seed);
  const world = await startWorld(choices, planted);
  const simulation: Simulation = { world, planted, attempts: [], violations: [], atWork: 0, turn: 0 };
  try {
    await releaseUnderFaults(simulation);
    world.calm();
    await world.cloud.clock.sleep(6 * minute);
    await goOnUntilDocumented(simulation);
    await look(simulation, 'atEnd');
    const requests = world.cloud.requests.map(({ at, operation, input, status }) => `${at} ${operation} ${status} ${JSON.stringify(input)}`);
    return { choices, attempts: simulation.attempts, violations: simulation.violations, requests };
  } finally {
    await world.end();
  }
}

interface Simulation {
  readonly world: World;
  readonly planted: PlantedBug | null;
  readonly attempts: Attempt[];
  readonly violations: Violation[];
  atWork: number;
  turn: number;
}

async function releaseUnderFaults(simulation: Simulation): Promise<void> {
  const { world } = simulation;
  const { secondRun, deaths, attemptsUnderFaults, closedLid } = world.choices;
  const { call, act: release } = firstCall(world.choices, simulation.planted);
  let second: Promise<unknown> = Promise.resolve();
  if (secondRun !== null) {
    world.whenStepBegins(secondRun.atStep, () => {
      second = world.cloud.clock.sleep(secondRun.afterMs).then(() => attempt(simulation, { call: `a second ${call}`, act: release, underFaults: true, death: undefined }));
    });
  }
  let meanwhile: Promise<unknown> = Promise.resolve();
  if (closedLid !== null && closedLid.meanwhile !== 'nothing') {
    world.whenStepBegins(closedLid.atStep, () => {
      meanwhile = world.cloud.clock.sleep(closedLid.afterMs + closedLid.meanwhileAfterMs).then(() => actMeanwhile(simulation, closedLid, { call, act: release }));
    });
  }
  await attempt(simulation, { call, act: release, underFaults: true, death: deaths[0], lid: closedLid });
  await meanwhile;
  for (let number = 1; number <= attemptsUnderFaults; number += 1) {
    await world.cloud.clock.sleep(minute);
    const next = await nextCall(simulation);
    if (next === null) break;
    await attempt(simulation, { ...next, underFaults: true, death: deaths[number] });
  }
  await second;
}

/** What somebody does who hears nothing of a release, and may know no better than to begin another. */
async function actMeanwhile(simulation: Simulation, { meanwhile }: ClosedLid, { call, act }: Call): Promise<void> {
  const again = { call: `a second ${call}`, act, underFaults: true, death: undefined };
  if (meanwhile === 'release') return attempt(simulation, again);
  const lock = (await simulation.world.document('lock')) as { readonly run: string } | null;
  const next = lock === null ? null : await spelled(simulation.world, `${meanwhile} ${lock.run}`);
  if (next === null) return;
  await attempt(simulation, { ...next, underFaults: true, death: undefined });
  if (meanwhile === 'releaseHold' && simulation.attempts.at(-1)?.ended === 'ok') await attempt(simulation, again);
}

async function goOnUntilDocumented(simulation: Simulation): Promise<void> {
  for (let taken = 0; taken < mostActions; taken += 1) {
    const next = await nextCall(simulation);
    if (next === null) return;
    await attempt(simulation, { ...next, underFaults: false, death: undefined });
    await simulation.world.cloud.clock.sleep(2 * minute);
  }
  simulation.violations.push({ checker: 'the way on comes to an end', what: `after ${mostActions} next actions without faults the environment is held still` });
}

interface Call {
  readonly call: string;
  readonly act: (env: Environment) => ResultAsync<unknown, unknown>;
}

function firstCall({ release, options: chosen }: Choices, planted: PlantedBug | null): Call {
  const options = planted?.options?.(chosen) ?? chosen;
  const { recipe } = release;
  if (recipe === 'rollBack') return { call: recipe, act: (env) => rollBack(env, { to: release.version }) };
  if (recipe === 'deployWithoutMigration') return { call: recipe, act: (env) => deployWithoutMigration(env, { version: release.version, to: release.to }) };
  if (recipe === 'deployWithMigration') return { call: recipe, act: (env) => deployWithMigration(env, options) };
  const { reopen: _, ...ofMigration } = options;
  return { call: recipe, act: (env) => applyMigration(env, ofMigration) };
}

const deployingCall = 'deployWithoutMigration after applyMigration';

function deploying({ choices }: World): Call {
  return { call: deployingCall, act: (env) => deployWithoutMigration(env, { version: choices.options.version, to: 'running' }) };
}

/** Whether what has ended is a migration, and no release. */
function hasMigratedOnly({ report }: Attempt): boolean {
  const { migration, deployment } = (report ?? {}) as { readonly migration?: unknown; readonly deployment?: unknown };
  return migration !== undefined && deployment === undefined;
}

/** What is to be done next, by what the run store and the last error or report say; null: nothing. */
async function nextCall(simulation: Simulation): Promise<Call | null> {
  const { world, attempts } = simulation;
  const lock = (await world.document('lock')) as { readonly run: string; readonly recipe: string; readonly continuedBy: string } | null;
  if (lock !== null) return spelled(world, lock.continuedBy === 'again' ? `releaseHold ${lock.run}` : `resume ${lock.run}`);
  const hold = (await world.document('hold')) as { readonly run: string; readonly situation: Situation } | null;
  // who was overtaken has no say in how the other has ended
  const last = attempts.findLast(({ error }) => error?.situation?.left !== 'taken-over');
  const acceptLostWrites = attempts.some(({ error }) => error?.lift === 'acceptLostWrites');
  const inTheWay = tasksToStop(last);
  if (inTheWay.length > 0) return afterStopping(world, inTheWay, last!.call);
  if (hold !== null) {
    const told = attempts.findLast(({ error }) => error?.runId === hold.run)?.error?.situation?.nextActions;
    return spelled(world, take(simulation, told ?? hold.situation.nextActions)?.command, { acceptLostWrites });
  }
  // nothing was begun: somebody whose credentials have expired signs in, and calls again
  if (last?.ended === 'error' && last.error?.situation === undefined && isNextAction(last.call)) return spelled(world, last.call);
  const word = lastWord(attempts);
  // a migration by itself is the first half of a release
  if (word?.ended === 'ok' && hasMigratedOnly(word)) return deploying(world);
  const offered = word?.ended === 'ok' ? ((word.report as { readonly nextActions?: readonly NextAction[] }).nextActions ?? []) : [];
  return offered.length === 0 ? null : spelled(world, offered[0]!.command, { acceptLostWrites });
}

/** What tells how to go on: calls since that were not begun, or have changed nothing, take nothing of it back. */
function lastWord(attempts: readonly Attempt[]): Attempt | undefined {
  return attempts.findLast(({ error }) => error === null || !['untouched', 'taken-over', undefined].includes(error.situation?.left));
}

/** Tasks that keep a next action from being done, and that its error says how to stop. */
function tasksToStop(last: Attempt | undefined): readonly string[] {
  if (last === undefined || !(isNextAction(last.call) || last.call === deployingCall)) return [];
  return [...(last.error?.remedy ?? '').matchAll(/aws ecs stop-task --region \S+ --cluster shop --task (\w+)/g)].map(([, task]) => task!);
}

async function afterStopping(world: World, tasks: readonly string[], call: string): Promise<Call | null> {
  const again = call === deployingCall ? deploying(world) : await spelled(world, call);
  return again === null ? null : { call, act: (env) => ResultAsync.fromSafePromise(Promise.all(tasks.map((task) => world.stopTask(task)))).andThen(() => again.act(env)) };
}

function take({ world, ...simulation }: Simulation, actions: readonly NextAction[]): NextAction | undefined {
  const preferred = actions.find(({ command }) => world.choices.prefers !== null && command.startsWith(world.choices.prefers));
  return preferred ?? actions[Math.floor(world.choices.turns[simulation.turn % world.choices.turns.length]! * actions.length)];
}

/** `resume 20261123-…`: not what was called first, nor by a second process. */
function isNextAction(call: string): boolean {
  return /^\w+ \S+$/.test(call);
}

/** A next action as it is spelled, called; with what somebody accepts who was told of it. */
async function spelled(world: World, command: string | undefined, { acceptLostWrites = false } = {}): Promise<Call | null> {
  if (command === undefined) return null;
  const [name, what = ''] = command.split(' ');
  const acts: Readonly<Record<string, (env: Environment) => ResultAsync<unknown, unknown>>> = {
    reopen: (env) => reopen(env, { run: what }),
    restoreDb: (env) => restoreDb(env, { confirm: 'shop', from: { snapshotId: what }, acceptLostWrites }),
    rollBack: (env) => rollBack(env, { to: what }),
    deployWithMigration: (env) => deployWithMigration(env, { ...world.choices.options, version: what }),
    releaseHold: (env) => releaseHold(env, { run: what, reason: 'somebody has looked at it' }),
    ...(await continuations(world, what)),
  };
  return { call: command, act: acts[name ?? ''] ?? (() => errAsync({ kind: 'Unknown', message: `there is no ${command}` })) };
}

async function continuations(world: World, run: string): Promise<Readonly<Record<string, (env: Environment) => ResultAsync<unknown, unknown>>>> {
  const journal = (await world.document(`runs/${run}`)) as { readonly recipe: string } | null;
  const recipe = [deployWithMigration, applyMigration, deployWithoutMigration, restoreDb, rollBack, reopen].find((one) => one.recipeName === journal?.recipe);
  if (recipe === undefined) return {};
  const again = recipe as typeof deployWithMigration;
  return { resume: (env) => resume(env, again, run), retryMigration: (env) => resume(env, again, run, { retryMigration: true }) };
}

interface Begun extends Call {
  readonly underFaults: boolean;
  readonly death: Death | undefined;
  readonly lid?: ClosedLid | null;
}

async function attempt(simulation: Simulation, { call, act, underFaults, death, lid }: Begun): Promise<void> {
  const { world, planted } = simulation;
  const { connected, died } = world.startProcess(death, lid);
  const schemaBefore = world.cloud.inspect.database('shop')?.model?.schema;
  simulation.atWork += 1;
  const done = connected.then((env): Result<unknown, unknown> | PromiseLike<Result<unknown, unknown>> => (env.isErr() ? (env as Result<never, ConnectError>) : act(env.value)));
  const result = await Promise.race([died.then(() => null), done]);
  simulation.atWork -= 1;
  const ended = result === null ? 'died' : result.isOk() ? 'ok' : 'error';
  const error = result?.isErr() === true ? (result.error as FailedAttempt) : null;
  simulation.attempts.push({ call, underFaults, alone: simulation.atWork === 0, schemaBefore, ended, report: result?.isOk() === true ? result.value : null, error: error === null ? null : (planted?.error?.(error) ?? error) });
  simulation.turn += 1;
  await look(simulation, 'afterAttempt');
}

async function look({ world, attempts, violations }: Simulation, when: 'afterAttempt' | 'atEnd'): Promise<void> {
  for (const checker of checkers) {
    const found = (await checker[when]?.({ world, attempts, last: attempts.at(-1)! })) ?? [];
    violations.push(...found.map((what) => ({ checker: checker.name, what })));
  }
}
