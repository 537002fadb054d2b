import { ServiceFault, type CloudContext } from '../context.js';

export interface LogGroup {
  readonly name: string;
  readonly arn: string;
  readonly createdAt: number;
  readonly streams: Map<string, LogStream>;
}

export interface LogStream {
  readonly name: string;
  readonly createdAt: number;
  /** By timestamp, those of one moment in the order in which they arrived. */
  readonly events: LogEvent[];
}

export interface LogEvent {
  readonly timestamp: number;
  readonly message: string;
  readonly ingestionTime: number;
  /** Order of arrival in the whole account. */
  readonly sequence: number;
  /** From when on it can be read; never before an event that was written to the stream earlier. */
  readonly readableAt: number;
}

export interface LogStore {
  groups(): readonly LogGroup[];
  findGroup(name: string): LogGroup | undefined;
  /** By name or ARN. Throws ResourceNotFoundException. */
  group(nameOrArn: string | undefined): LogGroup;
  createGroup(name: string): void;
  deleteGroup(name: string): void;
  findStream(group: LogGroup, name: string): LogStream | undefined;
  /** Throws ResourceNotFoundException. */
  stream(group: LogGroup, name: string | undefined): LogStream;
  createStream(group: LogGroup, name: string): LogStream;
  append(stream: LogStream, events: readonly { readonly timestamp: number; readonly message: string }[]): void;
}

export function createLogStore({ accountId, region, clock, timing }: CloudContext): LogStore {
  const groups = new Map<string, LogGroup>();
  const arnOf = (name: string): string => `arn:aws:logs:${region}:${accountId}:log-group:${name}`;
  let sequence = 0;

  return {
    groups: () => [...groups.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
    findGroup: (name) => groups.get(name),
    group(nameOrArn = '') {
      const found = groups.get(nameOrArn) ?? [...groups.values()].find(({ arn }) => arn === nameOrArn.replace(/:\*$/, ''));
      if (found === undefined) throw new ServiceFault('ResourceNotFoundException', 'The specified log group does not exist.');
      return found;
    },
    createGroup: (name) => void groups.set(name, { name, arn: arnOf(name), createdAt: clock.now(), streams: new Map() }),
    deleteGroup: (name) => void groups.delete(name),
    findStream: ({ streams }, name) => streams.get(name),
    stream({ streams }, name = '') {
      const found = streams.get(name);
      if (found === undefined) throw new ServiceFault('ResourceNotFoundException', 'The specified log stream does not exist.');
      return found;
    },
    createStream({ streams }, name) {
      const stream: LogStream = { name, createdAt: clock.now(), events: [] };
      streams.set(name, stream);
      return stream;
    },
    append(stream, events) {
      const now = clock.now();
      const [shortest, longest] = timing.logDelay;
      for (const event of events) {
        const last = stream.events.at(-1);
        const readableAt = Math.max(now + shortest + clock.random() * (longest - shortest), last?.readableAt ?? 0);
        stream.events.push({ ...event, ingestionTime: now, sequence: (sequence += 1), readableAt });
        if (last !== undefined && event.timestamp < last.timestamp) stream.events.sort(byTime);
      }
    },
  };
}

export function byTime(a: LogEvent, b: LogEvent): number {
  return a.timestamp - b.timestamp || a.sequence - b.sequence;
}
