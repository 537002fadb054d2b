import { connect, deployWithMigration, type Environment, fileRunStore, releaseHold, renderRun, reopen, restoreDb, type ResultAsync, rollBack, runReport, runScript, type ScriptError, terminalReporter } from '@graasp/deploy';
import { commands } from './commands.js';
import { continueRun } from './continue-run.js';
import { environment } from './environment.js';

/** What an error says has to be told, and how. What a call does not take, the library refuses. */
const flags: Readonly<Record<string, object>> = {
  '--retry-migration': { retryMigration: true },
  '--old-code-fits': { oldCodeFits: true },
  '--accept-lost-writes': { acceptLostWrites: true },
  '--allow-other-tasks': { otherTasks: 'allow' },
  // of `restore` alone: what it would do
  '--look': { confirm: undefined },
};
const args = process.argv.slice(2);
const [way = '', what = '', ...reason] = args.filter((arg) => !arg.startsWith('--'));
const given = args.filter((arg) => arg.startsWith('--'));
const told = given.reduce((all, flag) => ({ ...all, ...flags[flag] }), {});

/** As `commands.ts` calls them, and `report`, which changes nothing. */
const ways = new Map<string, (env: Environment) => ResultAsync<unknown, ScriptError>>([
  ['resume', (env) => continueRun(env, what, told)],
  ['reopen', (env) => reopen(env, { run: what, ...told })],
  ['restore', (env) => restoreDb(env, { confirm: environment.database, from: { snapshotId: what }, ...told })],
  ['roll-back', (env) => rollBack(env, { to: what, ...told })],
  ['deploy', (env) => deployWithMigration(env, { version: what, ...told })],
  ['release-hold', (env) => releaseHold(env, { run: what, reason: reason.join(' '), ...told })],
  ['report', (env) => runReport(env, what).andTee((report) => console.log(renderRun(report)))],
]);

const goOn = ways.get(way);
const unknown = given.some((flag) => way === 'report' || flags[flag] === undefined || (flag === '--look' && way !== 'restore'));
if (goOn === undefined || what === '' || (way === 'release-hold') !== reason.length > 0 || unknown) {
  console.error(`go-on.ts resume RUN | reopen RUN | restore SNAPSHOT | roll-back VERSION | deploy VERSION | release-hold RUN REASON | report RUN\nflags: ${Object.keys(flags).join(', ')}`);
  process.exit(2);
}
const reporter = terminalReporter();
await runScript(
  (signal) =>
    connect(environment, { signal, runStore: fileRunStore('.runs', { acknowledged: true }), reporters: [reporter], commands }).andThen(goOn),
  { reporters: [reporter] },
);
