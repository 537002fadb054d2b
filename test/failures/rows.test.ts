import { type Commands, deployWithoutMigration, type DeployEvent, type Environment, type NextAction, readState, releaseHold, reopen, restoreDb, type Result, resume, rollBack, type Situation, transitionTo } from '@graasp/deploy';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { runningVersion } from '../shop.js';
import { commands, type RealShop, startRealShop } from './real-shop.js';
import { type AnyRecipe, ownCheck, recipes, type Row, rowsOf, type Scenario, scenarios, type Stage } from './scenarios.js';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 60_000 });

const leftBy = { nothing: 'untouched', undone: 'as-found', reopen: 'as-found', 'start-and-reopen': 'as-found', hold: 'hold', 'close-and-hold': 'hold' } as const;

type Command = keyof Commands;
interface Failed {
  readonly kind: string;
  readonly message: string;
  readonly runId: string;
  readonly situation: Situation;
}

type Run = (env: Environment, options: object) => PromiseLike<Result<unknown, Failed>>;

let shop: RealShop | null = null;
let releases = 1;
let current = runningVersion;
let holds = true;
const called = new Set<Command>();
/** By recipe. Each row is resumed, and each recipe's other commands are called after one of its rows; with `EVERY_COMMAND=1` after all of them. */
const calledOf = new Set<string>();
const checks = { works: true };

afterAll(async () => {
  await shop?.cloud.stop();
});

/** One shop serves all rows; after one that did not come back to where it began, another. */
async function stageOf({ images }: Scenario): Promise<Stage> {
  if (!holds) await shop?.cloud.stop();
  if (!holds || shop === null) {
    shop = await startRealShop();
    current = runningVersion;
  }
  holds = false;
  checks.works = true;
  const version = `v${(releases += 1)}.0.0`;
  if (images !== 'none') shop.pushRelease(version);
  else shop.publish(version);
  return { shop, version, before: current, checks };
}

async function processOn({ shop }: Stage, { promotes }: Scenario, report?: (event: DeployEvent) => void): Promise<Environment> {
  return shop.connect({ report, checks: ownCheck(checks), promotes });
}

/** Plays a row up to its failure; answers the error, and the steps that succeeded before. */
async function fail({ recipe, row }: Row, scenario: Scenario, stage: Stage): Promise<{ readonly error: Failed; readonly succeeded: readonly string[] }> {
  const succeeded: string[] = [];
  const env = await processOn(stage, scenario, (event) => {
    if (event.type === 'step-succeeded' && !event.replayed) succeeded.push(event.step);
    if (event.type === 'step-started' && event.step === row.step && succeeded.at(-1) !== row.step) scenario.atStep?.(stage);
  });
  scenario.cause?.(stage);
  const run = recipes[recipe] as unknown as Run;
  const result = await run(env, { ...scenario.options(stage), ...(await heldRun(recipe, stage)) });
  return { error: result._unsafeUnwrapErr(), succeeded };
}

/** `reopen` is told whose hold it goes back from. */
async function heldRun(recipe: string, { shop }: Stage): Promise<object> {
  if (recipe !== 'reopen') return {};
  const { hold } = (await readState(await shop.connect()))._unsafeUnwrap();
  return { run: (hold as { readonly run: string }).run };
}

function mend(scenario: Scenario, stage: Stage): void {
  stage.shop.cloud.faults.clear();
  scenario.mend?.(stage);
}

/** Each kind of command, as a person calls it with what stands behind its name. */
type Call = (env: Environment, recipe: AnyRecipe, words: readonly string[], mended: object) => Promise<Result<unknown, unknown>>;
const calls: Readonly<Record<Command, Call>> = {
  resume: async (env, recipe, [run = ''], mended) => resume(env, recipe, run, mended as never),
  retryMigration: async (env, recipe, [run = ''], mended) => resume(env, recipe, run, { ...mended, retryMigration: true } as never),
  reopen: async (env, _, [run = '']) => reopen(env, { run }),
  restoreDb: async (env, _, [confirm, snapshotId = '']) => restoreDb(env, { confirm, from: { snapshotId }, acceptLostWrites: true }),
  rollBack: async (env, _, [to = '']) => rollBack(env, { to }),
  releaseHold: async (env, _, [run = '']) => releaseHold(env, { run, reason: 'looked at it' }),
  deploy: async (env, _, [version = '']) => deployWithoutMigration(env, { version, to: 'running', calendar: 'warn' }),
};

async function call({ command }: NextAction, { recipe }: Row, scenario: Scenario, stage: Stage): Promise<unknown> {
  const [name, ...words] = command.split(' ') as [Command, ...string[]];
  const result = await calls[name](await processOn(stage, scenario), recipes[recipe]!, words, scenario.mended ?? {});
  expect(result.isErr() ? [command, result.error] : []).toEqual([]);
  called.add(name);
  calledOf.add(`${recipe} ${name}`);
  return result._unsafeUnwrap();
}

const kindOf = ({ command }: NextAction) => command.split(' ')[0] as Command;

/** Tasks that a deployment left crashing are replaced first, as for a person who takes minutes to call again: preflight refuses before. */
const rest = ({ shop }: Stage) => shop.cloud.clock.sleep(180_000);

/** From wherever a row has left it, without a hold, to visitors that are let in. */
async function bringBack(stage: Stage): Promise<void> {
  const env = await stage.shop.connect();
  const { state } = (await readState(env))._unsafeUnwrap();
  if (state === 'restricted') (await transitionTo(env, 'running'))._unsafeUnwrap();
  if (state === 'db-only') (await deployWithoutMigration(env, { version: stage.version, to: 'running', calendar: 'warn' }))._unsafeUnwrap();
  expect((await readState(await stage.shop.connect()))._unsafeUnwrap()).toMatchObject({ state: 'running', hold: null, putAside: [] });
  current = await stage.shop.deployed();
  await rest(stage);
  holds = true;
}

async function play(row: Row, scenario: Scenario): Promise<{ readonly stage: Stage; readonly error: Failed; readonly succeeded: readonly string[] }> {
  const stage = await stageOf(scenario);
  await scenario.given?.(stage, await processOn(stage, scenario));
  const failed = await fail(row, scenario, stage);
  expect(failed.error).toMatchObject({ situation: { step: row.row.step, left: leftBy[row.row.does] } });
  return { stage, ...failed };
}

/** The same call once more, without what made it fail. */
async function startAgain({ recipe }: Row, scenario: Scenario, stage: Stage): Promise<void> {
  const run = recipes[recipe] as unknown as Run;
  await rest(stage);
  const result = await run(await processOn(stage, scenario), { ...scenario.options(stage), ...scenario.mended });
  expect(result.isErr() ? result.error : null).toBeNull();
  const { nextActions = [] } = result._unsafeUnwrap() as { readonly nextActions?: readonly NextAction[] };
  for (const next of nextActions) await call(next, { recipe } as Row, scenario, stage);
}

const rows = rowsOf();
/** Steps of a release that have failed and left nothing to be called but the release once more, which is what the next row does; struck off when it has taken them. */
const toStartAgain = new Set<string>();

describe('a row of a failure table, with real hosts', () => {
  it.each(rows.map((row) => [row.name, row] as const))('%s', async (name, row) => {
    const scenario = scenarios[name]!;
    const again = (succeeded: readonly string[]) => succeeded.forEach((step) => toStartAgain.delete(`${row.recipe}: ${step}`));

    const { stage, error, succeeded } = await play(row, scenario);
    again(succeeded);
    if (error.situation.left !== 'hold') {
      expect(error.situation.nextActions).toEqual([]);
      mend(scenario, stage);
      if (row.recipe === 'deployWithMigration') toStartAgain.add(`${row.recipe}: ${row.row.step}`);
      else await startAgain(row, scenario, stage);
      await bringBack(stage);
      return;
    }

    const kinds = error.situation.nextActions.map(kindOf).filter((kind, index) => index === 0 || process.env['EVERY_COMMAND'] === '1' || !calledOf.has(`${row.recipe} ${kind}`));
    let held = { stage, error };
    for (const kind of kinds) {
      if (kind !== kinds[0]) held = await play(row, scenario);
      mend(scenario, held.stage);
      const report = (await call(held.error.situation.nextActions.find((action) => kindOf(action) === kind)!, row, scenario, held.stage)) as { readonly nextActions?: readonly NextAction[] };
      const deploy = kind === 'releaseHold' ? report.nextActions?.find((action) => kindOf(action) === 'deploy') : undefined;
      // who let go of it deploys, or starts it again; what a way back names is the rest of the way
      if (deploy !== undefined) await call(deploy, row, scenario, held.stage);
      else if (kind === 'releaseHold' && row.recipe !== 'reopen') await startAgain(row, scenario, held.stage);
      else for (const next of report.nextActions ?? []) await call(next, row, scenario, held.stage);
      await bringBack(held.stage);
    }
  });

  it('has a scenario, and no scenario is without one', () => {
    expect(Object.keys(scenarios).sort()).toEqual(rows.map(({ name }) => name).sort());
  });

  it('that left nothing to be called was started again, and taken', () => {
    expect([...toStartAgain]).toEqual([]);
  });

  it('and what it names as next covers every kind of command', () => {
    expect([...called].sort()).toEqual(Object.keys(commands).sort());
  });
});
