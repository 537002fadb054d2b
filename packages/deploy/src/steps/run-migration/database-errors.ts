import { ok, type ResultAsync, safeTry } from 'neverthrow';
import { describeDbLogFiles, downloadDbLogFilePortion } from '../../aws/rds.js';
import type { Environment } from '../../environment/environment.js';
import type { AwsError } from '../../errors.js';

/** drizzle-kit exits 1 and prints no reason: the server's own log has it. Enough of it to see what failed. */
const mostLines = 40;
/** A portion is at most 1 MB ("DownloadDBLogFilePortion"); a log that floods is not read to its end. */
const mostPortions = 20;
/** Lines are stamped in whole seconds, on another machine's clock. */
const marginSeconds = 2;

const stamp = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?) (?:UTC|GMT)/;
const severe = /\b(ERROR|FATAL|PANIC):/;
const detail = /\b(DETAIL|HINT|CONTEXT|STATEMENT):/;

export interface TimeRange {
  /** Milliseconds since the epoch. */
  readonly from: number;
  readonly to: number;
}

/**
 * The ERROR lines, with their DETAIL, HINT, CONTEXT and STATEMENT, that the database server logged in a span of time. Empty, with a warning,
 * when its log cannot be read.
 */
export function readDatabaseErrors(env: Environment, range: TimeRange): ResultAsync<readonly string[], never> {
  return readLog(env, { from: range.from - marginSeconds * 1000, to: range.to + marginSeconds * 1000 }).orElse((error) => {
    env.emit({ type: 'warning', message: `The log of database ${env.definition.database} cannot be read: ${error.message}. ${error.remedy}` });
    return ok<readonly string[], never>([]);
  });
}

function readLog(env: Environment, range: TimeRange): ResultAsync<readonly string[], AwsError> {
  return safeTry<readonly string[], AwsError>(async function* () {
    // the log rotates hourly
    const files = yield* describeDbLogFiles(env, env.definition.database, new Date(range.from));
    const lines: string[] = [];
    for (const file of [...files].sort((one, other) => (one.LastWritten ?? 0) - (other.LastWritten ?? 0))) {
      const text = yield* readFile(env, file.LogFileName ?? '');
      lines.push(...errorLines(text, range));
    }
    return ok(lines.slice(-mostLines));
  });
}

function readFile(env: Environment, name: string): ResultAsync<string, AwsError> {
  return safeTry<string, AwsError>(async function* () {
    let text = '';
    let marker = '0';
    for (let portion = 0; portion < mostPortions; portion += 1) {
      const read = yield* downloadDbLogFilePortion(env, env.definition.database, name, marker);
      text += read.text;
      if (!read.more || read.marker === undefined || read.marker === marker) break;
      marker = read.marker;
    }
    return ok(text);
  });
}

/** A line without a stamp goes on with the one before it: statements have several. */
export function errorLines(text: string, { from, to }: TimeRange): readonly string[] {
  const lines: string[] = [];
  let inRange = false;
  let wanted = false;
  for (const line of text.split('\n')) {
    const [, day, time] = stamp.exec(line) ?? [];
    if (day !== undefined) {
      const at = Date.parse(`${day}T${time}Z`);
      inRange = at >= from && at <= to;
      wanted = severe.test(line) || (wanted && detail.test(line));
    }
    if (inRange && wanted && line.trim() !== '') lines.push(line);
  }
  return lines;
}
