import { describe, expect, it } from 'vitest';
import { isBusy, isNameTaken } from './busy.js';
import { restorePointName, restorePointText } from './restore-point-name.js';

const unexpected = (code?: string) => ({ kind: 'Unexpected', operation: 'rds:ModifyDBInstance', message: '', remedy: '', ...(code === undefined ? {} : { code }) }) as const;
const notFound = { kind: 'NotFound', resource: '', name: '', region: '', accountId: '', message: '', remedy: '' } as const;
const denied = { kind: 'AccessDenied', action: '', resource: '', message: '', remedy: '' } as const;

describe('what passes when an instance is changed', () => {
  it('is one that is busy, or that is not described by its name just now', () => {
    expect([unexpected('InvalidDBInstanceStateFault'), unexpected('InvalidDBInstanceState'), notFound].map(isBusy)).toEqual([true, true, true]);
    expect([unexpected('DBInstanceAlreadyExistsFault'), unexpected('OddInvalidDBInstanceState'), unexpected(), denied].map(isBusy)).toEqual([false, false, false, false]);
  });

  it('is a name that another has', () => {
    expect([unexpected('DBInstanceAlreadyExistsFault'), unexpected('DBInstanceAlreadyExists')].map(isNameTaken)).toEqual([true, true]);
    expect([unexpected('InvalidDBInstanceState'), unexpected('NoDBInstanceAlreadyExists'), unexpected(), notFound].map(isNameTaken)).toEqual([false, false, false, false]);
  });
});

describe('a point to go back to', () => {
  const point = { database: 'graasp-dev', snapshotId: 'snap', databaseTime: '2026-11-23T09:00:00.000Z' };

  it('is named by its snapshot, else as a moment', () => {
    expect([restorePointName(point), restorePointText(point)]).toEqual(['snap', 'snapshot snap']);
    const moment = 'the automated backups of graasp-dev as of 2026-11-23T09:00:00.000Z';
    expect([restorePointName({ ...point, snapshotId: null }), restorePointText({ ...point, snapshotId: null })]).toEqual([moment, moment]);
  });
});
