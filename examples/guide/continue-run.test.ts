import * as deploy from '@graasp/deploy';
import { type LocalCloud, startLocalCloud } from '@graasp/local-cloud';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { account, images } from './account.js';
import { continueRun } from './continue-run.js';
import { environment } from './environment.js';

const recipes = Object.values(deploy).flatMap((each) => (typeof each === 'function' && 'recipeName' in each ? [each.recipeName] : []));
const runStore = deploy.memoryRunStore();
let cloud: LocalCloud;

beforeAll(async () => void (cloud = await startLocalCloud({ blueprint: account, images })));
afterAll(() => cloud.stop());
beforeEach(() => {
  vi.stubEnv('MAINTENANCE_HEADER_NAME', 'x-operator');
  vi.stubEnv('MAINTENANCE_HEADER_SECRET', 'open-sesame-0123456789');
});
afterEach(() => vi.unstubAllEnvs());

async function connected(): Promise<deploy.Environment> {
  const connection = await deploy.connect(environment, { ...cloud.connection, runStore });
  return connection._unsafeUnwrap();
}

/** A run of this recipe in the run store: the journal of one that had nothing to do, under another name. */
async function runOf(recipe: string, ended: boolean): Promise<string> {
  if ((await runStore.list('production/runs/'))._unsafeUnwrap().length === 0) await deploy.transitionTo(await connected(), 'running');
  const [key = ''] = (await runStore.list('production/runs/'))._unsafeUnwrap();
  const { outcome, ...journal } = JSON.parse((await runStore.read(key))._unsafeUnwrap()!.body) as Record<string, unknown>;
  const run = `of-${recipe}-${ended ? 'ended' : 'dead'}`;
  await runStore.create(`production/runs/${run}`, JSON.stringify({ ...journal, run, recipe, options: {}, ...(ended ? { outcome } : {}) }));
  return run;
}

describe('continueRun', () => {
  it.each(recipes)('goes on with a run of %s', async (recipe) => {
    const run = await runOf(String(recipe), true);

    // one that has succeeded gives its report again, to its own recipe alone
    expect((await continueRun(await connected(), run))._unsafeUnwrap()).toMatchObject({ summary: 'It is running already; nothing was changed' });
  });

  it.each([
    ['retryMigration', true, 'applyMigration', 'rollBack'],
    ['oldCodeFits', true, 'rollBack', 'restoreDb'],
    ['acceptLostWrites', true, 'restoreDb', 'reopen'],
    ['otherTasks', 'allow', 'deployWithMigration', 'deployWithoutMigration'],
  ] as const)('hands on %s, which the recipe that does not take it refuses', async (name, value, takes, refuses) => {
    const problemsOf = async (recipe: string) => {
      const error = (await continueRun(await connected(), await runOf(recipe, false), { [name]: value }))._unsafeUnwrapErr() as { readonly problems?: readonly string[] };
      return (error.problems ?? []).filter((problem) => problem.startsWith(`${name}: unknown option`));
    };

    expect(await problemsOf(takes)).toEqual([]);
    expect(await problemsOf(refuses)).toHaveLength(1);
  });

  it('says of a run that is not there, or that is one of a single step, what is wrong', async () => {
    expect((await continueRun(await connected(), 'r1'))._unsafeUnwrapErr().message).toContain('no run r1 of production');
    expect((await continueRun(await connected(), await runOf('snapshotDb', true)))._unsafeUnwrapErr().message).toContain('is one of snapshotDb');
  });
});
