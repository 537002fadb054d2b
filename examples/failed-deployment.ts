/** A deployment that fails tells why, in one bundle: as JSON for programs, as Markdown for the summary of a CI job: `npx tsx examples/failed-deployment.ts`. In virtual time. */
import { commandLine } from './command-line.js';

commandLine({});
// #region main
import { appendFileSync } from 'node:fs';
import { connect, deployWithoutMigration, renderFailureMarkdown, runScript } from '@graasp/deploy';
import { startLocalCloud } from '@graasp/local-cloud';
import { graaspBlueprint } from './environments/graasp-blueprint.js';
import { graaspDev } from './environments/graasp-definition.js';
import { graaspImages, PATCH_VERSION, patchImages } from './environments/graasp-images.js';

process.env['MAINTENANCE_HEADER_NAME'] ??= 'x-operator';
process.env['MAINTENANCE_HEADER_SECRET'] ??= 'only-on-this-machine';

await using cloud = await startLocalCloud({ blueprint: graaspBlueprint('dev'), images: [...graaspImages(), ...patchImages()] });
// what the new version does whenever it is started
cloud.faults.add({ kind: 'service-image', image: 'graasp', what: 'crash-loop' });

// GitHub shows what is written to this file as the summary of the job
const summary = process.env['GITHUB_STEP_SUMMARY'];

await runScript((signal) =>
  connect(graaspDev, { ...cloud.connection, signal })
    .andThen((env) => deployWithoutMigration(env, { version: PATCH_VERSION, to: 'running' }))
    .orTee((error) => {
      if (error.kind === 'DeploymentFailed') console.log(JSON.stringify(error.diagnosis, null, 2));
      const markdown = renderFailureMarkdown(error);
      if (summary === undefined) console.log(markdown);
      else appendFileSync(summary, markdown);
    }),
);
// #endregion main
