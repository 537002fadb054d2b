/** Copies a published version into Graasp's private repository, against a cloud in this process: `npx tsx examples/promote-image.ts`. */
import { commandLine } from './command-line.js';

commandLine({});
// #region main
import { connect, defineEnvironment, promoteImage, runScript, terminalReporter } from '@graasp/deploy';
import { startLocalCloud } from '@graasp/local-cloud';
import { graaspBlueprint } from './environments/graasp-blueprint.js';
import { graaspDev } from './environments/graasp-definition.js';
import { graaspImages, publishedImages } from './environments/graasp-images.js';

process.env['MAINTENANCE_HEADER_NAME'] ??= 'x-operator';
process.env['MAINTENANCE_HEADER_SECRET'] ??= 'only-on-this-machine';

const source = { registry: 'public.ecr.aws', repository: 'graasp/graasp' };
const environment = defineEnvironment({ ...graaspDev, images: { ...graaspDev.images!, source } });

await using cloud = await startLocalCloud({ blueprint: graaspBlueprint('dev'), images: [...graaspImages(), ...publishedImages(source, 'v1.57.0')] });
const reporter = terminalReporter();

await runScript(
  (signal) =>
    connect(environment, { ...cloud.connection, reporters: [reporter], signal })
      .andThen((env) => promoteImage(env, { version: 'v1.57.0' }))
      .map(({ images, previous }) => {
        for (const { tag, digest, platforms } of images) console.log(`${tag} is ${digest.slice(0, 19)}…, for ${platforms?.join(' and ')}`);
        for (const { tag, digest } of previous) console.log(`${tag} is ${digest.slice(0, 19)}…, which runs now`);
      }),
  { reporters: [reporter] },
);
// #endregion main
