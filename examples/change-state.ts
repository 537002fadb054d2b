/** Brings Graasp's dev environment into another state, after telling what that means: `npx tsx examples/change-state.ts db-only`. In virtual time. */
// #region main
import { connect, planTransition, renderTransition, runScript, type StateName, terminalReporter, transitionTo } from '@graasp/deploy';
import { startLocalCloud } from '@graasp/local-cloud';
import { commandLine } from './command-line.js';
import { graaspBlueprint } from './environments/graasp-blueprint.js';
import { graaspDev } from './environments/graasp-definition.js';
import { graaspImages } from './environments/graasp-images.js';

process.env['MAINTENANCE_HEADER_NAME'] ??= 'x-operator';
process.env['MAINTENANCE_HEADER_SECRET'] ??= 'only-on-this-machine';

// what is no state is told by the library, before it asks AWS anything
const to = (commandLine({ words: ['STATE'] }).words[0] ?? 'restricted') as StateName;
await using cloud = await startLocalCloud({ blueprint: graaspBlueprint('dev'), images: graaspImages() });
const reporter = terminalReporter();

await runScript(
  (signal) =>
    connect(graaspDev, { ...cloud.connection, reporters: [reporter], signal }).andThen((env) =>
      planTransition(env, to)
        .map((planned) => console.log(renderTransition(planned)))
        .andThen(() => transitionTo(env, to)),
    ),
  { reporters: [reporter] },
);
// #endregion main
