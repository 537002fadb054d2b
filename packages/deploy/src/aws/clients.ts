import { loadCloudFront } from './cloudfront-package.js';

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

export interface S3 {
  readonly sdk: typeof import('@aws-sdk/client-s3');
  readonly client: import('@aws-sdk/client-s3').S3Client;
}

export interface Sts {
  readonly sdk: typeof import('@aws-sdk/client-sts');
  readonly client: import('@aws-sdk/client-sts').STSClient;
}

/** An answer of S3 or STS, with its own date; a page in a browser is not told it. */
export interface DatedAnswer {
  readonly $metadata?: { readonly date?: string | undefined } | undefined;
}

/** The clients of an environment, each loaded at its first call. */
export interface AwsClients {
  readonly region: string;
  /** IAM actions of changes that these clients answer themselves, without sending them: those of a plan. */
  readonly answered?: ReadonlySet<string> | undefined;
  /** Lets go of every client, so that the next call asks for credentials again. */
  forget(): void;
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
  /** Of the region of a bucket, which need not be the environment's. Rejects with `PackageMissing` where the optional client is not installed. */
  s3(region: string): Promise<S3>;
  /** Of a package that only those install whose definition has the gate of distributions. */
  cloudfront(): Promise<{ readonly sdk: typeof import('@aws-sdk/client-cloudfront'); readonly client: import('@aws-sdk/client-cloudfront').CloudFrontClient }>;
  /** null: the package is not installed. It is an optional peer: only preflight asks IAM. */
  iam(): Promise<{ readonly sdk: typeof import('@aws-sdk/client-iam'); readonly client: import('@aws-sdk/client-iam').IAMClient } | null>;
  sts(): Promise<Sts>;
}

/**
 * Patience for one request, not for an operation: a connection that hangs is given up and the request sent again, by `read` and `write`
 * alone (the SDK's own retries are off, because they would sleep on the machine's clock).
 */
export const patience = { connectionTimeout: 5_000, requestTimeout: 30_000, throwOnRequestTimeout: true };

/** Loaded once: a second import of a package need not answer at once, and calls that go side by side would change their order. */
const packages = {
  ecs: onceLoaded(() => import('@aws-sdk/client-ecs')),
  rds: onceLoaded(() => import('@aws-sdk/client-rds')),
  elbv2: onceLoaded(() => import('@aws-sdk/client-elastic-load-balancing-v2')),
  cloudwatch: onceLoaded(() => import('@aws-sdk/client-cloudwatch')),
  logs: onceLoaded(() => import('@aws-sdk/client-cloudwatch-logs')),
  ecr: onceLoaded(() => import('@aws-sdk/client-ecr')),
  autoscaling: onceLoaded(() => import('@aws-sdk/client-application-auto-scaling')),
  sts: onceLoaded(() => import('@aws-sdk/client-sts')),
  iam: onceLoaded(() => import('@aws-sdk/client-iam').catch((thrown: unknown) => Promise.reject(thrown as Error))),
};

function onceLoaded<T>(load: () => Promise<T>): () => Promise<T> {
  let loaded: Promise<T> | null = null;
  return async () => {
    loaded ??= load();
    try {
      return await loaded;
    } catch (thrown) {
      loaded = null;
      throw thrown;
    }
  };
}

/** For who has no environment yet, because it gets the credentials for one. */
export const loadSts = packages.sts;

/** Clients of one region. A client and its commands are loaded together at the first call of their service. */
export function createClients(region: string, connection: AwsConnection): AwsClients {
  const config = { ...configuration(connection), region };
  const loaded = new Map<string, Promise<unknown>>();
  const once = <T>(name: string, load: () => Promise<T>) => () => {
    if (!loaded.has(name)) loaded.set(name, load());
    return loaded.get(name) as Promise<T>;
  };
  return {
    region,
    forget: () => loaded.clear(),
    ecs: once('ecs', async () => withClient(await packages.ecs(), (sdk) => new sdk.ECSClient(config))),
    rds: once('rds', async () => withClient(await packages.rds(), (sdk) => new sdk.RDSClient(config))),
    elbv2: once('elbv2', async () => withClient(await packages.elbv2(), (sdk) => new sdk.ElasticLoadBalancingV2Client(config))),
    cloudwatch: once('cloudwatch', async () => withClient(await packages.cloudwatch(), (sdk) => new sdk.CloudWatchClient(config))),
    logs: once('logs', async () => withClient(await packages.logs(), (sdk) => new sdk.CloudWatchLogsClient(config))),
    ecr: once('ecr', async () => withClient(await packages.ecr(), (sdk) => new sdk.ECRClient(config))),
    autoscaling: once('autoscaling', async () => withClient(await packages.autoscaling(), (sdk) => new sdk.ApplicationAutoScalingClient(config))),
    s3: (bucketRegion) => once(`s3 ${bucketRegion}`, async () => withClient(await loadS3(), (sdk) => dated(new sdk.S3Client({ ...config, region: bucketRegion, forcePathStyle: isLocal(connection) }))))(),
    cloudfront: once('cloudfront', async () => withClient(await loadCloudFront(), (sdk) => new sdk.CloudFrontClient(config))),
    iam: once('iam', async () => {
      const sdk = await packages.iam().catch(() => null);
      return sdk === null ? null : withClient(sdk, (sdk) => new sdk.IAMClient(config));
    }),
    sts: once('sts', async () => withClient(await packages.sts(), (sdk) => dated(new sdk.STSClient(config)))),
  };
}

/** An optional peer: who keeps no runs in a bucket need not install it. */
function loadS3(): Promise<S3['sdk']> {
  return import('@aws-sdk/client-s3').catch((thrown: unknown) => {
    throw Object.assign(new Error('@aws-sdk/client-s3 could not be loaded', { cause: thrown }), { name: 'PackageMissing' });
  });
}

/** Puts the date of an answer, which is AWS's own time, beside its request id: `DatedAnswer`. */
function dated<Client extends S3['client'] | Sts['client']>(client: Client): Client {
  (client as S3['client']).middlewareStack.add(
    (next) => async (args) => {
      const answer = await next(args);
      const { headers } = answer.response as { readonly headers?: Readonly<Record<string, string>> };
      Object.assign(answer.output?.$metadata ?? {}, { date: headers?.['date'] });
      return answer;
    },
    { step: 'deserialize', priority: 'high', name: 'dateOfAnswer' },
  );
  return client;
}

/** Its buckets have no host names of their own. */
function isLocal({ endpoint, requestHandler }: AwsConnection): boolean {
  return endpoint !== undefined || requestHandler !== undefined;
}

function withClient<M, C>(sdk: M, create: (sdk: M) => C): { readonly sdk: M; readonly client: C } {
  return { sdk, client: create(sdk) };
}

function configuration(connection: AwsConnection) {
  return {
    maxAttempts: 1,
    // nothing is added to a client's middleware after its first call: sorting it anew is a third of the time of a call in process
    cacheMiddleware: true,
    // typed loosely on purpose: an SDK type here would show in this package's own declarations
    requestHandler: (connection.requestHandler ?? patience) as never,
    ...(connection.endpoint === undefined ? {} : { endpoint: connection.endpoint }),
    ...(connection.credentials === undefined ? {} : { credentials: async () => withoutUndefined(await connection.credentials!()) }),
  };
}

function withoutUndefined({ accessKeyId, secretAccessKey, sessionToken, expiration }: AwsCredentials) {
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }), ...(expiration === undefined ? {} : { expiration }) };
}
