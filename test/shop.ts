import { type Check, type Clock, connect, defineEnvironment, memoryRunStore, secretFromEnv, type DeployEvent, type Environment, type EnvironmentDefinition, type RunStore } from '@graasp/deploy';
import { type Blueprint, type Fault, type ImageDeclaration, type LocalCloud, type ServiceBlueprint, startLocalCloud } from '@graasp/local-cloud';

process.env['SHOP_HEADER_NAME'] = 'x-shop-operator';
process.env['SHOP_HEADER_VALUE'] = 'open-sesame-0123456789';

export const runningVersion = 'v1.0.0';
export const nextVersion = 'v2.0.0';

/** As small as an environment can be that has everything: a web service that scales, a worker, administration, a migration with a status. */
export const shop = defineEnvironment({
  name: 'shop',
  region: 'eu-central-1',
  cluster: 'shop',
  loadBalancer: 'shop',
  database: 'shop',
  services: {
    web: { role: 'application', desiredCount: 2, databases: ['shop'], dependsOn: ['jobs'], release: { web: { tag: 'web-{version}' } } },
    jobs: { role: 'application', desiredCount: 1, databases: ['shop'], release: { jobs: { tag: 'jobs-{version}' } } },
    office: { role: 'administration', desiredCount: 1, databases: ['shop'] },
  },
  maintenance: { headerName: secretFromEnv('SHOP_HEADER_NAME'), headerValue: secretFromEnv('SHOP_HEADER_VALUE') },
  migration: { taskDefinitionFamily: 'migrate', tag: 'migrate-{version}', networkOf: 'web', statusCommand: ['status'] },
  images: { repository: 'shop', mutableTags: { web: 'web-latest', jobs: 'jobs-latest' } },
  checks: [{ name: 'front page', url: 'https://shop.test/' }],
});

export const shopBlueprint: Blueprint = {
  region: 'eu-central-1',
  cluster: 'shop',
  loadBalancer: {
    name: 'shop',
    listeners: [
      {
        protocol: 'HTTPS',
        port: 443,
        defaultAction: { redirect: { protocol: 'HTTPS', host: 'closed.shop.test', statusCode: 'HTTP_302' } },
        rules: [
          { priority: 1, name: 'web', conditions: [{ hostHeader: ['shop.test'] }], action: { forward: 'web' } },
          { priority: 2, name: 'office', conditions: [{ hostHeader: ['office.shop.test'] }], action: { forward: 'office' } },
        ],
      },
    ],
  },
  targetGroups: ['web', 'office'].map((name) => ({
    name,
    port: 3000,
    healthCheckPath: '/',
    healthCheckIntervalSeconds: 10,
    healthCheckTimeoutSeconds: 5,
    healthyThreshold: 2,
    unhealthyThreshold: 2,
    deregistrationDelaySeconds: 60,
  })),
  services: [
    service('web', 'shop:web-latest', {
      desiredCount: 2,
      targetGroup: { name: 'web', containerName: 'web', containerPort: 3000 },
      autoScaling: { metric: 'ECSServiceAverageCPUUtilization', target: 50, min: 2, max: 4, scaleInCooldown: 60, scaleOutCooldown: 60 },
    }),
    service('jobs', 'shop:jobs-latest', {}),
    service('office', 'office:1', { targetGroup: { name: 'office', containerName: 'office', containerPort: 3000 } }),
  ],
  tasks: [{ family: 'migrate', cpu: 256, memory: 512, cpuArchitecture: 'ARM64', containers: [{ name: 'migrate', image: 'shop:migrate-latest', logGroup: '/ecs/migrate', environment: { DB: '{database:shop}' } }] }],
  database: {
    identifier: 'shop',
    engineVersion: '16.11',
    instanceClass: 'db.t4g.micro',
    allocatedStorageGiB: 20,
    storageType: 'gp3',
    port: 5432,
    masterUsername: 'keeper',
    masterPassword: 'not a secret',
    databases: ['shop'],
    extensions: [],
    deletionProtection: true,
    backupRetentionDays: 1,
    performanceInsights: true,
    multiAZ: false,
    model: { schema: 'one', rows: 100 },
  },
  repositories: ['shop'],
};

export const shopImages: readonly ImageDeclaration[] = [
  ...release(runningVersion, 'one', true),
  ...release(nextVersion, 'two', false),
  { reference: 'office:1', model: { kind: 'server', fitsSchemas: ['one', 'two'], writesPerMinute: 1 } },
];

/** A process that works on the shop, in virtual time. */
export interface ShopProcess {
  readonly cloud: LocalCloud;
  readonly store: RunStore;
  readonly env: Environment;
  readonly events: DeployEvent[];
  /** Ends the process's waits, as a first SIGINT does. */
  readonly abort: AbortController;
  /** A later process on the same shop and run store. */
  another(changes?: Pick<ShopOptions, 'store' | 'aheadMs' | 'lockWaitSeconds' | 'definition'>): Promise<ShopProcess>;
}

export function startShopCloud(options: { readonly faults?: readonly Fault[]; readonly seed?: number; readonly http?: boolean; readonly blueprint?: Blueprint } = {}): Promise<LocalCloud> {
  return startLocalCloud({ blueprint: options.blueprint ?? shopBlueprint, images: shopImages, hosts: 'model', clock: 'virtual', seed: options.seed ?? 1, faults: options.faults ?? [], http: options.http });
}

export interface ShopOptions {
  readonly faults?: readonly Fault[];
  readonly seed?: number;
  readonly store?: RunStore;
  readonly checks?: Readonly<Record<string, Check>>;
  /** How far the machine's clock is ahead of AWS's; default not at all. */
  readonly aheadMs?: number;
  /** How long its runs wait for another. */
  readonly lockWaitSeconds?: number;
  /** What is different about its database. */
  readonly database?: Partial<Blueprint['database']>;
  /** What is different about everything else that is there. */
  readonly blueprint?: Partial<Blueprint>;
  /** What its credentials may do; default everything. */
  readonly iam?: Parameters<typeof startLocalCloud>[0]['iam'];
  /** What is there besides, or instead. */
  readonly images?: readonly ImageDeclaration[];
  /** What is said of it; default `shop`. */
  readonly definition?: EnvironmentDefinition;
}

export async function startShop(options: ShopOptions = {}): Promise<ShopProcess> {
  const blueprint = { ...shopBlueprint, ...options.blueprint, database: { ...shopBlueprint.database, ...options.database } };
  const images = [...shopImages.filter(({ reference }) => !options.images?.some((other) => other.reference === reference)), ...(options.images ?? [])];
  const cloud = await startLocalCloud({ blueprint, images, hosts: 'model', clock: 'virtual', seed: options.seed ?? 1, faults: options.faults ?? [], iam: options.iam });
  return processOn(cloud, options.store ?? memoryRunStore({ self: { actor: 'anna@laptop' } }), options);
}

async function processOn(cloud: LocalCloud, store: RunStore, options: ShopOptions): Promise<ShopProcess> {
  const events: DeployEvent[] = [];
  const abort = new AbortController();
  const connected = await connect<string>(options.definition ?? shop, {
    ...cloud.connection,
    clock: ahead(cloud.connection.clock, options.aheadMs ?? 0),
    signal: abort.signal,
    reporters: [{ report: (event) => void events.push(event) }],
    runStore: store,
    lock: { waitSeconds: options.lockWaitSeconds },
    checks: options.checks,
    commands: { resume: 'release --resume {run}', retryMigration: 'release --resume {run} --retry-migration', reopen: 'release --reopen {run}', restoreDb: 'release --restore {snapshot}', rollBack: 'release --roll-back {version}', deploy: 'release --version {version}', releaseHold: 'release --release-hold {run}' },
  });
  if (connected.isErr()) throw new Error(connected.error.message);
  return { cloud, store, env: connected.value, events, abort, another: (changes = {}) => processOn(cloud, changes.store ?? store, { ...options, ...changes }) };
}

function ahead(clock: Clock, ms: number): Clock {
  const { background } = clock;
  return { now: () => clock.now() + ms, sleep: (...time) => clock.sleep(...time), random: () => clock.random(), background: background === undefined ? undefined : ahead(background, ms) };
}

export function service(name: string, image: string, changes: Partial<ServiceBlueprint>): ServiceBlueprint {
  return {
    name,
    desiredCount: 1,
    taskDefinition: { family: name, cpu: 256, memory: 512, cpuArchitecture: 'ARM64', containers: [{ name, image, port: 3000, environment: { DB: '{database:shop}' } }] },
    minimumHealthyPercent: 100,
    maximumPercent: 200,
    circuitBreaker: false,
    subnets: ['subnet-a', 'subnet-b'],
    securityGroups: ['sg-shop'],
    assignPublicIp: true,
    ...changes,
  };
}

function release(version: string, schema: string, runs: boolean): readonly ImageDeclaration[] {
  const image = (name: string, model: ImageDeclaration['model']): ImageDeclaration => ({ reference: `shop:${name}-${version}`, ...(runs ? { alsoTagged: [`${name}-latest`] } : {}), model });
  return [
    image('web', { kind: 'server', version, fitsSchemas: [schema], writesPerRequest: 1 }),
    image('jobs', { kind: 'server', version, fitsSchemas: [schema], writesPerMinute: 2 }),
    image('migrate', { kind: 'migration', from: 'one', to: schema, seconds: 30 }),
  ];
}
