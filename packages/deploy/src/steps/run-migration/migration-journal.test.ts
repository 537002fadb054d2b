import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../../environment/environment.js';
import { environmentInRun, recordingRun } from '../recording-run.fixture.js';
import { nextAttempt, recordEnd, schemaLeftBefore } from './migration-journal.js';
import type { TaskVerdict } from './task-verdict.js';

const intent = { attempt: 1, clientToken: 't', revision: 'migrate:8', restorePoint: 'snap', at: '2026-11-23T09:50:00.000Z' };
const verdict = (changes: Partial<TaskVerdict> = {}): TaskVerdict => ({ succeeded: false, reason: 'exit-code', exitCode: 1, detail: '', ran: true, startedAt: null, endedAt: null, ...changes });
const ended = (changes: Partial<TaskVerdict> = {}, attempt = 1) => ({ attempt, verdict: { ...verdict(changes) } });
const unstarted = { ran: false, reason: 'capacity', exitCode: null } as const;
const schemaBefore = (outcome: string) => ({ version: 'v1.0.0', outcome, at: '', run: null });

type Records = Readonly<Record<string, JsonValue>>;

async function next(records: Records, options: { readonly retryMigration?: boolean } = {}) {
  const { number, begun, verdict, taskArn } = (await nextAttempt(environmentInRun(recordingRun({ records })), options))._unsafeUnwrap();
  return { number, begun, known: verdict !== null, taskArn };
}

const fresh = (number: number) => ({ number, begun: false, known: false, taskArn: null });
const same = (number: number, known: boolean, taskArn: string | null = null) => ({ number, begun: true, known, taskArn });

describe('nextAttempt', () => {
  it.each<readonly [string, Records, boolean | undefined, object]>([
    ['begins with the first', {}, undefined, fresh(1)],
    ['begins with the first although it is told to retry', {}, true, fresh(1)],
    ['goes on with one that was cut off', { migrationIntent: intent }, undefined, same(1, false)],
    ['goes on with one that was cut off although it is told to retry: its task may be at work', { migrationIntent: intent, task: { attempt: 1, taskArn: 'tasks/1' } }, true, same(1, false, 'tasks/1')],
    ['does not run again what ran and failed', { migrationIntent: intent, ended: ended() }, undefined, same(1, true)],
    ['does not run again what ran and failed when told not to', { migrationIntent: intent, ended: ended() }, false, same(1, true)],
    ['runs again what ran and failed once it is told to', { migrationIntent: intent, ended: ended() }, true, fresh(2)],
    ['does not run again what has succeeded although it is told to', { migrationIntent: intent, ended: ended({ succeeded: true, reason: null }) }, true, same(1, true)],
    ['runs again, untold, what never started', { migrationIntent: intent, ended: ended(unstarted) }, undefined, fresh(2)],
    ['does not, untold, where the schema was unknown before', { migrationIntent: intent, ended: ended(unstarted), schemaBefore: schemaBefore('unknown') }, undefined, same(1, true)],
    ['does not, untold, what never started after an attempt that changed the schema', { migrationIntent: { ...intent, attempt: 2 }, ended: ended(unstarted, 2), schemaLeft: { attempt: 1, schema: 'migrated' } }, undefined, same(2, true)],
    ['runs again, untold, what never started after an attempt that left the schema untouched', { migrationIntent: { ...intent, attempt: 2 }, ended: ended(unstarted, 2), schemaLeft: { attempt: 1, schema: 'untouched' } }, undefined, fresh(3)],
    ['takes neither end nor task of an earlier attempt for those of the last', { migrationIntent: { ...intent, attempt: 2 }, ended: ended(), task: { attempt: 1, taskArn: 'tasks/1' } }, true, same(2, false)],
  ])('%s', async (_, records, retryMigration, expected) => {
    expect(await next(records, retryMigration === undefined ? {} : { retryMigration })).toEqual(expected);
  });
});

describe('schemaLeftBefore', () => {
  it.each<readonly [string, number, Records, string]>([
    ['the first attempt finds it as the run did', 1, { schemaBefore: schemaBefore('migrated') }, 'untouched'],
    ['the first attempt finds it unknown where an earlier run has left it so', 1, { schemaBefore: schemaBefore('unknown') }, 'unknown'],
    ['a later one finds it as the one before has left it', 2, { schemaLeft: { attempt: 1, schema: 'untouched' } }, 'untouched'],
    ['a later one finds it changed', 2, { schemaLeft: { attempt: 1, schema: 'migrated' } }, 'migrated'],
    ['a later one finds it unknown where the one before was not concluded', 3, { schemaLeft: { attempt: 1, schema: 'untouched' } }, 'unknown'],
    ['a later one finds it unknown where none was concluded', 2, {}, 'unknown'],
  ])('%s', (_, attempt, records, expected) => {
    expect(schemaLeftBefore(environmentInRun(recordingRun({ records })), attempt)).toBe(expected);
  });
});

describe('recordEnd', () => {
  it('tells later steps when the migration ended, where AWS has told it', async () => {
    const run = recordingRun();
    (await recordEnd(environmentInRun(run), 1, verdict()))._unsafeUnwrap();
    expect(run.entries.map(({ key }) => key)).toEqual(['ended']);
    (await recordEnd(environmentInRun(run), 2, verdict({ endedAt: '2026-11-23T10:01:00.000Z' })))._unsafeUnwrap();
    expect(run.recall('migrationEndedAt')).toBe('2026-11-23T10:01:00.000Z');
  });
});
