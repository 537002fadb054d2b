import { GetMetricStatisticsCommand } from '@aws-sdk/client-cloudwatch';
import {
  AddTagsToResourceCommand,
  CreateDBSnapshotCommand,
  DeleteDBInstanceCommand,
  DeleteDBSnapshotCommand,
  DescribeAccountAttributesCommand,
  DescribeDBInstancesCommand,
  DescribeDBLogFilesCommand,
  DescribeDBSnapshotsCommand,
  DescribeEventsCommand,
  DescribePendingMaintenanceActionsCommand,
  DownloadDBLogFilePortionCommand,
  type DBInstance,
  type DBSnapshot,
  ListTagsForResourceCommand,
  ModifyDBInstanceCommand,
  RebootDBInstanceCommand,
  RemoveTagsFromResourceCommand,
  RestoreDBInstanceFromDBSnapshotCommand,
  StartDBInstanceCommand,
  StopDBInstanceCommand,
} from '@aws-sdk/client-rds';
import { RunTaskCommand } from '@aws-sdk/client-ecs';
import { afterEach, describe, expect, it } from 'vitest';
import type { LocalCloud, LocalCloudOptions } from '../../local-cloud.js';
import { clientsOf, eventually, network, smallBlueprint, startSmallCloud } from '../../test-cloud.js';

let cloud: LocalCloud;
afterEach(() => cloud.stop());

async function start(options: Partial<LocalCloudOptions> = {}) {
  cloud = await startSmallCloud(options);
  return clientsOf(cloud);
}

/** Nothing else goes on: days pass quickly. */
const onlyDatabase = { ...smallBlueprint, services: [], targetGroups: [], loadBalancer: { name: 'small', listeners: [] } };

async function describeInstance(name = 'small'): Promise<DBInstance> {
  return (await clientsOf(cloud).rds.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: name }))).DBInstances?.[0] ?? {};
}

async function describeSnapshot(name: string): Promise<DBSnapshot> {
  return (await clientsOf(cloud).rds.send(new DescribeDBSnapshotsCommand({ DBSnapshotIdentifier: name }))).DBSnapshots?.[0] ?? {};
}

const instanceIs = (status: string, name = 'small') => eventually(cloud, async () => ((await describeInstance(name)).DBInstanceStatus === status ? describeInstance(name) : undefined), 3_000);
const snapshotIs = (status: string, name: string) => eventually(cloud, async () => ((await describeSnapshot(name)).Status === status ? describeSnapshot(name) : undefined), 3_000);

/** What it was in the last 25 minutes, oldest first. */
async function read(MetricName: string): Promise<number[]> {
  const { Datapoints = [] } = await clientsOf(cloud).cloudwatch.send(
    new GetMetricStatisticsCommand({
      Namespace: 'AWS/RDS',
      MetricName,
      Dimensions: [{ Name: 'DBInstanceIdentifier', Value: 'small' }],
      StartTime: new Date(cloud.clock.now() - 1_500_000),
      EndTime: new Date(cloud.clock.now()),
      Period: 60,
      Statistics: ['Average'],
    }),
  );
  return Datapoints.sort((a, b) => (a.Timestamp?.getTime() ?? 0) - (b.Timestamp?.getTime() ?? 0)).map((point) => point.Average ?? 0);
}

async function takeSnapshot(name = 'before'): Promise<DBSnapshot> {
  await clientsOf(cloud).rds.send(new CreateDBSnapshotCommand({ DBInstanceIdentifier: 'small', DBSnapshotIdentifier: name }));
  return snapshotIs('available', name);
}

describe('StopDBInstance and StartDBInstance', () => {
  it('go through stopping and starting, and only from where AWS allows', async () => {
    const { rds } = await start();
    await expect(rds.send(new StartDBInstanceCommand({ DBInstanceIdentifier: 'small' }))).rejects.toMatchObject({ name: 'InvalidDBInstanceStateFault' });
    expect((await rds.send(new StopDBInstanceCommand({ DBInstanceIdentifier: 'small' }))).DBInstance?.DBInstanceStatus).toBe('stopping');
    const stopped = await instanceIs('stopped');
    expect((stopped.AutomaticRestartTime?.getTime() ?? 0) - cloud.clock.now()).toBeGreaterThan(6.9 * 24 * 3_600_000);
    await expect(rds.send(new StopDBInstanceCommand({ DBInstanceIdentifier: 'small' }))).rejects.toMatchObject({ name: 'InvalidDBInstanceStateFault', message: 'Instance small is not in available state.' });
    expect((await rds.send(new StartDBInstanceCommand({ DBInstanceIdentifier: 'small' }))).DBInstance?.DBInstanceStatus).toBe('starting');
    expect(await instanceIs('available')).not.toHaveProperty('AutomaticRestartTime');
  });

  it('starts a stopped instance after seven days', async () => {
    const { rds } = await start({ blueprint: onlyDatabase });
    await rds.send(new StopDBInstanceCommand({ DBInstanceIdentifier: 'small' }));
    await instanceIs('stopped');
    await cloud.clock.sleep(7 * 24 * 3_600_000 - 60_000);
    const stopped = await describeInstance();
    expect(stopped.DBInstanceStatus).toBe('stopped');
    expect(cloud.clock.now() - (stopped.LatestRestorableTime?.getTime() ?? 0)).toBeGreaterThan(6.9 * 24 * 3_600_000);
    await cloud.clock.sleep(300_000);
    expect((await describeInstance()).DBInstanceStatus).toBe('available');
  });

  it('does not start it after seven days when somebody already did', async () => {
    const { rds } = await start({ blueprint: onlyDatabase });
    await rds.send(new StopDBInstanceCommand({ DBInstanceIdentifier: 'small' }));
    await instanceIs('stopped');
    await rds.send(new StartDBInstanceCommand({ DBInstanceIdentifier: 'small' }));
    await instanceIs('available');
    await cloud.clock.sleep(7 * 24 * 3_600_000 - 120_000);
    await rds.send(new StopDBInstanceCommand({ DBInstanceIdentifier: 'small' }));
    await cloud.clock.sleep(600_000);
    expect((await describeInstance()).DBInstanceStatus).toBe('stopped');
  });

  it('keep the endpoint, drop what is pending and lose the credits', async () => {
    const { rds } = await start({ blueprint: onlyDatabase });
    const { Endpoint } = await instanceIs('available');
    await rds.send(new ModifyDBInstanceCommand({ DBInstanceIdentifier: 'small', DBInstanceClass: 'db.t4g.small' }));
    expect((await describeInstance()).PendingModifiedValues).toEqual({ DBInstanceClass: 'db.t4g.small' });
    await rds.send(new StopDBInstanceCommand({ DBInstanceIdentifier: 'small' }));
    expect(await instanceIs('stopped')).toMatchObject({ Endpoint, PendingModifiedValues: {}, DBInstanceClass: 'db.t4g.micro' });
    expect(cloud.inspect.database()?.address).toBeUndefined();
    await rds.send(new StartDBInstanceCommand({ DBInstanceIdentifier: 'small' }));
    expect(await instanceIs('available')).toMatchObject({ Endpoint });
    await cloud.clock.sleep(600_000);
    expect((await read('CPUCreditBalance')).at(-1)).toBeLessThan(10);
  });

  it('are refused in every other status, as a change is of a stopped instance', async () => {
    const { rds } = await start({ blueprint: onlyDatabase });
    const invalid = { name: 'InvalidDBInstanceStateFault' };
    const [stop, startAgain] = [() => rds.send(new StopDBInstanceCommand({ DBInstanceIdentifier: 'small' })), () => rds.send(new StartDBInstanceCommand({ DBInstanceIdentifier: 'small' }))];
    await rds.send(new CreateDBSnapshotCommand({ DBInstanceIdentifier: 'small', DBSnapshotIdentifier: 'one' }));
    await expect(stop()).rejects.toMatchObject(invalid);
    await instanceIs('available');
    await stop();
    await expect(stop()).rejects.toMatchObject(invalid);
    await expect(startAgain()).rejects.toMatchObject(invalid);
    await instanceIs('stopped');
    await expect(rds.send(new CreateDBSnapshotCommand({ DBInstanceIdentifier: 'small', DBSnapshotIdentifier: 'two' }))).rejects.toMatchObject(invalid);
    await expect(rds.send(new ModifyDBInstanceCommand({ DBInstanceIdentifier: 'small', DBInstanceClass: 'db.t4g.small' }))).rejects.toMatchObject(invalid);
    await startAgain();
    await expect(startAgain()).rejects.toMatchObject(invalid);
    await expect(stop()).rejects.toMatchObject(invalid);
  });

  it('take a database from under its tasks, which find it again once it runs', async () => {
    const { rds, ecs } = await start();
    const web = async () => (await cloud.connection.fetch('https://web.small.test/')).status;
    expect(await web()).toBe(200);
    await rds.send(new StopDBInstanceCommand({ DBInstanceIdentifier: 'small' }));
    await instanceIs('stopped');
    const rows = cloud.inspect.database()?.model?.rows;
    expect(await web()).toBe(503);
    await ecs.send(new RunTaskCommand({ cluster: 'small', taskDefinition: 'migrate', networkConfiguration: network }));
    await cloud.clock.sleep(120_000);
    expect(cloud.inspect.tasks().find(({ group }) => group === 'family:migrate')?.containers[0]?.exitCode).toBe(1);
    expect(cloud.inspect.database()?.model).toMatchObject({ schema: 'one', rows });
    await rds.send(new StartDBInstanceCommand({ DBInstanceIdentifier: 'small' }));
    await instanceIs('available');
    expect(await web()).toBe(200);
    await cloud.clock.sleep(120_000);
    expect((await read('DatabaseConnections')).at(-1)).toBe(2);
  });

  it('roll back a migration that was under way, although the server runs again at its end', async () => {
    const { rds, ecs } = await start();
    await ecs.send(new RunTaskCommand({ cluster: 'small', taskDefinition: 'migrate', networkConfiguration: network }));
    await eventually(cloud, () => cloud.inspect.tasks().some(({ group, lastStatus }) => group === 'family:migrate' && lastStatus === 'RUNNING') || undefined);
    await rds.send(new RebootDBInstanceCommand({ DBInstanceIdentifier: 'small' }));
    await cloud.clock.sleep(120_000);
    expect(cloud.inspect.database()?.model?.schema).toBe('one');
    expect(cloud.inspect.tasks().find(({ group }) => group === 'family:migrate')?.containers[0]?.exitCode).toBe(1);
  });

  it('does not know an instance of another name', async () => {
    const { rds } = await start();
    await expect(rds.send(new StopDBInstanceCommand({ DBInstanceIdentifier: 'other' }))).rejects.toMatchObject({ name: 'DBInstanceNotFoundFault', Code: 'DBInstanceNotFound', message: 'DBInstance other not found.' });
  });
});

describe('CreateDBSnapshot', () => {
  it('holds what was there when it was asked for', async () => {
    const { rds } = await start();
    const asked = cloud.clock.now();
    const rows = cloud.inspect.database()?.model?.rows;
    await rds.send(new CreateDBSnapshotCommand({ DBInstanceIdentifier: 'small', DBSnapshotIdentifier: 'Before', Tags: [{ Key: 'run', Value: '1' }] }));
    expect((await describeInstance()).DBInstanceStatus).toBe('backing-up');
    await cloud.clock.sleep(30_000);
    const creating = await describeSnapshot('before');
    expect(creating).toMatchObject({ Status: 'creating', DBSnapshotIdentifier: 'before' });
    expect(creating.PercentProgress).toBeGreaterThan(0);
    const done = await snapshotIs('available', 'before');
    expect(done).toMatchObject({ PercentProgress: 100, TagList: [{ Key: 'Name', Value: 'small' }, { Key: 'run', Value: '1' }] });
    expect(done.SnapshotDatabaseTime?.getTime()).toBe(asked);
    expect((await describeInstance()).DBInstanceStatus).toBe('available');
    expect(cloud.inspect.database()?.model?.rows).toBeGreaterThan(rows ?? 0);

    await rds.send(new RestoreDBInstanceFromDBSnapshotCommand({ DBInstanceIdentifier: 'aside', DBSnapshotIdentifier: 'before' }));
    await instanceIs('available', 'aside');
    expect(cloud.inspect.database('aside')?.model?.rows).toBe(rows);
  });

  it('is refused while another one is made', async () => {
    const { rds } = await start();
    await rds.send(new CreateDBSnapshotCommand({ DBInstanceIdentifier: 'small', DBSnapshotIdentifier: 'one' }));
    await expect(rds.send(new CreateDBSnapshotCommand({ DBInstanceIdentifier: 'small', DBSnapshotIdentifier: 'two' }))).rejects.toMatchObject({ name: 'InvalidDBInstanceStateFault' });
  });

  it('refuses a name that is taken or is not one', async () => {
    const { rds } = await start();
    await takeSnapshot('one');
    const create = (name: string) => rds.send(new CreateDBSnapshotCommand({ DBInstanceIdentifier: 'small', DBSnapshotIdentifier: name }));
    await expect(create('one')).rejects.toMatchObject({ name: 'DBSnapshotAlreadyExistsFault' });
    await expect(create('v1.54')).rejects.toMatchObject({ name: 'InvalidParameterValue' });
    await expect(create('a--b')).rejects.toMatchObject({ name: 'InvalidParameterValue' });
  });

  it('fails with the fault, and the instance goes on', async () => {
    const { rds } = await start({ faults: [{ kind: 'snapshot', what: 'fail' }] });
    await rds.send(new CreateDBSnapshotCommand({ DBInstanceIdentifier: 'small', DBSnapshotIdentifier: 'one' }));
    await snapshotIs('failed', 'one');
    expect((await describeInstance()).DBInstanceStatus).toBe('available');
    await takeSnapshot('two');
  });

  it('takes as long as there is to copy: all of it first, then what changed since the last one', async () => {
    const { rds } = await start({ blueprint: onlyDatabase });
    const lasting = async (name: string) => {
      const { SnapshotCreateTime, OriginalSnapshotCreateTime } = await takeSnapshot(name);
      return (OriginalSnapshotCreateTime!.getTime() - SnapshotCreateTime!.getTime()) / 1_000;
    };
    const first = await lasting('first');
    expect(first).toBeGreaterThanOrEqual(60);
    const second = await lasting('second');
    expect(second).toBeGreaterThanOrEqual(12);
    expect(second).toBeLessThanOrEqual(24);

    await rds.send(new RestoreDBInstanceFromDBSnapshotCommand({ DBInstanceIdentifier: 'aside', DBSnapshotIdentifier: 'first' }));
    await instanceIs('available', 'aside');
    expect(await lasting('third')).toBeLessThanOrEqual(24);
    await rds.send(new CreateDBSnapshotCommand({ DBInstanceIdentifier: 'aside', DBSnapshotIdentifier: 'of-the-restored' }));
    const { SnapshotCreateTime, OriginalSnapshotCreateTime } = await snapshotIs('available', 'of-the-restored');
    expect(OriginalSnapshotCreateTime!.getTime() - SnapshotCreateTime!.getTime()).toBeGreaterThanOrEqual(60_000);
  });

  it('stops at a hundred', async () => {
    const { rds } = await start({ blueprint: onlyDatabase });
    for (let count = 0; count < 100; count += 1) {
      await rds.send(new CreateDBSnapshotCommand({ DBInstanceIdentifier: 'small', DBSnapshotIdentifier: `s${String(count)}` }));
      await cloud.clock.sleep(150_000);
    }
    await expect(takeSnapshot('one-more')).rejects.toMatchObject({ name: 'SnapshotQuotaExceededFault' });
    expect((await rds.send(new DescribeAccountAttributesCommand())).AccountQuotas).toContainEqual({ AccountQuotaName: 'ManualSnapshots', Used: 100, Max: 100 });
    const first = await rds.send(new DescribeDBSnapshotsCommand({ MaxRecords: 60 }));
    const second = await rds.send(new DescribeDBSnapshotsCommand({ MaxRecords: 60, Marker: first.Marker }));
    expect([first.DBSnapshots?.length, second.DBSnapshots?.length, second.Marker]).toEqual([60, 40, undefined]);
  });

  it('can be deleted once it is available', async () => {
    const { rds } = await start();
    await rds.send(new CreateDBSnapshotCommand({ DBInstanceIdentifier: 'small', DBSnapshotIdentifier: 'one' }));
    await expect(rds.send(new DeleteDBSnapshotCommand({ DBSnapshotIdentifier: 'one' }))).rejects.toMatchObject({ name: 'InvalidDBSnapshotStateFault' });
    await snapshotIs('available', 'one');
    await rds.send(new DeleteDBSnapshotCommand({ DBSnapshotIdentifier: 'one' }));
    await expect(describeSnapshot('one')).rejects.toMatchObject({ name: 'DBSnapshotNotFoundFault' });
  });
});

describe('RestoreDBInstanceFromDBSnapshot', () => {
  it('falls back to defaults for what it is not told', async () => {
    const { rds } = await start();
    await takeSnapshot();
    await rds.send(new RestoreDBInstanceFromDBSnapshotCommand({ DBInstanceIdentifier: 'aside', DBSnapshotIdentifier: 'before' }));
    expect(await describeInstance('aside')).not.toHaveProperty('Endpoint');
    const restored = await instanceIs('available', 'aside');
    expect(await describeInstance()).toMatchObject({ DeletionProtection: true, PerformanceInsightsEnabled: true, VpcSecurityGroups: [{ VpcSecurityGroupId: 'sg-small-database' }] });
    expect(restored).toMatchObject({
      DBInstanceClass: 'db.t4g.micro',
      AllocatedStorage: 20,
      DeletionProtection: false,
      PerformanceInsightsEnabled: false,
      DBParameterGroups: [{ DBParameterGroupName: 'default.postgres16' }],
      VpcSecurityGroups: [{ VpcSecurityGroupId: 'sg-default' }],
      DBSubnetGroup: { DBSubnetGroupName: 'default' },
      TagList: [{ Key: 'Name', Value: 'small' }],
    });
    expect(restored.DbiResourceId).not.toBe((await describeInstance()).DbiResourceId);
  });

  it('needs a free name', async () => {
    const { rds } = await start();
    await takeSnapshot();
    await expect(rds.send(new RestoreDBInstanceFromDBSnapshotCommand({ DBInstanceIdentifier: 'small', DBSnapshotIdentifier: 'before' }))).rejects.toMatchObject({ name: 'DBInstanceAlreadyExistsFault' });
  });
});

describe('ModifyDBInstance', () => {
  it('renames: for a while neither name is found, the resource id always is', async () => {
    const { rds } = await start();
    const before = await describeInstance();
    await rds.send(new ModifyDBInstanceCommand({ DBInstanceIdentifier: 'small', NewDBInstanceIdentifier: 'renamed', ApplyImmediately: true }));
    const found = async (name: string) => describeInstance(name).then(() => true, () => false);
    const seen = new Set<string>();
    await eventually(cloud, async () => {
      const state = `${String(await found('small'))} ${String(await found('renamed'))}`;
      seen.add(state);
      const byId = await rds.send(new DescribeDBInstancesCommand({ Filters: [{ Name: 'dbi-resource-id', Values: [before.DbiResourceId ?? ''] }] }));
      expect(byId.DBInstances).toHaveLength(1);
      return byId.DBInstances?.[0]?.DBInstanceStatus === 'available' && byId.DBInstances[0].DBInstanceIdentifier === 'renamed' ? true : undefined;
    });
    expect([...seen]).toEqual(['true false', 'false false', 'false true']);
    expect((await describeInstance('renamed')).Endpoint?.Address).toMatch(/^renamed\./);
  });

  it('puts a restored instance in the place of another: what starts then finds it by the old name', async () => {
    const { rds, ecs } = await start();
    await takeSnapshot();
    await rds.send(new RestoreDBInstanceFromDBSnapshotCommand({ DBInstanceIdentifier: 'restored', DBSnapshotIdentifier: 'before' }));
    const restored = await instanceIs('available', 'restored');
    const rename = async (from: string, to: string) => {
      await rds.send(new ModifyDBInstanceCommand({ DBInstanceIdentifier: from, NewDBInstanceIdentifier: to, ApplyImmediately: true }));
      await cloud.clock.sleep(180_000);
    };
    await rename('small', 'aside');
    await rename('restored', 'small');
    expect((await describeInstance()).DbiResourceId).toBe(restored.DbiResourceId);
    await ecs.send(new RunTaskCommand({ cluster: 'small', taskDefinition: 'migrate', networkConfiguration: network }));
    await cloud.clock.sleep(120_000);
    expect([cloud.inspect.database('small')?.model?.schema, cloud.inspect.database('aside')?.model?.schema]).toEqual(['two', 'one']);
  });

  it('keeps a larger class pending until the maintenance window unless applied immediately', async () => {
    const { rds } = await start();
    await rds.send(new ModifyDBInstanceCommand({ DBInstanceIdentifier: 'small', DBInstanceClass: 'db.t4g.small' }));
    await cloud.clock.sleep(600_000);
    expect(await describeInstance()).toMatchObject({ DBInstanceClass: 'db.t4g.micro', PendingModifiedValues: { DBInstanceClass: 'db.t4g.small' }, DBInstanceStatus: 'available' });
    await rds.send(new ModifyDBInstanceCommand({ DBInstanceIdentifier: 'small', BackupRetentionPeriod: 7, ApplyImmediately: true }));
    expect((await describeInstance()).DBInstanceStatus).toBe('modifying');
    expect(await instanceIs('available')).toMatchObject({ DBInstanceClass: 'db.t4g.small', BackupRetentionPeriod: 7 });
  });

  it('optimizes storage that grew, and a snapshot can be taken meanwhile', async () => {
    const { rds } = await start();
    await rds.send(new ModifyDBInstanceCommand({ DBInstanceIdentifier: 'small', AllocatedStorage: 40, ApplyImmediately: true }));
    expect(await instanceIs('storage-optimization')).toMatchObject({ AllocatedStorage: 40, PercentProgress: '0' });
    await expect(rds.send(new ModifyDBInstanceCommand({ DBInstanceIdentifier: 'small', AllocatedStorage: 60, ApplyImmediately: true }))).rejects.toMatchObject({ name: 'InvalidDBInstanceStateFault' });
    await rds.send(new CreateDBSnapshotCommand({ DBInstanceIdentifier: 'small', DBSnapshotIdentifier: 'one' }));
    await instanceIs('available');
  });
});

describe('DeleteDBInstance', () => {
  it('refuses a protected instance', async () => {
    const { rds } = await start();
    const command = new DeleteDBInstanceCommand({ DBInstanceIdentifier: 'small', SkipFinalSnapshot: true });
    await expect(rds.send(command)).rejects.toMatchObject({ name: 'InvalidParameterCombination', message: 'Cannot delete protected DB Instance, please disable deletion protection and try again.' });
    await rds.send(new ModifyDBInstanceCommand({ DBInstanceIdentifier: 'small', DeletionProtection: false }));
    expect((await rds.send(command)).DBInstance?.DBInstanceStatus).toBe('deleting');
    await cloud.clock.sleep(120_000);
    await expect(describeInstance()).rejects.toMatchObject({ name: 'DBInstanceNotFoundFault' });
  });
});

describe('RebootDBInstance', () => {
  it('goes through rebooting', async () => {
    const { rds } = await start();
    await rds.send(new RebootDBInstanceCommand({ DBInstanceIdentifier: 'small' }));
    expect((await describeInstance()).DBInstanceStatus).toBe('rebooting');
    await instanceIs('available');
  });
});

describe('tags of RDS', () => {
  it('are added, listed and removed', async () => {
    const { rds } = await start();
    const ResourceName = (await describeInstance()).DBInstanceArn;
    await rds.send(new AddTagsToResourceCommand({ ResourceName, Tags: [{ Key: 'a', Value: '1' }, { Key: 'Name', Value: 'new' }] }));
    expect((await rds.send(new ListTagsForResourceCommand({ ResourceName }))).TagList).toEqual([{ Key: 'a', Value: '1' }, { Key: 'Name', Value: 'new' }]);
    await rds.send(new RemoveTagsFromResourceCommand({ ResourceName, TagKeys: ['a'] }));
    expect((await describeInstance()).TagList).toEqual([{ Key: 'Name', Value: 'new' }]);
  });
});

describe('what an instance tells about itself', () => {
  it('has the ERROR of a migration that failed in its log', async () => {
    const { rds, ecs } = await start();
    cloud.pushImage({ reference: 'shop:migrate-latest', model: { kind: 'migration', from: 'zero', to: 'two', seconds: 5 } });
    await ecs.send(new RunTaskCommand({ cluster: 'small', taskDefinition: 'migrate', networkConfiguration: network }));
    await cloud.clock.sleep(120_000);
    const { DescribeDBLogFiles: [file] = [] } = await rds.send(new DescribeDBLogFilesCommand({ DBInstanceIdentifier: 'small' }));
    expect(file?.LogFileName).toBe('error/postgresql.log.2026-11-23-08');
    const portion = await rds.send(new DownloadDBLogFilePortionCommand({ DBInstanceIdentifier: 'small', LogFileName: file?.LogFileName, Marker: '0' }));
    expect(portion.LogFileData).toContain('ERROR:  relation of schema "zero" does not exist');
    expect(portion.AdditionalDataPending).toBe(false);
    const again = await rds.send(new DownloadDBLogFilePortionCommand({ DBInstanceIdentifier: 'small', LogFileName: file?.LogFileName, Marker: portion.Marker }));
    expect(again.LogFileData ?? '').toBe('');
  });

  it('tells in whole milliseconds when its log was last written, whatever its clock says', async () => {
    const { rds } = await start();
    await cloud.clock.sleep(0.25);
    const { DescribeDBLogFiles: files = [] } = await rds.send(new DescribeDBLogFilesCommand({ DBInstanceIdentifier: 'small' }));
    expect(files.map(({ LastWritten }) => Number.isInteger(LastWritten))).toEqual([true]);
  });

  it('has a log file an hour', async () => {
    const { rds } = await start();
    await cloud.clock.sleep(3_700_000);
    const { DescribeDBLogFiles: files } = await rds.send(new DescribeDBLogFilesCommand({ DBInstanceIdentifier: 'small' }));
    expect(files?.map((file) => file.LogFileName)).toEqual(['error/postgresql.log.2026-11-23-08', 'error/postgresql.log.2026-11-23-09']);
  });

  it('is busy after a migration, every minute, with credits every five', async () => {
    const { ecs } = await start();
    await cloud.clock.sleep(600_000);
    await ecs.send(new RunTaskCommand({ cluster: 'small', taskDefinition: 'migrate', networkConfiguration: network }));
    await cloud.clock.sleep(900_000);
    const cpu = await read('CPUUtilization');
    expect(cpu.length).toBeGreaterThan(20);
    expect(Math.max(...cpu)).toBeGreaterThan(30);
    expect(cpu.at(-1)).toBeLessThan(10);
    expect((await read('CPUCreditBalance')).length).toBeLessThan(cpu.length / 4);
    // minutes without load have no datum
    const load = await read('DBLoad');
    expect(Math.max(...load)).toBeGreaterThan(5);
    expect(load.length).toBeLessThan(5);
  });

  it('has events', async () => {
    const { rds } = await start();
    await takeSnapshot();
    const { Events } = await rds.send(new DescribeEventsCommand({ SourceIdentifier: 'small', SourceType: 'db-instance' }));
    expect(Events?.map((event) => event.Message)).toEqual(['DB instance created', 'Finished DB Instance backup', 'Backing up DB instance', 'Finished DB Instance backup']);
  });
});

describe('RDS: what comes at its own time', () => {
  it('has its windows twelve hours after the start, out of a rehearsal’s way, unless the blueprint places them', async () => {
    await start();
    expect(await describeInstance()).toMatchObject({ PreferredBackupWindow: '20:00-20:30', PreferredMaintenanceWindow: 'mon:20:30-mon:21:00' });
    await cloud.stop();
    await start({ blueprint: { ...smallBlueprint, database: { ...smallBlueprint.database, backupWindow: '23:45-00:15', maintenanceWindow: 'sun:23:45-mon:00:15' } } });
    expect(await describeInstance()).toMatchObject({ PreferredBackupWindow: '23:45-00:15', PreferredMaintenanceWindow: 'sun:23:45-mon:00:15' });
  });

  it('tells of maintenance that the blueprint has pending, of this instance only', async () => {
    const pendingMaintenance = [{ action: 'system-update', autoAppliedAfter: '2026-11-25T00:00:00.000Z' }];
    const { rds } = await start({ blueprint: { ...smallBlueprint, database: { ...smallBlueprint.database, pendingMaintenance } } });
    const { DBInstanceArn } = await describeInstance();
    const { PendingMaintenanceActions } = await rds.send(new DescribePendingMaintenanceActionsCommand({ ResourceIdentifier: DBInstanceArn }));
    expect(PendingMaintenanceActions).toEqual([{ ResourceIdentifier: DBInstanceArn, PendingMaintenanceActionDetails: [{ Action: 'system-update', AutoAppliedAfterDate: new Date('2026-11-25T00:00:00.000Z') }] }]);
    expect((await rds.send(new DescribePendingMaintenanceActionsCommand({ ResourceIdentifier: `${DBInstanceArn}-other` }))).PendingMaintenanceActions).toEqual([]);
  });
});
