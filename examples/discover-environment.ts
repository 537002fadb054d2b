/**
 * Drafts the definition of an environment from what is in an account, for a person to review: `npx tsx examples/discover-environment.ts` that of
 * Graasp's dev in a local cloud; with AWS's credentials, `… --region eu-central-1 --cluster shop > environment.ts` that of a cluster of your own
 * (`--load-balancer NAME`, `--database NAME` where there are several). Reads only.
 */
// #region main
import { discoverEnvironment, runScript } from '@graasp/deploy';
import { startLocalCloud } from '@graasp/local-cloud';
import { commandLine } from './command-line.js';
import { graaspBlueprint } from './environments/graasp-blueprint.js';
import { graaspImages } from './environments/graasp-images.js';

const { flags } = commandLine({ flags: { region: 'REGION', cluster: 'NAME', 'load-balancer': 'NAME', database: 'NAME' } });
const { region, cluster, 'load-balancer': loadBalancer, database } = flags;
const isLocal = region === undefined && cluster === undefined;

await using cloud = isLocal ? await startLocalCloud({ blueprint: graaspBlueprint('dev'), images: graaspImages() }) : null;
const wanted = isLocal ? { region: 'eu-central-1', cluster: 'graasp-dev' } : { region: region ?? '', cluster: cluster ?? '' };

await runScript((signal) =>
  discoverEnvironment({ ...wanted, loadBalancer, database, ...cloud?.connection, signal }).andTee(({ source, guesses, unknowns }) => {
    process.stdout.write(source);
    process.stderr.write(`${guesses.length} guesses to review, ${unknowns.length} questions to answer\n`);
  }),
);
// #endregion main
