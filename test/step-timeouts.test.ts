import { applyMigration, type DeployEvent, deployWithMigration, deployWithoutMigration, restoreDb, rollBack, transitionTo } from '@graasp/deploy';
import type { LocalCloud } from '@graasp/local-cloud';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { nextVersion, runningVersion, type ShopProcess, startShop } from './shop.js';

vi.setConfig({ testTimeout: 60_000 });

const clouds: LocalCloud[] = [];
afterEach(async () => {
  for (const cloud of clouds.splice(0)) await cloud.stop();
});

async function start(): Promise<ShopProcess> {
  const at = await startShop();
  clouds.push(at.cloud);
  return at;
}

/** Longer than any default, and each another: a wait that is given another step's timeout, or none, is found. */
function timeouts<S extends string>(...steps: readonly S[]): Readonly<Record<S, number>> {
  return Object.fromEntries(steps.map((step, at) => [step, (at + 2) * 20_000])) as Record<S, number>;
}

/** The longest wait of each step that has waited; what a step has spent before is gone from its later ones. */
function waits(events: readonly DeployEvent[]): Readonly<Record<string, number>> {
  const longest: Record<string, number> = {};
  let step = '';
  for (const event of events) {
    if (event.type === 'step-started') ({ step } = event);
    if (event.type === 'waiting') longest[step] = Math.max(longest[step] ?? 0, Math.ceil(event.timeoutSeconds / 10_000) * 10_000);
  }
  return longest;
}

describe('each step waits as long as its own timeout says', () => {
  it('in deployWithMigration', async () => {
    const { env, events } = await start();
    const timeoutSeconds = timeouts('warm-snapshot', 'gate-on', 'await-drained', 'stop-services', 'snapshot-db', 'run-migration', 'await-db-settled', 'deploy-core', 'verify-deployment', 'gate-off');
    (await deployWithMigration(env, { version: nextVersion, reopen: 'when-verified', warm: true, settledSeconds: 60, timeoutSeconds }))._unsafeUnwrap();
    expect(waits(events)).toEqual(timeoutSeconds);
  });

  it('in applyMigration', async () => {
    const { env, events } = await start();
    const timeoutSeconds = timeouts('gate-on', 'await-drained', 'stop-services', 'snapshot-db', 'run-migration', 'await-db-settled', 'start-administration');
    (await applyMigration(env, { version: nextVersion, settledSeconds: 60, timeoutSeconds }))._unsafeUnwrap();
    expect(waits(events)).toEqual(timeoutSeconds);
  });

  it('in deployWithoutMigration, and in rollBack after it', async () => {
    const { cloud, env, events, another } = await start();
    for (const name of ['web', 'jobs']) cloud.pushImage({ reference: `shop:${name}-v1.1.0`, model: { kind: 'server', version: 'v1.1.0', fitsSchemas: ['one'] } });
    const deploying = timeouts('gate-on', 'deploy-core', 'verify-deployment');
    (await deployWithoutMigration(env, { version: 'v1.1.0', to: 'restricted', timeoutSeconds: deploying }))._unsafeUnwrap();
    expect(waits(events)).toEqual(deploying);

    const back = await another();
    const returning = timeouts('deploy-core', 'verify-deployment');
    (await rollBack(back.env, { to: runningVersion, timeoutSeconds: returning }))._unsafeUnwrap();
    expect(waits(back.events)).toEqual(returning);
  });

  it('in transitionTo, down and up', async () => {
    const { env, events, another } = await start();
    const down = timeouts('gate-on', 'stop-services', 'stop-db');
    (await transitionTo(env, 'stopped', { timeoutSeconds: down }))._unsafeUnwrap();
    expect(waits(events)).toEqual(down);

    const later = await another();
    const up = timeouts('start-db', 'start-services', 'verify-deployment', 'gate-off');
    (await transitionTo(later.env, 'running', { timeoutSeconds: up }))._unsafeUnwrap();
    expect(waits(later.events)).toMatchObject(up);
  });

  it('in restoreDb', async () => {
    const { env, events } = await start();
    const { restorePoint } = (await deployWithMigration(env, { version: nextVersion }))._unsafeUnwrap();
    events.length = 0;
    const timeoutSeconds = timeouts('gate-on', 'stop-services', 'await-unused', 'restore-aside', 'set-aside', 'put-in-place', 'start-administration');
    (await restoreDb(env, { confirm: 'shop', from: restorePoint, timeoutSeconds }))._unsafeUnwrap();
    expect(waits(events)).toEqual(timeoutSeconds);
  });
});
