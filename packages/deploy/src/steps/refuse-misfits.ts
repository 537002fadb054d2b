import { ok, type ResultAsync, safeTry } from 'neverthrow';
import { describeServices, type Service } from '../aws/ecs.js';
import type { Environment } from '../environment/environment.js';
import type { AwsError, Refused, RunStoreFailed } from '../errors.js';
import { readHold } from '../runs/hold.js';
import { readUndone } from '../runs/restored-record.js';
import { readSchema } from '../runs/schema-record.js';
import { refuseOlderCode } from './refuse-older-code.js';
import { refuseUndoneCode } from './refuse-undone-code.js';
import { versionInUse } from './version-in-use.js';

/** Of these services, none whose code is not known to fit the schema may be started. What is known of the schema outlives the run. */
export function refuseMisfits(env: Environment, services: readonly Service[], oldCodeFits?: boolean): ResultAsync<void, AwsError | Refused | RunStoreFailed> {
  const released = services.filter((service) => env.definition.services[service.serviceName!]!.release !== undefined);
  return safeTry(async function* () {
    const schema = oldCodeFits === true ? null : yield* readSchema(env);
    const undone = yield* readUndone(env);
    if (schema === null && undone === null) return ok(undefined);
    const held = (yield* readHold(env)) !== null;
    for (const service of released) {
      const version = yield* versionInUse(env, service);
      const of = ` ${version === null ? '' : 'of '}service ${service.serviceName}`;
      yield* refuseOlderCode(schema, { version, of, doing: 'started', held });
      yield* refuseUndoneCode(undone, { version, of, doing: 'started' });
    }
    return ok(undefined);
  });
}

/** The same of what runs already, before visitors are let in to it: whoever started it may have known that it fits. */
export function refuseMisfitsAtWork(env: Environment, oldCodeFits?: boolean): ResultAsync<void, AwsError | Refused | RunStoreFailed> {
  return describeServices(env, Object.keys(env.definition.services)).andThen((services) => refuseMisfits(env, services.filter(({ desiredCount = 0 }) => desiredCount > 0), oldCodeFits));
}
