import { ApplicationAutoScalingClient, DescribeScalableTargetsCommand, RegisterScalableTargetCommand } from '@aws-sdk/client-application-auto-scaling';
import { CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { BatchGetImageCommand, DescribeImagesCommand, ECRClient, ImageAlreadyExistsException, PutImageCommand } from '@aws-sdk/client-ecr';
import {
  DescribeClustersCommand,
  DescribeServiceDeploymentsCommand,
  DescribeServicesCommand,
  DescribeTasksCommand,
  ECSClient,
  ListServiceDeploymentsCommand,
  ListTasksCommand,
  RunTaskCommand,
  StopTaskCommand,
} from '@aws-sdk/client-ecs';
import {
  DescribeRulesCommand,
  DescribeTargetGroupAttributesCommand,
  ElasticLoadBalancingV2Client,
  ModifyRuleCommand,
  ModifyTargetGroupAttributesCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { DescribeDBLogFilesCommand, DescribeDBSnapshotsCommand, DownloadDBLogFilePortionCommand, RDSClient, StartDBInstanceCommand, StopDBInstanceCommand } from '@aws-sdk/client-rds';
import { mockClient } from 'aws-sdk-client-mock';
import 'aws-sdk-client-mock-vitest/extend';
import { beforeEach, describe, expect, it } from 'vitest';
import { testEnvironment } from '../environment/environment.fixture.js';
import { describeScalableTargets, registerScalableTarget } from './autoscaling.js';
import { getMetricData } from './cloudwatch.js';
import { batchGetImage, describeImage, manifestMediaTypes, putImage } from './ecr.js';
import { describeClusters, describeServiceDeployments, describeServices, describeTasks, findServices, listServiceDeployments, listTasks, runTask, stopTask } from './ecs.js';
import { describeRules, describeTargetGroupAttributes, modifyRule, modifyTargetGroupAttributes } from './elbv2.js';
import { getLogEvents } from './logs.js';
import { describeDbLogFiles, downloadDbLogFilePortion, listDbSnapshots, startDbInstance, stopDbInstance } from './rds.js';

const ecs = mockClient(ECSClient);
const elbv2 = mockClient(ElasticLoadBalancingV2Client);
const rds = mockClient(RDSClient);
const ecr = mockClient(ECRClient);
const logs = mockClient(CloudWatchLogsClient);
const cloudwatch = mockClient(CloudWatchClient);
const scaling = mockClient(ApplicationAutoScalingClient);

beforeEach(() => {
  for (const client of [ecs, elbv2, rds, ecr, logs, cloudwatch, scaling]) client.reset();
});

const env = () => testEnvironment();
const cluster = 'graasp-dev';

describe('ecs', () => {
  it('asks for services ten at a time', async () => {
    ecs.on(DescribeServicesCommand).callsFake(({ services }: { services: string[] }) => ({ services: services.map((serviceName) => ({ serviceName })) }));
    const names = Array.from({ length: 11 }, (_, index) => `s${index}`);
    expect((await describeServices(env(), names))._unsafeUnwrap().map(({ serviceName }) => serviceName)).toEqual(names);
    expect(ecs.commandCalls(DescribeServicesCommand).map(({ args }) => args[0].input.services?.length)).toEqual([10, 1]);
  });

  it('names every service that is MISSING, and can leave that to the caller', async () => {
    ecs.on(DescribeServicesCommand).resolves({ services: [{ serviceName: 'graasp' }], failures: [{ reason: 'MISSING' }, { reason: 'MISSING' }] });
    expect((await describeServices(env(), ['graasp', 'a', 'b']))._unsafeUnwrapErr()).toMatchObject({ kind: 'NotFound', resource: 'service', name: 'a, b' });
    expect((await findServices(env(), ['graasp', 'a', 'b']))._unsafeUnwrap().missing).toEqual(['a', 'b']);
  });

  it('asks nothing about no services', async () => {
    expect((await describeServices(env(), []))._unsafeUnwrap()).toEqual([]);
    expect(ecs).toHaveReceivedCommandTimes(DescribeServicesCommand, 0);
  });

  it('takes a cluster that was deleted for missing', async () => {
    ecs.on(DescribeClustersCommand).resolves({ clusters: [{ clusterName: cluster, status: 'INACTIVE' }] });
    expect((await describeClusters(env(), [cluster]))._unsafeUnwrapErr()).toMatchObject({ kind: 'NotFound', resource: 'cluster', name: cluster });
  });

  it('asks for tasks a hundred at a time, and tells those AWS has forgotten', async () => {
    ecs.on(DescribeTasksCommand).callsFake(({ tasks }: { tasks: string[] }) => ({ tasks: tasks.filter((taskArn) => taskArn !== 't7').map((taskArn) => ({ taskArn })) }));
    const arns = Array.from({ length: 101 }, (_, index) => `t${index}`);
    const { tasks, missing } = (await describeTasks(env(), arns))._unsafeUnwrap();
    expect([tasks.length, missing]).toEqual([100, ['t7']]);
    expect(ecs).toHaveReceivedCommandTimes(DescribeTasksCommand, 2);
  });

  it('lists tasks of every page, an empty one among them', async () => {
    ecs.on(ListTasksCommand).resolvesOnce({ taskArns: ['a'], nextToken: '1' }).resolvesOnce({ taskArns: [], nextToken: '2' }).resolves({ taskArns: ['b'] });
    expect((await listTasks(env(), { family: 'migrate', serviceName: undefined, desiredStatus: 'STOPPED' }))._unsafeUnwrap()).toEqual(['a', 'b']);
    expect(ecs.commandCalls(ListTasksCommand).map(({ args }) => args[0].input)).toEqual([
      { cluster, family: 'migrate', desiredStatus: 'STOPPED' },
      { cluster, family: 'migrate', desiredStatus: 'STOPPED', nextToken: '1' },
      { cluster, family: 'migrate', desiredStatus: 'STOPPED', nextToken: '2' },
    ]);
  });

  it('tells what RunTask could not start, although it answered 200', async () => {
    ecs.on(RunTaskCommand).resolves({ failures: [{ reason: 'Capacity is unavailable at this time.' }] });
    expect((await runTask(env(), { taskDefinition: 'migrate' }))._unsafeUnwrap()).toEqual({ tasks: [], failures: [{ reason: 'Capacity is unavailable at this time.' }] });
  });

  it('stops a task with a reason, and takes one that nobody knows for missing', async () => {
    ecs.on(StopTaskCommand).resolvesOnce({}).rejects(Object.assign(new Error('The referenced task was not found.'), { name: 'InvalidParameterException' }));
    expect((await stopTask(env(), 't1', 'asked to')).isOk()).toBe(true);
    expect(ecs).toHaveReceivedCommandWith(StopTaskCommand, { cluster, task: 't1', reason: 'asked to' });
    expect((await stopTask(env(), 't1', 'asked to'))._unsafeUnwrapErr()).toMatchObject({ kind: 'NotFound', resource: 'task', name: 't1' });
  });

  it('lists deployments since a moment, and describes them twenty at a time', async () => {
    ecs.on(ListServiceDeploymentsCommand).resolvesOnce({ serviceDeployments: [{ serviceDeploymentArn: 'a' }], nextToken: '1' }).resolves({ serviceDeployments: [{ serviceDeploymentArn: 'b' }] });
    const since = new Date(0);
    expect((await listServiceDeployments(env(), 'graasp', since))._unsafeUnwrap().map(({ serviceDeploymentArn }) => serviceDeploymentArn)).toEqual(['a', 'b']);
    expect(ecs).toHaveReceivedCommandWith(ListServiceDeploymentsCommand, { cluster, service: 'graasp', createdAt: { after: since } });
    ecs.on(DescribeServiceDeploymentsCommand).callsFake(({ serviceDeploymentArns }: { serviceDeploymentArns: string[] }) => ({ serviceDeployments: serviceDeploymentArns.map((serviceDeploymentArn) => ({ serviceDeploymentArn })) }));
    expect((await describeServiceDeployments(env(), Array.from({ length: 21 }, (_, index) => `d${index}`)))._unsafeUnwrap().length).toBe(21);
    expect(ecs).toHaveReceivedCommandTimes(DescribeServiceDeploymentsCommand, 2);
  });
});

describe('elbv2', () => {
  it('reads every page of rules', async () => {
    elbv2.on(DescribeRulesCommand).resolvesOnce({ Rules: [{ Priority: '1' }], NextMarker: 'm' }).resolves({ Rules: [{ Priority: 'default' }], NextMarker: '' });
    expect((await describeRules(env(), 'listener'))._unsafeUnwrap()).toEqual([{ Priority: '1' }, { Priority: 'default' }]);
    expect(elbv2.commandCalls(DescribeRulesCommand)[1]?.args[0].input).toEqual({ ListenerArn: 'listener', Marker: 'm' });
  });

  it('gives the conditions of a rule and nothing else, so that actions and transforms stay', async () => {
    elbv2.on(ModifyRuleCommand).resolves({});
    const conditions = [{ Field: 'path-pattern', PathPatternConfig: { Values: ['/api/*'] } }];
    expect((await modifyRule(env(), { ruleArn: 'rule-1', conditions })).isOk()).toBe(true);
    expect(elbv2.commandCalls(ModifyRuleCommand)[0]?.args[0].input).toEqual({ RuleArn: 'rule-1', Conditions: conditions });
  });

  it('reads and writes target group attributes by name', async () => {
    elbv2.on(DescribeTargetGroupAttributesCommand).resolves({ Attributes: [{ Key: 'deregistration_delay.timeout_seconds', Value: '300' }] });
    expect((await describeTargetGroupAttributes(env(), 'tg'))._unsafeUnwrap()).toEqual({ 'deregistration_delay.timeout_seconds': '300' });
    elbv2.on(ModifyTargetGroupAttributesCommand).resolves({});
    expect((await modifyTargetGroupAttributes(env(), 'tg', { 'deregistration_delay.timeout_seconds': '5' })).isOk()).toBe(true);
    expect(elbv2).toHaveReceivedCommandWith(ModifyTargetGroupAttributesCommand, { TargetGroupArn: 'tg', Attributes: [{ Key: 'deregistration_delay.timeout_seconds', Value: '5' }] });
  });
});

describe('rds', () => {
  it('lists manual snapshots of every page', async () => {
    rds.on(DescribeDBSnapshotsCommand).resolvesOnce({ DBSnapshots: [{ DBSnapshotIdentifier: 'a' }], Marker: 'm' }).resolves({ DBSnapshots: [{ DBSnapshotIdentifier: 'b' }] });
    expect((await listDbSnapshots(env(), 'graasp-dev'))._unsafeUnwrap().length).toBe(2);
    expect(rds).toHaveReceivedCommandWith(DescribeDBSnapshotsCommand, { DBInstanceIdentifier: 'graasp-dev', SnapshotType: 'manual', Marker: 'm' });
  });

  it('starts and stops an instance by its name', async () => {
    rds.on(StartDBInstanceCommand).resolves({}).on(StopDBInstanceCommand).rejects(Object.assign(new Error('not available'), { name: 'InvalidDBInstanceStateFault' }));
    expect((await startDbInstance(env(), 'graasp-dev')).isOk()).toBe(true);
    expect(rds).toHaveReceivedCommandWith(StartDBInstanceCommand, { DBInstanceIdentifier: 'graasp-dev' });
    expect((await stopDbInstance(env(), 'graasp-dev'))._unsafeUnwrapErr()).toMatchObject({ kind: 'Unexpected', operation: 'rds:StopDBInstance', code: 'InvalidDBInstanceStateFault' });
    expect(rds).toHaveReceivedCommandTimes(StopDBInstanceCommand, 1);
  });

  it('lists the log files written since a moment, and reads a portion of one', async () => {
    rds.on(DescribeDBLogFilesCommand).resolves({ DescribeDBLogFiles: [{ LogFileName: 'error/postgresql.log' }] });
    expect((await describeDbLogFiles(env(), 'graasp-dev', new Date(5)))._unsafeUnwrap()).toEqual([{ LogFileName: 'error/postgresql.log' }]);
    expect(rds).toHaveReceivedCommandWith(DescribeDBLogFilesCommand, { FileLastWritten: 5 });
    rds.on(DownloadDBLogFilePortionCommand).resolves({ LogFileData: 'ERROR', Marker: '12:3', AdditionalDataPending: true });
    expect((await downloadDbLogFilePortion(env(), 'graasp-dev', 'error/postgresql.log', '0'))._unsafeUnwrap()).toEqual({ text: 'ERROR', marker: '12:3', more: true });
  });
});

describe('ecr', () => {
  it('asks for indexes too, or one platform would be taken for the whole', async () => {
    ecr.on(BatchGetImageCommand).resolves({ images: [{ imageManifest: '{}' }] });
    expect((await batchGetImage(env(), 'graasp', { tag: 'core-v1' }))._unsafeUnwrap()).toEqual({ imageManifest: '{}' });
    expect(ecr).toHaveReceivedCommandWith(BatchGetImageCommand, { imageIds: [{ imageTag: 'core-v1' }], acceptedMediaTypes: manifestMediaTypes });
    expect(manifestMediaTypes).toContain('application/vnd.oci.image.index.v1+json');
  });

  it('takes an image that is only among the failures for missing', async () => {
    ecr.on(BatchGetImageCommand).resolves({ images: [], failures: [{ failureCode: 'ImageNotFound' }] });
    expect((await batchGetImage(env(), 'graasp', { digest: 'sha256:1' }))._unsafeUnwrapErr()).toMatchObject({ kind: 'NotFound', name: 'graasp@sha256:1' });
  });

  it.each([
    ['ImageNotFoundException', 'image graasp:core-v1', 'Push graasp:core-v1, or release a version that exists.'],
    ['RepositoryNotFoundException', 'repository graasp', 'Check the name in the definition of dev, the region, and whose credentials are in use.'],
  ])('tells after %s that %s is missing, and what to do about that', async (name, what, remedy) => {
    ecr.on(DescribeImagesCommand).rejects(Object.assign(new Error('no'), { name }));
    const error = (await describeImage(env(), 'graasp', { tag: 'core-v1' }))._unsafeUnwrapErr();
    expect(error).toMatchObject({ kind: 'NotFound', message: expect.stringContaining(`${what} does not exist in `) as string, remedy });
  });

  it('puts a manifest as it is, and takes a tag that is there already for done', async () => {
    ecr.on(PutImageCommand).rejects(new ImageAlreadyExistsException({ message: 'there', $metadata: {} }));
    expect((await putImage(env(), 'graasp', { manifest: '{ "a": 1 }', mediaType: 'x', tag: 'core-latest', digest: 'sha256:1' })).isOk()).toBe(true);
    expect(ecr.commandCalls(PutImageCommand)[0]?.args[0].input).toEqual({ repositoryName: 'graasp', imageManifest: '{ "a": 1 }', imageTag: 'core-latest', imageManifestMediaType: 'x', imageDigest: 'sha256:1' });
  });

  it('does not take a tag that may not be moved for done', async () => {
    ecr.on(PutImageCommand).rejects(Object.assign(new Error('immutable'), { name: 'ImageTagAlreadyExistsException' }));
    expect((await putImage(env(), 'graasp', { manifest: '{}', tag: 'core-latest' }))._unsafeUnwrapErr()).toMatchObject({ kind: 'Unexpected', code: 'ImageTagAlreadyExistsException' });
  });
});

describe('logs', () => {
  it('reads from the beginning, and gives the token to go on with', async () => {
    logs.on(GetLogEventsCommand).resolves({ events: [{ message: 'a' }], nextForwardToken: 'f/2' });
    expect((await getLogEvents(env(), { group: '/ecs/migrate', stream: 'ecs/migrate/1', nextToken: 'f/1' }))._unsafeUnwrap()).toEqual({ events: [{ message: 'a' }], nextToken: 'f/2' });
    expect(logs).toHaveReceivedCommandWith(GetLogEventsCommand, { logGroupName: '/ecs/migrate', logStreamName: 'ecs/migrate/1', startFromHead: true, nextToken: 'f/1' });
  });

  it('takes a stream that has no line yet for missing', async () => {
    logs.on(GetLogEventsCommand).rejects(Object.assign(new Error('no stream'), { name: 'ResourceNotFoundException' }));
    expect((await getLogEvents(env(), { group: '/ecs/migrate', stream: 's' }))._unsafeUnwrapErr()).toMatchObject({ kind: 'NotFound', resource: 'log stream', name: '/ecs/migrate/s' });
  });
});

describe('cloudwatch', () => {
  it('reads every page of data, oldest first', async () => {
    cloudwatch.on(GetMetricDataCommand).resolvesOnce({ MetricDataResults: [{ Id: 'a', Values: [1] }], NextToken: 'n' }).resolves({ MetricDataResults: [{ Id: 'a', Values: [2] }] });
    const range = { start: new Date(0), end: new Date(60_000) };
    expect((await getMetricData(env(), [{ Id: 'a' }], range))._unsafeUnwrap().map(({ Values }) => Values)).toEqual([[1], [2]]);
    expect(cloudwatch.commandCalls(GetMetricDataCommand)[1]?.args[0].input).toEqual({ MetricDataQueries: [{ Id: 'a' }], StartTime: range.start, EndTime: range.end, ScanBy: 'TimestampAscending', NextToken: 'n' });
  });
});

describe('autoscaling', () => {
  it('reads the scaling targets of ECS services, all pages', async () => {
    scaling.on(DescribeScalableTargetsCommand).resolvesOnce({ ScalableTargets: [], NextToken: 'n' }).resolves({ ScalableTargets: [] });
    expect((await describeScalableTargets(env(), ['service/graasp-dev/graasp']))._unsafeUnwrap()).toEqual([]);
    expect(scaling.commandCalls(DescribeScalableTargetsCommand)[1]?.args[0].input).toEqual({
      ServiceNamespace: 'ecs',
      ScalableDimension: 'ecs:service:DesiredCount',
      ResourceIds: ['service/graasp-dev/graasp'],
      NextToken: 'n',
    });
  });

  it('always sends all three flags of a suspension', async () => {
    scaling.on(RegisterScalableTargetCommand).resolves({});
    const suspended = { dynamicScalingIn: true, dynamicScalingOut: false, scheduledScaling: true };
    expect((await registerScalableTarget(env(), { resourceId: 'service/graasp-dev/graasp', minCapacity: 0, suspended })).isOk()).toBe(true);
    expect(scaling.commandCalls(RegisterScalableTargetCommand)[0]?.args[0].input).toEqual({
      ServiceNamespace: 'ecs',
      ScalableDimension: 'ecs:service:DesiredCount',
      ResourceId: 'service/graasp-dev/graasp',
      MinCapacity: 0,
      SuspendedState: { DynamicScalingInSuspended: true, DynamicScalingOutSuspended: false, ScheduledScalingSuspended: true },
    });
  });
});
