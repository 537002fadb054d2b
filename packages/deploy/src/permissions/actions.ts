/** What an action is on; `any`: AWS tells no resources apart for it. */
export type ResourceKind =
  | 'any'
  | 'cluster'
  | 'service'
  | 'released service'
  | 'application service'
  | 'administration service'
  | 'task'
  | 'service deployment'
  | 'service revision'
  | 'task definition'
  | 'task role'
  | 'log stream'
  | 'migration task definition'
  | 'migration role'
  | 'migration log stream'
  | 'SQL task'
  | 'SQL task definition'
  | 'SQL task role'
  | 'SQL log stream'
  | 'scaling target'
  | 'rule'
  | 'application target group'
  | 'administration target group'
  | 'distribution'
  | 'function'
  | 'database'
  | 'databases'
  | 'restored instance'
  | 'instance aside'
  | 'rehearsed instance'
  | 'instances'
  | 'instance groups'
  | 'monitoring role'
  | 'snapshot'
  | 'new snapshot'
  | 'snapshots'
  | 'snapshots of the database'
  | 'repository'
  | 'run object'
  | 'run bucket'
  | 'lock object'
  | 'lock bucket';

/**
 * Every action that the recipes need, and what it is on ("Actions, resources, and condition keys" of each service, in the Service
 * Authorization Reference). A test compares it with what they send to the local cloud.
 *
 * ecs:ListTasks is on container instances by the reference; asked for those of a cluster, and not of one instance, AWS decides it on `*` and
 * by `ecs:cluster` (cdklabs/construct-hub#1207, awsdocs/amazon-ecs-developer-guide#211).
 */
export const actions = {
  'application-autoscaling:DescribeScalableTargets': ['any'],
  'application-autoscaling:RegisterScalableTarget': ['scaling target'],
  'cloudfront:DescribeFunction': ['function'],
  'cloudfront:GetDistribution': ['distribution'],
  'cloudfront:TestFunction': ['function'],
  'cloudfront:UpdateDistribution': ['distribution'],
  'cloudwatch:GetMetricData': ['any'],
  'cloudwatch:PutMetricData': ['any'],
  'ecr:BatchCheckLayerAvailability': ['repository'],
  'ecr:BatchGetImage': ['repository'],
  'ecr:CompleteLayerUpload': ['repository'],
  'ecr:DescribeImages': ['repository'],
  'ecr:GetAuthorizationToken': ['any'],
  'ecr:InitiateLayerUpload': ['repository'],
  'ecr:PutImage': ['repository'],
  'ecr:UploadLayerPart': ['repository'],
  'ecs:DescribeClusters': ['cluster'],
  'ecs:DescribeServiceDeployments': ['released service', 'service deployment'],
  'ecs:DescribeServiceRevisions': ['released service', 'service revision'],
  'ecs:DescribeServices': ['service'],
  'ecs:DescribeTaskDefinition': ['any'],
  'ecs:DescribeTasks': ['task'],
  'ecs:ListTasks': ['any'],
  'ecs:RegisterTaskDefinition': ['task definition', 'migration task definition'],
  'ecs:RunTask': ['migration task definition', 'SQL task definition'],
  'ecs:StopTask': ['SQL task'],
  'ecs:TagResource': ['task definition', 'migration task definition'],
  'ecs:UpdateService': ['application service', 'administration service'],
  'elasticloadbalancing:DescribeListeners': ['any'],
  'elasticloadbalancing:DescribeLoadBalancers': ['any'],
  'elasticloadbalancing:DescribeRules': ['any'],
  'elasticloadbalancing:DescribeTargetGroupAttributes': ['any'],
  'elasticloadbalancing:DescribeTargetGroups': ['any'],
  'elasticloadbalancing:DescribeTargetHealth': ['any'],
  'elasticloadbalancing:ModifyRule': ['rule'],
  'elasticloadbalancing:ModifyTargetGroup': ['application target group', 'administration target group'],
  'elasticloadbalancing:ModifyTargetGroupAttributes': ['application target group', 'administration target group'],
  'iam:PassRole': ['task role', 'migration role', 'SQL task role', 'monitoring role'],
  'logs:GetLogEvents': ['log stream', 'migration log stream', 'SQL log stream'],
  'rds:AddTagsToResource': ['new snapshot', 'restored instance', 'rehearsed instance'],
  'rds:CreateDBSnapshot': ['database', 'new snapshot'],
  'rds:DeleteDBInstance': ['rehearsed instance'],
  'rds:DeleteDBSnapshot': ['snapshot'],
  'rds:DescribeAccountAttributes': ['any'],
  // which resources it is on is not documented alike everywhere
  'rds:DescribeDBInstanceAutomatedBackups': ['any'],
  'rds:DescribeDBInstances': ['database', 'instances'],
  'rds:DescribeDBLogFiles': ['database'],
  'rds:DescribeDBSnapshots': ['snapshots', 'snapshots of the database'],
  'rds:DescribePendingMaintenanceActions': ['databases'],
  'rds:DownloadDBLogFilePortion': ['database'],
  'rds:ModifyDBInstance': ['database', 'restored instance', 'instance aside'],
  'rds:RestoreDBInstanceFromDBSnapshot': ['restored instance', 'rehearsed instance', 'snapshot', 'instance groups'],
  'rds:RestoreDBInstanceToPointInTime': ['database', 'restored instance', 'rehearsed instance', 'instance groups'],
  'rds:StartDBInstance': ['database'],
  'rds:StopDBInstance': ['database'],
  's3:DeleteObject': ['run object', 'lock object'],
  's3:GetObject': ['run object', 'lock object'],
  's3:ListBucket': ['run bucket', 'lock bucket'],
  's3:PutObject': ['run object', 'lock object'],
} as const satisfies Readonly<Record<string, readonly ResourceKind[]>>;

export type Action = keyof typeof actions;
