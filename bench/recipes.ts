import { connect, deployWithMigration, memoryRunStore } from '@graasp/deploy';
import { startLocalCloud } from '@graasp/local-cloud';
import { graaspBlueprint } from '../examples/environments/graasp-blueprint.js';
import { graaspDev } from '../examples/environments/graasp-definition.js';
import { graaspImages, NEXT_VERSION } from '../examples/environments/graasp-images.js';

process.env['MAINTENANCE_HEADER_NAME'] ??= 'x-maintenance';
process.env['MAINTENANCE_HEADER_SECRET'] ??= 'only-for-the-benchmark';

/** One release of Graasp's dev environment with model hosts in virtual time; the operations it called, and its virtual seconds. */
async function release(seed: number): Promise<{ readonly operations: readonly string[]; readonly virtualSeconds: number }> {
  const cloud = await startLocalCloud({ blueprint: graaspBlueprint('dev'), images: graaspImages(), hosts: 'model', clock: 'virtual', seed });
  try {
    const started = cloud.clock.now();
    const released = await connect(graaspDev, { ...cloud.connection, runStore: memoryRunStore() }).andThen((env) =>
      deployWithMigration(env, { version: NEXT_VERSION, reopen: 'when-verified' }),
    );
    if (released.isErr()) throw new Error(`${released.error.kind}: ${released.error.message}`);
    return { operations: cloud.requests.map(({ operation }) => operation), virtualSeconds: (cloud.clock.now() - started) / 1000 };
  } finally {
    await cloud.stop();
  }
}

export async function recipesPerMinute(): Promise<string> {
  const started = performance.now();
  const virtual: number[] = [];
  for (let seed = 1; performance.now() - started < 20_000; seed += 1) virtual.push((await release(seed)).virtualSeconds);
  const minutes = (performance.now() - started) / 60_000;
  const mean = virtual.reduce((sum, each) => sum + each, 0) / virtual.length;
  return `${Math.round(virtual.length / minutes)} a minute, cloud's start included; each ${Math.round(mean)} s of the cloud's time`;
}

export async function apiCallsPerRecipe(): Promise<string> {
  const { operations } = await release(1);
  const counts = new Map<string, number>();
  for (const operation of operations) counts.set(operation, (counts.get(operation) ?? 0) + 1);
  const lines = [...counts].sort(([, a], [, b]) => b - a).map(([operation, count]) => `\n  ${String(count).padStart(5)}  ${operation}`);
  return `${operations.length}${lines.join('')}`;
}
