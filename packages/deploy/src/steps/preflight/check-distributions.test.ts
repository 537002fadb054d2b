import { CloudFrontClient, DescribeFunctionCommand, type DistributionConfig, GetDistributionCommand, TestFunctionCommand } from '@aws-sdk/client-cloudfront';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { definition, headerName, headerValue, testEnvironment } from '../../environment/environment.fixture.js';
import { checkDistributions } from './check-distributions.js';

const cloudfront = mockClient(CloudFrontClient);
const gated = { ...definition, maintenance: { ...definition.maintenance, cloudFront: { functionName: 'maintenance', distributions: ['E1'] } } };
const behavior = { TargetOriginId: 'bucket', ViewerProtocolPolicy: 'https-only' as const };
const config: DistributionConfig = { CallerReference: 'one', Comment: '', Enabled: true, Origins: { Quantity: 0, Items: [] }, Aliases: { Quantity: 1, Items: ['assets.graasp.org'] }, DefaultCacheBehavior: behavior };
const associated = (FunctionARN: string) => ({ DefaultCacheBehavior: { ...behavior, FunctionAssociations: { Quantity: 1, Items: [{ EventType: 'viewer-request' as const, FunctionARN }] } } });
const passed = '{"request":{}}';
const answered = '{"response":{"statusCode":302}}';

function found(changes: Partial<DistributionConfig> = {}, Status = 'Deployed'): void {
  cloudfront.on(GetDistributionCommand).resolves({ ETag: 'a', Distribution: { Id: 'E1', ARN: '', Status, LastModifiedTime: new Date(0), InProgressInvalidationBatches: 0, DomainName: 'e1.cloudfront.net', ActiveTrustedSigners: { Enabled: false, Quantity: 0 }, DistributionConfig: { ...config, ...changes } } });
}

const events: unknown[] = [];

/** What the function makes of whoever has the header, and of whoever has not. */
function functionAnswers(operator: string, visitor: string, FunctionErrorMessage = ''): void {
  cloudfront.on(TestFunctionCommand).callsFake(({ EventObject }: { EventObject: Uint8Array }) => {
    const event = JSON.parse(new TextDecoder().decode(EventObject)) as { request: { headers: Record<string, { value: string }> } };
    events.push(event);
    return { TestResult: { FunctionOutput: event.request.headers[headerName]?.value === headerValue ? operator : visitor, FunctionErrorMessage } };
  });
}

const look = async () => (await checkDistributions(testEnvironment({ definition: gated })))._unsafeUnwrap();
const of = (name: string) => look().then((checks) => checks.filter((check) => check.name === name));

beforeEach(() => {
  cloudfront.reset();
  events.length = 0;
  found();
  functionAnswers(passed, answered);
  cloudfront.on(DescribeFunctionCommand).resolves({ ETag: 'f', FunctionSummary: { Name: 'maintenance', FunctionConfig: { Comment: '', Runtime: 'cloudfront-js-2.0' }, FunctionCode: undefined, FunctionMetadata: { FunctionARN: 'arn:function/maintenance', LastModifiedTime: new Date(0) } } as never });
});

describe('checkDistributions', () => {
  it('tells that distributions can be closed, by a function that lets operators through and nobody else', async () => {
    expect(await look()).toEqual([
      { group: 'gate', name: 'distributions', status: 'ok', detail: 'distribution E1 (assets.graasp.org): deployed, and can be closed' },
      { group: 'gate', name: 'maintenance function', status: 'ok', detail: 'maintenance is published; it answers visitors, and lets operators through' },
    ]);
    const event = (headers: object) => ({ version: '1.0', context: { eventType: 'viewer-request' }, viewer: { ip: '192.0.2.1' }, request: { method: 'GET', uri: '/', querystring: {}, headers, cookies: {} } });
    expect(events).toEqual([event({}), event({ [headerName]: { value: headerValue } })]);
  });

  it('has nothing to look at where none are declared', async () => {
    expect((await checkDistributions(testEnvironment()))._unsafeUnwrap()).toEqual([{ group: 'gate', name: 'distributions', status: 'skip', detail: 'none declared' }]);
  });

  it('warns of one that is closed already', async () => {
    found(associated('arn:function/maintenance'));
    expect(await of('distributions')).toEqual([{ group: 'gate', name: 'distributions', status: 'warning', detail: 'closed already: distribution E1 (assets.graasp.org)', remedy: 'What is closed now is taken for the normal state. Open it before if it was forgotten.' }]);
  });

  it('tells everything that keeps one from being closed', async () => {
    found({ Enabled: false, ...associated('arn:function/other') }, 'InProgress');
    const failed = (detail: string, remedy: string) => ({ group: 'gate', name: 'distributions', status: 'failed', detail: `distribution E1 (assets.graasp.org)${detail}`, remedy });
    expect(await of('distributions')).toEqual([
      failed(' is disabled', 'Enable it, or take it out of maintenance.cloudFront.'),
      failed(' is InProgress', 'Somebody has just changed it: wait until it is Deployed.'),
      failed(': something else answers viewer requests at default behavior', 'Let that function do what the gate does, or take it away from these behaviors.'),
    ]);
  });

  it.each([
    ['lets visitors through', passed, passed, '', 'lets visitors through'],
    ['turns operators away', answered, answered, '', 'turns operators away as well, or fails'],
    ['fails', passed, passed, 'TypeError', 'turns operators away as well, or fails'],
    ['says nothing that can be read', 'broken', 'broken', '', 'turns operators away as well, or fails'],
  ])('fails for a function that %s', async (_, operator, visitor, error, what) => {
    functionAnswers(operator, visitor, error);
    expect(await of('maintenance function')).toEqual([
      { group: 'gate', name: 'maintenance function', status: 'failed', detail: `maintenance ${what}`, remedy: 'It has to answer whoever comes without the maintenance header of this environment, and to return the request of whoever has it.' },
    ]);
  });

  it('tells what cannot be read beside what can', async () => {
    cloudfront.on(GetDistributionCommand).rejects(Object.assign(new Error('no'), { name: 'NoSuchDistribution', $metadata: { httpStatusCode: 404 } }));
    cloudfront.on(TestFunctionCommand).rejects(Object.assign(new Error('no'), { name: 'AccessDenied', $metadata: { httpStatusCode: 403 } }));
    expect((await look()).map(({ name, status }) => `${status} ${name}`)).toEqual(['failed distributions', 'failed maintenance function']);
  });
});
