import { join } from 'node:path';

import type { Clock } from '../clock.js';
import { createCloudStamps } from './cloud-stamps.js';
import type { DatabaseHost, HostSnapshot } from './host.js';
import { locatePostgres, type PostgresProgram } from './locate-postgres.js';
import { PostgresInstance, removeDirectory } from './postgres-instance.js';
import type { Reaper } from './reaper.js';

export interface RealDatabases extends DatabaseHost {
  /** Ends every server at once; their data is not written down any more. */
  dispose(): Promise<void>;
}

export interface RealDatabasesOptions {
  /** An existing directory that this host may fill, and that other accounts can traverse when this process is root's. */
  readonly directory: string;
  readonly clock: Clock;
  readonly reaper: Reaper;
}

/**
 * A PostgreSQL 16 server per instance, on 127.0.0.1, with passwords (SCRAM). The master user is what it is on RDS: not a
 * superuser, may create roles and databases, owns the databases. Collation is ICU's en-US on every machine. A created or
 * restored instance is running, and keeps its port over a stop when it is still free then. A snapshot holds every
 * transaction that was committed before its `databaseTime`. Rejects where an instance is not there or not running.
 */
export function createRealDatabases({ directory, clock, reaper }: RealDatabasesOptions): RealDatabases {
  const instances = new Map<string, PostgresInstance>();
  const snapshots = new Map<string, string>();
  const operations = new Operations();
  const inCloudTime = createCloudStamps(clock);
  let program: Promise<PostgresProgram> | undefined;
  let numbered = 0;

  const newDirectory = (): string => join(directory, `database-${++numbered}`);

  async function add(resourceId: string): Promise<PostgresInstance> {
    const instance = new PostgresInstance(resourceId, newDirectory(), await (program ??= locatePostgres(directory)), reaper);
    instances.set(resourceId, instance);
    return instance;
  }

  function known(resourceId: string): PostgresInstance {
    const instance = instances.get(resourceId);
    if (instance === undefined) throw new Error(`There is no database ${resourceId} on this host.`);
    return instance;
  }

  async function takeSnapshot(instance: PostgresInstance, snapshotArn: string): Promise<HostSnapshot> {
    const copy = newDirectory();
    try {
      const taken = await instance.copyTo(copy, () => clock.now());
      snapshots.set(snapshotArn, copy);
      return taken;
    } catch (error) {
      await removeDirectory(copy);
      throw error;
    }
  }

  async function restoreSnapshot(snapshotArn: string, resourceId: string): Promise<void> {
    const copy = snapshots.get(snapshotArn);
    if (copy === undefined) throw new Error(`There is no snapshot ${snapshotArn} on this host.`);
    await (await add(resourceId)).restore(copy);
  }

  async function remove(instance: PostgresInstance): Promise<void> {
    instances.delete(instance.name);
    await instance.delete();
  }

  async function removeSnapshot(snapshotArn: string): Promise<void> {
    const copy = snapshots.get(snapshotArn);
    snapshots.delete(snapshotArn);
    if (copy !== undefined) await removeDirectory(copy);
  }

  return {
    create: (spec) => operations.run(async () => (await add(spec.resourceId)).create(spec)),
    start: (resourceId) => operations.run(() => known(resourceId).start()),
    stop: (resourceId) => operations.run(() => known(resourceId).stop('fast')),
    snapshot: (resourceId, snapshotArn) => operations.run(() => takeSnapshot(known(resourceId), snapshotArn)),
    restore: (snapshotArn, resourceId) => operations.run(() => restoreSnapshot(snapshotArn, resourceId)),
    deleteInstance: (resourceId) => operations.run(() => remove(known(resourceId))),
    deleteSnapshot: (snapshotArn) => operations.run(() => removeSnapshot(snapshotArn)),
    address(resourceId) {
      const port = instances.get(resourceId)?.port;
      return port === undefined ? undefined : { host: '127.0.0.1', port };
    },
    log: (resourceId) => operations.run(async () => inCloudTime(await known(resourceId).log())),
    metrics: (resourceId) => operations.run(() => known(resourceId).metrics()),
    dispose: () => endAll(instances, operations),
  };
}

async function endAll(instances: ReadonlyMap<string, PostgresInstance>, operations: Operations): Promise<void> {
  const end = (): Promise<void[]> => Promise.all([...instances.values()].map((instance) => instance.stop('immediate')));
  const settled = operations.close();
  await end();
  await settled;
  // A server that was on its way up is there now.
  await end();
}

/** What is under way, so that the end can wait for it. */
class Operations {
  readonly #underWay = new Set<Promise<unknown>>();
  #closed = false;

  async run<Value>(operation: () => Promise<Value>): Promise<Value> {
    if (this.#closed) throw new Error('The local cloud has stopped.');
    const running = operation();
    this.#underWay.add(running);
    try {
      return await running;
    } finally {
      this.#underWay.delete(running);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#underWay);
  }
}
