import { type DBInstance, DescribeDBInstancesCommand, type DescribeDBInstancesCommandInput, ModifyDBInstanceCommand, RDSClient } from '@aws-sdk/client-rds';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { environmentInRun, recordingRun } from '../recording-run.fixture.js';
import { renameInstance } from './rename-instance.js';
import { inUse, refused } from './restore-target.fixture.js';

const rds = mockClient(RDSClient);
const to = 'graasp-dev-before-run-1';
const aside: DBInstance = { ...inUse, DBInstanceIdentifier: to };

/** The instance by its id, read after read; the last one goes on. By its new name it is found once it has that. */
function reads(...found: readonly (DBInstance | null)[]): void {
  let at = 0;
  rds.on(DescribeDBInstancesCommand).callsFake(({ DBInstanceIdentifier }: DescribeDBInstancesCommandInput) => {
    const now = found[Math.min(at, found.length - 1)] ?? null;
    if (DBInstanceIdentifier === undefined) at += 1;
    else if (now?.DBInstanceIdentifier !== DBInstanceIdentifier) throw refused('DBInstanceNotFoundFault');
    return { DBInstances: now === null ? [] : [now] };
  });
}

const requests = () => rds.commandCalls(ModifyDBInstanceCommand).map(({ args }) => args[0].input);

async function rename(timeoutSeconds = 3600) {
  const env = environmentInRun(recordingRun({ step: 'set-aside' }));
  const result = await renameInstance(env, { resourceId: 'db-1', from: 'graasp-dev', to, why: 'kept', timeoutSeconds });
  return { env, result, seen: env.events.flatMap((event) => (event.type === 'waiting' ? [event.seen] : [])) };
}

beforeEach(() => {
  rds.reset();
  rds.on(ModifyDBInstanceCommand).resolves({});
});

describe('renameInstance', () => {
  it('asks once, and waits for the instance to be usable and found by its new name', async () => {
    reads(inUse, inUse, { ...inUse, DBInstanceStatus: 'renaming' }, null, { ...aside, DBInstanceStatus: 'rebooting' }, aside);
    const { result, seen } = await rename();
    expect(result._unsafeUnwrap()).toMatchObject({ DBInstanceIdentifier: to });
    expect(requests()).toEqual([{ NewDBInstanceIdentifier: to, DBInstanceIdentifier: 'graasp-dev', ApplyImmediately: true }]);
    expect(seen).toEqual(['graasp-dev is about to be renamed', 'graasp-dev is renaming', 'found under neither name', `${to} is rebooting`]);
  });

  it('leaves alone one that is renamed already', async () => {
    reads(aside);
    expect((await rename()).result.isOk()).toBe(true);
    expect(requests()).toEqual([]);
  });

  it('asks again when a minute later nothing is seen of it', async () => {
    reads(...Array.from({ length: 8 }, () => inUse), aside);
    expect((await rename()).result.isOk()).toBe(true);
    expect(requests()).toHaveLength(2);
  });

  it('does not take the name for its own that leads to another instance still', async () => {
    let reading = 0;
    rds.on(DescribeDBInstancesCommand).callsFake(({ DBInstanceIdentifier }: DescribeDBInstancesCommandInput) => {
      if (DBInstanceIdentifier === undefined) return { DBInstances: [aside] };
      reading += 1;
      return { DBInstances: [{ ...aside, DbiResourceId: reading < 3 ? 'db-9' : 'db-1' }] };
    });
    const { result, seen } = await rename();
    expect(result.isOk()).toBe(true);
    expect([reading, seen]).toEqual([3, [`${to} does not lead to it yet`]]);
  });

  it.each(['InvalidDBInstanceStateFault', 'DBInstanceNotFoundFault'])('takes %s for busy, and asks again', async (code) => {
    rds.on(ModifyDBInstanceCommand).rejectsOnce(refused(code)).resolves({});
    reads(inUse, inUse, aside);
    const { result, seen } = await rename();
    expect(result.isOk()).toBe(true);
    expect(seen).toEqual(['graasp-dev is busy', 'graasp-dev is about to be renamed']);
    expect(requests()).toHaveLength(2);
  });

  it('gives any other refusal as it is', async () => {
    rds.on(ModifyDBInstanceCommand).rejects(refused('StorageQuotaExceededFault'));
    reads(inUse);
    expect((await rename()).result._unsafeUnwrapErr()).toMatchObject({ kind: 'Unexpected', code: 'StorageQuotaExceededFault' });
  });

  it('waits for a name that is not free yet, and leaves alone who bears it', async () => {
    rds.on(ModifyDBInstanceCommand).rejectsOnce(refused('DBInstanceAlreadyExistsFault')).resolves({});
    reads(inUse, inUse, aside);
    expect(await rename()).toMatchObject({ seen: [`the name ${to} is not free yet`, 'graasp-dev is about to be renamed'] });

    rds.on(ModifyDBInstanceCommand).rejects(refused('DBInstanceAlreadyExistsFault'));
    rds.on(DescribeDBInstancesCommand).callsFake(({ DBInstanceIdentifier }: DescribeDBInstancesCommandInput) => ({ DBInstances: [DBInstanceIdentifier === undefined ? inUse : { ...aside, DbiResourceId: 'db-9' }] }));
    expect((await rename()).result._unsafeUnwrapErr()).toEqual({
      kind: 'Conflict',
      reason: 'foreign-change',
      changes: [`database instance ${to}: db-9 bears the name`],
      message: `graasp-dev cannot be called ${to}: another instance (db-9) bears that name, and is left alone`,
      remedy: 'Find out whose it is, rename it, and go on.',
    });
  });

  it('does not rename what somebody else has given a third name', async () => {
    reads({ ...inUse, DBInstanceIdentifier: 'theirs' });
    expect((await rename()).result._unsafeUnwrapErr()).toEqual({
      kind: 'Conflict',
      reason: 'foreign-change',
      changes: [`database instance graasp-dev: ${to} -> theirs`],
      message: 'the instance that was called graasp-dev is called theirs now: somebody else has renamed it',
      remedy: `Find out who, give it the name graasp-dev or ${to}, and go on.`,
    });
    expect(requests()).toEqual([]);
  });

  it('gives up on one whose status no waiting changes, and asks nothing of one that passes', async () => {
    reads({ ...inUse, DBInstanceStatus: 'storage-full' });
    expect((await rename()).result._unsafeUnwrapErr()).toEqual({
      kind: 'Conflict',
      reason: 'resource-busy',
      message: 'database instance graasp-dev is storage-full: it cannot be renamed, and waiting does not change that',
      remedy: 'Bring the instance back to available ("Viewing Amazon RDS DB instance status" says what storage-full means), then go on.',
    });
    reads({ ...inUse, DBInstanceStatus: 'backing-up' });
    expect((await rename(60)).result._unsafeUnwrapErr()).toMatchObject({ kind: 'TimedOut', lastSeen: 'graasp-dev is backing-up' });
    expect(requests()).toEqual([]);
  });

  it('warns of what the instance gets with its restart, by names alone', async () => {
    reads({ ...inUse, PendingModifiedValues: { MasterUserPassword: 'not to be told', DBInstanceClass: 'db.m6g.large' } }, aside);
    const { env } = await rename();
    expect(env.events).toContainEqual({ type: 'warning', message: 'With its renaming graasp-dev gets its pending modifications: MasterUserPassword, DBInstanceClass.' });
    reads({ ...inUse, PendingModifiedValues: {} }, aside);
    expect((await rename()).env.events.filter(({ type }) => type === 'warning')).toEqual([]);
  });
});
