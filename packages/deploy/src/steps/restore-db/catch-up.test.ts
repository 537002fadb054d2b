import { type DBInstance, DescribeDBInstancesCommand, ModifyDBInstanceCommand, RDSClient } from '@aws-sdk/client-rds';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { planOptions } from '../../environment/environment.fixture.js';
import { environmentInRun, recordingRun } from '../recording-run.fixture.js';
import { catchUp } from './catch-up.js';
import { refused, restored, restoreTarget } from './restore-target.fixture.js';

const rds = mockClient(RDSClient);
const identifier = 'graasp-dev-restored-run-1';
/** Configured as the one in use. */
const configured: DBInstance = { ...restored, VpcSecurityGroups: [{ VpcSecurityGroupId: 'sg-application' }] };
const requests = () => rds.commandCalls(ModifyDBInstanceCommand).map(({ args }) => args[0].input);

/** What is read, one after the other; the last goes on. */
function reads(...found: readonly (DBInstance | null)[]): void {
  let at = 0;
  rds.on(DescribeDBInstancesCommand).callsFake(() => {
    const now = found[Math.min(at, found.length - 1)]!;
    at += 1;
    return { DBInstances: now === null ? [] : [now] };
  });
}

async function catching() {
  const env = environmentInRun(recordingRun({ step: 'restore-aside' }));
  const result = await catchUp(env, restoreTarget(), 'db-2', 3600);
  return { result, env, seen: env.events.flatMap((event) => (event.type === 'waiting' ? [event.seen] : [])) };
}

beforeEach(() => {
  rds.reset();
  rds.on(ModifyDBInstanceCommand).resolves({});
});

describe('catchUp', () => {
  it('asks for nothing of an instance that lacks nothing', async () => {
    reads(configured);
    expect((await catching()).result._unsafeUnwrap()).toEqual([]);
    expect(requests()).toEqual([]);
  });

  it('gives what is missing once, by the name that the instance has beside the one in use, and is done when that is read', async () => {
    reads(restored, restored, { ...restored, DBInstanceStatus: 'modifying' }, null, configured);
    const { result, seen } = await catching();
    expect(result._unsafeUnwrap()).toEqual([]);
    expect(requests()).toEqual([{ VpcSecurityGroupIds: ['sg-application'], DBInstanceIdentifier: identifier, ApplyImmediately: true }]);
    expect(seen).toEqual([`${identifier} is about to be modified`, `${identifier} is modifying`, `${identifier} is not described`]);
  });

  const change = (planned: boolean, to: string) => ({ type: 'change', planned, resource: `database instance ${identifier}`, from: 'restored', to, operation: 'rds:ModifyDBInstance', why: 'as it was when the snapshot was taken' });

  it('tells what it gives, and in a plan what it may', async () => {
    reads(restored, configured);
    const { env } = await catching();
    expect(env.events).toContainEqual(change(false, 'configured: securityGroups'));
    expect(env.events).toContainEqual(expect.objectContaining({ type: 'waiting', waitingFor: 'the restored instance to be configured' }));
    const planned = environmentInRun(recordingRun({ step: 'restore-aside' }), planOptions());
    expect((await catchUp(planned, restoreTarget(), 'db-2', 3600))._unsafeUnwrap()).toEqual([]);
    expect(planned.events).toEqual([change(true, 'configured: security groups, what a restore cannot be told')]);
  });

  it('asks twice at most, and then tells what the instance lacks', async () => {
    reads(restored);
    expect((await catching()).result._unsafeUnwrap()).toEqual(['securityGroups: sg-default, was sg-application']);
    expect(requests()).toHaveLength(2);
  });

  it('asks nothing while the instance cannot be modified, and again where it was busy, which is no request', async () => {
    rds.on(ModifyDBInstanceCommand).rejectsOnce(refused('InvalidDBInstanceStateFault')).rejectsOnce(refused('InvalidDBInstanceStateFault')).resolves({});
    reads({ ...restored, DBInstanceStatus: 'backing-up' }, restored, restored, restored, configured);
    const { result, seen } = await catching();
    expect(result._unsafeUnwrap()).toEqual([]);
    expect(seen).toEqual([`${identifier} is backing-up`, `${identifier} is busy`, `${identifier} is about to be modified`]);
    expect(requests()).toHaveLength(3);
  });

  it('gives any other refusal as it is', async () => {
    rds.on(ModifyDBInstanceCommand).rejects(refused('InvalidVPCNetworkStateFault'));
    reads(restored);
    expect((await catching()).result._unsafeUnwrapErr()).toMatchObject({ kind: 'Unexpected', code: 'InvalidVPCNetworkStateFault' });
  });

  it('gives up on an instance that no waiting brings back', async () => {
    reads({ ...restored, DBInstanceStatus: 'incompatible-parameters' });
    expect((await catching()).result._unsafeUnwrapErr()).toMatchObject({ kind: 'RestoreFailed', instance: identifier, instanceStatus: 'incompatible-parameters' });
    expect(requests()).toEqual([]);
  });
});
