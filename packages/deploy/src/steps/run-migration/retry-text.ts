import { type Environment, internals } from '../../environment/environment.js';
import { commandOf } from '../../runs/next-actions.js';

/** How a failed migration is run again, as a remedy says it: `resume with retryMigration: true (release --resume … --retry-migration)`. */
export function retryText(env: Environment): string {
  const { run } = env[internals];
  // a run of this one step is not resumed: the step is called again
  if (run === null || run.recipe === 'runMigration') return 'call runMigration again with retryMigration: true';
  return `resume with retryMigration: true (${commandOf(env, 'retryMigration', { run: run.id, recipe: run.recipe })})`;
}
