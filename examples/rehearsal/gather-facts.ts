import type { Blueprint, InspectedTask, LocalCloud } from '@graasp/local-cloud';
import pg from 'pg';
import { connectionString } from './connection-string.js';
import type { Facts, LeakFacts, RowFacts, Sample, SnapshotFacts, VisitFacts } from './facts.js';
import { contentOf, type DatabaseContent, differences, newestRowAt, writersOf } from './proof.js';
import { restoreAside } from './restore-aside.js';
import { judgeVisits, timelineOf } from './timeline.js';
import type { Visit } from './visitors.js';

const SAMPLE = 5;
/** Services whose code the release replaces. */
const RELEASED = ['graasp', 'workers'];

/** What was known before the release began. */
export interface Before {
  readonly content: DatabaseContent;
  /** Rows created later are not in `content`. */
  readonly until: string;
  readonly migrationsApplied: number;
  /** Task definitions that the services of the release run. */
  readonly oldRevisions: readonly string[];
}

export interface Rehearsed {
  readonly cloud: LocalCloud;
  readonly blueprint: Blueprint;
  readonly before: Before;
  readonly visits: readonly Visit[];
  /** A second of the machine's time, in milliseconds of the cloud's. */
  readonly secondMs: number;
}

/** Looks at the database as it is before the release. */
export async function lookBefore(cloud: LocalCloud, blueprint: Blueprint, settle: () => Promise<void>): Promise<Before> {
  const connection = connectionTo(cloud, blueprint);
  const until = await newestRowAt(connection);
  if (until === null) throw new Error('The database is empty.');
  // a row of that moment or earlier may still be being committed
  await settle();
  return { content: await contentOf(connection, { until }), until, migrationsApplied: await migrationsApplied(connection), oldRevisions: releasedRevisions(cloud) };
}

function releasedRevisions({ inspect }: LocalCloud): readonly string[] {
  return inspect.services().flatMap(({ name, taskDefinition }) => (RELEASED.includes(name) ? [taskDefinition] : []));
}

/** Gathers everything that is to be proven. Restores the snapshot aside through RDS. */
export async function gatherFacts(rehearsed: Rehearsed): Promise<Facts> {
  const { cloud, blueprint, before, visits } = rehearsed;
  const connection = connectionTo(cloud, blueprint);
  // meanwhile visitors come for two seconds more, so that the last of them meet nothing but the end
  const [rows, snapshot] = await Promise.all([rowFacts(connection, before), snapshotFacts(rehearsed, connection), cloud.clock.sleep(2 * rehearsed.secondMs)]);
  return {
    rows,
    snapshot,
    migrationsApplied: { before: before.migrationsApplied, after: await migrationsApplied(connection) },
    migrationsRun: cloud.inspect.tasks().filter(isMigration).length,
    restored: cloud.inspect.databases().some(({ identifier }) => identifier.startsWith(`${blueprint.database.identifier}-before-`)),
    writers: await writersOf(connection),
    oldTasks: oldTasks(rehearsed),
    visits: visitFacts(visits, rehearsed.secondMs),
    defects: cloud.inspect.defects,
  };
}

/** How to reach the application's database from outside. Throws while it does not run. */
export function connectionTo({ inspect }: LocalCloud, blueprint: Blueprint): string {
  const address = inspect.database()?.address;
  if (address === undefined) throw new Error('The database does not run.');
  return connectionString(blueprint, address);
}

async function rowFacts(connection: string, { content, until }: Before): Promise<RowFacts> {
  const after = await contentOf(connection, { until });
  return { schemaBefore: content.schema, schemaAfter: after.schema, before: content.tables, lost: differences(content, after) };
}

/** Nobody wrote between the snapshot and the migration: whatever is newer in the database in use was written after the release. */
async function snapshotFacts({ cloud, blueprint }: Rehearsed, connection: string): Promise<SnapshotFacts | null> {
  const restored = await restoreAside(cloud, blueprint, async (aside) => ({ content: await contentOf(aside), until: (await newestRowAt(aside)) ?? undefined }));
  if (restored === undefined) return null;
  const { content, until } = restored.seen;
  return { id: restored.snapshotId, schema: content.schema, tables: content.tables, lost: differences(content, await contentOf(connection, { until })) };
}

async function migrationsApplied(connection: string): Promise<number> {
  const client = new pg.Client({ connectionString: connection });
  // what it was at rejects: the cloud ends under it where a proof is aborted
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query<{ applied: number }>('SELECT count(*)::int AS applied FROM drizzle.__drizzle_migrations');
    return rows[0]?.applied ?? 0;
  } finally {
    await client.end();
  }
}

/** The same definition also runs the command that tells the schema's status, started for another purpose. */
function isMigration({ group, startedBy, containers }: InspectedTask): boolean {
  return group === 'family:migrate' && startedBy?.startsWith('status') !== true && containers[0]?.exitCode === 0;
}

/** Either they had not ended when the migration's first task was created, or they were started afterwards. */
function oldTasks({ cloud, before }: Rehearsed): readonly string[] {
  const tasks = cloud.inspect.tasks();
  const begun = tasks.filter(({ group }) => group === 'family:migrate').reduce((first, { createdAt }) => Math.min(first, createdAt), Infinity);
  return tasks.filter(({ taskDefinition, stoppedAt = Infinity }) => before.oldRevisions.includes(taskDefinition) && stoppedAt > begun).map(({ arn, group }) => `${group} ${arn}`);
}

function visitFacts(visits: readonly Visit[], secondMs: number): VisitFacts {
  const { errors, leaks, oldAfterNew, letIn, ...verdict } = judgeVisits(visits);
  const ofApplication = visits.filter(({ route, kind }) => route.released && kind !== 'leak');
  return {
    total: visits.length,
    verdict,
    errors: sample(errors),
    leaks: leakFacts(leaks),
    oldAfterNew: sample(oldAfterNew),
    letIn: sample(letIn),
    application: timelineOf(ofApplication, secondMs),
    others: timelineOf(visits.filter(({ route }) => !route.released), secondMs),
  };
}

function sample(visits: readonly Visit[]): Sample {
  return { count: visits.length, first: visits.slice(0, SAMPLE) };
}

function leakFacts(leaks: readonly Visit[]): readonly LeakFacts[] {
  const found = new Map<string, LeakFacts>();
  for (const { route, service, location } of leaks) {
    const leak = { host: route.host, path: route.path, service: service ?? location ?? 'unknown' };
    const key = Object.values(leak).join(' ');
    found.set(key, { ...leak, count: (found.get(key)?.count ?? 0) + 1 });
  }
  return [...found.values()];
}
