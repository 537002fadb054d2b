import { ok, okAsync, type ResultAsync } from 'neverthrow';
import type { TaggedTaskDefinition } from '../../aws/ecs.js';
import { getLogEvents } from '../../aws/logs.js';
import type { Environment } from '../../environment/environment.js';
import type { AwsError } from '../../errors.js';

export interface LogDestination {
  readonly group: string;
  readonly prefix: string;
  readonly container: string;
}

/** Where a container's output goes; null unless the awslogs driver sends it to CloudWatch ("Send Amazon ECS logs to CloudWatch"). */
export function logDestination(definition: TaggedTaskDefinition, container: string): LogDestination | null {
  const log = definition.containerDefinitions?.find(({ name }) => name === container)?.logConfiguration;
  const group = log?.options?.['awslogs-group'];
  const prefix = log?.options?.['awslogs-stream-prefix'];
  return log?.logDriver === 'awslogs' && group !== undefined && prefix !== undefined ? { group, prefix, container } : null;
}

/** The output of one task, read on from where the last reading ended. */
export interface TaskLog {
  /** Every line read so far. */
  readonly lines: readonly string[];
  /** Why nothing can be read; null while it can. */
  readonly unreadable: string | null;
  /** Reads what is new. Never fails: what a task prints decides nothing. */
  readMore(): ResultAsync<readonly string[], never>;
}

/** Pages may be empty or partial, and the end is only where the token repeats ("GetLogEvents"); so much of a flood in one go. */
const pagesPerReading = 100;

/** Follows the stream of one task, never the whole group: lines of an earlier run are not this one's. */
export function openTaskLog(env: Environment, destination: LogDestination | null, taskArn: string): TaskLog {
  const lines: string[] = [];
  let unreadable = destination === null ? 'its container does not log to CloudWatch with the awslogs driver' : null;
  let nextToken: string | undefined;
  if (unreadable !== null) warn(env, taskArn, unreadable);

  const readPages = (pagesLeft: number): ResultAsync<readonly string[], AwsError> => {
    const { group, prefix, container } = destination!;
    return getLogEvents(env, { group, stream: `${prefix}/${container}/${taskIdOf(taskArn)}`, nextToken }).andThen((page) => {
      const added = page.events.map(({ message }) => message ?? '');
      lines.push(...added);
      const ended = page.nextToken === undefined || page.nextToken === nextToken;
      nextToken = page.nextToken ?? nextToken;
      return ended || pagesLeft === 1 ? okAsync(added) : readPages(pagesLeft - 1).map((rest) => [...added, ...rest]);
    });
  };

  return {
    lines,
    get unreadable() {
      return unreadable;
    },
    readMore: () => {
      if (unreadable !== null) return okAsync([]);
      const from = lines.length;
      return readPages(pagesPerReading).orElse((error) => {
        if (error.kind === 'AccessDenied') {
          unreadable = `${error.message}. ${error.remedy}`;
          warn(env, taskArn, unreadable);
        }
        // a stream exists only after its first line; anything else is tried again at the next reading
        return ok(lines.slice(from));
      });
    },
  };
}

function warn(env: Environment, taskArn: string, why: string): void {
  env.emit({ type: 'warning', message: `The output of task ${taskIdOf(taskArn)} CANNOT BE READ: ${why}` });
}

export function taskIdOf(taskArn: string): string {
  return taskArn.split('/').at(-1) ?? taskArn;
}
