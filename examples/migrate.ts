/**
 * Releases a version with a database migration: `npx tsx examples/migrate.ts`. Without flags in a rehearsal on this machine, with a
 * Graasp-shaped cloud, visitors and a proof at the end; with `--environment dev` on AWS. `--help` lists the flags. How: `release.ts`.
 */
import { flagsFromCommandLine } from './rehearsal/flags.js';
import { useSources } from './rehearsal/use-sources.js';

// before anything else is loaded: who mistyped a flag is told at once
const flags = flagsFromCommandLine();
useSources();
const { release } = await import('./release.js');
await release(flags);
