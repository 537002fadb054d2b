import type { FilterLogEventsCommandInput, GetLogEventsCommandInput } from '@aws-sdk/client-cloudwatch-logs';
import { ServiceFault, type CloudContext, type Operations } from '../context.js';
import { matchesFilterPattern } from './log-filter-pattern.js';
import { byTime, type LogEvent, type LogStore } from './log-store.js';

/** GetLogEvents, which ends when a token comes back, and FilterLogEvents, which ends without a token. Both may answer empty pages on the way. */
export function createLogReads(store: LogStore, { clock }: Pick<CloudContext, 'clock'>): Operations {
  const page: PageLimits = { readable: ({ readableAt }) => readableAt <= clock.now(), isEmpty: () => clock.random() < emptyPages };
  return {
    GetLogEvents: (input: GetLogEventsCommandInput) => getLogEvents(store, page, input),
    FilterLogEvents: (input: FilterLogEventsCommandInput) => filterLogEvents(store, page, input),
  };
}

/** AWS answers empty pages that are not the last; how often is nowhere written. */
const emptyPages = 0.1;
const mostEvents = 10_000;
const mostBytes = 1_048_576;

interface PageLimits {
  readable(event: LogEvent): boolean;
  isEmpty(): boolean;
}

/** Where a reader stands: just after (forward) or before (backward) an event. The turn tells an empty page's token from the one before. */
interface Position {
  readonly timestamp: number;
  readonly sequence: number;
  readonly turn: number;
}

function getLogEvents(store: LogStore, { readable, isEmpty }: PageLimits, input: GetLogEventsCommandInput): object {
  const stream = store.stream(store.group(input.logGroupName ?? input.logGroupIdentifier), input.logStreamName);
  const { startTime = -Infinity, endTime = Infinity } = input;
  const events = stream.events.filter((event) => readable(event) && event.timestamp >= startTime && event.timestamp < endTime);
  const token = input.nextToken === undefined ? undefined : parseToken(input.nextToken);
  const forward = token === undefined ? input.startFromHead === true : token.direction === 'f';

  const ahead = token === undefined ? events : events.filter((event) => (forward ? isAfter(event, token.position) : isAfter(token.position, event)));
  const empty = (forward || token !== undefined) && ahead.length > 0 && isEmpty();
  const shown = empty ? [] : forward ? firstOf(ahead, input.limit) : firstOf(ahead.toReversed(), input.limit).reverse();

  const stands = token?.position ?? { ...(forward ? beginning : (after(events.at(-1)) ?? beginning)), turn: 0 };
  const turned = { ...stands, turn: stands.turn + (empty ? 1 : 0) };
  return {
    events: shown.map(({ timestamp, message, ingestionTime }) => ({ timestamp, message, ingestionTime })),
    nextForwardToken: formatToken('f', after(shown.at(-1)) ?? turned),
    nextBackwardToken: formatToken('b', after(shown[0]) ?? turned),
  };
}

const beginning: Position = { timestamp: 0, sequence: 0, turn: 0 };

function after(event: LogEvent | undefined): Position | undefined {
  return event === undefined ? undefined : { timestamp: event.timestamp, sequence: event.sequence, turn: 0 };
}

function isAfter(a: Omit<Position, 'turn'>, b: Omit<Position, 'turn'>): boolean {
  return a.timestamp > b.timestamp || (a.timestamp === b.timestamp && a.sequence > b.sequence);
}

/** A page ends at `limit` events or a megabyte. */
function firstOf(events: readonly LogEvent[], limit = mostEvents): LogEvent[] {
  let bytes = 0;
  const fits = ({ message }: LogEvent): boolean => (bytes += message.length + 26) <= mostBytes;
  const tooMuch = events.slice(0, limit).findIndex((event) => !fits(event));
  return events.slice(0, tooMuch === -1 ? limit : Math.max(1, tooMuch));
}

function formatToken(direction: 'f' | 'b', { timestamp, sequence, turn }: Position): string {
  return `${direction}/${String(timestamp).padStart(16, '0')}${String(sequence).padStart(12, '0')}${String(turn).padStart(6, '0')}/s`;
}

function parseToken(token: string): { readonly direction: 'f' | 'b'; readonly position: Position } {
  const [, direction, timestamp, sequence, turn] = /^([fb])\/(\d{16})(\d{12})(\d{6})\/s$/.exec(token) ?? [];
  if (direction === undefined) throw new ServiceFault('InvalidParameterException', 'The specified nextToken is invalid.');
  return { direction: direction as 'f' | 'b', position: { timestamp: Number(timestamp), sequence: Number(sequence), turn: Number(turn) } };
}

function filterLogEvents(store: LogStore, { readable, isEmpty }: PageLimits, input: FilterLogEventsCommandInput): object {
  const { logStreamNames, logStreamNamePrefix, startTime = -Infinity, endTime = Infinity } = input;
  const group = store.group(input.logGroupName ?? input.logGroupIdentifier);
  if (logStreamNames !== undefined && logStreamNamePrefix !== undefined) throw new ServiceFault('InvalidParameterException', 'logStreamNames and logStreamNamePrefix cannot be specified together.');
  if (logStreamNames !== undefined && logStreamNames.length > 100) throw new ServiceFault('InvalidParameterException', 'logStreamNames may name at most 100 streams.');

  const streams = logStreamNames === undefined ? [...group.streams.values()] : logStreamNames.map((name) => store.stream(group, name));
  const events = streams
    .filter(({ name }) => name.startsWith(logStreamNamePrefix ?? ''))
    .flatMap((stream) => stream.events.filter(readable).map((event) => ({ ...event, logStreamName: stream.name })))
    .filter(({ timestamp }) => timestamp >= startTime && timestamp <= endTime)
    .filter(({ message }) => matchesFilterPattern(input.filterPattern ?? '', message))
    .sort(byTime);

  const token = input.nextToken === undefined ? undefined : parseToken(input.nextToken).position;
  const ahead = token === undefined ? events : events.filter((event) => isAfter(event, token));
  const stands = token ?? beginning;
  if (ahead.length > 0 && isEmpty()) return { events: [], searchedLogStreams: [], nextToken: formatToken('f', { ...stands, turn: stands.turn + 1 }) };
  const shown = firstOf(ahead, input.limit) as typeof ahead;
  const next = shown.length < ahead.length ? after(shown.at(-1)) : undefined;
  return {
    events: shown.map(({ logStreamName, timestamp, message, ingestionTime, sequence }) => ({ logStreamName, timestamp, message, ingestionTime, eventId: String(sequence).padStart(56, '3') })),
    searchedLogStreams: [],
    nextToken: next === undefined ? undefined : formatToken('f', next),
  };
}
