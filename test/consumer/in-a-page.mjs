/** Runs a bundle without what only Node has: whatever misses it would miss it in a browser. */
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const { exit, argv, stderr } = process;
const bundle = pathToFileURL(path.resolve(argv[2])).href;
for (const name of ['process', 'Buffer', 'global', 'setImmediate', 'clearImmediate', 'require']) delete globalThis[name];
// as bundlers give it to a page
globalThis.process = { env: { MAINTENANCE_SECRET: 'only-here' } };
globalThis.window = globalThis.self = globalThis;

const { rehearse } = await import(bundle);
const outcome = await rehearse();
stderr.write(`${outcome}\n`);
exit(outcome === 'released' ? 0 : 1);
