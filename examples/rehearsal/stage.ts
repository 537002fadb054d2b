import type { CloudConnection } from '@graasp/local-cloud';
import type { Check, Commands, EnvironmentDefinition, ErrorBase, Reporter, ResultAsync, RunStore } from '@graasp/deploy';

/** Where a release takes place: on AWS, or in a rehearsal on this machine. */
export interface Stage {
  readonly definition: EnvironmentDefinition;
  /** For `connect`: nothing on AWS. */
  readonly connection: Partial<CloudConnection>;
  readonly runStore: RunStore;
  readonly checks: Readonly<Record<string, Check>>;
  readonly commands: Commands;
  /** Besides those that render. */
  readonly reporters: readonly Reporter[];
  /** The run that is meant when none was named. */
  readonly lastRun: string | null;
  /** Proves what became of data and visitors, tells it, and ends the stage when it is not needed any more. Passes the result on, unless something did not hold. */
  conclude<T, E extends object>(result: ResultAsync<T, E>): ResultAsync<T, E | NotProven>;
}

/** The release did what it says it did, but something of what was to be proven does not hold, or Ctrl-C came before it was proven. */
export interface NotProven extends ErrorBase<'NotProven' | 'Aborted'> {
  readonly verdicts: readonly string[];
}
