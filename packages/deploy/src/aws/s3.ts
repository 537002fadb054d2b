import type { S3ServiceException } from '@aws-sdk/client-s3';
import { errAsync, okAsync, type ResultAsync } from 'neverthrow';
import type { Clock } from '../clock.js';
import type { AwsError, Unexpected } from '../errors.js';
import { type CallSubject, patiently } from './call.js';
import type { SdkError } from './classify.js';
import type { AwsClients, S3 } from './clients.js';
import { tellError } from './map-error.js';
import { allPages } from './paging.js';

/** An object's content, and the ETag that a conditional request names. */
export interface StoredObject {
  readonly body: string;
  readonly etag: string;
}

/**
 * A bucket whose objects are written on condition only ("How to prevent object overwrites with conditional writes", "How to perform
 * conditional deletes"). Nobody writes the same content twice: a request whose answer was lost is recognised by it.
 */
export interface Bucket {
  read(key: string): ResultAsync<StoredObject | null, AwsError>;
  /** null where something is. */
  create(key: string, body: string): ResultAsync<Pick<StoredObject, 'etag'> | null, AwsError>;
  /** null where its ETag is another, or nothing is. */
  replace(key: string, body: string, etag: string): ResultAsync<Pick<StoredObject, 'etag'> | null, AwsError>;
  /** false where its ETag is another, or nothing is. */
  remove(key: string, etag: string): ResultAsync<boolean, AwsError>;
  /** Keys that begin with the prefix, by name. */
  list(prefix: string): ResultAsync<readonly string[], AwsError>;
  /** Milliseconds since the epoch by S3's clock, as its last answer told it. */
  now(): number;
}

export interface BucketReach {
  readonly bucket: string;
  readonly region: string;
  readonly clients: Pick<AwsClients, 's3' | 'forget'>;
  readonly clock: Clock;
  /** What names the bucket, for errors. */
  readonly namedBy: string;
}

/** Opens a bucket. No signal ends its requests: what a run has done is written down also when it was aborted. */
export function openBucket(reach: BucketReach): Bucket {
  const { bucket: Bucket } = reach;
  const time = serviceTime(reach.clock);
  const ask = <T>(action: string, key: string, send: (s3: S3) => Promise<T>) => request(reach, { action, resource: { kind: 'object', name: `arn:aws:s3:::${Bucket}/${key}` } }, time, send);

  const read: Bucket['read'] = (key) =>
    ask('s3:GetObject', key, async ({ sdk, client }) => {
      const found = await orNull(absent, client.send(new sdk.GetObjectCommand({ Bucket, Key: key })));
      // read here: a connection that breaks in between is one more attempt
      return found === null ? null : { ...found, body: (await found.Body?.transformToString()) ?? '' };
    }).map((found) => (found === null ? null : { body: found.body, etag: found.ETag ?? '' }));

  const put = (key: string, body: string, condition: { readonly IfNoneMatch: string } | { readonly IfMatch: string }) =>
    ask('s3:PutObject', key, async ({ sdk, client }) => orNull(refused, client.send(new sdk.PutObjectCommand({ Bucket, Key: key, Body: body, ContentType: 'application/json', ...condition }))))
      .orElse((error) => (isConflict(error) ? okAsync(null) : errAsync(error)))
      .andThen((written) => (written === null ? read(key).map((found) => (found?.body === body ? { etag: found.etag } : null)) : okAsync({ etag: written.ETag ?? '' })));

  return {
    read,
    create: (key, body) => put(key, body, { IfNoneMatch: '*' }),
    replace: (key, body, etag) => put(key, body, { IfMatch: etag }),
    remove: (key, etag) => {
      let sent = 0;
      return ask('s3:DeleteObject', key, async ({ sdk, client }) => {
        sent += 1;
        return orNull(refused, client.send(new sdk.DeleteObjectCommand({ Bucket, Key: key, IfMatch: etag })));
      })
        .orElse((error) => (isConflict(error) ? okAsync(null) : errAsync(error)))
        .andThen((removed) => (removed === null && sent > 1 ? read(key).map((found) => found === null) : okAsync(removed !== null)));
    },
    list: (Prefix) =>
      allPages((token) =>
        ask('s3:ListBucket', Prefix, ({ sdk, client }) => client.send(new sdk.ListObjectsV2Command({ Bucket, Prefix, ...(token === undefined ? {} : { ContinuationToken: token }) }))).map(
          ({ Contents = [], NextContinuationToken: next }) => ({ items: Contents.map(({ Key = '' }) => Key), next }),
        ),
      ),
    now: time.now,
  };
}

function request<T>(reach: BucketReach, subject: CallSubject, time: ServiceTime, send: (s3: S3) => Promise<T>): ResultAsync<T, AwsError> {
  const { region, clients, clock } = reach;
  const caller = { clock, signal: new AbortController().signal, forget: () => clients.forget(), tell: (thrown: SdkError) => tell(reach, subject, thrown) };
  return patiently(caller, subject, async () => {
    const s3 = await clients.s3(region);
    const sentAt = clock.now();
    const answer = await send(s3);
    time.note(answer, sentAt);
    return answer;
  });
}

/** What AWS answers where there is no such object; a missing bucket is another thing. */
const absent = ['NoSuchKey'];
const refused = ['PreconditionFailed', ...absent];

async function orNull<T>(names: readonly string[], sent: Promise<T>): Promise<T | null> {
  try {
    return await sent;
  } catch (thrown) {
    if (names.includes((thrown as SdkError).name ?? '')) return null;
    throw thrown;
  }
}

/** Somebody else's request on the same object was under way, each time: perhaps an earlier one of ours, so it is looked at. */
function isConflict({ cause }: AwsError): boolean {
  return cause?.name === 'ConditionalRequestConflict';
}

function tell({ bucket, region, namedBy }: BucketReach, subject: CallSubject, thrown: SdkError): AwsError {
  if (thrown.name === 'PackageMissing') return packageMissing(subject, thrown);
  const place = { region, accountId: '', namedBy };
  if (thrown.name === 'NoSuchBucket') return tellError(place, { ...subject, resource: { kind: 'bucket', name: bucket } }, thrown);
  const found = bucketRegion(thrown);
  const error = tellError(place, subject, thrown);
  if (found !== undefined && found !== region) return { ...error, message: `${subject.action}: bucket ${bucket} is in ${found}, not in ${region}`, remedy: `Say region: '${found}' where the bucket is named (${namedBy}).` };
  // "GetObject": without it S3 does not tell whether the object exists
  if (error.kind === 'AccessDenied' && error.action === 's3:GetObject') return { ...error, remedy: `${error.remedy} s3:ListBucket on the bucket is needed too: without it S3 denies an object that is not there.` };
  return error;
}

/** Told with every refusal of a bucket that was asked for in another region. */
function bucketRegion(thrown: SdkError): string | undefined {
  const { $response } = thrown as Partial<S3ServiceException>;
  return $response?.headers['x-amz-bucket-region'];
}

function packageMissing({ action }: CallSubject, { name = '', message = '' }: SdkError): Unexpected {
  return {
    kind: 'Unexpected',
    operation: action,
    message: `${action} was not sent: ${message}`,
    remedy: 'Install it beside @graasp/deploy: npm install @aws-sdk/client-s3',
    cause: { name, message },
  };
}

interface ServiceTime {
  now(): number;
  note(answer: unknown, sentAt: number): void;
}

/** The date of an answer has whole seconds, and was on its way: a difference within that is none. */
const granularityMs = 1_000;

/** S3's time between its answers, by this machine's clock. */
function serviceTime(clock: Clock): ServiceTime {
  let aheadMs = 0;
  return {
    now: () => clock.now() + aheadMs,
    note(answer, sentAt) {
      const date = dateOf(answer);
      if (date === undefined) return;
      const difference = date - clock.now();
      aheadMs = difference <= granularityMs && difference >= -granularityMs - (clock.now() - sentAt) ? 0 : difference;
    },
  };
}

/** `createClients` puts the answer's own date there; a page is not told it. */
function dateOf(answer: unknown): number | undefined {
  const { date } = (answer as { readonly $metadata?: { readonly date?: unknown } } | null)?.$metadata ?? {};
  const time = typeof date === 'string' ? Date.parse(date) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}
