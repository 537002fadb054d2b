/** How to reach AWS: nothing for the SDK's default chain; an endpoint or a request handler for a local cloud. */
export interface AwsConnection {
  readonly endpoint?: string | undefined;
  readonly credentials?: (() => PromiseLike<AwsCredentials>) | undefined;
  /** An SDK request handler (`{ handle(request) }`): a local cloud in the same process. */
  readonly requestHandler?: object | undefined;
}

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
  readonly expiration?: Date | undefined;
}

/** @internal The clients of an environment, each loaded at its first call. */
export interface AwsClients {
  readonly region: string;
  ecs(): Promise<{ readonly sdk: typeof import('@aws-sdk/client-ecs'); readonly client: import('@aws-sdk/client-ecs').ECSClient }>;
  rds(): Promise<{ readonly sdk: typeof import('@aws-sdk/client-rds'); readonly client: import('@aws-sdk/client-rds').RDSClient }>;
  elbv2(): Promise<{
    readonly sdk: typeof import('@aws-sdk/client-elastic-load-balancing-v2');
    readonly client: import('@aws-sdk/client-elastic-load-balancing-v2').ElasticLoadBalancingV2Client;
  }>;
  cloudwatch(): Promise<{ readonly sdk: typeof import('@aws-sdk/client-cloudwatch'); readonly client: import('@aws-sdk/client-cloudwatch').CloudWatchClient }>;
  logs(): Promise<{ readonly sdk: typeof import('@aws-sdk/client-cloudwatch-logs'); readonly client: import('@aws-sdk/client-cloudwatch-logs').CloudWatchLogsClient }>;
  ecr(): Promise<{ readonly sdk: typeof import('@aws-sdk/client-ecr'); readonly client: import('@aws-sdk/client-ecr').ECRClient }>;
  autoscaling(): Promise<{
    readonly sdk: typeof import('@aws-sdk/client-application-auto-scaling');
    readonly client: import('@aws-sdk/client-application-auto-scaling').ApplicationAutoScalingClient;
  }>;
  sts(): Promise<{ readonly sdk: typeof import('@aws-sdk/client-sts'); readonly client: import('@aws-sdk/client-sts').STSClient }>;
}
