/**
 * A release whose machine dies while the migration runs, finished from another machine that has nothing of the first but a bucket:
 * `npx tsx examples/s3-run-store.ts`. In virtual time, against a cloud in this process.
 */
import { commandLine } from './command-line.js';

commandLine({});
// #region main
import { type Clock, connect, type ConnectOptions, deployWithMigration, errAsync, resume, runScript, s3RunStore, terminalReporter } from '@graasp/deploy';
import { startLocalCloud } from '@graasp/local-cloud';
import { graaspBlueprint } from './environments/graasp-blueprint.js';
import { graaspDev } from './environments/graasp-definition.js';
import { graaspImages } from './environments/graasp-images.js';

process.env['MAINTENANCE_HEADER_NAME'] ??= 'x-operator';
process.env['MAINTENANCE_HEADER_SECRET'] ??= 'only-on-this-machine';

const release = { version: 'v1.55.0', reopen: 'when-verified' } as const;
const definition = { ...graaspDev, infrastructureLock: { bucket: 'graasp-terraform', key: 'dev/terraform.tfstate' }, heartbeat: true };
const runsOf = (actor: string) => s3RunStore({ bucket: 'graasp-releases', prefix: 'runs', self: { actor } });

let powered = true;
let die = (): void => undefined;
const died = new Promise<void>((resolve) => (die = () => ((powered = false), resolve())));
await using cloud = await startLocalCloud({
  blueprint: { ...graaspBlueprint('dev'), buckets: ['graasp-releases', 'graasp-terraform'] },
  images: graaspImages(),
  // the task of the migration has started, and nobody hears of it
  faults: [{ kind: 'crash-caller', operation: 'ecs:RunTask', occurrence: 2 }],
  onCrashCaller: () => die(),
});

const runner: ConnectOptions = { ...cloud.connection, clock: whilePowered(cloud.connection.clock), runStore: runsOf('github-actions run 4711') };
const onRunner = connect(definition, runner).andThen((env) => deployWithMigration(env, release));
await Promise.race([died, onRunner.match(({ summary }) => console.log(summary), ({ message }) => console.log(message))]);
console.log('The runner is gone; nobody knows how far it came.');

const reporter = terminalReporter();
await cloud.clock.sleep(3 * 60 * 1000);
await runScript(
  (signal) =>
    connect(definition, { ...cloud.connection, runStore: runsOf('anna@laptop'), reporters: [reporter], signal }).andThen((env) =>
      deployWithMigration(env, release).orElse((error) => {
        // whoever does this in earnest looks at the environment first
        console.log(`${error.message}\n${error.remedy}`);
        return error.kind === 'Conflict' && error.holder !== undefined ? resume(env, deployWithMigration, error.holder) : errAsync(error);
      }),
    ),
  { reporters: [reporter] },
);

/** Time on a machine whose power may fail: nothing on it wakes up then. */
function whilePowered({ now, random, sleep, background }: Clock): Clock {
  const woken = async (...time: Parameters<Clock['sleep']>) => {
    await sleep(...time);
    if (!powered) await new Promise(() => undefined);
  };
  return { now, random, sleep: woken, background: background === undefined ? undefined : whilePowered(background) };
}
// #endregion main
