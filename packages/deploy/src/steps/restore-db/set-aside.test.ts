import { type DBInstance, DescribeDBInstancesCommand, ModifyDBInstanceCommand, RDSClient } from '@aws-sdk/client-rds';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { planOptions } from '../../environment/environment.fixture.js';
import type { Baseline } from '../../runs/baseline.js';
import { environmentInRun, recordingRun } from '../recording-run.fixture.js';
import { inUse, refused, restoreTarget } from './restore-target.fixture.js';
import { setAside } from './set-aside.js';

const rds = mockClient(RDSClient);
const aside = 'graasp-dev-before-run-1';
const baseline: Baseline = { takenAt: '2026-11-23T09:30:00.000Z', byRun: 'run-1', gate: {}, services: {}, targetGroups: {}, putAside: ['gate'] };
const named = (...groups: readonly string[]): DBInstance => ({ ...inUse, DBInstanceIdentifier: aside, VpcSecurityGroups: groups.map((VpcSecurityGroupId) => ({ VpcSecurityGroupId })) });
const requests = () => rds.commandCalls(ModifyDBInstanceCommand).map(({ args }) => args[0].input);

/** Renamed already, with these groups read after read; the last ones go on. */
function groups(...reads: readonly (readonly string[])[]): void {
  let at = -2;
  rds.on(DescribeDBInstancesCommand).callsFake(() => {
    at += 1;
    return { DBInstances: [named(...reads[Math.min(Math.max(at, 0), reads.length - 1)]!)] };
  });
}

async function close(changes: { readonly groups?: readonly string[]; readonly before?: readonly string[] } = {}) {
  const saved: Baseline[] = [];
  const run = { ...recordingRun({ step: 'set-aside', baseline }), saveBaseline: (next: Baseline) => (saved.push(next), recordingRun().saveBaseline(next)) };
  const env = environmentInRun(run);
  const target = restoreTarget();
  const result = await setAside(env, { ...target, present: { ...target.present, securityGroups: changes.before ?? ['sg-application'] } }, { resourceId: 'db-2', defaultSecurityGroups: changes.groups ?? ['sg-default'] }, 3600);
  return { env, result, saved };
}

beforeEach(() => {
  rds.reset();
  rds.on(ModifyDBInstanceCommand).resolves({});
});

describe('setAside', () => {
  it('takes away what the application reached the instance by, and is done once that is read', async () => {
    groups(['sg-application'], ['sg-application'], ['sg-default']);
    const { result, saved, env } = await close();
    expect(result._unsafeUnwrap()).toEqual({ identifier: aside, resourceId: 'db-1', endpoint: 'graasp-dev.rds.test', securityGroupsTaken: ['sg-application'], securityGroups: ['sg-default'] });
    expect(requests()).toEqual([{ VpcSecurityGroupIds: ['sg-default'], DBInstanceIdentifier: aside, ApplyImmediately: true }]);
    expect(saved).toEqual([{ ...baseline, database: 'db-1', putAside: ['gate', 'database'] }]);
    expect(env.events.filter(({ type }) => type === 'warning')).toEqual([]);
    expect(env.events.filter(({ type }) => type === 'change')).toEqual([
      { type: 'change', planned: false, resource: `database instance ${aside}`, from: 'security groups sg-application', to: 'security groups sg-default', operation: 'rds:ModifyDBInstance', why: 'nothing of the application is to write to it any more' },
    ]);
    expect(env.events).toContainEqual(expect.objectContaining({ type: 'waiting', waitingFor: `${aside} to be reached by nobody`, seen: 'about to be changed' }));
  });

  it('journals that the database is away before it is renamed', async () => {
    groups(['sg-default']);
    const { saved } = await close();
    expect(saved.map(({ putAside }) => putAside)).toEqual([['gate', 'database']]);
    expect(requests()).toEqual([]);
  });

  it('goes by which groups there are, and not by their order', async () => {
    groups(['sg-b', 'sg-a']);
    expect((await close({ groups: ['sg-a', 'sg-b'] })).result.isOk()).toBe(true);
    expect(requests()).toEqual([]);
  });

  it('asks again while the instance is busy, and after a minute without effect', async () => {
    rds.on(ModifyDBInstanceCommand).rejectsOnce(refused('InvalidDBInstanceStateFault')).resolves({});
    groups(...Array.from({ length: 10 }, () => ['sg-application']), ['sg-default']);
    const { result, env } = await close();
    expect(result.isOk()).toBe(true);
    expect(requests()).toHaveLength(3);
    expect(env.events).toContainEqual(expect.objectContaining({ type: 'waiting', seen: `${aside} is busy` }));
  });

  it('gives any other refusal as it is: who is not kept out is not aside', async () => {
    rds.on(ModifyDBInstanceCommand).rejects(refused('AccessDenied'));
    groups(['sg-application']);
    expect((await close()).result._unsafeUnwrapErr()).toMatchObject({ kind: 'AccessDenied', action: 'rds:ModifyDBInstance' });
  });

  it('plans both changes, to the VPC’s default group where nothing tells which that is', async () => {
    rds.on(DescribeDBInstancesCommand).resolves({ DBInstances: [inUse] });
    const env = environmentInRun(recordingRun({ step: 'set-aside', baseline }), planOptions());
    expect((await setAside(env, restoreTarget(), { resourceId: 'planned', defaultSecurityGroups: [] }, 3600)).isOk()).toBe(true);
    expect(env.events).toMatchObject([
      { type: 'change', planned: true, to: aside, why: 'kept as it is: nothing is deleted' },
      { type: 'change', planned: true, from: 'security groups sg-application', to: "security groups the VPC's default" },
    ]);
    expect(requests()).toEqual([]);
  });

  it('says who is still let in where the instance had the default group before', async () => {
    groups(['sg-default']);
    const { result, env } = await close({ before: ['sg-application', 'sg-default'] });
    expect(result._unsafeUnwrap()).toMatchObject({ securityGroupsTaken: ['sg-application'], securityGroups: ['sg-default'] });
    expect(env.events).toContainEqual({ type: 'warning', message: `${aside} had sg-default before, which is all that an instance without groups of its own has: whoever was let in by that still is.` });
  });
});
