import type { DescribeDBLogFilesMessage, DescribeDBLogFilesResponse, DownloadDBLogFilePortionDetails, DownloadDBLogFilePortionMessage } from '@aws-sdk/client-rds';
import { ServiceFault } from '../../context.js';
import { page } from '../paging.js';
import { invalidMarker } from './describe-instances.js';
import { instanceOf } from './lookup.js';
import type { InstanceState, Rds } from './state.js';

/** The most that one portion holds. */
const portionLimit = 1024 * 1024;

interface LogFile {
  readonly name: string;
  readonly lastWritten: number;
  readonly text: string;
}

/** The server's log, one file an hour: `error/postgresql.log.2026-11-23-08`. */
export function logFileOperations(rds: Rds) {
  return {
    async DescribeDBLogFiles(input: DescribeDBLogFilesMessage): Promise<DescribeDBLogFilesResponse> {
      const files = (await logFiles(rds, instanceOf(rds, input.DBInstanceIdentifier))).filter(
        (file) =>
          (input.FilenameContains === undefined || file.name.includes(input.FilenameContains)) &&
          (input.FileLastWritten === undefined || file.lastWritten >= input.FileLastWritten) &&
          (input.FileSize === undefined || file.text.length > input.FileSize),
      );
      const { items, next } = page(files, { size: input.MaxRecords ?? 100, token: input.Marker, invalid: invalidMarker });
      return { DescribeDBLogFiles: items.map((file) => ({ LogFileName: file.name, LastWritten: file.lastWritten, Size: file.text.length })), Marker: next };
    },
    async DownloadDBLogFilePortion(input: DownloadDBLogFilePortionMessage): Promise<DownloadDBLogFilePortionDetails> {
      const file = (await logFiles(rds, instanceOf(rds, input.DBInstanceIdentifier))).find((each) => each.name === input.LogFileName);
      if (file === undefined) throw new ServiceFault('DBLogFileNotFoundFault', `DBLog File: ${input.LogFileName ?? ''} is not found on the DB instance`, 404);
      const { from, to } = portion(file.text, input);
      return { LogFileData: file.text.slice(from, to), Marker: String(to), AdditionalDataPending: to < file.text.length };
    },
  };
}

/** Without a marker the last lines; from marker `0` the first ones; then on from the marker of the last answer. */
function portion(text: string, { Marker: marker, NumberOfLines: lines = 10_000 }: DownloadDBLogFilePortionMessage): { readonly from: number; readonly to: number } {
  if (marker === undefined) {
    const kept = text.split('\n').slice(-lines - 1).join('\n');
    return { from: text.length - Math.min(kept.length, portionLimit), to: text.length };
  }
  if (!/^\d+$/.test(marker)) throw invalidMarker();
  const from = Number(marker);
  const length = text.slice(from, from + portionLimit).split('\n').slice(0, lines).join('\n').length;
  const to = Math.min(from + length + 1, from + portionLimit, text.length);
  return { from, to };
}

async function logFiles(rds: Rds, instance: InstanceState): Promise<LogFile[]> {
  const whole = await rds.context.hosts.databases.log(instance.resourceId);
  const now = rds.context.clock.now();
  return instance.logCuts.map(({ hour, offset }, index) => {
    const next = instance.logCuts[index + 1];
    return {
      name: `error/postgresql.log.${new Date(hour * 3_600_000).toISOString().slice(0, 13).replace('T', '-')}`,
      // a Long: the time of a virtual clock may have a fraction
      lastWritten: next === undefined ? Math.floor(now) : next.hour * 3_600_000 - 1,
      text: whole.slice(offset, next?.offset),
    };
  });
}
