import type { DeploymentConfiguration } from '../aws/ecs.js';

/**
 * What a run found before its first change. Never re-read from AWS on resume, and the environment's until everything in `putAside` is back:
 * a second run that starts meanwhile goes by it for what is away, instead of taking a closed gate for the normal state, and finds the rest anew.
 */
export interface Baseline {
  readonly takenAt: string;
  readonly byRun: string;
  /** The later run that has last found anew what was not away then. */
  readonly renewedBy?: string | undefined;
  /** Rule ARN -> whether it carried the header condition. */
  readonly gate: Readonly<Record<string, boolean>>;
  /** Distribution id -> cache behaviors that had the gate's function; where distributions are declared. */
  readonly distributions?: Readonly<Record<string, readonly string[]>> | undefined;
  readonly services: Readonly<Record<string, BaselineService>>;
  /** Target group ARN -> attributes and health check settings changed while gated, with the value to put back. */
  readonly targetGroups: Readonly<Record<string, BaselineTargetGroup>>;
  /** Service -> what let ECS roll its deployments back, where that was turned off. */
  readonly rollbacks?: Readonly<Record<string, BaselineRollback>> | undefined;
  /** `DbiResourceId` of the instance that was in use before a restore began to exchange it. */
  readonly database?: string | undefined;
  /** What is away from what was found: `gate`, `service:NAME`, `scaling:NAME`, `rollback:NAME`, `target-group:ARN`, `database`. Empty: the baseline is done with. */
  readonly putAside: readonly string[];
}

/** What is away, for people: a target group by its name, where its key has an ARN. */
export function awayText(putAside: readonly string[]): string {
  return putAside.map((key) => key.replace(/^target-group:.*:targetgroup\/([^/]+)\/.*$/, 'target-group:$1')).join(', ');
}

/** Key under which the database is put aside while its name leads nowhere, or to an instance that is not known to be right. */
export const databaseAside = 'database';

export type BaselineRollback = Pick<DeploymentConfiguration, 'deploymentCircuitBreaker' | 'alarms'>;

export interface BaselineService {
  readonly desiredCount: number;
  readonly taskDefinition: string;
  readonly scaling: BaselineScaling | null;
}

export interface BaselineScaling {
  readonly resourceId: string;
  readonly minCapacity: number;
  readonly maxCapacity: number;
  readonly suspended: { readonly dynamicScalingIn: boolean; readonly dynamicScalingOut: boolean; readonly scheduledScaling: boolean };
}

/** Whether Auto Scaling does nothing at all: suspended in part it still changes desired counts. */
export function isSuspended({ suspended }: BaselineScaling): boolean {
  return suspended.dynamicScalingIn && suspended.dynamicScalingOut && suspended.scheduledScaling;
}

export interface BaselineTargetGroup {
  readonly deregistrationDelaySeconds: number;
  readonly healthCheckIntervalSeconds: number;
  readonly healthCheckTimeoutSeconds: number;
  /** Failed checks in a row that make a target unhealthy. */
  readonly unhealthyThreshold: number;
}
