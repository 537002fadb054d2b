/** What is in an account around one cluster, as far as a definition could be made of it. No value of an environment variable is in it but names of databases. */
export interface Account {
  readonly accountId: string;
  readonly region: string;
  readonly cluster: string;
  readonly services: readonly FoundService[];
  readonly balancer: FoundBalancer | null;
  /** Every instance in the region. */
  readonly instances: readonly string[];
  /** Families of task definitions that no service of the cluster uses. */
  readonly otherFamilies: readonly string[];
  /** Those of them that sound like a migration, in order of their names. */
  readonly migrations: readonly FoundTask[];
}

export interface FoundTask {
  readonly family: string;
  readonly containers: readonly FoundContainer[];
}

export interface FoundService extends FoundTask {
  readonly name: string;
  readonly desiredCount: number;
  /** Limits of its Auto Scaling. */
  readonly scaling: { readonly min: number; readonly max: number } | null;
  /** Why this library can neither release nor stop it: `it is deployed by CODE_DEPLOY`; null: it can. */
  readonly unfit: string | null;
  /** What of the balancer leads to it: `api.example.org/v1/*`. */
  readonly doors: readonly string[];
}

export interface FoundContainer {
  readonly name: string;
  /** In this account and region. */
  readonly image: { readonly repository: string; readonly tag: string | undefined; /** Every tag of the same image. */ readonly tags: readonly string[] } | null;
  readonly connections: readonly FoundConnection[];
  /** Names of its secrets that sound like a database's. */
  readonly databaseSecrets: readonly string[];
}

/** An instance that a value or a secret of the container names. */
export interface FoundConnection {
  readonly instance: string;
  /** undefined: it is not told. */
  readonly database: string | undefined;
  /** Name of the variable, or of the secret. */
  readonly by: string;
}

export interface FoundBalancer {
  readonly name: string;
  /** Others that lead to services of the cluster. */
  readonly others: readonly string[];
  readonly listener: { readonly protocol: string; readonly port: number; readonly forwardsByDefault: boolean } | null;
  readonly listeners: readonly string[];
  /** What of the listener leads to no service of the cluster. */
  readonly othersDoors: readonly string[];
}
