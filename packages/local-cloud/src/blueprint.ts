/**
 * What exists in the account of a local cloud before anybody releases anything: more than an environment definition asks for.
 * Names stand where AWS wants ARNs; `startLocalCloud` creates everything through the same operations that an operator would call.
 */
export interface Blueprint {
  readonly region: string;
  readonly cluster: string;
  readonly loadBalancer: LoadBalancerBlueprint;
  readonly targetGroups: readonly TargetGroupBlueprint[];
  readonly services: readonly ServiceBlueprint[];
  /** Task definitions that no service uses: the migration. */
  readonly tasks: readonly TaskDefinitionBlueprint[];
  readonly database: DatabaseBlueprint;
  /** Private ECR repositories. Images are pushed by `LocalCloudOptions.images`. */
  readonly repositories: readonly string[];
  /** Buckets in S3, with nothing in them. */
  readonly buckets?: readonly string[] | undefined;
  readonly cloudFront?: CloudFrontBlueprint | undefined;
}

/** Distributions of the account, and functions that can be associated with them. */
export interface CloudFrontBlueprint {
  readonly functions: readonly MaintenanceFunctionBlueprint[];
  readonly distributions: readonly DistributionBlueprint[];
}

/** A function that sends whoever comes without a header elsewhere: of its code that is what a local cloud knows. */
export interface MaintenanceFunctionBlueprint {
  readonly name: string;
  /** Published; default true. */
  readonly live?: boolean | undefined;
  readonly redirects: { readonly without: { readonly name: string; readonly value: string }; readonly to: string };
}

export interface DistributionBlueprint {
  /** `E1ASSETS000000` */
  readonly id: string;
  /** Hosts that lead to it; its own `….cloudfront.net` does always. */
  readonly aliases: readonly string[];
  /** Besides the default one, in order. */
  readonly behaviors?: readonly CacheBehaviorBlueprint[] | undefined;
  /** Functions by the event at which the default behavior calls them: `{ 'viewer-response': 'headers' }`. */
  readonly functions?: Readonly<Record<string, string>> | undefined;
  /** default true */
  readonly enabled?: boolean | undefined;
  /** Paths of its origin and what is found there; any other answers `ok`. */
  readonly answers?: Readonly<Record<string, string>> | undefined;
}

export interface CacheBehaviorBlueprint {
  readonly pathPattern: string;
  readonly functions?: Readonly<Record<string, string>> | undefined;
  /** ARNs of Lambda@Edge functions by their event; they are kept, and do nothing. */
  readonly lambdas?: Readonly<Record<string, string>> | undefined;
}

export interface LoadBalancerBlueprint {
  readonly name: string;
  readonly listeners: readonly ListenerBlueprint[];
}

export interface ListenerBlueprint {
  readonly protocol: 'HTTP' | 'HTTPS';
  readonly port: number;
  readonly defaultAction: ActionBlueprint;
  readonly rules: readonly RuleBlueprint[];
}

export interface RuleBlueprint {
  readonly priority: number;
  /** Becomes the rule's `Name` tag. */
  readonly name: string;
  readonly conditions: readonly ConditionBlueprint[];
  readonly action: ActionBlueprint;
  readonly transforms?: readonly TransformBlueprint[] | undefined;
}

export type ConditionBlueprint =
  | { readonly hostHeader: readonly string[] }
  | { readonly pathPattern: readonly string[] }
  | { readonly httpHeader: { readonly name: string; readonly values: readonly string[] } };

export type ActionBlueprint =
  | { readonly forward: string }
  | { readonly redirect: RedirectBlueprint }
  | { readonly fixedResponse: { readonly statusCode: string; readonly contentType?: string; readonly messageBody?: string } };

export interface RedirectBlueprint {
  readonly protocol?: string;
  readonly host?: string;
  readonly port?: string;
  readonly path?: string;
  readonly query?: string;
  readonly statusCode: 'HTTP_301' | 'HTTP_302';
}

export type TransformBlueprint = { readonly urlRewrite: { readonly regex: string; readonly replace: string } };

export interface TargetGroupBlueprint {
  readonly name: string;
  readonly port: number;
  readonly healthCheckPath: string;
  readonly healthCheckIntervalSeconds: number;
  readonly healthCheckTimeoutSeconds: number;
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
  readonly deregistrationDelaySeconds: number;
  /** A target outside ECS (Graasp's collab runs on an EC2 instance): served by a host of this image. */
  readonly instanceImage?: string | undefined;
}

export interface TaskDefinitionBlueprint {
  readonly family: string;
  readonly cpu: number;
  readonly memory: number;
  readonly cpuArchitecture: 'ARM64' | 'X86_64';
  readonly containers: readonly ContainerBlueprint[];
}

export interface ContainerBlueprint {
  readonly name: string;
  /**
   * `repository:tag` of the account's private registry when the repository is in `Blueprint.repositories` (becomes
   * `<account>.dkr.ecr.<region>.amazonaws.com/repository:tag`), else the reference as written.
   */
  readonly image: string;
  readonly port?: number | undefined;
  readonly command?: readonly string[] | undefined;
  /** `{database:NAME}` becomes the connection string of that database on the instance. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
  readonly logGroup?: string | undefined;
  /** default `ecs` */
  readonly logStreamPrefix?: string | undefined;
  readonly versionConsistency?: 'enabled' | 'disabled' | undefined;
  readonly stopTimeoutSeconds?: number | undefined;
}

export interface ServiceBlueprint {
  readonly name: string;
  readonly desiredCount: number;
  readonly taskDefinition: TaskDefinitionBlueprint;
  /** Weight of FARGATE and FARGATE_SPOT; on-demand when absent. */
  readonly spot?: 'OnlySpot' | 'UpscaleWithSpot' | 'NoSpot' | undefined;
  readonly targetGroup?: { readonly name: string; readonly containerName: string; readonly containerPort: number } | undefined;
  readonly autoScaling?:
    | { readonly metric: 'ECSServiceAverageCPUUtilization' | 'ECSServiceAverageMemoryUtilization'; readonly target: number; readonly min: number; readonly max: number; readonly scaleInCooldown: number; readonly scaleOutCooldown: number }
    | undefined;
  readonly minimumHealthyPercent: number;
  readonly maximumPercent: number;
  readonly circuitBreaker: boolean;
  readonly subnets: readonly string[];
  readonly securityGroups: readonly string[];
  readonly assignPublicIp: boolean;
}

export interface DatabaseBlueprint {
  readonly identifier: string;
  readonly engineVersion: string;
  readonly instanceClass: string;
  readonly allocatedStorageGiB: number;
  readonly storageType: string;
  readonly port: number;
  readonly masterUsername: string;
  readonly masterPassword: string;
  /** Databases on the instance; the first is the instance's own (`DBName`). */
  readonly databases: readonly string[];
  /** Extensions created in the first database, as RDS's superuser does it. */
  readonly extensions: readonly string[];
  /** Parameters of its parameter group that need no restart, for a real PostgreSQL: `{ autovacuum_naptime: '1s' }`. A restored instance keeps them. */
  readonly parameters?: Readonly<Record<string, string>> | undefined;
  readonly deletionProtection: boolean;
  readonly backupRetentionDays: number;
  readonly performanceInsights: boolean;
  readonly multiAZ: boolean;
  /** `02:00-02:30`, UTC. Default: half an hour that begins twelve hours after the cloud's start, out of a rehearsal's way. */
  readonly backupWindow?: string | undefined;
  /** `sun:03:00-sun:03:30`, UTC. Default: the half hour after the default backup window. */
  readonly maintenanceWindow?: string | undefined;
  /** What AWS says that it is about to do to the instance; it is never done. */
  readonly pendingMaintenance?: readonly PendingMaintenanceBlueprint[] | undefined;
  /** What a model database starts with. */
  readonly model?: { readonly schema: string; readonly rows: number } | undefined;
}

export interface PendingMaintenanceBlueprint {
  /** `system-update`, `db-upgrade`, `hardware-maintenance`, … */
  readonly action: string;
  readonly description?: string | undefined;
  /** ISO time after which the next maintenance window applies it. */
  readonly autoAppliedAfter?: string | undefined;
  /** ISO time at which it is applied. */
  readonly appliedAt?: string | undefined;
}

/** An image that a host can run: what a registry holds under a reference, and what starts when a task uses it. */
export interface ImageDeclaration {
  /** `repository:tag` (private registry) or the reference that a container definition names. */
  readonly reference: string;
  /** Further tags of the same image in the same repository: one digest, several names (`['core-latest']`). */
  readonly alsoTagged?: readonly string[] | undefined;
  /** `os/architecture`; default `['linux/amd64', 'linux/arm64']` */
  readonly platforms?: readonly string[] | undefined;
  /** For real hosts. Default: a small HTTP server that answers 200 to everything and exits on SIGTERM. `PORT` is set when the container has a port. */
  readonly process?: { readonly command: readonly string[]; readonly cwd?: string; readonly environment?: Readonly<Record<string, string>> } | undefined;
  /** For model hosts. Default `{ kind: 'server' }`. */
  readonly model?: ModelProgram | undefined;
}

/** What the model twin of a container does. */
export type ModelProgram = ModelServer | ModelMigration | ModelQuery;

export interface ModelServer {
  readonly kind: 'server';
  /** Shown in `x-version` of its answers. */
  readonly version?: string | undefined;
  /** Schemas this code works with; absent: it does not use the database. A request it serves on another schema is what nobody may ever see. */
  readonly fitsSchemas?: readonly string[] | undefined;
  /** Bodies of its answers by path; any other path answers `ok`. */
  readonly answers?: Readonly<Record<string, string>> | undefined;
  /** A program of its own, which may keep a state: asked first, for every request but health checks; what it leaves undefined is answered as `answers` says. */
  readonly respond?: ((request: ModelRequest) => ModelResponse | undefined) | undefined;
  /** Rows it writes per served request, and per minute on its own (workers). */
  readonly writesPerRequest?: number | undefined;
  readonly writesPerMinute?: number | undefined;
  /** Crashes with this exit code so many seconds after its start. */
  readonly crashes?: { readonly afterSeconds: number; readonly exitCode: number } | undefined;
  /** Containers, by name, without which it exits with code 1: one that does not answer yet when it starts, and one that ends while it runs. */
  readonly needs?: readonly string[] | undefined;
  /** Goes on with what it has in hand for so many seconds after SIGTERM; then exits with code 0. */
  readonly endsAfterSeconds?: number | undefined;
  /** Answers its health check with this status; default 200. */
  readonly healthStatus?: number | undefined;
  /** Answers its health check with 503, and nobody who needs it, for so many seconds after its start. */
  readonly startsForSeconds?: number | undefined;
}

/** A request as a model program sees it. */
export interface ModelRequest {
  readonly method: string;
  /** With the query, as sent. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Milliseconds since the epoch, on the cloud's clock. */
  readonly at: number;
}

export interface ModelResponse {
  readonly status: number;
  readonly body: string;
}

/** Started with a `command` that has `status` in it, it prints the schema and exits 0, as a migration's status command does. */
export interface ModelMigration {
  readonly kind: 'migration';
  readonly from: string;
  readonly to: string;
  readonly seconds: number;
  /** When it is killed (memory, signal) while it works: the database commits it so many seconds later all the same. Absent: rolled back at once. */
  readonly commitsAfterKillSeconds?: number | undefined;
  /** A program of its own beside the migration: asked first, for every run; undefined is the migration's. */
  readonly runs?: ((run: ModelRun) => ModelOutput | undefined) | undefined;
}

/** A one-off task as a model program sees it. */
export interface ModelRun {
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch, on the cloud's clock, when it was started. */
  readonly at: number;
}

/** What a model program of a one-off task prints, and how it ends, a second after it was started. */
export interface ModelOutput {
  readonly lines: readonly string[];
  /** default 0 */
  readonly exitCode?: number | undefined;
}

/** Prints the schema of the database and exits 0: the status command of a migration. */
export interface ModelQuery {
  readonly kind: 'schema-status';
}
