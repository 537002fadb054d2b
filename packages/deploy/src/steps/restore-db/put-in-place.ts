import { err, ok, type ResultAsync, safeTry } from 'neverthrow';
import type { Environment } from '../../environment/environment.js';
import type { LockLost, RestoreFailed, RunStoreFailed } from '../../errors.js';
import { databaseAside } from '../../runs/baseline.js';
import { recordDatabase } from '../../runs/database-record.js';
import { recordRestored } from '../../runs/restored-record.js';
import { restoreSchemaRecord } from '../../runs/schema-record.js';
import { putBack } from '../../states/baseline.js';
import { renameInstance, type RenameError } from './rename-instance.js';
import type { RestoredInstance } from './restore-aside.js';
import { restorePointName } from './restore-point-name.js';
import type { RestoreTarget } from './restore-target.js';

/** The instance that bears the name now. */
export interface InPlace {
  readonly resourceId: string;
  /** Where services reach it: the address that the one before had. */
  readonly endpoint: string;
}

export type PutInPlaceError = RenameError | RestoreFailed | RunStoreFailed | LockLost;

/** Gives the restored instance the name, once nobody bears it; then what is known of the schema is what the snapshot holds. */
export function putInPlace(env: Environment, target: RestoreTarget, restored: RestoredInstance, timeoutSeconds: number): ResultAsync<InPlace, PutInPlaceError> {
  const { database } = env.definition;
  return safeTry<InPlace, PutInPlaceError>(async function* () {
    const instance = yield* renameInstance(env, { resourceId: restored.resourceId, from: target.restoredAs, to: database, why: 'services find it where the one before was', timeoutSeconds });
    const endpoint = env.planning ? target.present.endpoint : (instance.Endpoint?.Address ?? '');
    if (endpoint !== target.present.endpoint) return err(elsewhere(env, target, endpoint));
    yield* recordRestored(env, { undone: target.undone?.version ?? null, schema: target.schema, running: target.running });
    yield* restoreSchemaRecord(env, target.schema);
    yield* recordDatabase(env, 'run');
    yield* putBack(env, [databaseAside]);
    return ok({ resourceId: restored.resourceId, endpoint });
  });
}

function elsewhere(env: Environment, target: RestoreTarget, endpoint: string): RestoreFailed {
  const { database } = env.definition;
  const { snapshotId, present } = target;
  return {
    kind: 'RestoreFailed',
    snapshotId,
    instance: database,
    instanceStatus: 'available',
    message: `${database} is restored from ${restorePointName(target)} and is reached at ${endpoint || 'no address'}, not at ${present.endpoint} as before: services would not find it`,
    remedy: 'Look at the instance in RDS: with the same name in the same account and region its address is the same. Mend it, then resume.',
  };
}
