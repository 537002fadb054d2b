import type { DescribeScalableTargetsResponse } from '@aws-sdk/client-application-auto-scaling';
import type { GetMetricDataOutput, GetMetricStatisticsOutput, ListMetricsOutput } from '@aws-sdk/client-cloudwatch';
import type { DescribeLogGroupsResponse, DescribeLogStreamsResponse, FilterLogEventsResponse, GetLogEventsResponse } from '@aws-sdk/client-cloudwatch-logs';
import type { BatchGetImageResponse, DescribeImagesResponse, DescribeRepositoriesResponse, PutImageResponse } from '@aws-sdk/client-ecr';
import type { DescribeServicesResponse, DescribeTaskDefinitionResponse, DescribeTasksResponse, ListServicesResponse, ListTasksResponse, RegisterTaskDefinitionResponse, RunTaskResponse, StopTaskResponse } from '@aws-sdk/client-ecs';
import type { CreateRuleOutput, DescribeListenersOutput, DescribeLoadBalancersOutput, DescribeRulesOutput, DescribeTargetGroupAttributesOutput, DescribeTargetGroupsOutput, DescribeTargetHealthOutput } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { CreateDBSnapshotResult, DBInstanceMessage, DBSnapshotMessage, DescribeDBLogFilesResponse, DownloadDBLogFilePortionDetails, StartDBInstanceResult, StopDBInstanceResult } from '@aws-sdk/client-rds';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { commands } from '../examples/commands.fixture.js';
import { awsCommandLine, awsVersion } from './awscli/aws-command-line.js';
import { saySkipped } from './awscli/client-environment.js';
import { startShopCloud } from './shop.js';

// several at a time, and patience on a machine that has more to do
vi.setConfig({ testTimeout: 180_000, maxConcurrency: 3 });

const version = await awsVersion();
if (version === undefined) saySkipped('`aws` is not installed here (on Debian: apt-get install awscli), so no test drives the local cloud with the AWS command line in this run');

const cloud = await startShopCloud({ http: true });
const { aws, awsError, awsProgram, awsScript, end } = await awsCommandLine(cloud.url ?? '');
afterAll(async () => {
  end();
  await cloud.stop();
});
/** Lets the cloud's time pass, at once: the waiters of the command line sleep for half a minute before they look again. */
const minutes = (count: number) => cloud.clock.sleep(count * 60_000);
const names = (arns: readonly string[] = []) => arns.map((arn) => arn.split('/').at(-1)).sort();

describe.skipIf(version === undefined).concurrent(`the AWS command line (${version ?? 'not installed'})`, () => {
  it('is told whose credentials it has', async () => {
    expect(await awsProgram('sts get-caller-identity')).toMatchObject({ Account: '123456789012', Arn: expect.stringMatching(/^arn:aws:iam::123456789012:user\//) as string });
  });

  describe('with ECS', () => {
    it('shows services, their tasks and what these are made of', async () => {
      expect(names((await aws<ListServicesResponse>('ecs list-services --cluster shop')).serviceArns)).toEqual(['jobs', 'office', 'web']);
      const { services = [], failures } = await aws<DescribeServicesResponse>('ecs describe-services --cluster shop --services web nothing');
      expect(services).toMatchObject([{ serviceName: 'web', status: 'ACTIVE', desiredCount: 2, runningCount: 2, deployments: [{ status: 'PRIMARY', rolloutState: 'COMPLETED' }] }]);
      expect(failures).toEqual([{ arn: 'arn:aws:ecs:eu-central-1:123456789012:service/shop/nothing', reason: 'MISSING' }]);

      const { taskArns = [] } = await aws<ListTasksResponse>('ecs list-tasks --cluster shop --service-name web');
      const { tasks } = await aws<DescribeTasksResponse>(`ecs describe-tasks --cluster shop --tasks ${taskArns.join(' ')}`);
      expect(tasks?.map(({ lastStatus, group, containers }) => [lastStatus, group, containers?.[0]?.name])).toEqual([['RUNNING', 'service:web', 'web'], ['RUNNING', 'service:web', 'web']]);

      const { taskDefinition } = await aws<DescribeTaskDefinitionResponse>('ecs describe-task-definition --task-definition web');
      expect(taskDefinition).toMatchObject({ revision: 1, containerDefinitions: [{ image: '123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop:web-latest' }] });
    });

    it('deploys a revision that it registers, and waits until the service is stable', async () => {
      const { taskDefinition: { containerDefinitions = [], cpu, memory } = {} } = await aws<DescribeTaskDefinitionResponse>('ecs describe-task-definition --task-definition jobs');
      const changed = [{ ...containerDefinitions[0], image: 'office:1' }];
      const definition = { family: 'jobs', containerDefinitions: changed, cpu, memory, networkMode: 'awsvpc', requiresCompatibilities: ['FARGATE'], runtimePlatform: { cpuArchitecture: 'ARM64', operatingSystemFamily: 'LINUX' } };
      const { taskDefinition } = await aws<RegisterTaskDefinitionResponse>('ecs register-task-definition --cli-input-json', definition);
      expect(taskDefinition?.taskDefinitionArn).toMatch(/:task-definition\/jobs:2$/);

      const { service } = await aws<{ service: NonNullable<DescribeServicesResponse['services']>[number] }>('ecs update-service --cluster shop --service jobs --task-definition jobs:2');
      expect(service.deployments?.map(({ status }) => status)).toEqual(['PRIMARY', 'ACTIVE']);
      await minutes(5);
      await aws('ecs wait services-stable --cluster shop --services jobs');
      const [task] = cloud.inspect.tasks().filter(({ group, lastStatus }) => group === 'service:jobs' && lastStatus === 'RUNNING');
      expect(task).toMatchObject({ taskDefinition: taskDefinition?.taskDefinitionArn, containers: [{ image: 'office:1' }] });
    });

    it('runs a task, waits for its end and reads what it wrote', async () => {
      const network = { awsvpcConfiguration: { subnets: ['subnet-a'], securityGroups: ['sg-shop'], assignPublicIp: 'ENABLED' } };
      const input = { cluster: 'shop', taskDefinition: 'migrate', launchType: 'FARGATE', networkConfiguration: network, overrides: { containerOverrides: [{ name: 'migrate', command: ['status'] }] } };
      const { tasks: [started] = [] } = await aws<RunTaskResponse>('ecs run-task --cli-input-json', input);
      await minutes(2);
      await aws(`ecs wait tasks-stopped --cluster shop --tasks ${started?.taskArn ?? ''}`);
      const { tasks } = await aws<DescribeTasksResponse>(`ecs describe-tasks --cluster shop --tasks ${started?.taskArn ?? ''}`);
      expect(tasks).toMatchObject([{ lastStatus: 'STOPPED', stopCode: 'EssentialContainerExited', containers: [{ exitCode: 0 }] }]);

      expect((await aws<DescribeLogGroupsResponse>('logs describe-log-groups')).logGroups?.map(({ logGroupName }) => logGroupName)).toEqual(['/ecs/migrate']);
      const { logStreams = [] } = await aws<DescribeLogStreamsResponse>('logs describe-log-streams --log-group-name /ecs/migrate --order-by LastEventTime --descending');
      expect(logStreams.map(({ logStreamName }) => logStreamName?.split('/').at(-1))).toEqual([started?.taskArn?.split('/').at(-1)]);
      const read = `logs get-log-events --log-group-name /ecs/migrate --start-from-head --log-stream-name ${logStreams[0]?.logStreamName ?? ''}`;
      let page = await aws<GetLogEventsResponse>(read);
      // a page may be empty and not the last
      for (let more = 0; more < 9 && page.events?.length === 0; more += 1) page = await aws<GetLogEventsResponse>(`${read} --next-token ${page.nextForwardToken ?? ''}`);
      expect(page.events?.map(({ message }) => message)).toEqual(['one']);
      expect((await aws<FilterLogEventsResponse>('logs filter-log-events --log-group-name /ecs/migrate --filter-pattern one')).events).toMatchObject([{ message: 'one' }]);

      // as the documentation spells it, whose first command is the start
      const [, start = '', rest = ''] = /^(task=\$\([\s\S]*?\))\n([\s\S]*)$/.exec(commands.get('status-by-hand') ?? '') ?? [];
      const task = await awsScript(`${start}; echo "$task"`);
      await minutes(2);
      const printed = await awsScript(`task=${task}\n${rest}`);
      expect(printed.replaceAll(/\s*\n\s*/g, ' ')).toBe('[ "Essential container in task exited", 0 ] [ "one" ]');
    });

    it('stops a task, which the service replaces', async () => {
      const { taskArns: [first] = [] } = await aws<ListTasksResponse>('ecs list-tasks --cluster shop --service-name office');
      expect((await aws<StopTaskResponse>(`ecs stop-task --cluster shop --task ${first ?? ''} --reason`, 'looked <odd> & old')).task).toMatchObject({ desiredStatus: 'STOPPED', stoppedReason: 'looked <odd> & old' });
      await minutes(5);
      await aws('ecs wait services-stable --cluster shop --services office');
      expect((await aws<ListTasksResponse>('ecs list-tasks --cluster shop --service-name office')).taskArns).not.toContain(first);
    });

    it('is told which of its words is wrong', async () => {
      expect(await awsError('ecs list-tasks --cluster nowhere')).toContain('An error occurred (ClusterNotFoundException) when calling the ListTasks operation: Cluster not found.');
    });
  });

  describe('with RDS', () => {
    it('takes a snapshot, restores it beside the database, stops and starts that, and deletes the snapshot', async () => {
      expect((await aws<CreateDBSnapshotResult>('rds create-db-snapshot --db-instance-identifier shop --db-snapshot-identifier before --tags Key=team,Value=shop')).DBSnapshot).toMatchObject({ Status: 'creating', DBSnapshotIdentifier: 'before' });
      await minutes(3);
      await aws('rds wait db-snapshot-available --db-snapshot-identifier before');
      expect((await aws<DBSnapshotMessage>('rds describe-db-snapshots --db-instance-identifier shop')).DBSnapshots).toMatchObject([{ Status: 'available', PercentProgress: 100, TagList: expect.arrayContaining([{ Key: 'team', Value: 'shop' }]) as unknown }]);

      await aws('rds restore-db-instance-from-db-snapshot --db-instance-identifier beside --db-snapshot-identifier before --db-instance-class db.t4g.micro --no-publicly-accessible');
      await minutes(3);
      await aws('rds wait db-instance-available --db-instance-identifier beside');
      expect((await aws<StopDBInstanceResult>('rds stop-db-instance --db-instance-identifier beside')).DBInstance?.DBInstanceStatus).toBe('stopping');
      await minutes(1);
      expect((await aws<StartDBInstanceResult>('rds start-db-instance --db-instance-identifier beside')).DBInstance?.DBInstanceStatus).toBe('starting');
      await aws('rds delete-db-snapshot --db-snapshot-identifier before');
      expect((await aws<DBSnapshotMessage>('rds describe-db-snapshots')).DBSnapshots).toEqual([]);
    });

    it('shows the database, and downloads its log', async () => {
      const { DBInstances } = await aws<DBInstanceMessage>('rds describe-db-instances --db-instance-identifier shop');
      expect(DBInstances).toMatchObject([{ DBInstanceStatus: 'available', Engine: 'postgres', DeletionProtection: true, AllocatedStorage: 20, Endpoint: { Port: 5432 } }]);
      const { DescribeDBLogFiles: files = [] } = await aws<DescribeDBLogFilesResponse>('rds describe-db-log-files --db-instance-identifier shop');
      expect(files[0]?.LogFileName).toMatch(/^error\/postgresql\.log\.2026-11-23-\d\d$/);
      // one an hour: which of them tells of the start depends on how long these tests have been at work
      const portions = await Promise.all(files.map(({ LogFileName = '' }) => aws<DownloadDBLogFilePortionDetails>(`rds download-db-log-file-portion --db-instance-identifier shop --log-file-name ${LogFileName}`)));
      expect(portions.map(({ LogFileData }) => LogFileData).join('')).toContain('LOG:  database system is ready to accept connections\n');
    });

    it('is told of an instance that does not exist', async () => {
      expect(await awsError('rds describe-db-instances --db-instance-identifier nowhere')).toContain('An error occurred (DBInstanceNotFound) when calling the DescribeDBInstances operation: DBInstance nowhere not found.');
    });
  });

  describe('with Elastic Load Balancing', () => {
    it('shows the balancer down to the health of its targets', async () => {
      const { LoadBalancers: [balancer] = [] } = await aws<DescribeLoadBalancersOutput>('elbv2 describe-load-balancers --names shop');
      expect(balancer).toMatchObject({ Type: 'application', State: { Code: 'active' } });
      const { Listeners } = await aws<DescribeListenersOutput>(`elbv2 describe-listeners --load-balancer-arn ${balancer?.LoadBalancerArn ?? ''}`);
      expect(Listeners).toMatchObject([{ Protocol: 'HTTPS', Port: 443, DefaultActions: [{ Type: 'redirect', RedirectConfig: { Host: 'closed.shop.test', StatusCode: 'HTTP_302' } }] }]);
      const { TargetGroups: [group] = [] } = await aws<DescribeTargetGroupsOutput>('elbv2 describe-target-groups --names web');
      expect(group).toMatchObject({ LoadBalancerArns: [balancer?.LoadBalancerArn], HealthCheckPath: '/', Matcher: { HttpCode: '200' } });
      const { Attributes } = await aws<DescribeTargetGroupAttributesOutput>(`elbv2 describe-target-group-attributes --target-group-arn ${group?.TargetGroupArn ?? ''}`);
      expect(Attributes).toContainEqual({ Key: 'deregistration_delay.timeout_seconds', Value: '60' });
      const { TargetHealthDescriptions } = await aws<DescribeTargetHealthOutput>(`elbv2 describe-target-health --target-group-arn ${group?.TargetGroupArn ?? ''}`);
      expect(TargetHealthDescriptions?.map(({ TargetHealth }) => TargetHealth?.State)).toEqual(['healthy', 'healthy']);
    });

    it('closes a rule to visitors, and puts others before and behind it', async () => {
      const listener = cloud.inspect.rules()[0]?.listenerArn ?? '';
      const shown = async () => (await aws<DescribeRulesOutput>(`elbv2 describe-rules --listener-arn ${listener}`)).Rules ?? [];
      const [open] = await shown();
      await aws(`elbv2 modify-rule --rule-arn ${open?.RuleArn ?? ''} --conditions`, [
        { Field: 'host-header', HostHeaderConfig: { Values: ['shop.test'] } },
        { Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'x-operator', Values: ['sesame'] } },
      ]);
      const actions = 'Type=fixed-response,FixedResponseConfig={StatusCode=503,ContentType=text/plain,MessageBody=closed}';
      const { Rules: [added] = [] } = await aws<CreateRuleOutput>(`elbv2 create-rule --listener-arn ${listener} --priority 20 --conditions Field=host-header,Values=shop.test --actions ${actions}`);
      await aws(`elbv2 set-rule-priorities --rule-priorities RuleArn=${open?.RuleArn ?? ''},Priority=5 RuleArn=${added?.RuleArn ?? ''},Priority=6`);
      expect((await shown()).map(({ Priority, Actions }) => [Priority, Actions?.[0]?.Type])).toEqual([['2', 'forward'], ['5', 'forward'], ['6', 'fixed-response'], ['default', 'redirect']]);
      await minutes(1);
      const visit = (headers: Readonly<Record<string, string>>) => cloud.connection.fetch('https://shop.test/', { headers, redirect: 'manual' });
      expect([(await visit({})).status, (await visit({ 'x-operator': 'sesame' })).status]).toEqual([503, 200]);

      await aws(`elbv2 delete-rule --rule-arn ${added?.RuleArn ?? ''}`);
      expect(await awsError(`elbv2 describe-rules --rule-arns ${added?.RuleArn ?? ''}`)).toContain('An error occurred (RuleNotFound) when calling the DescribeRules operation: ');
    });
  });

  it('reads the metrics of the database', async () => {
    await minutes(6);
    const metric = '--namespace AWS/RDS --metric-name CPUUtilization';
    expect((await aws<ListMetricsOutput>(`cloudwatch list-metrics ${metric}`)).Metrics).toContainEqual({ Namespace: 'AWS/RDS', MetricName: 'CPUUtilization', Dimensions: [{ Name: 'DBInstanceIdentifier', Value: 'shop' }] });
    const times = '--start-time 2026-11-23T08:00:00Z --end-time 2026-11-23T20:00:00Z';
    const { Datapoints = [] } = await aws<GetMetricStatisticsOutput>(`cloudwatch get-metric-statistics ${metric} --dimensions Name=DBInstanceIdentifier,Value=shop ${times} --period 60 --statistics Average Maximum`);
    expect(Datapoints[0]).toMatchObject({ Average: 4, Maximum: 4, Unit: 'Percent' });
    const stat = { Metric: { Namespace: 'AWS/RDS', MetricName: 'CPUUtilization', Dimensions: [{ Name: 'DBInstanceIdentifier', Value: 'shop' }] }, Period: 60, Stat: 'Average' };
    const { MetricDataResults } = await aws<GetMetricDataOutput>(`cloudwatch get-metric-data ${times} --metric-data-queries`, [{ Id: 'cpu', MetricStat: stat }]);
    expect(MetricDataResults).toMatchObject([{ Id: 'cpu', Label: 'CPUUtilization', StatusCode: 'Complete' }]);
    expect(MetricDataResults?.[0]?.Values?.slice(0, 5)).toEqual([4, 4, 4, 4, 4]);
  });

  it('moves a tag to another image, whose digest stays', async () => {
    expect((await aws<DescribeRepositoriesResponse>('ecr describe-repositories')).repositories).toMatchObject([{ repositoryName: 'shop', imageTagMutability: 'MUTABLE' }]);
    const accepted = '--accepted-media-types application/vnd.oci.image.index.v1+json application/vnd.oci.image.manifest.v1+json';
    const { images: [image] = [] } = await aws<BatchGetImageResponse>(`ecr batch-get-image --repository-name shop --image-ids imageTag=jobs-v2.0.0 ${accepted}`);
    const put = `ecr put-image --repository-name shop --image-tag jobs-latest --image-manifest-media-type ${image?.imageManifestMediaType ?? ''} --image-manifest`;
    expect((await aws<PutImageResponse>(put, image?.imageManifest)).image?.imageId).toEqual({ imageDigest: image?.imageId?.imageDigest, imageTag: 'jobs-latest' });
    const { imageDetails } = await aws<DescribeImagesResponse>('ecr describe-images --repository-name shop --image-ids imageTag=jobs-latest');
    expect(imageDetails).toMatchObject([{ imageDigest: image?.imageId?.imageDigest, imageTags: ['jobs-v2.0.0', 'jobs-latest'] }]);
    expect(await awsError(put, image?.imageManifest)).toContain('An error occurred (ImageAlreadyExistsException) when calling the PutImage operation: ');
  });

  it('suspends the scaling of a service', async () => {
    const target = '--service-namespace ecs --resource-id service/shop/web --scalable-dimension ecs:service:DesiredCount';
    await aws(`application-autoscaling register-scalable-target ${target} --suspended-state DynamicScalingInSuspended=true,DynamicScalingOutSuspended=true,ScheduledScalingSuspended=true`);
    const { ScalableTargets } = await aws<DescribeScalableTargetsResponse>('application-autoscaling describe-scalable-targets --service-namespace ecs');
    expect(ScalableTargets).toMatchObject([{ ResourceId: 'service/shop/web', MinCapacity: 2, MaxCapacity: 4, SuspendedState: { DynamicScalingInSuspended: true, DynamicScalingOutSuspended: true, ScheduledScalingSuspended: true } }]);
  });
});
