import { CloudFrontClient, DescribeFunctionCommand, GetDistributionCommand } from '@aws-sdk/client-cloudfront';
import { GetRoleCommand, IAMClient, SimulatePrincipalPolicyCommand } from '@aws-sdk/client-iam';
import { DescribeServicesCommand, RegisterTaskDefinitionCommand, RunTaskCommand } from '@aws-sdk/client-ecs';
import { CreateDBSnapshotCommand, DescribeDBInstancesCommand, ModifyDBInstanceCommand } from '@aws-sdk/client-rds';
import { DeleteObjectCommand, GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { describe, expect, it } from 'vitest';
import type { IamStatement } from '../iam/policy.js';
import { clientsOf, network, smallBlueprint, startSmallCloud } from '../test-cloud.js';
import { createIam } from './iam.js';
import { createSts } from './sts.js';
import { testService } from './test-service.js';

const role = 'arn:aws:iam::123456789012:role/deployment/release';
const executionRole = 'arn:aws:iam::123456789012:role/ecsTaskExecutionRole';
const allow = (Action: string | readonly string[], Resource: string | readonly string[] = '*'): IamStatement => ({ Effect: 'Allow', Action, Resource });
const region = (service: string) => `arn:aws:${service}:eu-central-1:123456789012`;

function iamOf(...Statement: readonly IamStatement[]) {
  const service = testService(Statement.length === 0 ? {} : { policy: { Statement } });
  return { client: new IAMClient(service.configurationFor('iam', createIam(service.context).operations)), service };
}

describe('the caller', () => {
  it('is a user who may do everything without a policy', async () => {
    const { client } = iamOf();
    const simulated = await client.send(new SimulatePrincipalPolicyCommand({ PolicySourceArn: 'arn:aws:iam::123456789012:user/rehearsal', ActionNames: ['ecs:RunTask'] }));
    expect(simulated.EvaluationResults).toMatchObject([{ EvalActionName: 'ecs:RunTask', EvalDecision: 'allowed' }]);
  });

  it('is an assumed role with one, and its session does not tell its path', async () => {
    const { client, service } = iamOf(allow('*'));
    const sts = new STSClient(service.configurationFor('sts', createSts(service.context).operations));
    expect(await sts.send(new GetCallerIdentityCommand({}))).toMatchObject({ Arn: 'arn:aws:sts::123456789012:assumed-role/release/rehearsal' });
    expect(await client.send(new GetRoleCommand({ RoleName: 'release' }))).toMatchObject({ Role: { Arn: role, Path: '/deployment/' } });
    await expect(client.send(new GetRoleCommand({ RoleName: 'another' }))).rejects.toMatchObject({ name: 'NoSuchEntityException', message: 'The role with name another cannot be found.' });
  });
});

describe('SimulatePrincipalPolicy', () => {
  it('tells of every action on every resource, a page at a time', async () => {
    const { client } = iamOf(allow('iam:*'), allow('ecs:*', 'a'), { Effect: 'Deny', Action: 'ecs:StopTask', Resource: '*' }, { Effect: 'Allow', Action: 'rds:*', Resource: '*', Condition: { StringEquals: { 'aws:SourceVpc': 'vpc-1' } } });
    const first = await client.send(new SimulatePrincipalPolicyCommand({ PolicySourceArn: role, ActionNames: ['ecs:RunTask', 'ecs:StopTask', 'rds:StopDBInstance'], ResourceArns: ['a', 'b'], MaxItems: 2 }));
    expect(first).toMatchObject({
      IsTruncated: true,
      EvaluationResults: [
        { EvalActionName: 'ecs:RunTask', EvalDecision: 'implicitDeny', ResourceSpecificResults: [{ EvalResourceName: 'a', EvalResourceDecision: 'allowed' }, { EvalResourceName: 'b', EvalResourceDecision: 'implicitDeny' }] },
        { EvalActionName: 'ecs:StopTask', EvalDecision: 'explicitDeny' },
      ],
    });
    const second = await client.send(new SimulatePrincipalPolicyCommand({ PolicySourceArn: role, ActionNames: ['ecs:RunTask', 'ecs:StopTask', 'rds:StopDBInstance'], ResourceArns: ['a', 'b'], MaxItems: 2, Marker: first.Marker }));
    expect(second).toMatchObject({ IsTruncated: false, EvaluationResults: [{ EvalActionName: 'rds:StopDBInstance', EvalDecision: 'implicitDeny', ResourceSpecificResults: [{ MissingContextValues: ['aws:SourceVpc'] }, {}] }] });
  });

  it('knows no other principal than the caller', async () => {
    const { client } = iamOf(allow('*'));
    const asked = client.send(new SimulatePrincipalPolicyCommand({ PolicySourceArn: 'arn:aws:iam::123456789012:role/release', ActionNames: ['ecs:RunTask'] }));
    await expect(asked).rejects.toMatchObject({ name: 'NoSuchEntityException', message: 'arn:aws:iam::123456789012:role/release cannot be found.' });
  });
});

describe('a policy', () => {
  it('refuses calls in the form of each service, naming action and resource', async () => {
    await using cloud = await startSmallCloud({ iam: { policy: { Statement: [allow('ecs:DescribeServices', `${region('ecs')}:service/small/web`)] } } });
    const { ecs, rds } = clientsOf(cloud);
    expect((await ecs.send(new DescribeServicesCommand({ cluster: 'small', services: ['web'] }))).services?.length).toBe(1);
    const who = 'User: arn:aws:sts::123456789012:assumed-role/release/rehearsal is not authorized to perform:';
    await expect(ecs.send(new DescribeServicesCommand({ cluster: 'small', services: ['web', 'jobs'] }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: `${who} ecs:DescribeServices on resource: ${region('ecs')}:service/small/jobs because no identity-based policy allows the ecs:DescribeServices action`,
    });
    await expect(rds.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: 'small' }))).rejects.toMatchObject({
      name: 'AccessDenied',
      message: `${who} rds:DescribeDBInstances on resource: ${region('rds')}:db:small because no identity-based policy allows the rds:DescribeDBInstances action`,
      $metadata: { httpStatusCode: 403 },
    });
  });

  it('is about objects, buckets, distributions and functions as well', async () => {
    const distribution = 'arn:aws:cloudfront::123456789012:distribution/E1';
    const policy = { Statement: [allow(['s3:GetObject', 's3:PutObject'], 'arn:aws:s3:::runs/dev/*'), allow('cloudfront:GetDistribution', distribution)] };
    const blueprint = { ...smallBlueprint, buckets: ['runs'], cloudFront: { functions: [], distributions: [{ id: 'E1', aliases: [] }] } };
    await using cloud = await startSmallCloud({ blueprint, iam: { policy } });
    const { aws } = cloud.connection;
    const s3 = new S3Client({ region: 'eu-central-1', ...aws, forcePathStyle: true } as object);
    const cloudFront = new CloudFrontClient({ region: 'us-east-1', ...aws } as object);
    const denied = (action: string, resource: string) => ({ name: 'AccessDenied', message: expect.stringContaining(`is not authorized to perform: ${action} on resource: ${resource} because`) as string, $metadata: { httpStatusCode: 403 } });

    const { ETag } = await s3.send(new PutObjectCommand({ Bucket: 'runs', Key: 'dev/lock', Body: 'x' }));
    expect((await s3.send(new GetObjectCommand({ Bucket: 'runs', Key: 'dev/lock' }))).ETag).toBe(ETag);
    await expect(s3.send(new GetObjectCommand({ Bucket: 'runs', Key: 'dev/hold' }))).rejects.toMatchObject(denied('s3:ListBucket', 'arn:aws:s3:::runs'));
    await expect(s3.send(new ListObjectsV2Command({ Bucket: 'runs' }))).rejects.toMatchObject(denied('s3:ListBucket', 'arn:aws:s3:::runs'));
    await expect(s3.send(new PutObjectCommand({ Bucket: 'runs', Key: 'other/lock', Body: 'x' }))).rejects.toMatchObject(denied('s3:PutObject', 'arn:aws:s3:::runs/other/lock'));
    await expect(s3.send(new DeleteObjectCommand({ Bucket: 'runs', Key: 'dev/lock', IfMatch: ETag }))).rejects.toMatchObject(denied('s3:DeleteObject', 'arn:aws:s3:::runs/dev/lock'));
    expect((await cloudFront.send(new GetDistributionCommand({ Id: 'E1' }))).Distribution?.Id).toBe('E1');
    await expect(cloudFront.send(new GetDistributionCommand({ Id: 'E2' }))).rejects.toMatchObject(denied('cloudfront:GetDistribution', 'arn:aws:cloudfront::123456789012:distribution/E2'));
    await expect(cloudFront.send(new DescribeFunctionCommand({ Name: 'gate' }))).rejects.toMatchObject(denied('cloudfront:DescribeFunction', 'arn:aws:cloudfront::123456789012:function/gate'));
  });

  it('has to allow reading an object that is changed on a condition, and the role of an instance that is monitored', async () => {
    const policy = { Statement: [allow(['s3:PutObject', 's3:DeleteObject', 's3:ListBucket', 'rds:ModifyDBInstance'])] };
    await using cloud = await startSmallCloud({ blueprint: { ...smallBlueprint, buckets: ['runs'] }, iam: { policy } });
    const s3 = new S3Client({ region: 'eu-central-1', ...cloud.connection.aws, forcePathStyle: true } as object);
    const { ETag } = await s3.send(new PutObjectCommand({ Bucket: 'runs', Key: 'lock', Body: 'x', IfNoneMatch: '*' }));
    await expect(s3.send(new PutObjectCommand({ Bucket: 'runs', Key: 'lock', Body: 'y', IfMatch: ETag }))).rejects.toThrow('s3:GetObject on resource: arn:aws:s3:::runs/lock');
    await expect(s3.send(new DeleteObjectCommand({ Bucket: 'runs', Key: 'lock', IfMatch: ETag }))).rejects.toThrow('s3:GetObject on resource: arn:aws:s3:::runs/lock');
    await expect(clientsOf(cloud).rds.send(new ModifyDBInstanceCommand({ DBInstanceIdentifier: 'small', MonitoringInterval: 60, MonitoringRoleArn: 'arn:aws:iam::123456789012:role/monitoring' }))).rejects.toThrow('iam:PassRole on resource: arn:aws:iam::123456789012:role/monitoring');
  });

  it('has to allow tags beside what is created with them, and roles beside tasks that get them', async () => {
    const policy = { Statement: [allow(['ecs:RunTask', 'ecs:RegisterTaskDefinition', 'rds:CreateDBSnapshot']), { ...allow('iam:PassRole', executionRole), Effect: 'Deny' as const }] };
    await using cloud = await startSmallCloud({ iam: { policy } });
    const { ecs, rds } = clientsOf(cloud);
    await expect(rds.send(new CreateDBSnapshotCommand({ DBInstanceIdentifier: 'small', DBSnapshotIdentifier: 's', Tags: [{ Key: 'a', Value: 'b' }] }))).rejects.toThrow(`rds:AddTagsToResource on resource: ${region('rds')}:snapshot:s`);
    await expect(ecs.send(new RegisterTaskDefinitionCommand({ family: 'web', containerDefinitions: [], tags: [{ key: 'a', value: 'b' }] }))).rejects.toThrow(`ecs:TagResource on resource: ${region('ecs')}:task-definition/web:*`);
    await expect(ecs.send(new RunTaskCommand({ cluster: 'small', taskDefinition: 'migrate', networkConfiguration: network }))).rejects.toThrow(`iam:PassRole on resource: ${executionRole} with an explicit deny in an identity-based policy`);
    expect(cloud.inspect.snapshots()).toEqual([]);
  });
});
