/** An account that `release-shop.ts` can release to: packages/local-cloud/README.md shows it, word for word. */
// #region main
import type { Blueprint, ImageDeclaration } from '@graasp/local-cloud';

const container = (name: string, image: string) => ({ name, image, port: 3000, environment: { DATABASE_URL: '{database:shop}' }, logGroup: `/ecs/${name}` });
const task = (name: string, image: string) => ({ family: name, cpu: 256, memory: 512, cpuArchitecture: 'ARM64' as const, containers: [container(name, image)] });
const placed = { minimumHealthyPercent: 100, maximumPercent: 200, circuitBreaker: true, subnets: ['subnet-a', 'subnet-b'], securityGroups: ['sg-shop'], assignPublicIp: true };
const healthCheck = { port: 3000, healthCheckPath: '/', healthCheckIntervalSeconds: 10, healthCheckTimeoutSeconds: 5, healthyThreshold: 2, unhealthyThreshold: 2, deregistrationDelaySeconds: 60 };
const behindBalancer = (name: string) => ({ targetGroup: { name, containerName: name, containerPort: 3000 } });

export const shopBlueprint: Blueprint = {
  region: 'eu-central-1',
  cluster: 'shop',
  loadBalancer: {
    name: 'shop',
    listeners: [{
      protocol: 'HTTPS',
      port: 443,
      defaultAction: { redirect: { host: 'closed.shop.test', statusCode: 'HTTP_302' } },
      rules: ['web', 'office'].map((name, index) => ({ priority: index + 1, name, conditions: [{ hostHeader: [`${name}.shop.test`] }], action: { forward: name } })),
    }],
  },
  targetGroups: ['web', 'office'].map((name) => ({ name, ...healthCheck })),
  services: [
    { name: 'web', desiredCount: 2, taskDefinition: task('web', 'shop:web-latest'), ...behindBalancer('web'), ...placed },
    { name: 'office', desiredCount: 1, taskDefinition: task('office', 'office:1'), ...behindBalancer('office'), ...placed },
  ],
  tasks: [task('migrate', 'shop:migrate-latest')],
  database: {
    identifier: 'shop', engineVersion: '16.11', instanceClass: 'db.t4g.micro', allocatedStorageGiB: 20, storageType: 'gp3', port: 5432,
    masterUsername: 'keeper', masterPassword: 'not a secret', databases: ['shop'], extensions: [], deletionProtection: true,
    backupRetentionDays: 1, performanceInsights: true, multiAZ: false, model: { schema: 'one', rows: 100 },
  },
  repositories: ['shop'],
};

/** What runs is v1.54.7, whose code fits schema `one`; v1.54.8 migrates to `two`. */
export const shopImages: readonly ImageDeclaration[] = [
  { reference: 'shop:web-v1.54.7', alsoTagged: ['web-latest'], model: { kind: 'server', version: 'v1.54.7', fitsSchemas: ['one'] } },
  { reference: 'shop:migrate-v1.54.7', alsoTagged: ['migrate-latest'], model: { kind: 'migration', from: 'one', to: 'one', seconds: 1 } },
  { reference: 'shop:web-v1.54.8', model: { kind: 'server', version: 'v1.54.8', fitsSchemas: ['two'] } },
  { reference: 'shop:migrate-v1.54.8', model: { kind: 'migration', from: 'one', to: 'two', seconds: 30 } },
];
// #endregion main
