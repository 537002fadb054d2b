import type { ResultAsync } from 'neverthrow';
import type { AwsConnection } from '../aws/clients.js';
import type { Clock } from '../clock.js';
import type { RunStoreFailed } from '../errors.js';

/**
 * Where journal, lock, hold and baseline of an environment live: a small store of documents with conditional writes. Everything
 * about runs is built on these five operations, so that a file, S3 and a test's memory behave alike (one conformance suite).
 * Keys are `ENVIRONMENT/lock`, `ENVIRONMENT/hold`, `ENVIRONMENT/baseline`, `ENVIRONMENT/runs/RUN`.
 */
export interface RunStore {
  /** For people: `file .runs`, `s3 bucket/prefix`. */
  readonly name: string;
  /** Why runs kept here may be lost with the machine; `connect` refuses such a store for anything but a local cloud. */
  readonly volatile?: string | undefined;
  /** What is wrong with how it was made; `connect` refuses it. */
  readonly problem?: string | undefined;
  /** Who writes from here, for locks and journals. Absent: `somebody`. */
  readonly self?: LockHolder | undefined;
  /** Where in S3 its documents are, once it is reached: `preflight` asks IAM whether the caller may. Absent: not there, or nobody knows. */
  readonly keptIn?: KeptInS3 | undefined;
  /** True only when the holder is proven not to run any more; an expired lock proves nothing about its holder. */
  provesDead?(holder: LockHolder): boolean;
  /** The same store, reached as an environment reaches AWS: `connect` uses what it gives. Absent: it needs nothing of AWS. */
  reachedBy?(reach: StoreReach): RunStore;
  /** Milliseconds since the epoch by the store's own clock, by which locks expire: that of one machine may be wrong. Absent: the environment's clock. */
  now?(): number;
  read(key: string): ResultAsync<StoredDocument | null, RunStoreFailed>;
  /** Writes only if nothing is there; null when something was. */
  create(key: string, body: string): ResultAsync<StoredVersion | null, RunStoreFailed>;
  /** Writes only if the version is still `etag`; null when it is not. */
  replace(key: string, body: string, etag: string): ResultAsync<StoredVersion | null, RunStoreFailed>;
  /** Removes only if the version is still `etag`; false when it is not. */
  remove(key: string, etag: string): ResultAsync<boolean, RunStoreFailed>;
  /** Keys that begin with the prefix, by name: identifiers of runs begin with their time, so that the oldest comes first. */
  list(prefix: string): ResultAsync<readonly string[], RunStoreFailed>;
}

export interface KeptInS3 {
  readonly bucket: string;
  /** What every key begins with; empty, or with a slash at its end. */
  readonly prefix: string;
  readonly region: string;
}

/** How an environment reaches AWS. */
export interface StoreReach {
  readonly region: string;
  readonly aws: AwsConnection;
  readonly clock: Clock;
}

/** Who holds a lock. */
export interface LockHolder {
  /** `anna@build-7`, `github-actions run 4711`. */
  readonly actor: string;
  readonly host?: string | undefined;
  readonly pid?: number | undefined;
}

export interface StoredVersion {
  readonly etag: string;
}

export interface StoredDocument extends StoredVersion {
  readonly body: string;
}
