import { type DBSnapshot, DescribeDBSnapshotsCommand, type DescribeDBSnapshotsCommandInput, RDSClient } from '@aws-sdk/client-rds';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { testEnvironment } from '../../environment/environment.fixture.js';
import { internals } from '../../environment/environment.js';
import type { SchemaRecord } from '../../runs/schema-record.js';
import { putJson } from '../../runs/store-document.js';
import { schemaTag } from '../snapshot-db/schema-tag.js';
import { schemaAt } from './schema-at.js';

const rds = mockClient(RDSClient);
const time = (clock: string) => `2026-11-23T${clock}.000Z`;
const schema = (version: string, run: string | null, at: string, outcome: SchemaRecord['outcome'] = 'migrated'): SchemaRecord => ({ version, outcome, at: time(at), run });
/** v2 came at 9, begun at 8:55 from the snapshot of 8:50; v1 the same an hour before. */
const v1 = schema('v1.0.0', 'run-1', '08:00:00');
const v2 = schema('v2.0.0', 'run-2', '09:00:00');

interface Past {
  readonly known?: SchemaRecord | null;
  readonly journals?: Readonly<Record<string, { readonly begunAt: string; readonly snapshotId: string | null; readonly endedAt?: string }>>;
  readonly snapshots?: readonly DBSnapshot[];
}

const snapshot = (id: string, at: string, held: SchemaRecord | null | undefined, running?: string): DBSnapshot => ({
  DBSnapshotIdentifier: id,
  SnapshotDatabaseTime: new Date(time(at)),
  TagList: [...(held === undefined ? [] : [schemaTag(held)]), ...(running === undefined ? [] : [{ Key: 'graasp-deploy:running', Value: running }])],
});

const past: Required<Past> = {
  known: v2,
  journals: { 'run-2': { begunAt: '08:55:00', snapshotId: 's2' }, 'run-1': { begunAt: '07:55:00', snapshotId: 's1' } },
  snapshots: [snapshot('s2', '08:50:00', v1, 'v1.0.0'), snapshot('s1', '07:50:00', null, 'v0.9.0')],
};

async function at(moment: string, changes: Past = {}) {
  const { known, journals, snapshots } = { ...past, ...changes };
  rds.on(DescribeDBSnapshotsCommand).callsFake(({ DBSnapshotIdentifier }: DescribeDBSnapshotsCommandInput) => {
    const found = snapshots.filter((one) => one.DBSnapshotIdentifier === DBSnapshotIdentifier);
    if (found.length === 0) throw Object.assign(new Error('no'), { name: 'DBSnapshotNotFoundFault' });
    return { DBSnapshots: found };
  });
  const env = testEnvironment();
  if (known !== null) (await putJson(env[internals].runStore, 'dev/schema', known))._unsafeUnwrap();
  for (const [run, { begunAt, snapshotId, endedAt }] of Object.entries(journals)) {
    const records = { migrationIntent: { at: time(begunAt), restorePoint: snapshotId }, ...(endedAt === undefined ? {} : { migrationEndedAt: time(endedAt) }) };
    (await putJson(env[internals].runStore, `dev/runs/${run}`, { attempts: [], putBack: [], steps: [{ name: 'run-migration', waits: [], records }] }))._unsafeUnwrap();
  }
  return { env, result: await schemaAt(env, new Date(time(moment))) };
}

const known = async (...asked: Parameters<typeof at>) => (await at(...asked)).result._unsafeUnwrap();
const inTheMiddle = { kind: 'Refused', rule: 'restore-point', remedy: 'Name the snapshot that was taken before it, or a moment further away from it.' };

beforeEach(() => rds.reset());

describe('schemaAt', () => {
  it('is none where no migration of this library has been', async () => {
    expect(await known('09:30:00', { known: null })).toEqual({ schema: null, running: null });
  });

  it.each<readonly [string, SchemaRecord | null, string | null]>([
    ['09:30:00', v2, null],
    ['09:00:00', v2, null],
    ['08:50:00', v1, 'v1.0.0'],
    ['08:00:00', v1, 'v1.0.0'],
    ['07:50:00', null, 'v0.9.0'],
    ['01:00:00', null, 'v0.9.0'],
  ])('goes back from migration to migration: at %s', async (moment, expected, running) => {
    expect(await known(moment)).toEqual({ schema: expected, running });
  });

  it.each([
    ['08:50:01', 'v2.0.0'],
    ['08:59:59', 'v2.0.0'],
    ['07:50:01', 'v1.0.0'],
    ['07:59:59', 'v1.0.0'],
  ])('cannot tell at %s, which may be in the middle of the migration to %s', async (moment, version) => {
    expect((await at(moment)).result._unsafeUnwrapErr()).toEqual({ ...inTheMiddle, message: `${time(moment)} may be in the middle of the migration to ${version}: which schema graasp-dev had then, nobody can tell. Nothing was changed.` });
  });

  it('takes a migration for ended only when its task has, which may be after it was recorded', async () => {
    const journals = { ...past.journals, 'run-2': { begunAt: '08:55:00', snapshotId: 's2', endedAt: '09:10:00' } };
    expect((await at('09:05:00', { journals })).result._unsafeUnwrapErr()).toMatchObject(inTheMiddle);
    expect((await at('09:10:00', { journals })).result.isOk()).toBe(true);
    const earlier = { ...past.journals, 'run-2': { begunAt: '08:55:00', snapshotId: 's2', endedAt: '08:57:00' } };
    expect((await at('08:58:00', { journals: earlier })).result._unsafeUnwrapErr()).toMatchObject(inTheMiddle);
  });

  it('goes by when the migration began where its snapshot is gone, or where it had none, and warns that nothing tells what was there before', async () => {
    for (const changes of [{ snapshots: [] }, { journals: { 'run-2': { begunAt: '08:55:00', snapshotId: null } } }]) {
      const { env, result } = await at('08:55:00', changes);
      expect(result._unsafeUnwrap()).toEqual({ schema: null, running: null });
      expect(env.events).toEqual([{ type: 'warning', message: `Nothing tells which schema graasp-dev had at ${time('08:55:00')}; it was before the migration to v2.0.0 (${time('09:00:00')}). Which code fits it, you have to know.` }]);
      expect((await at('08:55:01', changes)).result._unsafeUnwrapErr()).toMatchObject(inTheMiddle);
    }
  });

  it('goes by when it was recorded where its run has left no journal', async () => {
    expect((await at('09:00:00', { journals: {} })).result._unsafeUnwrap()).toEqual({ schema: v2, running: null });
    expect((await at('08:59:59', { journals: {} })).result._unsafeUnwrap()).toEqual({ schema: null, running: null });
  });

  it('warns where the snapshot does not tell the schema', async () => {
    const { env, result } = await at('08:50:00', { snapshots: [snapshot('s2', '08:50:00', undefined)] });
    expect(result._unsafeUnwrap()).toEqual({ schema: null, running: null });
    expect(env.events).toHaveLength(1);
  });

  it('cannot tell before a snapshot that was taken between two attempts of the same run', async () => {
    const snapshots = [snapshot('s2', '08:50:00', schema('v2.0.0', 'run-2', '08:40:00', 'unknown'))];
    expect((await at('08:50:00', { snapshots })).result._unsafeUnwrapErr()).toMatchObject(inTheMiddle);
  });
});
