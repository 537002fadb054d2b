/**
 * Who is told of a run, besides the terminal: lines of JSON for programs, a webhook for people, and a reporter of one's own. Closes Graasp's dev
 * environment to visitors, and prints what each of them hears: `npx tsx examples/reporters.ts`. In virtual time.
 */
import { commandLine } from './command-line.js';

commandLine({});
// #region main
import { connect, type DeployEvent, jsonLinesReporter, runScript, secretFromEnv, transitionTo, webhookReporter } from '@graasp/deploy';
import { startLocalCloud } from '@graasp/local-cloud';
import { graaspBlueprint } from './environments/graasp-blueprint.js';
import { graaspDev } from './environments/graasp-definition.js';
import { graaspImages } from './environments/graasp-images.js';

process.env['MAINTENANCE_HEADER_NAME'] ??= 'x-operator';
process.env['MAINTENANCE_HEADER_SECRET'] ??= 'only-on-this-machine';
process.env['DEPLOY_WEBHOOK'] ??= 'https://chat.graasp.test/hooks/releases';
process.env['DEPLOY_WEBHOOK_SECRET'] ??= 'only-between-the-two';

/** Stands for the other end of the webhook. */
const posted: string[] = [];
const chat: typeof fetch = (_, init) => {
  posted.push(`posted, signed: ${new Headers(init?.headers).has('webhook-signature')}: ${(JSON.parse(init?.body as string) as DeployEvent).type}`);
  return Promise.resolve(new Response(null, { status: 204 }));
};

await using cloud = await startLocalCloud({ blueprint: graaspBlueprint('dev'), images: graaspImages() });

// #region reporters
const reporters = [
  jsonLinesReporter((line) => process.stdout.write(line)),
  webhookReporter({ url: secretFromEnv('DEPLOY_WEBHOOK'), secret: secretFromEnv('DEPLOY_WEBHOOK_SECRET'), fetch: chat }),
  { report: (event: DeployEvent) => event.type === 'step-succeeded' && console.log(`${event.step} took ${Math.round(event.seconds)} s`) },
];

await runScript((signal) => connect(graaspDev, { ...cloud.connection, signal, reporters }).andThen((env) => transitionTo(env, 'restricted')), { reporters });
// #endregion reporters
console.log(posted.join('\n'));
// #endregion main
