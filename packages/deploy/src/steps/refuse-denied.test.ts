import { GetRoleCommand, IAMClient, type ResourceSpecificResult, SimulatePrincipalPolicyCommand, type SimulatePrincipalPolicyCommandInput } from '@aws-sdk/client-iam';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { definition, planOptions, testEnvironment, testRun } from '../environment/environment.fixture.js';
import { internals } from '../environment/environment.js';
import { refuseDenied } from './refuse-denied.js';

const iam = mockClient(IAMClient);
const sts = mockClient(STSClient);
const role = 'arn:aws:iam::123456789012:role/ci/release';
const database = 'arn:aws:rds:eu-central-1:123456789012:db:graasp-dev';
const denied = (name: string) => Object.assign(new Error(name), { name, $metadata: { httpStatusCode: 403 } });

/** What is said of stopping the instance, and of listing tasks; everything else is allowed. */
function simulated(result: Partial<ResourceSpecificResult>) {
  iam.on(SimulatePrincipalPolicyCommand).callsFake(({ ActionNames = [], ResourceArns = [] }: SimulatePrincipalPolicyCommandInput) => ({
    EvaluationResults: ActionNames.map((action) => ({
      EvalActionName: action,
      ResourceSpecificResults: ResourceArns.map((EvalResourceName) => ({ EvalResourceName, EvalResourceDecision: 'allowed', ...(/StopDBInstance|ListTasks/.test(action) ? result : {}) })),
    })),
  }));
}

beforeEach(() => {
  iam.reset();
  sts.reset();
  sts.on(GetCallerIdentityCommand).resolves({ Account: '123456789012', Arn: 'arn:aws:sts::123456789012:assumed-role/release/run-1' });
  iam.on(GetRoleCommand).resolves({ Role: { Arn: role, RoleName: 'release', Path: '/ci/', RoleId: 'A', CreateDate: new Date(0) } });
  simulated({ EvalResourceDecision: 'implicitDeny' });
});

describe('refuseDenied', () => {
  it('names everything that will be denied, before anything is changed', async () => {
    expect((await refuseDenied(testEnvironment(), ['stop-db']))._unsafeUnwrapErr()).toMatchObject({
      kind: 'AccessDenied',
      action: 'ecs:ListTasks',
      resource: '*',
      message: `${role} may not ecs:ListTasks on *; nor rds:StopDBInstance on ${database}: a later call would be denied. Nothing was changed.`,
      remedy: `Allow it in the policies of ${role}; requiredPermissions gives them.`,
    });
  });

  it('tells IAM what a policy may go by', async () => {
    await refuseDenied(testEnvironment(), ['stop-db', 'prune-snapshots']);
    const contexts = iam.commandCalls(SimulatePrincipalPolicyCommand).flatMap(({ args: [{ input }] }) => (input.ContextEntries ?? []).map(({ ContextKeyName, ContextKeyValues }) => `${ContextKeyName}=${ContextKeyValues?.join()}`));
    expect(contexts).toEqual(expect.arrayContaining(['ecs:cluster=arn:aws:ecs:eu-central-1:123456789012:cluster/graasp-dev', 'aws:ResourceTag/graasp-deploy:environment=dev']));
  });

  it.each<[string, () => void]>([
    ['all is allowed', () => simulated({})],
    ['it depends on what a simulation does not know', () => simulated({ EvalResourceDecision: 'implicitDeny', MissingContextValues: ['aws:SourceVpc'] })],
    ['IAM may not be asked', () => iam.on(SimulatePrincipalPolicyCommand).rejects(denied('AccessDenied'))],
    ['nobody is there whom IAM could simulate', () => sts.on(GetCallerIdentityCommand).resolves({ Account: '123456789012', Arn: 'arn:aws:iam::123456789012:root' })],
  ])('refuses nothing where %s', async (_, given) => {
    given();
    expect((await refuseDenied(testEnvironment(), ['stop-db'])).isOk()).toBe(true);
  });

  it.each<[string, RegExp, string | null]>([
    ['believes no denial of a bucket that it has written to already: a policy of the bucket allows that', /^s3:/, null],
    ['refuses what a policy of the bucket does not make up for', /^s3:DeleteObject$/, 's3:DeleteObject'],
  ])('%s', async (_, which, refused) => {
    iam.on(SimulatePrincipalPolicyCommand).callsFake(({ ActionNames = [], ResourceArns = [] }: SimulatePrincipalPolicyCommandInput) => ({
      EvaluationResults: ActionNames.map((action) => ({ EvalActionName: action, ResourceSpecificResults: ResourceArns.map((EvalResourceName) => ({ EvalResourceName, EvalResourceDecision: which.test(action) ? 'implicitDeny' : 'allowed' })) })),
    }));
    const env = testEnvironment({ definition: { ...definition, infrastructureLock: { bucket: 'graasp-infrastructure', key: 'dev/terraform.tfstate' } } });
    const result = await refuseDenied({ ...env, [internals]: { ...env[internals], run: testRun() } }, ['lock-infrastructure']);
    expect(result.isErr() ? (result.error as { action?: string }).action : null).toBe(refused);
  });

  it('refuses nothing where IAM does not answer in time', async () => {
    iam.on(SimulatePrincipalPolicyCommand).callsFake(() => new Promise(() => undefined));
    const env = testEnvironment();
    const slept: number[] = [];
    const background = { now: () => env.clock.now(), random: () => 0.5, sleep: async (ms: number) => void slept.push(ms) };
    expect((await refuseDenied({ ...env, clock: { ...env.clock, background } }, ['stop-db'])).isOk()).toBe(true);
    expect(slept).toEqual([20_000]);
  });

  it('asks nobody in a plan, or for no steps', async () => {
    expect((await refuseDenied(testEnvironment(planOptions()), ['stop-db'])).isOk()).toBe(true);
    expect((await refuseDenied(testEnvironment(), [])).isOk()).toBe(true);
    expect(sts.commandCalls(GetCallerIdentityCommand)).toHaveLength(0);
  });

  it('ends where nothing else could be found out either', async () => {
    sts.on(GetCallerIdentityCommand).rejects(denied('ExpiredToken'));
    expect((await refuseDenied(testEnvironment(), ['stop-db']))._unsafeUnwrapErr()).toMatchObject({ kind: 'CredentialsExpired' });
  });
});
