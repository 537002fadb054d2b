import { connect, defineRecipe, type DeployEvent, type Environment, type ImagesDefinition, memoryRunStore, runMigration, type RunMigrationOptions, type RunStore, snapshotDb, stopServices } from '@graasp/deploy';
import type { BehaviourFault, Fault, ImageDeclaration, LocalCloud } from '@graasp/local-cloud';
import { nextVersion, shop, startShop } from '../shop.js';

export interface MigratingShop {
  readonly cloud: LocalCloud;
  readonly env: Environment;
  readonly events: DeployEvent[];
  readonly abort: AbortController;
  /** A later process on the same shop and run store. */
  another(): Promise<MigratingShop>;
}

export interface MigratingShopOptions {
  /** Without: nothing can tell what a migration did. */
  readonly statusCommand?: boolean;
  readonly faults?: readonly Fault[];
  /** What goes wrong with the migration's own task, and not with its status command's. */
  readonly migration?: Extract<BehaviourFault, { kind: 'task' }>['what'];
  readonly afterMs?: number;
  readonly images?: readonly ImageDeclaration[];
  /** Called at every event, before the change that it tells of. */
  readonly onEvent?: (event: DeployEvent, shop: { readonly cloud: LocalCloud; readonly abort: AbortController }) => void;
}

/** Services stopped, a snapshot and a migration, and nothing else. */
export const migrate = defineRecipe('migrate', async function* (run, options: Omit<RunMigrationOptions, 'signal' | 'version'>) {
  yield* run.step('stop-services', (env) => stopServices(env));
  yield* run.step('snapshot-db', (env) => snapshotDb(env, { version: nextVersion }));
  return run.step('run-migration', (env) => runMigration(env, { ...options, version: nextVersion }));
});

const started = new Set<LocalCloud>();

/** To be called after each test. */
export async function stopClouds(): Promise<void> {
  for (const cloud of started) await cloud.stop();
  started.clear();
}

export async function startMigratingShop(options: MigratingShopOptions = {}): Promise<MigratingShop> {
  const { cloud } = await startShop({ faults: options.faults ?? [] });
  started.add(cloud);
  for (const image of options.images ?? []) cloud.pushImage(image);
  return processOn(cloud, memoryRunStore({ self: { actor: 'anna@laptop' } }), options);
}

async function processOn(cloud: LocalCloud, runStore: RunStore, options: MigratingShopOptions): Promise<MigratingShop> {
  const events: DeployEvent[] = [];
  const abort = new AbortController();
  const { statusCommand, ...migration } = shop.migration!;
  const definition = { ...shop, migration: options.statusCommand === false ? migration : { ...migration, statusCommand } };
  const report = (event: DeployEvent) => {
    events.push(event);
    const { migration: what, afterMs } = options;
    if (what !== undefined && event.type === 'change' && event.operation === 'ecs:RunTask') cloud.faults.add({ kind: 'task', family: 'migrate', what, ...(afterMs === undefined ? {} : { afterMs }) });
    options.onEvent?.(event, { cloud, abort });
  };
  const connected = await connect(definition, { ...cloud.connection, signal: abort.signal, reporters: [{ report }], runStore });
  if (connected.isErr()) throw new Error(connected.error.message);
  const { migration: _, ...later } = options;
  return { cloud, env: connected.value, events, abort, another: () => processOn(cloud, runStore, { ...later, onEvent: undefined as never }) };
}

/** How often the migration itself was run. */
export function migrationsApplied(cloud: LocalCloud): number {
  return cloud.inspect.database()?.model?.appliedMigrations.length ?? -1;
}

/** The same shop, with another definition of it. */
export async function connectTo({ cloud }: MigratingShop, changes: { readonly images?: ImagesDefinition; readonly services?: typeof shop.services }): Promise<Environment> {
  return (await connect({ ...shop, ...changes }, { ...cloud.connection, runStore: memoryRunStore({ self: { actor: 'anna@laptop' } }) }))._unsafeUnwrap();
}
