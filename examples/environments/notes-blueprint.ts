import type { Blueprint, ImageDeclaration } from '@graasp/local-cloud';

const task = (family: string, name: string, image: string) => ({
  family,
  cpu: 256,
  memory: 512,
  cpuArchitecture: 'X86_64' as const,
  containers: [{ name, image, port: 8080, environment: { DATABASE_URL: '{database:notes}' }, logGroup: '/notes' }],
});

/** Rules go by paths alone, whatever the host; whoever matches none is told in plain text that it is closed. */
export const notesBlueprint: Blueprint = {
  region: 'eu-west-1',
  cluster: 'notes',
  loadBalancer: {
    name: 'notes',
    listeners: [{
      protocol: 'HTTP',
      port: 80,
      defaultAction: { fixedResponse: { statusCode: '503', contentType: 'text/plain', messageBody: 'Back soon.' } },
      rules: ['/api/*', '/files/*', '/*'].map((path, index) => ({ priority: 10 * (index + 1), name: path, conditions: [{ pathPattern: [path] }], action: { forward: 'notes' } })),
    }],
  },
  targetGroups: [{ name: 'notes', port: 8080, healthCheckPath: '/health', healthCheckIntervalSeconds: 15, healthCheckTimeoutSeconds: 5, healthyThreshold: 2, unhealthyThreshold: 2, deregistrationDelaySeconds: 30 }],
  services: [{
    name: 'notes',
    desiredCount: 1,
    taskDefinition: task('notes', 'notes', 'notes:latest'),
    targetGroup: { name: 'notes', containerName: 'notes', containerPort: 8080 },
    minimumHealthyPercent: 100,
    maximumPercent: 200,
    circuitBreaker: true,
    subnets: ['subnet-notes'],
    securityGroups: ['sg-notes'],
    assignPublicIp: true,
  }],
  tasks: [task('notes-migrate', 'migrate', 'notes:migrate-latest')],
  database: {
    identifier: 'notes', engineVersion: '17.6', instanceClass: 'db.t4g.micro', allocatedStorageGiB: 20, storageType: 'gp3', port: 5432,
    masterUsername: 'notes', masterPassword: 'only-on-this-machine', databases: ['notes'], extensions: [], deletionProtection: false,
    backupRetentionDays: 1, performanceInsights: false, multiAZ: false, model: { schema: 'one', rows: 50 },
  },
  repositories: ['notes'],
};

/** v1.0.0 runs; v1.1.0 migrates. */
export const notesImages: readonly ImageDeclaration[] = [
  { reference: 'notes:v1.0.0', alsoTagged: ['latest'], model: { kind: 'server', version: 'v1.0.0', fitsSchemas: ['one'], writesPerRequest: 1 } },
  { reference: 'notes:migrate-v1.0.0', alsoTagged: ['migrate-latest'], model: { kind: 'migration', from: 'one', to: 'one', seconds: 1 } },
  { reference: 'notes:v1.1.0', model: { kind: 'server', version: 'v1.1.0', fitsSchemas: ['two'], writesPerRequest: 1 } },
  { reference: 'notes:migrate-v1.1.0', model: { kind: 'migration', from: 'one', to: 'two', seconds: 20 } },
];
