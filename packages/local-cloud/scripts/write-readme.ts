import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { operationsTable, type ServiceTable } from '../src/operations-table.js';
import { demoTiming, realisticTiming } from '../src/profiles.js';
import type { Range, Timing } from '../src/timing.js';

/** The whole README: `npx tsx packages/local-cloud/scripts/write-readme.ts` writes it, a test compares. */
export function renderReadme(): string {
  return [introduction, firstBlueprint(), durations(), faults, operations()].join('\n\n') + '\n';
}

const introduction = `# @graasp/local-cloud

A cloud on a laptop: ECS, RDS, Elastic Load Balancing and what belongs to them, over AWS's own wire protocols. Behind them are real
processes, a real PostgreSQL and a real HTTP front, or their models in virtual time, where an hour passes in a moment and every run of one seed is
the same. It is test tooling: errors are exceptions, and everything is gone when it stops.

\`\`\`ts
import { connect } from '@graasp/deploy';
import { startLocalCloud } from '@graasp/local-cloud';

await using cloud = await startLocalCloud({ blueprint, images });
const connected = await connect(definition, cloud.connection); // a Result
\`\`\`

\`blueprint\` says what exists in the account; everything in it is created through the same operations that an operator would call. The promise
resolves when services are steady, targets healthy and the database is available. A small one is below; a whole environment is
\`graaspBlueprint\` in [examples/environments/graasp-blueprint.ts](../../examples/environments/graasp-blueprint.ts), which
[examples/quickstart.ts](../../examples/quickstart.ts) releases to.

| option | |
|---|---|
| \`images\` | what registries hold and hosts run; an image that a container names and that is not declared runs as a small server |
| \`hosts\` | \`model\` (default): no process, no socket; \`real\`: PostgreSQL, processes and an HTTP front, on 127.0.0.1 only |
| \`clock\` | \`virtual\` (default with model hosts), \`scaled\` (default with real hosts), \`real\`, or one of your own: \`pacedClock({ scale, startAt })\` is virtual time for who watches, whose speed \`setScale\` changes (0: it stands still) |
| \`scale\` | how many times as fast a scaled clock runs; default 60 |
| \`profile\` | \`demo\` (default) or \`realistic\`: see below |
| \`seed\` | of durations and identifiers; default 1 |
| \`iam\` | \`{ policy }\`: what the caller may do, as a role that was assumed; default: a user who may do everything |
| \`faults\` | what goes wrong once the cloud is ready; more with \`cloud.faults.add\` |
| \`http\` | also listens on a port of 127.0.0.1 (default with real hosts): \`aws ecs list-services --endpoint-url …\`; a browser finds a page there |

\`cloud.inspect\` is the view from outside, for checkers: services, tasks, rules, the database, every visit made with \`cloud.connection.fetch\`,
and each time code met a schema that it does not fit. \`cloud.requests\` has every AWS request. With virtual time, time passes while a caller sleeps on
\`cloud.clock\` or waits for an answer, and stands still otherwise.

\`cloud.pageUrl\`, with \`http\`, is for people: a page that shows the environment live. Whether visitors are let in, services with their tasks, the
database and its snapshots, what visitors of \`cloud.connection.fetch\` are answered, rules, and the log of AWS requests; \`/_local-cloud/state\`
has the same as JSON. It is at the AWS endpoint, where AWS's own requests are signed, and not at the balancer: visitors never meet it.
Nothing secret is on it: no value and no name of a header, no password, and of what was requested only what it was about.

What is not implemented says so: \`NotImplemented: local cloud does not implement ecs:CreateTaskSet\`.`;

/** Code of an example, which its test runs: up to here from the repository's root. */
function firstBlueprint(): string {
  const [, code = ''] = /\/\/ #region main\n(.*)\/\/ #endregion main/s.exec(readFileSync(new URL('../../../examples/shop-blueprint.ts', import.meta.url), 'utf8')) ?? [];
  return `## A first blueprint

[examples/shop-blueprint.ts](../../examples/shop-blueprint.ts): two services behind a balancer, a database, and a migration. Names stand where AWS
wants ARNs.

\`\`\`ts
${code}\`\`\`

- \`{database:NAME}\` in a value of \`environment\` becomes the connection string of that database on the instance. A container without one has no
  database: a model migration then fails, and its log says so.
- \`defaultAction\` is where visitors land while maintenance is on: the maintenance page.
- \`repository:tag\` is in the account's own registry when \`repositories\` has the repository; any other image is the reference as written.
- \`model\` is what stands for a container or a database with model hosts; with real ones \`process\` of an image says what to run.

The script of the [README](../../README.md#use-it-as-a-library) releases to it, in virtual time, once it starts the cloud and connects to that:

\`\`\`ts
await using cloud = await startLocalCloud({ blueprint: shopBlueprint, images: shopImages });

await runScript((signal) =>
  connect(shop, { ...cloud.connection, signal, reporters: [terminalReporter()] })
    .andThen((env) => deployWithMigration(env, { version: 'v1.54.8', reopen: 'when-verified' })),
);
\`\`\`

It needs this package beside the library, from the same clone: \`npm pack --workspace packages/local-cloud\`, and \`OPERATOR_SECRET\` with any text of eight
characters or more. Without a run store, runs are kept in memory.

A run store that outlives the cloud (\`fileRunStore\`) is for a cloud that another process continues on. Never give it to the next cloud: it tells
of an environment that is gone, and with a virtual clock and the same seed the next run even has the same identifier, which is refused.`;
}

interface Duration {
  readonly what: string;
  readonly of: (timing: Timing) => Range | number;
  readonly source: string;
}

const rows: readonly Duration[] = [
  { what: 'task PROVISIONING', of: ({ task }) => task.provisioning, source: 'observed: 5 s to the network interface' },
  { what: 'task PENDING', of: ({ task }) => task.pending, source: 'observed: 15 s with a pull of 4.5 s' },
  { what: 'task ACTIVATING', of: ({ task }) => task.activating, source: '"Amazon ECS task lifecycle"' },
  { what: 'task DEPROVISIONING', of: ({ task }) => task.deprovisioning, source: 'observed: 16 s, 23 s' },
  { what: 'stopped task described', of: ({ task }) => task.forgottenAfter, source: 'DescribeTasks: at least an hour' },
  { what: 'RUNNING to healthy without balancer', of: ({ service }) => service.healthyAfter, source: 'DeploymentConfiguration, minimumHealthyPercent: 40 s' },
  { what: 'service scheduler looks', of: ({ service }) => service.schedulerTick, source: 'observed: about 10 s between related events' },
  { what: 'database starting', of: ({ database }) => database.starting, source: 'assumed' },
  { what: 'database stopping', of: ({ database }) => database.stopping, source: 'assumed; "can take a long time" (Stopping an Amazon RDS DB instance)' },
  { what: 'snapshot, the first', of: ({ database }) => database.snapshot, source: 'Graasp\'s production: up to 15 minutes' },
  { what: 'snapshot, nothing changed since the last', of: ({ database }) => database.unchangedSnapshot, source: 'assumed; "subsequent snapshots are incremental" (Creating a DB snapshot): by the share that changed' },
  { what: 'restore', of: ({ database }) => database.restoring, source: 'assumed' },
  { what: 'modification', of: ({ database }) => database.modifying, source: 'assumed' },
  { what: 'rename', of: ({ database }) => database.renaming, source: 'ModifyDBInstance: the new name is effective after about 10 minutes' },
  { what: 'stopped database starts again', of: ({ database }) => database.restartedAfter, source: 'StopDBInstance: 7 days' },
  { what: 'changed rule serves', of: ({ balancer }) => balancer.propagation, source: 'no documented bound; seconds' },
  { what: 'distribution deploying', of: ({ distributionDeploying }) => distributionDeploying, source: 'no documented bound; minutes' },
  { what: 'reads lag behind writes', of: ({ staleness }) => staleness, source: 'RunTask: eventual consistency, "a couple of seconds"' },
  { what: 'datum of a metric can be read after its minute', of: ({ metricDelay }) => metricDelay, source: 'no documented bound; one to three minutes' },
  { what: 'log event can be read', of: ({ logDelay }) => logDelay, source: 'no documented bound; seconds' },
];

function durations(): string {
  const lines = rows.map(({ what, of, source }) => `| ${what} | ${show(of(demoTiming))} | ${show(of(realisticTiming))} | ${source} |`);
  return [
    '## How long things last',
    'In the cloud\'s own time. `realistic` also throttles ECS as AWS does. Health checks, deregistration delays and stop timeouts last as configured.',
    ['| | demo | realistic | source |', '|---|---|---|---|', ...lines].join('\n'),
  ].join('\n\n');
}

function show(duration: Range | number): string {
  const [least, most] = typeof duration === 'number' ? [duration, duration] : duration;
  return least === most ? seconds(least) : `${seconds(least)} to ${seconds(most)}`;
}

function seconds(ms: number): string {
  if (ms === 0) return '0';
  if (ms % 86_400_000 === 0) return `${String(ms / 86_400_000)} d`;
  if (ms % 3_600_000 === 0) return `${String(ms / 3_600_000)} h`;
  return ms % 60_000 === 0 ? `${String(ms / 60_000)} min` : `${String(ms / 1000)} s`;
}

const faults = `## What can go wrong on purpose

Operations, by name (\`ecs:UpdateService\`, \`rds:*\`, \`*\`), by occurrence or with a probability from the seed: \`throttle\`, \`server-error\`,
\`lost-response\` (it happened, the answer is lost), \`access-denied\`, \`expired-credentials\`, \`delay\`, \`stale-read\`, \`crash-caller\`.

| behaviour | |
|---|---|
| \`task\` | the next one-off task of a family: \`exit\` with a code, \`out-of-memory\`, \`no-image\`, \`never-ends\`, \`no-capacity\` |
| \`service-image\` | tasks of services with this image: \`crash-loop\`, \`unhealthy\`, \`no-image\` |
| \`snapshot\` | the next snapshot: \`fail\`, \`never-ends\`, \`slow\` (takes \`ms\`) |
| \`restore\` | the next restored instance: ends in the \`status\` instead of \`available\` |
| \`spot-interruption\` | a task of the service on Spot capacity is taken away |
| \`circuit-breaker-rollback\` | the next deployment of the service fails and is rolled back, unless the service has a circuit breaker that does not |
| \`s3-conflict\` | the next conditional write of the object is answered 409 ConditionalRequestConflict |`;

function operations(): string {
  const introductionToTables = `## What is implemented

Empty: no difference from AWS is known for what this project needs. Every input is validated by the SDK's own schema.`;
  return [introductionToTables, ...Object.values(operationsTable).map(section)].join('\n\n');
}

function section({ title, differences, operations: all }: ServiceTable): string {
  const lines = Object.entries(all).map(([name, difference]) => `| ${name} | ${difference} |`);
  return [`### ${title}`, differences.map((difference) => `- ${difference}`).join('\n'), ['| operation | difference |', '|---|---|', ...lines].join('\n')].join('\n\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(new URL('../README.md', import.meta.url), renderReadme());
