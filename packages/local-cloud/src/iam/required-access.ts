import type { ServiceName } from '../wire/service-models.js';
import type { AccessContext, AccessRequest } from './policy.js';

/** A call that reached the cloud, as far as permissions go by it. */
export interface CallToAuthorize {
  readonly service: { readonly name: ServiceName; readonly iamPrefix: string };
  readonly operationName: string;
  readonly accountId: string;
  readonly region: string;
  readonly input: unknown;
}

/** What of a call's input its resources are told by; each name as in the operation's model. */
interface Input {
  readonly cluster?: string;
  readonly clusters?: readonly string[];
  readonly service?: string;
  readonly serviceName?: string;
  readonly services?: readonly string[];
  readonly task?: string;
  readonly tasks?: readonly string[];
  readonly taskDefinition?: string;
  readonly family?: string;
  readonly taskRoleArn?: string;
  readonly executionRoleArn?: string;
  readonly tags?: readonly { readonly key?: string; readonly value?: string }[];
  readonly serviceDeploymentArns?: readonly string[];
  readonly serviceRevisionArns?: readonly string[];
  readonly DBInstanceIdentifier?: string;
  readonly DBSnapshotIdentifier?: string;
  readonly SourceDBInstanceIdentifier?: string;
  readonly TargetDBInstanceIdentifier?: string;
  readonly Tags?: readonly { readonly Key?: string; readonly Value?: string }[];
  readonly RuleArn?: string;
  readonly TargetGroupArn?: string;
  readonly repositoryName?: string;
  readonly logGroupName?: string;
  readonly logStreamName?: string;
  readonly RoleName?: string;
  readonly PolicySourceArn?: string;
  readonly DBParameterGroupName?: string;
  readonly OptionGroupName?: string;
  readonly DBSubnetGroupName?: string;
  readonly MonitoringRoleArn?: string;
  readonly Bucket?: string;
  readonly Key?: string;
  readonly IfMatch?: string;
  /** Of a distribution. */
  readonly Id?: string;
  /** Of a function. */
  readonly Name?: string;
  readonly Namespace?: string;
  readonly ServiceNamespace?: string;
  readonly ScalableDimension?: string;
}

/** What a call does not tell of what it is about. */
export interface AccountLookups {
  /** Roles that tasks of a family or revision get. */
  taskRoles(region: string, taskDefinition: string): readonly string[];
  /** ARN of a role of that name, with its path. */
  roleArn(roleName: string): string;
  hasObject(region: string, bucket: string, key: string): boolean;
  /** Tags of an instance of RDS or a snapshot, by its ARN. */
  tagsOf(region: string, arn: string): Readonly<Record<string, string>>;
}

type Call = CallToAuthorize & { readonly given: Input; readonly account: AccountLookups };
type Resources = (call: Call) => readonly string[];

/**
 * What a caller has to be allowed for a call ("Actions, resources, and condition keys" of each service, in the Service Authorization
 * Reference): the action on each resource that it names, tags that it sets, and roles that it passes on.
 */
export function requiredAccess(call: CallToAuthorize, account: AccountLookups): readonly AccessRequest[] {
  const given = (call.input ?? {}) as Input;
  const whole = { ...call, given, account };
  const { name, iamPrefix } = call.service;
  if (name === 'sts') return [];
  const context = contextOf(whole);
  const operation = `${name}:${call.operationName}`;
  const resources = resourcesOf[operation]?.(whole) ?? ['*'];
  const actions = [actionOf[operation] ?? `${iamPrefix}:${call.operationName}`, ...(alsoNeeded[operation]?.(given) ?? [])];
  const asked = actions.flatMap((action) => resources.map((resource) => ({ action, resource, context: { ...context, ...taggedAs(whole, resource) } })));
  return [...asked, ...tagging(whole, resources), ...passing(whole), ...listing(whole)];
}

/** "Required permissions for Amazon S3 API operations": the others are called as their operations are. */
const actionOf: Readonly<Record<string, string>> = { 's3:HeadBucket': 's3:ListBucket', 's3:HeadObject': 's3:GetObject', 's3:ListObjectsV2': 's3:ListBucket' };

/** The content that a condition is about is read ("How to prevent object overwrites with conditional writes", "How to perform conditional deletes"). */
const onCondition = ({ IfMatch }: Input): readonly string[] => (IfMatch === undefined ? [] : ['s3:GetObject']);

const alsoNeeded: Readonly<Record<string, (given: Input) => readonly string[]>> = {
  // a blob that is sent with the end of its upload is a part of it
  'ecr:CompleteLayerUpload': () => ['ecr:UploadLayerPart'],
  's3:PutObject': onCondition,
  's3:DeleteObject': onCondition,
};

/** Who may not list a bucket is not told that an object is not there ("GetObject", "HeadObject"). */
function listing({ service, operationName, region, given: { Bucket = '', Key = '' }, account }: Call): readonly AccessRequest[] {
  if (service.name !== 's3' || !/^(Get|Head)Object$/.test(operationName) || account.hasObject(region, Bucket, Key)) return [];
  return [{ action: 's3:ListBucket', resource: `arn:aws:s3:::${Bucket}`, context: { 'aws:RequestedRegion': region } }];
}

const resourcesOf: Readonly<Record<string, Resources>> = {
  'ecs:DescribeClusters': (call) => (call.given.clusters ?? ['default']).map((name) => ecsArn(call, 'cluster', name)),
  'ecs:DescribeServices': (call) => (call.given.services ?? []).map((name) => inCluster(call, 'service', name)),
  'ecs:CreateService': (call) => [inCluster(call, 'service', call.given.serviceName ?? '')],
  'ecs:UpdateService': (call) => [inCluster(call, 'service', call.given.service ?? '')],
  'ecs:DeleteService': (call) => [inCluster(call, 'service', call.given.service ?? '')],
  'ecs:ListServiceDeployments': (call) => [inCluster(call, 'service', call.given.service ?? '')],
  'ecs:DescribeServiceDeployments': ({ given }) => withTheirServices(given.serviceDeploymentArns),
  'ecs:DescribeServiceRevisions': ({ given }) => withTheirServices(given.serviceRevisionArns),
  'ecs:DescribeTasks': (call) => (call.given.tasks ?? []).map((id) => inCluster(call, 'task', id)),
  'ecs:StopTask': (call) => [inCluster(call, 'task', call.given.task ?? '')],
  // 'ecs:ListTasks': on * and by ecs:cluster, unless those of one container instance are asked for (cdklabs/construct-hub#1207)
  'ecs:RunTask': (call) => [revisionArn(call, call.given.taskDefinition ?? '')],
  'ecs:RegisterTaskDefinition': (call) => [revisionArn(call, call.given.family ?? '')],
  'rds:DescribeDBInstances': (call) => [dbArn(call, 'db', call.given.DBInstanceIdentifier)],
  'rds:StartDBInstance': (call) => [dbArn(call, 'db', call.given.DBInstanceIdentifier)],
  'rds:StopDBInstance': (call) => [dbArn(call, 'db', call.given.DBInstanceIdentifier)],
  'rds:ModifyDBInstance': (call) => [dbArn(call, 'db', call.given.DBInstanceIdentifier), ...dbGroups(call)],
  'rds:DeleteDBInstance': (call) => [dbArn(call, 'db', call.given.DBInstanceIdentifier)],
  'rds:RestoreDBInstanceFromDBSnapshot': (call) => [dbArn(call, 'db', call.given.DBInstanceIdentifier), dbArn(call, 'snapshot', call.given.DBSnapshotIdentifier), ...dbGroups(call)],
  'rds:RestoreDBInstanceToPointInTime': (call) => [dbArn(call, 'db', call.given.SourceDBInstanceIdentifier), dbArn(call, 'db', call.given.TargetDBInstanceIdentifier), ...dbGroups(call)],
  'rds:DeleteDBSnapshot': (call) => [dbArn(call, 'snapshot', call.given.DBSnapshotIdentifier)],
  'rds:DescribeDBLogFiles': (call) => [dbArn(call, 'db', call.given.DBInstanceIdentifier)],
  'rds:DownloadDBLogFilePortion': (call) => [dbArn(call, 'db', call.given.DBInstanceIdentifier)],
  'rds:DescribePendingMaintenanceActions': (call) => [dbArn(call, 'db', undefined)],
  'rds:CreateDBSnapshot': (call) => [dbArn(call, 'db', call.given.DBInstanceIdentifier), dbArn(call, 'snapshot', call.given.DBSnapshotIdentifier)],
  'rds:DescribeDBSnapshots': (call) => [dbArn(call, 'snapshot', call.given.DBSnapshotIdentifier), ...(call.given.DBInstanceIdentifier === undefined ? [] : [dbArn(call, 'db', call.given.DBInstanceIdentifier)])],
  'elbv2:ModifyRule': ({ given }) => [given.RuleArn ?? '*'],
  'elbv2:ModifyTargetGroup': ({ given }) => [given.TargetGroupArn ?? '*'],
  'elbv2:ModifyTargetGroupAttributes': ({ given }) => [given.TargetGroupArn ?? '*'],
  'ecr:DescribeImages': repository,
  'ecr:BatchGetImage': repository,
  'ecr:PutImage': repository,
  'ecr:BatchCheckLayerAvailability': repository,
  'ecr:GetDownloadUrlForLayer': repository,
  'ecr:InitiateLayerUpload': repository,
  'ecr:UploadLayerPart': repository,
  'ecr:CompleteLayerUpload': repository,
  'logs:GetLogEvents': (call) => [`${arn(call, 'logs')}:log-group:${call.given.logGroupName}:log-stream:${call.given.logStreamName}`],
  'application-autoscaling:RegisterScalableTarget': (call) => [`${arn(call, 'application-autoscaling')}:scalable-target/*`],
  's3:CreateBucket': bucket,
  's3:HeadBucket': bucket,
  's3:ListObjectsV2': bucket,
  's3:GetObject': object,
  's3:HeadObject': object,
  's3:PutObject': object,
  's3:DeleteObject': object,
  'cloudfront:GetDistribution': distribution,
  'cloudfront:GetDistributionConfig': distribution,
  'cloudfront:UpdateDistribution': distribution,
  'cloudfront:DescribeFunction': cloudFrontFunction,
  'cloudfront:TestFunction': cloudFrontFunction,
  'iam:GetRole': ({ account, given }) => [account.roleArn(given.RoleName ?? '')],
  'iam:SimulatePrincipalPolicy': ({ given }) => [given.PolicySourceArn ?? '*'],
};

function contextOf(call: Call): AccessContext {
  const { given, service, region } = call;
  const tags = [...(given.tags ?? []), ...(given.Tags ?? []).map(({ Key: key, Value: value }) => ({ key, value }))];
  return {
    'aws:RequestedRegion': region,
    ...(service.name === 'ecs' && given.cluster !== undefined ? { 'ecs:cluster': ecsArn(call, 'cluster', given.cluster) } : {}),
    ...(service.name === 'application-autoscaling' ? scalingContext(given) : {}),
    ...(service.name === 'cloudwatch' && given.Namespace !== undefined ? { 'cloudwatch:namespace': given.Namespace } : {}),
    ...Object.fromEntries(tags.map(({ key, value = '' }) => [`aws:RequestTag/${key}`, value])),
    ...(tags.length === 0 ? {} : { 'aws:TagKeys': tags.flatMap(({ key = [] }) => key) }),
  };
}

function scalingContext({ ServiceNamespace: namespace, ScalableDimension: dimension }: Input): AccessContext {
  return { ...(namespace === undefined ? {} : { 'application-autoscaling:service-namespace': namespace }), ...(dimension === undefined ? {} : { 'application-autoscaling:scalable-dimension': dimension }) };
}

/** Only RDS's are known here. */
function taggedAs({ service, region, account }: Call, resource: string): AccessContext {
  if (service.name !== 'rds') return {};
  return Object.fromEntries(Object.entries(account.tagsOf(region, resource)).map(([key, value]) => [`aws:ResourceTag/${key}`, value]));
}

/** Who creates something with tags tags it ("Grant permission to tag resources on creation"). */
function tagging(call: Call, resources: readonly string[]): readonly AccessRequest[] {
  const { given, service, operationName } = call;
  if ((given.tags ?? given.Tags ?? []).length === 0) return [];
  const context = contextOf(call);
  if (service.name === 'ecs') return resources.map((resource) => ({ action: 'ecs:TagResource', resource, context: { ...context, 'ecs:CreateAction': operationName } }));
  if (operationName === 'CreateDBSnapshot') return [{ action: 'rds:AddTagsToResource', resource: dbArn(call, 'snapshot', given.DBSnapshotIdentifier), context }];
  if (operationName === 'RestoreDBInstanceFromDBSnapshot') return [{ action: 'rds:AddTagsToResource', resource: dbArn(call, 'db', given.DBInstanceIdentifier), context }];
  if (operationName === 'RestoreDBInstanceToPointInTime') return [{ action: 'rds:AddTagsToResource', resource: dbArn(call, 'db', given.TargetDBInstanceIdentifier), context }];
  return [];
}

/** Roles that tasks get, and an instance for its monitoring ("Granting a user permissions to pass a role to an AWS service"). */
function passing({ service, operationName, region, given, account }: Call): readonly AccessRequest[] {
  const toTasks = operationName === 'RegisterTaskDefinition' ? [given.taskRoleArn, given.executionRoleArn] : operationName === 'RunTask' ? account.taskRoles(region, given.taskDefinition ?? '') : [];
  const passed = service.name === 'ecs' ? toTasks : service.name === 'rds' ? [given.MonitoringRoleArn] : [];
  const context = { 'iam:PassedToService': service.name === 'ecs' ? 'ecs-tasks.amazonaws.com' : 'monitoring.rds.amazonaws.com' };
  return [...new Set(passed)].flatMap((resource) => (resource === undefined ? [] : [{ action: 'iam:PassRole', resource, context }]));
}

function arn({ region, accountId }: Pick<Call, 'region' | 'accountId'>, service: string): string {
  return `arn:aws:${service}:${region}:${accountId}`;
}

function ecsArn(call: Pick<Call, 'region' | 'accountId'>, kind: string, name: string): string {
  return name.startsWith('arn:') ? name : `${arn(call, 'ecs')}:${kind}/${name}`;
}

function inCluster(call: Call, kind: string, name: string): string {
  return ecsArn(call, kind, name.startsWith('arn:') ? name : `${(call.given.cluster ?? 'default').split('/').at(-1)}/${name}`);
}

/** A family's next or latest revision is not known by its number yet. */
function revisionArn(call: Call, name: string): string {
  return ecsArn(call, 'task-definition', name.startsWith('arn:') || /:\d+$/.test(name) ? name : `${name}:*`);
}

/** `arn:…:service-deployment/CLUSTER/SERVICE/ID`: they are asked for on their service as well. */
function withTheirServices(arns: readonly string[] = []): readonly string[] {
  return [...new Set([...arns, ...arns.map((arn) => arn.replace(/:service-(deployment|revision)\//, ':service/').replace(/\/[^/]*$/, ''))])];
}

/** RDS keeps names in lower case. */
function dbArn(call: Call, kind: 'db' | 'snapshot', name = '*'): string {
  return `${arn(call, 'rds')}:${kind}:${name.toLowerCase()}`;
}

function repository(call: Call): readonly string[] {
  return [`${arn(call, 'ecr')}:repository/${call.given.repositoryName}`];
}

/** Groups that an instance is given by their names. */
function dbGroups(call: Call): readonly string[] {
  const { DBParameterGroupName: parameters, OptionGroupName: options, DBSubnetGroupName: subnets } = call.given;
  return Object.entries({ pg: parameters, og: options, subgrp: subnets }).flatMap(([kind, name]) => (name === undefined ? [] : [`${arn(call, 'rds')}:${kind}:${name}`]));
}

function bucket({ given }: Call): readonly string[] {
  return [`arn:aws:s3:::${given.Bucket}`];
}

function object({ given }: Call): readonly string[] {
  return [`arn:aws:s3:::${given.Bucket}/${given.Key}`];
}

/** CloudFront's resources are in no region. */
function distribution({ accountId, given }: Call): readonly string[] {
  return [`arn:aws:cloudfront::${accountId}:distribution/${given.Id}`];
}

function cloudFrontFunction({ accountId, given }: Call): readonly string[] {
  return [`arn:aws:cloudfront::${accountId}:function/${given.Name}`];
}
