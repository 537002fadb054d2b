import { ApplicationAutoScalingClient, DescribeScalableTargetsCommand } from '@aws-sdk/client-application-auto-scaling';
import { CloudFrontClient, type DistributionConfig, GetDistributionCommand } from '@aws-sdk/client-cloudfront';
import { BatchGetImageCommand, DescribeImagesCommand, ECRClient, ImageNotFoundException } from '@aws-sdk/client-ecr';
import { DescribeServicesCommand, DescribeTaskDefinitionCommand, ECSClient } from '@aws-sdk/client-ecs';
import { DescribeRulesCommand, DescribeTargetGroupAttributesCommand, DescribeTargetGroupsCommand, ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { DescribeDBInstancesCommand, RDSClient } from '@aws-sdk/client-rds';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { planOptions, testEnvironment } from '../environment/environment.fixture.js';
import { internals } from '../environment/environment.js';
import { describeScalableTargets, registerScalableTarget } from './autoscaling.js';
import { getDistribution, updateDistribution } from './cloudfront.js';
import { batchGetImage, describeImage, putImage } from './ecr.js';
import { describeServices, describeTaskDefinition, registerTaskDefinition, runTask, updateService } from './ecs.js';
import { describeRules, describeTargetGroupAttributes, describeTargetGroups, modifyRule, modifyTargetGroup, modifyTargetGroupAttributes } from './elbv2.js';
import { describeDbInstance, startDbInstance, stopDbInstance } from './rds.js';

const mocks = [mockClient(ECSClient), mockClient(ElasticLoadBalancingV2Client), mockClient(ApplicationAutoScalingClient), mockClient(ECRClient), mockClient(RDSClient), mockClient(CloudFrontClient)] as const;
const [ecs, elbv2, autoscaling, ecr, rds, cloudfront] = mocks;
const config: DistributionConfig = { CallerReference: 'a', Comment: '', Enabled: true, Origins: undefined, DefaultCacheBehavior: undefined };
const suspended = { dynamicScalingIn: true, dynamicScalingOut: true, scheduledScaling: true };

// loaded by few files only: not among the clients that every one gets back
afterAll(() => cloudfront.restore());

beforeEach(() => {
  for (const mock of mocks) mock.reset();
  ecs.on(DescribeServicesCommand).resolves({ services: ['web', 'jobs'].map((serviceName) => ({ serviceName, desiredCount: 2, runningCount: 2, taskDefinition: 'web:1', deployments: [{ id: 'd', status: 'PRIMARY' }] })) });
  ecs.on(DescribeTaskDefinitionCommand).resolves({ taskDefinition: { family: 'web', taskDefinitionArn: 'arn:aws:ecs:x:1:task-definition/web:1' } });
  cloudfront.on(GetDistributionCommand).resolves({ ETag: 'one', Distribution: { Id: 'E1', ARN: 'arn', Status: 'Deployed', LastModifiedTime: undefined, InProgressInvalidationBatches: 0, DomainName: 'e1.cloudfront.net', DistributionConfig: config } });
  elbv2.on(DescribeRulesCommand).resolves({ Rules: [{ RuleArn: 'r1', Priority: '1', Conditions: [] }, { RuleArn: 'r2', Conditions: [] }] });
  elbv2.on(DescribeTargetGroupsCommand).resolves({ TargetGroups: [{ TargetGroupArn: 't', HealthCheckIntervalSeconds: 30, HealthCheckTimeoutSeconds: 5 }] });
  elbv2.on(DescribeTargetGroupAttributesCommand).resolves({ Attributes: [{ Key: 'delay', Value: '300' }, { Key: 'stickiness', Value: 'off' }] });
  autoscaling.on(DescribeScalableTargetsCommand).resolves({ ScalableTargets: [{ ResourceId: 'web', MinCapacity: 2, MaxCapacity: 4 } as never] });
  rds.on(DescribeDBInstancesCommand).callsFake(({ DBInstanceIdentifier }: { DBInstanceIdentifier: string }) => ({ DBInstances: [{ DBInstanceIdentifier, DBInstanceStatus: 'modifying', DBInstanceClass: 'db.t4g.micro' }] }));
  ecr.on(DescribeImagesCommand).callsFake(({ imageIds }: { imageIds: object[] }) => ({ imageDetails: imageIds }));
  ecr.on(BatchGetImageCommand).callsFake(({ imageIds }: { imageIds: object[] }) => ({ images: imageIds }));
});

describe('clients of a plan', () => {
  it('show what would be changed in what is read afterwards, and send none of it', async () => {
    const env = testEnvironment(planOptions());
    const all = [
      await updateService(env, { service: 'web', desiredCount: 0 }),
      await modifyRule(env, { ruleArn: 'r1', conditions: [{ Field: 'host-header' }] }),
      await modifyTargetGroup(env, { TargetGroupArn: 't', HealthCheckIntervalSeconds: 5 }),
      await modifyTargetGroupAttributes(env, 't', { delay: '5' }),
      await registerScalableTarget(env, { resourceId: 'web', minCapacity: 0, suspended }),
      await putImage(env, 'shop', { manifest: '{}', tag: 'web-latest', digest: 'sha256:new' }),
      await registerTaskDefinition(env, { family: 'web', containerDefinitions: [{ name: 'web' }], tags: [{ key: 'version', value: 'v2' }] }),
      await stopDbInstance(env, 'shop'),
      await startDbInstance(env, 'other'),
      await updateDistribution(env, { id: 'E1', eTag: 'one', config: { ...config, Comment: 'planned' } }),
    ];
    expect(all.every((result) => result.isOk())).toBe(true);

    expect((await describeServices(env, ['web', 'jobs']))._unsafeUnwrap()).toMatchObject([{ desiredCount: 0, runningCount: 0, taskDefinition: 'web:1' }, { desiredCount: 2, runningCount: 2 }]);
    expect((await describeRules(env, 'l'))._unsafeUnwrap()).toEqual([{ RuleArn: 'r1', Priority: '1', Conditions: [{ Field: 'host-header' }] }, { RuleArn: 'r2', Conditions: [] }]);
    expect((await describeTargetGroups(env, ['t']))._unsafeUnwrap()).toEqual([{ TargetGroupArn: 't', HealthCheckIntervalSeconds: 5, HealthCheckTimeoutSeconds: 5 }]);
    expect((await describeTargetGroupAttributes(env, 't'))._unsafeUnwrap()).toEqual({ delay: '5', stickiness: 'off' });
    expect((await describeScalableTargets(env, ['web']))._unsafeUnwrap()).toMatchObject([{ MinCapacity: 0, MaxCapacity: 4, SuspendedState: { DynamicScalingInSuspended: true } }]);
    expect((await describeImage(env, 'shop', { tag: 'web-latest' }))._unsafeUnwrap()).toEqual({ imageDigest: 'sha256:new' });
    expect((await describeImage(env, 'shop', { tag: 'jobs-latest' }))._unsafeUnwrap()).toEqual({ imageTag: 'jobs-latest' });
    expect((await describeTaskDefinition(env, 'web'))._unsafeUnwrap()).toMatchObject({ taskDefinitionArn: 'arn:aws:ecs:x:1:task-definition/web:next', tags: [{ key: 'version', value: 'v2' }] });

    expect((await describeDbInstance(env, 'shop'))._unsafeUnwrap()).toEqual({ DBInstanceIdentifier: 'shop', DBInstanceStatus: 'stopped', DBInstanceClass: 'db.t4g.micro' });
    expect((await describeDbInstance(env, 'other'))._unsafeUnwrap()).toMatchObject({ DBInstanceStatus: 'available' });
    expect((await describeDbInstance(env, 'third'))._unsafeUnwrap()).toMatchObject({ DBInstanceStatus: 'modifying' });

    expect((await getDistribution(env, 'E1'))._unsafeUnwrap()).toEqual({ id: 'E1', eTag: 'one', status: 'Deployed', domainName: 'e1.cloudfront.net', config: { ...config, Comment: 'planned' } });

    const sent = mocks.flatMap((mock) => mock.calls().map(({ firstArg }) => (firstArg as object).constructor.name));
    expect(sent.filter((name) => !/^(Describe|BatchGet|GetDistribution)/.test(name))).toEqual([]);
    expect([...env[internals].clients.answered!].length).toBe(all.length);
  });

  it('answer for an image that would be there by then', async () => {
    const env = testEnvironment(planOptions());
    ecr.on(DescribeImagesCommand).rejects(new ImageNotFoundException({ message: 'no', $metadata: {} }));
    ecr.on(BatchGetImageCommand).resolves({ images: [] });
    await putImage(env, 'shop', { manifest: '{"layers":[]}', mediaType: 'type', tag: 'web-v2', digest: 'sha256:new' });
    expect((await describeImage(env, 'shop', { tag: 'web-v2' }))._unsafeUnwrap()).toEqual({ imageDigest: 'sha256:new' });
    expect((await batchGetImage(env, 'shop', { digest: 'sha256:new' }))._unsafeUnwrap()).toEqual({ imageId: { imageDigest: 'sha256:new' }, imageManifest: '{"layers":[]}', imageManifestMediaType: 'type' });
    expect((await describeImage(env, 'shop', { tag: 'web-v3' }))._unsafeUnwrapErr().kind).toBe('NotFound');
  });

  it('refuse every other change', async () => {
    const env = testEnvironment(planOptions());
    expect((await runTask(env, { taskDefinition: 'migrate:1' }))._unsafeUnwrapErr()).toMatchObject({ kind: 'Unexpected', message: 'ecs:RunTask was about to change something while planning; it was not sent' });
    expect(ecs.calls()).toEqual([]);
  });

  it('begin each plan with the environment as it is', async () => {
    await updateService(testEnvironment(planOptions()), { service: 'web', desiredCount: 0 });
    expect((await describeServices(testEnvironment(planOptions()), ['web']))._unsafeUnwrap()).toMatchObject([{ desiredCount: 2 }, {}]);
  });
});
