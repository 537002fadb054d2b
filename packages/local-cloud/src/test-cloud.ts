import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { ECSClient } from '@aws-sdk/client-ecs';
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { RDSClient } from '@aws-sdk/client-rds';
import type { Blueprint, ImageDeclaration, ServiceBlueprint } from './blueprint.js';
import type { ShownCloud } from './hosts/front-page-state.js';
import type { LocalCloud, LocalCloudOptions } from './local-cloud.js';
import type { RegistryDoor } from './services/ecr/distribution/registry-door.js';
import { startLocalCloud } from './start-local-cloud.js';

/** For tests: one service behind the balancer, one worker, a migration and a database, each as small as it can be. */
export const smallBlueprint: Blueprint = {
  region: 'eu-central-1',
  cluster: 'small',
  loadBalancer: {
    name: 'small',
    listeners: [
      {
        protocol: 'HTTPS',
        port: 443,
        defaultAction: { redirect: { protocol: 'HTTPS', host: 'maintenance.small.test', statusCode: 'HTTP_302' } },
        rules: [{ priority: 1, name: 'web', conditions: [{ hostHeader: ['web.small.test'] }], action: { forward: 'web' } }],
      },
    ],
  },
  targetGroups: [
    { name: 'web', port: 3000, healthCheckPath: '/health', healthCheckIntervalSeconds: 10, healthCheckTimeoutSeconds: 5, healthyThreshold: 2, unhealthyThreshold: 2, deregistrationDelaySeconds: 60 },
  ],
  services: [service('web', 'shop:web-latest', { spot: 'OnlySpot', targetGroup: { name: 'web', containerName: 'web', containerPort: 3000 } }), service('jobs', 'shop:jobs-latest', {})],
  tasks: [{ family: 'migrate', cpu: 256, memory: 512, cpuArchitecture: 'ARM64', containers: [{ name: 'migrate', image: 'shop:migrate-latest', logGroup: '/ecs/migrate', environment: { DB: '{database:shop}' } }] }],
  database: {
    identifier: 'small',
    engineVersion: '16.11',
    instanceClass: 'db.t4g.micro',
    allocatedStorageGiB: 20,
    storageType: 'gp3',
    port: 5432,
    masterUsername: 'shopkeeper',
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

export const smallImages: readonly ImageDeclaration[] = [
  { reference: 'shop:web-latest', model: { kind: 'server', version: 'v1', fitsSchemas: ['one'], writesPerRequest: 1 } },
  { reference: 'shop:jobs-latest', model: { kind: 'server', version: 'v1', fitsSchemas: ['one'], writesPerMinute: 2 } },
  { reference: 'shop:migrate-latest', model: { kind: 'migration', from: 'one', to: 'two', seconds: 30 } },
];

export function service(name: string, image: string, changes: Partial<ServiceBlueprint>): ServiceBlueprint {
  return {
    name,
    desiredCount: 1,
    taskDefinition: { family: name, cpu: 256, memory: 512, cpuArchitecture: 'ARM64', containers: [{ name, image, port: 3000, versionConsistency: 'disabled', environment: { DB: '{database:shop}' } }] },
    minimumHealthyPercent: 100,
    maximumPercent: 200,
    circuitBreaker: false,
    subnets: ['subnet-a', 'subnet-b'],
    securityGroups: ['sg-small'],
    assignPublicIp: true,
    ...changes,
  };
}

export const network = { awsvpcConfiguration: { subnets: ['subnet-a'], securityGroups: ['sg-small'] } };

export function startSmallCloud(changes: Partial<LocalCloudOptions> = {}): Promise<LocalCloud> {
  return startLocalCloud({ blueprint: smallBlueprint, images: smallImages, ...changes });
}

/** The SDK's own clients, without retries. */
export function clientsOf(cloud: LocalCloud): Clients {
  const made = clients.get(cloud) ?? makeClients(cloud);
  clients.set(cloud, made);
  return made;
}

const clients = new WeakMap<LocalCloud, Clients>();
type Clients = ReturnType<typeof makeClients>;

function makeClients(cloud: LocalCloud) {
  const { requestHandler, credentials } = cloud.connection.aws;
  const configuration = { region: smallBlueprint.region, maxAttempts: 1, requestHandler: requestHandler as never, credentials };
  return {
    ecs: new ECSClient(configuration),
    rds: new RDSClient(configuration),
    elbv2: new ElasticLoadBalancingV2Client(configuration),
    logs: new CloudWatchLogsClient(configuration),
    cloudwatch: new CloudWatchClient(configuration),
  };
}

/** What a listener of its own shows on its page. */
export const nothingShown: ShownCloud = {
  clock: { now: () => 0, sleep: () => Promise.resolve(), random: () => 0 },
  requests: [],
  inspect: { services: () => [], tasks: () => [], rules: () => [], database: () => undefined, databases: () => [], snapshots: () => [], distributions: () => [], violations: [], visits: [], defects: [] },
};

/** Lets the cloud's time pass until something is there; rejects after an hour of it. */
export async function eventually<T>(cloud: LocalCloud, look: () => T | undefined | Promise<T | undefined>, stepMs = 500): Promise<T> {
  const deadline = cloud.clock.now() + 3_600_000;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    if (cloud.clock.now() > deadline) throw new Error('It did not happen within an hour.');
    await cloud.clock.sleep(stepMs);
  }
}

/** For tests of a listener: registries of which nobody asks anything. */
export const noRegistries: RegistryDoor = { serves: () => false, handle: () => Promise.reject(new Error('no registries in this test')) };
