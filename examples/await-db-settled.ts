/**
 * Waits until the database has come to rest after a migration, by its load and by what it tells of itself: `npx tsx examples/await-db-settled.ts`.
 * In virtual time; autovacuum is at work on a table for a quarter of an hour, without any load. `--metrics`: by the load alone, which is over in
 * the middle of that. `--analyze`: ANALYZE is run first.
 */
// #region main
import { awaitDbSettled, connect, defineEnvironment, runScript, terminalReporter } from '@graasp/deploy';
import { startLocalCloud } from '@graasp/local-cloud';
import { commandLine } from './command-line.js';
import { withDatabaseAtWork } from './environments/database-at-work.js';
import { graaspBlueprint } from './environments/graasp-blueprint.js';
import { graaspDev } from './environments/graasp-definition.js';
import { graaspImages } from './environments/graasp-images.js';

process.env['MAINTENANCE_HEADER_NAME'] ??= 'x-operator';
process.env['MAINTENANCE_HEADER_SECRET'] ??= 'only-on-this-machine';

const { flags } = commandLine({ flags: { metrics: true, analyze: true } });

// #region sql-task
/** The migration's image has the command, its task the address of the database and a user who may see what goes on in it. */
const sqlTask = { taskDefinitionFamily: 'migrate', container: 'migrate', networkOf: 'graasp', command: ['node', 'sql.mjs'] } as const;
const environment = flags.metrics === true ? graaspDev : defineEnvironment({ ...graaspDev, sqlTask });
// #endregion sql-task

const images = withDatabaseAtWork(graaspImages(), { database: 'graasp', table: 'item', seconds: 15 * 60 });
await using cloud = await startLocalCloud({ blueprint: graaspBlueprint('dev'), images });
const reporter = terminalReporter();

await runScript(
  (signal) =>
    connect(environment, { ...cloud.connection, reporters: [reporter], signal }).andThen((env) =>
      awaitDbSettled(env, { analyze: flags.analyze }).map(({ vacuum, ran, analyzed, seconds }) => {
        console.log(`Settled after ${Math.round(seconds / 60)} min; vacuum: ${vacuum}${ran.map(({ operation, table }) => ` (${operation} of ${table})`).join('')}`);
        if (analyzed !== null) console.log(`Analyzed: ${analyzed.tables - analyzed.missed} of ${analyzed.tables} tables in ${analyzed.databases.join(', ')}`);
      }),
    ),
  { reporters: [reporter] },
);
// #endregion main
