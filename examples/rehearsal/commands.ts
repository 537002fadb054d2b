import { relative } from 'node:path';
import type { Commands } from '@graasp/deploy';

/** How the next actions of a failure are called here: lines that work as they are, from the directory in which this was called. */
export function commandsFor(environment: string | null): Commands {
  const call = `${thisScript()}${environment === null ? '' : ` --environment ${environment}`}`;
  return {
    resume: `${call} --resume {run}`,
    retryMigration: `${call} --resume {run} --retry-migration`,
    reopen: `${call} --reopen {run}`,
    releaseHold: `${call} --release-hold {run} --reason "looked at it"`,
  };
}

export function filled(command: string, run: string): string {
  return command.replace('{run}', run);
}

export function thisScript(): string {
  return `npx tsx ${relative(process.cwd(), process.argv[1] ?? 'examples/migrate.ts')}`;
}
