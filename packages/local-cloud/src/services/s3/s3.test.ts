import { CreateBucketCommand, DeleteObjectCommand, GetObjectCommand, HeadBucketCommand, HeadObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { beforeEach, describe, expect, it } from 'vitest';
import { startAt, testService } from '../test-service.js';
import { createS3 } from './s3.js';

const Bucket = 'shop-files';
let test: ReturnType<typeof testService>;
let s3: S3Client;

beforeEach(async () => {
  test = testService();
  s3 = new S3Client(test.configurationFor('s3', createS3(test.context).operations));
  await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: 'eu-central-1' } }));
});

const put = (Key: string, Body: string, conditions: { IfMatch?: string; IfNoneMatch?: string } = {}) => s3.send(new PutObjectCommand({ Bucket, Key, Body, ...conditions }));
const textOf = async (Key: string) => (await s3.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString();

describe('CreateBucket', () => {
  it('refuses a bucket that is there, a name that AWS refuses, and a region that is not its own', async () => {
    const create = (name: string, LocationConstraint: 'eu-west-1' | 'eu-central-1') => s3.send(new CreateBucketCommand({ Bucket: name, CreateBucketConfiguration: { LocationConstraint } }));
    await expect(create(Bucket, 'eu-central-1')).rejects.toMatchObject({ name: 'BucketAlreadyOwnedByYou', $metadata: { httpStatusCode: 409 } });
    await expect(create('Files', 'eu-central-1')).rejects.toMatchObject({ name: 'InvalidBucketName' });
    await expect(create('others', 'eu-west-1')).rejects.toMatchObject({ message: 'The eu-west-1 location constraint is incompatible for the region specific endpoint this request was sent to.' });
  });

  it('is found by HeadBucket, which is told nothing of another', async () => {
    expect((await s3.send(new HeadBucketCommand({ Bucket }))).BucketRegion).toBe('eu-central-1');
    await expect(s3.send(new HeadBucketCommand({ Bucket: 'others' }))).rejects.toMatchObject({ name: 'NotFound' });
  });
});

describe('PutObject', () => {
  it('keeps an object whose tag is the MD5 of its bytes, written at the second of the clock', async () => {
    await test.clock.sleep(1500);
    const { ETag } = await s3.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'hello', ContentType: 'text/plain', Metadata: { run: '1' } }));
    expect(ETag).toBe('"5d41402abc4b2a76b9719d911017c592"');
    expect(await s3.send(new HeadObjectCommand({ Bucket, Key: 'a' }))).toMatchObject({ ETag, ContentLength: 5, ContentType: 'text/plain', Metadata: { run: '1' }, LastModified: new Date(startAt + 1000) });
    expect(await textOf('a')).toBe('hello');
  });

  it('creates with If-None-Match only what is not there', async () => {
    await put('lock', 'mine', { IfNoneMatch: '*' });
    await expect(put('lock', 'theirs', { IfNoneMatch: '*' })).rejects.toMatchObject({ name: 'PreconditionFailed', message: 'At least one of the pre-conditions you specified did not hold', $metadata: { httpStatusCode: 412 } });
    await expect(put('lock', 'theirs', { IfNoneMatch: '"tag"' })).rejects.toMatchObject({ name: 'NotImplemented', $metadata: { httpStatusCode: 501 } });
    expect(await textOf('lock')).toBe('mine');
  });

  it('replaces with If-Match only what was read', async () => {
    const { ETag } = await put('lock', 'one');
    await put('lock', 'two', { IfMatch: ETag! });
    await expect(put('lock', 'three', { IfMatch: ETag! })).rejects.toMatchObject({ name: 'PreconditionFailed', $metadata: { httpStatusCode: 412 } });
    await expect(put('nothing', 'three', { IfMatch: ETag! })).rejects.toMatchObject({ name: 'NoSuchKey', $metadata: { httpStatusCode: 404 } });
    expect(await textOf('lock')).toBe('two');
  });

  it('lets one of two win who write at once on one condition', async () => {
    const written = await Promise.allSettled(['mine', 'theirs'].map((body) => put('lock', body, { IfNoneMatch: '*' })));
    expect(written.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(await textOf('lock')).toBe('mine');
  });

  it('answers a conditional write with a conflict when told, and writes nothing', async () => {
    test.context.faults.add({ kind: 's3-conflict', key: 'lock' });
    await put('lock', 'one');
    await expect(put('lock', 'two', { IfMatch: '*' })).rejects.toMatchObject({ name: 'ConditionalRequestConflict', $metadata: { httpStatusCode: 409 } });
    expect(await textOf('lock')).toBe('one');
    await put('lock', 'two', { IfMatch: '*' });
  });

  it('refuses bytes that do not have the checksum that was sent', async () => {
    await expect(s3.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'hello', ChecksumCRC32: 'AAAAAA==' }))).rejects.toMatchObject({ name: 'BadDigest' });
  });

  it('refuses a bucket that is not there', async () => {
    await expect(s3.send(new PutObjectCommand({ Bucket: 'others', Key: 'a', Body: 'hello' }))).rejects.toMatchObject({ name: 'NoSuchBucket', BucketName: 'others' });
  });
});

describe('GetObject', () => {
  it('is told of a condition that fails, and of what has not changed', async () => {
    const { ETag } = await put('a', 'one');
    const get = (conditions: object) => s3.send(new GetObjectCommand({ Bucket, Key: 'a', ...conditions }));
    await expect(get({ IfMatch: '"other"' })).rejects.toMatchObject({ name: 'PreconditionFailed' });
    await expect(get({ IfNoneMatch: ETag })).rejects.toMatchObject({ $metadata: { httpStatusCode: 304 } });
    expect(await (await get({ IfMatch: ETag, IfNoneMatch: '"other"' })).Body?.transformToString()).toBe('one');
  });

  it('says what it does not implement, instead of answering something else', async () => {
    await expect(s3.send(new GetObjectCommand({ Bucket, Key: 'a', Range: 'bytes=0-1' }))).rejects.toMatchObject({ name: 'NotImplemented', message: 'local cloud does not implement Range of an object' });
  });
});

describe('DeleteObject', () => {
  it('deletes on a condition what was read, and without one whatever is there', async () => {
    const { ETag } = await put('lock', 'one');
    const remove = (IfMatch?: string) => s3.send(new DeleteObjectCommand({ Bucket, Key: 'lock', IfMatch }));
    await expect(remove('"other"')).rejects.toMatchObject({ name: 'PreconditionFailed', $metadata: { httpStatusCode: 412 } });
    expect((await remove(ETag)).$metadata.httpStatusCode).toBe(204);
    await expect(remove(ETag)).rejects.toMatchObject({ name: 'NoSuchKey' });
    expect((await remove()).$metadata.httpStatusCode).toBe(204);
    await expect(textOf('lock')).rejects.toMatchObject({ name: 'NoSuchKey' });
  });
});

describe('ListObjectsV2', () => {
  beforeEach(async () => {
    for (const key of ['runs/2/a', 'runs/1/a', 'lock', 'runs/1/b', 'run/ü']) await put(key, key);
  });
  const list = async (input: object) => {
    const { Contents = [], CommonPrefixes = [], NextContinuationToken } = await s3.send(new ListObjectsV2Command({ Bucket, ...input }));
    return { keys: Contents.map(({ Key }) => Key), prefixes: CommonPrefixes.map(({ Prefix }) => Prefix), next: NextContinuationToken };
  };

  it('lists keys in their order, with a prefix and from a key on', async () => {
    expect(await list({})).toEqual({ keys: ['lock', 'run/ü', 'runs/1/a', 'runs/1/b', 'runs/2/a'], prefixes: [], next: undefined });
    expect((await list({ Prefix: 'runs/', StartAfter: 'runs/1/a' })).keys).toEqual(['runs/1/b', 'runs/2/a']);
    expect((await list({ Prefix: 'run/', EncodingType: 'url' })).keys).toEqual(['run/%C3%BC']);
  });

  it('groups keys by a delimiter, and goes on page by page', async () => {
    const first = await list({ Delimiter: '/', MaxKeys: 2 });
    expect(first).toMatchObject({ keys: ['lock'], prefixes: ['run/'] });
    expect(await list({ Delimiter: '/', MaxKeys: 2, ContinuationToken: first.next })).toEqual({ keys: [], prefixes: ['runs/'], next: undefined });
    expect((await list({ Prefix: 'runs/', Delimiter: '/' })).prefixes).toEqual(['runs/1/', 'runs/2/']);
    await expect(list({ ContinuationToken: 'nothing' })).rejects.toMatchObject({ name: 'InvalidArgument' });
  });
});
