import { deployWithMigration, type DeployEvent, type MigrationFailed, resume, type Situation } from '@graasp/deploy';
import type pg from 'pg';
import { describe, expect, it, vi } from 'vitest';
import { nextVersion } from '../shop.js';
import { type RealShop, scale, startRealShop } from './real-shop.js';

vi.setConfig({ testTimeout: 120_000 });

const release = { version: nextVersion, reopen: 'when-verified', settledSeconds: 60 } as const;
/** Of the machine's time: until then the process has sent its statement. */
const killedAfterMs = 3_000;

type Failure = MigrationFailed & { readonly runId: string; readonly situation: Situation };

/** A release whose migration waits for a lock that `holder` has, and is killed meanwhile: its statement stays at work in the server. */
async function killedRelease(shop: RealShop, onEvent: (event: DeployEvent, holder: pg.Client) => void): Promise<{ readonly failure: Failure; readonly holder: pg.Client }> {
  shop.pushRelease(nextVersion);
  shop.pushMigration(nextVersion, 'waits');
  const holder = await shop.session();
  await holder.query('SELECT pg_advisory_lock(1)');
  const report = (event: DeployEvent): void => {
    if (event.type === 'change' && event.operation === 'ecs:RunTask') shop.cloud.faults.add({ kind: 'task', family: 'migrate', what: 'out-of-memory', afterMs: killedAfterMs * scale, times: 1 });
    onEvent(event, holder);
  };
  const failure = (await deployWithMigration(await shop.connect({ report }), release))._unsafeUnwrapErr() as Failure;
  expect(failure).toMatchObject({ kind: 'MigrationFailed', reason: 'out-of-memory', exitCode: 137, lastLines: ['applying...'], situation: { step: 'run-migration', left: 'hold', state: 'db-only', maintenance: 'on' } });
  return { failure, holder };
}

const applied = async (shop: RealShop) => (await shop.query<{ readonly version: string }>('SELECT version FROM applied')).map(({ version }) => version);
const migrationTasks = ({ cloud }: RealShop) => cloud.requests.filter(({ operation, input }) => operation === 'ecs:RunTask' && String((input as { readonly startedBy?: string }).startedBy).startsWith('migration/'));
const commandsOf = ({ situation }: Failure) => situation.nextActions.map(({ command }) => command.split(' ')[0]);

describe('a migration that is killed for its memory while its statement is at work in a real PostgreSQL', () => {
  it('is said to have migrated once the statement has committed, and is run again only when told, with nothing left to apply', async () => {
    await using shop = await startRealShop();
    const { failure } = await killedRelease(shop, (event, holder) => {
      // the task is gone, and two sessions are left: the one that has the lock, and the migration's
      if (event.type === 'waiting' && event.waitingFor === "the migration's sessions to end" && event.seen === '2 connections') void holder.end();
    });

    expect(await applied(shop)).toEqual([nextVersion]);
    expect(failure.schema).toBe('migrated');
    expect(failure.message).toMatch(/was killed because it ran out of memory .*; the schema was changed, to \["v2.0.0"\]$/);
    expect(commandsOf(failure)).toEqual(['retryMigration', 'restoreDb', 'releaseHold']);

    expect((await resume(await shop.connect(), deployWithMigration, failure.runId))._unsafeUnwrapErr()).toMatchObject({ kind: 'MigrationFailed', schema: 'migrated' });
    expect(migrationTasks(shop)).toHaveLength(1);
    const report = (await resume(await shop.connect(), deployWithMigration, failure.runId, { retryMigration: true }))._unsafeUnwrap();
    expect(report.migration).toMatchObject({ attempt: 2, exitCode: 0 });
    expect(await applied(shop)).toEqual([nextVersion]);
  });

  it('leaves the schema unknown while the statement is at work, and is not run again beside it, told or not', async () => {
    await using shop = await startRealShop();
    const { failure, holder } = await killedRelease(shop, () => undefined);

    expect(failure).toMatchObject({ schema: 'unknown', situation: { schema: 'unknown' } });
    expect(await applied(shop)).toEqual([]);
    const told = (await resume(await shop.connect(), deployWithMigration, failure.runId, { retryMigration: true }))._unsafeUnwrapErr();
    expect(told).toMatchObject({ kind: 'Conflict', reason: 'migration-in-flight', situation: { left: 'hold', schema: 'unknown' } });
    expect(migrationTasks(shop)).toHaveLength(1);

    await holder.end();
    await vi.waitFor(async () => expect(await applied(shop)).toEqual([nextVersion]), { timeout: 10_000 });
    expect((await resume(await shop.connect(), deployWithMigration, failure.runId, { retryMigration: true }))._unsafeUnwrap().migration).toMatchObject({ attempt: 2 });
    expect(await applied(shop)).toEqual([nextVersion]);
  });
});
