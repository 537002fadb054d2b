import { GetRoleCommand, IAMClient, type ResourceSpecificResult, SimulatePrincipalPolicyCommand, type SimulatePrincipalPolicyCommandInput } from '@aws-sdk/client-iam';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { internals } from '../../environment/environment.js';
import { testEnvironment } from '../../environment/environment.fixture.js';
import { checkPermissions } from './check-permissions.js';
import { question } from './question.fixture.js';

const iam = mockClient(IAMClient);
const user = 'arn:aws:iam::123456789012:user/ci/anna';
const role = 'arn:aws:iam::123456789012:role/ci/release';
const session = 'arn:aws:sts::123456789012:assumed-role/release/run-1';
const reads = { services: [{ serviceName: 'graasp', taskDefinition: 'graasp:7' }], definitions: { 'graasp:7': { family: 'graasp' }, migrate: { family: 'migrate', taskRoleArn: 'arn:role/migrate' } } };
const awsError = (name: string, message: string, httpStatusCode = 403) => Object.assign(new Error(message), { name, $metadata: { httpStatusCode } });

/** Every action on every resource as IAM tells it: with a page that is not the last. */
function simulated(resultOf: (action: string) => Partial<ResourceSpecificResult> = () => ({})) {
  iam.on(SimulatePrincipalPolicyCommand).callsFake(({ ActionNames = [], ResourceArns = [], Marker }: SimulatePrincipalPolicyCommandInput) => {
    if (Marker === undefined) return { EvaluationResults: [], IsTruncated: true, Marker: '1' };
    const specific = (action: string) => ResourceArns.map((EvalResourceName) => ({ EvalResourceName, EvalResourceDecision: 'allowed', ...resultOf(action) }));
    return { EvaluationResults: ActionNames.map((action) => ({ EvalActionName: action, EvalResourceName: 'a template', EvalDecision: 'implicitDeny', ResourceSpecificResults: specific(action) })) };
  });
}

async function look(caller = session, env = testEnvironment()) {
  return (await checkPermissions(env, question(reads, { purpose: 'migration' }), caller))._unsafeUnwrap();
}

beforeEach(() => {
  iam.reset();
  iam.on(GetRoleCommand, { RoleName: 'release' }).resolves({ Role: { Arn: role, RoleName: 'release', Path: '/ci/', RoleId: 'A', CreateDate: new Date(0) } });
  simulated();
});

describe('checkPermissions', () => {
  it('asks by the role of a session, with its path, of what the other checks do not try', async () => {
    expect(await look()).toEqual([{ group: 'credentials', name: 'permissions', status: 'ok', detail: `${role} may do all that comes later, and what leads back, (21 actions), as far as a simulation tells` }]);
    const asked = iam.commandCalls(SimulatePrincipalPolicyCommand).map(({ args: [{ input }] }) => input);
    expect(new Set(asked.map(({ PolicySourceArn }) => PolicySourceArn))).toEqual(new Set([role]));
    expect(asked.find(({ ActionNames }) => ActionNames?.includes('iam:PassRole'))).toMatchObject({ ActionNames: ['iam:PassRole'], ResourceArns: ['arn:role/migrate'], ContextEntries: expect.arrayContaining([{ ContextKeyName: 'iam:PassedToService', ContextKeyType: 'string', ContextKeyValues: ['ecs-tasks.amazonaws.com'] }]) as unknown });
    const actions = asked.flatMap(({ ActionNames = [] }) => ActionNames);
    expect(actions).not.toContain('ecs:DescribeServices');
    expect(actions).not.toContain('ecr:PutImage');
    expect(actions).not.toContain('rds:StopDBInstance');
  });

  it('asks by a user as it is', async () => {
    expect(await look(user)).toMatchObject([{ status: 'ok', detail: expect.stringContaining(user) as string }]);
    expect(iam.commandCalls(GetRoleCommand)).toHaveLength(0);
  });

  it.each<[string, Partial<ResourceSpecificResult>, object]>([
    ['is not allowed', { EvalResourceDecision: 'implicitDeny' }, { status: 'failed', detail: `${role} may not rds:CreateDBSnapshot on arn:aws:rds:eu-central-1:123456789012:db:graasp-dev, arn:aws:rds:eu-central-1:123456789012:snapshot:graasp-dev-*`, remedy: `Allow rds:CreateDBSnapshot on arn:aws:rds:eu-central-1:123456789012:db:graasp-dev, arn:aws:rds:eu-central-1:123456789012:snapshot:graasp-dev-* in the policy of ${role}.` }],
    ['is denied', { EvalResourceDecision: 'explicitDeny' }, { status: 'failed', remedy: 'Lift the statement that denies rds:CreateDBSnapshot.' }],
    ['depends on what IAM was not told', { EvalResourceDecision: 'implicitDeny', MissingContextValues: ['aws:SourceVpc'] }, { status: 'warning', detail: expect.stringContaining('depends on aws:SourceVpc, which a simulation does not know') as string, remedy: 'Look at the conditions of its policies.' }],
  ])('names an action that %s, and its resources', async (_, result, expected) => {
    simulated((action) => (action === 'rds:CreateDBSnapshot' ? result : {}));
    expect(await look()).toMatchObject([{ name: 'permission rds:CreateDBSnapshot', ...expected }]);
  });

  it('says so where there is nobody whom IAM could simulate', async () => {
    expect(await look('arn:aws:iam::123456789012:root')).toEqual([{ group: 'credentials', name: 'permissions', status: 'skip', detail: 'only the reads of the other checks are tried: IAM simulates users and roles, not arn:aws:iam::123456789012:root' }]);
  });

  it('says so where the package is not installed, or IAM does not answer', async () => {
    const env = testEnvironment();
    const without = { ...env, [internals]: { ...env[internals], clients: { ...env[internals].clients, iam: () => Promise.resolve(null) } } };
    expect(await look(session, without)).toMatchObject([{ status: 'skip', detail: 'only the reads of the other checks are tried: asking IAM needs the package @aws-sdk/client-iam, which is not installed beside @graasp/deploy: npm install @aws-sdk/client-iam' }]);
    iam.on(GetRoleCommand).rejects(Object.assign(new Error('connect ETIMEDOUT'), { code: 'ETIMEDOUT' }));
    expect(await look()).toMatchObject([{ status: 'skip', detail: 'only the reads of the other checks are tried: iam:GetRole got no proper answer from AWS in eu-central-1, also after several attempts: connect ETIMEDOUT' }]);
    expect(iam.commandCalls(SimulatePrincipalPolicyCommand)).toHaveLength(0);
  });

  it('asks by the name of the role where the role cannot be read, and says with what statement it could, if IAM knows none of that name', async () => {
    iam.on(GetRoleCommand).rejects(awsError('AccessDenied', 'not authorized to perform iam:GetRole'));
    const byName = 'arn:aws:iam::123456789012:role/release';
    expect(await look()).toMatchObject([{ status: 'ok', detail: expect.stringMatching(`^${byName} may do all`) as string }]);
    iam.on(SimulatePrincipalPolicyCommand).rejects(awsError('NoSuchEntity', 'The role cannot be found.', 404));
    const statement = '{"Effect":"Allow","Action":["iam:GetRole","iam:SimulatePrincipalPolicy"],"Resource":"arn:aws:iam::123456789012:role/*release"}';
    expect(await look()).toMatchObject([{ status: 'skip', detail: `only the reads of the other checks are tried: IAM knows no ${byName}, perhaps because it has a path. This statement would let it be asked: ${statement}` }]);
  });

  it('says so where it cannot be read on what they are needed', async () => {
    const unread = (await checkPermissions(testEnvironment(), question({ ...reads, definitions: {} }, { purpose: 'migration' }), session))._unsafeUnwrap();
    expect(unread).toEqual([{ group: 'credentials', name: 'permissions', status: 'skip', detail: 'only the reads of the other checks are tried: what they are needed on could not be read' }]);
    expect(iam.calls()).toEqual([]);
  });

  it('ends where nothing else could be found out either', async () => {
    iam.on(GetRoleCommand).rejects(awsError('ExpiredToken', 'expired'));
    expect((await checkPermissions(testEnvironment(), question(reads), session))._unsafeUnwrapErr()).toMatchObject({ kind: 'CredentialsExpired' });
  });
});
