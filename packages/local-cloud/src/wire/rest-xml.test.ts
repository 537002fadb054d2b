import { Readable } from 'node:stream';
import { CloudFrontClient, GetDistributionConfigCommand, UpdateDistributionCommand, type DistributionConfig } from '@aws-sdk/client-cloudfront';
import { DeleteObjectCommand, GetObjectCommand, HeadObjectCommand, ListObjectsV2Command, PutBucketTaggingCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { virtualClock } from '../clock.js';
import { ServiceFault, type Operations } from '../context.js';
import { createFaults } from '../faults.js';
import { createAuthorizer } from '../iam/authorizer.js';
import { noRegistries, nothingShown } from '../test-cloud.js';
import { listenOverHttp, type HttpListener } from './http-listener.js';
import { createInProcessHandler } from './in-process.js';
import { createRequestLog } from './request-log.js';
import { createWire, type ServiceName } from './wire.js';

const startAt = Date.UTC(2026, 10, 23, 8);
const credentials = { accessKeyId: 'AKIA', secretAccessKey: 'secret' };

let services: Partial<Record<ServiceName, Operations>>;
let received: unknown[];
let listener: HttpListener | undefined;

beforeEach(() => {
  services = {};
  received = [];
});
afterEach(() => listener?.close());

/** Keeps what it is asked, and answers. */
const answering = (output: unknown) => (input: unknown) => (received.push(input), output);
const refusing = (fault: ServiceFault) => () => {
  throw fault;
};

describe.each(['in process', 'over HTTP'] as const)('REST-XML %s', (where) => {
  async function connected() {
    const clock = virtualClock({ startAt });
    const faults = createFaults(() => clock.random());
    const log = createRequestLog();
    const wire = createWire({ region: () => services, accountId: '123456789012', authorizer: createAuthorizer('123456789012', undefined, { taskRoles: () => [], hasObject: () => false, tagsOf: () => ({}) }), clock, faults, log });
    const common = { region: 'eu-central-1', credentials, maxAttempts: 1 };
    if (where === 'in process') return { faults, log, config: { ...common, requestHandler: createInProcessHandler(wire, clock) } };
    listener = await listenOverHttp(wire, nothingShown, noRegistries);
    return { faults, log, config: { ...common, endpoint: listener.url } };
  }

  it('reads a structure that is the body, and writes one, with nested lists and empty texts', async () => {
    const { config } = await connected();
    services = { cloudfront: { GetDistributionConfig: answering({ DistributionConfig: distribution, ETag: 'E1' }), UpdateDistribution: answering({ ETag: 'E2', Distribution: { Id: 'D1', LastModifiedTime: new Date(startAt), DistributionConfig: distribution } }) } };
    const client = new CloudFrontClient(config);
    const read = await client.send(new GetDistributionConfigCommand({ Id: 'D1' }));
    const updated = await client.send(new UpdateDistributionCommand({ Id: 'D1', IfMatch: read.ETag, DistributionConfig: read.DistributionConfig }));

    expect(read).toMatchObject({ ETag: 'E1', DistributionConfig: distribution });
    expect(received).toEqual([{ Id: 'D1' }, { Id: 'D1', IfMatch: 'E1', DistributionConfig: distribution }]);
    expect(updated).toMatchObject({ ETag: 'E2', Distribution: { Id: 'D1', LastModifiedTime: new Date(startAt), DistributionConfig: distribution } });
    expect(updated.$metadata.requestId).toMatch(/^00000000-/);
  });

  it('reads labels with slashes, queries, headers and bytes, and writes headers, prefixed ones too, status and bytes', async () => {
    const { config, log } = await connected();
    services = {
      s3: {
        PutObject: answering({ ETag: '"a"' }),
        GetObject: answering({ Body: new Uint8Array([1, 255]), ContentLength: 2, LastModified: new Date(startAt), Metadata: { run: '1' } }),
        HeadObject: answering({ ContentLength: 2 }),
        DeleteObject: answering({}),
      },
    };
    const s3 = new S3Client(config);
    const at = { Bucket: 'shop-files', Key: 'runs/ü 1+1/journal' };
    await s3.send(new PutObjectCommand({ ...at, Body: '{"a":1}', Metadata: { Run: '1' }, IfNoneMatch: '*', ContentType: 'application/json' }));
    const read = await s3.send(new GetObjectCommand(at));
    const head = await s3.send(new HeadObjectCommand(at));
    const deleted = await s3.send(new DeleteObjectCommand({ ...at, IfMatch: '"a"' }));

    expect(received[0]).toMatchObject({ ...at, Metadata: { run: '1' }, IfNoneMatch: '*', ContentType: 'application/json', ChecksumCRC32: 'Vhusrw==' });
    expect(new TextDecoder().decode((received[0] as { Body: Uint8Array }).Body)).toBe('{"a":1}');
    expect(await read.Body?.transformToByteArray()).toEqual(new Uint8Array([1, 255]));
    expect(read).toMatchObject({ LastModified: new Date(startAt), Metadata: { run: '1' } });
    expect(head.ContentLength).toBe(2);
    expect([deleted.$metadata.httpStatusCode, received[3]]).toEqual([204, { ...at, IfMatch: '"a"' }]);
    expect(log.requests.map(({ operation, status }) => `${operation} ${String(status)}`)).toEqual(['s3:PutObject 200', 's3:GetObject 200', 's3:HeadObject 200', 's3:DeleteObject 204']);
  });

  it('reads a stream, whose checksum comes behind it', async () => {
    const { config } = await connected();
    services = { s3: { PutObject: answering({}) } };
    const text = 'ä line\r\n'.repeat(20_000);
    await new S3Client(config).send(new PutObjectCommand({ Bucket: 'shop-files', Key: 'a', Body: Readable.from([Buffer.from(text)]), ContentLength: Buffer.byteLength(text) }));
    expect(received[0]).toMatchObject({ Key: 'a', ContentLength: Buffer.byteLength(text), ChecksumCRC32: expect.stringMatching(/^.{6}==$/) as unknown });
    expect(received[0]).not.toHaveProperty('ContentEncoding');
    expect(new TextDecoder().decode((received[0] as { Body: Uint8Array }).Body)).toBe(text);
  });

  it('writes flattened lists', async () => {
    const { config } = await connected();
    services = { s3: { ListObjectsV2: answering({ KeyCount: 2, IsTruncated: true, Contents: [{ Key: 'a&b', Size: 1, LastModified: new Date(startAt) }, { Key: 'c' }], CommonPrefixes: [{ Prefix: 'd/' }] }) } };
    const listed = await new S3Client(config).send(new ListObjectsV2Command({ Bucket: 'shop-files', Prefix: 'a b/', MaxKeys: 2 }));
    expect(received).toEqual([{ Bucket: 'shop-files', Prefix: 'a b/', MaxKeys: 2 }]);
    expect(listed).toMatchObject({ KeyCount: 2, IsTruncated: true, Contents: [{ Key: 'a&b', Size: 1, LastModified: new Date(startAt) }, { Key: 'c' }], CommonPrefixes: [{ Prefix: 'd/' }] });
  });

  it("writes errors in each service's form", async () => {
    const { config } = await connected();
    services = {
      cloudfront: { GetDistributionConfig: refusing(new ServiceFault('NoSuchDistribution', 'The specified distribution <does> not exist.')) },
      s3: {
        GetObject: refusing(new ServiceFault('NoSuchKey', 'The specified key does not exist.', 404, { Key: 'a&b' })),
        HeadObject: refusing(new ServiceFault('NoSuchKey', 'The specified key does not exist.', 404)),
        PutObject: refusing(new ServiceFault('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', 412, { Condition: 'If-Match' })),
      },
    };
    const s3 = new S3Client(config);
    const at = { Bucket: 'shop-files', Key: 'a&b' };
    await expect(new CloudFrontClient(config).send(new GetDistributionConfigCommand({ Id: 'D1' }))).rejects.toMatchObject({ name: 'NoSuchDistribution', message: 'The specified distribution <does> not exist.', $metadata: { httpStatusCode: 404 } });
    await expect(s3.send(new GetObjectCommand(at))).rejects.toMatchObject({ name: 'NoSuchKey', message: 'The specified key does not exist.', Key: 'a&b', $metadata: { httpStatusCode: 404 } });
    await expect(s3.send(new HeadObjectCommand(at))).rejects.toMatchObject({ name: 'NotFound', $metadata: { httpStatusCode: 404 } });
    await expect(s3.send(new PutObjectCommand({ ...at, Body: 'a' }))).rejects.toMatchObject({ name: 'PreconditionFailed', Condition: 'If-Match', $metadata: { httpStatusCode: 412 } });
    await expect(s3.send(new PutBucketTaggingCommand({ Bucket: 'shop-files', Tagging: { TagSet: [] } }))).rejects.toMatchObject({ name: 'NotImplemented', message: 'local cloud does not implement s3:PutBucketTagging' });
  });

  it('goes wrong as each service does', async () => {
    const { config, faults } = await connected();
    services = { s3: { HeadObject: answering({}), GetObject: answering({}) }, cloudfront: { GetDistributionConfig: answering({}) } };
    const get = () => new S3Client(config).send(new GetObjectCommand({ Bucket: 'shop-files', Key: 'a' }));
    const describe = () => new CloudFrontClient(config).send(new GetDistributionConfigCommand({ Id: 'D1' }));
    faults.add({ kind: 'throttle', operation: '*', times: 2 });
    await expect(get()).rejects.toMatchObject({ name: 'SlowDown', $metadata: { httpStatusCode: 503 } });
    await expect(describe()).rejects.toMatchObject({ name: 'Throttling', $metadata: { httpStatusCode: 400 } });
    faults.add({ kind: 'access-denied', operation: '*', times: 1 });
    await expect(describe()).rejects.toMatchObject({ name: 'AccessDenied', message: 'User: arn:aws:iam::123456789012:user/rehearsal is not authorized to perform: cloudfront:GetDistributionConfig on resource: *', $metadata: { httpStatusCode: 403 } });
  });
});

describe('a wire that is asked in REST', () => {
  const authorization = 'AWS4-HMAC-SHA256 Credential=AKIA/20261123/eu-central-1/s3/aws4_request';
  const clock = virtualClock({ startAt });
  const wire = createWire({ region: () => services, accountId: '123456789012', authorizer: createAuthorizer('123456789012', undefined, { taskRoles: () => [], hasObject: () => false, tagsOf: () => ({}) }), clock, faults: createFaults(() => 0) });
  const ask = async (request: { method: string; path: string; query?: string; headers?: Record<string, string>; body?: string }) => {
    const answer = await wire.handle({ ...request, query: new URLSearchParams(request.query), headers: { authorization, ...request.headers }, body: new TextEncoder().encode(request.body ?? '') });
    return answer.kind === 'answer' ? { status: answer.status, headers: answer.headers, text: new TextDecoder().decode(answer.body) } : answer;
  };

  it('answers with the date of its clock', async () => {
    services = { s3: { HeadObject: () => ({}) } };
    expect(await ask({ method: 'HEAD', path: '/shop-files/a' })).toMatchObject({ headers: { date: 'Mon, 23 Nov 2026 08:00:00 GMT' } });
  });

  it("finds a bucket in the host's name", async () => {
    services = { s3: { GetObject: answering({}) } };
    await ask({ method: 'GET', path: '/a/b', headers: { host: 'shop-files.s3.eu-central-1.amazonaws.com' } });
    expect(received).toEqual([{ Bucket: 'shop-files', Key: 'a/b' }]);
  });

  it.each([
    ['a path that is no operation', { method: 'POST', path: '/shop-files' }, 404, '<Code>UnknownOperationException</Code>'],
    ['a body that is no XML', { method: 'PUT', path: '/shop-files', body: '<CreateBucketConfiguration><' }, 400, '<Code>MalformedXML</Code>'],
    ['a number that is none', { method: 'GET', path: '/shop-files', query: 'list-type=2&max-keys=many' }, 400, '<Message>MaxKeys is not a number.</Message>'],
    ['chunks that end too early', { method: 'PUT', path: '/shop-files/a', headers: { 'content-encoding': 'aws-chunked' }, body: '5\r\nhel' }, 400, '<Code>IncompleteBody</Code>'],
  ])('answers %s with a client error', async (_what, request, status, text) => {
    services = { s3: { CreateBucket: () => ({}), ListObjectsV2: () => ({}), PutObject: () => ({}) } };
    expect(await ask(request)).toMatchObject({ status, text: expect.stringContaining(text) as unknown });
  });
});

const none = { Quantity: 0 };
const behavior = {
  TargetOriginId: 'bucket',
  ViewerProtocolPolicy: 'redirect-to-https' as const,
  Compress: true,
  LambdaFunctionAssociations: none,
  FunctionAssociations: { Quantity: 1, Items: [{ FunctionARN: 'arn:aws:cloudfront::123456789012:function/a', EventType: 'viewer-response' as const }] },
};
const distribution: DistributionConfig = {
  CallerReference: 'one',
  Aliases: { Quantity: 2, Items: ['a.test', '*.b.test'] },
  DefaultRootObject: '',
  Origins: { Quantity: 1, Items: [{ Id: 'bucket', DomainName: 'bucket.s3.amazonaws.com', OriginPath: '', S3OriginConfig: { OriginAccessIdentity: '' } }] },
  DefaultCacheBehavior: behavior,
  CacheBehaviors: { Quantity: 1, Items: [{ PathPattern: '/img/*', ...behavior }] },
  Comment: 'files & <pictures>',
  Enabled: true,
};
