import { DescribeDBLogFilesCommand, DownloadDBLogFilePortionCommand, RDSClient } from '@aws-sdk/client-rds';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { testEnvironment } from '../../environment/environment.fixture.js';
import { errorLines, readDatabaseErrors } from './database-errors.js';

const prefix = (time: string) => `2026-11-23 ${time} UTC:10.0.0.7(54321):graasp@graasp:[812]:`;
const range = { from: Date.parse('2026-11-23T10:00:00Z'), to: Date.parse('2026-11-23T10:01:00Z') };

const log = [
  `${prefix('09:59:00')}ERROR:  an earlier one`,
  `${prefix('10:00:10')}LOG:  checkpoint starting: time`,
  `${prefix('10:00:20')}ERROR:  column "name" of relation "member" does not exist`,
  `${prefix('10:00:20')}DETAIL:  of two`,
  `${prefix('10:00:20')}STATEMENT:  ALTER TABLE member`,
  '\tDROP COLUMN name;',
  `${prefix('10:00:30')}LOG:  duration: 12 ms  STATEMENT of nobody`,
  `${prefix('10:00:31')}DETAIL:  of no error`,
  `${prefix('10:02:00')}ERROR:  a later one`,
  '',
].join('\n');

describe('errorLines', () => {
  it('keeps errors of the span with their detail and statement, however many lines it has', () => {
    expect(errorLines(log, range)).toEqual([
      `${prefix('10:00:20')}ERROR:  column "name" of relation "member" does not exist`,
      `${prefix('10:00:20')}DETAIL:  of two`,
      `${prefix('10:00:20')}STATEMENT:  ALTER TABLE member`,
      '\tDROP COLUMN name;',
    ]);
  });
});

describe('readDatabaseErrors', () => {
  const rds = mockClient(RDSClient);
  beforeEach(() => void rds.reset());

  it('reads every portion of every file written since, oldest file first', async () => {
    rds.on(DescribeDBLogFilesCommand).resolves({ DescribeDBLogFiles: [{ LogFileName: 'error/b', LastWritten: 2 }, { LogFileName: 'error/a', LastWritten: 1 }] });
    rds.on(DownloadDBLogFilePortionCommand, { LogFileName: 'error/a', Marker: '0' }).resolves({ LogFileData: `${prefix('10:00:01')}ERROR:  first\n`, Marker: '7', AdditionalDataPending: true });
    rds.on(DownloadDBLogFilePortionCommand, { LogFileName: 'error/a', Marker: '7' }).resolves({ LogFileData: `${prefix('10:00:02')}ERROR:  second\n`, Marker: '9', AdditionalDataPending: false });
    rds.on(DownloadDBLogFilePortionCommand, { LogFileName: 'error/b', Marker: '0' }).resolves({ LogFileData: `${prefix('10:00:03')}FATAL:  third\n` });
    expect((await readDatabaseErrors(testEnvironment(), range))._unsafeUnwrap().map((line) => line.split(':  ')[1])).toEqual(['first', 'second', 'third']);
  });

  it('keeps the last forty lines of a log that is full of them', async () => {
    const LogFileData = Array.from({ length: 130 }, (_, number) => `${prefix('10:00:05')}ERROR:  number ${number}`).join('\n');
    rds.on(DescribeDBLogFilesCommand).resolves({ DescribeDBLogFiles: [{ LogFileName: 'error/a', LastWritten: 1 }] });
    rds.on(DownloadDBLogFilePortionCommand).resolves({ LogFileData });
    const lines = (await readDatabaseErrors(testEnvironment(), range))._unsafeUnwrap().map((line) => line.split(':  ')[1]);
    expect([lines.length, lines[0], lines.at(-1)]).toEqual([40, 'number 90', 'number 129']);
  });

  it('says when the log may not be read, and fails nothing', async () => {
    rds.on(DescribeDBLogFilesCommand).rejects(Object.assign(new Error('no'), { name: 'AccessDenied' }));
    const env = testEnvironment();
    expect((await readDatabaseErrors(env, range))._unsafeUnwrap()).toEqual([]);
    expect(env.events).toEqual([
      { type: 'warning', message: 'The log of database graasp-dev cannot be read: the credentials may not rds:DescribeDBLogFiles on graasp-dev in eu-central-1. Allow rds:DescribeDBLogFiles on graasp-dev in the policy of the role or user that runs this.' },
    ]);
  });
});
