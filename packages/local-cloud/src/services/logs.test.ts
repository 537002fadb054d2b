import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DeleteLogGroupCommand,
  DescribeLogGroupsCommand,
  DescribeLogStreamsCommand,
  FilterLogEventsCommand,
  GetLogEventsCommand,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { describe, expect, it } from 'vitest';
import { createLogs } from './logs.js';
import { startAt, testService } from './test-service.js';

const group = { logGroupName: '/ecs/core' };
const stream = { ...group, logStreamName: 'ecs/core/1' };

async function setUp({ random = 0.99, logDelay = [0, 0] as readonly [number, number] } = {}) {
  const service = testService({ timing: { logDelay }, random });
  const logs = createLogs(service.context);
  const client = new CloudWatchLogsClient(service.configurationFor('logs', logs.operations));
  await client.send(new CreateLogGroupCommand(group));
  const write = (...messages: string[]) => messages.forEach((message) => logs.append('/ecs/core', 'ecs/core/1', message));
  const get = async (more: Partial<GetLogEventsCommand['input']> = {}) => {
    const { events = [], nextForwardToken, nextBackwardToken } = await client.send(new GetLogEventsCommand({ ...stream, startFromHead: true, ...more }));
    return { messages: events.map(({ message }) => message), nextForwardToken, nextBackwardToken };
  };
  return { ...service, logs, client, write, get };
}

describe('GetLogEvents', () => {
  it('has no stream before its first event, and none in a group that does not exist', async () => {
    const { get, write, client } = await setUp();

    await expect(get()).rejects.toMatchObject({ name: 'ResourceNotFoundException', message: 'The specified log stream does not exist.' });
    await expect(client.send(new GetLogEventsCommand({ logGroupName: 'none', logStreamName: 's' }))).rejects.toMatchObject({ name: 'ResourceNotFoundException', message: 'The specified log group does not exist.' });
    write('a');
    expect((await get()).messages).toEqual(['a']);
  });

  it('is at the end only when the forward token comes back', async () => {
    const { get, write } = await setUp();
    write('a', 'b', 'c');

    const first = await get({ limit: 2 });
    const second = await get({ limit: 2, nextToken: first.nextForwardToken });
    const third = await get({ limit: 2, nextToken: second.nextForwardToken });
    write('d');
    const fourth = await get({ limit: 2, nextToken: third.nextForwardToken });

    expect([first, second, third, fourth].map(({ messages }) => messages)).toEqual([['a', 'b'], ['c'], [], ['d']]);
    expect(second.nextForwardToken).not.toBe(first.nextForwardToken);
    expect(third.nextForwardToken).toBe(second.nextForwardToken);
  });

  it('answers empty pages on the way, with another token', async () => {
    const { get, write, context } = await setUp({ random: 0 });
    write('a');

    const first = await get();
    const second = await get({ nextToken: first.nextForwardToken });
    expect([first.messages, second.messages]).toEqual([[], []]);
    expect(second.nextForwardToken).not.toBe(first.nextForwardToken);
    Object.assign(context.clock, { random: () => 0.5 });
    expect((await get({ nextToken: second.nextForwardToken })).messages).toEqual(['a']);
  });

  it('begins with the latest events by default, and goes back by the backward token', async () => {
    const { get, write } = await setUp();
    write('a', 'b', 'c');

    const last = await get({ startFromHead: undefined, limit: 2 });
    const before = await get({ limit: 2, nextToken: last.nextBackwardToken });

    expect([last.messages, before.messages]).toEqual([['b', 'c'], ['a']]);
  });

  it('takes the start of a range with, its end without', async () => {
    const { get, write, clock } = await setUp();
    for (const message of ['a', 'b', 'c']) {
      write(message);
      await clock.sleep(1000);
    }

    expect((await get({ startTime: startAt + 1000, endTime: startAt + 2000 })).messages).toEqual(['b']);
  });

  it('does not answer an event before the delay, nor a later one before an earlier', async () => {
    const { get, write, clock } = await setUp({ random: 0.5, logDelay: [1000, 3000] });
    write('a');

    await clock.sleep(1999);
    expect((await get()).messages).toEqual([]);
    await clock.sleep(1);
    expect((await get()).messages).toEqual(['a']);
  });

  it('ends a page at a megabyte', async () => {
    const { get, client, write } = await setUp();
    write('first');
    const half = 'x'.repeat(600_000);
    for (const message of [half, half]) await client.send(new PutLogEventsCommand({ ...stream, logEvents: [{ timestamp: startAt, message }] }));

    const first = await get();
    expect(first.messages.map((message) => message?.length)).toEqual([5, 600_000]);
    expect((await get({ nextToken: first.nextForwardToken })).messages).toHaveLength(1);
  });

  it('refuses a token that it never gave', async () => {
    const { get, write } = await setUp();
    write('a');
    await expect(get({ nextToken: 'f/123/s' })).rejects.toMatchObject({ name: 'InvalidParameterException', message: 'The specified nextToken is invalid.' });
  });
});

describe('FilterLogEvents', () => {
  it('answers all streams by time, each event with an id of its own, and ends without a token', async () => {
    const { logs, client, clock } = await setUp();
    logs.append('/ecs/core', 'ecs/core/1', 'one');
    await clock.sleep(10);
    logs.append('/ecs/core', 'ecs/core/2', 'two');
    await clock.sleep(10);
    logs.append('/ecs/core', 'ecs/core/1', 'three');

    const first = await client.send(new FilterLogEventsCommand({ ...group, limit: 2 }));
    const second = await client.send(new FilterLogEventsCommand({ ...group, limit: 2, nextToken: first.nextToken }));

    expect([first, second].map(({ events = [] }) => events.map(({ logStreamName, message }) => `${logStreamName} ${message}`))).toEqual([['ecs/core/1 one', 'ecs/core/2 two'], ['ecs/core/1 three']]);
    expect(second.nextToken).toBeUndefined();
    expect(new Set([...(first.events ?? []), ...(second.events ?? [])].map(({ eventId }) => eventId)).size).toBe(3);
  });

  it('answers empty pages with a token', async () => {
    const { write, client, context } = await setUp({ random: 0 });
    write('a');

    const first = await client.send(new FilterLogEventsCommand(group));
    expect([first.events, typeof first.nextToken]).toEqual([[], 'string']);
    Object.assign(context.clock, { random: () => 0.5 });
    expect((await client.send(new FilterLogEventsCommand({ ...group, nextToken: first.nextToken }))).events).toHaveLength(1);
  });

  it.each([
    ['error', ['an error of core', 'error: no table']],
    ['"no table"', ['error: no table']],
    ['error -core', ['error: no table']],
    ['?core ?fine', ['an error of core', 'all fine']],
    ['', ['an error of core', 'error: no table', 'all fine']],
  ])('filters by the pattern %s', async (filterPattern, expected) => {
    const { write, client } = await setUp();
    write('an error of core', 'error: no table', 'all fine');

    const { events = [] } = await client.send(new FilterLogEventsCommand({ ...group, filterPattern }));

    expect(events.map(({ message }) => message)).toEqual(expected);
  });

  it('takes names of streams or a prefix, not both, and at most a hundred names', async () => {
    const { write, client } = await setUp();
    write('a');
    const filter = (more: Partial<FilterLogEventsCommand['input']>) => client.send(new FilterLogEventsCommand({ ...group, ...more }));

    expect((await filter({ logStreamNamePrefix: 'ecs/core' })).events).toHaveLength(1);
    expect((await filter({ logStreamNamePrefix: 'ecs/other' })).events).toHaveLength(0);
    await expect(filter({ logStreamNames: ['ecs/core/1'], logStreamNamePrefix: 'ecs' })).rejects.toMatchObject({ name: 'InvalidParameterException' });
    await expect(filter({ logStreamNames: Array.from({ length: 101 }, () => 'ecs/core/1') })).rejects.toMatchObject({ name: 'InvalidParameterException' });
    await expect(filter({ filterPattern: '{ $.level = "error" }' })).rejects.toThrow('local cloud does not implement structured filter patterns');
  });
});

describe('log groups and streams', () => {
  it('creates each once, describes them page by page, and drops what is written to no group', async () => {
    const { client, logs } = await setUp();
    await client.send(new CreateLogGroupCommand({ logGroupName: '/ecs/worker' }));
    await client.send(new CreateLogStreamCommand(stream));
    logs.append('/ecs/none', 's', 'lost');

    await expect(client.send(new CreateLogGroupCommand(group))).rejects.toMatchObject({ name: 'ResourceAlreadyExistsException' });
    await expect(client.send(new CreateLogStreamCommand(stream))).rejects.toMatchObject({ name: 'ResourceAlreadyExistsException' });
    const first = await client.send(new DescribeLogGroupsCommand({ limit: 1 }));
    const second = await client.send(new DescribeLogGroupsCommand({ limit: 1, nextToken: first.nextToken }));
    expect([first, second].map(({ logGroups }) => logGroups?.map(({ logGroupName, arn }) => [logGroupName, arn]))).toEqual([
      [['/ecs/core', 'arn:aws:logs:eu-central-1:123456789012:log-group:/ecs/core:*']],
      [['/ecs/worker', 'arn:aws:logs:eu-central-1:123456789012:log-group:/ecs/worker:*']],
    ]);
    expect([logs.groupExists('/ecs/core'), logs.groupExists('/ecs/none')]).toEqual([true, false]);
    await client.send(new DeleteLogGroupCommand(group));
    expect(logs.groupExists('/ecs/core')).toBe(false);
  });

  it('orders streams by name or by their last event, which excludes a prefix', async () => {
    const { client, logs, clock } = await setUp();
    logs.append('/ecs/core', 'b', 'first');
    await clock.sleep(10);
    logs.append('/ecs/core', 'a', 'second');
    const names = async (more: Partial<DescribeLogStreamsCommand['input']>) => (await client.send(new DescribeLogStreamsCommand({ ...group, ...more }))).logStreams?.map(({ logStreamName }) => logStreamName);

    expect(await names({})).toEqual(['a', 'b']);
    expect(await names({ orderBy: 'LastEventTime' })).toEqual(['b', 'a']);
    expect(await names({ orderBy: 'LastEventTime', descending: true, limit: 1 })).toEqual(['a']);
    await expect(names({ orderBy: 'LastEventTime', logStreamNamePrefix: 'a' })).rejects.toMatchObject({ name: 'InvalidParameterException' });
  });

  it('takes events in order of time, and rejects those that are too old or too new', async () => {
    const { client, get } = await setUp();
    await client.send(new CreateLogStreamCommand(stream));
    const put = (...timestamps: number[]) => client.send(new PutLogEventsCommand({ ...stream, logEvents: timestamps.map((timestamp) => ({ timestamp, message: String(timestamp - startAt) })) }));
    const hour = 3_600_000;

    const { rejectedLogEventsInfo } = await put(startAt - 15 * 24 * hour, startAt - hour, startAt, startAt + 3 * hour);

    expect(rejectedLogEventsInfo).toEqual({ tooOldLogEventEndIndex: 1, tooNewLogEventStartIndex: 3 });
    expect((await get()).messages).toEqual([String(-hour), '0']);
    await expect(put(startAt, startAt - 1)).rejects.toMatchObject({ name: 'InvalidParameterException' });
  });
});
