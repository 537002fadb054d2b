import type { ResultAsync } from 'neverthrow';
import type { RunStoreFailed } from '../errors.js';

/**
 * Where journal, lock, hold and baseline of an environment live: a small store of documents with conditional writes. Everything
 * about runs is built on these five operations, so that a file, S3 and a test's memory behave alike (one conformance suite).
 * Keys are `ENVIRONMENT/lock`, `ENVIRONMENT/hold`, `ENVIRONMENT/baseline`, `ENVIRONMENT/runs/RUN`.
 */
export interface RunStore {
  /** For people: `file .graasp-deploy`, `s3 bucket/prefix`. */
  readonly name: string;
  read(key: string): ResultAsync<StoredDocument | null, RunStoreFailed>;
  /** Writes only if nothing is there; null when something was. */
  create(key: string, body: string): ResultAsync<StoredVersion | null, RunStoreFailed>;
  /** Writes only if the version is still `etag`; null when it is not. */
  replace(key: string, body: string, etag: string): ResultAsync<StoredVersion | null, RunStoreFailed>;
  /** Removes only if the version is still `etag`; false when it is not. */
  remove(key: string, etag: string): ResultAsync<boolean, RunStoreFailed>;
  /** Keys that begin with the prefix, oldest first. */
  list(prefix: string): ResultAsync<readonly string[], RunStoreFailed>;
}

export interface StoredVersion {
  readonly etag: string;
}

export interface StoredDocument extends StoredVersion {
  readonly body: string;
}
