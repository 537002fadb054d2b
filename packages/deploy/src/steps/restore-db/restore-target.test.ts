import { type DBInstance, type DBSnapshot, DescribeDBInstancesCommand, DescribeDBSnapshotsCommand, RDSClient } from '@aws-sdk/client-rds';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { internals } from '../../environment/environment.js';
import type { SchemaRecord } from '../../runs/schema-record.js';
import { putJson } from '../../runs/store-document.js';
import { environmentInRun, recordingRun } from '../recording-run.fixture.js';
import { configurationTags, recordConfiguration } from '../snapshot-db/recorded-configuration.js';
import { schemaTag } from '../snapshot-db/schema-tag.js';
import { findRestoreTarget } from './restore-target.js';
import { inUse } from './restore-target.fixture.js';

const rds = mockClient(RDSClient);
const schema = (version: string, changes: Partial<SchemaRecord> = {}): SchemaRecord => ({ version, outcome: 'migrated', at: '2026-11-23T08:00:00.000Z', run: 'run-0', ...changes });
const taken = new Date('2026-11-23T09:00:00Z');

interface Setting {
  readonly tags?: DBSnapshot['TagList'];
  /** What is known of the schema now. */
  readonly known?: SchemaRecord | null;
  readonly snapshot?: Partial<DBSnapshot>;
  readonly instance?: Partial<DBInstance>;
}

async function target({ tags = [], known = null, snapshot = {}, instance = {} }: Setting = {}) {
  rds.on(DescribeDBInstancesCommand).resolves({ DBInstances: [{ ...inUse, ...instance }] });
  rds.on(DescribeDBSnapshotsCommand).resolves({ DBSnapshots: [{ DBSnapshotIdentifier: 'snap', DbiResourceId: 'db-1', Status: 'available', SnapshotDatabaseTime: taken, TagList: tags, ...snapshot }] });
  const env = environmentInRun(recordingRun());
  if (known !== null) (await putJson(env[internals].runStore, 'dev/schema', known))._unsafeUnwrap();
  const found = (await findRestoreTarget(env, { snapshotId: 'snap' }))._unsafeUnwrap();
  return { ...found, warnings: env.events.flatMap((event) => (event.type === 'warning' ? [event.message] : [])) };
}

beforeEach(() => rds.reset());

describe('findRestoreTarget', () => {
  it.each<readonly [string, SchemaRecord | null, SchemaRecord | null, boolean]>([
    ['nothing is known of any migration', null, null, false],
    ['the first migration came after the snapshot', null, schema('v2.0.0'), true],
    ['a later migration came after the snapshot', schema('v1.0.0'), schema('v2.0.0'), true],
    ['the snapshot holds the last migration', schema('v2.0.0'), schema('v2.0.0'), false],
    ['the snapshot holds a later one than the last', schema('v3.0.0'), schema('v2.0.0'), false],
    ['the snapshot is of the middle of that very migration, which has ended since', schema('v2.0.0', { outcome: 'unknown' }), schema('v2.0.0'), true],
    ['the snapshot is of the middle of that very migration, of which no more is known', schema('v2.0.0', { outcome: 'unknown' }), schema('v2.0.0', { outcome: 'unknown' }), false],
  ])('tells whether a migration is undone by it, where %s', async (_, recorded, known, undone) => {
    const { schema: held, undone: found, warnings } = await target({ tags: [schemaTag(recorded)], known });
    expect(held).toEqual(recorded);
    expect(found).toEqual(undone ? known : null);
    expect(warnings).toEqual([expect.stringContaining('does not tell how the instance was configured')]);
  });

  it.each<readonly [string, string, SchemaRecord | null, boolean]>([
    ['after it', '2026-11-23T09:00:00.001Z', null, true],
    ['in the same moment', '2026-11-23T09:00:00.000Z', schema('v2.0.0', { at: '2026-11-23T09:00:00.000Z' }), false],
    ['before it', '2026-11-23T08:00:00.000Z', schema('v2.0.0'), false],
  ])('goes by time where the snapshot does not tell: a migration %s', async (_, at, held, undone) => {
    const known = schema('v2.0.0', { at });
    const found = await target({ known });
    expect(found.schema).toEqual(held);
    expect(found.undone).toEqual(undone ? known : null);
    expect(found.warnings.filter((warning) => warning.includes('which schema'))).toEqual(
      undone ? [`Snapshot snap does not tell which schema it holds; it is from before the migration to v2.0.0 (${at}). Which code fits it, you have to know.`] : [],
    );
  });

  it('goes by the time of the last transaction, else by that of the first snapshot that was copied, else by its own', async () => {
    const times = { OriginalSnapshotCreateTime: new Date('2026-11-23T07:00:00Z'), SnapshotCreateTime: new Date('2026-11-23T07:30:00Z') };
    expect((await target({ snapshot: times })).databaseTime).toBe('2026-11-23T09:00:00.000Z');
    expect((await target({ snapshot: { ...times, SnapshotDatabaseTime: undefined } })).databaseTime).toBe('2026-11-23T07:00:00.000Z');
    expect((await target({ snapshot: { SnapshotCreateTime: times.SnapshotCreateTime, SnapshotDatabaseTime: undefined } })).databaseTime).toBe('2026-11-23T07:30:00.000Z');
  });

  it('takes the configuration that the snapshot tells, and the present one’s tags where those had no room', async () => {
    const now = { DBInstanceClass: 'db.m6g.large', TagList: [{ Key: 'Name', Value: 'now' }] };
    const then = { ...inUse, DBInstanceClass: 'db.t4g.micro', TagList: [{ Key: 'Name', Value: 'then' }] };
    const recorded = (instance: DBInstance, room: number) => [...configurationTags(recordConfiguration(instance), room)!];
    expect((await target({ instance: now, tags: recorded(then, 40) })).configuration).toMatchObject({ instanceClass: 'db.t4g.micro', tags: { Name: 'then' } });
    expect((await target({ instance: now })).configuration).toMatchObject({ instanceClass: 'db.m6g.large', tags: { Name: 'now' } });
  });

  it('warns of a master password that Secrets Manager keeps', async () => {
    expect((await target({ instance: { MasterUserSecret: {} } })).warnings).toContain('The master password of graasp-dev is kept by Secrets Manager, which a restore does not set up: it will be what it was then until you modify the restored instance.');
  });

  it('tells what the instance in use is like, and names both by the run', async () => {
    const { present, restoredAs, asideAs } = await target({ instance: { MasterUsername: 'keeper', DBName: 'shop' } });
    expect(present).toEqual({ resourceId: 'db-1', status: 'available', endpoint: 'graasp-dev.rds.test', securityGroups: ['sg-application'], masterUsername: 'keeper', databaseName: 'shop' });
    expect([restoredAs, asideAs]).toEqual(['graasp-dev-restored-run-1', 'graasp-dev-before-run-1']);
  });
});
