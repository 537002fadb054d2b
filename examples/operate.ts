/**
 * What the workflows in `examples/workflows` run on GitHub: one operation on one environment, named by variables. Its runs are in the bucket of
 * RUNS_BUCKET, because a runner's disk is gone with it; its credentials are those of RELEASE_ROLE, for as long as the job lasts.
 */
// #region main
import { connect, githubReporter, ResultAsync, runScript, s3RunStore } from '@graasp/deploy';
import { commandsOnGithub } from './operations/commands-on-github.js';
import { connectionOnGithub } from './operations/connection-on-github.js';
import { type Order, readOrder } from './operations/read-order.js';

process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';

const reporter = githubReporter();

await runScript((signal) => readOrder(process.env).asyncAndThen((order) => carryOut(order, signal)), { reporters: [reporter] });

function carryOut({ environment, definition, bucket, operate }: Order, signal: AbortSignal) {
  return ResultAsync.fromSafePromise(connectionOnGithub(definition.region, reporter.hide)).andThen((connection) => {
    // a nightly stop waits for a release that was started elsewhere than here
    const lock = { waitSeconds: 1800 };
    return connect(definition, { ...connection, runStore: s3RunStore({ bucket }), lock, commands: commandsOnGithub(environment), reporters: [reporter], signal }).andThen(operate);
  });
}
// #endregion main
