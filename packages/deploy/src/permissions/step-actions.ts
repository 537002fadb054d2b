import type { Action } from './actions.js';

/** Every wait looks whether somebody else has changed what the run has set. */
export const watching: readonly Action[] = ['application-autoscaling:DescribeScalableTargets', 'cloudfront:GetDistribution', 'ecs:DescribeServices', 'elasticloadbalancing:DescribeRules'];
const finding: readonly Action[] = ['ecs:DescribeTasks', 'ecs:ListTasks'];
/** What the gate is now. */
const doors: readonly Action[] = ['cloudfront:GetDistribution', 'elasticloadbalancing:DescribeRules'];
const gating: readonly Action[] = ['cloudfront:UpdateDistribution', 'elasticloadbalancing:ModifyRule'];
const images: readonly Action[] = ['ecr:BatchGetImage', 'ecr:DescribeImages'];
const revising: readonly Action[] = ['ecs:DescribeTaskDefinition', 'ecs:RegisterTaskDefinition', 'ecs:TagResource', 'iam:PassRole'];
/** Which version runs. */
const telling: readonly Action[] = ['ecr:DescribeImages', 'ecs:DescribeServiceRevisions', 'ecs:DescribeServices', 'ecs:DescribeTaskDefinition'];
const snapshotting: readonly Action[] = [...telling, 'rds:AddTagsToResource', 'rds:CreateDBSnapshot', 'rds:DescribeDBInstances', 'rds:DescribeDBSnapshots'];
const restoring: readonly Action[] = ['rds:AddTagsToResource', 'rds:DescribeDBInstances', 'rds:RestoreDBInstanceFromDBSnapshot'];
const toMoment: readonly Action[] = ['rds:DescribeDBInstanceAutomatedBackups', 'rds:RestoreDBInstanceToPointInTime'];
const readingObjects: readonly Action[] = ['s3:GetObject', 's3:ListBucket'];
const objects: readonly Action[] = ['s3:DeleteObject', ...readingObjects, 's3:PutObject'];
const tuning: readonly Action[] = [
  'elasticloadbalancing:DescribeTargetGroupAttributes',
  'elasticloadbalancing:DescribeTargetGroups',
  'elasticloadbalancing:ModifyTargetGroup',
  'elasticloadbalancing:ModifyTargetGroupAttributes',
];
const starting: readonly Action[] = [...watching, ...finding, ...tuning, 'ecs:UpdateService', 'elasticloadbalancing:DescribeTargetHealth', 'elasticloadbalancing:ModifyRule'];

/**
 * What each step calls, by its name in the recipes, where two recipes have no other by that name; `connect`, what a failed run tells of where it
 * leaves the environment, and what a run keeps of itself.
 */
export const stepActions = {
  connect: ['ecs:DescribeClusters', 'ecs:DescribeServices', 'elasticloadbalancing:DescribeListeners', 'elasticloadbalancing:DescribeLoadBalancers', 'elasticloadbalancing:DescribeTargetGroups', 'rds:DescribeDBInstances'],
  situation: [...doors, 'ecs:DescribeServices', 'elasticloadbalancing:DescribeTargetHealth', 'rds:DescribeDBInstances'],
  preflight: [
    ...watching,
    ...finding,
    ...images,
    'cloudfront:DescribeFunction',
    'cloudfront:TestFunction',
    'ecs:DescribeServiceRevisions',
    'ecs:DescribeTaskDefinition',
    'rds:DescribeDBInstances',
    'rds:DescribePendingMaintenanceActions',
  ],
  // and where something is migrated
  'preflight-migration': ['cloudwatch:GetMetricData', 'rds:DescribeAccountAttributes'],
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
  // what the steps of any recipe read
  plan: [...telling, ...images, 'elasticloadbalancing:DescribeTargetGroupAttributes', 'elasticloadbalancing:DescribeTargetGroups', 'elasticloadbalancing:DescribeTargetHealth', 'rds:DescribeDBInstances', 'rds:DescribeDBSnapshots'],
  'plan-promotion': ['ecr:BatchCheckLayerAvailability', 'ecr:GetAuthorizationToken'],
  'plan-transition': [...watching, 'rds:DescribeDBInstances'],
  look: [...watching, 'elasticloadbalancing:DescribeTargetHealth', 'rds:DescribeDBInstances'],
  'gate-on': [...watching, ...gating, 'cloudfront:DescribeFunction'],
  'await-drained': [...doors, 'cloudwatch:GetMetricData', 'ecs:DescribeServices'],
  'stop-services': [...watching, ...finding, ...tuning, 'application-autoscaling:RegisterScalableTarget', 'ecs:UpdateService', 'elasticloadbalancing:ModifyRule'],
  'warm-snapshot': snapshotting,
  'snapshot-db': [...watching, ...finding, ...snapshotting],
  'run-migration': [...watching, ...finding, ...images, ...revising, 'cloudwatch:GetMetricData', 'ecs:RunTask', 'logs:GetLogEvents', 'rds:DescribeDBLogFiles', 'rds:DescribeDBSnapshots', 'rds:DownloadDBLogFilePortion'],
  'await-db-settled': [...watching, 'cloudwatch:GetMetricData', 'ecs:DescribeTaskDefinition', 'ecs:DescribeTasks', 'ecs:RunTask', 'ecs:StopTask', 'iam:PassRole', 'logs:GetLogEvents', 'rds:DescribeDBInstances'],
  'deploy-core': [...starting, ...images, ...revising, 'application-autoscaling:RegisterScalableTarget', 'ecr:PutImage', 'ecs:DescribeServiceDeployments', 'logs:GetLogEvents'],
  'start-administration': starting,
  // once a migration is known, code that is older than it is not started
  'start-services': [...starting, 'application-autoscaling:RegisterScalableTarget', 'ecs:DescribeTaskDefinition'],
  'verify-deployment': [...watching, 'elasticloadbalancing:DescribeTargetHealth'],
  'move-tags': [...images, 'ecr:PutImage'],
  'gate-off': [...watching, ...gating],
  'stop-db': [...finding, 'rds:DescribeDBInstances', 'rds:StopDBInstance'],
  'start-db': ['rds:DescribeDBInstances', 'rds:StartDBInstance'],
  'open-administration': ['ecs:DescribeServices', 'elasticloadbalancing:DescribeRules', 'elasticloadbalancing:ModifyRule'],
  'settle-scaling': [...tuning, 'application-autoscaling:DescribeScalableTargets', 'application-autoscaling:RegisterScalableTarget', 'ecs:DescribeServices'],
  'look-back': [...doors, ...telling],
  'look-for-restore-point': [...doors, 'ecs:DescribeServices', 'rds:DescribeDBInstances', 'rds:DescribeDBSnapshots'],
  'await-unused': [...watching, 'cloudwatch:GetMetricData'],
  'restore-aside': [...watching, ...restoring, 'iam:PassRole', 'rds:ModifyDBInstance'],
  // to a moment in the automated backups: before and in `restore-aside` …
  'restore-moment': toMoment,
  // … and in a rehearsal
  'rehearse-moment': toMoment,
  'set-aside': [...watching, 'cloudwatch:GetMetricData', 'rds:DescribeDBInstances', 'rds:ModifyDBInstance'],
  'put-in-place': [...watching, 'rds:DescribeDBInstances', 'rds:ModifyDBInstance'],
  'rehearse-restore': [...restoring, 'rds:DeleteDBInstance', 'rds:DescribeDBSnapshots'],
  'prune-snapshots': ['rds:DeleteDBSnapshot', 'rds:DescribeDBSnapshots'],
  'keep-db-stopped': [...doors, ...finding, 'ecs:DescribeServices', 'rds:DescribeDBInstances', 'rds:StopDBInstance'],
  'keep-runs': objects,
  'read-runs': readingObjects,
  'lock-infrastructure': objects,
  'read-infrastructure-lock': readingObjects,
  beat: ['cloudwatch:PutMetricData'],
} as const satisfies Readonly<Record<string, readonly Action[]>>;

export type StepName = keyof typeof stepActions;

/** A run of whatever kind: how it finds the environment, and what it keeps of itself. */
export const always = ['connect', 'situation', 'keep-runs', 'lock-infrastructure', 'beat'] as const;
const preflights = ['preflight', 'preflight-migration'] as const;
const migrating = [...always, ...preflights, 'promote-image', 'warm-snapshot', 'gate-on', 'await-drained', 'stop-services', 'snapshot-db', 'run-migration', 'await-db-settled'] as const;
/** What a failure before the migration is put back by. */
const puttingBack = ['start-services', 'verify-deployment', 'gate-off'] as const;

/**
 * What a role may be allowed by name: recipes, single steps that change something, and what only looks; `restoreMoment` is what `restoreDb` and
 * `rehearseRestore` need besides to go to a moment.
 */
export type RecipeName =
  | 'applyMigration'
  | 'deployWithMigration'
  | 'deployWithoutMigration'
  | 'keepDbStopped'
  | 'plan'
  | 'planTransition'
  | 'preflight'
  | 'promoteImage'
  | 'pruneSnapshots'
  | 'readState'
  | 'rehearseRestore'
  | 'reopen'
  | 'restoreDb'
  | 'restoreMoment'
  | 'rollBack'
  | 'startDb'
  | 'stopDb'
  | 'takeWarmSnapshot'
  | 'transitionTo';

const reading = ['connect', 'read-runs'] as const;

/** Which steps a recipe, or a function that is called by itself, takes, whatever its options, those that put things back included. */
export const recipeSteps = {
  applyMigration: [...migrating, 'start-administration', ...puttingBack],
  deployWithMigration: [...migrating, 'deploy-core', ...puttingBack],
  deployWithoutMigration: [...always, 'preflight', 'promote-image', 'look', 'gate-on', 'deploy-core', 'verify-deployment', 'move-tags', 'gate-off'],
  transitionTo: [...always, 'look', 'gate-on', 'stop-services', 'stop-db', 'start-db', 'start-services', 'open-administration', 'verify-deployment', 'gate-off', 'settle-scaling'],
  reopen: [...always, ...puttingBack],
  restoreDb: [...always, 'look-for-restore-point', 'gate-on', 'stop-services', 'await-unused', 'restore-aside', 'set-aside', 'put-in-place', 'start-administration'],
  /** What `restoreDb` and `rehearseRestore` need besides to go to a moment instead of a snapshot: no failed release leads there. */
  restoreMoment: ['restore-moment', 'rehearse-moment'],
  rollBack: [...always, 'look-back', 'deploy-core', 'verify-deployment', 'move-tags'],
  rehearseRestore: [...always, 'rehearse-restore'],
  pruneSnapshots: [...always, 'prune-snapshots'],
  takeWarmSnapshot: [...always, 'warm-snapshot'],
  promoteImage: [...always, 'promote-image'],
  startDb: [...always, 'start-db'],
  stopDb: [...always, 'stop-db'],
  keepDbStopped: [...always, 'keep-db-stopped'],
  readState: [...reading, 'situation'],
  planTransition: [...reading, 'read-infrastructure-lock', 'plan-transition'],
  preflight: [...reading, 'read-infrastructure-lock', ...preflights],
  plan: [...reading, 'read-infrastructure-lock', ...preflights, 'plan', 'plan-promotion'],
} as const satisfies Readonly<Record<RecipeName, readonly StepName[]>>;
