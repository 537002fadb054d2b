import { fileRunStore, type RunStore, s3RunStore, systemClock } from '@graasp/deploy';
import { graaspDev, graaspProduction } from '../environments/graasp-definition.js';
import { commandsFor } from './commands.js';
import type { Stage } from './stage.js';

const definitions = { dev: graaspDev, production: graaspProduction };

/** An environment on AWS, with the SDK's own chain of credentials. Its runs are in the bucket that `RUNS_BUCKET` names; else on this disk, with which they end. */
export function realStage(name: keyof typeof definitions): Stage {
  const definition = definitions[name];
  return {
    definition,
    connection: {},
    runStore: runStoreIn(definition.region),
    checks: {},
    commands: commandsFor(name),
    reporters: [],
    lastRun: null,
    conclude: (result) => result,
  };
}

/** Reached from here already: who continues a run asks it which recipe that is of. */
function runStoreIn(region: string): RunStore {
  const bucket = process.env['RUNS_BUCKET'];
  if (bucket === undefined) return fileRunStore('.runs', { acknowledged: true });
  const store = s3RunStore({ bucket });
  return store.reachedBy?.({ region, aws: {}, clock: systemClock }) ?? store;
}
