/**
 * Releases a version with a database migration: `npx tsx examples/migrate.ts`. Without flags in a rehearsal on this machine, with a
 * Graasp-shaped cloud, visitors and a proof at the end; with `--environment dev` on AWS. `--help` lists the flags. How: `release.ts`.
 */
import { useSources } from './rehearsal/use-sources.js';

useSources();
await import('./release.js');
