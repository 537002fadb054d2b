import { awaitDbSettled, defineRecipe, runMigration, type Situation, snapshotDb, stopServices } from '@graasp/deploy';
import { internals } from '../packages/deploy/src/environment/environment.js';
import type { LocalCloud } from '@graasp/local-cloud';
import { okAsync } from 'neverthrow';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { nextVersion, startShop } from './shop.js';

vi.setConfig({ testTimeout: 60_000 });

const clouds: LocalCloud[] = [];
afterEach(async () => {
  for (const cloud of clouds.splice(0)) await cloud.stop();
});

async function start() {
  const shop = await startShop();
  clouds.push(shop.cloud);
  return shop;
}

/** The middle of a release, its steps called as somebody else might. */
const migrate = defineRecipe('migrate', async function* (run, _: object) {
  const stopped = yield* run.step('quiet', (env) => stopServices(env));
  const known = yield* run.step('ask', (env) => okAsync({ at: (env[internals].run!.recallFact('lastWriterStoppedAt') ?? null) }));
  yield* run.step('save', (env) => snapshotDb(env, { version: nextVersion }));
  const migration = yield* run.step('move', (env) => runMigration(env, { version: nextVersion }));
  const settled = yield* run.step('rest', (env) => awaitDbSettled(env));
  return okAsync({ stopped, known, migration, settled });
});

describe('a recipe that calls its steps by other names', () => {
  it('goes by the last writer’s end and by the migration’s all the same', async () => {
    const { env } = await start();
    const { stopped, known, migration, settled } = (await migrate(env, {}))._unsafeUnwrap();
    expect(stopped.lastWriterStoppedAt).not.toBeNull();
    expect(known.at).toBe(stopped.lastWriterStoppedAt);
    expect(settled.since).toBe(migration.endedAt);
  });

  it('is told how to run the migration again when that failed', async () => {
    const { env, cloud } = await start();
    cloud.pushImage({ reference: 'shop:migrate-v2.0.0', model: { kind: 'migration', from: 'another', to: 'two', seconds: 5 } });
    const { situation } = (await migrate(env, {}))._unsafeUnwrapErr() as unknown as { readonly situation: Situation };
    expect(situation).toMatchObject({ step: 'move', left: 'hold' });
    expect(situation.nextActions.map(({ command }) => command)).toContainEqual(expect.stringContaining('--retry-migration'));
  });
});
