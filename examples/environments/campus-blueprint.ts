import type { Blueprint, ImageDeclaration, RuleBlueprint, ServiceBlueprint } from '@graasp/local-cloud';
import { faculties } from './campus-definition.js';

/** What of a faculty's host is not the site's, and the services that the balancer leads to. */
const apiPaths = ['/api/*', '/files/*', '/feeds/*', '/live/*', '/login/*', '/search/*', '/exams/*', '/grades/*'];
const reachable = ['site', 'api', 'office'];

/** One faculty after the other in everything that there is: ten rules and four services each. */
export const campusBlueprint: Blueprint = {
  region: 'us-east-1',
  cluster: 'campus',
  loadBalancer: {
    name: 'campus',
    listeners: [
      { protocol: 'HTTP', port: 80, defaultAction: { redirect: { protocol: 'HTTPS', port: '443', statusCode: 'HTTP_301' } }, rules: [] },
      { protocol: 'HTTPS', port: 443, defaultAction: { redirect: { host: 'closed.campus.test', statusCode: 'HTTP_302' } }, rules: faculties.flatMap(rulesOf) },
    ],
  },
  targetGroups: faculties.flatMap((faculty) =>
    reachable.map((part) => ({ name: `${faculty}-${part}`, port: 3000, healthCheckPath: '/', healthCheckIntervalSeconds: 20, healthCheckTimeoutSeconds: 5, healthyThreshold: 2, unhealthyThreshold: 2, deregistrationDelaySeconds: 60 })),
  ),
  services: faculties.flatMap((faculty) => [service(faculty, 'site', 'campus:site-latest'), service(faculty, 'api', 'campus:api-latest'), service(faculty, 'jobs', 'campus:jobs-latest'), service(faculty, 'office', 'office:3')]),
  tasks: [task('migrate', 'migrate', 'campus:migrate-latest', 'arts')],
  database: {
    identifier: 'campus', engineVersion: '16.11', instanceClass: 'db.m7g.2xlarge', allocatedStorageGiB: 400, storageType: 'gp3', port: 5432,
    masterUsername: 'campus', masterPassword: 'only-on-this-machine', databases: faculties, extensions: [], deletionProtection: true,
    backupRetentionDays: 14, performanceInsights: true, multiAZ: true, model: { schema: 'one', rows: 40_000 },
  },
  repositories: ['campus'],
};

function rulesOf(faculty: string, index: number): readonly RuleBlueprint[] {
  const host = `${faculty}.campus.test`;
  const to = (forward: string, name: string, ...conditions: RuleBlueprint['conditions']) => ({ name, conditions, action: { forward: `${faculty}-${forward}` } });
  return [
    to('office', `${faculty} office`, { hostHeader: [`office.${host}`] }),
    ...apiPaths.map((path) => to('api', `${faculty} ${path}`, { hostHeader: [host] }, { pathPattern: [path] })),
    to('site', `${faculty} site`, { hostHeader: [host] }),
  ].map((rule, place) => ({ ...rule, priority: index * 10 + place + 1 }));
}

function task(family: string, name: string, image: string, faculty: string) {
  const container = { name, image, port: 3000, logGroup: `/campus/${faculty}`, environment: name === 'site' ? {} : { DATABASE_URL: `{database:${faculty}}` } };
  return { family, cpu: 512, memory: 1024, cpuArchitecture: 'ARM64' as const, containers: [container] };
}

function service(faculty: string, part: string, image: string): ServiceBlueprint {
  const name = `${faculty}-${part}`;
  return {
    name,
    desiredCount: 1,
    taskDefinition: task(name, part, image, faculty),
    ...(reachable.includes(part) ? { targetGroup: { name, containerName: part, containerPort: 3000 } } : {}),
    ...(part === 'api' ? { autoScaling: { metric: 'ECSServiceAverageCPUUtilization' as const, target: 60, min: 1, max: 6, scaleInCooldown: 300, scaleOutCooldown: 60 } } : {}),
    minimumHealthyPercent: 100,
    maximumPercent: 200,
    circuitBreaker: true,
    subnets: ['subnet-a', 'subnet-b', 'subnet-c'],
    securityGroups: [`sg-${faculty}`],
    assignPublicIp: false,
  };
}

/** v7.0.0 runs; v7.1.0 migrates. An office works on either schema. */
export const campusImages: readonly ImageDeclaration[] = [
  ...release('v7.0.0', { from: 'one', to: 'one' }, true),
  ...release('v7.1.0', { from: 'one', to: 'two' }, false),
  { reference: 'office:3', model: { kind: 'server', fitsSchemas: ['one', 'two'] } },
];

function release(version: string, { from, to }: { readonly from: string; readonly to: string }, runs: boolean): readonly ImageDeclaration[] {
  const image = (name: string, model: ImageDeclaration['model']) => ({ reference: `campus:${name}-${version}`, ...(runs ? { alsoTagged: [`${name}-latest`] } : {}), model });
  return [
    image('site', { kind: 'server', version }),
    image('api', { kind: 'server', version, fitsSchemas: [to], writesPerRequest: 1 }),
    image('jobs', { kind: 'server', version, fitsSchemas: [to], writesPerMinute: 2 }),
    image('migrate', { kind: 'migration', from, to, seconds: 90 }),
  ];
}
