import { DescribeDBInstanceAutomatedBackupsCommand, type DBSnapshot, DescribeDBSnapshotsCommand, type DescribeDBSnapshotsCommandInput, RDSClient } from '@aws-sdk/client-rds';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { internals } from '../../environment/environment.js';
import type { Baseline } from '../../runs/baseline.js';
import { putJson } from '../../runs/store-document.js';
import { environmentInRun, recordingRun } from '../recording-run.fixture.js';
import { findRestorePoint, type NamedRestorePoint, restorePointProblems } from './find-restore-point.js';
import { inUse } from './restore-target.fixture.js';

const rds = mockClient(RDSClient);
const instance = { ...inUse, BackupRetentionPeriod: 7 };
const own = [{ Key: 'graasp-deploy:environment', Value: 'dev' }, { Key: 'graasp-deploy:run', Value: 'run-0' }];
const snapshot = (id: string, changes: Partial<DBSnapshot> = {}): DBSnapshot => ({ DBSnapshotIdentifier: id, DBInstanceIdentifier: 'graasp-dev', DbiResourceId: 'db-1', Status: 'available', SnapshotCreateTime: new Date('2026-11-23T09:00:00Z'), TagList: own, ...changes });

/** What there is, by its name. */
function snapshots(...found: readonly DBSnapshot[]): void {
  rds.on(DescribeDBSnapshotsCommand).callsFake(({ DBSnapshotIdentifier }: DescribeDBSnapshotsCommandInput) => ({ DBSnapshots: found.filter((one) => DBSnapshotIdentifier === undefined || one.DBSnapshotIdentifier === DBSnapshotIdentifier) }));
}

interface Known {
  readonly hold?: { readonly run: string; readonly restorePoint?: string };
  readonly journals?: Readonly<Record<string, { readonly point: unknown; readonly status?: string }>>;
  readonly byRun?: string;
}

async function find(from: NamedRestorePoint | 'newest' | undefined, { hold, journals = {}, byRun }: Known = {}, found = instance) {
  const baseline: Baseline | undefined = byRun === undefined ? undefined : { takenAt: '', byRun, gate: {}, services: {}, targetGroups: {}, putAside: ['gate'] };
  const env = environmentInRun(recordingRun(baseline === undefined ? {} : { baseline }));
  const { runStore } = env[internals];
  if (hold !== undefined) (await putJson(runStore, 'dev/hold', { run: hold.run, recipe: 'deployWithMigration', reason: '', situation: { nextActions: [], restorePoint: hold.restorePoint } }))._unsafeUnwrap();
  for (const [run, { point, status }] of Object.entries(journals)) (await putJson(runStore, `dev/runs/${run}`, { attempts: [], putBack: [], steps: [{ name: 'snapshot-db', waits: [], records: point === undefined ? {} : { restorePoint: point } }], ...(status === undefined ? {} : { outcome: { status } }) }))._unsafeUnwrap();
  return (await findRestorePoint(env, found, from)).map((point) => (point instanceof Date ? point.toISOString() : point.DBSnapshotIdentifier));
}

const point = (snapshotId: string | null) => ({ point: { snapshotId, databaseTime: '2026-11-23T08:00:00.000Z' } });

beforeEach(() => {
  rds.reset();
  snapshots(snapshot('named'), snapshot('of-the-hold'), snapshot('of-the-run'));
  rds.on(DescribeDBInstanceAutomatedBackupsCommand).resolves({ DBInstanceAutomatedBackups: [{ DbiResourceId: 'db-1', RestoreWindow: { EarliestTime: new Date('2026-11-20T00:00:00Z'), LatestTime: new Date('2026-11-23T09:55:00Z') } }] });
});

describe('findRestorePoint', () => {
  it('takes the one that is named, whatever runs have known', async () => {
    expect((await find({ snapshotId: 'named' }, { hold: { run: 'run-0', restorePoint: 'of-the-hold' } }))._unsafeUnwrap()).toBe('named');
  });

  it('else takes that of the hold, which its journal tells where the hold does not', async () => {
    expect((await find(undefined, { hold: { run: 'run-0', restorePoint: 'of-the-hold' }, journals: { 'run-1': point('of-the-run') }, byRun: 'run-1' }))._unsafeUnwrap()).toBe('of-the-hold');
    expect((await find(undefined, { hold: { run: 'run-0' }, journals: { 'run-0': point('of-the-run') } }))._unsafeUnwrap()).toBe('of-the-run');
    expect((await find(undefined, { hold: { run: 'run-0' }, journals: { 'run-0': point(null) } }))._unsafeUnwrap()).toBe('2026-11-23T08:00:00.000Z');
  });

  it('else takes that of the run that has put aside what is away, unless that one went well', async () => {
    expect((await find(undefined, { journals: { 'run-0': point('of-the-run') }, byRun: 'run-0' }))._unsafeUnwrap()).toBe('of-the-run');
    expect((await find(undefined, { journals: { 'run-0': { ...point('of-the-run'), status: 'failed' } }, byRun: 'run-0' }))._unsafeUnwrap()).toBe('of-the-run');
    expect((await find(undefined, { journals: { 'run-0': { ...point('of-the-run'), status: 'succeeded' } }, byRun: 'run-0' }))._unsafeUnwrapErr()).toMatchObject({ rule: 'restore-point' });
  });

  it.each<readonly [string, Known]>([
    ['nothing is known', {}],
    ['the run that holds it has gone without a journal', { hold: { run: 'run-0' } }],
    ['the run that holds it took none', { hold: { run: 'run-0' }, journals: { 'run-0': { point: undefined } } }],
    ['the run that has put things aside took none', { journals: { 'run-0': { point: undefined } }, byRun: 'run-0' }],
  ])('wants one to be named where %s', async (_, known) => {
    expect((await find(undefined, known))._unsafeUnwrapErr()).toEqual({
      kind: 'Refused',
      rule: 'restore-point',
      lift: 'from: { snapshotId }',
      message: 'no run that holds dev has taken a snapshot: it is not known what graasp-dev is to go back to. Nothing was changed.',
      remedy: "Name the snapshot, or a moment in the automated backups: from: { snapshotId }, from: { moment: '2026-11-23T08:00:00Z' }.",
    });
  });

  it('takes one of an instance that bore the name before where this library took it for this environment, and of no other', async () => {
    snapshots(snapshot('named', { DbiResourceId: 'db-0' }));
    expect((await find({ snapshotId: 'named' })).isOk()).toBe(true);
    snapshots(snapshot('named', { TagList: [] }));
    expect((await find({ snapshotId: 'named' })).isOk()).toBe(true);
    for (const changes of [{ TagList: [] }, { TagList: own.slice(0, 1) }, { TagList: [{ ...own[0]!, Value: 'production' }, own[1]!] }, { DBInstanceIdentifier: 'graasp-production' }]) {
      snapshots(snapshot('named', { DbiResourceId: 'db-0', ...changes }));
      expect((await find({ snapshotId: 'named' }))._unsafeUnwrapErr()).toMatchObject({ kind: 'Refused', rule: 'restore-point', message: `snapshot named is of another instance (${changes.DBInstanceIdentifier ?? 'graasp-dev'}) than graasp-dev. Nothing was changed.` });
    }
  });

  it('takes none that is not available', async () => {
    snapshots(snapshot('named', { Status: 'creating' }));
    expect((await find({ snapshotId: 'named' }))._unsafeUnwrapErr()).toEqual({ kind: 'Conflict', reason: 'resource-busy', message: 'snapshot named is creating, not available. Nothing was changed.', remedy: 'Wait until it is available, or name another.' });
  });

  it('takes for the newest the last one of its own that is available and no warm one', async () => {
    const at = (id: string, time: string, changes: Partial<DBSnapshot> = {}) => snapshot(id, { SnapshotCreateTime: new Date(`2026-11-23T0${time}:00:00Z`), ...changes });
    snapshots(at('old', '1'), at('new', '2'), at('failed', '3', { Status: 'failed' }), at('warm', '4', { TagList: [...own, { Key: 'graasp-deploy:purpose', Value: 'warm' }] }), at('by-hand', '5', { TagList: [] }));
    expect((await find('newest'))._unsafeUnwrap()).toBe('new');
    snapshots(at('by-hand', '5', { TagList: [] }));
    expect((await find('newest'))._unsafeUnwrapErr()).toEqual({ kind: 'Refused', rule: 'restore-point', lift: 'from: { snapshotId }', message: 'this library has taken no snapshot of graasp-dev that is still there: nothing can be restored', remedy: 'Take one with snapshotDb, or name another: from: { snapshotId }.' });
  });
});

describe('a moment in the automated backups', () => {
  it.each([
    ['2026-11-23T08:00:00.900Z', '2026-11-23T08:00:00.000Z'],
    ['2026-11-20T00:00:00Z', '2026-11-20T00:00:00.000Z'],
    ['2026-11-23T09:55:00.999Z', '2026-11-23T09:55:00.000Z'],
    ['2026-11-23T10:30:00+01:00', '2026-11-23T09:30:00.000Z'],
  ])('is taken to the second, and up to the ends of what they cover: %s', async (moment, expected) => {
    expect((await find({ moment }))._unsafeUnwrap()).toBe(expected);
  });

  const reach = (is: string) => `the automated backups of graasp-dev reach from 2026-11-20T00:00:00.000Z to 2026-11-23T09:55:00.000Z, and ${is}. Nothing was changed.`;

  it.each([
    ['2026-11-19T23:59:59Z', reach('2026-11-19T23:59:59.000Z is before that'), 'Name a later moment, or a snapshot: from: { snapshotId }.'],
    ['2026-11-23T09:55:01Z', reach('2026-11-23T09:55:01.000Z is after that'), 'Name an earlier moment. They follow about five minutes behind: call again once they have come to one that has just passed.'],
  ])('is refused a second beyond: %s', async (moment, message, remedy) => {
    expect((await find({ moment }))._unsafeUnwrapErr()).toEqual({ kind: 'Refused', rule: 'restore-point', message, remedy });
  });

  it('is refused where there are none: off, or none of this instance yet', async () => {
    const moment = '2026-11-23T08:00:00Z';
    expect((await find({ moment }, {}, { ...inUse, BackupRetentionPeriod: 0 }))._unsafeUnwrapErr()).toMatchObject({ message: 'automated backups of graasp-dev are off: there is no moment to go back to. Nothing was changed.', remedy: 'Name a snapshot: from: { snapshotId }.' });
    rds.on(DescribeDBInstanceAutomatedBackupsCommand).resolves({ DBInstanceAutomatedBackups: [{ DbiResourceId: 'db-9', RestoreWindow: { EarliestTime: new Date(0), LatestTime: new Date('2027-01-01') } }] });
    expect((await find({ moment }))._unsafeUnwrapErr()).toMatchObject({ message: 'graasp-dev has no automated backup yet: there is no moment to go back to. Nothing was changed.' });
  });
});

describe('restorePointProblems', () => {
  it.each([undefined, { snapshotId: 'snap' }, { moment: '2026-11-23T08:00:00Z' }, { moment: '2026-11-23T08:00+01:00' }, { moment: '2026-11-23T08:00:00.123Z' }])('has none with %j', (from) => {
    expect(restorePointProblems(from)).toEqual([]);
  });

  const oneOfThem = "from: expected { snapshotId } or { moment: '2026-11-23T08:00:00Z' }, got";
  const identifier = 'from.snapshotId: expected the identifier of a snapshot, got';
  const time = "from.moment: expected a time with its zone, such as '2026-11-23T08:00:00Z', got";

  it.each<readonly [unknown, string]>([
    [null, `${oneOfThem} null`],
    ['snap', `${oneOfThem} 'snap' (string)`],
    [{}, 'from: expected either snapshotId or moment, got neither'],
    [{ snapshotId: 'snap', moment: '2026-11-23T08:00:00Z' }, 'from: expected either snapshotId or moment, got both'],
    [{ snapshotId: '' }, `${identifier} '' (string)`],
    [{ snapshotId: 7 }, `${identifier} 7 (number)`],
    ...['2026-11-23T08:00:00', '2026-11-23', 'x2026-11-23T08:00:00Z', '2026-11-23T08:00:00Zx', '2026-13-23T08:00:00Z'].map((moment) => [{ moment }, `${time} '${moment}' (string)`] as const),
  ])('names what is wrong with %j', (from, problem) => {
    expect(restorePointProblems(from)).toEqual([problem]);
  });
});
