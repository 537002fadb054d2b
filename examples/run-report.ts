/**
 * Releases to Graasp's dev environment in a cloud in this process, in virtual time, and tells afterwards what the release has done, from its
 * journal alone: `npx tsx examples/run-report.ts`; `--html run.html` writes a page with a picture of it, `--json` and `--markdown` print it so.
 */
// #region main
import { writeFile } from 'node:fs/promises';
import { connect, deployWithMigration, failure, memoryRunStore, renderRun, renderRunHtml, renderRunMarkdown, ResultAsync, runReport, runScript } from '@graasp/deploy';
import { startLocalCloud } from '@graasp/local-cloud';
import { commandLine } from './command-line.js';
import { graaspBlueprint } from './environments/graasp-blueprint.js';
import { graaspDev } from './environments/graasp-definition.js';
import { graaspImages } from './environments/graasp-images.js';

process.env['MAINTENANCE_HEADER_NAME'] ??= 'x-operator';
process.env['MAINTENANCE_HEADER_SECRET'] ??= 'only-on-this-machine';

const { flags } = commandLine({ flags: { html: 'FILE', json: true, markdown: true } });

await using cloud = await startLocalCloud({ blueprint: graaspBlueprint('dev'), images: graaspImages() });
let run = '';
const reporter = { report: ({ runId }: { readonly runId: string | null }) => void (run = runId ?? run) };
const notWritten = (cause: unknown) => failure('NotWritten', { message: String(cause), remedy: 'Name a file that can be written.' }).error;

await runScript((signal) =>
  connect(graaspDev, { ...cloud.connection, signal, reporters: [reporter], runStore: memoryRunStore({ self: { actor: 'anna@laptop' } }) }).andThen((env) =>
    deployWithMigration(env, { version: 'v1.55.0', reopen: 'when-verified' })
      .andThen(() => runReport(env, run))
      .andTee((report) => console.log(flags.json ? JSON.stringify(report, null, 2) : flags.markdown ? renderRunMarkdown(report) : renderRun(report)))
      .andThrough((report) => ResultAsync.fromPromise(flags.html === undefined ? Promise.resolve() : writeFile(flags.html, renderRunHtml(report)), notWritten)),
  ),
);
// #endregion main
