import { ApplicationAutoScalingClient, DescribeScalableTargetsCommand } from '@aws-sdk/client-application-auto-scaling';
import { CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { BatchGetImageCommand, DescribeImagesCommand, ECRClient } from '@aws-sdk/client-ecr';
import { DescribeServicesCommand, DescribeTaskDefinitionCommand, DescribeTasksCommand, ECSClient, ListTasksCommand } from '@aws-sdk/client-ecs';
import { DescribeRulesCommand, ElasticLoadBalancingV2Client, type Rule } from '@aws-sdk/client-elastic-load-balancing-v2';
import { IAMClient } from '@aws-sdk/client-iam';
import { DescribeAccountAttributesCommand, DescribeDBInstancesCommand, DescribePendingMaintenanceActionsCommand, type DBInstance, RDSClient } from '@aws-sdk/client-rds';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { adminTargetGroup, definition, graaspTargetGroup, headerName, headerValue, testEnvironment, type TestEnvironmentOptions } from '../environment/environment.fixture.js';
import type { PreflightCheck } from '../errors.js';
import type { FrontDoor } from '../front-door.js';
import type { Baseline } from '../runs/baseline.js';
import { fileRunStore } from '../runs/file-run-store.js';
import { memoryRunStore } from '../runs/memory-run-store.js';
import { preflight, type ReleasePreflightOptions } from './preflight.js';

const sts = mockClient(STSClient);
const iam = mockClient(IAMClient);
const ecr = mockClient(ECRClient);
const ecs = mockClient(ECSClient);
const elbv2 = mockClient(ElasticLoadBalancingV2Client);
const rds = mockClient(RDSClient);
const cloudwatch = mockClient(CloudWatchClient);
const scaling = mockClient(ApplicationAutoScalingClient);

const host = (value: string, ...more: string[]) => ({ Field: 'host-header', HostHeaderConfig: { Values: [value, ...more] } });
const api = { Field: 'path-pattern', PathPatternConfig: { Values: ['/api/*'] } };
const forward = (TargetGroupArn: string) => [{ Type: 'forward' as const, TargetGroupArn }];
const graaspRule: Rule = { RuleArn: 'r1', Priority: '1', Conditions: [host('api.dev.graasp.org')], Actions: forward(graaspTargetGroup) };
const adminRule: Rule = { RuleArn: 'r8', Priority: '8', Conditions: [host('dev.graasp.org')], Actions: forward(adminTargetGroup) };
const byDefault: Rule = { RuleArn: 'd', Priority: 'default', IsDefault: true, Actions: [{ Type: 'redirect', RedirectConfig: { Host: 'maintenance.dev.graasp.org', StatusCode: 'HTTP_302' } }] };
const service = (serviceName: string) => ({ serviceName, networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-a'] } }, desiredCount: 1, runningCount: 1, taskDefinition: `${serviceName}:7`, deployments: [{ status: 'PRIMARY', rolloutState: 'COMPLETED' as const }] });
const index = (...architectures: string[]) => JSON.stringify({ manifests: architectures.map((architecture) => ({ digest: `sha256:${architecture}`, platform: { os: 'linux', architecture } })) });
const instance: DBInstance = {
  DBInstanceIdentifier: 'graasp-dev',
  DBInstanceArn: 'arn:db',
  DbiResourceId: 'db-1',
  DBInstanceStatus: 'available',
  PendingModifiedValues: {},
  AllocatedStorage: 20,
  BackupRetentionPeriod: 1,
  PreferredBackupWindow: '02:00-02:30',
  PreferredMaintenanceWindow: 'sun:03:00-sun:03:30',
};
const awsError = (name: string, message = '') => Object.assign(new Error(message), { name, $metadata: { httpStatusCode: 400 } });

function taskDefinition(family: string, ...containers: string[]) {
  return { taskDefinition: { family, revision: 7, runtimePlatform: { cpuArchitecture: 'ARM64' as const }, containerDefinitions: containers.map((name) => ({ name, image: `1.dkr.ecr.eu/graasp:${name}-latest` })) } };
}

beforeEach(() => {
  for (const client of [sts, iam, ecr, ecs, elbv2, rds, cloudwatch, scaling]) client.reset();
  sts.on(GetCallerIdentityCommand).resolves({ Account: '123456789012', Arn: 'arn:aws:sts::123456789012:assumed-role/ci/x' });
  iam.rejects(awsError('AccessDenied'));
  ecr.on(DescribeImagesCommand).resolves({ imageDetails: [{ imageDigest: 'sha256:1', imageTags: ['core-v1.54.7', 'core-latest'] }] });
  ecr.on(BatchGetImageCommand).resolves({ images: [{ imageManifest: index('arm64', 'amd64') }] });
  ecs.on(DescribeServicesCommand).callsFake(({ services }: { services: string[] }) => ({ services: services.map(service) }));
  ecs.on(DescribeTaskDefinitionCommand).resolves(taskDefinition('graasp', 'core', 'nudenet'));
  ecs.on(DescribeTaskDefinitionCommand, { taskDefinition: 'migrate' }).resolves(taskDefinition('migrate', 'migrate'));
  ecs.on(ListTasksCommand).resolves({ taskArns: [] });
  elbv2.on(DescribeRulesCommand).resolves({ Rules: [graaspRule, adminRule, byDefault] });
  rds.on(DescribeDBInstancesCommand).resolves({ DBInstances: [instance] });
  rds.on(DescribeAccountAttributesCommand).resolves({ AccountQuotas: [{ AccountQuotaName: 'ManualSnapshots', Used: 7, Max: 100 }] });
  rds.on(DescribePendingMaintenanceActionsCommand).resolves({ PendingMaintenanceActions: [] });
  cloudwatch.on(GetMetricDataCommand).resolves({ MetricDataResults: [{ Id: 'free', Values: [15 * 2 ** 30] }] });
  scaling.on(DescribeScalableTargetsCommand).resolves({ ScalableTargets: [] });
});

function look(options: Partial<ReleasePreflightOptions> = {}, environment: TestEnvironmentOptions = {}) {
  return preflight(testEnvironment(environment), { version: 'v1.54.8', ...options });
}

async function checks(options: Partial<ReleasePreflightOptions> = {}, environment: TestEnvironmentOptions = {}): Promise<readonly PreflightCheck[]> {
  return (await look(options, environment)).match(
    (report) => report.checks,
    (error) => (error.kind === 'PreflightFailed' ? error.checks : []),
  );
}

async function only(name: string, options: Partial<ReleasePreflightOptions> = {}, environment: TestEnvironmentOptions = {}) {
  return (await checks(options, environment)).filter((check) => check.name === name);
}

const unwell = (all: readonly PreflightCheck[]) => all.filter(({ status }) => status !== 'ok').map(({ status, name }) => `${status} ${name}`);

describe('preflight', () => {
  it('passes where everything is right, and warns of what nobody keeps it from', async () => {
    const report = (await look())._unsafeUnwrap();
    expect(unwell(report.checks)).toEqual(['skip permissions', 'warning run store', 'warning infrastructure code', 'skip distributions', 'skip umami']);
    expect(report.warnings).toBe(2);
    expect(report.checks.filter(({ group }) => group === 'images')).toEqual([
      { group: 'images', name: 'core of graasp', status: 'ok', detail: 'graasp:core-v1.54.8 is sha256:1, for linux/arm64' },
      { group: 'images', name: 'migration', status: 'ok', detail: 'graasp:migrate-v1.54.8 is sha256:1, for linux/arm64' },
      { group: 'images', name: 'running core of graasp', status: 'ok', detail: 'graasp:core-latest is core-v1.54.7' },
    ]);
    expect(report.checks.find(({ name }) => name === 'running version of graasp')).toMatchObject({ detail: 'v1.54.7: graasp:7 with core graasp:core-latest' });
  });

  it('tells every problem at once, with what passed beside it, and changes nothing', async () => {
    ecr.on(DescribeImagesCommand, { imageIds: [{ imageTag: 'core-v1.54.8' }] }).rejects(awsError('ImageNotFoundException'));
    rds.on(DescribeDBInstancesCommand).resolves({ DBInstances: [{ DBInstanceIdentifier: 'graasp-dev', DbiResourceId: 'db-1', DBInstanceStatus: 'stopped', PendingModifiedValues: { MasterUserPassword: 'hunter2', AllocatedStorage: undefined } }] });
    elbv2.on(DescribeRulesCommand).rejects(awsError('AccessDenied'));
    const error = (await look())._unsafeUnwrapErr();
    expect(error).toMatchObject({
      kind: 'PreflightFailed',
      message:
        'v1.54.8 cannot be released to dev: images, core of graasp: image graasp:core-v1.54.8 does not exist in eu-central-1 of account 123456789012; database, status: stopped; database, pending modifications: MasterUserPassword; gate, rules: the credentials may not elasticloadbalancing:DescribeRules on ' +
        'arn:aws:elasticloadbalancing:eu-central-1:123456789012:listener/app/graasp-dev/50dc/f2f7 in eu-central-1. Nothing was changed.',
    });
    expect(JSON.stringify(error)).not.toContain('hunter2');
    expect(error).toMatchObject({ remedy: expect.stringContaining('core of graasp: Push graasp:core-v1.54.8, or release a version that exists. status: Start the instance.') as string });
  });

  it.each([
    ['v1.54.7', 'ok', 'v1.54.7: graasp:7 with core graasp@sha256:one', undefined],
    ['v1.54.8', 'warning', 'v1.54.8 is what runs now: graasp:7 with core graasp@sha256:one', 'See that it is the version that is meant: this release deploys nothing new.'],
    ['v1.55.0', 'failed', 'v1.55.0 runs now, which is newer: graasp:7 with core graasp@sha256:one', 'Release v1.55.0 or a later version. To go back to v1.54.8, use rollBack.'],
  ])('tells of a service that runs %s whether v1.54.8 may be released: %s', async (running, status, detail, remedy) => {
    const { taskDefinition: definition } = taskDefinition('graasp', 'core', 'nudenet');
    const containerDefinitions = definition.containerDefinitions.map((container) => ({ ...container, image: container.image.replace('graasp:core-latest', 'graasp@sha256:one') }));
    ecs.on(DescribeTaskDefinitionCommand).resolves({ taskDefinition: { ...definition, containerDefinitions }, tags: [{ key: 'graasp-deploy:version', value: running }] });
    expect(await only('running version of graasp')).toMatchObject([{ status, detail, ...(remedy === undefined ? {} : { remedy }) }]);
  });

  it.each([
    ['v1.54.8', 'ok', 'was migrated to v1.54.8 (2026-11-22T00:00:00.000Z)'],
    ['v1.55.0', 'failed', 'was migrated to v1.55.0 (2026-11-22T00:00:00.000Z), which is newer'],
  ])('tells of a schema that was migrated to %s whether v1.54.8 may be released: %s', async (version, status, detail) => {
    const runStore = memoryRunStore();
    expect((await runStore.create('dev/schema', JSON.stringify({ version, outcome: 'migrated', at: '2026-11-22T00:00:00.000Z', run: 'r1' }))).isOk()).toBe(true);
    expect(await only('schema', {}, { internals: { runStore } })).toMatchObject([{ status, detail }]);
  });

  it('fails on a schema of which nobody knows what an earlier migration made of it, unless that was looked at', async () => {
    const runStore = memoryRunStore();
    (await runStore.create('dev/schema', JSON.stringify({ version: 'v1.54.8', outcome: 'unknown', at: '2026-11-22T00:00:00.000Z', run: 'r1' })))._unsafeUnwrap();
    const detail = 'may have been changed by a migration to v1.54.8 (2026-11-22T00:00:00.000Z)';
    expect(await only('schema', {}, { internals: { runStore } })).toEqual([{ group: 'services', name: 'schema', status: 'failed', detail, remedy: 'Look at the schema. Restore the database or mend it, then pass retryMigration: true: preflight, runMigration, applyMigration and deployWithMigration take it.' }]);
    expect(await only('schema', { retryMigration: true }, { internals: { runStore } })).toMatchObject([{ status: 'ok', detail }]);
  });

  it('fails for an image of another architecture than its tasks', async () => {
    ecr.on(BatchGetImageCommand).resolves({ images: [{ imageManifest: index('amd64') }] });
    expect(await only('core of graasp')).toMatchObject([{ status: 'failed', detail: 'graasp:core-v1.54.8 is sha256:1, for linux/amd64; task definition graasp:7 runs on linux/arm64' }]);
  });

  it('warns of an image that does not tell its architecture', async () => {
    ecr.on(BatchGetImageCommand).resolves({ images: [{ imageManifest: '{"config":{}}' }] });
    expect(await only('core of graasp')).toMatchObject([{ status: 'warning' }]);
  });

  it('fails for a container that the task definition does not have', async () => {
    ecs.on(DescribeTaskDefinitionCommand).resolves(taskDefinition('graasp', 'app'));
    expect(await only('core of graasp')).toMatchObject([{ status: 'failed', detail: 'task definition graasp:7 has no container core, but app' }]);
  });

  it('fails when it cannot tell which container migrates', async () => {
    ecs.on(DescribeTaskDefinitionCommand, { taskDefinition: 'migrate' }).resolves(taskDefinition('migrate', 'migrate', 'sidecar'));
    expect(await only('migration')).toMatchObject([{ group: 'images', status: 'failed', remedy: 'Name the one that migrates in migration.container.' }, { group: 'runs', status: 'ok' }]);
  });

  it('skips images where the definition names no repository, and says so', async () => {
    const { images: _, ...without } = definition;
    expect(await only('images', {}, { definition: without })).toEqual([{ group: 'images', name: 'images', status: 'skip', detail: 'the definition names no images.repository' }]);
  });

  it('fails when the credentials are of another account than at connect', async () => {
    sts.on(GetCallerIdentityCommand).resolves({ Account: '2', Arn: 'arn:x' });
    expect(await only('account')).toMatchObject([{ status: 'failed', detail: 'arn:x is in account 2, not in 123456789012' }]);
  });

  it('fails while a service is being deployed, and warns of missing tasks', async () => {
    const deploying = { ...service('graasp'), runningCount: 0, deployments: [{ status: 'PRIMARY', rolloutState: 'IN_PROGRESS' as const }, { status: 'ACTIVE' }] };
    ecs.on(DescribeServicesCommand).resolves({ services: [deploying, service('redis'), service('admin')] });
    expect(await only('deployments')).toMatchObject([{ status: 'failed', detail: 'in progress: graasp' }]);
    expect(await only('tasks')).toMatchObject([{ status: 'warning', detail: 'missing: graasp 0 of 1' }]);
  });

  it('fails for a hold, and for a run that is at work or stopped without an end', async () => {
    const runStore = memoryRunStore();
    expect((await runStore.create('dev/hold', JSON.stringify({ run: 'r1', recipe: 'deployWithMigration', reason: 'the migration failed.', since: '2026-11-22T00:00:00Z', situation: { nextActions: [{ text: 'Run it again', command: 'again r1' }, { text: 'Let go of it', command: 'release r1' }] } }))).isOk()).toBe(true);
    expect((await runStore.create('dev/lock', JSON.stringify({ run: 'r2', recipe: 'deployWithMigration', expiresAt: '2026-11-23T10:01:00Z', holder: { actor: 'anna' } }))).isOk()).toBe(true);
    expect(await only('hold', {}, { internals: { runStore } })).toMatchObject([
      { status: 'failed', detail: 'held since 2026-11-22T00:00:00Z by run r1 (deployWithMigration): the migration failed.', remedy: 'Go on from that run. Run it again (again r1); or: Let go of it (release r1).' },
    ]);
    expect(await only('lock', {}, { internals: { runStore } })).toMatchObject([{ status: 'failed', detail: 'run r2 (deployWithMigration) is at work' }]);
    const dead = memoryRunStore();
    expect((await dead.create('dev/lock', JSON.stringify({ run: 'r2', recipe: 'deployWithMigration', expiresAt: '2026-11-23T09:00:00Z', holder: { actor: 'anna' } }))).isOk()).toBe(true);
    expect(await only('lock', {}, { internals: { runStore: dead } })).toMatchObject([{ status: 'failed', remedy: 'Continue that run (resume r2), or look at the environment and let go of it (release r2).' }]);
  });

  it('fails while a migration runs; other tasks fail it unless they are waited for or allowed', async () => {
    ecs.on(ListTasksCommand).resolves({ taskArns: ['t/1', 't/2'] });
    ecs.on(DescribeTasksCommand).resolves({ tasks: [{ taskArn: 't/1', group: 'family:migrate', lastStatus: 'RUNNING' }, { taskArn: 't/2', group: 'family:report', lastStatus: 'RUNNING' }] });
    expect((await only('migration')).at(-1)).toMatchObject({ status: 'failed', detail: 'in flight: family:migrate 1' });
    expect(await only('other tasks')).toMatchObject([{ status: 'failed', detail: 'of no declared service, and may write to the database: family:report 2' }]);
    expect(await only('other tasks', { otherTasks: 'wait' })).toMatchObject([{ status: 'warning' }]);
    expect(await only('other tasks', { otherTasks: 'allow' })).toMatchObject([{ status: 'warning' }]);
  });

  it('fails for a writer outside of ECS that nobody acknowledged', async () => {
    const otherWriters = [{ name: 'cron', acknowledged: false }, { name: 'etl', acknowledged: true }];
    const found = await checks({}, { definition: { ...definition, otherWriters } });
    expect(found.filter(({ name }) => name.startsWith('writer')).map(({ name, status }) => [name, status])).toEqual([['writer cron', 'failed'], ['writer etl', 'ok']]);
  });

  it('fails for an instance that was renamed or restored since connect', async () => {
    rds.on(DescribeDBInstancesCommand).resolves({ DBInstances: [{ DBInstanceIdentifier: 'graasp-dev', DbiResourceId: 'db-2', DBInstanceStatus: 'backing-up' }] });
    expect(await only('instance')).toMatchObject([{ status: 'failed', detail: 'graasp-dev is another instance (db-2) than at connect (db-1)' }]);
    expect(await only('status')).toMatchObject([{ status: 'ok', detail: 'backing-up' }]);
  });

  it('fails for a rule without room for the header, and for a default action that forwards', async () => {
    const full = { ...graaspRule, Conditions: [host('a.org', 'b.org', 'c.org', 'd.org', 'e.org')] };
    elbv2.on(DescribeRulesCommand).resolves({ Rules: [full, { ...byDefault, Actions: forward(graaspTargetGroup) }] });
    expect(await only('room')).toMatchObject([{ status: 'failed', detail: 'a rule takes 5 condition values; with the maintenance header these would have more: rule 1 (a.org,b.org,c.org,d.org,e.org)' }]);
    expect(await only('default action')).toMatchObject([{ status: 'failed', detail: 'forwards to a target group' }]);
  });

  it('warns when visitors of a closed rule land on administration', async () => {
    const apex = { ...graaspRule, RuleArn: 'r7', Priority: '7', Conditions: [host('dev.graasp.org'), api] };
    elbv2.on(DescribeRulesCommand).resolves({ Rules: [apex, adminRule, byDefault] });
    expect(await only('leaks')).toMatchObject([{ status: 'warning', detail: 'visitors of dev.graasp.org/api/ (rule 7) land on rule 8 (admin), not on the maintenance page' }]);
  });

  it('warns when maintenance is on already, wholly or in part', async () => {
    const closed = { Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: headerName, Values: [headerValue] } };
    const library = { ...graaspRule, RuleArn: 'r3', Priority: '3', Conditions: [host('library.dev.graasp.org'), closed] };
    elbv2.on(DescribeRulesCommand).resolves({ Rules: [library, byDefault] });
    expect(await only('maintenance')).toMatchObject([{ status: 'warning', detail: 'on already', remedy: 'It stays on after the release.' }]);
    const shelf = { ...library, RuleArn: 'r4', Priority: '4', Conditions: [host('shelf.dev.graasp.org'), closed] };
    elbv2.on(DescribeRulesCommand).resolves({ Rules: [graaspRule, library, shelf, byDefault] });
    expect(await only('maintenance')).toMatchObject([
      { remedy: 'After the release these stay closed: rule 3 (library.dev.graasp.org), rule 4 (shelf.dev.graasp.org). Open them before if they were forgotten.' },
    ]);
    elbv2.on(DescribeRulesCommand).resolves({ Rules: [graaspRule, library, byDefault] });
    expect(await only('maintenance')).toMatchObject([
      { status: 'warning', detail: 'on for some rules: rule 3 (library.dev.graasp.org)', remedy: 'After the release these stay closed: rule 3 (library.dev.graasp.org). Open them before if they were forgotten.' },
    ]);
  });

  it('tells that maintenance ends with the release which an earlier run has begun', async () => {
    const closed = { Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: headerName, Values: [headerValue] } };
    elbv2.on(DescribeRulesCommand).resolves({ Rules: [{ ...graaspRule, Conditions: [...graaspRule.Conditions!, closed] }, byDefault] });
    const runStore = memoryRunStore();
    const baseline: Baseline = { takenAt: '2026-11-22T10:00:00Z', byRun: 'run-0', gate: { r1: false }, services: {}, targetGroups: {}, putAside: ['gate'] };
    (await runStore.create('dev/baseline', JSON.stringify(baseline)))._unsafeUnwrap();
    expect(await only('maintenance', {}, { internals: { runStore } })).toMatchObject([
      { status: 'warning', detail: 'on already', remedy: 'Run run-0 found it off: opening the gate after this release lets visitors in there too.' },
    ]);
  });

  it('warns of a door that is broken already, and fails where the front door does not answer', async () => {
    const door = (request: FrontDoor['request'], addresses: readonly string[] = ['10.0.0.1']) => ({ internals: { frontDoor: { addresses: () => Promise.resolve(addresses), request } } });
    expect(await only('front door', {}, door(() => Promise.resolve({ status: 502, location: null, headers: {}, body: '' })))).toMatchObject([
      { status: 'warning', detail: 'api.dev.graasp.org/ (rule 1) answers 502' },
    ]);
    expect(await only('front door', {}, door(() => Promise.reject(new Error('no route to host'))))).toMatchObject([{ status: 'failed', detail: 'api.dev.graasp.org does not answer: no route to host' }]);
    expect(await only('front door', {}, door(() => Promise.reject(new Error('not asked')), []))).toMatchObject([{ status: 'failed', detail: 'graasp-dev.elb.amazonaws.com does not resolve' }]);
  });

  it('warns of a rule that no request shows closed, and fails when that is so of all', async () => {
    const post = { ...graaspRule, RuleArn: 'r2', Priority: '2', Conditions: [host('api.dev.graasp.org'), { Field: 'http-request-method', HttpRequestMethodConfig: { Values: ['POST'] } }] };
    elbv2.on(DescribeRulesCommand).resolves({ Rules: [graaspRule, post, byDefault] });
    expect(await only('unseen rules')).toMatchObject([{ status: 'warning', detail: 'no request shows from outside whether visitors get through rule 2 (api.dev.graasp.org)' }]);
    elbv2.on(DescribeRulesCommand).resolves({ Rules: [post, byDefault] });
    expect(await only('front door')).toMatchObject([{ status: 'failed', detail: 'no request shows from outside whether visitors get through rule 2 (api.dev.graasp.org)' }]);
  });

  it.each<[string, () => void, string, readonly string[]]>([
    ['who it is', () => sts.on(GetCallerIdentityCommand).rejects(awsError('AccessDenied')), 'account', ['the credentials may not sts:GetCallerIdentity in eu-central-1']],
    ['services', () => ecs.on(DescribeServicesCommand).rejects(awsError('AccessDeniedException')), 'services', ['the credentials may not ecs:DescribeServices on graasp-dev in eu-central-1']],
    ['the revision in use', () => ecs.on(DescribeTaskDefinitionCommand, { taskDefinition: 'graasp:7' }).rejects(awsError('AccessDeniedException')), 'task definition of graasp', ['the credentials may not ecs:DescribeTaskDefinition on graasp:7 in eu-central-1']],
    ['the images in use', () => ecr.on(DescribeImagesCommand, { imageIds: [{ imageTag: 'core-latest' }] }).rejects(awsError('AccessDeniedException')), 'running images of graasp', ['the credentials may not ecr:DescribeImages on graasp:core-latest in eu-central-1']],
    ['scaling', () => scaling.on(DescribeScalableTargetsCommand).rejects(awsError('AccessDeniedException')), 'scaling', ['the credentials may not application-autoscaling:DescribeScalableTargets on service/graasp-dev/graasp, service/graasp-dev/redis, service/graasp-dev/admin in eu-central-1']],
    ['the snapshot quota', () => rds.on(DescribeAccountAttributesCommand).rejects(awsError('AccessDenied')), 'snapshot quota', ['the credentials may not rds:DescribeAccountAttributes in eu-central-1']],
    ['the storage', () => cloudwatch.on(GetMetricDataCommand).rejects(awsError('AccessDenied')), 'storage', ['the credentials may not cloudwatch:GetMetricData in eu-central-1']],
    ['pending maintenance', () => rds.on(DescribePendingMaintenanceActionsCommand).rejects(awsError('AccessDenied')), 'pending maintenance', ['the credentials may not rds:DescribePendingMaintenanceActions on graasp-dev in eu-central-1']],
    ['other tasks', () => ecs.on(ListTasksCommand).rejects(awsError('AccessDeniedException')), 'other tasks', ['the credentials may not ecs:ListTasks on graasp-dev in eu-central-1']],
    ['the instance', () => rds.on(DescribeDBInstancesCommand).rejects(awsError('DBInstanceNotFoundFault')), 'instance', ['database instance graasp-dev does not exist in eu-central-1 of account 123456789012']],
  ])('fails in one line, and looks at the rest, when it cannot read %s', async (_, arrange, name, details) => {
    arrange();
    const all = await checks();
    expect(all.filter((check) => check.name === name && check.status === 'failed').map(({ detail }) => detail)).toEqual(details);
    expect(new Set(all.map(({ group }) => group))).toEqual(new Set(['credentials', 'images', 'definition', 'services', 'runs', 'database', 'calendar', 'gate']));
  });

  it('has nothing to say of images where nothing is released', async () => {
    const { migration: _, ...without } = definition;
    const bare = { ...without, services: { redis: { role: 'application', desiredCount: 1 } } } as const;
    expect(await only('images', {}, { definition: bare })).toEqual([{ group: 'images', name: 'images', status: 'skip', detail: 'no service has a release image, and there is no migration' }]);
    expect(await only('running versions', {}, { definition: bare })).toEqual([{ group: 'services', name: 'running versions', status: 'skip', detail: 'no service has a release image' }]);
  });

  it('does not tell to start an instance that is on its way', async () => {
    rds.on(DescribeDBInstancesCommand).resolves({ DBInstances: [{ DBInstanceIdentifier: 'graasp-dev', DbiResourceId: 'db-1', DBInstanceStatus: 'rebooting' }] });
    expect(await only('status')).toEqual([{ group: 'database', name: 'status', status: 'failed', detail: 'rebooting', remedy: 'Wait until it is available, or find out why it is not.' }]);
  });

  it('names another task by its end where it has no group', async () => {
    ecs.on(ListTasksCommand, { desiredStatus: 'RUNNING' }).resolves({ taskArns: ['arn:task/graasp-dev/x1'] });
    ecs.on(DescribeTasksCommand).resolves({ tasks: [{ taskArn: 'arn:task/graasp-dev/x1', lastStatus: 'RUNNING' }] });
    expect(await only('other tasks')).toMatchObject([{ status: 'failed', detail: 'of no declared service, and may write to the database: task x1' }]);
  });

  it('asks for a version in words when it is given no options', async () => {
    expect((await preflight(testEnvironment(), undefined as never))._unsafeUnwrapErr()).toMatchObject({ kind: 'InvalidInput', problems: ["version: expected a version like 'v1.54.8' or 'v3.56.2-rc1', got nothing"] });
  });

  it('ends in an error of its own when nothing can be found out', async () => {
    sts.on(GetCallerIdentityCommand).rejects(awsError('ExpiredToken'));
    expect((await look())._unsafeUnwrapErr()).toMatchObject({ kind: 'CredentialsExpired' });
  });

  it('tells every problem of its options before any call', async () => {
    expect((await look({ version: 'latest', otherTasks: 'kill' as never, calendar: 'ignore' as never, for: 'fun' as never, signal: 'stop' as never, otherTask: 'wait' } as never))._unsafeUnwrapErr()).toMatchObject({
      kind: 'InvalidInput',
      problems: [
        'otherTask: unknown option; known are for, version, warm, otherTasks, retryMigration, calendar, signal',
        "for: expected 'migration' or 'deployment' or 'transition', got 'fun' (string)",
        "version: expected a version like 'v1.54.8' or 'v3.56.2-rc1', got 'latest' (string)",
        "otherTasks: expected 'refuse' or 'wait' or 'allow', got 'kill' (string)",
        "calendar: expected 'refuse' or 'warn', got 'ignore' (string)",
        "signal: expected an AbortSignal, got 'stop' (string)",
      ],
    });
    expect(sts.calls()).toEqual([]);
  });

  it('skips for a deployment what only a migration needs, and says so', async () => {
    rds.on(DescribeDBInstancesCommand).resolves({ DBInstances: [{ ...instance, BackupRetentionPeriod: 0, PendingModifiedValues: { AllocatedStorage: 40 } }] });
    ecr.on(DescribeImagesCommand, { imageIds: [{ imageTag: 'migrate-v1.54.8' }] }).rejects(awsError('ImageNotFoundException'));
    const all = await checks({ for: 'deployment' }, { definition: { ...definition, otherWriters: [{ name: 'cron', acknowledged: false }] } });
    expect(unwell(all)).toEqual([
      'skip permissions',
      'skip migration task',
      'skip writer cron',
      'warning run store',
      'warning infrastructure code',
      'warning pending modifications',
      'skip backups',
      'skip snapshot quota',
      'skip storage',
      'skip backup window',
      'skip distributions',
      'skip umami',
    ]);
    expect([rds.commandCalls(DescribeAccountAttributesCommand).length, cloudwatch.calls().length]).toEqual([0, 0]);
  });

  it('needs no version for a transition, which may begin with the instance off', async () => {
    rds.on(DescribeDBInstancesCommand).resolves({ DBInstances: [{ ...instance, DBInstanceStatus: 'stopped' }] });
    const report = (await preflight(testEnvironment(), { for: 'transition' }))._unsafeUnwrap();
    expect(report.checks.filter(({ group, status }) => group === 'images' || (group === 'definition' && status === 'skip')).map(({ name, detail }) => `${name}: ${detail}`)).toEqual([
      'images: no version is released',
      'running core of graasp: graasp:core-latest is core-v1.54.7',
      'migration task: nothing is migrated',
      'deployments by ECS: nothing is deployed',
    ]);
    expect((await preflight(testEnvironment(), { for: 'transition', version: 'v1.54.8' } as never))._unsafeUnwrapErr()).toMatchObject({ problems: ["version: expected none for a transition, got 'v1.54.8' (string)"] });
    ecs.on(DescribeServicesCommand).callsFake(({ services }: { services: string[] }) => ({ services: services.map((name) => ({ ...service(name), status: 'DRAINING' })) }));
    expect((await preflight(testEnvironment(), { for: 'transition' }))._unsafeUnwrapErr().message).toMatch(/^dev cannot be brought into another state: definition, services: graasp is DRAINING; /);
  });

  it('asks AWS for each thing once', async () => {
    await look();
    const calls = [sts, ecr, ecs, elbv2, rds, cloudwatch, scaling].flatMap((client) => client.calls().map(({ args }) => `${args[0].constructor.name} ${JSON.stringify(args[0].input)}`));
    // both images of the version have one digest here
    const asked = calls.filter((call) => !call.startsWith('BatchGetImage'));
    expect(asked.filter((call, index) => asked.indexOf(call) !== index)).toEqual([]);
    expect(asked.length).toBe(16);
  });

  it('warns of a target group that no rule forwards to, and fails when it is another than at connect', async () => {
    elbv2.on(DescribeRulesCommand).resolves({ Rules: [graaspRule, byDefault] });
    expect(await only('target groups')).toMatchObject([{ status: 'warning', detail: 'admin registers in admin, which no rule of the listener forwards to' }]);
    const moved = { ...service('graasp'), loadBalancers: [{ targetGroupArn: adminTargetGroup }] };
    ecs.on(DescribeServicesCommand).callsFake(({ services }: { services: string[] }) => ({ services: services.map((name) => (name === 'graasp' ? moved : service(name))) }));
    expect((await only('target groups'))[0]).toMatchObject({ status: 'failed', detail: 'graasp registers in other target groups than at connect' });
  });

  it('refuses a definition where an environment belongs', async () => {
    expect((await preflight(definition as never, { version: 'v1.54.8' }))._unsafeUnwrapErr()).toMatchObject({
      kind: 'InvalidInput',
      problems: ['env: expected an environment from connect(), got an environment definition (object)'],
    });
  });

  it('warns of a run store that ends with the machine, unless it does not', async () => {
    const acknowledged = fileRunStore('/tmp/never-written', { acknowledged: true });
    expect(await only('run store', {}, { internals: { runStore: { ...acknowledged, volatile: undefined } } })).toMatchObject([{ status: 'ok' }]);
    expect(await only('run store')).toMatchObject([{ status: 'warning', detail: 'memory: it ends with this process' }]);
  });
});
