import type { CreateBucketRequest, DeleteObjectRequest, GetObjectRequest, HeadBucketRequest, HeadObjectRequest, ListObjectsV2Request } from '@aws-sdk/client-s3';
import type { CloudContext, Operations } from '../../context.js';
import { type Buckets, createBucket, headBucket } from './buckets.js';
import { listObjectsV2 } from './list-objects.js';
import { deleteObject, getObject, headObject, putObject, type PutObjectInput } from './objects.js';

export interface S3 {
  readonly operations: Operations;
  hasObject(bucket: string, key: string): boolean;
}

/** S3: buckets, and objects that are written, read and deleted on conditions. */
export function createS3(context: CloudContext): S3 {
  const buckets: Buckets = new Map();
  return {
    operations: {
      CreateBucket: (input: CreateBucketRequest) => createBucket(context, buckets, input),
      HeadBucket: (input: HeadBucketRequest) => headBucket(context, buckets, input),
      PutObject: (input: PutObjectInput) => putObject(context, buckets, input),
      GetObject: (input: GetObjectRequest) => getObject(buckets, input),
      HeadObject: (input: HeadObjectRequest) => headObject(buckets, input),
      DeleteObject: (input: DeleteObjectRequest) => deleteObject(buckets, input),
      ListObjectsV2: (input: ListObjectsV2Request) => listObjectsV2(buckets, input),
    },
    hasObject: (bucket, key) => buckets.get(bucket)?.has(key) === true,
  };
}
