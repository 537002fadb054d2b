import type { ActionBlueprint, Blueprint, ContainerBlueprint, DatabaseBlueprint, ListenerBlueprint, RuleBlueprint, ServiceBlueprint, TargetGroupBlueprint, TaskDefinitionBlueprint } from '@graasp/local-cloud';
import { graaspEnvironment, type ContainerFacts, type EnvironmentName, type GraaspEnvironment, type RuleFacts, type ServiceFacts } from './graasp-environment.js';

/** The target group of the collaboration server: an EC2 instance, in dev only. */
export const COLLAB_TARGET_GROUP = 'collab';

/** Rows that a model database starts with. */
const MODEL_ROWS = 9_000;

/**
 * What exists in the AWS account of one of Graasp's environments while it runs (no maintenance, everything on): every rule, service, scaling target,
 * target group, the database and the migration's task definition of `graasp-environment.json`. Subnets, security groups and the password are made up.
 */
export function graaspBlueprint(name: EnvironmentName): Blueprint {
  const graasp = graaspEnvironment(name);
  return {
    region: graasp.region,
    cluster: graasp.cluster,
    loadBalancer: { name: graasp.loadBalancer, listeners: listenersOf(graasp) },
    targetGroups: targetGroupsOf(graasp),
    services: graasp.services.map((service) => serviceOf(graasp, service)),
    tasks: [migrationOf(graasp)],
    database: databaseOf(graasp),
    repositories: ['graasp'],
  };
}

function listenersOf({ listeners }: GraaspEnvironment): readonly ListenerBlueprint[] {
  return [
    { protocol: 'HTTP', port: 80, defaultAction: listeners['HTTP:80'].defaultAction, rules: [] },
    { protocol: 'HTTPS', port: 443, defaultAction: listeners['HTTPS:443'].defaultAction, rules: listeners['HTTPS:443'].rules.map(ruleOf) },
  ];
}

function ruleOf({ priority, name, conditions, action, transforms }: RuleFacts): RuleBlueprint {
  return { priority, name, conditions, action: actionOf(action), transforms };
}

function actionOf(action: RuleFacts['action']): ActionBlueprint {
  if ('redirect' in action) return action;
  return { forward: isCollab(action.forward) ? COLLAB_TARGET_GROUP : action.forward };
}

function isCollab(forward: string): boolean {
  return forward.startsWith(`${COLLAB_TARGET_GROUP} `);
}

function targetGroupsOf(graasp: GraaspEnvironment): readonly TargetGroupBlueprint[] {
  const ofServices = graasp.services.flatMap(({ targetGroup }) =>
    targetGroup === undefined ? [] : [targetGroupOf(graasp, targetGroup.name, targetGroup.containerPort, targetGroup.healthCheckPath)],
  );
  const hasCollab = graasp.listeners['HTTPS:443'].rules.some(({ action }) => 'forward' in action && isCollab(action.forward));
  return hasCollab ? [...ofServices, { ...targetGroupOf(graasp, COLLAB_TARGET_GROUP, 3000, '/'), instanceImage: 'graasp/collab' }] : ofServices;
}

function targetGroupOf({ targetGroupHealthCheck: check, deregistrationDelaySeconds }: GraaspEnvironment, name: string, port: number, healthCheckPath: string): TargetGroupBlueprint {
  return {
    name,
    port,
    healthCheckPath,
    healthCheckIntervalSeconds: check.intervalSeconds,
    healthCheckTimeoutSeconds: check.timeoutSeconds,
    healthyThreshold: check.healthyThreshold,
    unhealthyThreshold: check.unhealthyThreshold,
    deregistrationDelaySeconds,
  };
}

function serviceOf(graasp: GraaspEnvironment, service: ServiceFacts): ServiceBlueprint {
  const { targetGroup } = service;
  return {
    name: service.name,
    desiredCount: service.desiredCount,
    taskDefinition: {
      family: service.name,
      cpu: service.cpu,
      memory: service.memory,
      cpuArchitecture: service.cpuArchitecture,
      containers: service.containers.map((container) => containerOf(container, service)),
    },
    spot: service.spot,
    targetGroup: targetGroup && { name: targetGroup.name, containerName: targetGroup.containerName, containerPort: targetGroup.containerPort },
    autoScaling: service.autoScaling,
    minimumHealthyPercent: graasp.service.minimumHealthyPercent,
    maximumPercent: graasp.service.maximumPercent,
    circuitBreaker: graasp.service.deploymentCircuitBreaker,
    subnets: subnetsOf(graasp),
    securityGroups: [`sg-${graasp.name}-${service.name}`],
    assignPublicIp: graasp.service.assignPublicIp,
  };
}

function subnetsOf({ name }: GraaspEnvironment): readonly string[] {
  return ['a', 'b', 'c'].map((zone) => `subnet-${name}-public-${zone}`);
}

function containerOf(container: ContainerFacts, { databases }: ServiceFacts): ContainerBlueprint {
  const [database] = databases;
  const usesDatabase = database !== undefined && container.name !== 'nudenet';
  return {
    name: container.name,
    image: container.image,
    port: container.port,
    environment: usesDatabase ? connectionTo(database) : undefined,
    logGroup: container.logGroup,
    versionConsistency: container.versionConsistency,
  };
}

function connectionTo(database: string): Readonly<Record<string, string>> {
  return { DB_CONNECTION: `{database:${database}}` };
}

function migrationOf({ migration, databaseInstance }: GraaspEnvironment): TaskDefinitionBlueprint {
  return {
    family: migration.taskDefinitionFamily,
    cpu: migration.cpu,
    memory: migration.memory,
    cpuArchitecture: migration.cpuArchitecture,
    containers: [
      {
        name: migration.container,
        image: migration.image,
        environment: connectionTo(databaseInstance.databaseName),
        logGroup: migration.logGroup,
        logStreamPrefix: 'ecs',
      },
    ],
  };
}

function databaseOf({ database, databaseInstance: instance, services, migration }: GraaspEnvironment): DatabaseBlueprint {
  return {
    identifier: database,
    engineVersion: instance.engineVersion,
    instanceClass: instance.instanceClass,
    allocatedStorageGiB: instance.allocatedStorageGiB,
    storageType: instance.storageType,
    port: instance.port,
    masterUsername: 'graasper',
    masterPassword: 'only-on-this-machine',
    databases: [...new Set([instance.databaseName, ...services.flatMap((service) => service.databases)])],
    extensions: migration.postgresExtensions,
    deletionProtection: instance.deletionProtection,
    backupRetentionDays: instance.backupRetentionDays,
    performanceInsights: instance.performanceInsights,
    multiAZ: false,
    model: { schema: 'before', rows: MODEL_ROWS },
  };
}
