import type { operationsTable } from '../../packages/local-cloud/src/operations-table.js';

/** One call of a row of them, on the shop's cloud. */
export interface PlannedCall {
  readonly operation: string;
  /** `told` is text out of what an earlier call was answered: `RunTask.tasks.0.taskArn`. */
  input(told: (path: string) => string): object;
  /** Milliseconds of the cloud's time that pass afterwards. */
  readonly thenMs: number;
}

const minute = 60_000;
const tags = [{ key: 'team', value: 'shop & sons <1>' }];
const rdsTags = [{ Key: 'team', Value: 'shop & sons <1>' }];
const network = { awsvpcConfiguration: { subnets: ['subnet-a'], securityGroups: ['sg-shop'], assignPublicIp: 'ENABLED' } };
const scaled = { ServiceNamespace: 'ecs', ResourceId: 'service/shop/web', ScalableDimension: 'ecs:service:DesiredCount' };

const call = (operation: string, input: object | PlannedCall['input'] = {}, thenMs = 0): PlannedCall => ({ operation, input: typeof input === 'function' ? (input as PlannedCall['input']) : () => input, thenMs });

/** Every operation that the local cloud has, so that each is answered with as much as it can tell. */
export const everyOperation: Readonly<Record<keyof typeof operationsTable, readonly PlannedCall[]>> = {
  sts: [call('GetCallerIdentity')],
  ecs: [
    call('CreateCluster', { clusterName: 'second', tags }),
    call('DescribeClusters', { clusters: ['shop', 'nowhere'], include: ['TAGS'] }),
    call('ListClusters', { maxResults: 1 }),
    call('RegisterTaskDefinition', {
      family: 'notes',
      networkMode: 'awsvpc',
      requiresCompatibilities: ['FARGATE'],
      cpu: '256',
      memory: '512',
      runtimePlatform: { cpuArchitecture: 'ARM64', operatingSystemFamily: 'LINUX' },
      containerDefinitions: [
        {
          name: 'notes',
          image: 'office:1',
          essential: true,
          portMappings: [{ containerPort: 3000 }],
          environment: [{ name: 'EMPTY', value: '' }],
          secrets: [{ name: 'KEY', valueFrom: 'arn:aws:ssm:eu-central-1:123456789012:parameter/key' }],
          dockerLabels: { 'a.b': 'c' },
          logConfiguration: { logDriver: 'awslogs', options: { 'awslogs-group': '/ecs/migrate', 'awslogs-region': 'eu-central-1', 'awslogs-stream-prefix': 'notes' } },
        },
      ],
      tags,
    }),
    call('DescribeTaskDefinition', { taskDefinition: 'notes', include: ['TAGS'] }),
    call('ListTaskDefinitions', { familyPrefix: 'notes', sort: 'DESC' }),
    call('CreateService', { cluster: 'shop', serviceName: 'notes', taskDefinition: 'notes', desiredCount: 1, launchType: 'FARGATE', networkConfiguration: network, deploymentConfiguration: { minimumHealthyPercent: 0, maximumPercent: 100 } }, 2 * minute),
    call('UpdateService', { cluster: 'shop', service: 'web', forceNewDeployment: true }, 10_000),
    call('DescribeServices', { cluster: 'shop', services: ['web', 'notes', 'nowhere'], include: ['TAGS'] }),
    call('ListServices', { cluster: 'shop', launchType: 'FARGATE' }),
    call('ListServiceDeployments', { cluster: 'shop', service: 'web', createdAt: { after: '2026-11-01T00:00:00.000Z' } }),
    call('DescribeServiceDeployments', (told) => ({ serviceDeploymentArns: [told('ListServiceDeployments.serviceDeployments.0.serviceDeploymentArn')] })),
    call('DescribeServiceRevisions', (told) => ({ serviceRevisionArns: [told('DescribeServiceDeployments.serviceDeployments.0.targetServiceRevision.arn')] })),
    call('StopServiceDeployment', (told) => ({ serviceDeploymentArn: told('ListServiceDeployments.serviceDeployments.0.serviceDeploymentArn'), stopType: 'ROLLBACK' }), 5 * minute),
    call('DescribeServiceDeployments', (told) => ({ serviceDeploymentArns: [told('ListServiceDeployments.serviceDeployments.0.serviceDeploymentArn')] })),
    call('DeleteService', { cluster: 'shop', service: 'notes', force: true }),
    call('RunTask', { cluster: 'shop', taskDefinition: 'migrate', launchType: 'FARGATE', networkConfiguration: network, overrides: { containerOverrides: [{ name: 'migrate', command: ['status'], environment: [{ name: 'A', value: '1' }] }] }, startedBy: 'anna', tags }),
    call('DescribeTasks', (told) => ({ cluster: 'shop', tasks: [told('RunTask.tasks.0.taskArn'), '0123456789abcdef0123456789abcdef'], include: ['TAGS'] })),
    call('ListTasks', { cluster: 'shop', family: 'migrate' }),
    call('StopTask', (told) => ({ cluster: 'shop', task: told('RunTask.tasks.0.taskArn'), reason: 'not <wanted> & gone' }), 2 * minute),
    call('DescribeTasks', (told) => ({ cluster: 'shop', tasks: [told('RunTask.tasks.0.taskArn')] })),
    call('DeregisterTaskDefinition', { taskDefinition: 'notes:1' }),
    call('TagResource', { resourceArn: 'arn:aws:ecs:eu-central-1:123456789012:service/shop/web', tags }),
    call('ListTagsForResource', { resourceArn: 'arn:aws:ecs:eu-central-1:123456789012:service/shop/web' }),
    call('UntagResource', { resourceArn: 'arn:aws:ecs:eu-central-1:123456789012:service/shop/web', tagKeys: ['team'] }),
  ],
  rds: [
    call('CreateDBInstance', {
      DBInstanceIdentifier: 'second',
      Engine: 'postgres',
      DBInstanceClass: 'db.t4g.micro',
      AllocatedStorage: 20,
      MasterUsername: 'keeper',
      MasterUserPassword: 'not a secret & <so on>',
      VpcSecurityGroupIds: ['sg-a', 'sg-b'],
      EnableCloudwatchLogsExports: ['postgresql'],
      MultiAZ: false,
      Tags: rdsTags,
    }, 5 * minute),
    call('ModifyDBInstance', { DBInstanceIdentifier: 'second', DBInstanceClass: 'db.t4g.small', BackupRetentionPeriod: 2, ApplyImmediately: false }, minute),
    call('RebootDBInstance', { DBInstanceIdentifier: 'second' }, 2 * minute),
    call('DescribeDBInstances'),
    call('DescribeDBInstances', { Filters: [{ Name: 'engine', Values: ['postgres'] }], MaxRecords: 20 }),
    call('CreateDBSnapshot', { DBSnapshotIdentifier: 'before', DBInstanceIdentifier: 'shop', Tags: rdsTags }, 3 * minute),
    call('DescribeDBSnapshots', { DBInstanceIdentifier: 'shop' }),
    call('RestoreDBInstanceFromDBSnapshot', { DBInstanceIdentifier: 'restored', DBSnapshotIdentifier: 'before', DBInstanceClass: 'db.t4g.micro', PubliclyAccessible: false }, 5 * minute),
    call('ModifyDBInstance', { DBInstanceIdentifier: 'restored', NewDBInstanceIdentifier: 'renamed', VpcSecurityGroupIds: ['sg-default'], ApplyImmediately: true }, 5 * minute),
    call('DescribeDBInstances', (told) => ({ Filters: [{ Name: 'dbi-resource-id', Values: [told('RestoreDBInstanceFromDBSnapshot.DBInstance.DbiResourceId')] }] })),
    call('StopDBInstance', { DBInstanceIdentifier: 'second' }, 2 * minute),
    call('StartDBInstance', { DBInstanceIdentifier: 'second' }, 2 * minute),
    call('DeleteDBInstance', { DBInstanceIdentifier: 'second', SkipFinalSnapshot: true }),
    call('DescribeDBLogFiles', { DBInstanceIdentifier: 'shop', FilenameContains: 'postgresql' }),
    call('DownloadDBLogFilePortion', (told) => ({ DBInstanceIdentifier: 'shop', LogFileName: told('DescribeDBLogFiles.DescribeDBLogFiles.0.LogFileName'), Marker: '0' })),
    call('AddTagsToResource', (told) => ({ ResourceName: told('CreateDBSnapshot.DBSnapshot.DBSnapshotArn'), Tags: [{ Key: 'empty', Value: '' }] })),
    call('ListTagsForResource', (told) => ({ ResourceName: told('CreateDBSnapshot.DBSnapshot.DBSnapshotArn') })),
    call('RemoveTagsFromResource', (told) => ({ ResourceName: told('CreateDBSnapshot.DBSnapshot.DBSnapshotArn'), TagKeys: ['team', 'empty'] })),
    call('DeleteDBSnapshot', { DBSnapshotIdentifier: 'before' }),
    call('DescribeAccountAttributes'),
    call('DescribePendingMaintenanceActions'),
    call('DescribeEvents', { SourceType: 'db-instance', SourceIdentifier: 'shop', Duration: 60, EventCategories: ['backup'] }),
  ],
  elbv2: [
    call('CreateLoadBalancer', { Name: 'second', Subnets: ['subnet-a', 'subnet-b'], SecurityGroups: ['sg-shop'], Tags: rdsTags }),
    call('DescribeLoadBalancers', { Names: ['shop', 'second'] }),
    call('DescribeAccountLimits'),
    call('CreateTargetGroup', { Name: 'second', Protocol: 'HTTP', Port: 8080, VpcId: 'vpc-0123456789abcdef0', TargetType: 'ip', HealthCheckPath: '/health?a=1&b=2', Matcher: { HttpCode: '200-299' } }),
    call('CreateListener', (told) => ({
      LoadBalancerArn: told('CreateLoadBalancer.LoadBalancers.0.LoadBalancerArn'),
      Protocol: 'HTTP',
      Port: 80,
      DefaultActions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '503', ContentType: 'text/html', MessageBody: '<p>closed & "quiet"</p>\r\n\tünïcode ✓ ' } }],
    })),
    call('DescribeListeners', (told) => ({ LoadBalancerArn: told('CreateLoadBalancer.LoadBalancers.0.LoadBalancerArn') })),
    call('ModifyListener', (told) => ({ ListenerArn: told('CreateListener.Listeners.0.ListenerArn'), DefaultActions: [{ Type: 'redirect', RedirectConfig: { Protocol: 'HTTPS', Port: '443', StatusCode: 'HTTP_301' } }] })),
    call('CreateRule', (told) => ({
      ListenerArn: told('CreateListener.Listeners.0.ListenerArn'),
      Priority: 10,
      Conditions: [
        { Field: 'host-header', HostHeaderConfig: { Values: ['a.test', '*.b.test'] } },
        { Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'x-a', Values: ['<&>'] } },
        { Field: 'query-string', QueryStringConfig: { Values: [{ Key: 'k', Value: 'v' }] } },
      ],
      Actions: [{ Type: 'forward', ForwardConfig: { TargetGroups: [{ TargetGroupArn: told('CreateTargetGroup.TargetGroups.0.TargetGroupArn'), Weight: 1 }] } }],
      Tags: rdsTags,
    })),
    call('ModifyRule', (told) => ({ RuleArn: told('CreateRule.Rules.0.RuleArn'), Conditions: [{ Field: 'path-pattern', Values: ['/api/*'] }, { Field: 'http-request-method', HttpRequestMethodConfig: { Values: ['GET'] } }] })),
    call('SetRulePriorities', (told) => ({ RulePriorities: [{ RuleArn: told('CreateRule.Rules.0.RuleArn'), Priority: 20 }] })),
    call('DescribeRules', (told) => ({ ListenerArn: told('CreateListener.Listeners.0.ListenerArn') })),
    call('DescribeTargetGroups', {}),
    call('ModifyTargetGroup', (told) => ({ TargetGroupArn: told('CreateTargetGroup.TargetGroups.0.TargetGroupArn'), HealthCheckIntervalSeconds: 20 })),
    call('ModifyTargetGroupAttributes', (told) => ({ TargetGroupArn: told('CreateTargetGroup.TargetGroups.0.TargetGroupArn'), Attributes: [{ Key: 'deregistration_delay.timeout_seconds', Value: '10' }] })),
    call('DescribeTargetGroupAttributes', (told) => ({ TargetGroupArn: told('CreateTargetGroup.TargetGroups.0.TargetGroupArn') })),
    call('RegisterTargets', (told) => ({ TargetGroupArn: told('CreateTargetGroup.TargetGroups.0.TargetGroupArn'), Targets: [{ Id: '10.0.0.9', Port: 8080 }] }), minute),
    call('DescribeTargetHealth', (told) => ({ TargetGroupArn: told('CreateTargetGroup.TargetGroups.0.TargetGroupArn') })),
    call('DeregisterTargets', (told) => ({ TargetGroupArn: told('CreateTargetGroup.TargetGroups.0.TargetGroupArn'), Targets: [{ Id: '10.0.0.9' }] })),
    call('AddTags', (told) => ({ ResourceArns: [told('CreateRule.Rules.0.RuleArn')], Tags: [{ Key: 'empty', Value: '' }] })),
    call('DescribeTags', (told) => ({ ResourceArns: [told('CreateRule.Rules.0.RuleArn'), told('CreateListener.Listeners.0.ListenerArn')] })),
    call('RemoveTags', (told) => ({ ResourceArns: [told('CreateRule.Rules.0.RuleArn')], TagKeys: ['team'] })),
    call('DeleteRule', (told) => ({ RuleArn: told('CreateRule.Rules.0.RuleArn') })),
  ],
  ecr: [
    call('CreateRepository', { repositoryName: 'team/second', imageTagMutability: 'IMMUTABLE', tags: [{ Key: 'a', Value: 'b' }] }),
    call('DescribeRepositories', { repositoryNames: ['shop', 'team/second'] }),
    call('DescribeImages', { repositoryName: 'shop', imageIds: [{ imageTag: 'web-latest' }] }),
    call('ListImages', { repositoryName: 'shop', filter: { tagStatus: 'TAGGED' } }),
    call('BatchGetImage', { repositoryName: 'shop', imageIds: [{ imageTag: 'web-v1.0.0' }, { imageTag: 'nothing' }], acceptedMediaTypes: ['application/vnd.oci.image.index.v1+json', 'application/vnd.oci.image.manifest.v1+json'] }),
    call('PutImage', (told) => ({ repositoryName: 'shop', imageManifest: told('BatchGetImage.images.0.imageManifest'), imageManifestMediaType: told('BatchGetImage.images.0.imageManifestMediaType'), imageTag: 'web-kept' })),
    call('BatchDeleteImage', { repositoryName: 'shop', imageIds: [{ imageTag: 'web-kept' }, { imageTag: 'nothing' }] }),
    call('GetAuthorizationToken'),
    call('BatchGetImage', (told) => ({ repositoryName: 'shop', imageIds: [{ imageDigest: told('DescribeImages.imageDetails.0.imageDigest') }], acceptedMediaTypes: ['application/vnd.oci.image.manifest.v1+json'] })),
    call('GetDownloadUrlForLayer', (told) => ({ repositoryName: 'shop', layerDigest: (JSON.parse(told('BatchGetImage.images.0.imageManifest')) as { config: { digest: string } }).config.digest })),
  ],
  logs: [
    call('CreateLogGroup', { logGroupName: '/shop/second', tags: { team: 'shop' } }),
    call('CreateLogStream', { logGroupName: '/shop/second', logStreamName: 'one' }),
    call('PutLogEvents', { logGroupName: '/shop/second', logStreamName: 'one', logEvents: [{ timestamp: Date.UTC(2026, 10, 23, 8), message: '[✓] "first" \\ line' }, { timestamp: Date.UTC(2026, 10, 23, 8, 0, 1), message: 'ERROR: second' }] }, 10_000),
    call('DescribeLogGroups', { logGroupNamePrefix: '/shop' }),
    call('DescribeLogStreams', { logGroupName: '/shop/second', orderBy: 'LastEventTime', descending: true }),
    call('GetLogEvents', { logGroupName: '/shop/second', logStreamName: 'one', startFromHead: true }),
    call('FilterLogEvents', { logGroupName: '/shop/second', logStreamNames: ['one'], filterPattern: 'ERROR' }),
    call('DeleteLogGroup', { logGroupName: '/shop/second' }),
  ],
  cloudwatch: [
    call('PutMetricData', { Namespace: 'Shop', MetricData: [{ MetricName: 'Sold', Dimensions: [{ Name: 'Kind', Value: 'a & b' }], Timestamp: '2026-11-23T08:00:00.000Z', Value: 2.5, Unit: 'Count' }] }, 5 * minute),
    call('ListMetrics', { Namespace: 'Shop' }),
    call('ListMetrics', { Namespace: 'AWS/RDS', Dimensions: [{ Name: 'DBInstanceIdentifier', Value: 'shop' }] }),
    call('GetMetricData', {
      StartTime: '2026-11-23T08:00:00.000Z',
      EndTime: '2026-11-24T08:00:00.000Z',
      MetricDataQueries: [
        { Id: 'sold', MetricStat: { Metric: { Namespace: 'Shop', MetricName: 'Sold', Dimensions: [{ Name: 'Kind', Value: 'a & b' }] }, Period: 60, Stat: 'Sum' } },
        { Id: 'load', MetricStat: { Metric: { Namespace: 'AWS/RDS', MetricName: 'CPUUtilization', Dimensions: [{ Name: 'DBInstanceIdentifier', Value: 'shop' }] }, Period: 300, Stat: 'Average' }, ReturnData: true },
        { Id: 'none', MetricStat: { Metric: { Namespace: 'Shop', MetricName: 'Nothing' }, Period: 60, Stat: 'Sum' } },
      ],
    }),
    call('GetMetricStatistics', { Namespace: 'AWS/RDS', MetricName: 'CPUUtilization', Dimensions: [{ Name: 'DBInstanceIdentifier', Value: 'shop' }], StartTime: '2026-11-23T08:00:00.000Z', EndTime: '2026-11-24T08:00:00.000Z', Period: 300, Statistics: ['Average', 'Maximum', 'SampleCount'] }),
    call('DescribeAlarms', { AlarmNames: ['nothing'] }),
  ],
  'application-autoscaling': [
    call('RegisterScalableTarget', { ...scaled, MinCapacity: 2, MaxCapacity: 5, SuspendedState: { DynamicScalingInSuspended: true } }),
    call('DescribeScalableTargets', { ServiceNamespace: 'ecs', ResourceIds: ['service/shop/web'] }),
    call('PutScalingPolicy', { ...scaled, PolicyName: 'memory', PolicyType: 'TargetTrackingScaling', TargetTrackingScalingPolicyConfiguration: { TargetValue: 62.5, PredefinedMetricSpecification: { PredefinedMetricType: 'ECSServiceAverageMemoryUtilization' }, ScaleInCooldown: 60 } }),
    call('DescribeScalingPolicies', { ServiceNamespace: 'ecs' }),
    call('PutScheduledAction', { ...scaled, ScheduledActionName: 'night', Schedule: 'cron(0 22 * * ? *)', StartTime: '2026-12-01T00:00:00.000Z', ScalableTargetAction: { MinCapacity: 0, MaxCapacity: 0 } }),
    call('DescribeScheduledActions', { ServiceNamespace: 'ecs', ScheduledActionNames: ['night'] }),
    call('DeleteScheduledAction', { ...scaled, ScheduledActionName: 'night' }),
    call('RegisterScalableTarget', { ...scaled, MinCapacity: 3 }),
    call('DescribeScalingActivities', { ServiceNamespace: 'ecs' }),
    call('DeregisterScalableTarget', scaled),
  ],
};
