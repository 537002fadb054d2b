import type { ListObjectsV2Output, ListObjectsV2Request } from '@aws-sdk/client-s3';
import { ServiceFault } from '../../context.js';
import { page } from '../paging.js';
import { type Buckets, bucketOf, type StoredObject } from './buckets.js';

const mostKeys = 1000;

/** Keys in their order; those that go on after the delimiter are one common prefix, which counts as one. */
export function listObjectsV2(buckets: Buckets, input: ListObjectsV2Request): ListObjectsV2Output {
  const { Bucket, Prefix = '', Delimiter, StartAfter, ContinuationToken, EncodingType, MaxKeys } = input;
  const objects = [...bucketOf(buckets, Bucket).values()].filter(({ key }) => key.startsWith(Prefix) && (StartAfter === undefined || key > StartAfter));
  const entries = grouped(objects, Prefix, Delimiter);
  const size = Math.min(MaxKeys ?? mostKeys, mostKeys);
  const { items, next } = page(entries, { size, token: ContinuationToken, invalid: () => new ServiceFault('InvalidArgument', 'The continuation token provided is incorrect') });
  const encode = (text: string) => (EncodingType === 'url' ? encodeURIComponent(text).replaceAll('%2F', '/') : text);
  return {
    Name: Bucket,
    Prefix: encode(Prefix),
    MaxKeys: size,
    KeyCount: items.length,
    IsTruncated: next !== undefined,
    Contents: items.flatMap(({ object }) => (object === undefined ? [] : [{ Key: encode(object.key), LastModified: object.lastModified, ETag: object.eTag, Size: object.body.byteLength, StorageClass: 'STANDARD' as const }])),
    CommonPrefixes: items.flatMap(({ name, object }) => (object === undefined ? [{ Prefix: encode(name) }] : [])),
    Delimiter: Delimiter === undefined ? undefined : encode(Delimiter),
    EncodingType,
    ContinuationToken,
    NextContinuationToken: next,
    StartAfter: StartAfter === undefined ? undefined : encode(StartAfter),
  };
}

interface Entry {
  readonly name: string;
  /** Absent: a common prefix. */
  readonly object?: StoredObject;
}

function grouped(objects: readonly StoredObject[], prefix: string, delimiter: string | undefined): Entry[] {
  const entries = new Map<string, Entry>();
  for (const object of objects) {
    const end = delimiter === undefined || delimiter === '' ? -1 : object.key.indexOf(delimiter, prefix.length);
    const name = end < 0 ? object.key : object.key.slice(0, end + (delimiter?.length ?? 0));
    entries.set(name, end < 0 ? { name, object } : { name });
  }
  return [...entries.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}
