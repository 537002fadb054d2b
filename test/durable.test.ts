import { connect, deployWithMigration, type DeployEvent, memoryRunStore, type RunStore } from '@graasp/deploy';
import { type DurableContext, durableRecipe } from '@graasp/deploy/durable';
import type { LocalCloud } from '@graasp/local-cloud';
import { beforeAll, describe, expect, it } from 'vitest';
import type { runDurably as RunDurably } from '../examples/durable-runner.js';
import { mortal } from './mortal.js';
import { nextVersion, shop, startShop } from './shop.js';

const options = { version: nextVersion, reopen: 'when-verified' } as const;
const secret = 'open-sesame-0123456789';
const isOld = Number(process.versions.node.split('.')[0]) < 22;

/** A shop whose migration takes twenty minutes, and a function that releases to it. */
async function startRelease(reached: (cloud: LocalCloud, store: RunStore) => Parameters<typeof connect>[1] = ({ connection }, runStore) => ({ ...connection, runStore })) {
  const slow = { reference: `shop:migrate-${nextVersion}`, model: { kind: 'migration', from: 'one', to: 'two', seconds: 1200 } } as const;
  const { cloud, store, env, another } = await startShop({ images: [slow] });
  const events: DeployEvent[] = [];
  const release = durableRecipe(deployWithMigration, () => connect<string>(shop, { ...reached(cloud, store), reporters: [{ report: (event) => void events.push(event) }] }));
  return { cloud, store, env, another, events, release };
}

function migrationsOf(cloud: LocalCloud): number {
  return cloud.inspect.requests({ operation: 'ecs:RunTask' }).filter(({ input }) => !JSON.stringify(input).includes('status')).length;
}

const contextOf = (changes: Partial<DurableContext> = {}): DurableContext => ({
  step: (_, call) => call(),
  wait: () => new Promise(() => undefined),
  executionContext: { durableExecutionArn: 'arn:another' },
  lambdaContext: { getRemainingTimeInMillis: () => 900_000 },
  ...changes,
});

describe.skipIf(isOld)('a recipe as a durable function (its SDK needs Node 22 or newer)', { timeout: 60_000 }, () => {
  let runDurably: typeof RunDurably;

  beforeAll(async () => {
    ({ runDurably } = await import('../examples/durable-runner.js'));
  });

  it('releases, and migrates once, over as many invocations as it is suspended', async () => {
    const { cloud, store, events, release } = await startRelease();
    const { result, invocations } = await runDurably({ handler: release, event: options, clock: cloud.clock });
    expect(result.getError).toThrow();
    expect(result.getResult()).toMatchObject({ summary: 'v2.0.0 is deployed and the database migrated; visitors are let in', migration: { attempt: 1 } });
    expect(migrationsOf(cloud)).toBe(1);
    console.log(result.getOperations().length, invocations, JSON.stringify(result.getHistoryEvents()).length);
    console.log(result.getOperations().map((each) => `${each.getName()} ${each.getWaitDetails()?.waitSeconds ?? ''}`).join('\n'));
    console.log(events.map((e) => JSON.stringify(e).slice(0, 160)).join('\n'));
    console.log([...((await store.list('shop/runs/'))._unsafeUnwrap())].join());
  });
});
