import type { DBInstance } from '../../aws/rds.js';
import { recordConfiguration } from '../snapshot-db/recorded-configuration.js';
import type { RestoreTarget } from './restore-target.js';

/** What unit tests of a restore share: the instance in use, and one beside it. */
export const inUse: DBInstance = {
  DBInstanceIdentifier: 'graasp-dev',
  DbiResourceId: 'db-1',
  DBInstanceStatus: 'available',
  Endpoint: { Address: 'graasp-dev.rds.test', Port: 5432 },
  VpcSecurityGroups: [{ VpcSecurityGroupId: 'sg-application' }],
};

export const restored: DBInstance = {
  DBInstanceIdentifier: 'graasp-dev-restored-run-1',
  DbiResourceId: 'db-2',
  DBInstanceStatus: 'available',
  Endpoint: { Address: 'graasp-dev-restored-run-1.rds.test', Port: 5432 },
  VpcSecurityGroups: [{ VpcSecurityGroupId: 'sg-default' }],
};

export function restoreTarget(changes: Partial<RestoreTarget> = {}): RestoreTarget {
  return {
    database: 'graasp-dev',
    snapshotId: 'snap',
    databaseTime: '2026-11-23T09:00:00.000Z',
    present: { resourceId: 'db-1', status: 'available', endpoint: 'graasp-dev.rds.test', securityGroups: ['sg-application'], masterUsername: 'keeper', databaseName: null },
    configuration: recordConfiguration(inUse),
    schema: null,
    running: null,
    undone: null,
    restoredAs: 'graasp-dev-restored-run-1',
    asideAs: 'graasp-dev-before-run-1',
    ...changes,
  };
}

export function refused(name: string): Error {
  return Object.assign(new Error(`${name}: no`), { name });
}
