import { DescribePendingMaintenanceActionsCommand, type DBInstance, type PendingMaintenanceAction, RDSClient } from '@aws-sdk/client-rds';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { definition, testEnvironment } from '../../environment/environment.fixture.js';
import type { ScheduleDefinition } from '../../environment/definition.js';
import { checkCalendar } from './check-calendar.js';
import { question } from './question.fixture.js';
import type { Question } from './question.js';

const rds = mockClient(RDSClient);
const instance: DBInstance = { DBInstanceIdentifier: 'graasp-dev', DBInstanceArn: 'arn:db', BackupRetentionPeriod: 1, PreferredBackupWindow: '02:00-02:30', PreferredMaintenanceWindow: 'sun:03:00-sun:03:30' };

const pending = (...actions: PendingMaintenanceAction[]) => rds.on(DescribePendingMaintenanceActionsCommand).resolves({ PendingMaintenanceActions: [{ ResourceIdentifier: 'arn:db', PendingMaintenanceActionDetails: actions }] });

beforeEach(() => {
  rds.reset();
  pending();
});

interface Options {
  readonly changes?: Partial<DBInstance>;
  readonly schedules?: readonly ScheduleDefinition[];
  readonly question?: Partial<Question>;
}

async function look({ changes = {}, schedules = [], question: more = {} }: Options = {}) {
  const env = testEnvironment({ definition: { ...definition, schedules } });
  return (await checkCalendar(env, question({ instance: { ...instance, ...changes } }, more)))._unsafeUnwrap();
}

async function only(name: string, options: Options = {}) {
  return (await look(options)).find((check) => check.name === name);
}

describe('checkCalendar', () => {
  it('tells that nothing comes in between', async () => {
    const checks = await look({ schedules: [{ name: 'nightly stop', utc: '20:00' }, { name: 'report', utc: '10:30', days: ['tue', 'fri'] }] });
    expect(checks.map(({ name, status, detail }) => `${status} ${name}: ${detail}`)).toEqual([
      'ok worst case: over by 2026-11-23 11:00 UTC (an hour)',
      'ok backup window: 02:00-02:30 UTC, not in that time',
      'ok maintenance window: sun:03:00-sun:03:30 UTC, not in that time',
      'ok pending maintenance: none',
      'ok schedule nightly stop: 20:00 UTC, not in that time',
      'ok schedule report: 10:30 UTC (tue, fri), not in that time',
    ]);
  });

  it('refuses a backup window that comes in between or is open', async () => {
    expect(await only('backup window', { changes: { PreferredBackupWindow: '10:45-11:15' } })).toEqual({
      group: 'calendar',
      name: 'backup window',
      status: 'failed',
      detail: '10:45-11:15 UTC begins at 2026-11-23 10:45 UTC, and this may last until 2026-11-23 11:00 UTC: no snapshot can be taken during a backup',
      remedy: "Begin after 2026-11-23 11:15 UTC, or move the window. calendar: 'warn' goes on regardless.",
    });
    expect(await only('backup window', { changes: { PreferredBackupWindow: '09:45-10:15' } })).toMatchObject({ status: 'failed', detail: '09:45-10:15 UTC is open now: no snapshot can be taken during a backup' });
  });

  it('refuses a maintenance window, or warns of it where that is wanted', async () => {
    const changes = { PreferredMaintenanceWindow: 'mon:10:30-mon:11:00' };
    expect(await only('maintenance window', { changes })).toMatchObject({ status: 'failed', detail: 'mon:10:30-mon:11:00 UTC begins at 2026-11-23 10:30 UTC, and this may last until 2026-11-23 11:00 UTC: AWS may restart the instance in it' });
    expect(await only('maintenance window', { changes, question: { calendar: 'warn' } })).toMatchObject({ status: 'warning', remedy: 'Begin after 2026-11-23 11:00 UTC, or move the window.' });
  });

  it('refuses a declared schedule that comes in between', async () => {
    const schedules = [{ name: 'nightly stop', utc: '10:20', days: ['mon', 'tue'] as const }];
    expect(await only('schedule nightly stop', { schedules })).toMatchObject({ status: 'failed', detail: 'begins at 2026-11-23 10:20 UTC, and this may last until 2026-11-23 11:00 UTC', remedy: "Begin after it, or suspend nightly stop. calendar: 'warn' goes on regardless." });
  });

  const open = { PreferredMaintenanceWindow: 'mon:10:30-mon:11:00' };
  it.each<[string, PendingMaintenanceAction, Partial<DBInstance>, string, string]>([
    ['at once', { OptInStatus: 'immediate' }, {}, 'failed', 'system-update: AWS applies it before 2026-11-23 11:00 UTC, until when this may last'],
    ['at a date in between', { CurrentApplyDate: new Date('2026-11-23T10:30:00Z') }, {}, 'failed', 'system-update (from 2026-11-23 10:30 UTC): AWS applies it before 2026-11-23 11:00 UTC, until when this may last'],
    ['by force in between', { ForcedApplyDate: new Date('2026-11-23T10:30:00Z') }, {}, 'failed', 'system-update (from 2026-11-23 10:30 UTC): AWS applies it before 2026-11-23 11:00 UTC, until when this may last'],
    ['in a window that is met', { OptInStatus: 'next-maintenance' }, open, 'failed', 'system-update: AWS applies it before 2026-11-23 11:00 UTC, until when this may last'],
    ['after a date, in a window that is met', { AutoAppliedAfterDate: new Date('2026-11-20T00:00:00Z') }, open, 'failed', 'system-update (from 2026-11-20 00:00 UTC): AWS applies it before 2026-11-23 11:00 UTC, until when this may last'],
    ['after a later date', { AutoAppliedAfterDate: new Date('2026-11-30T00:00:00Z') }, open, 'ok', 'system-update (from 2026-11-30 00:00 UTC): not in that time'],
    ['in a window that is not met', { AutoAppliedAfterDate: new Date('2026-11-20T00:00:00Z') }, {}, 'ok', 'system-update (from 2026-11-20 00:00 UTC): not in that time'],
    ['when somebody wants it', {}, open, 'ok', 'system-update: not in that time'],
  ])('tells of maintenance that is applied %s', async (_, action, changes, status, detail) => {
    pending({ Action: 'system-update', ...action });
    expect(await only('pending maintenance', { changes })).toEqual({
      group: 'calendar',
      name: 'pending maintenance',
      status,
      detail,
      ...(status === 'ok' ? {} : { remedy: `Apply it before, or defer it ("Applying updates for a DB instance"). calendar: 'warn' goes on regardless.` }),
    });
  });

  it('says so where a window is not told, not understood or of no account', async () => {
    expect(await only('maintenance window', { changes: { PreferredMaintenanceWindow: undefined } })).toMatchObject({ status: 'skip', detail: 'AWS does not tell it' });
    expect(await only('maintenance window', { changes: { PreferredMaintenanceWindow: 'soon' } })).toMatchObject({ status: 'skip', detail: "'soon' is not understood" });
    expect(await only('backup window', { changes: { BackupRetentionPeriod: 0 } })).toMatchObject({ status: 'skip', detail: 'automated backups are off' });
    expect(await only('backup window', { question: { purpose: 'deployment' } })).toMatchObject({ status: 'skip', detail: 'nothing is migrated' });
    const checks = (await checkCalendar(testEnvironment(), question({ instance: null })))._unsafeUnwrap();
    expect(checks.map(({ name, status, detail }) => `${status} ${name}: ${detail}`)).toEqual(['ok worst case: over by 2026-11-23 11:00 UTC (an hour)', 'skip windows: the instance could not be read']);
  });
});
