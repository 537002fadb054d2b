import type { Blueprint, ImageDeclaration, ServiceBlueprint, TaskDefinitionBlueprint } from '@graasp/local-cloud';

/** What is in the account while everything runs. Names stand where AWS has ARNs. */
export const account: Blueprint = {
  region: 'eu-central-1',
  cluster: 'shop',
  loadBalancer: {
    name: 'shop',
    listeners: [{
      protocol: 'HTTPS',
      port: 443,
      // where visitors land while maintenance is on
      defaultAction: { redirect: { host: 'closed.shop.test', statusCode: 'HTTP_302' } },
      rules: [
        { priority: 1, name: 'web', conditions: [{ hostHeader: ['shop.test'] }], action: { forward: 'web' } },
        { priority: 2, name: 'office', conditions: [{ hostHeader: ['office.shop.test'] }], action: { forward: 'office' } },
      ],
    }],
  },
  targetGroups: ['web', 'office'].map((name) => ({
    name, port: 3000, healthCheckPath: '/', healthCheckIntervalSeconds: 10, healthCheckTimeoutSeconds: 5, healthyThreshold: 2, unhealthyThreshold: 2, deregistrationDelaySeconds: 60,
  })),
  services: [service('web', 2, 'shop:web-latest'), service('office', 1, 'office:3')],
  tasks: [task('migrate', 'shop:migrate-latest')],
  database: {
    identifier: 'shop', engineVersion: '16.11', instanceClass: 'db.t4g.micro', allocatedStorageGiB: 20, storageType: 'gp3', port: 5432,
    masterUsername: 'keeper', masterPassword: 'only-on-this-machine', databases: ['shop'], extensions: [], deletionProtection: true,
    backupRetentionDays: 7, performanceInsights: true, multiAZ: false, model: { schema: 'one', rows: 100 },
  },
  repositories: ['shop'],
};

function service(name: string, desiredCount: number, image: string): ServiceBlueprint {
  return {
    name,
    desiredCount,
    taskDefinition: task(name, image),
    targetGroup: { name, containerName: name, containerPort: 3000 },
    minimumHealthyPercent: 100,
    maximumPercent: 200,
    circuitBreaker: true,
    subnets: ['subnet-a', 'subnet-b'],
    securityGroups: ['sg-shop'],
    assignPublicIp: true,
  };
}

/** `{database:shop}` becomes the connection string of that database. */
function task(family: string, image: string): TaskDefinitionBlueprint {
  const container = { name: family, image, port: 3000, environment: { DATABASE_URL: '{database:shop}' }, logGroup: `/ecs/${family}` };
  return { family, cpu: 256, memory: 512, cpuArchitecture: 'ARM64', containers: [container] };
}

/** What runs is v1.0.0, whose code fits schema `one`; v1.1.0 migrates to `two`. `model` is for virtual time, `process` for real hosts. */
export const images: readonly ImageDeclaration[] = [
  { reference: 'shop:web-v1.0.0', alsoTagged: ['web-latest'], model: { kind: 'server', version: 'v1.0.0', fitsSchemas: ['one'] } },
  { reference: 'shop:migrate-v1.0.0', alsoTagged: ['migrate-latest'], model: { kind: 'migration', from: 'one', to: 'one', seconds: 1 } },
  { reference: 'shop:web-v1.1.0', model: { kind: 'server', version: 'v1.1.0', fitsSchemas: ['two'] } },
  {
    reference: 'shop:migrate-v1.1.0',
    model: { kind: 'migration', from: 'one', to: 'two', seconds: 30 },
    process: { command: ['node', 'migrate.mjs'], cwd: import.meta.dirname },
  },
];

/** What v1.1.0 migrates with, when that is to fail: it expects a schema that is not there, and changes nothing. */
export const brokenMigration: ImageDeclaration = {
  reference: 'shop:migrate-v1.1.0',
  model: { kind: 'migration', from: 'another', to: 'two', seconds: 5 },
  process: { command: ['node', '--eval', 'process.exit(1)'], cwd: import.meta.dirname },
};
