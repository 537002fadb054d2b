/** The environment that is released to: a shop with a worker, an office for its staff, and a migration. Plain data: the page draws it before anything heavy is loaded. */
import type { EnvironmentDefinition } from '@graasp/deploy';
import type { Blueprint, ImageDeclaration, ModelRun, ServiceBlueprint, TaskDefinitionBlueprint } from '@graasp/local-cloud';

export const versions = { old: 'v1.54.7', new: 'v1.55.0' } as const;
export const schemas = { old: '41', new: '42' } as const;
export const hosts = { shop: 'shop.test', office: 'office.shop.test', closed: 'closed.shop.test' } as const;
/** A page has no environment variables: whoever connects gives it this one. */
export const operatorSecret = { variable: 'OPERATOR_SECRET', value: 'only-in-this-page' } as const;

type ServiceName = 'web' | 'jobs' | 'office';

export const definition: EnvironmentDefinition<ServiceName> = {
  name: 'shop',
  region: 'eu-central-1',
  cluster: 'shop',
  loadBalancer: 'shop',
  database: 'shop',
  services: {
    web: { role: 'application', desiredCount: 2, databases: ['shop'], release: { web: { tag: 'web-{version}' } } },
    jobs: { role: 'application', desiredCount: 1, databases: ['shop'], release: { jobs: { tag: 'jobs-{version}' } } },
    office: { role: 'administration', desiredCount: 1, databases: ['shop'] },
  },
  maintenance: { headerName: 'x-operator', headerValue: { fromEnv: operatorSecret.variable } },
  migration: { taskDefinitionFamily: 'migrate', tag: 'migrate-{version}', networkOf: 'web' },
  images: { repository: 'shop', mutableTags: { web: 'web-latest', jobs: 'jobs-latest' } },
  checks: [{ name: 'front page', url: `https://${hosts.shop}/` }],
};

export const blueprint: Blueprint = {
  region: 'eu-central-1',
  cluster: 'shop',
  loadBalancer: {
    name: 'shop',
    listeners: [
      {
        protocol: 'HTTPS',
        port: 443,
        defaultAction: { redirect: { protocol: 'HTTPS', host: hosts.closed, statusCode: 'HTTP_302' } },
        rules: [
          { priority: 1, name: 'web', conditions: [{ hostHeader: [hosts.shop] }], action: { forward: 'web' } },
          { priority: 2, name: 'office', conditions: [{ hostHeader: [hosts.office] }], action: { forward: 'office' } },
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
    service('web', 'shop:web-latest', { desiredCount: 2, ...behindBalancer('web') }),
    service('jobs', 'shop:jobs-latest'),
    service('office', 'office:7', behindBalancer('office')),
  ],
  tasks: [taskDefinition('migrate', 'shop:migrate-latest')],
  database: {
    identifier: 'shop',
    engineVersion: '16.11',
    instanceClass: 'db.t4g.small',
    allocatedStorageGiB: 20,
    storageType: 'gp3',
    port: 5432,
    masterUsername: 'keeper',
    masterPassword: 'not-a-secret',
    databases: ['shop'],
    extensions: [],
    deletionProtection: true,
    backupRetentionDays: 7,
    performanceInsights: false,
    multiAZ: false,
    model: { schema: schemas.old, rows: 12_480 },
  },
  repositories: ['shop'],
};

/** Images of both versions. `breaks` is asked whenever the new version's migration starts. */
export function images(breaks: () => boolean): readonly ImageDeclaration[] {
  return [
    ...application(versions.old, schemas.old, ['latest']),
    ...application(versions.new, schemas.new, []),
    { reference: `shop:migrate-${versions.old}`, alsoTagged: ['migrate-latest'], model: { kind: 'migration', from: schemas.old, to: schemas.old, seconds: 1 } },
    { reference: `shop:migrate-${versions.new}`, model: { kind: 'migration', from: schemas.old, to: schemas.new, seconds: 60, runs: (run) => (breaks() ? brokenMigration(run) : undefined) } },
    { reference: 'office:7', model: { kind: 'server', fitsSchemas: [schemas.old, schemas.new], writesPerMinute: 2 } },
  ];
}

function application(version: string, schema: string, tags: readonly string[]): readonly ImageDeclaration[] {
  const server = (name: string, writes: object): ImageDeclaration => ({
    reference: `shop:${name}-${version}`,
    alsoTagged: tags.map((tag) => `${name}-${tag}`),
    model: { kind: 'server', version, fitsSchemas: [schema], ...writes },
  });
  return [server('web', { writesPerMinute: 24 }), server('jobs', { writesPerMinute: 12 })];
}

/** What PostgreSQL says where real rows are not what the migration was tried on. */
function brokenMigration(_run: ModelRun) {
  return {
    lines: [
      'applying migrations...',
      'ALTER TABLE "member" ADD CONSTRAINT "member_email_key" UNIQUE ("email");',
      'ERROR:  could not create unique index "member_email_key"',
      'DETAIL:  Key (email)=(ada@shop.test) is duplicated.',
    ],
    exitCode: 1,
  };
}

function service(name: string, image: string, more: Partial<ServiceBlueprint> = {}): ServiceBlueprint {
  return {
    name,
    desiredCount: 1,
    taskDefinition: taskDefinition(name, image),
    minimumHealthyPercent: 100,
    maximumPercent: 200,
    circuitBreaker: true,
    subnets: ['subnet-a', 'subnet-b'],
    securityGroups: ['sg-shop'],
    assignPublicIp: true,
    ...more,
  };
}

function behindBalancer(name: string): Pick<ServiceBlueprint, 'targetGroup'> {
  return { targetGroup: { name, containerName: name, containerPort: 3000 } };
}

function taskDefinition(name: string, image: string): TaskDefinitionBlueprint {
  const container = { name, image, environment: { DATABASE_URL: '{database:shop}' }, logGroup: `/ecs/${name}` };
  return { family: name, cpu: 256, memory: 512, cpuArchitecture: 'ARM64', containers: [name === 'migrate' ? container : { ...container, port: 3000 }] };
}
