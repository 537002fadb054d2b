/** What an action is on; `any`: AWS tells no resources apart for it. */
export type ResourceKind =
  | 'any'
  | 'cluster'
  | 'container instances'
  | 'service'
  | 'task'
  | 'service deployment'
  | 'service revision'
  | 'task definition'
  | 'migration task definition'
  | 'task role'
  | 'scaling target'
  | 'rule'
  | 'target group'
  | 'database'
  | 'databases'
  | 'snapshot'
  | 'snapshots'
  | 'log stream'
  | 'repository';

/**
 * Every action that the recipes need, and what it is on ("Actions, resources, and condition keys" of each service, in the Service
 * Authorization Reference). A test compares it with what they send to the local cloud.
 */
export const actions = {
  'application-autoscaling:DescribeScalableTargets': ['any'],
  'application-autoscaling:RegisterScalableTarget': ['scaling target'],
  'cloudwatch:GetMetricData': ['any'],
  'ecr:BatchCheckLayerAvailability': ['repository'],
  'ecr:BatchGetImage': ['repository'],
  'ecr:CompleteLayerUpload': ['repository'],
  'ecr:DescribeImages': ['repository'],
  'ecr:GetAuthorizationToken': ['any'],
  'ecr:InitiateLayerUpload': ['repository'],
  'ecr:PutImage': ['repository'],
  'ecr:UploadLayerPart': ['repository'],
  'ecs:DescribeClusters': ['cluster'],
  'ecs:DescribeServiceDeployments': ['service deployment'],
  'ecs:DescribeServiceRevisions': ['service revision'],
  'ecs:DescribeServices': ['service'],
  'ecs:DescribeTaskDefinition': ['any'],
  'ecs:DescribeTasks': ['task'],
  'ecs:ListTasks': ['container instances'],
  'ecs:RegisterTaskDefinition': ['task definition'],
  'ecs:RunTask': ['migration task definition'],
  'ecs:TagResource': ['task definition'],
  'ecs:UpdateService': ['service'],
  'elasticloadbalancing:DescribeListeners': ['any'],
  'elasticloadbalancing:DescribeLoadBalancers': ['any'],
  'elasticloadbalancing:DescribeRules': ['any'],
  'elasticloadbalancing:DescribeTargetGroupAttributes': ['any'],
  'elasticloadbalancing:DescribeTargetGroups': ['any'],
  'elasticloadbalancing:DescribeTargetHealth': ['any'],
  'elasticloadbalancing:ModifyRule': ['rule'],
  'elasticloadbalancing:ModifyTargetGroup': ['target group'],
  'elasticloadbalancing:ModifyTargetGroupAttributes': ['target group'],
  'iam:PassRole': ['task role'],
  'logs:GetLogEvents': ['log stream'],
  'rds:AddTagsToResource': ['snapshot'],
  'rds:CreateDBSnapshot': ['database', 'snapshot'],
  'rds:DescribeAccountAttributes': ['any'],
  'rds:DescribeDBInstances': ['database'],
  'rds:DescribeDBLogFiles': ['database'],
  'rds:DescribeDBSnapshots': ['database', 'snapshots'],
  'rds:DescribePendingMaintenanceActions': ['databases'],
  'rds:DownloadDBLogFilePortion': ['database'],
  'rds:StartDBInstance': ['database'],
  'rds:StopDBInstance': ['database'],
} as const satisfies Readonly<Record<string, readonly ResourceKind[]>>;

export type Action = keyof typeof actions;
