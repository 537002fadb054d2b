/**
 * A recipe of one's own, with a step of one's own: rebuilds a shop's search index while visitors are kept out: `npx tsx examples/own-recipe.ts`.
 * In virtual time. `--fail`: the rebuild gives up half-way.
 */
// #region main
import { connect, plan, runScript, terminalReporter } from '@graasp/deploy';
import { startLocalCloud } from '@graasp/local-cloud';
import { commandLine } from './command-line.js';
import { account, images } from './guide/account.js';
import { environment } from './guide/environment.js';
import { officeModel } from './own-recipe/office-model.js';
import { rebuildBehindGate } from './own-recipe/rebuild-search.js';

process.env['MAINTENANCE_HEADER_NAME'] ??= 'x-operator';
process.env['MAINTENANCE_HEADER_SECRET'] ??= 'only-on-this-machine';

const { flags } = commandLine({ flags: { fail: true } });

const office = officeModel();
if (flags.fail === true) office.failNext();
await using cloud = await startLocalCloud({ blueprint: account, images: [...images, office.image] });
const reporter = terminalReporter();
const recipe = rebuildBehindGate(cloud.connection.fetch);
const options = { reason: 'products have colours' };

await runScript(
  (signal) =>
    connect(environment, { ...cloud.connection, reporters: [reporter], signal }).andThen((env) =>
      plan(env, recipe, options)
        .andTee(({ steps }) => steps.forEach(({ name, changes }) => console.log(`would ${name}${changes.map(({ resource, to }) => `, ${resource} → ${to}`).join('')}`)))
        .andThen(() => recipe(env, options)),
    ),
  { reporters: [reporter] },
);
// #endregion main
