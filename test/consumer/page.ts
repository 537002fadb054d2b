import { connect, deployWithMigration, memoryRunStore } from '@graasp/deploy';
import { startLocalCloud, type Blueprint, type ImageDeclaration } from '@graasp/local-cloud';
import { definition } from './definition.mjs';
import { announcedSnapshot } from './own-step.mjs';

const release = (version: string, fits: string): readonly ImageDeclaration[] => [
  { reference: `shop:web-${version}`, model: { kind: 'server', version, fitsSchemas: [fits], writesPerRequest: 1 } },
  { reference: `shop:migrate-${version}`, model: { kind: 'migration', from: 'before', to: 'after', seconds: 20 } },
];

const network = { subnets: ['subnet-a'], securityGroups: ['sg-a'], assignPublicIp: true };
const environment = { DATABASE: '{database:shop}' };
const size = { cpu: 256, memory: 512, cpuArchitecture: 'X86_64' } as const;

const blueprint: Blueprint = {
  region: 'eu-central-1',
  cluster: 'small',
  loadBalancer: {
    name: 'small',
    listeners: [
      {
        protocol: 'HTTPS',
        port: 443,
        defaultAction: { redirect: { host: 'maintenance.example.org', statusCode: 'HTTP_302' } },
        rules: [{ priority: 1, name: 'shop', conditions: [{ hostHeader: ['shop.example.org'] }], action: { forward: 'shop' } }],
      },
    ],
  },
  targetGroups: [
    {
      name: 'shop',
      port: 3000,
      healthCheckPath: '/',
      healthCheckIntervalSeconds: 30,
      healthCheckTimeoutSeconds: 5,
      healthyThreshold: 2,
      unhealthyThreshold: 2,
      deregistrationDelaySeconds: 300,
    },
  ],
  services: [
    {
      name: 'shop',
      desiredCount: 1,
      taskDefinition: { family: 'shop', ...size, containers: [{ name: 'web', image: 'shop:web-v1.0.0', port: 3000, logGroup: '/ecs/shop', environment }] },
      targetGroup: { name: 'shop', containerName: 'web', containerPort: 3000 },
      minimumHealthyPercent: 100,
      maximumPercent: 200,
      circuitBreaker: true,
      ...network,
    },
  ],
  tasks: [{ family: 'migrate', ...size, containers: [{ name: 'migrate', image: 'shop:migrate-v1.0.0', logGroup: '/ecs/migrate', environment }] }],
  database: {
    identifier: 'small',
    engineVersion: '16.4',
    instanceClass: 'db.t4g.micro',
    allocatedStorageGiB: 20,
    storageType: 'gp3',
    port: 5432,
    masterUsername: 'shop',
    masterPassword: 'not-a-secret',
    databases: ['shop'],
    extensions: [],
    deletionProtection: true,
    backupRetentionDays: 7,
    performanceInsights: false,
    multiAZ: false,
    model: { schema: 'before', rows: 1000 },
  },
  repositories: ['shop'],
};

/** In a page, without a server: a release with a migration, then a recipe of the user's own. */
export async function rehearse(): Promise<string> {
  const cloud = await startLocalCloud({ blueprint, images: [...release('v1.0.0', 'before'), ...release('v1.1.0', 'after')] });
  try {
    const connected = await connect(definition, { ...cloud.connection, runStore: memoryRunStore() });
    if (connected.isErr()) return `connect: ${connected.error.kind}: ${connected.error.message}`;
    const env = connected.value;
    const released = await deployWithMigration(env, { version: 'v1.1.0', reopen: 'when-verified' });
    if (released.isErr()) return `deployWithMigration: ${released.error.kind}: ${released.error.message}`;
    const schema = cloud.inspect.database()?.model?.schema;
    if (schema !== 'after') return `the schema is ${schema}`;
    const own = await announcedSnapshot(env, { text: 'closed for a moment' });
    return own.match(
      ({ announced }) => (announced === 'small: closed for a moment' ? 'released' : announced),
      (error) => `announcedSnapshot: ${error.kind}: ${error.message}`,
    );
  } finally {
    await cloud.stop();
  }
}
