import { connect, deployWithMigration, runScript, terminalReporter } from '@graasp/deploy';
import { startLocalCloud } from '@graasp/local-cloud';
import { account, brokenMigration, images } from './account.js';
import { environment } from './environment.js';

process.env['MAINTENANCE_HEADER_NAME'] ??= 'x-operator';
process.env['MAINTENANCE_HEADER_SECRET'] ??= 'only-on-this-machine';

const unknown = process.argv.slice(2).filter((arg) => !['--real', '--fail'].includes(arg));
if (unknown.length > 0) {
  console.error(`${unknown.join(', ')}: unknown; there are --real and --fail`);
  process.exit(2);
}
const hosts = process.argv.includes('--real') ? 'real' : 'model';
await using cloud = await startLocalCloud({ blueprint: account, images, hosts });
if (cloud.pageUrl !== undefined) console.log(`watch it at ${cloud.pageUrl}`);
if (process.argv.includes('--fail')) cloud.pushImage(brokenMigration);

const reporter = terminalReporter();
await runScript(
  (signal) =>
    connect(environment, { ...cloud.connection, signal, reporters: [reporter] })
      .andThen((env) => deployWithMigration(env, { version: 'v1.1.0', reopen: 'when-verified' })),
  { reporters: [reporter] },
);
// only models know which schema their code fits
if (hosts === 'model') console.log(`times that code met a schema that it does not fit: ${cloud.inspect.violations.length}`);
