/**
 * Closes Graasp's dev environment to visitors, and waits until they have left, by the balancer's metrics and by Umami, which counts whoever was
 * on a page within the last five minutes: `npx tsx examples/await-drained.ts`. In virtual time. `--umami-down`: Umami does not answer.
 */
// #region main
import { awaitDrained, connect, defineEnvironment, runScript, secretFromEnv, setMaintenance, terminalReporter } from '@graasp/deploy';
import { startLocalCloud } from '@graasp/local-cloud';
import { commandLine } from './command-line.js';
import { graaspBlueprint } from './environments/graasp-blueprint.js';
import { graaspDev } from './environments/graasp-definition.js';
import { graaspImages } from './environments/graasp-images.js';
import { trackedVisitors } from './environments/tracked-visitors.js';
import { localUmami } from './environments/umami-model.js';

process.env['MAINTENANCE_HEADER_NAME'] ??= 'x-operator';
process.env['MAINTENANCE_HEADER_SECRET'] ??= 'only-on-this-machine';
process.env['UMAMI_USERNAME'] ??= localUmami.username;
process.env['UMAMI_PASSWORD'] ??= localUmami.password;

const { flags } = commandLine({ flags: { 'umami-down': true } });

// #region umami
const umami = {
  url: 'https://umami.dev.graasp.org',
  websiteId: localUmami.websiteId,
  username: secretFromEnv('UMAMI_USERNAME'),
  password: secretFromEnv('UMAMI_PASSWORD'),
};
const environment = defineEnvironment({ ...graaspDev, umami });
// #endregion umami

await using cloud = await startLocalCloud({ blueprint: graaspBlueprint('dev'), images: graaspImages() });
await using visitors = trackedVisitors(cloud.connection, { site: 'https://library.dev.graasp.org', umami: umami.url, browsers: ['Firefox', 'Chrome', 'Safari'] });
await cloud.clock.sleep(5 * 60_000);

const reporter = terminalReporter();
const fetch: typeof globalThis.fetch = (input, init) => (flags['umami-down'] === true && (input as string).startsWith(umami.url) ? Promise.reject(new TypeError('fetch failed')) : cloud.connection.fetch(input, init));

await runScript(
  (signal) =>
    connect(environment, { ...cloud.connection, fetch, reporters: [reporter], signal }).andThen((env) =>
      setMaintenance(env, 'on')
        .andThen(({ provenAt }) => awaitDrained(env, { provenAt }))
        .map(({ summary, decidedBy, seconds }) => console.log(`Drained after ${seconds} s, by ${decidedBy}: ${summary}\n${visitors.pages} pages were seen.`)),
    ),
  { reporters: [reporter] },
);
// #endregion main
