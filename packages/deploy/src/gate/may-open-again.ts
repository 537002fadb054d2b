import { okAsync, type ResultAsync } from 'neverthrow';
import { type Environment, internals } from '../environment/environment.js';
import { readHold } from '../runs/hold.js';
import { schemaSince } from '../runs/schema-record.js';

/**
 * Whether a step that has closed rules and failed may open them again: not while a run puts things back after a failure, not while another
 * run holds the environment, and not once the schema has, or may have, moved since what was found. What cannot be read is no permission.
 */
export function mayOpenAgain(env: Environment): ResultAsync<boolean, never> {
  const { run } = env[internals];
  if (run === null) return okAsync(true);
  if (run.puttingBack) return okAsync(false);
  return readHold(env)
    .map((hold) => hold === null || hold.value.run === run.id)
    .orElse(() => okAsync<boolean, never>(false))
    .andThen((free) => (free ? schemaSince(env, { run: run.id, baseline: run.baseline() }).map((schema) => schema === 'untouched') : okAsync(false)));
}
