import { fileURLToPath } from 'node:url';
import { type Check, type Commands, connect, defineEnvironment, type DeployEvent, type Environment, memoryRunStore, type RunStore } from '@graasp/deploy';
import { type Blueprint, type ImageDeclaration, type LocalCloud, startLocalCloud } from '@graasp/local-cloud';
import pg from 'pg';
import { runningVersion, shop, shopBlueprint } from '../shop.js';

/** As fast as a machine with two cores answers in time: what is real (processes, PostgreSQL, sockets) takes its time on the machine's clock. */
export const scale = 200;

const program = fileURLToPath(new URL('migrate.fixture.mjs', import.meta.url));

const published = { registry: 'public.ecr.aws', repository: 'shopkeepers/shop' };
const realShop = defineEnvironment({ ...shop, services: { ...shop.services, web: { ...shop.services.web, desiredCount: 1 } }, migration: { ...shop.migration!, statusCommand: ['node', program, 'status'] } });

/** One task a service: each is a process. */
const blueprint: Blueprint = { ...shopBlueprint, services: shopBlueprint.services.map(({ autoScaling: _, ...service }) => ({ ...service, desiredCount: 1 })) };

/** How the next actions of errors are spelled. */
export const commands: Commands = {
  resume: 'resume {run}',
  retryMigration: 'retryMigration {run}',
  reopen: 'reopen {run}',
  restoreDb: 'restoreDb {instance} {snapshot}',
  rollBack: 'rollBack {version}',
  releaseHold: 'releaseHold {run}',
  deploy: 'deploy {version}',
};

/** How a migration goes: see `migrate.fixture.mjs`. */
export type Course = 'well' | 'fails' | 'waits';

export interface RealShop extends AsyncDisposable {
  readonly cloud: LocalCloud;
  readonly store: RunStore;
  /** Another process on it. */
  connect(changes?: Connection): Promise<Environment>;
  pushMigration(version: string, how: Course): void;
  pushRelease(version: string): void;
  /** Where a release is promoted from. */
  publish(version: string): void;
  /** The version that visitors meet. */
  deployed(): Promise<string>;
  session(): Promise<pg.Client>;
  query<T>(sql: string): Promise<readonly T[]>;
}

export interface Connection {
  readonly signal?: AbortSignal | undefined;
  readonly report?: ((event: DeployEvent) => void) | undefined;
  readonly checks?: Readonly<Record<string, Check>> | undefined;
  /** Whether its releases promote what was published first. */
  readonly promotes?: boolean | undefined;
}

/** A shop of real processes on a real PostgreSQL, with two members of one name. */
export async function startRealShop(): Promise<RealShop> {
  const images: readonly ImageDeclaration[] = [...releaseImages(runningVersion, true), { reference: 'office:1' }];
  const cloud = await startLocalCloud({ blueprint, images, hosts: 'real', scale, seed: 1 });
  const store = memoryRunStore({ self: { actor: 'anna@laptop' } });
  const open = async (): Promise<pg.Client> => {
    const client = new pg.Client({ ...cloud.inspect.database()!.address!, user: 'keeper', password: 'not a secret', database: 'shop' });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  };
  const started: RealShop = {
    cloud,
    store,
    async connect({ signal, report, checks, promotes = false } = {}) {
      const definition = promotes ? { ...realShop, images: { ...realShop.images!, source: published } } : realShop;
      return (await connect<string>(definition, { ...cloud.connection, runStore: store, signal, reporters: report === undefined ? [] : [{ report }], checks, commands }))._unsafeUnwrap();
    },
    pushMigration: (version, how) => void cloud.pushImage(migrateImage(version, how)),
    pushRelease: (version) => releaseImages(version).forEach((image) => cloud.pushImage(image)),
    publish: (version) => releaseImages(version).forEach((image) => cloud.pushImage({ ...image, reference: image.reference.replace('shop:', `${published.registry}/${published.repository}:`) })),
    async deployed() {
      const { image } = (await (await cloud.connection.fetch('https://shop.test/')).json()) as { readonly image: string };
      return image.replace(/^.*:web-/, '');
    },
    session: open,
    async query<T>(sql: string) {
      const client = await open();
      try {
        return (await client.query(sql)).rows as T[];
      } finally {
        await client.end();
      }
    },
    [Symbol.asyncDispose]: () => cloud.stop(),
  };
  await started.query("CREATE TABLE member AS SELECT id, 'Anna' AS name FROM generate_series(1, 2) id; CREATE TABLE applied (version text PRIMARY KEY)");
  return started;
}

function releaseImages(version: string, runs = false): readonly ImageDeclaration[] {
  const latest = (name: string) => (runs ? { alsoTagged: [`${name}-latest`] } : {});
  return [...['web', 'jobs'].map((name) => ({ reference: `shop:${name}-${version}`, ...latest(name) })), { ...migrateImage(version, 'well'), ...latest('migrate') }];
}

function migrateImage(version: string, how: Course): ImageDeclaration {
  return { reference: `shop:migrate-${version}`, process: { command: ['node', program], environment: { VERSION: version, HOW: how } } };
}
