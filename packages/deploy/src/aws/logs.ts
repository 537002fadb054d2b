import type { OutputLogEvent } from '@aws-sdk/client-cloudwatch-logs';
import type { ResultAsync } from 'neverthrow';
import { internals, type Environment } from '../environment/environment.js';
import type { AwsError } from '../errors.js';
import { read } from './call.js';

export type { OutputLogEvent } from '@aws-sdk/client-cloudwatch-logs';

export interface LogPage {
  readonly events: readonly OutputLogEvent[];
  /** Where to go on. Never absent at AWS; the end, for now, is a token equal to the one that was sent. */
  readonly nextToken: string | undefined;
}

/** One page from the stream's beginning on. A stream exists only after its first line: NotFound before. */
export function getLogEvents(env: Environment, from: { readonly group: string; readonly stream: string; readonly nextToken?: string | undefined }): ResultAsync<LogPage, AwsError> {
  return read(env, { action: 'logs:GetLogEvents', resource: { kind: 'log stream', name: `${from.group}/${from.stream}` } }, async () => {
    const { sdk, client } = await env[internals].clients.logs();
    const token = from.nextToken === undefined ? {} : { nextToken: from.nextToken };
    return client.send(new sdk.GetLogEventsCommand({ logGroupName: from.group, logStreamName: from.stream, startFromHead: true, ...token }));
  }).map(({ events, nextForwardToken }) => ({ events: events ?? [], nextToken: nextForwardToken }));
}
