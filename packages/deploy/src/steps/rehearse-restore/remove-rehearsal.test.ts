import { type DBInstance, DeleteDBInstanceCommand, DescribeDBInstancesCommand, type DescribeDBInstancesCommandInput, RDSClient } from '@aws-sdk/client-rds';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { internals } from '../../environment/environment.js';
import { environmentInRun, recordingRun } from '../recording-run.fixture.js';
import { recordRehearsal, type RehearsalRecord, removeRehearsal } from './remove-rehearsal.js';

const rds = mockClient(RDSClient);
const identifier = 'graasp-dev-rehearsal-run-0';
const ours = { Key: 'graasp-deploy:restored-by', Value: 'run-0' };
const rehearsed: DBInstance = { DBInstanceIdentifier: identifier, DbiResourceId: 'db-2', DBInstanceStatus: 'available', TagList: [ours] };
const made: RehearsalRecord = { identifier, run: 'run-0', resourceId: 'db-2' };
/** Its process died before it knew what became of its request. */
const requested: RehearsalRecord = { ...made, resourceId: null };
const refused = (name: string) => Object.assign(new Error('no'), { name });

/** What there is, read after read; the last goes on. */
function instances(...reads: readonly (readonly DBInstance[])[]): void {
  let at = 0;
  rds.on(DescribeDBInstancesCommand).callsFake(({ DBInstanceIdentifier, Filters }: DescribeDBInstancesCommandInput) => {
    const now = reads[Math.min(at, reads.length - 1)]!;
    at += 1;
    const found = now.filter((one) => (DBInstanceIdentifier === undefined ? Filters?.[0]?.Values?.includes(one.DbiResourceId!) : one.DBInstanceIdentifier === DBInstanceIdentifier));
    if (DBInstanceIdentifier !== undefined && found.length === 0) throw refused('DBInstanceNotFoundFault');
    return { DBInstances: found };
  });
}

const deleted = () => rds.commandCalls(DeleteDBInstanceCommand).map(({ args }) => args[0].input);

async function remove(record: RehearsalRecord | null) {
  const env = environmentInRun(recordingRun());
  const begun = env.clock.time;
  if (record !== null) (await recordRehearsal(env, record))._unsafeUnwrap();
  const result = await removeRehearsal(env, () => 3600);
  const left = (await env[internals].runStore.read('dev/rehearsal'))._unsafeUnwrap();
  return { env, result, left: left === null ? null : (JSON.parse(left.body) as RehearsalRecord | null), seconds: (env.clock.time - begun) / 1000 };
}

beforeEach(() => {
  rds.reset();
  rds.on(DeleteDBInstanceCommand).resolves({});
});

describe('removeRehearsal', () => {
  it('has nothing to do where no rehearsal has left anything', async () => {
    expect((await remove(null)).result.isOk()).toBe(true);
    expect(rds.calls()).toEqual([]);
  });

  it('removes the instance of the record, by its id, under whatever name it has now, and forgets it once it is gone', async () => {
    const renamed = { ...rehearsed, DBInstanceIdentifier: 'renamed-by-somebody' };
    instances([renamed], [renamed], [{ ...renamed, DBInstanceStatus: 'deleting' }], []);
    const { env, result, left } = await remove(made);
    expect(result.isOk()).toBe(true);
    expect(deleted()).toEqual([{ DBInstanceIdentifier: 'renamed-by-somebody', SkipFinalSnapshot: true, DeleteAutomatedBackups: true }]);
    expect(env.events).toContainEqual({ type: 'change', planned: false, resource: `database instance ${identifier}`, from: 'available', to: 'deleted', operation: 'rds:DeleteDBInstance', why: 'it was made to be looked at' });
    expect(env.events).toContainEqual(expect.objectContaining({ type: 'waiting', waitingFor: 'the rehearsed instance to be removed', seen: 'renamed-by-somebody is about to be deleted', timeoutSeconds: 3600 }));
    expect(left).toBeNull();
  });

  it('deletes nothing where the instance is gone, although another has its name', async () => {
    instances([{ ...rehearsed, DbiResourceId: 'db-9' }]);
    const { result, left } = await remove(made);
    expect(result.isOk()).toBe(true);
    expect(deleted()).toEqual([]);
    expect(left).toBeNull();
  });

  it('asks again while the instance is busy', async () => {
    rds.on(DeleteDBInstanceCommand).rejectsOnce(refused('InvalidDBInstanceStateFault')).resolves({});
    instances([rehearsed], [{ ...rehearsed, DBInstanceStatus: 'backing-up' }], [rehearsed], []);
    const { env, result } = await remove(made);
    expect(result.isOk()).toBe(true);
    expect(deleted()).toHaveLength(2);
    expect(env.events).toContainEqual(expect.objectContaining({ type: 'waiting', seen: `${identifier} is backing-up` }));
  });

  it('keeps its record when it may not delete', async () => {
    rds.on(DeleteDBInstanceCommand).rejects(refused('AccessDenied'));
    instances([rehearsed]);
    const { result, left } = await remove(made);
    expect(result._unsafeUnwrapErr()).toMatchObject({ kind: 'AccessDenied', action: 'rds:DeleteDBInstance' });
    expect(left).toEqual(made);
  });

  it('knows one by its tag whose request was answered to nobody, also when it is seen only later', async () => {
    instances([], [], [rehearsed], [rehearsed], []);
    expect((await remove(requested)).result.isOk()).toBe(true);
    expect(deleted()).toMatchObject([{ DBInstanceIdentifier: identifier }]);
  });

  it('gives up on such a one that is not there for a minute, and not before', async () => {
    instances([]);
    const { env, result, left, seconds } = await remove(requested);
    expect(result.isOk()).toBe(true);
    expect(left).toBeNull();
    expect(seconds).toBeGreaterThanOrEqual(60);
    expect(seconds).toBeLessThan(120);
    expect(env.events).toContainEqual(expect.objectContaining({ type: 'waiting', waitingFor: 'a rehearsed instance that may have been requested', seen: `${identifier} is not there`, timeoutSeconds: 120 }));
  });

  it.each([
    ['no tag', undefined],
    ['the tag of another run', [{ ...ours, Value: 'run-9' }]],
    ['another tag with the run', [{ ...ours, Key: 'Name' }]],
  ])('leaves one of that name alone with %s, and says so', async (_, TagList) => {
    const { TagList: __, ...untagged } = rehearsed;
    instances([{ ...untagged, ...(TagList === undefined ? {} : { TagList }) }]);
    const { result, left } = await remove(requested);
    expect(result._unsafeUnwrapErr()).toEqual({
      kind: 'Conflict',
      reason: 'resource-busy',
      message: `an instance ${identifier} exists and is not what a rehearsal has made: it was left alone`,
      remedy: 'Rename or delete it if nobody needs it, then call again.',
    });
    expect(deleted()).toEqual([]);
    expect(left).toEqual(requested);
  });
});
