import { DescribeTaskDefinitionCommand, ECSClient, RunTaskCommand, UpdateServiceCommand } from '@aws-sdk/client-ecs';
import { ElasticLoadBalancingV2Client, ModifyRuleCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import { DescribeDBInstancesCommand, RDSClient } from '@aws-sdk/client-rds';
import { mockClient } from 'aws-sdk-client-mock';
import 'aws-sdk-client-mock-vitest/extend';
import { err } from 'neverthrow';
import { beforeEach, describe, expect, it } from 'vitest';
import { headerValue, testEnvironment, testRun } from '../environment/environment.fixture.js';
import { internals } from '../environment/environment.js';
import type { LockLost } from '../errors.js';
import { describeTaskDefinition, runTask, updateService } from './ecs.js';
import { modifyRule } from './elbv2.js';
import { describeDbInstance } from './rds.js';

const ecs = mockClient(ECSClient);
const rds = mockClient(RDSClient);
const elbv2 = mockClient(ElasticLoadBalancingV2Client);

beforeEach(() => {
  ecs.reset();
  rds.reset();
  elbv2.reset();
});

function awsError(name: string, message = '', status = 400, more: object = {}): Error {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode: status, requestId: 'request-1' }, ...more });
}

const lost: LockLost = { kind: 'LockLost', message: 'lost', remedy: 'look' };

describe('read', () => {
  it('sends a throttled request again, later each time, on the environment’s clock', async () => {
    const env = testEnvironment();
    ecs.on(DescribeTaskDefinitionCommand).rejectsOnce(awsError('ThrottlingException', 'Rate exceeded')).rejectsOnce(awsError('Throttling', 'Rate exceeded')).resolves({ taskDefinition: { family: 'migrate' } });
    const started = env.clock.time;
    expect((await describeTaskDefinition(env, 'migrate'))._unsafeUnwrap()).toEqual({ family: 'migrate' });
    // three quarters of 500 and 1000 ms, chance being one half
    expect(env.clock.time - started).toBe(375 + 750);
  });

  it('gives up with Throttled after nine attempts', async () => {
    const env = testEnvironment();
    ecs.on(DescribeTaskDefinitionCommand).rejects(awsError('ThrottlingException', 'Rate exceeded'));
    const error = (await describeTaskDefinition(env, 'migrate'))._unsafeUnwrapErr();
    expect(error).toMatchObject({ kind: 'Throttled', operation: 'ecs:DescribeTaskDefinition', message: 'ecs:DescribeTaskDefinition is throttled by AWS, also after several attempts' });
    expect(ecs).toHaveReceivedCommandTimes(DescribeTaskDefinitionCommand, 9);
  });

  it.each([
    ['a 503', awsError('ServiceUnavailable', 'later', 503)],
    ['a connection that breaks', Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })],
    ['a time-out', awsError('TimeoutError', 'no answer')],
    ['a page without network', new TypeError('Failed to fetch')],
    ['a cause that breaks', Object.assign(new Error('fetch'), { cause: { code: 'ETIMEDOUT' } })],
  ])('gives up with Unreachable after five attempts at %s', async (_, failure) => {
    rds.on(DescribeDBInstancesCommand).rejects(failure);
    const error = (await describeDbInstance(testEnvironment(), 'graasp-dev'))._unsafeUnwrapErr();
    expect(error).toMatchObject({ kind: 'Unreachable', operation: 'rds:DescribeDBInstances' });
    expect(rds).toHaveReceivedCommandTimes(DescribeDBInstancesCommand, 5);
  });

  it('is sent once when the request is refused as it is', async () => {
    ecs.on(DescribeTaskDefinitionCommand).rejects(awsError('InvalidParameterException', 'bad family'));
    const error = (await describeTaskDefinition(testEnvironment(), '!'))._unsafeUnwrapErr();
    expect(error).toEqual({
      kind: 'Unexpected',
      operation: 'ecs:DescribeTaskDefinition',
      code: 'InvalidParameterException',
      requestId: 'request-1',
      message: 'ecs:DescribeTaskDefinition failed: InvalidParameterException: bad family (HTTP 400)',
      remedy: 'Read the message: AWS refuses the request as it is. If it looks like a defect of this library, report it with the operation and the request id.',
      cause: { name: 'InvalidParameterException', message: 'bad family', requestId: 'request-1' },
    });
    expect(ecs).toHaveReceivedCommandTimes(DescribeTaskDefinitionCommand, 1);
  });

  it('does not take a quota for throttling', async () => {
    ecs.on(DescribeTaskDefinitionCommand).rejects(awsError('LimitExceededException', 'too many'));
    expect((await describeTaskDefinition(testEnvironment(), 'migrate'))._unsafeUnwrapErr().kind).toBe('Unexpected');
  });

  it('names what is missing with region and account', async () => {
    rds.on(DescribeDBInstancesCommand).rejects(awsError('DBInstanceNotFoundFault', 'not found', 404, { Code: 'DBInstanceNotFound' }));
    expect((await describeDbInstance(testEnvironment(), 'graasp-dev'))._unsafeUnwrapErr()).toMatchObject({
      kind: 'NotFound',
      resource: 'database instance',
      name: 'graasp-dev',
      region: 'eu-central-1',
      accountId: '123456789012',
      message: 'database instance graasp-dev does not exist in eu-central-1 of account 123456789012',
      cause: { code: 'DBInstanceNotFound' },
    });
  });

  it('takes an answer without the thing for a missing thing', async () => {
    rds.on(DescribeDBInstancesCommand).resolves({ DBInstances: [] });
    expect((await describeDbInstance(testEnvironment(), 'graasp-dev'))._unsafeUnwrapErr().kind).toBe('NotFound');
  });

  it('takes “Unable to describe task definition.” for a missing task definition', async () => {
    ecs.on(DescribeTaskDefinitionCommand).rejects(awsError('ClientException', 'Unable to describe task definition.'));
    expect((await describeTaskDefinition(testEnvironment(), 'migrate'))._unsafeUnwrapErr()).toMatchObject({ kind: 'NotFound', resource: 'task definition', name: 'migrate' });
  });

  it('asks for credentials again once when they have expired', async () => {
    const env = testEnvironment();
    ecs.on(DescribeTaskDefinitionCommand).rejectsOnce(awsError('ExpiredTokenException', 'expired')).resolves({ taskDefinition: { family: 'migrate' } });
    const before = (await env[internals].clients.ecs()).client;
    expect((await describeTaskDefinition(env, 'migrate')).isOk()).toBe(true);
    expect((await env[internals].clients.ecs()).client).not.toBe(before);
  });

  it.each([
    ['ExpiredTokenException', 'the AWS credentials have expired', 'Sign in again'],
    ['CredentialsProviderError', 'there are no AWS credentials', 'Set AWS_PROFILE, or sign in'],
    ['UnrecognizedClientException', 'AWS does not accept the credentials', 'Sign in again'],
  ])('says of %s that %s', async (name, words, remedy) => {
    ecs.on(DescribeTaskDefinitionCommand).rejects(awsError(name, 'x'));
    expect((await describeTaskDefinition(testEnvironment(), 'migrate'))._unsafeUnwrapErr()).toMatchObject({ kind: 'CredentialsExpired', message: `ecs:DescribeTaskDefinition: ${words}`, remedy: expect.stringMatching(`^${remedy} \\(for instance`) as string });
  });

  it('names the action and the thing that a policy must allow', async () => {
    rds.on(DescribeDBInstancesCommand).rejects(awsError('AccessDenied', 'nope', 403));
    expect((await describeDbInstance(testEnvironment(), 'graasp-dev'))._unsafeUnwrapErr()).toMatchObject({
      kind: 'AccessDenied',
      action: 'rds:DescribeDBInstances',
      resource: 'graasp-dev',
      message: 'the credentials may not rds:DescribeDBInstances on graasp-dev in eu-central-1',
      remedy: 'Allow rds:DescribeDBInstances on graasp-dev in the policy of the role or user that runs this.',
    });
    expect(rds).toHaveReceivedCommandTimes(DescribeDBInstancesCommand, 1);
  });

  it('takes a bare 403, as a proxy gives it, for a denial', async () => {
    rds.on(DescribeDBInstancesCommand).rejects(awsError('Forbidden', 'blocked', 403));
    expect((await describeDbInstance(testEnvironment(), 'graasp-dev'))._unsafeUnwrapErr()).toMatchObject({ kind: 'AccessDenied', action: 'rds:DescribeDBInstances', cause: { name: 'Forbidden' } });
  });

  it.each([
    ['nothing but a code', { Code: 'Odd' }, { code: 'Odd', message: 'rds:DescribeDBInstances failed: Error: no message' }],
    ['a name', { name: 'Odd' }, { code: 'Odd', message: 'rds:DescribeDBInstances failed: Odd: Odd' }],
    ['an empty object', {}, { message: 'rds:DescribeDBInstances failed: Error: no message' }],
  ])('tells of a failure that comes with %s', async (_, thrown, told) => {
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- whatever is below the SDK may throw anything
    rds.on(DescribeDBInstancesCommand).callsFake(() => Promise.reject(thrown));
    expect((await describeDbInstance(testEnvironment(), 'graasp-dev'))._unsafeUnwrapErr()).toMatchObject({ kind: 'Unexpected', ...told });
    expect(rds).toHaveReceivedCommandTimes(DescribeDBInstancesCommand, 1);
  });

  it('does not send again what the SDK itself has aborted', async () => {
    rds.on(DescribeDBInstancesCommand).rejects(awsError('AbortError', 'Request aborted', 503));
    expect((await describeDbInstance(testEnvironment(), 'graasp-dev'))._unsafeUnwrapErr()).toMatchObject({ kind: 'Unexpected', code: 'AbortError' });
    expect(rds).toHaveReceivedCommandTimes(DescribeDBInstancesCommand, 1);
  });

  it('names no account before it is known', async () => {
    rds.on(DescribeDBInstancesCommand).resolves({ DBInstances: [] });
    const error = (await describeDbInstance(testEnvironment({ internals: { accountId: '' } }), 'graasp-dev'))._unsafeUnwrapErr();
    expect(error).toMatchObject({ kind: 'NotFound', message: 'database instance graasp-dev does not exist in eu-central-1' });
    expect(error).not.toHaveProperty('accountId');
  });

  it('is Aborted before anything is sent when the signal is', async () => {
    const error = (await describeTaskDefinition(testEnvironment({ signal: AbortSignal.abort() }), 'migrate'))._unsafeUnwrapErr();
    expect(error).toMatchObject({ kind: 'Aborted', waitingFor: 'ecs:DescribeTaskDefinition' });
    expect(ecs).toHaveReceivedCommandTimes(DescribeTaskDefinitionCommand, 0);
  });

  it('is Aborted while an answer is awaited', async () => {
    const controller = new AbortController();
    ecs.on(DescribeTaskDefinitionCommand).callsFake(() => {
      controller.abort();
      return new Promise(() => undefined);
    });
    expect((await describeTaskDefinition(testEnvironment({ signal: controller.signal }), 'migrate'))._unsafeUnwrapErr().kind).toBe('Aborted');
  });
});

describe('write', () => {
  it('names the action that AWS missed, which is not always the one that was called', async () => {
    const message = 'User: arn:aws:sts::123456789012:assumed-role/ci/x is not authorized to perform: iam:PassRole on resource: arn:aws:iam::123456789012:role/task because no identity-based policy allows it';
    ecs.on(RunTaskCommand).rejects(awsError('AccessDeniedException', message));
    expect((await runTask(testEnvironment(), { taskDefinition: 'migrate' }))._unsafeUnwrapErr()).toMatchObject({ kind: 'AccessDenied', action: 'iam:PassRole', resource: 'arn:aws:iam::123456789012:role/task' });
  });

  it('says that an explicit deny is to be lifted', async () => {
    ecs.on(UpdateServiceCommand).rejects(awsError('AccessDeniedException', 'x is not authorized to perform: ecs:UpdateService on resource: * with an explicit deny'));
    expect((await updateService(testEnvironment(), { service: 'graasp' }))._unsafeUnwrapErr()).toMatchObject({ remedy: 'A policy denies ecs:UpdateService on * explicitly: lift that statement.' });
  });

  it('is not sent in a plan', async () => {
    const error = (await updateService(testEnvironment({ planning: true }), { service: 'graasp' }))._unsafeUnwrapErr();
    expect(error).toMatchObject({ kind: 'Unexpected', operation: 'ecs:UpdateService', message: 'ecs:UpdateService was about to change something while planning; it was not sent' });
    expect(ecs).toHaveReceivedCommandTimes(UpdateServiceCommand, 0);
  });

  it('is not sent once the lock is lost', async () => {
    const run = { ...testRun(), assertLock: () => err(lost) };
    expect((await updateService(testEnvironment({ internals: { run } }), { service: 'graasp' }))._unsafeUnwrapErr()).toEqual(lost);
    expect(ecs).toHaveReceivedCommandTimes(UpdateServiceCommand, 0);
  });

  it('is not sent again when the lock is lost between two attempts', async () => {
    let asked = 0;
    const run = testRun();
    const losing = { ...run, assertLock: () => ((asked += 1) > 1 ? err(lost) : run.assertLock()) };
    ecs.on(UpdateServiceCommand).rejects(awsError('ServerException', 'later', 500));
    expect((await updateService(testEnvironment({ internals: { run: losing } }), { service: 'graasp' }))._unsafeUnwrapErr()).toEqual(lost);
    expect(ecs).toHaveReceivedCommandTimes(UpdateServiceCommand, 1);
  });

  it('hides the header’s value where AWS repeats it', async () => {
    elbv2.on(ModifyRuleCommand).rejects(awsError('ValidationError', `Condition value '${headerValue}' is invalid`));
    const error = (await modifyRule(testEnvironment(), { ruleArn: 'rule-1', conditions: [] }))._unsafeUnwrapErr();
    expect(JSON.stringify(error)).not.toContain(headerValue);
    expect(error.message).toContain('[redacted]');
  });
});
