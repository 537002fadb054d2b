import type {
  CapacityProviderStrategyItem,
  ContainerDefinition,
  DeploymentConfiguration,
  Failure,
  LoadBalancer,
  NetworkConfiguration,
  RegisterTaskDefinitionRequest,
  ServiceConnectConfiguration,
  ServiceEvent,
  ServiceRegistry,
  Tag,
  TaskOverride,
  TaskStopCode,
} from '@aws-sdk/client-ecs';
import type { ImageDeclaration } from '../../blueprint.js';
import type { CloudContext } from '../../context.js';
import type { BehaviourFault } from '../../faults.js';
import type { RunningContainer } from '../../hosts/host.js';

/** Everything ECS knows in one account and region. Times are milliseconds of the cloud's clock. */
export interface EcsState {
  readonly clusters: Map<string, ClusterState>;
  /** By family; a revision's index is its number less one. */
  readonly families: Map<string, TaskDefinitionState[]>;
  /** By ARN, in order of creation; deleted ones stay as INACTIVE. */
  readonly services: Map<string, ServiceState>;
  /** By ARN, in order of creation; forgotten ones are gone. */
  readonly tasks: Map<string, TaskState>;
  /** Stopped for so long that no operation answers for them: for who looks from outside. */
  readonly forgotten: TaskState[];
  readonly runTokens: Map<string, RunToken>;
  /** By ARN. */
  readonly tags: Map<string, readonly Tag[]>;
  nextAddress: number;
}

export function emptyState(): EcsState {
  return { clusters: new Map(), families: new Map(), services: new Map(), tasks: new Map(), forgotten: [], runTokens: new Map(), tags: new Map(), nextAddress: 10 };
}

/** What the parts of ECS share. */
export interface Ecs {
  readonly context: CloudContext;
  readonly state: EcsState;
  /** Has the scheduler look at a service, by default at its next tick. */
  wake(service: ServiceState, inMs?: number): void;
}

export interface ClusterState {
  readonly name: string;
  readonly arn: string;
  readonly capacityProviders: readonly string[];
  readonly defaultCapacityProviderStrategy: readonly CapacityProviderStrategyItem[];
}

export interface TaskDefinitionState {
  readonly arn: string;
  readonly family: string;
  readonly revision: number;
  readonly definition: Omit<RegisterTaskDefinitionRequest, 'tags'>;
  readonly containers: readonly ContainerDefinition[];
  readonly registeredAt: number;
  deregisteredAt: number | undefined;
}

/** What a deployment of a service runs: all that a service revision fixes. */
export interface RevisionConfiguration {
  readonly taskDefinition: TaskDefinitionState;
  readonly networkConfiguration: NetworkConfiguration | undefined;
  readonly loadBalancers: readonly LoadBalancer[];
  readonly serviceRegistries: readonly ServiceRegistry[];
  readonly serviceConnectConfiguration: ServiceConnectConfiguration | undefined;
  readonly platformVersion: string;
}

export interface ServiceState {
  readonly name: string;
  readonly arn: string;
  readonly cluster: ClusterState;
  readonly createdAt: number;
  taskDefinition: TaskDefinitionState;
  networkConfiguration: NetworkConfiguration | undefined;
  loadBalancers: readonly LoadBalancer[];
  serviceRegistries: readonly ServiceRegistry[];
  serviceConnectConfiguration: ServiceConnectConfiguration | undefined;
  platformVersion: string;
  status: 'ACTIVE' | 'DRAINING' | 'INACTIVE';
  desiredCount: number;
  capacityProviderStrategy: readonly CapacityProviderStrategyItem[];
  deploymentConfiguration: DeploymentConfiguration & { readonly minimumHealthyPercent: number; readonly maximumPercent: number };
  healthCheckGracePeriodSeconds: number;
  enableExecuteCommand: boolean;
  enableECSManagedTags: boolean;
  propagateTags: 'TASK_DEFINITION' | 'SERVICE' | 'NONE';
  /** The PRIMARY first. */
  deployments: DeploymentState[];
  /** Every deployment there ever was: what service revisions describe. */
  readonly revisions: DeploymentState[];
  /** Where a rollback goes; none while one is on its way there. */
  lastCompleted: DeploymentState | undefined;
  readonly serviceDeployments: ServiceDeploymentState[];
  /** Newest first, at most 100. */
  events: ServiceEvent[];
  steady: boolean;
  saidStuck: boolean;
  /** The next moment the scheduler looks, if any. */
  wakeAt: number | undefined;
}

export interface DeploymentState {
  readonly id: string;
  readonly revisionArn: string;
  readonly configuration: RevisionConfiguration;
  readonly createdAt: number;
  updatedAt: number;
  status: 'PRIMARY' | 'ACTIVE';
  rolloutState: 'IN_PROGRESS' | 'COMPLETED' | 'FAILED';
  rolloutStateReason: string;
  failedTasks: number;
  /** Tasks in a row that never ran: what the restart throttle looks at. */
  startFailures: number;
  nextStartAt: number;
  /** By container, for `versionConsistency: enabled`. */
  readonly images: Map<string, ResolvedImage>;
  serviceDeployment: ServiceDeploymentState;
  /** A fault makes its tasks fail and its breaker roll back. */
  readonly doomed: boolean;
}

export interface ResolvedImage {
  readonly digest: string;
  readonly platforms: readonly string[];
  readonly declaration: ImageDeclaration;
}

export interface ServiceDeploymentState {
  readonly arn: string;
  readonly targetRevisionArn: string;
  readonly sources: readonly DeploymentState[];
  readonly createdAt: number;
  updatedAt: number;
  startedAt: number | undefined;
  finishedAt: number | undefined;
  stoppedAt: number | undefined;
  status: 'PENDING' | 'IN_PROGRESS' | 'STOP_REQUESTED' | 'STOPPED' | 'SUCCESSFUL' | 'ROLLBACK_REQUESTED' | 'ROLLBACK_IN_PROGRESS' | 'ROLLBACK_SUCCESSFUL' | 'ROLLBACK_FAILED';
  statusReason: string | undefined;
  rollback: { readonly reason: string; readonly startedAt: number; readonly serviceRevisionArn: string } | undefined;
  breakerStatus: 'TRIGGERED' | 'MONITORING' | 'MONITORING_COMPLETE' | 'DISABLED';
  breakerFailures: number;
}

export type TaskStatus = 'PROVISIONING' | 'PENDING' | 'ACTIVATING' | 'RUNNING' | 'DEACTIVATING' | 'STOPPING' | 'DEPROVISIONING' | 'STOPPED';

export interface TaskState {
  readonly arn: string;
  readonly id: string;
  readonly cluster: ClusterState;
  readonly taskDefinition: TaskDefinitionState;
  readonly group: string;
  readonly startedBy: string | undefined;
  readonly service: ServiceState | undefined;
  readonly deployment: DeploymentState | undefined;
  readonly capacityProvider: string | undefined;
  readonly platformVersion: string;
  readonly overrides: TaskOverride;
  readonly network: NetworkInterfaceState;
  readonly loadBalancers: readonly LoadBalancer[];
  readonly containers: readonly ContainerState[];
  readonly fault: Extract<BehaviourFault, { kind: 'task' }> | undefined;
  readonly createdAt: number;
  /** Reads do not show it before. */
  readonly visibleAt: number;
  lastStatus: TaskStatus;
  desiredStatus: 'RUNNING' | 'STOPPED';
  version: number;
  connectivityAt: number | undefined;
  pullStartedAt: number | undefined;
  pullStoppedAt: number | undefined;
  startedAt: number | undefined;
  stoppingAt: number | undefined;
  executionStoppedAt: number | undefined;
  stoppedAt: number | undefined;
  /** Once counted as healthy by its service. */
  wasHealthy: boolean;
  /** Its end was looked at by the scheduler. */
  countedAsEnded: boolean;
  /** Its service wants it replaced. */
  unhealthy: boolean;
  stop: StopRequest | undefined;
  /** Aborted by the stop request: ends whatever the start is waiting for. */
  readonly interruption: AbortController;
}

export interface StopRequest {
  readonly code: TaskStopCode;
  readonly reason: string;
}

export interface NetworkInterfaceState {
  readonly attachmentId: string;
  readonly interfaceId: string;
  readonly subnetId: string;
  readonly privateAddress: string;
  readonly securityGroups: readonly string[];
  readonly macAddress: string;
  status: 'PRECREATED' | 'ATTACHED' | 'DELETED';
}

export interface ContainerState {
  readonly name: string;
  readonly arn: string;
  readonly definition: ContainerDefinition;
  lastStatus: 'PENDING' | 'RUNNING' | 'STOPPED';
  imageDigest: string | undefined;
  runtimeId: string | undefined;
  exitCode: number | undefined;
  reason: string | undefined;
  running: RunningContainer | undefined;
  /** Resolves when it has exited. */
  exited: Promise<void>;
}

export interface RunToken {
  readonly parameters: string;
  readonly taskArns: readonly string[];
  readonly failures: readonly Failure[];
  readonly usedAt: number;
}
