import { CloudFrontClient, DescribeFunctionCommand, type DistributionConfig, GetDistributionCommand, GetDistributionConfigCommand, ListDistributionsCommand, ListFunctionsCommand, TestFunctionCommand, UpdateDistributionCommand } from '@aws-sdk/client-cloudfront';
import { beforeEach, describe, expect, it } from 'vitest';
import { testService } from '../test-service.js';
import { type CloudFront, createCloudFront } from './cloudfront.js';
import { createEdgeFetch } from './edge-fetch.js';

const Id = 'E1ASSETS';
const gate = 'arn:aws:cloudfront::123456789012:function/gate';
let test: ReturnType<typeof testService>;
let cloudfront: CloudFront;
let client: CloudFrontClient;
let visit: typeof fetch;

beforeEach(() => {
  test = testService({ timing: { distributionDeploying: [60_000, 60_000] } });
  cloudfront = createCloudFront(test.context);
  cloudfront.addFunction({ name: 'gate', redirects: { without: { name: 'X-Operator', value: 'yes' }, to: 'https://closed.test/' } });
  cloudfront.addFunction({ name: 'draft', live: false, redirects: { without: { name: 'x', value: '' }, to: 'https://closed.test/' } });
  cloudfront.addDistribution({ id: Id, aliases: ['assets.test'], behaviors: [{ pathPattern: 'img/*' }], answers: { '/a.js': 'code' } });
  client = new CloudFrontClient(test.configurationFor('cloudfront', cloudfront.operations));
  visit = createEdgeFetch(cloudfront.edges, test.clock, () => Promise.reject(new TypeError('fetch failed')));
});

const read = () => client.send(new GetDistributionConfigCommand({ Id }));
const associated = (config: DistributionConfig, FunctionARN: string, more: object = {}): DistributionConfig => ({ ...config, DefaultCacheBehavior: { ...config.DefaultCacheBehavior!, FunctionAssociations: { Quantity: 1, Items: [{ EventType: 'viewer-request', FunctionARN }] }, ...more } });

async function update(change: (config: DistributionConfig) => DistributionConfig, IfMatch?: string) {
  const { DistributionConfig, ETag } = await read();
  return client.send(new UpdateDistributionCommand({ Id, IfMatch: IfMatch ?? ETag, DistributionConfig: change(DistributionConfig!) }));
}

async function seen(path = '/a.js', headers: Record<string, string> = {}): Promise<string> {
  const response = await visit(`https://assets.test${path}`, { headers, redirect: 'manual' });
  return response.headers.get('location') ?? (await response.text());
}

describe('UpdateDistribution', () => {
  it('is InProgress until the last edge has it, and edges answer by the old configuration until they do', async () => {
    await test.clock.sleep(60_000);
    const before = (await read()).ETag;
    const { Distribution, ETag } = await update((config) => associated(config, gate));
    expect(Distribution?.Status).toBe('InProgress');
    expect(ETag).not.toBe(before);
    const answers = new Set<string>();
    for (let second = 0; second < 59; second += 1) {
      answers.add(await seen());
      await test.clock.sleep(1000);
    }
    expect(answers).toEqual(new Set(['code', 'https://closed.test/']));
    await test.clock.sleep(1000);
    expect((await client.send(new GetDistributionCommand({ Id }))).Distribution?.Status).toBe('Deployed');
    for (let time = 0; time < 20; time += 1) expect(await seen()).toBe('https://closed.test/');
    expect([await seen('/a.js', { 'x-operator': 'yes' }), await seen('/img/b')]).toEqual(['code', 'ok']);
    await expect(visit('https://assets.test/a.js')).rejects.toThrow('fetch failed');
  });

  it('wants the version that was read, and the caller reference as it was', async () => {
    await expect(client.send(new UpdateDistributionCommand({ Id, DistributionConfig: (await read()).DistributionConfig }))).rejects.toMatchObject({ name: 'InvalidIfMatchVersion' });
    const { ETag } = await read();
    await update((config) => ({ ...config, Comment: 'theirs' }));
    await expect(update((config) => config, ETag)).rejects.toMatchObject({ name: 'PreconditionFailed', $metadata: { httpStatusCode: 412 } });
    await expect(update((config) => ({ ...config, CallerReference: 'other' }))).rejects.toMatchObject({ name: 'IllegalUpdate' });
    expect((await read()).DistributionConfig).toMatchObject({ Comment: 'theirs' });
  });

  it.each([
    ['a function that is not published', (config: DistributionConfig) => associated(config, gate.replace('gate', 'draft')), 'InvalidFunctionAssociation'],
    ['two functions at one event', (config: DistributionConfig) => associated(config, gate, { FunctionAssociations: { Quantity: 2, Items: [{ EventType: 'viewer-request', FunctionARN: gate }, { EventType: 'viewer-request', FunctionARN: gate }] } }), 'InvalidFunctionAssociation'],
    ['a function beside Lambda@Edge', (config: DistributionConfig) => associated(config, gate, { LambdaFunctionAssociations: { Quantity: 1, Items: [{ EventType: 'viewer-response', LambdaFunctionARN: 'arn:a' }] } }), 'InvalidFunctionAssociation'],
    ['a quantity that is none', (config: DistributionConfig) => associated(config, gate, { FunctionAssociations: { Quantity: 2, Items: [{ EventType: 'viewer-request', FunctionARN: gate }] } }), 'InconsistentQuantities'],
  ])('refuses %s', async (_what, change, name) => {
    await expect(update(change)).rejects.toMatchObject({ name });
  });
});

describe('what CloudFront tells', () => {
  it('is of distributions and functions by name, and that there is no other', async () => {
    expect((await client.send(new ListDistributionsCommand({}))).DistributionList).toMatchObject({ Quantity: 1, IsTruncated: false, Items: [{ Id, DomainName: 'e1assets.cloudfront.net', Aliases: { Items: ['assets.test'] } }] });
    expect((await client.send(new ListFunctionsCommand({ Stage: 'LIVE' }))).FunctionList?.Items?.map(({ Name }) => Name)).toEqual(['gate']);
    await expect(client.send(new GetDistributionCommand({ Id: 'E2' }))).rejects.toMatchObject({ name: 'NoSuchDistribution', $metadata: { httpStatusCode: 404 } });
    await expect(client.send(new DescribeFunctionCommand({ Name: 'draft', Stage: 'LIVE' }))).rejects.toMatchObject({ name: 'NoSuchFunctionExists' });
  });

  it('is what a function makes of an event', async () => {
    const { ETag, FunctionSummary } = await client.send(new DescribeFunctionCommand({ Name: 'gate', Stage: 'LIVE' }));
    expect(FunctionSummary?.FunctionMetadata?.FunctionARN).toBe(gate);
    const run = async (headers: object) => {
      const EventObject = new TextEncoder().encode(JSON.stringify({ version: '1.0', request: { method: 'GET', uri: '/', headers } }));
      return JSON.parse((await client.send(new TestFunctionCommand({ Name: 'gate', Stage: 'LIVE', IfMatch: ETag, EventObject }))).TestResult?.FunctionOutput ?? '') as unknown;
    };
    expect(await run({})).toMatchObject({ response: { statusCode: 302, headers: { location: { value: 'https://closed.test/' } } } });
    expect(await run({ 'x-operator': { value: 'yes' } })).toMatchObject({ request: { uri: '/' } });
  });
});
