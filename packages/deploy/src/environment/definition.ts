/**
 * What an environment is, as far as AWS cannot tell it: plain JSON, without secrets or functions, to be kept in a repository.
 * Services are a record by name; references to them are checked by the compiler.
 */
export interface EnvironmentDefinition<S extends string = string> {
  /** Short name: `dev`, `production`. Letters, digits and hyphens. */
  readonly name: string;
  readonly region: string;
  /** The account these names live in; when given, `connect` refuses credentials of another. */
  readonly accountId?: string | undefined;
  /** Name of the ECS cluster. */
  readonly cluster: string;
  /** Name of the Application Load Balancer. */
  readonly loadBalancer: string;
  /** Identifier of the RDS instance. */
  readonly database: string;
  readonly services: Readonly<Record<S, ServiceDefinition<NoInfer<S>>>>;
  readonly maintenance: MaintenanceDefinition;
  readonly migration?: MigrationDefinition<NoInfer<S>> | undefined;
  readonly images?: ImagesDefinition | undefined;
  /** Requests an operator makes to believe that a deployment works. */
  readonly checks?: readonly HttpCheck[] | undefined;
  /** Writers to the instance that ECS does not run (a cron host, a data pipeline): named so that a person stops them. */
  readonly otherWriters?: readonly { readonly name: string; readonly acknowledged: boolean }[] | undefined;
  /** Umami, which `awaitDrained` asks how many visitors are active; without it the balancer's metrics tell. */
  readonly umami?: UmamiDefinition | undefined;
  /**
   * A URL by which the database itself can be asked from here, like `postgresql://user:password@host:5432/graasp`: `awaitDbSettled` then sees
   * what vacuum does. Through `pg`, a peer dependency that has to be installed; TLS is as its parameters say. Not beside `sqlTask`.
   */
  readonly sqlConnection?: Secret | undefined;
  /** A task that asks the database itself, where it can be reached from within its VPC alone. Not beside `sqlConnection`. */
  readonly sqlTask?: SqlTaskDefinition<NoInfer<S>> | undefined;
  /** What comes at its own time and may come in between, like a nightly stop: nothing is begun that it may interrupt. */
  readonly schedules?: readonly ScheduleDefinition[] | undefined;
  /** The lock of the infrastructure code, which every run takes and a hold keeps: nobody applies it in between. */
  readonly infrastructureLock?: InfrastructureLockDefinition | undefined;
  /** Puts the metric `RunHeartbeat` of `GraaspDeploy` (dimension `Environment`) once a minute while a run has the environment: 1, and 0 at its end. Default false. */
  readonly heartbeat?: boolean | undefined;
}

/** Where Terraform or OpenTofu keeps the state of this environment, with `use_lockfile = true`: its lock is the object `KEY.tflock` ("Backend Type: s3"). */
export interface InfrastructureLockDefinition {
  readonly bucket: string;
  /** Of the state, as the backend's `key` has it: `dev/terraform.tfstate`; of another workspace than the default one: `env:/WORKSPACE/KEY`. */
  readonly key: string;
  /** Where the bucket is; default the environment's region. */
  readonly region?: string | undefined;
}

export interface ScheduleDefinition {
  readonly name: string;
  /** Time of day, UTC: `20:00`. */
  readonly utc: string;
  /** default every day */
  readonly days?: readonly ('mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun')[] | undefined;
}

export interface ServiceDefinition<S extends string = string> {
  /** `application` is off in `db-only`; `administration` stays on except while the database is worked on. */
  readonly role: 'application' | 'administration';
  /** Tasks in `running` and `restricted`. */
  readonly desiredCount: number;
  /** Minimum of its Auto Scaling while it is on, which AWS forgets while it is off; default `desiredCount`. */
  readonly minCapacity?: number | undefined;
  /** Databases on the instance that the service uses; not given: it is taken to write. `[]`: it does not use the instance. */
  readonly databases?: readonly string[] | undefined;
  /** Services that must be up before it and stay up until it has stopped. */
  readonly dependsOn?: readonly S[] | undefined;
  /** Loses its content when it stops (a cache without a volume): named in plans. */
  readonly volatile?: boolean | undefined;
  /** Containers whose image follows the released version; absent: `deployCore` leaves the service's images alone. */
  readonly release?: Readonly<Record<string, { readonly tag: VersionTag }>> | undefined;
}

export type VersionTag = `${string}{version}${string}`;

export interface MaintenanceDefinition {
  /** The header an operator sends. Name of at most 40 characters. */
  readonly headerName: string | Secret;
  readonly headerValue: Secret;
  /** The listener whose rules are gated; default HTTPS on 443, else the balancer's only listener. */
  readonly listenerPort?: number | undefined;
  /** Distributions that are closed and opened with the listener; needs the package `@aws-sdk/client-cloudfront`. */
  readonly cloudFront?: CloudFrontGateDefinition | undefined;
}

/** What pages load from CloudFront is kept from visitors by a function that sends whoever comes without the header to the maintenance page. */
export interface CloudFrontGateDefinition {
  /** Name of the CloudFront function, published to its LIVE stage. While maintenance is on, every cache behavior calls it at `viewer-request`. */
  readonly functionName: string;
  /** Ids of the distributions: `E1A2B3C4D5E6F7`. */
  readonly distributions: readonly string[];
}

export interface MigrationDefinition<S extends string = string> {
  readonly taskDefinitionFamily: string;
  /** default: the task definition's only container */
  readonly container?: string | undefined;
  readonly tag: VersionTag;
  /** The service whose subnets and security groups the task gets. */
  readonly networkOf: S;
  /** Read-only command, run in the migration's container as its own task before and after, whose last line tells the schema's version. */
  readonly statusCommand?: readonly string[] | undefined;
}

/**
 * A one-off task that is run on demand on Fargate each time the database is asked, on the family's latest revision. Its command runs the SQL
 * that it finds in `DEPLOY_SQL` in each of the databases that `DEPLOY_DATABASES` names, with a space between two (in its own where it names
 * none), prints what that answers, a line for each database, and exits with 0. With psql in the image:
 * `['sh', '-c', 'for d in $DEPLOY_DATABASES; do psql -XAtq -v ON_ERROR_STOP=1 -d "$d" -c "$DEPLOY_SQL" || exit 1; done']`.
 *
 * The user wants the role `pg_monitor` or `pg_read_all_stats`, and no right to any table ("Predefined Roles" of PostgreSQL): without it he is
 * not told what others' sessions do. Who releases needs what the migration's task needs: `ecs:RunTask`, `ecs:StopTask`, `iam:PassRole` for the
 * task's roles, and `logs:GetLogEvents`.
 */
export interface SqlTaskDefinition<S extends string = string> {
  readonly taskDefinitionFamily: string;
  /** default: the task definition's only container; it has to log with the awslogs driver */
  readonly container?: string | undefined;
  /** The service whose subnets and security groups the task gets. */
  readonly networkOf: S;
  /** default: what the task definition says; needed where its family is the migration's */
  readonly command?: readonly string[] | undefined;
}

export interface ImagesDefinition {
  /** Name of the private ECR repository that holds the release images. */
  readonly repository: string;
  /** Mutable tag by released container, moved to the new digest after a migration, before `deployCore` starts anything; else once the version is verified: `{ core: 'core-latest' }`. */
  readonly mutableTags?: Readonly<Record<string, string>> | undefined;
  /** `pin` (default): revisions name digests. `retag`: revisions keep the mutable tag, which is moved. */
  readonly strategy?: 'pin' | 'retag' | undefined;
  /** Where released images are published, under the same tags: `promoteImage` copies them from here. */
  readonly source?: ImageSource | undefined;
}

/** A repository that anybody may pull from. */
export interface ImageSource {
  /** `public.ecr.aws`: host and perhaps port. One on this machine (`localhost:5000`) is asked over HTTP, every other over HTTPS. */
  readonly registry: string;
  /** `alias/graasp` */
  readonly repository: string;
}

/** One request through the front door, as an operator (with the maintenance header). */
export interface HttpCheck {
  readonly name: string;
  readonly url: string;
  /** default 200 */
  readonly status?: number | undefined;
  readonly bodyIncludes?: string | undefined;
  /** JSON path (`version`, `build.version`) whose value must be the released version, with or without the leading v. */
  readonly versionAt?: string | undefined;
}

/** Umami hosted by oneself, and a user of it who may view the website (https://umami.is/docs/api/authentication). */
export interface UmamiDefinition {
  /** Where it answers, without `/api`: `https://umami.example.org`. Its own rule is to stay open in maintenance, as one of administration does. */
  readonly url: string;
  /** The website's id, as its settings in Umami show it. */
  readonly websiteId: string;
  readonly username: string | Secret;
  readonly password: Secret;
}

/** A reference to a secret: the name of the environment variable that holds it. */
export interface Secret {
  readonly fromEnv: string;
}

/** Refers to a secret in a definition by the environment variable that holds it; `connect` resolves it. */
export function secretFromEnv(variable: string): Secret {
  return { fromEnv: variable };
}
