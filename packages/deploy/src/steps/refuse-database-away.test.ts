import { DescribeDBInstancesCommand, RDSClient } from '@aws-sdk/client-rds';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { internals } from '../environment/environment.js';
import type { Baseline } from '../runs/baseline.js';
import { putJson } from '../runs/store-document.js';
import { environmentInRun, recordingRun } from './recording-run.fixture.js';
import { refuseDatabaseAway } from './refuse-database-away.js';

const rds = mockClient(RDSClient);
const away: Baseline = { takenAt: '', byRun: 'run-0', gate: {}, services: {}, targetGroups: {}, database: 'db-1', putAside: ['gate', 'database'] };

/** The instance that bears the name; null: none does. */
const bears = (DbiResourceId: string | null) =>
  DbiResourceId === null ? rds.on(DescribeDBInstancesCommand).rejects(Object.assign(new Error('no'), { name: 'DBInstanceNotFoundFault' })) : rds.on(DescribeDBInstancesCommand).resolves({ DBInstances: [{ DbiResourceId }] });

async function refuse(baseline: Baseline | undefined, hold?: { readonly run: string; readonly recipe: string }) {
  const saved: Baseline[] = [];
  const run = { ...recordingRun(baseline === undefined ? {} : { baseline }), saveBaseline: (next: Baseline) => (saved.push(next), recordingRun().saveBaseline(next)) };
  const env = environmentInRun(run);
  if (hold !== undefined) (await putJson(env[internals].runStore, 'dev/hold', { ...hold, reason: '', situation: { nextActions: [] } }))._unsafeUnwrap();
  return { result: await refuseDatabaseAway(env), saved };
}

beforeEach(() => {
  rds.reset();
  bears('db-1');
});

describe('refuseDatabaseAway', () => {
  it('asks nothing where no restore has begun to exchange the instance', async () => {
    expect((await refuse(undefined)).result.isOk()).toBe(true);
    expect((await refuse({ ...away, putAside: ['gate'] })).result.isOk()).toBe(true);
    expect(rds.calls()).toEqual([]);
  });

  it('refuses while the restore is held, which resume goes on with, whoever bears the name', async () => {
    const { result, saved } = await refuse(away, { run: 'run-0', recipe: 'restoreDb' });
    expect(result._unsafeUnwrapErr()).toEqual({
      kind: 'Refused',
      rule: 'database-away',
      message: 'a restore of graasp-dev has begun to exchange the instance and has not come to its end: its name leads nowhere, or to one that is not known to be right. Nothing was changed.',
      remedy: 'Resume the run of restoreDb (resume run-0): it goes on where it was.',
    });
    expect(saved).toEqual([]);
  });

  const byHand = (before: string) =>
    `Give the name graasp-dev back to the instance of before (${before}) together with its security groups, and try again; or, with whichever instance has the name, call restoreDb once more.`;

  it('refuses under another hold, and says how it is ended by hand', async () => {
    expect((await refuse(away, { run: 'run-2', recipe: 'reopen' })).result._unsafeUnwrapErr()).toMatchObject({ remedy: byHand('db-1') });
  });

  it.each([null, 'db-2'])('refuses without a hold while the name leads to %j and not to the instance of before', async (bearer) => {
    bears(bearer);
    const { result, saved } = await refuse(away);
    expect(result._unsafeUnwrapErr()).toMatchObject({ kind: 'Refused', rule: 'database-away', remedy: byHand('db-1') });
    expect(saved).toEqual([]);
  });

  it('refuses where it is not known which instance was before', async () => {
    const { database: _, ...unknown } = away;
    expect((await refuse(unknown)).result._unsafeUnwrapErr()).toMatchObject({ remedy: byHand('the journal of restoreDb has its DbiResourceId') });
  });

  it('knows the database to be back, without a hold, once the instance of before bears the name', async () => {
    const { result, saved } = await refuse(away);
    expect(result.isOk()).toBe(true);
    expect(saved.map(({ putAside }) => putAside)).toEqual([['gate']]);
  });
});
