import type { S3ServiceException } from '@aws-sdk/client-s3';
import { errAsync, okAsync, type ResultAsync } from 'neverthrow';
import type { Clock } from '../clock.js';
import type { AwsError, Unexpected } from '../errors.js';
import { type CallSubject, patiently } from './call.js';
import type { SdkError } from './classify.js';
import type { AwsClients, S3 } from './clients.js';
import { missingPackage } from '../optional-package.js';
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
  const ask = <T>(action: string, key: string, send: (s3: S3) => Promise<T>, refusals: readonly string[] = []) =>
    request(reach, { action, resource: { kind: 'object', name: `arn:aws:s3:::${Bucket}/${key}` } }, (s3) => answered(time, refusals, send(s3)));

  const read: Bucket['read'] = (key) =>
    ask(
      's3:GetObject',
      key,
      async ({ sdk, client }) => {
        const found = await client.send(new sdk.GetObjectCommand({ Bucket, Key: key }));
        // read here: a connection that breaks in between is one more attempt
        return { ...found, body: (await found.Body?.transformToString()) ?? '' };
      },
      absent,
    ).map((found) => (found === null ? null : { body: found.body, etag: found.ETag ?? '' }));

  const put = (key: string, body: string, condition: { readonly IfNoneMatch: string } | { readonly IfMatch: string }) =>
    ask('s3:PutObject', key, ({ sdk, client }) => client.send(new sdk.PutObjectCommand({ Bucket, Key: key, Body: body, ContentType: 'application/json', ...condition })), refused)
      .orElse((error) => (isConflict(error) ? okAsync(null) : errAsync(error)))
      .andThen((written) => (written === null ? read(key).map((found) => (found?.body === body ? { etag: found.etag } : null)) : okAsync({ etag: written.ETag ?? '' })));

  return {
    read,
    create: (key, body) => put(key, body, { IfNoneMatch: '*' }),
    replace: (key, body, etag) => put(key, body, { IfMatch: etag }),
    remove: (key, etag) => {
      let sent = 0;
      return ask(
        's3:DeleteObject',
        key,
        ({ sdk, client }) => {
          sent += 1;
          return client.send(new sdk.DeleteObjectCommand({ Bucket, Key: key, IfMatch: etag }));
        },
        refused,
      )
        .orElse((error) => (isConflict(error) ? okAsync(null) : errAsync(error)))
        .andThen((removed) => (removed === null && sent > 1 ? read(key).map((found) => found === null) : okAsync(removed !== null)));
    },
    list: (Prefix) =>
      allPages((token) =>
        ask('s3:ListBucket', Prefix, ({ sdk, client }) => client.send(new sdk.ListObjectsV2Command({ Bucket, Prefix, ...(token === undefined ? {} : { ContinuationToken: token }) }))).map((page) => ({ items: page?.Contents?.map(({ Key = '' }) => Key) ?? [], next: page?.NextContinuationToken })),
      ),
    now: time.now,
  };
}

function request<T>(reach: BucketReach, subject: CallSubject, send: (s3: S3) => Promise<T>): ResultAsync<T, AwsError> {
  const { region, clients, clock } = reach;
  const caller = { clock, signal: new AbortController().signal, forget: () => clients.forget(), tell: (thrown: SdkError) => tell(reach, subject, thrown) };
  return patiently(caller, subject, async () => send(await clients.s3(region)));
}

/** What AWS answers where there is no such object; a missing bucket is another thing. */
const absent = ['NoSuchKey'];
const refused = ['PreconditionFailed', ...absent];

/** null: refused in one of these ways. Every answer tells the time, also that nothing is there. */
async function answered<T>(time: ServiceTime, refusals: readonly string[], sent: Promise<T>): Promise<T | null> {
  const note = time.sent();
  try {
    const answer = await sent;
    note((answer as DatedAnswer).$metadata?.date);
    return answer;
  } catch (thrown) {
    note((thrown as Partial<S3ServiceException>).$response?.headers['date']);
    if (refusals.includes((thrown as SdkError).name ?? '')) return null;
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
    remedy: `${missingPackage('A bucket', '@aws-sdk/client-s3')}.`,
    cause: { name, message },
  };
}

/** `createClients` puts the answer's own date there; a page is not told it. */
interface DatedAnswer {
  readonly $metadata?: { readonly date?: string | undefined } | undefined;
}

interface ServiceTime {
  now(): number;
  /** A request is sent: gives what is to be told the date of its answer. */
  sent(): (date: string | undefined) => void;
}

/** The date of an answer has whole seconds, and was on its way: a difference within that is none. */
const granularityMs = 1_000;

/** S3's time between its answers, by this machine's clock. */
function serviceTime(clock: Clock): ServiceTime {
  let aheadMs = 0;
  return {
    now: () => clock.now() + aheadMs,
    sent() {
      const sentAt = clock.now();
      return (date) => {
        const difference = Date.parse(date ?? '') - clock.now();
        if (Number.isNaN(difference)) return;
        aheadMs = difference <= granularityMs && difference >= -granularityMs - (clock.now() - sentAt) ? 0 : difference;
      };
    },
  };
}
