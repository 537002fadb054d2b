import type { DeleteObjectRequest, GetObjectOutput, GetObjectRequest, HeadObjectOutput, HeadObjectRequest, PutObjectOutput } from '@aws-sdk/client-s3';
import { Crc32Js, Md5Js } from '@smithy/core/checksum';
import { toBase64, toHex } from '@smithy/core/serde';
import { type CloudContext, ServiceFault } from '../../context.js';
import { type Buckets, bucketOf, type StoredObject } from './buckets.js';

/** What the wire reads of the SDK's `PutObjectRequest`. */
export interface PutObjectInput {
  readonly Bucket: string;
  readonly Key: string;
  readonly Body: Uint8Array;
  readonly ContentType?: string | undefined;
  readonly Metadata?: Readonly<Record<string, string>> | undefined;
  readonly IfMatch?: string | undefined;
  readonly IfNoneMatch?: string | undefined;
  readonly ChecksumCRC32?: string | undefined;
}

/** Compared and written in one moment, after what takes time: of two writers on one condition the second finds it broken. */
export async function putObject({ clock, faults }: CloudContext, buckets: Buckets, input: PutObjectInput): Promise<PutObjectOutput> {
  const { Bucket, Key, Body, ContentType, Metadata, IfMatch, IfNoneMatch, ChecksumCRC32 } = input;
  const [md5, crc32] = await Promise.all([digest(new Md5Js(), Body), digest(new Crc32Js(), Body)]);
  const objects = bucketOf(buckets, Bucket);
  if (ChecksumCRC32 !== undefined && ChecksumCRC32 !== toBase64(crc32)) throw new ServiceFault('BadDigest', 'The CRC32 you specified did not match the calculated checksum.');
  checkWriteConditions(objects.get(Key), { Key, IfMatch, IfNoneMatch });
  if ((IfMatch ?? IfNoneMatch) !== undefined && faults.take('s3-conflict', ({ key }) => key === Key) !== undefined) {
    throw new ServiceFault('ConditionalRequestConflict', 'The conditional request cannot succeed due to a conflicting operation against this resource.', 409, { Key });
  }
  const eTag = `"${toHex(md5)}"`;
  objects.set(Key, { key: Key, body: Body, eTag, lastModified: new Date(Math.floor(clock.now() / 1000) * 1000), contentType: ContentType ?? 'application/octet-stream', metadata: Metadata ?? {}, crc32: ChecksumCRC32 });
  return { ETag: eTag, ServerSideEncryption: 'AES256', ...(ChecksumCRC32 === undefined ? {} : { ChecksumCRC32, ChecksumType: 'FULL_OBJECT' }) };
}

interface Checksum {
  update(bytes: Uint8Array): void;
  digest(): Promise<Uint8Array>;
}

function digest(checksum: Checksum, bytes: Uint8Array): Promise<Uint8Array> {
  checksum.update(bytes);
  return checksum.digest();
}

/** "How to prevent object overwrites with conditional writes". */
function checkWriteConditions(present: StoredObject | undefined, { Key, IfMatch, IfNoneMatch }: Pick<PutObjectInput, 'Key' | 'IfMatch' | 'IfNoneMatch'>): void {
  if (IfNoneMatch !== undefined && IfNoneMatch !== '*') throw new ServiceFault('NotImplemented', 'A header you provided implies functionality that is not implemented', 501, { Header: 'If-None-Match' });
  if (IfNoneMatch === '*' && present !== undefined) throw preconditionFailed('If-None-Match');
  if (IfMatch === undefined) return;
  if (present === undefined) throw noSuchKey(Key);
  if (!matches(IfMatch, present)) throw preconditionFailed('If-Match');
}

export function getObject(buckets: Buckets, input: GetObjectRequest): Omit<GetObjectOutput, 'Body'> & { readonly Body: Uint8Array } {
  const found = readableObject(buckets, input);
  return { ...description(found, input), Body: found.body };
}

export function headObject(buckets: Buckets, input: HeadObjectRequest): HeadObjectOutput {
  return description(readableObject(buckets, input), input);
}

function readableObject(buckets: Buckets, { Bucket, Key = '', IfMatch, IfNoneMatch, ...others }: GetObjectRequest | HeadObjectRequest): StoredObject {
  for (const name of ['Range', 'PartNumber', 'VersionId', 'IfModifiedSince', 'IfUnmodifiedSince'] as const) {
    if (others[name] !== undefined) throw new ServiceFault('NotImplemented', `local cloud does not implement ${name} of an object`, 501);
  }
  const found = bucketOf(buckets, Bucket).get(Key);
  if (found === undefined) throw noSuchKey(Key);
  if (IfMatch !== undefined && !matches(IfMatch, found)) throw preconditionFailed('If-Match');
  if (IfNoneMatch !== undefined && matches(IfNoneMatch, found)) throw new ServiceFault('NotModified', 'Not Modified', 304);
  return found;
}

function description({ body, eTag, lastModified, contentType, metadata, crc32 }: StoredObject, { ChecksumMode }: Pick<GetObjectRequest, 'ChecksumMode'>): HeadObjectOutput {
  return {
    AcceptRanges: 'bytes',
    LastModified: lastModified,
    ContentLength: body.byteLength,
    ETag: eTag,
    ContentType: contentType,
    ServerSideEncryption: 'AES256',
    Metadata: { ...metadata },
    ...(ChecksumMode === 'ENABLED' && crc32 !== undefined ? { ChecksumCRC32: crc32, ChecksumType: 'FULL_OBJECT' } : {}),
  };
}

/** Deletes nothing twice without a word; with a condition what is gone cannot fulfil it ("How to perform conditional deletes"). */
export function deleteObject(buckets: Buckets, { Bucket, Key = '', IfMatch }: DeleteObjectRequest): object {
  const objects = bucketOf(buckets, Bucket);
  const present = objects.get(Key);
  if (IfMatch !== undefined && present === undefined) throw noSuchKey(Key);
  if (IfMatch !== undefined && present !== undefined && !matches(IfMatch, present)) throw preconditionFailed('If-Match');
  objects.delete(Key);
  return {};
}

function matches(condition: string, { eTag }: StoredObject): boolean {
  return condition === '*' || condition.replaceAll('"', '') === eTag.replaceAll('"', '');
}

function noSuchKey(key: string): ServiceFault {
  return new ServiceFault('NoSuchKey', 'The specified key does not exist.', 404, { Key: key });
}

function preconditionFailed(header: string): ServiceFault {
  return new ServiceFault('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', 412, { Condition: header });
}
