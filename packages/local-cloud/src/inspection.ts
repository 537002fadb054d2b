/** Shapes of what a checker sees from outside. All JSON. */

export interface InspectedService {
  readonly name: string;
  readonly status: string;
  readonly desiredCount: number;
  readonly runningCount: number;
  readonly pendingCount: number;
  readonly taskDefinition: string;
  readonly deployments: readonly { readonly id: string; readonly status: string; readonly rolloutState: string; readonly taskDefinition: string }[];
}

export interface InspectedTask {
  readonly arn: string;
  /** `service:NAME` or `family:FAMILY` */
  readonly group: string;
  readonly taskDefinition: string;
  readonly lastStatus: string;
  readonly desiredStatus: string;
  readonly startedBy: string | undefined;
  readonly stopCode: string | undefined;
  readonly stoppedReason: string | undefined;
  readonly capacityProvider: string | undefined;
  /** Milliseconds since the epoch; undefined when it never happened. */
  readonly createdAt: number;
  readonly startedAt: number | undefined;
  readonly stoppedAt: number | undefined;
  readonly containers: readonly { readonly name: string; readonly image: string; readonly imageDigest: string | undefined; readonly exitCode: number | undefined; readonly reason: string | undefined }[];
}

export interface InspectedRule {
  readonly listenerArn: string;
  readonly ruleArn: string;
  /** `default` for the default rule. */
  readonly priority: string;
  readonly name: string | undefined;
  readonly conditions: readonly unknown[];
  readonly actions: readonly unknown[];
}

export interface InspectedDatabase {
  readonly identifier: string;
  readonly resourceId: string;
  readonly status: string;
  /** host:port of the real server; undefined while it is stopped. */
  readonly address: { readonly host: string; readonly port: number } | undefined;
  /** Content of a model database; undefined with real hosts. */
  readonly model: ModelDatabaseContent | undefined;
}

export interface InspectedSnapshot {
  readonly identifier: string;
  /** Identifier of the instance that it was taken of, as that was called then. */
  readonly instance: string;
  readonly status: string;
  readonly percentProgress: number;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

export interface ModelDatabaseContent {
  readonly schema: string;
  readonly rows: number;
  /** One entry a migration that was committed, oldest first. */
  readonly appliedMigrations: readonly { readonly at: number; readonly from: string; readonly to: string }[];
  readonly writesLog: readonly { readonly at: number; readonly by: string; readonly rows: number; readonly schema: string }[];
}

/** Code that met a schema it does not fit. */
export interface SchemaViolation {
  readonly at: number;
  readonly taskId: string;
  readonly image: string;
  readonly version: string | undefined;
  readonly schema: string;
  readonly fitsSchemas: readonly string[];
  /** `request` when a visitor saw it, `write` when a worker did it alone. */
  readonly what: 'request' | 'write';
}

export interface InspectedDistribution {
  readonly id: string;
  readonly status: 'Deployed' | 'InProgress';
  /** The newest, as AWS would tell it. */
  readonly config: unknown;
}

/** One request at the front door. */
export interface Visit {
  /** When it was answered. */
  readonly at: number;
  readonly method: string;
  readonly url: string;
  /** Names of the headers sent, lower case: values may be secret. */
  readonly headerNames: readonly string[];
  readonly status: number;
  readonly location: string | null;
  /** `x-version` of the answer. */
  readonly version: string | null;
}
