import { connect, deployWithMigration, type Environment, fileRunStore, releaseHold, reopen, restoreDb, type ResultAsync, rollBack, runScript, type ScriptError, terminalReporter } from '@graasp/deploy';
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

/** As `commands.ts` calls them. */
const ways = new Map<string, (env: Environment) => ResultAsync<unknown, ScriptError>>([
  ['resume', (env) => continueRun(env, what, told)],
  ['reopen', (env) => reopen(env, { run: what, ...told })],
  ['restore', (env) => restoreDb(env, { confirm: environment.database, from: { snapshotId: what }, ...told })],
  ['roll-back', (env) => rollBack(env, { to: what, ...told })],
  ['deploy', (env) => deployWithMigration(env, { version: what, ...told })],
  ['release-hold', (env) => releaseHold(env, { run: what, reason: reason.join(' '), ...told })],
]);

const goOn = ways.get(way);
if (goOn === undefined || what === '' || (way === 'release-hold') !== reason.length > 0 || given.some((flag) => flags[flag] === undefined || (flag === '--look' && way !== 'restore'))) {
  console.error(`go-on.ts resume RUN | reopen RUN | restore SNAPSHOT | roll-back VERSION | deploy VERSION | release-hold RUN REASON\nflags: ${Object.keys(flags).join(', ')}`);
  process.exit(2);
}
const reporter = terminalReporter();
await runScript(
  (signal) =>
    connect(environment, { signal, runStore: fileRunStore('.runs', { acknowledged: true }), reporters: [reporter], commands }).andThen(goOn),
  { reporters: [reporter] },
);
