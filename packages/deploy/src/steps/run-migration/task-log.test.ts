import { CloudWatchLogsClient, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { testEnvironment } from '../../environment/environment.fixture.js';
import { logDestination, openTaskLog } from './task-log.js';

const logs = mockClient(CloudWatchLogsClient);
const destination = { group: '/ecs/migrate', prefix: 'ecs', container: 'migrate' };
const taskArn = 'arn:aws:ecs:eu-central-1:123456789012:task/graasp-dev/abc';
const events = (...messages: string[]) => messages.map((message) => ({ message }));

beforeEach(() => void logs.reset());

describe('openTaskLog', () => {
  it('goes over empty pages until the token repeats, then on from there', async () => {
    logs.on(GetLogEventsCommand).resolves({ events: [], nextForwardToken: 'd' });
    logs.on(GetLogEventsCommand, { nextToken: undefined }).resolves({ events: events('one'), nextForwardToken: 'a' });
    logs.on(GetLogEventsCommand, { nextToken: 'a' }).resolves({ events: [], nextForwardToken: 'b' });
    logs.on(GetLogEventsCommand, { nextToken: 'b' }).resolvesOnce({ events: events('two'), nextForwardToken: 'c' });
    logs.on(GetLogEventsCommand, { nextToken: 'c' }).resolvesOnce({ events: [], nextForwardToken: 'c' }).resolves({ events: events('three'), nextForwardToken: 'd' });
    const log = openTaskLog(testEnvironment(), destination, taskArn);
    expect((await log.readMore())._unsafeUnwrap()).toEqual(['one', 'two']);
    expect((await log.readMore())._unsafeUnwrap()).toEqual(['three']);
    expect(log.lines).toEqual(['one', 'two', 'three']);
    expect(logs.commandCalls(GetLogEventsCommand)[0]!.args[0].input).toEqual({ logGroupName: '/ecs/migrate', logStreamName: 'ecs/migrate/abc', startFromHead: true });
  });

  it('waits for a stream that does not exist before its first line', async () => {
    logs.on(GetLogEventsCommand).rejectsOnce(Object.assign(new Error('no stream'), { name: 'ResourceNotFoundException' })).resolves({ events: events('one'), nextForwardToken: 'a' });
    logs.on(GetLogEventsCommand, { nextToken: 'a' }).resolves({ events: [], nextForwardToken: 'a' });
    const env = testEnvironment();
    const log = openTaskLog(env, destination, taskArn);
    expect((await log.readMore())._unsafeUnwrap()).toEqual([]);
    expect((await log.readMore())._unsafeUnwrap()).toEqual(['one']);
    expect(env.events).toEqual([]);
  });

  it('says once, loudly, that it may not read, and asks no more', async () => {
    logs.on(GetLogEventsCommand).rejects(Object.assign(new Error('no'), { name: 'AccessDeniedException' }));
    const env = testEnvironment();
    const log = openTaskLog(env, destination, taskArn);
    expect((await log.readMore())._unsafeUnwrap()).toEqual([]);
    expect((await log.readMore())._unsafeUnwrap()).toEqual([]);
    expect(logs.calls()).toHaveLength(1);
    expect(env.events).toEqual([{ type: 'warning', message: expect.stringContaining('The output of task abc CANNOT BE READ: the credentials may not logs:GetLogEvents') as string }]);
  });

  it('says so when the container logs elsewhere', async () => {
    const env = testEnvironment();
    const log = openTaskLog(env, null, taskArn);
    expect((await log.readMore())._unsafeUnwrap()).toEqual([]);
    expect(env.events).toEqual([{ type: 'warning', message: 'The output of task abc CANNOT BE READ: its container does not log to CloudWatch with the awslogs driver' }]);
  });
});

describe('logDestination', () => {
  const options = { 'awslogs-group': '/ecs/migrate', 'awslogs-stream-prefix': 'ecs' };
  it('is the awslogs group and prefix of the container', () => {
    const definition = { containerDefinitions: [{ name: 'sidecar' }, { name: 'migrate', logConfiguration: { logDriver: 'awslogs' as const, options } }] };
    expect(logDestination(definition, 'migrate')).toEqual(destination);
    expect(logDestination(definition, 'sidecar')).toBeNull();
    expect(logDestination({ containerDefinitions: [{ name: 'migrate', logConfiguration: { logDriver: 'fluentd', options } }] }, 'migrate')).toBeNull();
  });
});
