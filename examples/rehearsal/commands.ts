import { isAbsolute, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Commands } from '@graasp/deploy';

/** How the next actions of a failure are called here: lines that work as they are, from the directory in which this was called. */
export function commandsFor(environment: string | null): Commands {
  const call = `${thisScript()}${environment === null ? '' : ` --environment ${environment}`}`;
  return {
    resume: `${call} --resume {run}`,
    retryMigration: `${call} --resume {run} --retry-migration`,
    reopen: `${call} --reopen {run}`,
    restoreDb: `${call} --restore {snapshot}`,
    rollBack: `${call} --roll-back {version}`,
    deploy: `${call} --version {version}`,
    releaseHold: `${call} --release-hold {run} --reason "looked at it"`,
  };
}

export function filled(command: string, run: string): string {
  return command.replace('{run}', run);
}

/** `npx` finds `tsx` below the repository; outside of it, it is told where that is. */
export function thisScript(): string {
  const script = process.argv[1] ?? 'examples/migrate.ts';
  const path = relative(process.cwd(), script);
  return path.startsWith('..') || isAbsolute(path) ? `npx --prefix ${fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')} tsx ${script}` : `npx tsx ${path}`;
}
