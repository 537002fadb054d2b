import { connect, deployWithMigration, fileRunStore } from '@graasp/deploy';
import { attachLocalCloud } from '@graasp/local-cloud';
import { graaspDev } from './environments/graasp-definition.js';
import { readFlags, usage } from './rehearsal/flags.js';
import { judge } from './rehearsal/judge.js';
import { findRehearsal, startRehearsalProcess } from './rehearsal/reach-rehearsal.js';
import { tellFacts } from './rehearsal/tell-facts.js';

process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
const read = readFlags(process.argv.slice(2));
if ('problems' in read) {
  console.error(`${read.problems.join('\n')}\n\n${usage}`);
  process.exit(2);
}
const { flags } = read;
await (await findRehearsal())?.stop();
const rehearsal = await startRehearsalProcess({ fault: flags.fault, version: flags.version, seed: flags.seed }, (doing) => console.log(`${doing} …`), new AbortController().signal);
const letGo = rehearsal.attach();
process.env['MAINTENANCE_HEADER_NAME'] = rehearsal.handle.header.name;
process.env['MAINTENANCE_HEADER_SECRET'] = rehearsal.handle.header.value;
const t0 = performance.now();
const released = await connect(graaspDev, {
  ...attachLocalCloud(rehearsal.handle.cloud),
  runStore: fileRunStore(rehearsal.handle.runs, { acknowledged: true }),
  reporters: [
    {
      report(event) {
        if (event.type.startsWith('step-') || event.type === 'warning') console.log(((performance.now() - t0) / 1000).toFixed(1), JSON.stringify(event).slice(0, 200));
      },
    },
  ],
}).andThen((env) => deployWithMigration(env, { version: flags.version, reopen: 'when-verified' }));
if (released.isErr()) console.error(released.error);
const facts = await rehearsal.facts();
const verdicts = judge(facts, { schema: 'after', visitors: 'new', snapshot: true });
console.log(tellFacts(facts, verdicts, flags.version));
letGo();
await rehearsal.stop();
process.exitCode = released.isOk() && verdicts.every(({ held }) => held) ? 0 : 1;
