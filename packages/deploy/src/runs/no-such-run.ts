import { type Environment, internals } from '../environment/environment.js';
import type { InvalidInput } from '../errors.js';
import { invalidInput } from './as-run.js';
import { keyOf } from './store-document.js';

/** InvalidInput of a function that was asked for a run of which there is no journal; names the last ones. `keys`: those of all journals. */
export function noSuchRun(env: Environment, asked: string, runId: string, keys: readonly string[]): InvalidInput {
  const runs = keys.map((key) => key.slice(keyOf.journals(env.definition.name).length)).slice(-5);
  const known = runs.length === 0 ? 'there are none' : `the last are ${runs.join(', ')}`;
  return invalidInput(asked, [`runId: no run ${runId} of ${env.definition.name} in ${env[internals].runStore.name}; ${known}`]);
}
