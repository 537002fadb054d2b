import { fileRunStore } from '@graasp/deploy';
import { graaspDev, graaspProduction } from '../environments/graasp-definition.js';
import { commandsFor } from './commands.js';
import type { Stage } from './stage.js';

const definitions = { dev: graaspDev, production: graaspProduction };

/** An environment on AWS, with the SDK's own chain of credentials. Its runs are kept on this disk: they end with it. */
export function realStage(name: keyof typeof definitions): Stage {
  return {
    definition: definitions[name],
    connection: {},
    runStore: fileRunStore('.graasp-deploy', { acknowledged: true }),
    checks: {},
    commands: commandsFor(name),
    reporters: [],
    lastRun: null,
    conclude: (result) => result,
  };
}
