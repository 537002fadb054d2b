import { fileRunStore, s3RunStore } from '@graasp/deploy';
import { graaspDev, graaspProduction } from '../environments/graasp-definition.js';
import { commandsFor } from './commands.js';
import type { Stage } from './stage.js';

const definitions = { dev: graaspDev, production: graaspProduction };

/** An environment on AWS, with the SDK's own chain of credentials. Its runs are in the bucket that `RUNS_BUCKET` names; else on this disk, with which they end. */
export function realStage(name: keyof typeof definitions): Stage {
  const bucket = process.env['RUNS_BUCKET'];
  return {
    definition: definitions[name],
    connection: {},
    runStore: bucket === undefined ? fileRunStore('.graasp-deploy', { acknowledged: true }) : s3RunStore({ bucket }),
    checks: {},
    commands: commandsFor(name),
    reporters: [],
    lastRun: null,
    conclude: (result) => result,
  };
}
