/** Runs a bundle without what only Node has: whatever misses it would miss it in a browser. (`Buffer` is hidden by the bundle's banner: Node's own Response uses the global one.) */
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { DOMParser, Node } from '@xmldom/xmldom';

const { exit, argv, stderr } = process;
const bundle = pathToFileURL(path.resolve(argv[2])).href;
// Node loads its own fetch late, and that wants Node's globals
await fetch('data:,');
for (const name of ['process', 'global', 'setImmediate', 'clearImmediate', 'require']) delete globalThis[name];
// as bundlers give it to a page
globalThis.process = { env: { MAINTENANCE_SECRET: 'only-here' } };
// the parts of a page that the AWS SDK uses and Node lacks
Object.assign(globalThis, { DOMParser, Node });
globalThis.window = globalThis.self = globalThis;

const { rehearse } = await import(bundle);
const outcome = await rehearse();
stderr.write(`${outcome}\n`);
exit(outcome === 'released' ? 0 : 1);
