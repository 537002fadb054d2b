import * as neverthrow from 'neverthrow';
import { describe, expect, it } from 'vitest';
import { definition, testEnvironment } from './environment/environment.fixture.js';
import { defineRecipe } from './runs/define-recipe.js';
import * as library from './public.js';

process.env['MAINTENANCE_HEADER_SECRET'] = 'open-sesame-0123456789';

/** Every public call that takes options, with right ones but for those of the test. */
const env = testEnvironment({ definition: { ...definition, images: { repository: 'graasp', mutableTags: { core: 'latest' }, source: { registry: 'public.ecr.aws', repository: 'graasp/graasp' } } } });
const version = 'v1.54.8';
const calls: Readonly<Record<string, readonly [right: object, call: (options: never) => library.ResultAsync<unknown, unknown>]>> = {
  awaitDbSettled: [{}, (options) => library.awaitDbSettled(env, options)],
  awaitDrained: [{}, (options) => library.awaitDrained(env, options)],
  deployCore: [{ version }, (options) => library.deployCore(env, options)],
  keepDbStopped: [{}, (options) => library.keepDbStopped(env, options)],
  moveTags: [{}, (options) => library.moveTags(env, version, options)],
  preflight: [{ version }, (options) => library.preflight(env, options)],
  promoteImage: [{ version }, (options) => library.promoteImage(env, options)],
  pruneSnapshots: [{ keep: 5 }, (options) => library.pruneSnapshots(env, options)],
  rehearseRestore: [{}, (options) => library.rehearseRestore(env, options)],
  restoreDb: [{}, (options) => library.restoreDb(env, options)],
  rollBack: [{ to: version }, (options) => library.rollBack(env, options)],
  runMigration: [{ version }, (options) => library.runMigration(env, options)],
  'setMaintenance on': [{}, (options) => library.setMaintenance(env, 'on', options)],
  'setMaintenance off': [{}, (options) => library.setMaintenance(env, 'off', options)],
  snapshotDb: [{}, (options) => library.snapshotDb(env, options)],
  startDb: [{}, (options) => library.startDb(env, options)],
  startServices: [{}, (options) => library.startServices(env, options)],
  stopDb: [{}, (options) => library.stopDb(env, options)],
  takeWarmSnapshot: [{}, (options) => library.takeWarmSnapshot(env, options)],
  stopServices: [{}, (options) => library.stopServices(env, options)],
  verifyDeployment: [{}, (options) => library.verifyDeployment(env, options)],
  requiredPermissions: [{}, (options) => library.requiredPermissions(env, ['deployWithMigration'], options)],
  readState: [{}, (options) => library.readState(env, options)],
  planTransition: [{}, (options) => library.planTransition(env, 'running', options)],
  deployWithMigration: [{ version }, (options) => library.deployWithMigration(env, options)],
  applyMigration: [{ version }, (options) => library.applyMigration(env, options)],
  deployWithoutMigration: [{ version, to: 'running' }, (options) => library.deployWithoutMigration(env, options)],
  transitionTo: [{}, (options) => library.transitionTo(env, 'running', options)],
  reopen: [{ run: 'run-1' }, (options) => library.reopen(env, options)],
  plan: [{ version }, (options) => library.plan(env, library.deployWithMigration, options)],
  releaseHold: [{ run: 'run-1', reason: 'looked at it' }, (options) => library.releaseHold(env, options)],
  discoverEnvironment: [{ region: 'eu-central-1', cluster: 'graasp-dev', aws: { endpoint: 'http://localhost:1' } }, (options) => library.discoverEnvironment(options)],
  connect: [{ aws: { endpoint: 'http://localhost:1' } }, (options) => library.connect(definition, options)],
};

const told = async (call: library.ResultAsync<unknown, unknown>) => (await call)._unsafeUnwrapErr() as library.InvalidInput;
/** Those that wait for nothing that a timeout of theirs could end. */
const withoutTimeout = ['preflight', 'requiredPermissions', 'pruneSnapshots', 'readState', 'planTransition', 'reopen', 'releaseHold', 'discoverEnvironment', 'connect'];
const table = Object.entries(calls).map(([name, [right, call]]) => ({ name, right, call, wait: withoutTimeout.includes(name) ? [] : [-5, Number.NaN] }));

describe('every public call', () => {
  it('is in this table, if it is a step or a recipe', () => {
    const functions = Object.entries(library).flatMap(([name, value]) => (typeof value === 'function' && /^[a-z]/.test(name) && !(name in neverthrow) ? [name] : []));
    const named = Object.keys(calls).map((name) => name.split(' ')[0]);
    const others = ['resume', 'waitUntil', 'defineRecipe', 'defineEnvironment', 'secretFromEnv', 'failure', 'readRecordedConfiguration', 'memoryRunStore', 's3RunStore', 'jsonLinesReporter', 'renderFailure', 'renderFailureMarkdown', 'renderPreflight', 'renderEvent', 'renderTransition', 'runReport', 'renderRun', 'renderRunHtml', 'renderRunMarkdown', 'webhookReporter'];
    expect(functions.filter((name) => !named.includes(name) && !others.includes(name))).toEqual([]);
  });

  it.each(table)('refuses what is no object as options, without throwing: $name', async ({ call }) => {
    for (const [options, got] of [[null, 'null'], [5, '5 (number)'], ['x', "'x' (string)"], [[], '0 items (array)']] as const) {
      expect(await told(call(options as never))).toMatchObject({ kind: 'InvalidInput', problems: [`options: expected an object, got ${got}`] });
    }
  });

  it.each(table.filter(({ right }) => Object.keys(right).length > 0))('refuses to be called without the options that it needs, without throwing: $name', async ({ call }) => {
    expect(await told(call(undefined as never))).toMatchObject({ kind: 'InvalidInput' });
  });

  it.each(table)('refuses an option that it does not know: $name', async ({ right, call }) => {
    const error = await told(call({ ...right, tiemoutSeconds: 5 } as never));
    expect(error).toMatchObject({ kind: 'InvalidInput', problems: [expect.stringMatching(/^tiemoutSeconds: unknown option; known are \w+/)] });
  });

  it.each(table.filter(({ wait }) => wait.length > 0))('refuses a timeout that is no time: $name', async ({ right, call, wait }) => {
    for (const timeoutSeconds of wait) {
      expect(await told(call({ ...right, timeoutSeconds } as never))).toMatchObject({ kind: 'InvalidInput', problems: expect.arrayContaining([expect.stringMatching(/^timeoutSeconds: expected /)]) as unknown });
    }
  });

  it('takes an option that is undefined for one that is not given', async () => {
    expect(await told(library.stopServices(env, { services: undefined, timeoutSeconds: -1 }))).toMatchObject({ problems: ['timeoutSeconds: expected a positive number, got -1 (number)'] });
  });
});

describe('resume', () => {
  const recipe = defineRecipe('nothing', async function* () {
    return library.ok(null);
  });

  it.each([null, 5, 'x', []])('refuses %j as changes, without throwing', async (changes) => {
    const error = await told(library.resume(env, recipe, 'run-1', changes as never));
    expect(error).toMatchObject({ kind: 'InvalidInput', problems: [expect.stringMatching(/^changes: expected an object, got /)] });
  });
});
