import type {
  CreateLogGroupCommandInput,
  CreateLogStreamCommandInput,
  DescribeLogGroupsCommandInput,
  DescribeLogStreamsCommandInput,
  PutLogEventsCommandInput,
} from '@aws-sdk/client-cloudwatch-logs';
import { ServiceFault, type CloudContext, type Operations, type Siblings } from '../context.js';
import { createLogReads } from './log-reads.js';
import { createLogStore, type LogGroup, type LogStore, type LogStream } from './log-store.js';
import { page } from './paging.js';

type LogsSibling = Siblings['logs'];
export interface Logs extends LogsSibling {
  readonly operations: Operations;
}

/** CloudWatch Logs: an event can be read `Timing.logDelay` after it was written; a stream begins with its first event. */
export function createLogs(context: CloudContext): Logs {
  const store = createLogStore(context);
  return {
    groupExists: (name) => store.findGroup(name) !== undefined,
    append(logGroupName, logStreamName, message) {
      const group = store.findGroup(logGroupName);
      // as the awslogs driver in its default mode: what cannot be delivered is dropped
      if (group === undefined) return;
      store.append(store.findStream(group, logStreamName) ?? store.createStream(group, logStreamName), [{ timestamp: context.clock.now(), message }]);
    },
    operations: {
      ...createLogReads(store, context),
      CreateLogGroup: (input: CreateLogGroupCommandInput) => createLogGroup(store, input),
      DeleteLogGroup: (input: CreateLogGroupCommandInput) => (store.deleteGroup(store.group(input.logGroupName).name), {}),
      DescribeLogGroups: (input: DescribeLogGroupsCommandInput) => describeLogGroups(store, input),
      CreateLogStream: (input: CreateLogStreamCommandInput) => createLogStream(store, input),
      DescribeLogStreams: (input: DescribeLogStreamsCommandInput) => describeLogStreams(store, input),
      PutLogEvents: (input: PutLogEventsCommandInput) => putLogEvents(store, context, input),
    },
  };
}

const invalidToken = (): ServiceFault => new ServiceFault('InvalidParameterException', 'The specified nextToken is invalid.');

function createLogGroup(store: LogStore, { logGroupName = '' }: CreateLogGroupCommandInput): object {
  if (!/^[\w.\-/#]{1,512}$/.test(logGroupName)) {
    throw new ServiceFault('InvalidParameterException', `1 validation error detected: Value '${logGroupName}' at 'logGroupName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+`);
  }
  if (store.findGroup(logGroupName) !== undefined) throw new ServiceFault('ResourceAlreadyExistsException', 'The specified log group already exists');
  store.createGroup(logGroupName);
  return {};
}

function describeLogGroups(store: LogStore, { logGroupNamePrefix = '', nextToken, limit = 50 }: DescribeLogGroupsCommandInput): object {
  const groups = store.groups().filter(({ name }) => name.startsWith(logGroupNamePrefix));
  const result = page(groups, { token: nextToken, size: limit, invalid: invalidToken });
  return { logGroups: result.items.map(describeGroup), nextToken: result.next };
}

function describeGroup({ name, arn, createdAt }: LogGroup): object {
  return { logGroupName: name, arn: `${arn}:*`, logGroupArn: arn, creationTime: createdAt, metricFilterCount: 0, storedBytes: 0, logGroupClass: 'STANDARD' };
}

function createLogStream(store: LogStore, { logGroupName, logStreamName = '' }: CreateLogStreamCommandInput): object {
  const group = store.group(logGroupName);
  if (store.findStream(group, logStreamName) !== undefined) throw new ServiceFault('ResourceAlreadyExistsException', 'The specified log stream already exists');
  store.createStream(group, logStreamName);
  return {};
}

function describeLogStreams(store: LogStore, input: DescribeLogStreamsCommandInput): object {
  const group = store.group(input.logGroupName ?? input.logGroupIdentifier);
  const byTime = input.orderBy === 'LastEventTime';
  if (byTime && input.logStreamNamePrefix !== undefined) throw new ServiceFault('InvalidParameterException', 'Cannot order by LastEventTime with a logStreamNamePrefix.');
  const streams = [...group.streams.values()].filter(({ name }) => name.startsWith(input.logStreamNamePrefix ?? ''));
  streams.sort((a, b) => (byTime ? (lastEvent(a) ?? 0) - (lastEvent(b) ?? 0) : a.name < b.name ? -1 : 1));
  const result = page(input.descending === true ? streams.reverse() : streams, { token: input.nextToken, size: input.limit ?? 50, invalid: invalidToken });
  return { logStreams: result.items.map((stream) => describeStream(group, stream)), nextToken: result.next };
}

function lastEvent({ events }: LogStream): number | undefined {
  return events.at(-1)?.timestamp;
}

function describeStream(group: LogGroup, stream: LogStream): object {
  return {
    logStreamName: stream.name,
    arn: `${group.arn}:log-stream:${stream.name}`,
    creationTime: stream.createdAt,
    firstEventTimestamp: stream.events[0]?.timestamp,
    lastEventTimestamp: lastEvent(stream),
    lastIngestionTime: stream.events.at(-1)?.ingestionTime,
    uploadSequenceToken: '49039859635037867095155393849416734478436014364541633842',
    storedBytes: 0,
  };
}

const day = 24 * 3_600_000;

function putLogEvents(store: LogStore, { clock }: CloudContext, { logGroupName, logStreamName = '', logEvents = [] }: PutLogEventsCommandInput): object {
  const stream = store.stream(store.group(logGroupName), logStreamName);
  const events = logEvents.map(({ timestamp = 0, message = '' }) => ({ timestamp, message }));
  if (events.some(({ timestamp }, index) => index > 0 && timestamp < (events[index - 1]?.timestamp ?? 0))) {
    throw new ServiceFault('InvalidParameterException', 'Log events in a single PutLogEvents request must be in chronological order.');
  }
  const now = clock.now();
  const tooOld = events.findLastIndex(({ timestamp }) => timestamp < now - 14 * day);
  const tooNew = events.findIndex(({ timestamp }) => timestamp > now + 2 * 3_600_000);
  store.append(stream, events.slice(tooOld + 1, tooNew === -1 ? undefined : tooNew));
  const rejected = { ...(tooOld >= 0 ? { tooOldLogEventEndIndex: tooOld + 1 } : {}), ...(tooNew >= 0 ? { tooNewLogEventStartIndex: tooNew } : {}) };
  return { nextSequenceToken: '49039859635037867095155393849416734478436014364541633842', ...(Object.keys(rejected).length > 0 ? { rejectedLogEventsInfo: rejected } : {}) };
}
