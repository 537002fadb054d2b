import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { testClock } from '../runs/testing/clock.js';
import { createClients } from './clients.js';
import { type Bucket, openBucket } from './s3.js';

const s3 = mockClient(S3Client);
beforeEach(() => s3.reset());

const clock = testClock();
function open(): Bucket {
  const clients = createClients('eu-central-1', { credentials: () => Promise.resolve({ accessKeyId: 'a', secretAccessKey: 'b' }) });
  return openBucket({ bucket: 'releases', region: 'eu-central-1', clients, clock, namedBy: 's3RunStore' });
}

const failure = (name: string, details: object = {}) => Object.assign(new Error(`${name} of S3`), { name, ...details });
const dated = (ms: number) => ({ $metadata: { date: new Date(ms).toUTCString() } });

describe('openBucket', () => {
  it('names the object that may not be read where S3 does not, and what reading needs besides', async () => {
    s3.on(GetObjectCommand).rejects(Object.assign(new Error('Access Denied'), { name: 'AccessDenied' }));
    expect((await open().read('dev/lock'))._unsafeUnwrapErr()).toMatchObject({
      kind: 'AccessDenied',
      action: 's3:GetObject',
      message: 'the credentials may not s3:GetObject on arn:aws:s3:::releases/dev/lock in eu-central-1',
      remedy: 'Allow s3:GetObject on arn:aws:s3:::releases/dev/lock in the policy of the role or user that runs this. s3:ListBucket on the bucket is needed too: without it S3 denies an object that is not there.',
    });
  });

  it('says in which region a bucket is that was asked for in another', async () => {
    s3.on(PutObjectCommand).rejects(failure('PermanentRedirect', { $response: { headers: { 'x-amz-bucket-region': 'eu-west-1' } } }));
    expect((await open().create('dev/lock', 'x'))._unsafeUnwrapErr()).toMatchObject({
      message: 's3:PutObject: bucket releases is in eu-west-1, not in eu-central-1',
      remedy: "Say region: 'eu-west-1' where the bucket is named (s3RunStore).",
    });
  });

  it('lists every page', async () => {
    s3.on(ListObjectsV2Command).resolvesOnce({ Contents: [{ Key: 'a' }], NextContinuationToken: 'n' }).resolves({ Contents: [{ Key: 'b' }] });
    expect((await open().list(''))._unsafeUnwrap()).toEqual(['a', 'b']);
    expect(s3.commandCalls(ListObjectsV2Command)[1]?.args[0].input).toEqual({ Bucket: 'releases', Prefix: '', ContinuationToken: 'n' });
  });

  it('asks nothing of encryption, versions or storage: they are the bucket’s', async () => {
    s3.on(PutObjectCommand).resolves({ ETag: '"1"' });
    await open().create('dev/lock', 'x');
    expect(s3.commandCalls(PutObjectCommand)[0]?.args[0].input).toEqual({ Bucket: 'releases', Key: 'dev/lock', Body: 'x', ContentType: 'application/json', IfNoneMatch: '*' });
  });

  it('goes by the time of S3 where this machine’s is another, and by its own where they agree to the second', async () => {
    const bucket = open();
    expect(bucket.now()).toBe(clock.now());
    s3.on(ListObjectsV2Command).callsFake(() => dated(clock.now() + 600_000));
    await bucket.list('');
    expect(bucket.now() - clock.now()).toBe(600_000);
    await clock.advance(30);
    expect(bucket.now() - clock.now()).toBe(600_000);
    s3.on(ListObjectsV2Command).callsFake(() => dated(clock.now() - 900));
    await bucket.list('');
    expect(bucket.now()).toBe(clock.now());
    s3.on(ListObjectsV2Command).callsFake(() => dated(clock.now() - 60_000));
    await bucket.list('');
    expect(bucket.now() - clock.now()).toBe(-60_000);
    s3.on(ListObjectsV2Command).resolves({});
    await bucket.list('');
    expect(bucket.now() - clock.now()).toBe(-60_000);
  });

  it('tells how to install the client that is missing, once one is needed', async () => {
    vi.doMock('@aws-sdk/client-s3', () => {
      throw new Error('Cannot find package');
    });
    try {
      expect((await open().read('dev/lock'))._unsafeUnwrapErr()).toMatchObject({
        kind: 'Unexpected',
        message: 's3:GetObject was not sent: @aws-sdk/client-s3 could not be loaded',
        remedy: 'A bucket needs the package @aws-sdk/client-s3, which is not installed beside @graasp/deploy: npm install @aws-sdk/client-s3.',
      });
    } finally {
      vi.doUnmock('@aws-sdk/client-s3');
    }
  });
});
