import { connect, deployWithMigration, memoryRunStore, plan, type DeployEvent, type DeployWithMigrationOptions, type Environment } from '@graasp/deploy';
import { type LocalCloud, startLocalCloud } from '@graasp/local-cloud';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { graaspBlueprint } from '../examples/environments/graasp-blueprint.js';
import { graaspDev } from '../examples/environments/graasp-definition.js';
import { graaspImages } from '../examples/environments/graasp-images.js';
import { nextVersion, startShop } from './shop.js';

process.env['MAINTENANCE_HEADER_NAME'] ??= 'x-operator';
process.env['MAINTENANCE_HEADER_SECRET'] ??= 'only-on-this-machine';

vi.setConfig({ testTimeout: 60_000 });

const clouds: LocalCloud[] = [];
afterEach(async () => {
  for (const cloud of clouds.splice(0)) await cloud.stop();
});

interface Environs {
  readonly cloud: LocalCloud;
  readonly env: Environment;
  readonly events: readonly DeployEvent[];
}

async function startGraasp(): Promise<Environs> {
  const cloud = await startLocalCloud({ blueprint: graaspBlueprint('dev'), images: graaspImages(), hosts: 'model', clock: 'virtual', seed: 1 });
  const events: DeployEvent[] = [];
  const env = (await connect(graaspDev, { ...cloud.connection, reporters: [{ report: (event) => void events.push(event) }], runStore: memoryRunStore() }))._unsafeUnwrap();
  return { cloud, env, events };
}

const whole = { reopen: 'when-verified' } as const;
const partial = { reopen: 'manual', warm: true, snapshot: 'before-shutdown', administration: 'keep', tuneTargetGroups: 'never' } as const;

/** What a plan cannot know: the number of a revision, and the run that names the snapshot. */
function told({ resource, from, to, operation }: { readonly resource: string; readonly from: string; readonly to: string; readonly operation: string }): string {
  return `${operation}, ${resource}: ${from} → ${to}`.replace(/:(next|\d+)$/, ':REVISION').replace(/^(rds:CreateDBSnapshot, snapshot).*: /, '$1: ');
}

const writes = /:(Modify|Update|Create|Register|Run|Put|Stop|Delete)/;

function writesOf({ requests }: LocalCloud): readonly string[] {
  return requests.filter(({ operation }) => writes.test(operation)).map(({ operation }) => operation);
}

describe('the plan of a release', () => {
  it.each<readonly [string, () => Promise<Environs>, DeployWithMigrationOptions]>([
    ['the shop', startShop, { version: nextVersion, ...whole }],
    ['the shop, in part', startShop, { version: nextVersion, ...partial }],
    ["Graasp's dev environment", startGraasp, { version: 'v1.55.0', ...whole }],
  ])('tells every change that the release of %s then makes, in order, and makes none', async (_, start, options) => {
    const { cloud, env, events } = await start();
    clouds.push(cloud);
    const before = writesOf(cloud).length;
    const planned = (await plan(env, deployWithMigration, options))._unsafeUnwrap();
    expect(writesOf(cloud).length).toBe(before);
    (await deployWithMigration(env, options))._unsafeUnwrap();
    const steps: { readonly name: string; readonly changes: string[] }[] = [];
    for (const event of events) {
      if (event.type === 'step-started') steps.push({ name: event.step, changes: [] });
      if (event.type === 'change') steps.at(-1)!.changes.push(told(event));
    }
    expect(planned.steps.map(({ name, changes }) => ({ name, changes: changes.map(told) }))).toEqual(steps);
    expect(steps.flatMap(({ changes }) => changes).length).toBeGreaterThan(10);
  });
});
