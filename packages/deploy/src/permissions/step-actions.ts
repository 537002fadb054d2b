import type { Action } from './actions.js';

/** Every wait looks whether somebody else has changed what the run has set. */
export const watching: readonly Action[] = ['application-autoscaling:DescribeScalableTargets', 'ecs:DescribeServices', 'elasticloadbalancing:DescribeRules'];
const finding: readonly Action[] = ['ecs:DescribeTasks', 'ecs:ListTasks'];
const images: readonly Action[] = ['ecr:BatchGetImage', 'ecr:DescribeImages'];
const revising: readonly Action[] = ['ecs:DescribeTaskDefinition', 'ecs:RegisterTaskDefinition', 'ecs:TagResource', 'iam:PassRole'];
const tuning: readonly Action[] = [
  'elasticloadbalancing:DescribeTargetGroupAttributes',
  'elasticloadbalancing:DescribeTargetGroups',
  'elasticloadbalancing:ModifyTargetGroup',
  'elasticloadbalancing:ModifyTargetGroupAttributes',
];
const starting: readonly Action[] = [...watching, ...finding, ...tuning, 'ecs:UpdateService', 'elasticloadbalancing:DescribeTargetHealth', 'elasticloadbalancing:ModifyRule'];

/** What each step of the recipes calls, by its name there; `connect`, and what a failed run tells of where it leaves the environment. */
export const stepActions = {
  connect: ['ecs:DescribeClusters', 'ecs:DescribeServices', 'elasticloadbalancing:DescribeListeners', 'elasticloadbalancing:DescribeLoadBalancers', 'elasticloadbalancing:DescribeTargetGroups', 'rds:DescribeDBInstances'],
  situation: ['ecs:DescribeServices', 'elasticloadbalancing:DescribeRules', 'elasticloadbalancing:DescribeTargetHealth', 'rds:DescribeDBInstances'],
  preflight: [
    ...watching,
    ...finding,
    ...images,
    'cloudwatch:GetMetricData',
    'ecs:DescribeServiceRevisions',
    'ecs:DescribeTaskDefinition',
    'rds:DescribeAccountAttributes',
    'rds:DescribeDBInstances',
    'rds:DescribePendingMaintenanceActions',
  ],
  'promote-image': [
    ...finding,
    ...images,
    'ecr:BatchCheckLayerAvailability',
    'ecr:CompleteLayerUpload',
    'ecr:GetAuthorizationToken',
    'ecr:InitiateLayerUpload',
    'ecr:PutImage',
    'ecr:UploadLayerPart',
    'ecs:DescribeServices',
    'ecs:DescribeTaskDefinition',
  ],
  look: [...watching, 'elasticloadbalancing:DescribeTargetHealth', 'rds:DescribeDBInstances'],
  'gate-on': [...watching, 'elasticloadbalancing:ModifyRule'],
  'await-drained': ['cloudwatch:GetMetricData', 'ecs:DescribeServices', 'elasticloadbalancing:DescribeRules'],
  'stop-services': [...watching, ...finding, ...tuning, 'application-autoscaling:RegisterScalableTarget', 'ecs:UpdateService', 'elasticloadbalancing:ModifyRule'],
  'snapshot-db': [...watching, ...finding, 'ecr:DescribeImages', 'ecs:DescribeServiceRevisions', 'ecs:DescribeTaskDefinition', 'rds:AddTagsToResource', 'rds:CreateDBSnapshot', 'rds:DescribeDBInstances', 'rds:DescribeDBSnapshots'],
  'run-migration': [...watching, ...finding, ...images, ...revising, 'cloudwatch:GetMetricData', 'ecs:RunTask', 'logs:GetLogEvents', 'rds:DescribeDBLogFiles', 'rds:DescribeDBSnapshots', 'rds:DownloadDBLogFilePortion'],
  'await-db-settled': [...watching, 'cloudwatch:GetMetricData', 'rds:DescribeDBInstances'],
  'deploy-core': [...starting, ...images, ...revising, 'application-autoscaling:RegisterScalableTarget', 'ecr:PutImage', 'ecs:DescribeServiceDeployments', 'logs:GetLogEvents'],
  'start-administration': starting,
  'start-services': [...starting, 'application-autoscaling:RegisterScalableTarget'],
  'verify-deployment': [...watching, 'elasticloadbalancing:DescribeTargetHealth'],
  'move-tags': [...images, 'ecr:PutImage'],
  'gate-off': [...watching, 'elasticloadbalancing:ModifyRule'],
  'stop-db': [...watching, ...finding, 'rds:DescribeDBInstances', 'rds:StopDBInstance'],
  'start-db': ['rds:DescribeDBInstances', 'rds:StartDBInstance'],
  'open-administration': ['ecs:DescribeServices', 'elasticloadbalancing:DescribeRules', 'elasticloadbalancing:ModifyRule'],
  'settle-scaling': [...tuning, 'application-autoscaling:DescribeScalableTargets', 'application-autoscaling:RegisterScalableTarget', 'ecs:DescribeServices'],
} as const satisfies Readonly<Record<string, readonly Action[]>>;

export type StepName = keyof typeof stepActions;

const always = ['connect', 'situation'] as const;
const migrating = [...always, 'preflight', 'promote-image', 'gate-on', 'await-drained', 'stop-services', 'snapshot-db', 'run-migration', 'await-db-settled'] as const;
/** What a failure before the migration is put back by. */
const puttingBack = ['start-services', 'verify-deployment', 'gate-off'] as const;

/** Which steps a recipe takes, whatever its options, those that put things back included. */
export const recipeSteps = {
  applyMigration: [...migrating, 'start-administration', ...puttingBack],
  deployWithMigration: [...migrating, 'deploy-core', ...puttingBack],
  deployWithoutMigration: [...always, 'preflight', 'promote-image', 'look', 'gate-on', 'deploy-core', 'verify-deployment', 'move-tags', 'gate-off'],
  transitionTo: [...always, 'look', 'gate-on', 'stop-services', 'stop-db', 'start-db', 'start-services', 'open-administration', 'verify-deployment', 'gate-off', 'settle-scaling'],
  reopen: [...always, ...puttingBack],
} as const satisfies Readonly<Record<string, readonly StepName[]>>;

export type RecipeName = keyof typeof recipeSteps;
