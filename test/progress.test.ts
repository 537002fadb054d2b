import { type DeployEvent, deployWithMigration } from '@graasp/deploy';
import type { LocalCloud } from '@graasp/local-cloud';
import { afterEach, expect, it, vi } from 'vitest';
import { nextVersion, startShop } from './shop.js';

vi.setConfig({ testTimeout: 60_000 });

let cloud: LocalCloud | undefined;
afterEach(() => cloud?.stop());

type Waiting = Extract<DeployEvent, { type: 'waiting' }>;

it('a release tells of what lasts how far it is: the snapshot, the tasks that stop, the services that start and that are deployed', async () => {
  const process = await startShop();
  ({ cloud } = process);
  (await deployWithMigration(process.env, { version: nextVersion, reopen: 'when-verified', settledSeconds: 60 }))._unsafeUnwrap();
  const waits = process.events.filter((event): event is Waiting => event.type === 'waiting');
  const seenOf = (waitingFor: RegExp) => waits.filter((wait) => waitingFor.test(wait.waitingFor)).map(({ seen, progress }) => [seen, progress] as const);
  for (const lasting of [/^the snapshot to be available$/, /^tasks of .* to stop$/, /^service .* to run \d tasks?$/, /^service .* to be deployed$/, /^the database to settle$/]) {
    const told = seenOf(lasting);
    expect([lasting, told.length > 0]).toEqual([lasting, true]);
    for (const [seen, progress] of told) expect([seen, progress !== undefined && progress >= 0 && progress <= 1]).toEqual([seen, true]);
  }
  expect(seenOf(/^the snapshot to be available$/).some(([seen, progress]) => seen.endsWith(`, ${Math.round(progress! * 100)} %`) && progress! > 0)).toBe(true);
  expect(seenOf(/^service .* to run 1 task$/)[0]).toEqual(['0 of 1 running, 0 healthy', 0]);
});
