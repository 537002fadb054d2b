import { fileURLToPath } from 'node:url';
import { DescribeTasksCommand, ECSClient, RunTaskCommand } from '@aws-sdk/client-ecs';
import { connect, defineEnvironment, memoryRunStore, restoreDb, snapshotDb } from '@graasp/deploy';
import { type LocalCloud, startLocalCloud } from '@graasp/local-cloud';
import pg from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import { shop, shopBlueprint } from './shop.js';

let cloud: LocalCloud;
afterEach(() => cloud.stop());

/** A shop whose office has a database of its own on the same instance. */
const definition = defineEnvironment({ ...shop, services: { ...shop.services, office: { ...shop.services.office, databases: ['stats'] } } });
/** Nothing runs but what the test starts: what is at stake is data. */
const blueprint = {
  ...shopBlueprint,
  database: { ...shopBlueprint.database, databases: ['shop', 'stats'] },
  services: shopBlueprint.services.map(({ autoScaling: _, ...service }) => ({ ...service, desiredCount: 0 })),
};
const writer = { reference: 'office:1', process: { command: ['node', fileURLToPath(new URL('write-entry.fixture.mjs', import.meta.url))] } };
const network = { awsvpcConfiguration: { subnets: ['subnet-a'], securityGroups: ['sg-shop'] } };

async function on<T>(instance: string, sql: string, database = 'shop'): Promise<readonly T[]> {
  const client = new pg.Client({ ...cloud.inspect.database(instance)!.address!, user: 'keeper', password: 'not a secret', database });
  await client.connect();
  try {
    return (await client.query(sql)).rows as T[];
  } finally {
    await client.end();
  }
}

/** The exit code of a task of the application that writes to an instance by its name. */
async function writeAsTask(endpoint: string): Promise<number | undefined> {
  const ecs = new ECSClient({ region: shop.region, endpoint: cloud.url!, credentials: cloud.connection.aws.credentials });
  const overrides = { containerOverrides: [{ name: 'office', environment: [{ name: 'DB', value: `postgresql://keeper:not%20a%20secret@${endpoint}:5432/shop` }] }] };
  const { tasks } = await ecs.send(new RunTaskCommand({ cluster: 'shop', taskDefinition: 'office', launchType: 'FARGATE', networkConfiguration: network, overrides }));
  for (;;) {
    const described = await ecs.send(new DescribeTasksCommand({ cluster: 'shop', tasks: [tasks![0]!.taskArn!] }));
    if (described.tasks?.[0]?.lastStatus === 'STOPPED') return described.tasks[0].containers?.[0]?.exitCode;
    await cloud.clock.sleep(10_000);
  }
}

describe('restoreDb on a real PostgreSQL', () => {
  it('brings back what was written before, keeps what was written after aside, and lets the application write to the one in place alone', { timeout: 120_000 }, async () => {
    cloud = await startLocalCloud({ blueprint, images: [writer], hosts: 'real', scale: 600 });
    const env = (await connect(definition, { ...cloud.connection, runStore: memoryRunStore() }))._unsafeUnwrap();
    await on('shop', "CREATE TABLE entry (text text); INSERT INTO entry VALUES ('written by a member')");
    await on('shop', 'CREATE TABLE visit AS SELECT 1 AS count', 'stats');
    const { restorePoint } = (await snapshotDb(env))._unsafeUnwrap();
    await on('shop', "ALTER TABLE entry ADD COLUMN migrated boolean DEFAULT true; INSERT INTO entry VALUES ('written after the migration')");
    await on('shop', 'UPDATE visit SET count = 2', 'stats');

    const report = (await restoreDb(env, { confirm: 'shop', from: restorePoint, acceptLostWrites: true }))._unsafeUnwrap();

    expect(await on('shop', 'SELECT * FROM entry')).toEqual([{ text: 'written by a member' }]);
    const aside = report.setAside.identifier;
    expect(await on(aside, 'SELECT * FROM entry ORDER BY text')).toEqual([
      { text: 'written after the migration', migrated: true },
      { text: 'written by a member', migrated: true },
    ]);
    expect(report.databases.map(({ database, usedBy }) => `${database}: ${usedBy.join(', ')}`)).toEqual(['shop: web, jobs', 'stats: office']);
    expect([await on('shop', 'SELECT count FROM visit', 'stats'), await on(aside, 'SELECT count FROM visit', 'stats')]).toEqual([[{ count: 1 }], [{ count: 2 }]]);
    expect(report.bringOver.slice(-2)).toEqual([
      `pg_dump --format=custom --host=${report.setAside.endpoint} --port=5432 --username=keeper --file=stats.dump stats`,
      `pg_restore --create --clean --if-exists --exit-on-error --host=${report.endpoint} --port=5432 --username=keeper --dbname=postgres stats.dump`,
    ]);

    expect([await writeAsTask(report.endpoint), await writeAsTask(report.setAside.endpoint)]).toEqual([0, 1]);
    expect(await on('shop', 'SELECT * FROM entry ORDER BY text')).toEqual([{ text: 'written by a member' }, { text: 'written by a task' }]);
    expect(await on(aside, "SELECT * FROM entry WHERE text LIKE '%task'")).toEqual([]);
  });
});
