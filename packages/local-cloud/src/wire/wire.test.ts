import { ApplicationAutoScalingClient, DescribeScalableTargetsCommand } from '@aws-sdk/client-application-auto-scaling';
import { CloudWatchClient, DescribeAlarmsCommand, GetMetricDataCommand, PutDashboardCommand } from '@aws-sdk/client-cloudwatch';
import { DescribeServicesCommand, ECSClient, ListClustersCommand, RunTaskCommand, UpdateServiceCommand } from '@aws-sdk/client-ecs';
import { DescribeRulesCommand, ElasticLoadBalancingV2Client, ModifyRuleCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import { DescribeDBInstancesCommand, RDSClient } from '@aws-sdk/client-rds';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { AwsSmithyRpcV2CborProtocol } from '@aws-sdk/core/protocols';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { virtualClock } from '../clock.js';
import { ServiceFault, type Operations } from '../context.js';
import { createFaults } from '../faults.js';
import { createAuthorizer } from '../iam/authorizer.js';
import { noRegistries, nothingShown } from '../test-cloud.js';
import { listenOverHttp, type HttpListener } from './http-listener.js';
import { createInProcessHandler } from './in-process.js';
import { createRequestLog } from './request-log.js';
import { bodyLimit, createWire, type ServiceName } from './wire.js';

const startAt = Date.UTC(2026, 10, 23, 8);
const credentials = { accessKeyId: 'AKIA', secretAccessKey: 'secret' };

let services: Partial<Record<ServiceName, Operations>>;
let crashed: string[];
let listener: HttpListener | undefined;

function setUp(staleness?: readonly [number, number]) {
  const clock = virtualClock({ startAt });
  const faults = createFaults(() => clock.random());
  const log = createRequestLog();
  const defects: string[] = [];
  const wire = createWire({
    region: (region) => (region === 'eu-central-1' ? services : {}),
    accountId: '123456789012',
    clock,
    faults,
    authorizer: createAuthorizer('123456789012', undefined, { taskRoles: () => [], hasObject: () => false, tagsOf: () => ({}) }),
    log,
    staleness,
    onCrashCaller: (operation) => crashed.push(operation),
    onDefect: (operation, error) => defects.push(`${operation} ${String(error)}`),
  });
  const inProcess = { region: 'eu-central-1', credentials, maxAttempts: 1, requestHandler: createInProcessHandler(wire, clock) };
  return { clock, faults, log, wire, defects, inProcess };
}

beforeEach(() => {
  services = {};
  crashed = [];
});
afterEach(() => listener?.close());

describe.each(['in process', 'over HTTP'] as const)('createWire %s', (where) => {
  async function connected() {
    const cloud = setUp();
    if (where === 'in process') return { ...cloud, config: cloud.inProcess };
    listener = await listenOverHttp(cloud.wire, nothingShown, noRegistries);
    return { ...cloud, config: { region: 'eu-central-1', credentials, maxAttempts: 1, endpoint: listener.url } };
  }

  it('speaks JSON: members of all types arrive as the model says, both ways', async () => {
    let received: unknown;
    services = { ecs: { DescribeServices: (input: never) => ((received = input), { services: [{ serviceName: 'graasp', desiredCount: 2, createdAt: new Date(startAt), deployments: [] }], failures: [] }) } };
    const { config } = await connected();

    const answer = await new ECSClient(config).send(new DescribeServicesCommand({ cluster: 'dev', services: ['graasp'], include: ['TAGS'] }));

    expect(received).toEqual({ cluster: 'dev', services: ['graasp'], include: ['TAGS'] });
    expect(answer.services).toEqual([{ serviceName: 'graasp', desiredCount: 2, createdAt: new Date(startAt), deployments: [] }]);
    expect(answer.$metadata.requestId).toMatch(/^00000000-/);
  });

  it('speaks Query: lists, structures, empty lists, numbers, booleans and times are unfolded by the model', async () => {
    let received: unknown;
    const rule = { RuleArn: 'arn:rule', Priority: '7', Conditions: [{ Field: 'host-header', Values: ['a.org', '<b>&.org'] }], IsDefault: false };
    services = {
      elbv2: { ModifyRule: (input: never) => ((received = input), { Rules: [rule] }) },
      rds: { DescribeDBInstances: () => ({ DBInstances: [{ DBInstanceIdentifier: 'dev', InstanceCreateTime: new Date(startAt), MultiAZ: true, TagList: [] }] }) },
    };
    const { config } = await connected();
    const change = { RuleArn: 'arn:rule', Conditions: [{ Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'x', Values: ['1', '2'] } }], Actions: [], ResetTransforms: true };

    const answer = await new ElasticLoadBalancingV2Client(config).send(new ModifyRuleCommand(change));
    const instances = await new RDSClient(config).send(new DescribeDBInstancesCommand({ MaxRecords: 20 }));

    expect(received).toEqual(change);
    expect(answer.Rules).toEqual([rule]);
    expect(instances.DBInstances).toEqual([{ DBInstanceIdentifier: 'dev', InstanceCreateTime: new Date(startAt), MultiAZ: true, TagList: [] }]);
  });

  it('gives an error the code and the status of the model, whatever the handler said', async () => {
    services = {
      rds: {
        DescribeDBInstances: () => {
          throw new ServiceFault('DBInstanceNotFoundFault', 'DBInstance dev not found.');
        },
      },
      elbv2: {
        DescribeRules: () => {
          throw new ServiceFault('RuleNotFound', 'One or more rules not found');
        },
      },
      ecs: {
        RunTask: () => {
          throw new ServiceFault('ConflictException', 'Conflict', 400, { resourceIds: ['arn:task'] });
        },
      },
    };
    const { config } = await connected();

    await expect(new RDSClient(config).send(new DescribeDBInstancesCommand({}))).rejects.toMatchObject({
      name: 'DBInstanceNotFoundFault',
      Code: 'DBInstanceNotFound',
      message: 'DBInstance dev not found.',
      $metadata: { httpStatusCode: 404 },
    });
    await expect(new ElasticLoadBalancingV2Client(config).send(new DescribeRulesCommand({}))).rejects.toMatchObject({ name: 'RuleNotFoundException', Code: 'RuleNotFound', $metadata: { httpStatusCode: 400 } });
    await expect(new ECSClient(config).send(new RunTaskCommand({ taskDefinition: 'migrate' }))).rejects.toMatchObject({ name: 'ConflictException', resourceIds: ['arn:task'] });
  });

  it('keeps the codes of the Query protocol for CloudWatch, which speaks JSON', async () => {
    services = {
      cloudwatch: {
        GetMetricData: () => {
          throw new ServiceFault('InvalidParameterValue', 'No such period.');
        },
      },
    };
    const { config } = await connected();

    await expect(new CloudWatchClient(config).send(new GetMetricDataCommand({ StartTime: new Date(0), EndTime: new Date(1), MetricDataQueries: [] }))).rejects.toMatchObject({
      name: 'InvalidParameterValueException',
      Code: 'InvalidParameterValue',
      message: 'No such period.',
    });
  });

  it('names the operation that it does not implement', async () => {
    const { config, log } = await connected();

    await expect(new ECSClient(config).send(new ListClustersCommand({}))).rejects.toMatchObject({ message: 'local cloud does not implement ecs:ListClusters', $metadata: { httpStatusCode: 501 } });
    await expect(new STSClient(config).send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({ message: 'local cloud does not implement sts:GetCallerIdentity' });
    expect(log.requests.map(({ operation, error }) => `${operation} ${error}`)).toEqual(['ecs:ListClusters NotImplemented', 'sts:GetCallerIdentity NotImplemented']);
  });

  it('answers a missing member with the error of its service', async () => {
    services = { ecs: { UpdateService: () => ({}) }, elbv2: { ModifyRule: () => ({}) }, cloudwatch: { PutDashboard: () => ({}) }, 'application-autoscaling': { DescribeScalableTargets: () => ({}) } };
    const { config } = await connected();
    const nothing = {} as never;

    await expect(new ECSClient(config).send(new UpdateServiceCommand(nothing))).rejects.toMatchObject({ name: 'InvalidParameterException', message: 'service can not be blank.' });
    await expect(new ElasticLoadBalancingV2Client(config).send(new ModifyRuleCommand(nothing))).rejects.toMatchObject({
      Code: 'ValidationError',
      message: "1 validation error detected: Value null at 'RuleArn' failed to satisfy constraint: Member must not be null",
    });
    await expect(new CloudWatchClient(config).send(new PutDashboardCommand(nothing))).rejects.toMatchObject({ name: 'MissingRequiredParameterException', message: 'The parameter DashboardName is required.' });
    await expect(new ApplicationAutoScalingClient(config).send(new DescribeScalableTargetsCommand(nothing))).rejects.toMatchObject({ name: 'ValidationException' });
  });

  it('answers a value of the wrong type with the member and the type that it wanted', async () => {
    services = { ecs: { UpdateService: () => ({}) }, rds: { DescribeDBInstances: () => ({}) } };
    const { config } = await connected();

    await expect(new ECSClient(config).send(new UpdateServiceCommand({ service: 'a', desiredCount: 'two' as never }))).rejects.toMatchObject({ name: 'SerializationException', message: 'desiredCount is not a number.' });
    await expect(new RDSClient(config).send(new DescribeDBInstancesCommand({ MaxRecords: 'all' as never }))).rejects.toMatchObject({ Code: 'MalformedInput', message: 'MaxRecords is not a number.' });
  });

  it('finds an account with nothing in it behind another region', async () => {
    services = { ecs: { ListClusters: () => ({ clusterArns: ['here'] }) } };
    const { config, log } = await connected();

    await expect(new ECSClient({ ...config, region: 'us-east-1' }).send(new ListClustersCommand({}))).rejects.toThrow('local cloud does not implement ecs:ListClusters');
    await expect(new ECSClient(config).send(new ListClustersCommand({}))).resolves.toMatchObject({ clusterArns: ['here'] });
    expect(log.requests.map(({ region }) => region)).toEqual(['us-east-1', 'eu-central-1']);
  });

  it('loses the answer of what has happened', async () => {
    let updates = 0;
    services = { ecs: { UpdateService: () => ({ service: { desiredCount: (updates += 1) } }) } };
    const { config, faults } = await connected();
    faults.add({ kind: 'lost-response', operation: 'ecs:UpdateService', occurrence: 1 });

    const client = new ECSClient(config);
    await expect(client.send(new UpdateServiceCommand({ service: 'a' }))).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(updates).toBe(1);
    await expect(client.send(new UpdateServiceCommand({ service: 'a' }))).resolves.toMatchObject({ service: { desiredCount: 2 } });
  });

  it.each([
    ['before' as const, 0],
    ['after' as const, 1],
  ])('crashes the caller %s the operation and never answers', async (when, expected) => {
    let updates = 0;
    services = { ecs: { UpdateService: () => ({ service: { desiredCount: (updates += 1) } }) } };
    const { config, faults } = await connected();
    faults.add({ kind: 'crash-caller', operation: 'ecs:UpdateService', occurrence: 1, when });
    const abandon = new AbortController();

    const call = new ECSClient(config).send(new UpdateServiceCommand({ service: 'a' }), { abortSignal: abandon.signal });
    await expect.poll(() => crashed).toEqual(['ecs:UpdateService']);
    expect(updates).toBe(expected);
    abandon.abort();
    await expect(call).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('turns calls away as AWS does: throttled, broken, denied, expired', async () => {
    services = { ecs: { UpdateService: () => ({}) }, elbv2: { DescribeRules: () => ({ Rules: [] }) } };
    const { config, faults } = await connected();
    const update = () => new ECSClient(config).send(new UpdateServiceCommand({ service: 'arn:aws:ecs:eu-central-1:123456789012:service/dev/graasp' })).catch((error: unknown) => error);
    const describeRules = () => new ElasticLoadBalancingV2Client(config).send(new DescribeRulesCommand({})).catch((error: unknown) => error);

    faults.add({ kind: 'throttle', operation: '*', times: 2 });
    expect(await update()).toMatchObject({ name: 'ThrottlingException', message: 'Rate exceeded', $metadata: { httpStatusCode: 400 } });
    expect(await describeRules()).toMatchObject({ name: 'Throttling', message: 'Rate exceeded', $metadata: { httpStatusCode: 400 } });
    faults.add({ kind: 'server-error', operation: '*', times: 2 });
    expect(await update()).toMatchObject({ $metadata: { httpStatusCode: 500 } });
    expect(await describeRules()).toMatchObject({ $metadata: { httpStatusCode: 503 } });
    faults.add({ kind: 'access-denied', operation: '*', times: 2 });
    expect(await update()).toMatchObject({
      name: 'AccessDeniedException',
      message: 'User: arn:aws:iam::123456789012:user/rehearsal is not authorized to perform: ecs:UpdateService on resource: arn:aws:ecs:eu-central-1:123456789012:service/dev/graasp',
    });
    expect(await describeRules()).toMatchObject({ name: 'AccessDenied', message: 'User: arn:aws:iam::123456789012:user/rehearsal is not authorized to perform: elasticloadbalancing:DescribeRules on resource: *' });
    faults.add({ kind: 'expired-credentials', operation: '*', times: 2 });
    expect(await update()).toMatchObject({ name: 'ExpiredTokenException', message: 'The security token included in the request is expired' });
    expect(await describeRules()).toMatchObject({ name: 'ExpiredToken' });
    expect(await describeRules()).toMatchObject({ Rules: [] });
  });
});

describe('createWire', () => {
  it('speaks CBOR, which newer botocores prefer', async () => {
    services = {
      cloudwatch: {
        GetMetricData: (input: { StartTime: Date }) => ({ MetricDataResults: [{ Id: 'a', Timestamps: [input.StartTime], Values: [1.5] }] }),
        DescribeAlarms: () => {
          throw new ServiceFault('InvalidNextToken', 'No such token.');
        },
      },
    };
    const { inProcess, log } = setUp();
    const protocol = new AwsSmithyRpcV2CborProtocol({ defaultNamespace: 'com.amazonaws.cloudwatch', awsQueryCompatible: true });
    const client = new CloudWatchClient({ ...inProcess, protocol });

    const answer = await client.send(new GetMetricDataCommand({ StartTime: new Date(startAt), EndTime: new Date(startAt), MetricDataQueries: [] }));

    expect(answer.MetricDataResults).toEqual([{ Id: 'a', Timestamps: [new Date(startAt)], Values: [1.5] }]);
    expect(log.requests[0]?.input).toEqual({ StartTime: new Date(startAt), EndTime: new Date(startAt), MetricDataQueries: [] });
    await expect(client.send(new DescribeAlarmsCommand({}))).rejects.toMatchObject({ name: 'InvalidNextToken', message: 'No such token.' });
  });

  const authorization = 'AWS4-HMAC-SHA256 Credential=AKIA/20261123/eu-central-1/ecs/aws4_request';
  const json = { 'x-amz-target': 'AmazonEC2ContainerServiceV20141113.UpdateService', authorization };
  it.each([
    ['a body that is no JSON', { headers: json, body: '{"service":' }, 400],
    ['a body that is no object', { headers: json, body: '[1]' }, 400],
    ['a list where a string belongs', { headers: json, body: '{"service":[]}' }, 400],
    ['an unknown target', { headers: { 'x-amz-target': 'Nothing.Here', authorization }, body: '{}' }, 404],
    ['a form without an action', { headers: { authorization }, body: 'a=b' }, 404],
    ['a form with a path through the prototype', { headers: { authorization }, body: 'Action=ModifyRule&Version=2015-12-01&__proto__.x=1&RuleArn.a.b=1' }, 400],
    ['GET', { method: 'GET', headers: { authorization }, body: '' }, 404],
    ['no signature', { headers: { ...json, authorization: 'Basic' }, body: '{"service":"a"}' }, 403],
    ['bytes that are no CBOR', { path: '/service/GraniteServiceVersion20100801/operation/GetMetricData', headers: { authorization }, body: '\xff\xfe' }, 400],
    ['too large a body', { headers: json, body: 'x'.repeat(bodyLimit + 1) }, 413],
  ])('answers %s with a client error', async (_what, request, status) => {
    services = { ecs: { UpdateService: () => ({}) }, elbv2: { ModifyRule: () => ({}) }, cloudwatch: { GetMetricData: () => ({}) } };
    const { wire } = setUp();

    const answer = await wire.handle({ method: 'POST', path: '/', query: new URLSearchParams(), ...request, body: new TextEncoder().encode(request.body) });

    expect(answer).toMatchObject({ kind: 'answer', status });
    expect(answer.kind === 'answer' && answer.headers['x-amzn-requestid']).toBeTruthy();
  });

  it('says which operation has a defect, to the caller and to the cloud', async () => {
    services = {
      ecs: {
        ListClusters: () => {
          throw new TypeError('x is undefined');
        },
      },
    };
    const { inProcess, defects } = setUp();

    await expect(new ECSClient(inProcess).send(new ListClustersCommand({}))).rejects.toMatchObject({ message: 'The local cloud failed at ecs:ListClusters: TypeError: x is undefined', $metadata: { httpStatusCode: 500 } });
    expect(defects).toEqual(['ecs:ListClusters TypeError: x is undefined']);
  });

  it('logs inputs and outputs as they were, in order, at the time of the clock', async () => {
    const state = { clusterArns: ['a'] };
    services = { ecs: { ListClusters: () => state } };
    const { inProcess, log, clock } = setUp();

    await new ECSClient(inProcess).send(new ListClustersCommand({ maxResults: 5 }));
    state.clusterArns.push('b');
    await clock.sleep(1000);
    await new ECSClient(inProcess).send(new ListClustersCommand({}));

    expect(log.requests).toEqual([
      { at: startAt, service: 'ecs', region: 'eu-central-1', operation: 'ecs:ListClusters', input: { maxResults: 5 }, status: 200, output: { clusterArns: ['a'] } },
      { at: startAt + 1000, service: 'ecs', region: 'eu-central-1', operation: 'ecs:ListClusters', input: {}, status: 200, output: { clusterArns: ['a', 'b'] } },
    ]);
  });

  it('delays an answer by the clock', async () => {
    services = { ecs: { ListClusters: () => ({}) } };
    const { inProcess, faults, clock } = setUp();
    faults.add({ kind: 'delay', operation: 'ecs:*', ms: 90_000, occurrence: 1 });

    await new ECSClient(inProcess).send(new ListClustersCommand({}));

    expect(clock.now()).toBe(startAt + 90_000);
  });

  it('lets time pass while a handler of the background takes its time', async () => {
    const { inProcess, clock } = setUp();
    services = { ecs: { ListClusters: async () => (await clock.background.sleep(5000), {}) } };

    await new ECSClient(inProcess).send(new ListClustersCommand({}));

    expect([clock.now(), clock.pending]).toEqual([startAt + 5000, 0]);
  });

  it('answers a read as before the last write, for as long as the fault says', async () => {
    let desiredCount = 1;
    services = { ecs: { DescribeServices: () => ({ services: [{ desiredCount }] }), UpdateService: (input: { desiredCount: number }) => ((desiredCount = input.desiredCount), {}) } };
    const { inProcess, faults, clock } = setUp();
    const client = new ECSClient(inProcess);
    const read = async () => (await client.send(new DescribeServicesCommand({ services: ['a'] }))).services?.[0]?.desiredCount;
    faults.add({ kind: 'stale-read', operation: 'ecs:DescribeServices', ms: 5000 });

    expect(await read()).toBe(1);
    await clock.sleep(1000);
    await client.send(new UpdateServiceCommand({ service: 'a', desiredCount: 0 }));
    expect(await read()).toBe(1);
    await clock.sleep(5001);
    expect(await read()).toBe(0);
  });

  it('answers reads as before a write for the staleness of the profile', async () => {
    let rules: { RuleArn: string }[] = [];
    services = { elbv2: { DescribeRules: () => ({ Rules: rules }), ModifyRule: (input: { RuleArn: string }) => ({ Rules: (rules = [input]) }) } };
    const { inProcess, clock } = setUp([2000, 2000]);
    const client = new ElasticLoadBalancingV2Client(inProcess);
    const read = async () => (await client.send(new DescribeRulesCommand({ ListenerArn: 'l' }))).Rules?.length;

    expect(await read()).toBe(0);
    await client.send(new ModifyRuleCommand({ RuleArn: 'r' }));
    expect(await read()).toBe(0);
    await clock.sleep(2001);
    expect(await read()).toBe(1);
  });

  it('rejects an in-process call whose signal is aborted', async () => {
    services = { cloudwatch: { DescribeAlarms: () => new Promise(() => undefined) } };
    const { inProcess } = setUp();
    const abort = new AbortController();
    const call = new CloudWatchClient(inProcess).send(new DescribeAlarmsCommand({}), { abortSignal: abort.signal });
    abort.abort();
    await expect(call).rejects.toMatchObject({ name: 'AbortError' });
  });
});
