import { type DBSnapshot, DeleteDBSnapshotCommand, DescribeDBSnapshotsCommand, RDSClient } from '@aws-sdk/client-rds';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { environmentInRun, recordingRun } from './recording-run.fixture.js';
import { pruneSnapshots, type PruneSnapshotsOptions } from './prune-snapshots.js';

const rds = mockClient(RDSClient);
const day = 24 * 60 * 60 * 1000;
const now = Date.parse('2026-11-23T10:00:00Z');
const tags = [{ Key: 'graasp-deploy:environment', Value: 'dev' }, { Key: 'graasp-deploy:run', Value: 'run-0' }];
const warm = { Key: 'graasp-deploy:purpose', Value: 'warm' };

/** Taken so many days ago. */
const snapshot = (id: string, daysAgo: number, changes: Partial<DBSnapshot> = {}): DBSnapshot => ({ DBSnapshotIdentifier: id, DBInstanceIdentifier: 'graasp-dev', Status: 'available', SnapshotCreateTime: new Date(now - daysAgo * day), TagList: tags, ...changes });
const found = (...snapshots: readonly DBSnapshot[]) => rds.on(DescribeDBSnapshotsCommand).resolves({ DBSnapshots: [...snapshots] });
const deleted = () => rds.commandCalls(DeleteDBSnapshotCommand).map(({ args }) => args[0].input.DBSnapshotIdentifier);
const prune = (options: PruneSnapshotsOptions) => pruneSnapshots(environmentInRun(recordingRun()), options);
const refused = (name: string, message: string) => Object.assign(new Error(message), { name });

beforeEach(() => {
  rds.reset();
  rds.on(DeleteDBSnapshotCommand).resolves({});
  found(snapshot('new', 1), snapshot('old', 10));
});

describe('pruneSnapshots', () => {
  it('keeps one that is in use, says what AWS says of it, and goes on with the next', async () => {
    found(snapshot('new', 1), snapshot('old', 10), snapshot('older', 11));
    rds.on(DeleteDBSnapshotCommand, { DBSnapshotIdentifier: 'old' }).rejects(refused('InvalidDBSnapshotStateFault', 'Cannot delete the snapshot because it is being copied'));
    const report = (await prune({ keep: 1, apply: true }))._unsafeUnwrap();
    expect(report).toEqual({
      summary: '1 of 3 snapshots deleted',
      applied: true,
      pruned: [{ snapshotId: 'older', takenAt: '2026-11-12T10:00:00.000Z' }],
      kept: [
        { snapshotId: 'new', takenAt: '2026-11-22T10:00:00.000Z', why: 'it is the newest' },
        { snapshotId: 'old', takenAt: '2026-11-13T10:00:00.000Z', why: 'it is in use: Cannot delete the snapshot because it is being copied' },
      ],
    });
  });

  it('takes one that is gone by then for deleted, and tells any other refusal', async () => {
    rds.on(DeleteDBSnapshotCommand).rejects(refused('DBSnapshotNotFoundFault', 'gone'));
    const env = environmentInRun(recordingRun());
    expect((await pruneSnapshots(env, { keep: 1, apply: true }))._unsafeUnwrap()).toMatchObject({ pruned: [{ snapshotId: 'old' }] });
    expect(env.events).toContainEqual({ type: 'change', planned: false, resource: 'snapshot old', from: 'available', to: 'deleted', operation: 'rds:DeleteDBSnapshot', why: 'nobody needs it any more' });
    rds.on(DeleteDBSnapshotCommand).rejects(refused('AccessDenied', 'no'));
    expect((await prune({ keep: 1, apply: true }))._unsafeUnwrapErr()).toMatchObject({ kind: 'AccessDenied', action: 'rds:DeleteDBSnapshot' });
    rds.on(DeleteDBSnapshotCommand).rejects(refused('OddFault', 'no'));
    expect((await prune({ keep: 1, apply: true }))._unsafeUnwrapErr()).toMatchObject({ kind: 'Unexpected', code: 'OddFault' });
  });

  it.each([undefined, false])('deletes nothing with apply %j', async (apply) => {
    expect((await prune({ keep: 1, apply }))._unsafeUnwrap()).toMatchObject({ summary: '1 of 2 snapshots would be deleted with apply: true', applied: false, pruned: [{ snapshotId: 'old' }] });
    expect(deleted()).toEqual([]);
  });

  it('leaves alone what is of another environment, of another instance, or of no run of this library', async () => {
    found(
      snapshot('new', 1),
      snapshot('of-another-environment', 10, { TagList: [{ ...tags[0]!, Value: 'production' }, tags[1]!] }),
      snapshot('of-another-instance', 10, { DBInstanceIdentifier: 'graasp-production' }),
      snapshot('of-no-run', 10, { TagList: [tags[0]!] }),
      snapshot('by-hand', 10, { TagList: [] }),
    );
    expect((await prune({ olderThanDays: 0, apply: true }))._unsafeUnwrap()).toMatchObject({ pruned: [], kept: [{ snapshotId: 'new' }] });
    expect(deleted()).toEqual([]);
  });

  it('goes by whole and broken days, and keeps one that is exactly as old', async () => {
    found(snapshot('new', 1), snapshot('just', 7), snapshot('over', 7.0001));
    expect((await prune({ olderThanDays: 7 }))._unsafeUnwrap()).toMatchObject({ pruned: [{ snapshotId: 'over' }], kept: [{ snapshotId: 'new' }, { snapshotId: 'just', why: 'it is not older than 7 days' }] });
  });

  it('keeps one of which AWS does not say when it was taken, where it goes by age', async () => {
    const { SnapshotCreateTime: _, ...undated } = snapshot('undated', 0);
    found(snapshot('new', 1), undated);
    expect((await prune({ olderThanDays: 0 }))._unsafeUnwrap()).toMatchObject({ pruned: [], kept: [{ snapshotId: 'new' }, { snapshotId: 'undated', takenAt: null }] });
  });

  it('counts restore points alone: a warm one and one that has failed take no place, and go', async () => {
    found(snapshot('failed', 1, { Status: 'failed' }), snapshot('warm', 2, { TagList: [...tags, warm] }), snapshot('third', 3), snapshot('second', 4), snapshot('first', 5));
    const report = (await prune({ keep: 2, olderThanDays: 3.5 }))._unsafeUnwrap();
    expect(report.kept.map(({ snapshotId, why }) => [snapshotId, why])).toEqual([
      ['failed', 'it is among the newest 2'],
      ['warm', 'it is among the newest 2'],
      ['third', 'it is the newest'],
      ['second', 'it is among the newest 2'],
    ]);
    expect(report.pruned.map(({ snapshotId }) => snapshotId)).toEqual(['first']);
  });

  it('leaves one alone that is being made', async () => {
    found(snapshot('new', 1), snapshot('making', 10, { Status: 'creating' }), snapshot('broken', 11, { Status: 'failed' }));
    expect((await prune({ keep: 1, apply: true }))._unsafeUnwrap()).toMatchObject({ pruned: [{ snapshotId: 'broken' }], kept: [{ snapshotId: 'new' }, { snapshotId: 'making', why: 'it is creating' }] });
    expect(deleted()).toEqual(['broken']);
  });

  it.each([
    [{ keep: 1.5 }, 'keep: expected a whole number of at least 1, got 1.5 (number)'],
    [{ keep: 0 }, 'keep: expected a whole number of at least 1, got 0 (number)'],
    [{ olderThanDays: Number.NaN }, 'olderThanDays: expected a number of days, got NaN (number)'],
    [{ olderThanDays: Number.POSITIVE_INFINITY }, 'olderThanDays: expected a number of days, got Infinity (number)'],
    [{ keep: 1, apply: 'yes' as never }, "apply: expected a boolean, got 'yes' (string)"],
  ])('refuses %j', async (options, problem) => {
    expect((await prune(options))._unsafeUnwrapErr()).toMatchObject({ kind: 'InvalidInput', problems: [problem] });
    expect(rds.calls()).toEqual([]);
  });
});
