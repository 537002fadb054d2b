import { DescribeDBInstancesCommand, ModifyDBInstanceCommand, RDSClient } from '@aws-sdk/client-rds';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { planOptions } from '../../environment/environment.fixture.js';
import { internals } from '../../environment/environment.js';
import type { Baseline } from '../../runs/baseline.js';
import { readDatabaseRecord } from '../../runs/database-record.js';
import { readRestored } from '../../runs/restored-record.js';
import { readSchema } from '../../runs/schema-record.js';
import { environmentInRun, recordingRun } from '../recording-run.fixture.js';
import { putInPlace } from './put-in-place.js';
import { restored, restoreTarget } from './restore-target.fixture.js';

const rds = mockClient(RDSClient);
const known = { resourceId: 'db-2', defaultSecurityGroups: [] };
const schema = { version: 'v1.0.0', outcome: 'migrated', at: '2026-11-20T10:00:00.000Z', run: 'run-0' } as const;
const undone = { version: 'v2.0.0', outcome: 'migrated', at: '2026-11-23T09:30:00.000Z', run: 'run-0' } as const;
const baseline: Baseline = { takenAt: '2026-11-23T09:30:00.000Z', byRun: 'run-1', gate: {}, services: {}, targetGroups: {}, database: 'db-1', putAside: ['gate', 'database'] };

function inPlace(endpoint: string | undefined): void {
  const { Endpoint: _, ...named } = { ...restored, DBInstanceIdentifier: 'graasp-dev' };
  rds.on(DescribeDBInstancesCommand).resolves({ DBInstances: [{ ...named, ...(endpoint === undefined ? {} : { Endpoint: { Address: endpoint, Port: 5432 } }) }] });
}

function inRun() {
  const saved: Baseline[] = [];
  const run = { ...recordingRun({ step: 'put-in-place', baseline }), saveBaseline: (next: Baseline) => (saved.push(next), recordingRun().saveBaseline(next)) };
  return { env: environmentInRun(run), saved };
}

beforeEach(() => {
  rds.reset();
  inPlace('graasp-dev.rds.test');
});

describe('putInPlace', () => {
  it('knows then what is in the database, what was undone, that it is meant to run, and that it is away no more', async () => {
    const { env, saved } = inRun();
    expect((await putInPlace(env, restoreTarget({ schema, undone, running: 'v1.0.0' }), known, 3600))._unsafeUnwrap()).toEqual({ resourceId: 'db-2', endpoint: 'graasp-dev.rds.test' });
    expect(rds.commandCalls(ModifyDBInstanceCommand)).toEqual([]);
    expect((await readSchema(env))._unsafeUnwrap()).toEqual(schema);
    expect((await readRestored(env))._unsafeUnwrap()).toMatchObject({ undone: 'v2.0.0', running: 'v1.0.0', schema, run: 'run-1' });
    expect((await readDatabaseRecord(env))._unsafeUnwrap()).toMatchObject({ meantTo: 'run', run: 'run-1' });
    expect(saved.map(({ putAside }) => putAside)).toEqual([['gate']]);
  });

  it('plans the name, and takes the address to be the one before', async () => {
    const beside = { ...restored };
    rds.on(DescribeDBInstancesCommand).resolves({ DBInstances: [beside] });
    const env = environmentInRun(recordingRun({ step: 'put-in-place', baseline }), planOptions());
    expect((await putInPlace(env, restoreTarget({ schema, undone }), known, 3600))._unsafeUnwrap()).toEqual({ resourceId: 'db-2', endpoint: 'graasp-dev.rds.test' });
    expect(env.events).toMatchObject([{ type: 'change', planned: true, to: 'graasp-dev', why: 'services find it where the one before was' }]);
  });

  it.each([
    ['graasp-dev.elsewhere.test', 'graasp-dev.elsewhere.test'],
    [undefined, 'no address'],
  ])('leaves the database away, and its schema unknown, when it is reached at %s', async (address, told) => {
    inPlace(address);
    const { env, saved } = inRun();
    expect((await putInPlace(env, restoreTarget({ schema, undone }), known, 3600))._unsafeUnwrapErr()).toEqual({
      kind: 'RestoreFailed',
      snapshotId: 'snap',
      instance: 'graasp-dev',
      instanceStatus: 'available',
      message: `graasp-dev is restored from snap and is reached at ${told}, not at graasp-dev.rds.test as before: services would not find it`,
      remedy: 'Look at the instance in RDS: with the same name in the same account and region its address is the same. Mend it, then resume.',
    });
    expect(saved).toEqual([]);
    expect((await env[internals].runStore.list('dev/'))._unsafeUnwrap()).toEqual([]);
  });
});
