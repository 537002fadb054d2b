import { ok, okAsync, type ResultAsync, safeTry } from 'neverthrow';
import { findServices } from '../../aws/ecs.js';
import type { Environment } from '../../environment/environment.js';
import type { AwsError } from '../../errors.js';
import { compareVersions } from '../../runs/compare-versions.js';
import { versionInUse } from '../version-in-use.js';

/** The version that the released services are on, running or stopped, the oldest where they differ. What cannot be read is no reason not to take a snapshot: null. */
export function versionRunning(env: Environment): ResultAsync<string | null, never> {
  const names = Object.keys(env.definition.services).filter((name) => env.definition.services[name]!.release !== undefined);
  if (env.definition.images === undefined || names.length === 0) return okAsync(null);
  return safeTry<string | null, AwsError>(async function* () {
    const { services } = yield* findServices(env, names);
    const versions: string[] = [];
    for (const service of services) {
      const version = yield* versionInUse(env, service);
      if (version !== null) versions.push(version);
    }
    return ok(versions.sort(compareVersions)[0] ?? null);
  }).orElse(() => okAsync(null));
}
