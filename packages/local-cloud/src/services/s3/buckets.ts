import type { CreateBucketOutput, CreateBucketRequest, HeadBucketOutput, HeadBucketRequest } from '@aws-sdk/client-s3';
import { type CloudContext, ServiceFault } from '../../context.js';

export interface StoredObject {
  readonly key: string;
  readonly body: Uint8Array;
  /** With its quotation marks. */
  readonly eTag: string;
  /** To the second. */
  readonly lastModified: Date;
  readonly contentType: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** Base64, of those who sent one. */
  readonly crc32: string | undefined;
}

/** The objects of each bucket by their keys. */
export type Buckets = Map<string, Map<string, StoredObject>>;

export function bucketOf(buckets: Buckets, name: string | undefined): Map<string, StoredObject> {
  const found = buckets.get(name ?? '');
  if (found === undefined) throw new ServiceFault('NoSuchBucket', 'The specified bucket does not exist', 404, { BucketName: name ?? '' });
  return found;
}

/** "Bucket naming rules": what a mistake would break, not every prefix that AWS keeps for itself. */
const bucketName = /^(?=.{3,63}$)[a-z0-9]+(?:[.-][a-z0-9]+)*$/;

export function createBucket({ region }: CloudContext, buckets: Buckets, { Bucket = '', CreateBucketConfiguration }: CreateBucketRequest): CreateBucketOutput {
  if (!bucketName.test(Bucket)) throw new ServiceFault('InvalidBucketName', 'The specified bucket is not valid.', 400, { BucketName: Bucket });
  const wanted = CreateBucketConfiguration?.LocationConstraint ?? 'us-east-1';
  if (wanted !== region) {
    throw new ServiceFault('IllegalLocationConstraintException', `The ${wanted === 'us-east-1' ? 'unspecified' : wanted} location constraint is incompatible for the region specific endpoint this request was sent to.`);
  }
  if (buckets.has(Bucket)) throw new ServiceFault('BucketAlreadyOwnedByYou', 'Your previous request to create the named bucket succeeded and you already own it.', 409, { BucketName: Bucket });
  buckets.set(Bucket, new Map());
  return { Location: region === 'us-east-1' ? `/${Bucket}` : `http://${Bucket}.s3.amazonaws.com/` };
}

export function headBucket({ region }: CloudContext, buckets: Buckets, { Bucket }: HeadBucketRequest): HeadBucketOutput {
  bucketOf(buckets, Bucket);
  return { BucketRegion: region };
}
