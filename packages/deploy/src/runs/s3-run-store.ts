import { errAsync, type ResultAsync } from 'neverthrow';
import { createClients } from '../aws/clients.js';
import { type Bucket, openBucket } from '../aws/s3.js';
import { isoTime } from '../clock.js';
import { expectedGot, objectProblems, unknownOptionProblems } from '../environment/validate.js';
import type { AwsError, RunStoreFailed } from '../errors.js';
import type { Known } from './as-run.js';
import type { KeptInS3, LockHolder, RunStore, StoreReach } from './run-store.js';

export interface S3RunStoreOptions {
  readonly bucket: string;
  /** What every key begins with: `releases` keeps the lock of `dev` at `releases/dev/lock`. Default nothing. */
  readonly prefix?: string | undefined;
  /** Where the bucket is; default the environment's region. */
  readonly region?: string | undefined;
  /** Who writes from here, for locks and journals; default the run of GitHub Actions, or the user that the environment variables name. */
  readonly self?: LockHolder | undefined;
}

/**
 * Keeps runs in a bucket of S3: whoever may use it goes on with a run, from any machine. Every write is conditional ("How to prevent object
 * overwrites with conditional writes"), so that two machines are kept apart; locks expire by S3's clock. Needs `@aws-sdk/client-s3`
 * installed, and s3:GetObject, s3:PutObject and s3:DeleteObject on the objects, s3:ListBucket on the bucket. Encryption, versions and
 * lifecycle are the bucket's own; with versions kept, each renewal of a lock leaves one.
 *
 * It is reached with the credentials of the environment that it is given to; before `connect` it answers nothing.
 */
export function s3RunStore(options: S3RunStoreOptions): RunStore {
  const problems = optionProblems(options);
  const { bucket, prefix = '', region, self = holderFromVariables() } = problems.length === 0 ? options : { bucket: '' };
  const store = { name: `s3 ${[bucket, ...(prefix === '' ? [] : [prefix])].join('/')}`, self, ...(problems.length === 0 ? {} : { problem: problems.join('; ') }) };
  const unreached = () => errAsync(notReached(store.name));
  return {
    ...store,
    read: unreached,
    create: unreached,
    replace: unreached,
    remove: unreached,
    list: unreached,
    reachedBy: (reach) => {
      const keptIn = { bucket, prefix: prefix === '' ? '' : `${prefix}/`, region: region ?? reach.region };
      return { ...store, keptIn, ...documentsIn(store, keptIn.prefix, bucketOf(reach, keptIn), reach.clock) };
    },
  };
}

const known = { bucket: true, prefix: true, region: true, self: true } satisfies Known<S3RunStoreOptions>;

/** "General purpose bucket naming rules"; of a prefix, whatever names folders. */
const bucketName = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const folders = /^[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*$/;

function optionProblems(options: S3RunStoreOptions): readonly string[] {
  const noOptions = objectProblems('the options of s3RunStore', options);
  if (noOptions.length > 0) return noOptions;
  const { bucket, prefix, region, self } = options;
  return [
    ...unknownOptionProblems(options, Object.keys(known)),
    ...(isText(bucket, bucketName) ? [] : [`bucket: ${expectedGot('the name of a bucket', bucket)}`]),
    ...(prefix === undefined || isText(prefix, folders) ? [] : [`prefix: ${expectedGot("folders like 'releases' or 'team/releases'", prefix)}`]),
    ...(region === undefined || isText(region, /^[a-z]{2,}(-[a-z]+)+-\d+$/) ? [] : [`region: ${expectedGot("an AWS region like 'eu-central-1'", region)}`]),
    ...(self === undefined || isText((self as Partial<LockHolder> | null)?.actor, /\S/) ? [] : [`self: ${expectedGot("who writes from here, such as { actor: 'anna@build-7' }", self)}`]),
  ];
}

function isText(value: unknown, pattern: RegExp): boolean {
  return typeof value === 'string' && pattern.test(value);
}

function bucketOf({ aws, clock }: StoreReach, { bucket, region }: KeptInS3): Bucket {
  return openBucket({ bucket, region, clients: createClients(region, aws), clock, namedBy: 's3RunStore' });
}

type Documents = Pick<RunStore, 'now' | 'read' | 'create' | 'replace' | 'remove' | 'list'>;

function documentsIn({ name, self }: Pick<RunStore, 'name' | 'self'>, prefix: string, objects: Bucket, clock: StoreReach['clock']): Documents {
  const told = <T>(what: string, asked: ResultAsync<T, AwsError>) => asked.mapErr((error) => storeFailed(name, what, error));
  const stamped = (body: string) => `${body}\n${JSON.stringify({ written: `${isoTime(clock)} ${clock.random()}`, by: self?.actor })}\n`;
  return {
    now: objects.now,
    read: (key) => told(`read ${key}`, objects.read(`${prefix}${key}`)).map((found) => (found === null ? null : { ...found, body: withoutStamp(found.body) })),
    create: (key, body) => told(`write ${key}`, objects.create(`${prefix}${key}`, stamped(body))),
    replace: (key, body, etag) => told(`write ${key}`, objects.replace(`${prefix}${key}`, stamped(body), etag)),
    remove: (key, etag) => told(`remove ${key}`, objects.remove(`${prefix}${key}`, etag)),
    list: (start) => told(`list ${start}`, objects.list(`${prefix}${start}`)).map((keys) => keys.map((key) => key.slice(prefix.length))),
  };
}

/** An ETag may be a digest of the content ("Checking object integrity"): a last line of its own makes every write another version. */
function withoutStamp(content: string): string {
  return content.replace(/\n\{"written":.*\}\n$/, '');
}

/** "Default environment variables" of GitHub Actions; else what shells tell. */
function holderFromVariables(): LockHolder {
  const { GITHUB_ACTIONS, GITHUB_RUN_ID, GITHUB_REPOSITORY, GITHUB_ACTOR, USER, USERNAME, HOSTNAME, COMPUTERNAME } = (globalThis.process?.env ?? {}) as Readonly<Record<string, string | undefined>>;
  if (GITHUB_ACTIONS === 'true') return { actor: `github-actions run ${GITHUB_RUN_ID} of ${GITHUB_REPOSITORY} by ${GITHUB_ACTOR}` };
  const [user, host] = [USER ?? USERNAME ?? 'somebody', HOSTNAME ?? COMPUTERNAME];
  return host === undefined ? { actor: user } : { actor: `${user}@${host}`, host };
}

function storeFailed(store: string, what: string, { message, remedy, cause }: AwsError): RunStoreFailed {
  return { kind: 'RunStoreFailed', message: `The run store (${store}) could not ${what}: ${message}.`, remedy, store, ...(cause === undefined ? {} : { cause }) };
}

function notReached(store: string): RunStoreFailed {
  return { kind: 'RunStoreFailed', message: `The run store (${store}) was asked before any environment was connected with it.`, remedy: 'Give it to connect, as runStore: its environments reach it with their own credentials.', store };
}
