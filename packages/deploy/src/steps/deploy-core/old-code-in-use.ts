import { ok, okAsync, type ResultAsync, safeTry } from 'neverthrow';
import type { Service } from '../../aws/ecs.js';
import { type Environment, internals } from '../../environment/environment.js';
import type { AwsError, LockLost, RunStoreFailed } from '../../errors.js';
import type { SchemaRecord } from '../../runs/schema-record.js';
import { compareVersions } from '../../runs/compare-versions.js';
import { versionInUse } from '../version-in-use.js';

/** Journalled: by the time of a resume some services may be on the new version already. */
const record = 'oldCodeInUse';

/**
 * Whether a service is on code from before the schema, which anything that starts a task would bring back. Code that nothing tells the
 * version of may be such code where it is stopped; where it runs it meets the schema already.
 */
export function oldCodeInUse(env: Environment, schema: SchemaRecord, services: readonly Service[]): ResultAsync<boolean, AwsError | RunStoreFailed | LockLost> {
  const run = env[internals].run;
  if (run?.recall(record) === true) return okAsync(true);
  return safeTry<boolean, AwsError | RunStoreFailed | LockLost>(async function* () {
    for (const service of services) {
      const version = yield* versionInUse(env, service);
      const isOld = version === null ? service.desiredCount === 0 : compareVersions(version, schema.version) < 0;
      if (!isOld) continue;
      if (run !== null) yield* run.record(record, true);
      return ok(true);
    }
    return ok(false);
  });
}
