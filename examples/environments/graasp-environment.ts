import type { ConditionBlueprint, RedirectBlueprint, ServiceBlueprint, TransformBlueprint } from '@graasp/local-cloud';
import facts from './graasp-environment.json' with { type: 'json' };

export type EnvironmentName = 'dev' | 'production';

/** The shape of one environment in `graasp-environment.json`, as far as the examples read it. */
export interface GraaspEnvironment {
  readonly name: EnvironmentName;
  readonly region: string;
  readonly cluster: string;
  readonly loadBalancer: string;
  readonly database: string;
  readonly domain: string;
  readonly databaseInstance: DatabaseFacts;
  readonly listeners: {
    readonly 'HTTP:80': { readonly defaultAction: { readonly redirect: RedirectBlueprint } };
    readonly 'HTTPS:443': { readonly defaultAction: { readonly redirect: RedirectBlueprint }; readonly rules: readonly RuleFacts[] };
  };
  readonly targetGroupHealthCheck: HealthCheckFacts;
  readonly deregistrationDelaySeconds: number;
  readonly service: { readonly minimumHealthyPercent: number; readonly maximumPercent: number; readonly assignPublicIp: boolean; readonly deploymentCircuitBreaker: boolean };
  readonly services: readonly ServiceFacts[];
  readonly migration: MigrationFacts;
}

export interface DatabaseFacts {
  readonly engineVersion: string;
  readonly instanceClass: string;
  readonly allocatedStorageGiB: number;
  readonly storageType: string;
  readonly databaseName: string;
  readonly port: number;
  readonly deletionProtection: boolean;
  readonly backupRetentionDays: number;
  readonly performanceInsights: boolean;
}

export interface HealthCheckFacts {
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
}

export interface RuleFacts {
  readonly priority: number;
  readonly name: string;
  /** Whether the rule carries the header condition while maintenance is on: always, or in words when. */
  readonly gated: boolean | string;
  readonly conditions: readonly ConditionBlueprint[];
  /** What is forwarded to is a service, or for collab a sentence that begins with its name. */
  readonly action: { readonly forward: string } | { readonly redirect: RedirectBlueprint };
  readonly transforms?: readonly TransformBlueprint[];
}

export interface ServiceFacts {
  readonly name: string;
  readonly role: 'application' | 'administration';
  readonly desiredCount: number;
  readonly cpu: number;
  readonly memory: number;
  readonly cpuArchitecture: 'ARM64' | 'X86_64';
  readonly spot?: NonNullable<ServiceBlueprint['spot']>;
  readonly databases: readonly string[];
  readonly deployedByDeployCore?: boolean;
  readonly containers: readonly ContainerFacts[];
  readonly targetGroup?: { readonly name: string; readonly healthCheckPath: string; readonly containerName: string; readonly containerPort: number };
  readonly autoScaling?: NonNullable<ServiceBlueprint['autoScaling']>;
}

export interface ContainerFacts {
  readonly name: string;
  readonly image: string;
  readonly publicImageTag?: string;
  readonly port?: number;
  readonly versionConsistency?: 'disabled';
  readonly logGroup?: string;
}

export interface MigrationFacts {
  readonly taskDefinitionFamily: string;
  readonly container: string;
  readonly image: string;
  readonly publicImageTag: string;
  readonly cpu: number;
  readonly memory: number;
  readonly cpuArchitecture: 'ARM64' | 'X86_64';
  readonly logGroup: string;
  readonly postgresExtensions: readonly string[];
}

/** One of Graasp's two environments, as its public infrastructure code describes it. */
export function graaspEnvironment(name: EnvironmentName): GraaspEnvironment {
  // The compiler widens the strings of a JSON file, so its literals ('ARM64', 'HTTP_302') have to be asserted; the blueprint's test reads every value.
  return facts.environments[name] as unknown as GraaspEnvironment;
}
